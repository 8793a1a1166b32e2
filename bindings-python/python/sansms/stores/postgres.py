"""Records in PostgreSQL 12 or newer: one row a partition, a row lock, the server's clock."""

from __future__ import annotations

from asyncio import get_running_loop, sleep, wait_for
from contextlib import suppress
from time import monotonic

from sansms._errors import ConfigError
from sansms._loops import PerLoop

from ._deadline import shut_down
from ._dialects import TABLE, Postgres
from ._sql import BUSY, SIZE, Course, DatabaseLink, SQLStore, Sweep, check_size, no_table, transaction

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError:
    message = "PostgreSQL needs the package psycopg, 3.1 or newer: pip install 'sansms[postgres]'"
    raise ConfigError("config.missing", "store", message) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._dialects import Rows, Trip


class PostgresStore(SQLStore):
    """Keeps records in a table of PostgreSQL; serves `send` and `verify`, and `asend` and `averify` as well.

    Connections are the store's own, outside of the application's transactions. The table is made by the first use,
    or, where this user may not, by the statement `PostgresStore.CREATE_TABLE`.
    """

    CREATE_TABLE = Postgres().create
    """What makes the table, with its usual name."""

    def __init__(self, address: str, *, table: str = TABLE, size: int = SIZE) -> None:
        """Opens nothing.

        `address` is a URL (`postgresql://…`) or a connection string of libpq. `table` may name a schema too. `size`
        is how many connections are opened at most, by `run` and by each event loop.
        """
        self._options = options_of(address)
        super().__init__(Postgres(table), size)
        self._async = AsyncPostgresStore(address, table=table, size=size)

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Is `run` for asyncio, over connections of the running loop."""
        self._async._clock = self._clock
        return await self._async.arun(ops, timeout)

    async def aclose(self) -> None:
        """Closes the connections of the running loop, and the idle ones of `run`."""
        self.close()
        await self._async.aclose()

    def _connect(self, deadline: float) -> DatabaseLink:
        raw = psycopg.Connection.connect(**self._options)
        return DatabaseLink(raw, raw.fileno())


class AsyncPostgresStore:
    """Keeps records in a table of PostgreSQL, for `asend` and `averify` only; otherwise as `PostgresStore`."""

    _clock: Any = None  # only tests set it

    def __init__(self, address: str, *, table: str = TABLE, size: int = SIZE) -> None:
        """Opens nothing; the arguments are those of `PostgresStore`."""
        self._options = options_of(address)
        self._dialect = Postgres(table)
        check_size(size)
        self._pools = PerLoop(lambda: AsyncPool(size, self._options), lambda pool: pool.aclose())
        self._sweep = Sweep(self._dialect)

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one transaction; all are `refused busy` when locks are not had in time."""
        course = Course(self._dialect, timeout)
        pool: AsyncPool = await self._pools.get()
        while True:
            raw, fresh = await pool.take(course.deadline)
            course.writing = False
            try:
                replies = await self._wave(raw, ops, course)
                await self._swept(raw, ops, course)
            except BaseException as error:
                what = course.after(error, fresh) if isinstance(error, Exception) else "raise"
                await pool.give(raw, broken=what in ("anew", "raise") or not await arolled_back(raw, course.deadline))
                if what == "raise":
                    if isinstance(error, Exception) and self._dialect.verdict(error) == "no table":
                        raise no_table(self._dialect) from None
                    raise
                if what == "busy":
                    return [BUSY] * len(ops)
                if what == "anew":
                    await pool.aclose()
                elif what == "table":
                    await self.create_table(course.deadline - monotonic())
                else:
                    await sleep(course.pauses_s)
                continue
            await pool.give(raw)
            return replies

    async def create_table(self, timeout: float = 5.0) -> None:
        """Makes the table if it is not there; the first use does it too, where the user may."""
        deadline = monotonic() + timeout
        pool: AsyncPool = await self._pools.get()
        raw, fresh = await pool.take(deadline)
        broken, died = True, False
        try:
            await aask(raw, [self._dialect.create], deadline)
            broken = False
        except Exception as error:
            verdict = self._dialect.verdict(error)
            if verdict == "no table":
                raise no_table(self._dialect) from None
            died = verdict == "gone" and not fresh  # since it was last used, and others may have, too
            if verdict != "again" and not died:  # else another makes it just now
                raise
        finally:
            await pool.give(raw, broken=broken)
        if died:
            await pool.aclose()
            await self.create_table(deadline - monotonic())

    async def aclose(self) -> None:
        """Closes the connections of the running loop; those of other loops close when their loop ends."""
        await self._pools.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _wave(self, raw: Any, ops: list[tuple[str, str]], course: Course) -> list[str | None]:
        steps = transaction(self._dialect, ops, course.left_ms, self._clock)
        trip = next(steps)
        while True:
            rows = await aask(raw, trip, course.deadline)
            try:
                trip = steps.send(rows)
            except StopIteration as end:
                replies: list[str | None] = end.value
                return replies
            course.writing = trip != ["ROLLBACK"]

    async def _swept(self, raw: Any, ops: list[tuple[str, str]], course: Course) -> None:
        steps = self._sweep.after(ops, course.deadline, self._clock)
        try:
            trip = next(steps)
            while True:
                trip = steps.send(await aask(raw, trip, course.deadline))
        except StopIteration:
            return
        except Exception as error:
            self._sweep.failed(error)
            await arolled_back(raw, course.deadline)  # if it can't be, the next use finds the connection gone


class AsyncPool:
    """Connections of one event loop, at most so many."""

    def __init__(self, size: int, options: dict[str, Any]) -> None:
        from asyncio import Semaphore

        self._places = Semaphore(size)
        self._options = options
        self._idle: list[Any] = []

    async def take(self, deadline: float) -> tuple[Any, bool]:
        """Returns a connection, and whether it is new."""
        await wait_for(self._places.acquire(), deadline - monotonic())
        try:
            if self._idle:
                return self._idle.pop(), False
            opening = psycopg.AsyncConnection.connect(**self._options)
            return await wait_for(opening, deadline - monotonic()), True
        except BaseException:
            self._places.release()
            raise

    async def give(self, raw: Any, *, broken: bool = False) -> None:
        """Takes a connection back."""
        self._places.release()
        if broken:
            with suppress(Exception):
                await raw.close()
        else:
            self._idle.append(raw)

    async def aclose(self) -> None:
        """Closes what is idle."""
        while self._idle:
            with suppress(Exception):
                await self._idle.pop().close()


async def aask(raw: Any, trip: Trip, deadline: float) -> Rows:
    """Makes a trip; past the deadline its socket is shut down, as a cancelled call would wait for the server."""
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    overdue = False

    def cut() -> None:
        nonlocal overdue
        overdue = True
        shut_down(fileno)

    fileno: int = raw.fileno()
    timer = get_running_loop().call_later(left, cut)
    try:
        cursor = raw.cursor()
        await cursor.execute("; ".join(trip))
        rows = [await cursor.fetchall()] if cursor.description else []
        while cursor.nextset():
            if cursor.description:
                rows.append(await cursor.fetchall())
        return rows
    except Exception:
        if overdue:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


async def arolled_back(raw: Any, deadline: float) -> bool:
    """Ends the transaction of a connection that stays; tells whether it may."""
    try:
        await aask(raw, ["ROLLBACK"], max(deadline, monotonic() + 0.05))
    except Exception:
        return False
    return True


def options_of(address: str) -> dict[str, Any]:
    """Returns the arguments of a connection; raises `ConfigError`, which never shows the address."""
    try:
        options: dict[str, Any] = conninfo_to_dict(address)
    except (psycopg.Error, TypeError, AttributeError):
        options = {}  # the error would quote the address, and with it the password
    if not options:
        raise ConfigError("config.value", "store", "is no address of a PostgreSQL", "SANSMS_STORE")
    options.setdefault("application_name", "sansms")
    return {**options, "autocommit": True, "prepare_threshold": None}
