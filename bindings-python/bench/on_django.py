"""Django as `stores.py` needs it: its settings, made once, and its store on each database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sansms.django import DjangoStore

SERVERS = {"postgresql": "SANSMS_POSTGRES", "mysql": "SANSMS_MARIADB"}


def configure(home: str) -> None:
    """Sets Django up with a database of each kind that is there, and caches in memory and on Redis."""
    from django.conf import settings

    import django

    databases = {"sqlite3": {"NAME": f"{home}/django.sqlite3"}}
    for engine, variable in SERVERS.items():
        if found := os.environ.get(variable):
            parts = urlsplit(found)
            where = {"HOST": parts.hostname, "PORT": str(parts.port), "USER": parts.username}
            databases[engine] = {**where, "NAME": parts.path[1:]}
    for engine, entry in databases.items():
        entry["ENGINE"] = f"django.db.backends.{engine}"
    if "mysql" in databases:
        import pymysql

        pymysql.install_as_MySQLdb()
        # Django asks for the version of mysqlclient.
        pymysql.version_info, pymysql.__version__ = (2, 2, 7, "final", 0), "2.2.7"
    backends = "django.core.cache.backends"
    caches = {"default": {"BACKEND": f"{backends}.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1_000_000}}}
    if server := os.environ.get("SANSMS_REDIS"):
        caches["redis"] = {"BACKEND": f"{backends}.redis.RedisCache", "LOCATION": f"redis://{server}/0"}
    settings.configure(
        CACHES=caches,
        DATABASES={"default": databases["sqlite3"], **databases},
        INSTALLED_APPS=["sansms.django"],
        USE_TZ=True,
    )
    django.setup()


def django_store(engine: str) -> DjangoStore | None:
    """Returns the store on a kind of database, with its table; `None` without the server."""
    from django.conf import settings
    from django.db import connections

    if engine not in settings.DATABASES:
        return None
    from sansms.django import DjangoStore
    from sansms.django.models import Partition

    connection = connections[engine]
    if Partition._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Partition)
    connection.close()
    return DjangoStore(engine)
