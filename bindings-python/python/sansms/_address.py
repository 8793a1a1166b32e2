"""The client's address, behind proxies."""

from __future__ import annotations

from . import _core
from ._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PROXIES = 16


def client_ip(peer: str | None, forwarded: str | Iterable[str] | None = "", *, trusted_proxies: int = 0) -> str | None:
    """Returns the client's address, as the outermost of your proxies saw it.

    `peer` is who is connected. `forwarded` is `X-Forwarded-For`: all its lines, or one text with the lines joined by
    commas; `None` is no header. `trusted_proxies`, 0 to 16, is how many proxies of yours stand in front: each adds the
    address that called it at the right end, and what stands further left is whatever the client wrote. With fewer
    addresses than proxies the header proves nothing, and the address is the peer's.

    A port is dropped, and IPv4 within IPv6 is IPv4. An address that can't be read is an empty text, which `send` and
    `verify` refuse as `input.ip`; `None` says that there is none at all, as behind a unix socket. Raises `ConfigError`
    for another `trusted_proxies`.
    """
    if not is_count(trusted_proxies):
        raise ConfigError("config.value", "trusted_proxies", f"must be a whole number from 0 to {MOST_PROXIES}")
    lines = forwarded or ""
    return _core.client_ip(peer, lines if isinstance(lines, str) else ",".join(lines), trusted_proxies)


def is_count(proxies: object) -> bool:
    """Tells whether this may be a number of proxies."""
    return isinstance(proxies, int) and not isinstance(proxies, bool) and 0 <= proxies <= MOST_PROXIES
