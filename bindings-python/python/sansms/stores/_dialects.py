"""How each kind of database is asked; statements only, no I/O.

Statements hold no parameters, so that several make one trip with every driver. Nothing in them comes from outside:
keys match `KEY`, tables `NAME`, records are in hex, numbers are numbers.
"""

# ruff: noqa: S608

from __future__ import annotations

from re import compile

from sansms._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Trip = list[str]
    """Statements for one trip, without parameters."""
    Rows = list[list[Any]]
    """For each statement that has rows, its rows."""
    Verdict = Literal["again", "busy", "gone", "no table", ""]

TABLE = "sansms_partition"

SWEEP_LOOKS_AT = 256

KEY = compile(r"[A-Za-z0-9:._-]{1,128}")
"""What keys are made of: nothing that a statement would have to quote."""

NAME = compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?")


class Dialect:
    """How one kind of database is asked."""

    create: str = ""
    """The statement that makes the table."""

    clock: str = ""
    """The statement that tells the database's time, in milliseconds since 1970."""

    one_writer: bool = False
    """Whether waves wait for each other within this process, which is no fault of the database's."""

    def __init__(self, table: str = TABLE) -> None:
        if not NAME.fullmatch(table):
            raise ConfigError("config.value", "store", "the table's name must be of letters, digits and _")
        self.table: str = ".".join(self.quote(part) for part in table.split("."))
        self.create: str = self.create.format(table=self.table)

    def quote(self, name: str) -> str:
        """Quotes a name."""
        return f'"{name}"'

    def lock(self, keys: list[str], left_ms: int) -> Trip:
        """Begins a transaction, makes the rows that lack, locks all in order; selects them, and the time."""
        raise NotImplementedError

    def write(self, rows: list[tuple[str, bytes, int]]) -> Trip:
        """Writes records and commits."""
        updates = (
            f"UPDATE {self.table} SET record = {self.blob(record)}, until_ms = {until_ms:d} "
            f"WHERE {self.quote('key')} = '{key}'"
            for key, record, until_ms in rows
        )
        return [*updates, "COMMIT"]

    def blob(self, record: bytes) -> str:
        """Writes bytes as a literal."""
        return f"x'{record.hex()}'"

    def look(self, after: str) -> Trip:
        """Selects the time, and the next keys with the ends of their rows."""
        key = self.quote("key")
        return [
            self.clock,
            f"SELECT {key}, until_ms FROM {self.table} WHERE {key} > '{after}' ORDER BY {key} LIMIT {SWEEP_LOOKS_AT}",
        ]

    def sweep(self, keys: list[str], until_ms: int) -> Trip:
        """Deletes those of the rows that have ended by then."""
        return [f"DELETE FROM {self.table} WHERE {self.quote('key')} IN ({listed(keys)}) AND until_ms <= {until_ms:d}"]

    def verdict(self, error: BaseException) -> Verdict:
        """Tells what an error means.

        `again`: nothing was done, and another attempt may do it; `busy`: a lock was not had in time; `gone`: the
        connection is no more; `no table`: it is not there, or not for this user; or nothing that we know.
        """
        raise NotImplementedError


def listed(keys: list[str]) -> str:
    """Lists keys as literals."""
    return ", ".join(f"'{key}'" for key in keys)


class Postgres(Dialect):
    """Speaks to PostgreSQL; a trip is one simple query, so a pooler such as PgBouncer may stand between."""

    create = (
        'CREATE TABLE IF NOT EXISTS {table} ("key" text COLLATE "C" PRIMARY KEY, '
        "record bytea NOT NULL, until_ms bigint NOT NULL)"
    )
    clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    def lock(self, keys: list[str], left_ms: int) -> Trip:
        """Makes rows or nothing, in order; then locks them, in order."""
        # Whoever waits gives up shortly before the deadline, and so hears of it; a client that stands still in the
        # middle loses its locks a second later.
        patience = max(left_ms - left_ms // 8, 1)
        made = ", ".join(f"('{key}', '', 0)" for key in keys)
        return [
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            f"SET LOCAL lock_timeout = {patience}",
            f"SET LOCAL statement_timeout = {patience}",
            f"SET LOCAL idle_in_transaction_session_timeout = {left_ms + 1000}",
            f'INSERT INTO {self.table} ("key", record, until_ms) VALUES {made} ON CONFLICT DO NOTHING',
            f'SELECT "key", record, until_ms FROM {self.table} WHERE "key" IN ({listed(keys)}) ORDER BY "key" '
            "FOR UPDATE",
            self.clock,
        ]

    def blob(self, record: bytes) -> str:
        """Writes bytes as a literal, whatever `standard_conforming_strings` says."""
        return f"decode('{record.hex()}', 'hex')"

    def sweep(self, keys: list[str], until_ms: int) -> Trip:
        """Deletes what ended, and waits for nobody."""
        return [
            f'DELETE FROM {self.table} WHERE "key" IN (SELECT "key" FROM {self.table} WHERE "key" IN ({listed(keys)}) '
            f"AND until_ms <= {until_ms:d} FOR UPDATE SKIP LOCKED)"
        ]

    def verdict(self, error: BaseException) -> Verdict:
        """Goes by the SQLSTATE, of psycopg or of psycopg2."""
        state: str = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or ""
        return STATES.get(state) or ("gone" if state[:2] in LOST else "")


# https://www.postgresql.org/docs/current/errcodes-appendix.html
STATES: dict[str, Verdict] = {
    "40001": "again",  # serialization_failure
    "40P01": "again",  # deadlock_detected
    "23505": "again",  # unique_violation; this and the next two: others made the table at the same time
    "42P07": "again",  # duplicate_table
    "42710": "again",  # duplicate_object
    "55P03": "busy",  # lock_not_available: lock_timeout
    "57014": "busy",  # query_canceled: statement_timeout
    "42P01": "no table",  # undefined_table
    "3F000": "no table",  # invalid_schema_name
    "42501": "no table",  # insufficient_privilege
    "25006": "gone",  # read_only_sql_transaction: what was the primary is a replica now
}
LOST = ("", "08", "57")
"""Classes of the connection: none told, connection exception, operator intervention."""


class MySQL(Dialect):
    """Speaks to MySQL and MariaDB; a trip is one query of several statements."""

    create = (
        "CREATE TABLE IF NOT EXISTS {table} (`key` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL "
        "PRIMARY KEY, record blob NOT NULL, until_ms bigint NOT NULL) ENGINE=InnoDB"
    )
    # As the session's time zone is UTC, no hour is there twice.
    clock = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000 AS UNSIGNED)"

    def quote(self, name: str) -> str:
        """Quotes a name."""
        return f"`{name}`"

    def lock(self, keys: list[str], left_ms: int) -> Trip:
        """Makes rows or locks them, in order: with `INSERT IGNORE` and `FOR UPDATE` two would deadlock."""
        # The server counts in seconds; only MariaDB knows finer limits, and reads what stands after `M!`.
        patience_ms = max(left_ms - left_ms // 8, 1)
        idle_s = left_ms // 1000 + 2
        made = ", ".join(f"('{key}', '', 0)" for key in keys)
        return [
            f"SET innodb_lock_wait_timeout = {max(patience_ms // 1000, 1)}, time_zone = '+00:00' "
            f"/*M! , max_statement_time = {patience_ms / 1000:.3f}, idle_transaction_timeout = {idle_s} */",
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "START TRANSACTION READ WRITE",
            f"INSERT INTO {self.table} (`key`, record, until_ms) VALUES {made} ON DUPLICATE KEY UPDATE `key` = `key`",
            f"SELECT `key`, record, until_ms FROM {self.table} WHERE `key` IN ({listed(keys)}) ORDER BY `key` "
            "FOR UPDATE",
            self.clock,
        ]

    def look(self, after: str) -> Trip:
        """Selects the time, and the next keys with the ends of their rows."""
        return ["SET time_zone = '+00:00'", *super().look(after)]

    def verdict(self, error: BaseException) -> Verdict:
        """Goes by the number of the error, of PyMySQL or of mysqlclient."""
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        return NUMBERS.get(number) or ("gone" if number < 1000 or 2000 <= number < 3000 else "")


# https://mariadb.com/kb/en/mariadb-error-code-reference/
# https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
NUMBERS: dict[int, Verdict] = {
    1020: "again",  # ER_CHECKREAD: MariaDB's snapshot isolation
    1213: "again",  # ER_LOCK_DEADLOCK
    1205: "busy",  # ER_LOCK_WAIT_TIMEOUT
    1969: "busy",  # ER_STATEMENT_TIMEOUT: max_statement_time
    3024: "busy",  # ER_QUERY_TIMEOUT
    1146: "no table",  # ER_NO_SUCH_TABLE
    1142: "no table",  # ER_TABLEACCESS_DENIED_ERROR
    1053: "gone",  # ER_SERVER_SHUTDOWN
    1290: "gone",  # ER_OPTION_PREVENTS_STATEMENT: what was the primary is read-only now
    1792: "gone",  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    1836: "gone",  # ER_READ_ONLY_MODE
    1927: "gone",  # ER_CONNECTION_KILLED
    4031: "gone",  # ER_CLIENT_INTERACTION_TIMEOUT
}


class SQLite(Dialect):
    """Speaks to SQLite; whoever writes holds the whole file."""

    one_writer = True

    create = (
        'CREATE TABLE IF NOT EXISTS {table} ("key" TEXT NOT NULL PRIMARY KEY, record BLOB NOT NULL, '
        "until_ms INTEGER NOT NULL)"
    )
    clock = "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"

    def lock(self, keys: list[str], left_ms: int) -> Trip:
        """Holds the file."""
        made = ", ".join(f"('{key}', x'', 0)" for key in keys)
        return [
            f"PRAGMA busy_timeout = {max(left_ms - left_ms // 8, 1)}",
            "BEGIN IMMEDIATE",
            f'INSERT OR IGNORE INTO {self.table} ("key", record, until_ms) VALUES {made}',
            f'SELECT "key", record, until_ms FROM {self.table} WHERE "key" IN ({listed(keys)})',
            self.clock,
        ]

    def verdict(self, error: BaseException) -> Verdict:
        """Goes by the message: only newer versions of Python tell a code."""
        if isinstance(error, TimeoutError):  # the deadline came between two statements
            return "busy"
        said = str(error)
        if "table is locked" in said:  # of a cache that is shared within this process; nobody waits there
            return "again"
        if "locked" in said or "busy" in said:
            return "busy"
        return "no table" if "no such table" in said else "gone"
