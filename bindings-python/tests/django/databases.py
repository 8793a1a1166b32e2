"""The databases that `scripts/with-servers` started, as entries of `DATABASES`."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

ENGINES = {"postgres": "postgresql", "mariadb": "mysql"}


def entry(kind, home):
    """Returns an entry; `None` when there is no such server."""
    common = {
        "ATOMIC_REQUESTS": True,
        "AUTOCOMMIT": True,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {},
        "TIME_ZONE": None,
        "PASSWORD": "",
        "USER": "",
        "HOST": "",
        "PORT": "",
        "TEST": {"CHARSET": None, "COLLATION": None, "MIGRATE": True, "MIRROR": None, "NAME": None},
    }
    if kind == "sqlite":
        return {**common, "ENGINE": "django.db.backends.sqlite3", "NAME": f"{home}/codes.sqlite3"}
    url = urlsplit(os.environ.get(f"SANSMS_{kind.upper()}", ""))
    if not url.hostname:
        return None
    name = os.environ.get("SITE_NAME") or url.path[1:]
    server = {"HOST": url.hostname, "PORT": str(url.port), "USER": url.username, "NAME": name}
    return {**common, **server, "ENGINE": f"django.db.backends.{ENGINES[kind]}"}


def execute(kind, statement):
    """Runs a statement on a server."""
    made = entry(kind, "")
    if kind == "postgres":
        import psycopg

        with psycopg.connect(os.environ["SANSMS_POSTGRES"], autocommit=True) as connection:
            connection.execute(statement)
        return
    import pymysql

    with pymysql.connect(host=made["HOST"], port=int(made["PORT"]), user=made["USER"]) as connection:
        connection.cursor().execute(statement)
