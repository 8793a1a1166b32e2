"""Records in this process's memory: for tests, and for a service that runs as one process."""

from __future__ import annotations

from time import time

from sansms import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class MemoryStore:
    """Keeps records in this process; safe between threads, gone with the process."""

    __slots__ = ("_clock", "_records")

    def __init__(self, *, clock: Callable[[], float] = time) -> None:
        """Starts empty; `clock` gives the time in seconds since 1970."""
        self._clock = clock
        self._records = _core.MemoryStore()

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs, each atomic on its key; `timeout` does not matter here."""
        now_ms = int(self._clock() * 1000)
        return [self._records.run(key, op, now_ms) for key, op in ops]

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Is `run`, which never waits, for `asend` and `averify`."""
        return self.run(ops, timeout)

    def __len__(self) -> int:
        return len(self._records)
