"""The client's address, and the session of the request that it was read from."""

from __future__ import annotations

from logging import getLogger
from secrets import token_urlsafe

from django.core.exceptions import ImproperlyConfigured

import sansms

from . import _settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from django.http import HttpRequest

SESSION_KEY = "sansms"

logger = getLogger("sansms")


class ClientAddress(str):
    """An address as text, that knows the request it was read from.

    So `service.send(…, ip=client_ip(request))` can bind the code to the browser's session. A copy, a pickle, and any
    text made from it know the address only.
    """

    __slots__ = ("_request",)

    _request: HttpRequest | None

    def __new__(cls, address: str, request: HttpRequest | None = None) -> ClientAddress:
        """Joins an address and its request."""
        made = super().__new__(cls, address)
        made._request = request
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (str(self),))

    def session(self, *, create: bool = True) -> str | None:
        """Returns what the codes of this browser are bound to; `None` without Django's sessions.

        It is a random token among the session's data, and not the session's key: it stays when a login gives the
        session a new key, and goes when the session is flushed. With `create`, a session without one gets one;
        otherwise the answer is a fresh token, and nothing is written: no code is bound to it, unless one is sent and
        `keep` stores it. This may read the session from the database.
        """
        session = getattr(self._request, "session", None)
        if session is None:
            return None
        token = session.get(SESSION_KEY)
        if isinstance(token, str) and token:
            return token
        token = token_urlsafe(24)
        if create:
            session[SESSION_KEY] = token
        return token

    def keep(self, token: str) -> None:
        """Stores a token of `session(create=False)`, now that a code is bound to it."""
        session = getattr(self._request, "session", None)
        if session is not None and session.get(SESSION_KEY) != token:
            session[SESSION_KEY] = token


def client_ip(request: HttpRequest) -> ClientAddress:
    """Returns the client's address, as the outermost of our proxies saw it.

    `SANSMS["trusted_proxies"]` says how many proxies stand in front; each adds the address that called it at the
    right end of `X-Forwarded-For`, and what stands further left is whatever the client wrote. With fewer addresses
    than proxies the header proves nothing, so the address is that of the connection. An address that can't be read
    becomes an empty text, which `send` and `verify` refuse as `input.ip`.

    Raises `ImproperlyConfigured` when there is no address at all: behind a unix socket without `trusted_proxies`.
    """
    proxies = _settings.trusted_proxies()
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "") if proxies else ""
    hops = forwarded.count(",") + 1 if forwarded.strip() else 0
    if hops < proxies:
        logger.warning("X-Forwarded-For holds %d of the %d addresses that trusted_proxies says", hops, proxies)
    peer = str(request.META.get("REMOTE_ADDR") or "")
    address = sansms.client_ip(peer, forwarded, trusted_proxies=proxies)
    if address is None:
        raise ImproperlyConfigured(
            "A request has no address: REMOTE_ADDR is empty, as behind a unix socket. Let the proxy add "
            "X-Forwarded-For, and set SANSMS['trusted_proxies'] to the number of proxies."
        )
    return ClientAddress(address, request)
