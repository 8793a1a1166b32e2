"""Records in a file: durable, and safe between the threads and processes of one machine."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from threading import Lock
from time import monotonic, sleep, time
from weakref import WeakSet

from sansms import _core
from sansms._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_PATH = "sansms.sqlite3"
"""The file that a service uses when it is told of no store, in the working directory."""

BUSY = "refused busy"

SWEEP_EVERY = 64
SWEEP_AT_MOST = 128
SWEEP_SLACK_MS = 600_000
"""A row is swept when it ended ten minutes ago: a clock that jumps ahead for a moment forgets no limits."""

SCHEMA = """CREATE TABLE IF NOT EXISTS sansms_partition (
    key TEXT PRIMARY KEY, record BLOB NOT NULL, until_ms INTEGER NOT NULL
) WITHOUT ROWID"""
INDEX = "CREATE INDEX IF NOT EXISTS sansms_partition_until ON sansms_partition (until_ms)"
LOOK = "SELECT 1 FROM sqlite_master WHERE name = 'sansms_partition_until'"
READ = "SELECT record, until_ms FROM sansms_partition WHERE key = ?"
WRITE = "INSERT OR REPLACE INTO sansms_partition VALUES (?, ?, ?)"
SWEEP = """DELETE FROM sansms_partition WHERE key IN
    (SELECT key FROM sansms_partition WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)"""


class SQLiteStore:
    """Keeps records in one SQLite file on a local disk; a commit is on the disk before its message leaves.

    Give it a file of its own: the table is made on first use, and the file is held for a moment at each step. For
    several machines take `RedisStore`: a network file system does not lock as SQLite needs it.
    """

    def __init__(self, path: str | os.PathLike[str] = DEFAULT_PATH, *, clock: Callable[[], float] = time) -> None:
        """Opens nothing; `clock` gives the time in seconds since 1970."""
        self._path = os.path.abspath(os.fspath(path))
        self._clock = clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._file = (0, 0)
        self._since_sweep = 0
        ALL.add(self)

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one transaction; all are `refused busy` when the file is not had in time."""
        deadline = monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            return [BUSY] * len(ops)
        try:
            connection = self._open(deadline)
            try:
                return self._transact(connection, ops, deadline)
            except sqlite3.Error as error:
                if is_busy(error):
                    return [BUSY] * len(ops)
                self._drop()  # the file is gone, full or broken: look at it afresh next time
                raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """Closes the file; a later call opens it again."""
        with self._lock:
            self._drop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __del__(self) -> None:
        self._drop()

    def _transact(
        self, connection: sqlite3.Connection, ops: list[tuple[str, str]], deadline: float
    ) -> list[str | None]:
        wait_for(connection, deadline)
        connection.execute("BEGIN IMMEDIATE")
        try:
            replies: list[str | None] = [self._apply(connection, key, op) for key, op in ops]
            self._since_sweep += 1
            if self._since_sweep >= SWEEP_EVERY:
                self._since_sweep = 0
                connection.execute(SWEEP, (self._now_ms() - SWEEP_SLACK_MS, SWEEP_AT_MOST))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return replies

    def _apply(self, connection: sqlite3.Connection, key: str, op: str) -> str:
        now_ms = self._now_ms()
        row: tuple[bytes, int] | None = connection.execute(READ, (key,)).fetchone()
        record = row[0] if row is not None and now_ms < row[1] else None
        kept, ttl_ms, reply = _core.apply(record, op, now_ms)
        if kept is not None:
            until_ms = now_ms + ttl_ms if row is None else max(now_ms + ttl_ms, row[1])
            connection.execute(WRITE, (key, kept, until_ms))
        return reply

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _open(self, deadline: float) -> sqlite3.Connection:
        if self._connection is not None and self._owner != os.getpid():
            ABANDONED.append(self._connection)  # forked behind Python's back: the parent's must not even be closed
            self._connection = None
        if self._connection is not None and self._file != identity(self._path):
            self._drop()
        if self._connection is None:
            self._connection = connect(self._path, deadline)
            self._owner, self._file = os.getpid(), identity(self._path)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is not None and self._owner == os.getpid():
            with suppress(sqlite3.Error):
                connection.close()


def connect(path: str, deadline: float) -> sqlite3.Connection:
    """Opens the file and makes the table."""
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError:
        problem = f"`{os.path.basename(path)}` can't be opened; is its directory there, and may this user write to it?"
        raise ConfigError("config.value", "store", problem) from None
    try:
        while True:
            try:
                wait_for(connection, deadline)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                if not connection.execute(LOOK).fetchall():
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute(SCHEMA)
                    connection.execute(INDEX)
                    connection.execute("COMMIT")
                return connection
            except sqlite3.OperationalError as error:
                # A file that another process turns to WAL just now is busy at once, whatever the time-out.
                if not is_busy(error) or monotonic() > deadline:
                    raise
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                sleep(0.005)
    except BaseException:
        connection.close()
        raise


def wait_for(connection: sqlite3.Connection, deadline: float) -> None:
    """Lets the connection wait for locks until the deadline."""
    connection.execute(f"PRAGMA busy_timeout = {max(int((deadline - monotonic()) * 1000), 0)}")


def is_busy(error: sqlite3.Error) -> bool:
    """Tells whether another process holds the file."""
    return "locked" in str(error) or "busy" in str(error)


def identity(path: str) -> tuple[int, int]:
    """Returns what tells this file from another at the same path."""
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino


ALL: WeakSet[SQLiteStore] = WeakSet()
ABANDONED: list[sqlite3.Connection] = []
HELD: list[SQLiteStore] = []
FORKING = Lock()


def before_fork() -> None:
    """Closes every file: SQLite keeps its locks in this process's memory, and a copy of them would be a lie."""
    FORKING.acquire()
    for store in list(ALL):
        store._lock.acquire()
        store._drop()
        HELD.append(store)


def after_fork() -> None:
    """Lets the stores go on, in the parent and in the child; each opens a connection of its own."""
    while HELD:
        HELD.pop()._lock.release()
    FORKING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=before_fork, after_in_parent=after_fork, after_in_child=after_fork)
