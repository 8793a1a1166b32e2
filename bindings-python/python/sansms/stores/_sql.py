"""Records in rows: what the stores on SQL databases share.

A wave is one transaction of two trips: the rows are made where they lack and locked, in the order of their keys; then
what `apply` says is written, and committed. The clock is the database's, read while the locks are held. Rows that
ended are swept in small steps along the primary key, so that the table needs no second index.
"""

from __future__ import annotations

import os
from contextlib import suppress
from logging import getLogger
from random import uniform
from time import monotonic, sleep

from sansms import _core
from sansms._errors import ConfigError

from ._deadline import cut_off
from ._dialects import KEY, SWEEP_LOOKS_AT
from ._pool import Link, Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, Literal

    from ._dialects import Dialect, Rows, Trip

SIZE = 8
"""How many connections a store opens at most."""

SWEEP_EVERY = 16
SWEEP_SLACK_MS = 600_000
"""A row is swept when it ended ten minutes ago: a clock that jumps ahead for a moment forgets no limits."""

BUSY = "refused busy"


def transaction(
    dialect: Dialect, ops: list[tuple[str, str]], left_ms: int, clock: Callable[[], float] | None
) -> Generator[Trip, Rows, list[str | None]]:
    """Runs a wave: yields trips, takes their rows, returns the replies."""
    keys = sorted({key for key, _ in ops})
    for key in keys:
        if not KEY.fullmatch(key):
            raise ValueError("a key holds what keys don't")
    found, ((now,),) = (yield dialect.lock(keys, left_ms))[-2:]
    now_ms = int(now) if clock is None else int(clock() * 1000)
    rows = {text(key): (bytes(record), int(until_ms)) for key, record, until_ms in found}
    if len(rows) != len(keys):
        raise SweptAway
    changed: dict[str, tuple[bytes, int]] = {}
    replies: list[str | None] = []
    for key, op in ops:
        record, until_ms = rows[key]
        kept, ttl_ms, reply = _core.apply(record if now_ms < until_ms else None, op, now_ms)
        if kept is not None:
            changed[key] = rows[key] = kept, max(now_ms + ttl_ms, until_ms)
        replies.append(reply)
    # Without a change nothing is left behind, rows that were made for their locks neither.
    yield dialect.write([(key, *row) for key, row in changed.items()]) if changed else ["ROLLBACK"]
    return replies


def sweeping(dialect: Dialect, after: str, clock: Callable[[], float] | None) -> Generator[Trip, Rows, str]:
    """Looks at the next rows and deletes what ended; returns where to go on."""
    ((now,),), rows = (yield dialect.look(after))[-2:]
    until_ms = (int(now) if clock is None else int(clock() * 1000)) - SWEEP_SLACK_MS
    ended = [text(key) for key, end in rows if int(end) <= until_ms]
    ended = [key for key in ended if KEY.fullmatch(key)]
    if ended:
        yield dialect.sweep(ended, until_ms)
    last = text(rows[-1][0]) if len(rows) == SWEEP_LOOKS_AT else ""
    return last if KEY.fullmatch(last) else ""


class Sweep:
    """Sweeps a table now and then; where it goes on, and when."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._after: str | None = None
        self._waves = 0

    def after(
        self, ops: list[tuple[str, str]], deadline: float, clock: Callable[[], float] | None
    ) -> Generator[Trip, Rows, None]:
        """Yields the trips that a wave makes when it is done; mostly none."""
        self._waves += 1
        if self._waves < SWEEP_EVERY or monotonic() > deadline - 0.1 or not ops:
            return
        self._waves = 0
        # Processes begin at different places, so that short-lived ones sweep the whole table together.
        self._after = yield from sweeping(self._dialect, ops[0][0] if self._after is None else self._after, clock)

    def failed(self, error: Exception) -> None:
        """Tells the log; the wave is done all the same."""
        getLogger("sansms").warning("sweeping ended rows raised %s", type(error).__qualname__)


def text(value: Any) -> str:
    """Reads a key, whatever the driver made of it."""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


class SweptAway(Exception):
    """A row was swept between making it and locking it."""


class Course:
    """What to do after an error: the attempts of one wave, and their deadline."""

    __slots__ = ("_began", "_conflicted", "_dialect", "_most_spared_s", "attempt", "deadline", "pauses_s", "writing")

    def __init__(self, dialect: Dialect, timeout: float) -> None:
        self._dialect = dialect
        self._began = monotonic()
        self._conflicted = False
        self._most_spared_s = timeout / 8
        self.deadline = self._began + timeout
        self.attempt = 0
        self.writing = False
        self.pauses_s = 0.0

    @property
    def left_ms(self) -> int:
        """What is left, in milliseconds; at least 1."""
        return max(int((self.deadline - monotonic()) * 1000), 1)

    def after(self, error: BaseException, fresh: bool) -> Literal["again", "anew", "table", "busy", "raise"]:
        """Decides: go on with this connection, or a new one, or make the table, or give up as busy, or raise.

        A connection may have died since it was last used; nothing was written on it, so one other is tried. What
        broke while it was written may have been done, and is never tried again.
        """
        verdict = "again" if isinstance(error, SweptAway) else self._dialect.verdict(error)
        self.attempt += 1
        self.pauses_s = uniform(0.5, 1.5) * min(0.002 * 2**self.attempt, 0.1)  # noqa: S311
        now = monotonic()
        # An attempt that the deadline cuts off tells nothing, where to be busy is an answer.
        spared_s = min(2 * (now - self._began), self._most_spared_s)
        self._began = now + self.pauses_s
        if verdict == "again":
            self._conflicted = True
            return "again" if now + self.pauses_s + spared_s < self.deadline else "busy"
        if verdict == "busy" or (self._conflicted and not self.writing and isinstance(error, TimeoutError)):
            return "busy"
        if verdict == "gone" and not fresh and not self.writing:
            return "anew"
        if verdict == "no table" and self.attempt < 4:
            return "table"
        return "raise"


class DatabaseLink(Link):
    """A connection of a driver for Python's database API, in autocommit."""

    def __init__(self, raw: Any, fileno: int | None) -> None:
        super().__init__()
        self._raw = raw
        self._fileno = fileno

    def ask(self, trip: Trip, deadline: float) -> Rows:
        """Makes a trip; raises what the driver raises, or `TimeoutError`."""
        cursor = self._raw.cursor()
        try:
            with cut_off(self._fileno, deadline):
                cursor.execute("; ".join(trip))
                rows = [list(cursor.fetchall())] if cursor.description else []
                while cursor.nextset():
                    if cursor.description:
                        rows.append(list(cursor.fetchall()))
                return rows
        finally:
            with suppress(Exception):
                cursor.close()

    def close(self) -> None:
        """Closes it."""
        self._raw.close()


class SQLStore:
    """What the stores on SQL databases have in common; make one of its kinds."""

    _clock: Callable[[], float] | None = None  # only tests set it: the clock is the database's

    def __init__(self, dialect: Dialect, size: int) -> None:
        check_size(size)
        self._dialect = dialect
        self._pool = Pool(size, self._connect)
        self._sweep = Sweep(dialect)

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one transaction; all are `refused busy` when locks are not had in time."""
        course = Course(self._dialect, timeout)
        while True:
            try:
                link: DatabaseLink = self._pool.take(course.deadline)
            except TimeoutError:
                if self._dialect.one_writer:
                    return [BUSY] * len(ops)
                raise
            course.writing = False
            try:
                replies = self._wave(link, ops, course)
                self._swept(link, ops, course)
            except BaseException as error:
                what = course.after(error, link.fresh) if isinstance(error, Exception) else "raise"
                self._pool.give(link, broken=what in ("anew", "raise") or not rolled_back(link, course.deadline))
                if what == "raise":
                    self._refuse(error)
                    raise
                if what == "busy":
                    return [BUSY] * len(ops)
                if what == "anew":
                    self._pool.clear()
                elif what == "table":
                    self.create_table(course.deadline - monotonic())
                else:
                    sleep(course.pauses_s)
                continue
            self._pool.give(link)
            return replies

    def create_table(self, timeout: float = 5.0) -> None:
        """Makes the table if it is not there; the first use does it too, where the user may."""
        deadline = monotonic() + timeout
        link: DatabaseLink = self._pool.take(deadline)
        try:
            link.ask([self._dialect.create], deadline)
        except BaseException as error:
            self._pool.give(link, broken=True)
            if isinstance(error, Exception) and self._dialect.verdict(error) == "again":
                return  # another makes it just now
            if isinstance(error, Exception) and self._dialect.verdict(error) == "no table":
                raise no_table(self._dialect) from None
            raise
        self._pool.give(link)

    def close(self) -> None:
        """Closes the idle connections; a later call opens new ones."""
        self._pool.clear()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None and pool._generation == os.getpid():
            with suppress(Exception):
                pool.clear()

    def _connect(self, deadline: float) -> DatabaseLink:
        raise NotImplementedError

    def _refuse(self, error: BaseException) -> None:
        """Raises `ConfigError` for an error that no waiting will mend."""
        if isinstance(error, Exception) and self._dialect.verdict(error) == "no table":
            raise no_table(self._dialect) from None

    def _wave(self, link: DatabaseLink, ops: list[tuple[str, str]], course: Course) -> list[str | None]:
        steps = transaction(self._dialect, ops, course.left_ms, self._clock)
        trip = next(steps)
        while True:
            rows = link.ask(trip, course.deadline)
            try:
                trip = steps.send(rows)
            except StopIteration as end:
                replies: list[str | None] = end.value
                return replies
            course.writing = trip != ["ROLLBACK"]

    def _swept(self, link: DatabaseLink, ops: list[tuple[str, str]], course: Course) -> None:
        steps = self._sweep.after(ops, course.deadline, self._clock)
        try:
            trip = next(steps)
            while True:
                trip = steps.send(link.ask(trip, course.deadline))
        except StopIteration:
            return
        except Exception as error:
            self._sweep.failed(error)
            rolled_back(link, course.deadline)  # if it can't be, the next use finds the connection gone


def check_size(size: int) -> None:
    """Refuses a number of connections that is none."""
    if not 1 <= size <= 1000:
        raise ConfigError("config.value", "store", "size must be 1 to 1000 connections")


def rolled_back(link: DatabaseLink, deadline: float) -> bool:
    """Ends the transaction of a connection that stays; tells whether it may."""
    try:
        link.ask(["ROLLBACK"], max(deadline, monotonic() + 0.05))
    except Exception:
        return False
    return True


def no_table(dialect: Dialect) -> ConfigError:
    """Says which table lacks, and how it is made."""
    problem = (
        "the table is not there, or this user may not read, insert, update and delete in it; "
        f"it is made by: {dialect.create}"
    )
    return ConfigError("config.value", "store", problem)
