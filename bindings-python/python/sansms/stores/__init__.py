"""Where the records are kept."""

from __future__ import annotations

from sansms._errors import ConfigError

from .memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sansms._types import AsyncStore, Store

    from .fallback import FallbackStore
    from .mysql import MySQLStore
    from .postgres import AsyncPostgresStore, PostgresStore
    from .redis import AsyncRedisStore, RedisStore
    from .redis_cluster import RedisClusterStore
    from .split import SplitStore
    from .sqlite import SQLiteStore

__all__ = [
    "AsyncPostgresStore",
    "AsyncRedisStore",
    "FallbackStore",
    "MemoryStore",
    "MySQLStore",
    "PostgresStore",
    "RedisClusterStore",
    "RedisStore",
    "SQLiteStore",
    "SplitStore",
    "from_url",
]

HOMES = {
    "AsyncPostgresStore": "postgres",
    "AsyncRedisStore": "redis",
    "FallbackStore": "fallback",
    "MySQLStore": "mysql",
    "PostgresStore": "postgres",
    "RedisClusterStore": "redis_cluster",
    "RedisStore": "redis",
    "SQLiteStore": "sqlite",
    "SplitStore": "split",
}


def from_url(url: str) -> Store | AsyncStore:
    """Makes the store that a URL names; opens nothing.

    `redis://…`, `rediss://…` (TLS), `unix://…` (Redis at a socket), `postgresql://…`, `mysql://…` or `mariadb://…`,
    `sqlite:///file` (three strokes and a relative path, or four and an absolute one), `memory://`. Raises
    `ConfigError`, which never shows the URL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("redis", "rediss", "unix"):
        from .redis import RedisStore

        return RedisStore(url)
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from .sqlite import SQLiteStore

        return SQLiteStore(rest[1:])
    if separator and scheme in ("postgresql", "postgres"):
        from .postgres import PostgresStore

        return PostgresStore(url)
    if separator and scheme in ("mysql", "mariadb"):
        from .mysql import MySQLStore

        return MySQLStore(url)
    if (scheme, separator, rest) == ("memory", "://", ""):
        return MemoryStore()
    problem = "must be a store, or a URL: redis://…, rediss://…, unix://…, postgresql://…, mysql://…, sqlite:///file or memory://"
    raise ConfigError("config.value", "store", problem, "SANSMS_STORE")


def __getattr__(name: str) -> object:
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
