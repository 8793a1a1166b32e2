"""Opens a store by its URL, for programs that run beside the tests; `django+URL` is the one on the ORM."""

from __future__ import annotations

from urllib.parse import urlsplit

from sansms.stores import SQLiteStore, from_url
from sansms.testing import Clock

ENGINES = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}


def opened(url: str, clock: Clock | None = None):
    """Returns the store; one on SQL lives by `clock`, if there is one."""
    if url.startswith("django+"):
        store = on_django(url.partition("+")[2])
    elif url.startswith("sqlite:") and clock is not None:
        return SQLiteStore(url.partition("///")[2], clock=clock)
    else:
        store = from_url(url)
    if clock is not None:
        store._clock = clock
    return store


def on_django(url: str):
    """Returns the store on Django's ORM, whose settings are made here; the table is made if it lacks."""
    from django.conf import settings
    from django.db import connection
    from django.db.utils import Error

    import django

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
