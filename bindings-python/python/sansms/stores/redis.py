"""Records in Redis 6.2 or newer: one script, one key a call, the server's clock."""

from __future__ import annotations

from asyncio import wait_for
from logging import getLogger
from time import monotonic

from sansms import _core
from sansms._errors import ConfigError
from sansms._loops import PerLoop

from ._deadline import cut_off
from ._pool import Link, Pool

try:
    import redis
    import redis.asyncio
    from redis.backoff import NoBackoff
    from redis.exceptions import NoPermissionError, NoScriptError, RedisError, ResponseError
    from redis.retry import Retry
except ImportError:
    message = "Redis needs the package redis, 5 or newer: pip install 'sansms[redis]'"
    raise ConfigError("config.missing", "store", message) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OLDEST = (6, 2)

ADDRESS = frozenset(
    (
        "client_name",
        "credential_provider",
        "db",
        "host",
        "password",
        "path",
        "port",
        "socket_keepalive",
        "socket_keepalive_options",
        "socket_type",
        "username",
    )
)
"""What is taken over from a client, besides its options for TLS; the rest would change what is sent, or send twice."""

PLAIN_CALL = () if int(redis.__version__.partition(".")[0]) >= 6 else ("EVALSHA",)
"""What `get_connection` takes: the name of a command, until redis-py 6."""

ANY_NUMBER = 1 << 31


class RedisStore:
    """Keeps records in one Redis; serves `send` and `verify`, and `asend` and `averify` as well.

    Of a client only its address, its login and its TLS are used: connections are the store's own, never retry, and
    time out with the service's `store_timeout`. Before its first use the server is asked once whether it will keep
    what it is given: a `maxmemory-policy` other than `noeviction`, a replica, or a server older than 6.2 raises
    `ConfigError`; no append-only file is a warning in the log `sansms`.
    """

    _may_be_replica = False

    def __init__(self, client: str | redis.Redis, *, allow_eviction: bool = False, timeout: float = 1.0) -> None:
        """Opens nothing.

        `client` is a URL or a client of redis-py. `allow_eviction` accepts a server that may forget limits when its
        memory runs out. `timeout` is for one connection or one reply, in seconds.
        """
        kind, options = address(client, redis.ConnectionPool, timeout)
        self._pool = Pool(ANY_NUMBER, lambda deadline: RedisLink(kind, options, deadline))
        self._allow_eviction = allow_eviction
        self._checked = False
        twin = getattr(redis.asyncio.connection, kind.__name__, None)
        self._async = None if twin is None else AsyncRedisStore._of(twin, options, allow_eviction)

    def run(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one trip, each atomic on its key, within `timeout` seconds."""
        return [text(reply) for reply in self._answers(ops, timeout)]

    def _answers(self, ops: list[tuple[str, str]], timeout: float, asking: bool = False) -> list[object]:
        """Returns what the server answers, its errors too; `asking` is for a slot that is on its way there."""
        deadline = monotonic() + timeout
        link = self._link(deadline)
        broken = True  # a reply may still be on its way
        try:
            if not self._checked:
                (answer,) = link.ask([("INFO",)], deadline)
                look_at(answer, self._allow_eviction, self._may_be_replica)
                self._checked = True
            replies = link.ask([evalsha(op) for op in ops], deadline, asking)
            missed = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missed:  # none of these ran; EVAL runs the operation and loads the script
                again = link.ask([evaluate(ops[at]) for at in missed], deadline, asking)
                for at, reply in zip(missed, again):
                    replies[at] = reply
            broken = False
        finally:
            self._pool.give(link, broken=broken)
        return replies

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Is `run` for asyncio, over connections of the running loop."""
        if self._async is None:
            from sansms._async import in_thread

            replies: list[str | None] = await in_thread(self.run)(ops, timeout)
            return replies
        return await self._async.arun(ops, timeout)

    def close(self) -> None:
        """Closes the idle connections; a later call opens new ones."""
        self._pool.clear()

    async def aclose(self) -> None:
        """Closes the connections of the running loop, and the idle ones of `run`."""
        self.close()
        if self._async is not None:
            await self._async.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _link(self, deadline: float) -> RedisLink:
        while True:
            link: RedisLink = self._pool.take(deadline)
            if link.fresh or link.is_quiet():
                return link
            self._pool.give(link, broken=True)


class AsyncRedisStore:
    """Keeps records in one Redis, for `asend` and `averify` only; otherwise as `RedisStore`."""

    def __init__(
        self, client: str | redis.asyncio.Redis, *, allow_eviction: bool = False, timeout: float = 1.0
    ) -> None:
        """Opens nothing; `client` is a URL or a client of `redis.asyncio`, the rest as for `RedisStore`."""
        self._set_up(*address(client, redis.asyncio.ConnectionPool, timeout), allow_eviction)

    @classmethod
    def _of(cls, kind: type, options: dict[str, Any], allow_eviction: bool) -> AsyncRedisStore:
        store = cls.__new__(cls)
        store._set_up(kind, options, allow_eviction)
        return store

    def _set_up(self, kind: type, options: dict[str, Any], allow_eviction: bool) -> None:
        def pool() -> Any:
            from redis.asyncio.retry import Retry as AsyncRetry

            return redis.asyncio.ConnectionPool(kind, **options, retry=AsyncRetry(NoBackoff(), 0))

        self._pools = PerLoop(pool, lambda pool: pool.disconnect())
        self._allow_eviction = allow_eviction
        self._checked = False

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> list[str | None]:
        """Runs `(key, operation)` pairs in one trip, each atomic on its key, within `timeout` seconds."""
        return await wait_for(self._run(ops), timeout)

    async def aclose(self) -> None:
        """Closes the connections of the running loop; those of other loops close when their loop ends."""
        await self._pools.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _run(self, ops: list[tuple[str, str]]) -> list[str | None]:
        pool = await self._pools.get()
        connection: Any = await pool.get_connection(*PLAIN_CALL)
        try:
            if not self._checked:
                (answer,) = await aconverse(connection, [("INFO",)])
                look_at(answer, self._allow_eviction)
                self._checked = True
            replies = await aconverse(connection, [evalsha(op) for op in ops])
            missed = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missed:
                again = await aconverse(connection, [evaluate(ops[at]) for at in missed])
                for at, reply in zip(missed, again):
                    replies[at] = reply
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)
        return [text(reply) for reply in replies]


class RedisLink(Link):
    """One connection, whose every byte comes before a deadline."""

    def __init__(self, kind: Any, options: dict[str, Any], deadline: float) -> None:
        """Opens it; to look up a name and to begin with TLS may take longer than that."""
        super().__init__()

        def handshake(raw: Any) -> None:
            with cut_off(raw._sock.fileno(), deadline):
                raw.on_connect()

        self._raw = kind(**options, retry=Retry(NoBackoff(), 0), redis_connect_func=handshake)
        try:
            self._raw.connect()
        except BaseException:
            self._raw.disconnect()
            raise
        self._fileno: int = self._raw._sock.fileno()

    def is_quiet(self) -> bool:
        """Tells whether it is still open, and nothing came that nobody asked for."""
        try:
            return not self._raw.can_read()
        except (RedisError, OSError):
            return False

    def ask(self, commands: list[tuple[str, ...]], deadline: float, asking: bool = False) -> list[object]:
        """Sends commands in one trip and reads a reply, or an error of the server's, for each."""
        if asking:
            return self.ask([each for one in commands for each in (("ASKING",), one)], deadline)[1::2]
        replies: list[object] = []
        with cut_off(self._fileno, deadline):
            self._raw.send_packed_command(self._raw.pack_commands(commands))
            for _ in commands:
                if not self._raw.can_read(timeout=max(deadline - monotonic(), 0)):
                    raise TimeoutError
                try:
                    replies.append(self._raw.read_response())
                except ResponseError as error:
                    replies.append(error)
        return replies

    def close(self) -> None:
        """Closes it."""
        self._raw.disconnect()


def address(client: object, pools: Any, timeout: float) -> tuple[type, dict[str, Any]]:
    """Returns the class of the connections to make, and their options."""
    pool: Any = getattr(client, "connection_pool", None)
    if isinstance(client, str):
        try:
            pool = pools.from_url(client)
        except (ValueError, TypeError):
            pool = None  # the error would quote the URL, and with it the password
        if pool is None:
            raise ConfigError("config.value", "store", "is no URL of a Redis", "SANSMS_STORE")
    if pool is None or "connection_pool" in pool.connection_kwargs:
        raise ConfigError("config.type", "store", "must be a client of one Redis; clusters and Sentinel don't fit yet")
    given: dict[str, Any] = pool.connection_kwargs
    options = {name: value for name, value in given.items() if name in ADDRESS or name.startswith("ssl")}
    options.update(socket_timeout=timeout, socket_connect_timeout=timeout, protocol=2)
    return pool.connection_class, options


def evalsha(op: tuple[str, str]) -> tuple[str, ...]:
    """Returns the command for an operation, by the script's name."""
    return ("EVALSHA", SHA, "1", *op)


def evaluate(op: tuple[str, str]) -> tuple[str, ...]:
    """Returns the command for an operation, with the script itself."""
    return ("EVAL", SCRIPT, "1", *op)


async def aconverse(connection: Any, commands: list[tuple[str, ...]]) -> list[object]:
    """Is `RedisLink.ask` for asyncio."""
    await connection.send_packed_command(b"".join(connection.pack_commands(commands)))
    replies: list[object] = []
    for _ in commands:
        try:
            replies.append(await connection.read_response())
        except ResponseError as error:
            replies.append(error)
    return replies


def text(reply: object) -> str | None:
    """Returns a reply as text; `None` for an error of the server's, of which the log names the class."""
    if isinstance(reply, bytes):
        return reply.decode("ascii", "replace")
    if isinstance(reply, RedisError):
        getLogger("sansms").warning("Redis refused an operation: %s", type(reply).__qualname__)
    return None


def look_at(answer: object, allow_eviction: bool, may_be_replica: bool = False) -> None:
    """Refuses a server that would forget what it is given."""
    log = getLogger("sansms")
    if isinstance(answer, NoPermissionError):
        log.warning("this user of Redis may not ask for INFO, so how the server keeps its data was not checked")
        return
    if not isinstance(answer, bytes):
        raise answer if isinstance(answer, RedisError) else ConnectionError
    pairs = (line.partition(":") for line in answer.decode("utf-8", "replace").splitlines())
    info = {name: value for name, _, value in pairs}
    version = tuple(int(part) for part in info.get("redis_version", "").split(".")[:2] if part.isdecimal())
    if version < OLDEST:
        raise ConfigError("config.value", "store", "Redis must be 6.2 or newer")
    if info.get("role") in ("slave", "replica") and not may_be_replica:
        raise ConfigError("config.value", "store", "this Redis is a replica; give the address of the primary")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction" and not allow_eviction:
        problem = (
            f"with maxmemory-policy {policy} this Redis may forget limits when its memory runs out; set it to "
            "noeviction, or pass RedisStore(…, allow_eviction=True)"
        )
        raise ConfigError("config.value", "store", problem)
    if info.get("aof_enabled") == "0":
        log.warning("this Redis keeps no append-only file: after a crash it has forgotten limits and live codes")


SCRIPT, SHA = _core.redis_script()
