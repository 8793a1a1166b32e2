"""The sandbox over HTTP, on a loopback port."""

from __future__ import annotations

import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PAGE = "/.sandbox/"
INBOX = "/.sandbox/inbox"
OWN_HOSTS = ("127.0.0.1", "localhost")
PAGE_HEADERS = [
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
        "frame-ancestors 'none'",
    ),
]
LARGEST_REQUEST = 1 << 20


class SandboxServer:
    """Serves a pretend provider at `url` from a thread of its own, until closed."""

    def __init__(self, *, port: int = 0, config: str = "{}", clock: Callable[[], float] = time) -> None:
        """Listens on a loopback port, a free one by default."""
        self.sandbox = _core.Sandbox(config)
        self.clock = clock
        self._server = _Server(("127.0.0.1", port), partial(_Handler, self))
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> SandboxServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lets clients go away without a word."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def __init__(self, owner: SandboxServer, *connection: Any) -> None:
        self.owner = owner
        super().__init__(*connection)

    def handle_call(self) -> None:
        stated = self.headers.get("content-length") or "0"
        length = int(stated) if stated.isdecimal() else LARGEST_REQUEST + 1
        if length > LARGEST_REQUEST:
            self.close_connection = True
            self.answer(413, [], b"")
            return
        body = self.rfile.read(length)
        url = f"http://{self.headers.get('host', '')}{self.path}"
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        owner = self.owner
        reply = owner.sandbox.handle(self.command, url, headers, body, int(owner.clock() * 1000))
        if reply[0] == "http_fault":
            self.close_connection = True
            return
        self.answer(reply[1], reply[2], reply[3])

    def do_GET(self) -> None:
        if self.path == "/" and "text/html" in (self.headers.get("accept") or ""):
            self.answer(302, [("location", PAGE)], b"")
        elif self.path.startswith(PAGE) and self.headers.get("host", "").partition(":")[0] not in OWN_HOSTS:
            self.answer(403, [], b"")  # a page elsewhere that gave this address a name of its own
        elif self.path == PAGE:
            from pathlib import Path

            self.answer(200, PAGE_HEADERS, (Path(__file__).parent / "data" / "inbox.html").read_bytes())
        elif self.path == INBOX:
            inbox = self.owner.sandbox.inbox().encode()
            self.answer(200, [("content-type", "application/json; charset=utf-8")], inbox)
        else:
            self.handle_call()

    do_POST = handle_call

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the request line holds the number and the code."""
