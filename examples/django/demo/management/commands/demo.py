"""`manage.py demo`: the page and its tables, from fresh state."""

from __future__ import annotations

import socket
from typing import Any

from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    """Serves until interrupted; the first line printed is the URL."""

    help = "Serves the demo page on a loopback port."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--port", type=int, default=0, help="the port; 8000 by default, or a free one")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"] or free_port(8000)
        call_command("migrate", run_syncdb=True, verbosity=0)
        self.stdout.write(f"  http://127.0.0.1:{port}/")
        self.stdout.flush()
        from django.contrib.staticfiles.handlers import StaticFilesHandler
        from django.core.servers.basehttp import run
        from django.core.wsgi import get_wsgi_application

        try:
            run("127.0.0.1", port, StaticFilesHandler(get_wsgi_application()), threading=True)
        except KeyboardInterrupt:
            self.stdout.write("")


def free_port(wanted: int) -> int:
    """Returns the wanted port if nobody has it, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
