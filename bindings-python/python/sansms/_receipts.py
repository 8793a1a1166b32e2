"""Delivery receipts: what became of a message, as the provider tells later."""

from __future__ import annotations

from . import _core
from ._errors import ReceiptError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any, Literal

MOST = 262_144
"""The largest body that is read, in bytes."""


class DeliveryReceipt:
    """What a provider tells of one message. It is not signed, and may come more than once."""

    __slots__ = ("at", "code", "masked", "message_id", "provider", "send_id", "status")

    def __init__(self, provider: str, told: Mapping[str, Any]) -> None:
        self.provider: str = provider
        """The kind of provider that told it, e.g. `aliyun`."""
        self.status: Literal["delivered", "failed", "pending"] = told["status"]
        """What became of the message."""
        self.send_id: str | None = told.get("send_id")
        """The `send_id` of the outcome; `None` where the provider does not repeat it."""
        self.message_id: str | None = told.get("message_id")
        """The `message_id` of the outcome."""
        self.code: str | None = told.get("code")
        """The provider's or the carrier's code, e.g. `DELIVERED`."""
        self.masked: str | None = told.get("masked")
        """The number, but for its last two digits."""
        self.at: datetime | None = _instant(told.get("at_ms"))
        """When it was delivered or given up, in UTC."""

    def __repr__(self) -> str:
        return f"<DeliveryReceipt {self.provider} {self.status} {self.send_id or self.message_id or '-'}>"


def read(kind: str, body: bytes | str | Mapping[str, Any]) -> list[DeliveryReceipt]:
    """Reads receipts; raises `ReceiptError` for what is no list of them."""
    from json import dumps, loads

    if not isinstance(body, (bytes, str)):
        body = dumps(body)
    told = _core.read_receipts(kind, body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body))
    if told is None:
        raise ReceiptError(kind)
    return [DeliveryReceipt(kind, each) for each in loads(told)]


def _instant(at_ms: int | None) -> datetime | None:
    if at_ms is None:
        return None
    from datetime import datetime, timezone

    return datetime.fromtimestamp(at_ms / 1000, timezone.utc)
