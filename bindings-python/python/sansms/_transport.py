"""HTTP by urllib3: kept alive, verified, never retried, never redirected, never logged."""

from __future__ import annotations

import logging
import os
import socket
import threading
from http.client import HTTPResponse as Reply
from io import BufferedReader, RawIOBase
from time import monotonic

from urllib3 import HTTPHeaderDict, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from ._errors import TransportFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from urllib3 import BaseHTTPResponse, HTTPResponse

KEPT_ALIVE_S = 15.0
"""How long an idle connection counts as fresh, in seconds; servers close theirs later than that."""


class Urllib3Transport:
    """Makes exchanges over pooled connections; safe between threads and after a fork."""

    __slots__ = ("_options", "_pool", "_pool_owner", "_pooling")

    def __init__(self, *, connections: int = 16, ca_certs: str | None = None) -> None:
        """Opens nothing; `connections` is how many are kept per host, `ca_certs` a bundle in place of the system's."""
        self._options: dict[str, Any] = {"maxsize": connections, "ca_certs": ca_certs, "cert_reqs": "CERT_REQUIRED"}
        self._pool: PoolManager | None = None
        self._pool_owner = 0
        self._pooling = threading.Lock()

    def __call__(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Makes one exchange; see `sansms._types.Transport`."""
        quieten()
        CALL.deadline = monotonic() + timeout
        _, slash, path = url.partition("://")[2].partition("/")
        CALL.target = slash + path
        CALL.sent = False
        CALL.quiet = True
        try:
            response = self._connections().urlopen(
                method,
                url,
                body=body,
                headers=HTTPHeaderDict(headers),
                timeout=Timeout(total=timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            reply = read(response, CALL.deadline, max_reply)
        except Exception:
            reply = None
        finally:
            CALL.quiet = False
        if reply is None:  # raised here, so that no error of urllib3, which may quote the URL, hangs on it
            raise TransportFault(sent=CALL.sent)
        return reply

    def close(self) -> None:
        """Closes the idle connections; a later call opens new ones."""
        with self._pooling:
            if self._pool is not None:
                self._pool.clear()

    def _connections(self) -> PoolManager:
        with self._pooling:
            if self._pool is None or self._pool_owner != os.getpid():
                self._pool, self._pool_owner = PoolManager(**self._options), os.getpid()
                self._pool.pool_classes_by_scheme = POOLS
            return self._pool


def read(
    response: BaseHTTPResponse, deadline: float, max_reply: int
) -> tuple[int, list[tuple[str, str]], bytes] | None:
    """Reads a reply of at most `max_reply` bytes before `deadline`; `None` when there is none."""
    body = bytearray()
    try:
        while chunk := response.read1(8192, decode_content=True):
            body += chunk
            if len(body) > max_reply or monotonic() > deadline:
                return None
        headers = [(name.lower(), value) for name, value in response.headers.items()]
        return response.status, headers, bytes(body)
    finally:
        response.close()  # a connection whose reply was read to its end is back in the pool by now


class _Call(threading.local):
    """What the exchange of this thread is up to."""

    target = ""
    quiet = False
    sent = False
    deadline = 0.0


CALL = _Call()


def left(deadline: float) -> float:
    """Returns the seconds until a deadline; raises when it is over."""
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Timed(RawIOBase):
    """Reads a socket up to a deadline, however often: a timeout of the socket's own begins anew with each read."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._deadline = CALL.deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(left(self._deadline))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reply(Reply):
    """Reads status, headers and body before the deadline of the exchange."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp: Any = BufferedReader(_Timed(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    """Sends the URL as it was signed, notes when the first byte leaves, and is not used again once it has idled."""

    debuglevel = 0
    last_used = 0.0
    response_class = _Reply

    @property
    def is_connected(self) -> bool:
        return monotonic() - self.last_used < KEPT_ALIVE_S and super().is_connected

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        super().putrequest(method, CALL.target or url, skip_host, skip_accept_encoding)  # urllib3 normalises `url`

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(left(CALL.deadline))
        CALL.sent = True
        super().send(data)

    def _new_conn(self) -> socket.socket:
        """Tries the host's addresses, all of them before the deadline; the handshake has what is left then."""
        refused = OSError()
        for *_, address in socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM):
            try:
                made = create_connection(
                    (str(address[0]), self.port), left(CALL.deadline), socket_options=self.socket_options
                )
                made.settimeout(left(CALL.deadline))
            except OSError as error:
                refused = error
            else:
                return made
        raise refused

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        response = super().getresponse()
        self.last_used = monotonic()
        return response


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]


POOLS: dict[str, type[HTTPConnectionPool] | type[HTTPSConnectionPool]] = {"http": _Pool, "https": _SecurePool}


class _Quiet(logging.Filter):
    """Drops what urllib3 logs during our exchanges: it prints URLs, and ours hold the number and the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not CALL.quiet


QUIET = _Quiet()
LOGGERS = tuple(
    logging.getLogger(f"urllib3.{name}")
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
)


def quieten() -> None:
    """Puts the filter on urllib3's loggers, again if an application took it off."""
    for logger in LOGGERS:
        if QUIET not in logger.filters:
            logger.addFilter(QUIET)
