"""What the witnesses share: the sandbox served by our wheel, its inbox, and the count of checks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from urllib.request import urlopen

Check = tuple[str, object, object]
"""What is checked, what came, what was wanted."""


class Gateway:
    """The sandbox on a loopback port, served by the interpreter `python`, which has our wheel."""

    def __init__(self, python: str) -> None:
        self._server = subprocess.Popen([python, "-I", "-m", "sansms", "sandbox"], stdout=subprocess.PIPE, text=True)
        assert self._server.stdout
        self.url = self._server.stdout.readline().strip()
        self.endpoint = self.url.removeprefix("http://")
        self._inbox = self._server.stdout.readline().split(": ", 1)[1].strip()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(10)

    def inbox(self) -> list[dict[str, object]]:
        with urlopen(self._inbox) as reply:
            messages: list[dict[str, object]] = json.load(reply)
        return messages


def testify(package: str, checks: Callable[[Gateway], list[Check]]) -> int:
    """Runs the checks of a witness against a gateway; returns the exit status."""
    with Gateway(sys.argv[1]) as gateway:
        made = checks(gateway)
    failed = [f"{name}: {got!r}, not {wanted!r}" for name, got, wanted in made if got != wanted]
    print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr)
    print(f"{package} {version(package)}: {len(made) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
