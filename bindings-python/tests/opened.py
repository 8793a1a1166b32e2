"""Opens a store by its URL, for programs that run beside the tests, and holds its records.

`django+URL` is the one on the ORM, `cluster+URL` that on a Redis Cluster, `async+URL` the one for asyncio.
"""

from __future__ import annotations

import sqlite3
import time
from asyncio import new_event_loop, run_coroutine_threadsafe
from contextlib import closing, contextmanager
from threading import Thread
from urllib.parse import urlsplit

from sansms.stores import AsyncPostgresStore, AsyncRedisStore, RedisClusterStore, SQLiteStore, from_url
from sansms.stores._sql import SQLStore
from sansms.testing import Clock

HOLD_S = 60.0
ENGINES = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}


def opened(url: str, clock: Clock | None = None):
    """Returns the store; one on SQL lives by `clock`, if there is one."""
    if url.startswith("django+"):
        store = on_django(url.partition("+")[2])
    elif url.startswith("cluster+"):
        store = RedisClusterStore(url.partition("+")[2])
    elif url.startswith("async+"):
        store = Looped(url.partition("+")[2])
    elif url.startswith("sqlite:") and clock is not None:
        return SQLiteStore(url.partition("///")[2], clock=clock)
    else:
        store = from_url(url)
    if clock is not None:
        store._clock = clock
    return store


class Looped:
    """A store for asyncio only, whose waves run in one loop, on a thread of its own."""

    def __init__(self, url: str) -> None:
        self.store = (AsyncRedisStore if url.startswith("redis") else AsyncPostgresStore)(url)
        self.loop = new_event_loop()
        Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, ops, timeout):
        return run_coroutine_threadsafe(self.store.arun(ops, timeout), self.loop).result()


def holder(url: str):
    """Returns what holds a record for others, as another process of theirs would: `with hold(key)`; `None` on Redis."""
    url = url.removeprefix("async+")
    if url.startswith("sqlite:"):
        return lambda _: file_held(url.partition("///")[2])
    store = opened(url)
    return (lambda key: row_held(store, key)) if isinstance(store, SQLStore) else None


@contextmanager
def file_held(path: str):
    with closing(sqlite3.connect(path, timeout=HOLD_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def row_held(store: SQLStore, key: str):
    deadline = time.monotonic() + HOLD_S
    link = store._pool.take(deadline)
    try:
        while True:
            try:
                link.ask(store._dialect.lock([key], int(HOLD_S * 1000)), deadline)
                break
            except Exception as error:
                if store._dialect.verdict(error) not in ("again", "busy") or time.monotonic() > deadline:
                    raise
                link.ask(["ROLLBACK"], deadline)
                time.sleep(0.01)
        yield
        link.ask(["ROLLBACK"], deadline)
    finally:
        store._pool.give(link)


def on_django(url: str):
    """Returns the store on Django's ORM, whose settings are made here; the table is made if it lacks."""
    from django.conf import settings
    from django.db import connection
    from django.db.utils import Error

    import django

    if settings.configured:
        from sansms.django import DjangoStore

        return DjangoStore("default")
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        import pymysql

        pymysql.install_as_MySQLdb()
        # Django asks for the version of mysqlclient.
        pymysql.version_info, pymysql.__version__ = (2, 2, 7, "final", 0), "2.2.7"
    entry = {"ENGINE": f"django.db.backends.{ENGINES[parts.scheme]}", "NAME": parts.path[1:]}
    if parts.hostname:
        entry.update(HOST=parts.hostname, PORT=str(parts.port), USER=parts.username)
    settings.configure(DATABASES={"default": entry}, INSTALLED_APPS=["sansms.django"], USE_TZ=True)
    django.setup()
    from sansms.django import DjangoStore
    from sansms.django.models import Partition

    if Partition._meta.db_table not in connection.introspection.table_names():
        try:
            with connection.schema_editor() as editor:
                editor.create_model(Partition)
        except Error:
            pass  # another process made it just now
    connection.close()
    return DjangoStore("default")
