"""Serves the demo page, with the pretend provider beside it, until interrupted: `python serve.py [PORT]`.

State is fresh each time, in a directory that goes with it.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from sansms._sandbox_server import SandboxServer


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    real = os.environ.get("DEMO_PROVIDER", "sandbox") != "sandbox"
    with TemporaryDirectory() as home, nullcontext() if real else SandboxServer() as sandbox:
        os.environ.setdefault("DEMO_HOME", home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
        if sandbox is not None:
            os.environ["DEMO_SANDBOX"] = sandbox.url
        from django.core.management import call_command

        import django

        django.setup()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        call_command("demo", port=int(arguments[0]) if arguments else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
