"""Records in a database of Django's, on connections of their own."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from time import monotonic

from django.db import connections
from django.db.utils import load_backend

from sansms import ConfigError
from sansms.stores._dialects import Dialect, MySQL, Postgres, SQLite
from sansms.stores._sql import SIZE, DatabaseLink, SQLStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sansms.stores._dialects import Rows, Trip

DIALECTS: dict[str, type[Dialect]] = {"mysql": MySQL, "postgresql": Postgres, "sqlite": SQLite}

FOUND_ROWS, MULTI_STATEMENTS = 2, 1 << 16
"""Flags of MySQL's clients: what Django sets, and what a trip of several statements needs."""


class DjangoStore(SQLStore):
    """Keeps records in a database of `DATABASES`: PostgreSQL, MySQL or MariaDB, or SQLite.

    Its connections are made from the same settings as Django's and are its own, in autocommit: what a request counts
    stays when the request is rolled back, under `ATOMIC_REQUESTS` too. `manage.py migrate sansms` makes the table.
    A file of SQLite has one writer at a time, so there it must be an entry of its own in `DATABASES`: within
    `atomic()` on the same file `ConfigError` says so.
    """

    def __init__(self, using: str = "default", *, size: int = SIZE) -> None:
        """Opens nothing; `using` is the name in `DATABASES`, `size` how many connections are opened at most."""
        self._using = using
        try:
            settings: dict[str, Any] = connections.settings[using]
        except (KeyError, TypeError):
            raise ConfigError("config.value", "store", f"`{using}` is not in DATABASES") from None
        self._vendor: str = load_backend(settings["ENGINE"]).DatabaseWrapper.vendor
        if self._vendor not in DIALECTS:
            raise ConfigError("config.value", "store", f"a database of the kind {self._vendor} can't hold it")
        super().__init__(DIALECTS[self._vendor](), 1 if self._vendor == "sqlite" else size)

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one transaction; all are `refused busy` when locks are not had in time."""
        if self._vendor == "sqlite":
            self._refuse_a_file_in_use()
        return super().run(ops, timeout)

    def create_table(self, timeout: float = 5.0) -> None:
        """Raises `ConfigError`: tables are made by migrations."""
        command = f"manage.py migrate sansms --database {self._using}"
        problem = f"the table is not there, or the database's user may not use it; run: {command}"
        raise ConfigError("config.value", "store", problem)

    def file(self) -> Path | None:
        """Returns the file of SQLite; `None` for a server, and for memory."""
        return file_of(connections.settings[self._using]) if self._vendor == "sqlite" else None

    def _connect(self, deadline: float) -> DatabaseLink:
        given: dict[str, Any] = connections.settings[self._using]
        options = {name: value for name, value in given.get("OPTIONS", {}).items() if name != "pool"}
        if self._vendor == "mysql":
            options["client_flag"] = options.get("client_flag", 0) | FOUND_ROWS | MULTI_STATEMENTS
            # For mysqlclient, which tells nobody its socket; it counts in seconds.
            options.setdefault("read_timeout", ceil(max(deadline - monotonic(), 0)) + 1)
        settings = {**given, "OPTIONS": options, "AUTOCOMMIT": True, "CONN_MAX_AGE": None}
        wrapper: Any = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, self._using)
        wrapper.inc_thread_sharing()
        wrapper.connect()
        # The driver's connection alone: Django's own `close` is refused where an event loop runs.
        raw = wrapper.connection
        return FileLink(raw, None) if self._vendor == "sqlite" else DatabaseLink(raw, socket_of(raw))

    def _refuse_a_file_in_use(self) -> None:
        file = self.file()
        name = connections.settings[self._using]["NAME"]
        for other in connections.all(initialized_only=True):
            if other.vendor != "sqlite" or not other.in_atomic_block:
                continue
            if other.settings_dict["NAME"] == name or (file is not None and file_of(other.settings_dict) == file):
                problem = (
                    f"`{self._using}` is a file of SQLite that an atomic() of this request holds, so no try could be "
                    "counted; give the store an entry of its own in DATABASES, with another file"
                )
                raise ConfigError("config.value", "store", problem)


class FileLink(DatabaseLink):
    """A connection to SQLite, which takes one statement at a time."""

    def ask(self, trip: Trip, deadline: float) -> Rows:
        """Makes a trip."""
        if monotonic() >= deadline:
            raise TimeoutError
        rows: Rows = []
        for statement in trip:
            cursor = self._raw.execute(statement)
            if cursor.description:
                rows.append(cursor.fetchall())
        return rows


def socket_of(raw: Any) -> int | None:
    """Returns the descriptor of a driver's socket, if it is told."""
    try:
        return int(raw.fileno() if hasattr(raw, "fileno") else raw._sock.fileno())
    except (AttributeError, TypeError):
        return None


def file_of(settings: dict[str, Any]) -> Path | None:
    """Returns the file of a database of SQLite, if it has one."""
    name = str(settings.get("NAME") or "")
    if not settings.get("ENGINE", "").endswith(("sqlite3", "spatialite")) or not name:
        return None
    return None if name == ":memory:" or name.startswith("file:") else Path(name).resolve()
