"""`python -m sansms`: `sandbox [--port N]` serves the pretend provider, `secret` makes one for the settings."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import suppress
from secrets import token_urlsafe


def main(arguments: list[str]) -> int:
    """Runs a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sansms")
    commands = parser.add_subparsers(required=True, metavar="command")
    sandbox = commands.add_parser("sandbox", help="serve the pretend provider on a loopback port")
    sandbox.add_argument("--port", type=int, default=0, help="the port; a free one by default")
    sandbox.set_defaults(run=lambda options: serve(options.port))
    secret = commands.add_parser("secret", help="print a new secret for the settings")
    secret.set_defaults(run=lambda _: print(token_urlsafe(32)))
    options = parser.parse_args(arguments)
    options.run(options)
    return 0


def serve(port: int) -> None:
    """Serves the sandbox until interrupted; the first line printed is its URL."""
    from ._sandbox_server import INBOX, SandboxServer

    with SandboxServer(port=port) as server:
        print(server.url, flush=True)
        print(f"inbox: {server.url}{INBOX}", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
