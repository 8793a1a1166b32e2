"""The store on the ORM's databases: what every store must do, and that a request's rollback undoes nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import pytest
from databases import entry, execute
from django.db import connections
from django.db.transaction import atomic, set_rollback
from django.db.utils import load_backend
from django.test import override_settings

from sansms import ConfigError
from sansms.django import DjangoStore, checks, service
from sansms.django.models import Partition
from sansms.testing import Clock, conformance

HERE = Path(__file__).parent
RESERVE = "reserve {:016x} 1:l:1:86400000:f"


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mariadb"])
def database(request, tmp_path_factory, django_db_blocker):
    """A name in `DATABASES`, with the table in it."""
    made = entry(request.param, tmp_path_factory.mktemp("store"))
    if made is None:
        pytest.skip(f"no {request.param}: run by scripts/with-servers")
    connections.settings[request.param] = made
    with django_db_blocker.unblock():
        wrapper = load_backend(made["ENGINE"]).DatabaseWrapper(made, request.param)
        with wrapper.schema_editor() as editor:
            editor.create_model(Partition)
        yield request.param
        with wrapper.schema_editor() as editor:
            editor.delete_model(Partition)
        wrapper.close()
    del connections.settings[request.param]


@pytest.fixture(scope="module")
def store(database):
    with closing(DjangoStore(database)) as store:
        yield store


@pytest.mark.parametrize("case", conformance.CASES, ids=str)
def test_conformance_on_a_virtual_clock(case, store):
    store._clock = Clock()
    try:
        case(store, store._clock)
    finally:
        store._clock = None


WAITING = [case for case in conformance.CASES if "like the model" not in str(case)]


@pytest.mark.parametrize("case", WAITING, ids=str)
def test_conformance_on_the_database_s_clock(case, store):
    case(store)


def test_a_database_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="`codes` is not in DATABASES"):
        DjangoStore("codes")


@pytest.mark.parametrize("named", [{}, {"django": 7}, {"django": "default", "x": 1}, {"database": "default"}])
def test_a_setting_that_names_none(settings, named):
    with override_settings(SANSMS={**settings.SANSMS, "store": named}):
        (problem,) = [found for found in checks.check_settings() if found.id == "sansms.E002"]
        assert "store" in problem.msg


def test_a_table_that_lacks_is_said_to(database):
    with closing(DjangoStore(database)) as store:
        store._dialect.table = store._dialect.quote("nothing")
        with pytest.raises(ConfigError, match=f"manage.py migrate sansms --database {database}"):
            store.run([("k", RESERVE.format(1))], 5.0)


def test_a_file_that_this_request_holds_is_refused(database):
    with closing(DjangoStore(database)) as store:
        key = f"atomic:{database}"
        with atomic(using=database):
            if database != "sqlite":
                assert store.run([(key, RESERVE.format(1))], 1.0)[0].startswith("granted")
            else:
                with pytest.raises(ConfigError, match="an entry of its own in DATABASES"):
                    store.run([(key, RESERVE.format(1))], 1.0)
        assert store.run([(key, RESERVE.format(1))], 1.0)[0].startswith("granted")
    connections[database].close()


def test_a_rollback_undoes_nothing(database, tmp_path, monkeypatch):
    with closing(DjangoStore(database)) as store:
        key = f"rollback:{database}"
        if database == "sqlite":
            apart = {**connections.settings[database], "NAME": str(tmp_path / "other.sqlite3")}
            monkeypatch.setitem(connections.settings, "other", apart)
        other = "other" if database == "sqlite" else database
        with atomic(using=other):
            connections[other].cursor().execute("SELECT 1")
            assert store.run([(key, RESERVE.format(1))], 1.0)[0].startswith("granted")
            set_rollback(True, using=other)
        assert store.run([(key, RESERVE.format(2))], 1.0)[0].startswith("denied")
        connections[other].close()


def test_threads_share_few_connections(database):
    with closing(DjangoStore(database, size=3)) as store, ThreadPoolExecutor(24) as pool:
        asked = [f"reserve {lease:016x} 1:l:5:86400000:f" for lease in range(1, 97)]
        words = Counter(pool.map(lambda op: store.run([("shared", op)], 30.0)[0][:6], asked))
        assert words == {"grante": 5, "denied": 91}
        assert store._pool._open <= 3


def test_connections_close_where_a_loop_runs(database):
    store = DjangoStore(database)
    store.run([(f"loop:{database}", RESERVE.format(1))], 5.0)
    (link,) = store._pool._idle

    async def close():
        store.close()

    asyncio.run(close())
    with pytest.raises(Exception) as gone:  # each driver has an error of its own
        link._raw.cursor().execute("SELECT 1")
    assert type(gone.value).__name__ in ("InterfaceError", "OperationalError", "ProgrammingError")


def test_a_lock_is_waited_for_no_longer_than_the_deadline(database):
    held, done = threading.Event(), threading.Event()
    with closing(DjangoStore(database)) as store:
        key = f"held:{database}"
        store.run([(key, RESERVE.format(1))], 5.0)

        def hold():
            with atomic(using=database):
                Partition.objects.using(database).filter(pk=key).update(until_ms=2**50)
                held.set()
                done.wait(10)
            connections[database].close()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(10)
        began = time.monotonic()
        assert store.run([(key, RESERVE.format(2))], 0.8) == ["refused busy"] if database != "mariadb" else True
        if database == "mariadb":
            assert store.run([(key, RESERVE.format(2))], 1.3) == ["refused busy"]
        assert time.monotonic() - began < 5.0
        done.set()
        thread.join()


# A site of its own, with its tables made by migrations


def site(kind, tmp_path, script):
    if kind != "same" and entry(kind, tmp_path) is None:
        pytest.skip(f"no {kind}: run by scripts/with-servers")
    name = f"site_{token_hex(4)}"
    if kind in ("postgres", "mariadb"):
        execute(kind, f"CREATE DATABASE {name}")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "database_settings",
        "SITE_KIND": kind,
        "SITE_HOME": str(tmp_path),
        "SITE_NAME": name,
    }
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SITE = """if True:
    import django, sys
    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from sansms.django import service
    using = service.current._store._using
    call_command("makemigrations", "sansms", check=True, dry_run=True, verbosity=0)
    for name in connections:
        call_command("migrate", database=name, run_syncdb=True, verbosity=0)
    call_command("sansms_check")
    from django.test import Client
    from django.db.transaction import atomic
    from people.models import Attempt, User
    from sansms.testing import Sandbox

    sandbox = Sandbox()
    with sandbox.service(store=service.current._store) as other, service.using(other):
        client = Client(raise_request_exception=False)
        headers = {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
        phone = "13800138000"
        assert client.post("/code/", {"phone": phone}, **headers).json()["kind"] == "sent"
        code = sandbox.outbox[-1].code
        wrong = str((int(code) + 1) % 10**6).zfill(6)
        for _ in range(3):
            assert client.post("/raise/", {"phone": phone, "code": wrong}, **headers).status_code == 500
        assert Attempt.objects.count() == 0, "the request was not rolled back"
        assert client.post("/register/", {"phone": phone, "code": code}, **headers).json()["kind"] == "locked"
        assert client.post("/code/", {"phone": phone}, **headers).json()["code"] == "limit.cooldown"
        # A send of a view that raises stays sent.
        assert client.post("/send-and-raise/", {"phone": "13800138001"}, **headers).status_code == 500
        assert client.post("/code/", {"phone": "13800138001"}, **headers).json()["code"] == "limit.cooldown"
    call_command("migrate", "sansms", "zero", database=using, verbosity=0)
    print("done")
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_a_view_that_raises_gives_no_try_back(kind, tmp_path):
    assert site(kind, tmp_path, SITE).endswith("done\n")


SAME_FILE = """if True:
    import django
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    call_command("migrate", verbosity=0)
    from sansms.django import checks, service
    assert "sansms.E005" in [found.id for found in checks.check_settings()]
    from sansms.testing import Sandbox
    sandbox = Sandbox()
    with sandbox.service(store=service.current._store) as other, service.using(other):
        try:
            Client().post("/code/", {"phone": "13800138000"}, HTTP_X_FORWARDED_FOR="203.0.113.7")
        except Exception as error:
            print(error)
"""


def test_the_site_s_own_file_is_refused(tmp_path):
    assert "an entry of its own in DATABASES" in site("same", tmp_path, SAME_FILE)


def test_the_service_takes_the_store_from_the_settings(settings):
    with override_settings(SANSMS={**settings.SANSMS, "store": {"django": "default"}}):
        assert isinstance(service.current._store, DjangoStore)
    service.close()
