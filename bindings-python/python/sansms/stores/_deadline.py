"""Deadlines for drivers that know none: a call that waits for its server is cut off when its time is up."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from threading import Condition, Event, Thread
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


@contextmanager
def cut_off(fileno: int | None, deadline: float) -> Iterator[None]:
    """Shuts the socket down if what happens inside lasts past the deadline; the driver then finds it closed.

    Raises `TimeoutError` when it came to that. Without a `fileno` only looks at the clock before.
    """
    if monotonic() >= deadline:
        raise TimeoutError
    if fileno is None:
        yield
        return
    watched = WATCH.add(fileno, deadline)
    try:
        yield
    except Exception:
        if WATCH.remove(watched):
            raise TimeoutError from None
        raise
    finally:
        WATCH.remove(watched)


def within(deadline: float, make: Callable[[], Any], discard: Callable[[Any], object]) -> Any:
    """Makes a thing in a thread, and waits for it until the deadline; one that comes later is discarded.

    To open a connection may take long in ways that nothing else can cut off: names, handshakes, a server that stands
    still. Raises what `make` raises, or `TimeoutError`.
    """
    made: list[Any] = []
    failed: list[BaseException] = []
    late = Condition()
    gone = False
    done = Event()

    def work() -> None:
        try:
            thing = make()
        except BaseException as error:  # handed to the caller
            failed.append(error)
        else:
            with late:
                if not gone:
                    made.append(thing)
            if not made:
                with suppress(Exception):
                    discard(thing)
        done.set()

    Thread(target=work, name="sansms-connect", daemon=True).start()
    done.wait(max(deadline - monotonic(), 0))
    with late:
        gone = True
    if made:
        return made[0]
    if failed:
        raise failed[0]
    raise TimeoutError


class Watched:
    """A socket, and when its time is up."""

    __slots__ = ("deadline", "fileno", "overdue")

    def __init__(self, fileno: int, deadline: float) -> None:
        self.fileno = fileno
        self.deadline = deadline
        self.overdue = False


class Watch:
    """One thread for all sockets; it sleeps until the next deadline that was not met in time."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._all: set[Watched] = set()
        self._thread: Thread | None = None
        self._wakes = 0.0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def add(self, fileno: int, deadline: float) -> Watched:
        """Begins to watch."""
        watched = Watched(fileno, deadline)
        with self._changed:
            if not self._thread:
                self._thread = Thread(target=self._work, name="sansms-deadlines", daemon=True)
                self._thread.start()
            self._all.add(watched)
            if deadline < self._wakes:
                self._changed.notify()
        return watched

    def remove(self, watched: Watched) -> bool:
        """Ends watching; tells whether the time was up. From then on the socket may be closed."""
        with self._changed:
            self._all.discard(watched)
            return watched.overdue

    def _work(self) -> None:
        changed, sockets = self._changed, self._all
        with changed:
            while True:
                now = monotonic()
                for watched in [one for one in sockets if one.deadline <= now]:
                    watched.overdue = True
                    sockets.discard(watched)
                    shut_down(watched.fileno)
                self._wakes = min((one.deadline for one in sockets), default=now + 60)
                changed.wait(self._wakes - now)

    def _forget(self) -> None:
        """Begins anew: a fork copies no thread, and may copy a lock that is held."""
        self._changed = Condition()
        self._all = set()
        self._thread = None
        self._wakes = 0.0


def shut_down(fileno: int) -> None:
    """Ends a connection below its driver, who still owns the descriptor."""
    with suppress(OSError):
        double = socket.socket(fileno=os.dup(fileno))
        try:
            double.shutdown(socket.SHUT_RDWR)
        finally:
            double.close()


WATCH = Watch()
