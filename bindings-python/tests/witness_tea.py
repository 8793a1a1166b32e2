"""What the witnesses of Alibaba Cloud's SDKs share: a client of a product, and what it was told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alibabacloud_tea_openapi.models import Config

from witness import Gateway

Reply = dict[str, Any]


class Account:
    """An account at the sandbox; `client` is the product's class."""

    def __init__(self, gateway: Gateway, client: Callable[[Config], Any]) -> None:
        self._gateway = gateway
        self._client = client

    def ask(self, action: str, request: object, key_id: str = "sandbox-id", secret: str = "sandbox-secret") -> Reply:
        """Calls an action; returns the reply, or the code of an exception as `Raised`."""
        config = Config(
            access_key_id=key_id, access_key_secret=secret, endpoint=self._gateway.endpoint, protocol="http"
        )
        try:
            reply: Reply = getattr(self._client(config), action)(request).body.to_map()
        except Exception as error:
            return {"Raised": str(getattr(error, "code", None) or error)}
        return reply

    def code(self, action: str, request: object, **key: str) -> str:
        """Calls an action; returns the code, whether it comes in a reply or as an exception."""
        reply = self.ask(action, request, **key)
        names = [name for name in ("Raised", "Code", "ResponseCode", "EnvId") if reply.get(name)]
        return "" if not names else "OK" if names[0] == "EnvId" else str(reply[names[0]])
