"""Connections that are kept open, and opened within a deadline."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Condition
from time import monotonic

from ._deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Link:
    """One open connection."""

    def __init__(self) -> None:
        self.fresh = True

    def close(self) -> None:
        """Closes it."""
        raise NotImplementedError


class Pool:
    """Connections of this process, at most so many; the last used is the next to be used."""

    def __init__(self, size: int, connect: Callable[[float], Link]) -> None:
        self._size = size
        self._connect = connect
        self._changed = Condition()
        self._idle: list[Link] = []
        self._open = 0
        self._generation = os.getpid()
        if hasattr(os, "register_at_fork"):
            from weakref import WeakMethod

            method = WeakMethod(self._begin)

            def after_in_child() -> None:
                begin = method()
                if begin is not None:
                    begin()

            os.register_at_fork(after_in_child=after_in_child)

    def take(self, deadline: float) -> Any:
        """Returns a connection; raises `TimeoutError` when all are in use until the deadline."""
        with self._changed:
            while not self._idle and self._open >= self._size:
                left = deadline - monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise TimeoutError
            if self._idle:
                return self._idle.pop()
            self._open += 1
            generation = self._generation
        try:
            link = within(deadline, lambda: self._connect(deadline), lambda late: late.close())
        except BaseException:
            self._left(generation)
            raise
        return link

    def give(self, link: Link, *, broken: bool = False) -> None:
        """Takes a connection back."""
        link.fresh = False
        if broken:
            with suppress(Exception):
                link.close()
            self._left(self._generation)
            return
        with self._changed:
            self._idle.append(link)
            self._changed.notify()

    def clear(self) -> None:
        """Closes the connections that are not in use."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._open -= len(idle)
            self._changed.notify_all()
        for link in idle:
            with suppress(Exception):
                link.close()

    def _left(self, generation: int) -> None:
        with self._changed:
            if generation == self._generation:
                self._open -= 1
                self._changed.notify()

    def _begin(self) -> None:
        """Begins without connections; those of a parent process are let go of, not closed."""
        ABANDONED.extend(self._idle)
        self._changed = Condition()
        self._idle = []
        self._open = 0
        self._generation = os.getpid()


ABANDONED: list[Link] = []
