"""HTTP by httpcore, the engine of httpx: kept alive, verified, never retried, never redirected, never logged."""

from __future__ import annotations

import logging
import ssl
from asyncio import wait_for
from contextvars import ContextVar
from urllib.parse import urlsplit
from zlib import decompressobj
from zlib import error as ZlibError

import httpcore

from ._errors import TransportFault
from ._loops import PerLoop
from ._transport import KEPT_ALIVE_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class HttpcoreTransport:
    """Makes exchanges over pooled connections of the running loop."""

    def __init__(self, *, connections: int = 100, ca_certs: str | None = None) -> None:
        """Opens nothing; `connections` is the most at once, `ca_certs` a bundle in place of the system's."""

        def pool() -> Any:
            return httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(cafile=ca_certs),
                max_connections=connections,
                keepalive_expiry=KEPT_ALIVE_S,
                retries=0,
            )

        self._pools = PerLoop(pool, lambda pool: pool.aclose())

    async def __call__(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Makes one exchange; see `sansms._types.AsyncTransport`."""
        quieten()
        sent = [False]
        quiet = QUIET.set(True)
        try:
            reply = await wait_for(self._exchange(method, url, headers, body, max_reply, sent), timeout)
        except Exception:
            reply = None
        finally:
            QUIET.reset(quiet)
        if reply is None:  # raised here, so that no error that may quote the URL hangs on it
            raise TransportFault(sent=sent[0])
        return reply

    async def aclose(self) -> None:
        """Closes the connections of the running loop; those of other loops close when their loop ends."""
        await self._pools.aclose()

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        max_reply: int,
        sent: list[bool],
    ) -> tuple[int, list[tuple[str, str]], bytes] | None:
        async def watch(event: str, _: object) -> None:
            if event.endswith("send_request_headers.started"):
                sent[0] = True

        pool = await self._pools.get()
        whole = bytearray()
        async with pool.stream(
            method, target(url), headers=complete(headers), content=body, extensions={"trace": watch}
        ) as response:
            async for chunk in response.aiter_stream():
                whole += chunk
                if len(whole) > max_reply:
                    return None
        replied = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers]
        coding = ",".join(value for name, value in replied if name == "content-encoding").strip().lower()
        unpacked = unpack(bytes(whole), CODINGS.get(coding, ()), max_reply)
        return None if unpacked is None else (response.status, replied, unpacked)


# The window that zlib takes for each coding; "deflate" is sent with zlib's frame, and without it by some.
CODINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


def unpack(packed: bytes, windows: tuple[int, ...], most: int) -> bytes | None:
    """Undoes the coding that a server or proxy chose unasked; `None` if it is cut, wrong, or above `most` bytes."""
    if not windows or not packed:
        return packed
    for window in windows:
        reader = decompressobj(window)
        try:
            unpacked = reader.decompress(packed, most + 1)
        except ZlibError:
            continue
        return unpacked if reader.eof and not reader.unused_data and len(unpacked) <= most else None
    return None


def target(url: str) -> httpcore.URL:
    """Takes a URL apart without touching what was signed."""
    parts = urlsplit(url)
    _, slash, path = url.partition("://")[2].partition("/")
    return httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=slash + path or "/")


def complete(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Returns the headers as bytes; no coding of the reply is asked for."""
    pairs = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]
    if all(name.lower() != b"accept-encoding" for name, _ in pairs):
        pairs.append((b"accept-encoding", b"identity"))
    return pairs


QUIET: ContextVar[bool] = ContextVar("QUIET", default=False)


class _Quiet(logging.Filter):
    """Drops what httpcore logs during our exchanges: headers of replies may quote the number and the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not QUIET.get()


FILTER = _Quiet()
LOGGERS = tuple(logging.getLogger(f"httpcore.{name}") for name in ("connection", "http11", "proxy", "http2", "socks"))


def quieten() -> None:
    """Puts the filter on httpcore's loggers, again if an application took it off."""
    for logger in LOGGERS:
        if FILTER not in logger.filters:
            logger.addFilter(FILTER)
