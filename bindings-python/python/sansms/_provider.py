"""Providers that are worth a function, because their options are many: a gateway declared as data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal, TypedDict

    from ._credentials import Credentials, Fetch

    FailureClass = Literal["rejected", "account", "throttled", "unavailable", "ambiguous"]

    class _Signature(TypedDict):
        method: Literal["none", "bearer", "basic", "md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"]

    class Signature(_Signature, total=False):
        """How a gateway is shown who calls."""

        over: str
        key: str
        output: Literal["hex", "HEX", "base64"]

    class _Reply(TypedDict):
        success: Sequence[str | int] | Literal["message_id"]

    class Reply(_Reply, total=False):
        """Where a gateway's JSON reply says what; paths such as `data.0.id`."""

        code: str
        error_code: str
        message: str
        message_id: str
        request_id: str


def gateway(
    *,
    preset: Literal["app-key-md5", "bearer-json", "form-hmac", "twilio", "yunpian"] | None = None,
    url: str | None = None,
    method: Literal["POST", "GET"] | None = None,
    headers: Mapping[str, str] | None = None,
    encoding: Literal["json", "form"] | None = None,
    body: Mapping[str, Any] | None = None,
    signature: Signature | None = None,
    reply: Reply | None = None,
    classes: Mapping[str, FailureClass] | None = None,
    key: str | None = None,
    secret: str | None = None,
    credentials: Fetch | Credentials | None = None,
    sign_name: str | None = None,
    templates: Mapping[str, str] | None = None,
    channel: Literal["sms", "email"] | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Declares a gateway and names an account at it, for `Service(providers=[…])`.

    Texts in `url`, `headers` and `body` hold placeholders such as `{e164}` and `{code}`; `docs/gateways.md` has
    them all. `key` and `secret` come from SANSMS_GATEWAY_KEY and SANSMS_GATEWAY_SECRET if left out;
    `credentials`, or a callable that returns them at each use, stands in for both.
    """
    options = locals()
    return {"gateway": {option: value for option, value in options.items() if value is not None}}
