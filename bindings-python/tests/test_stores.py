"""How stores are named, and the one in a file: what it refuses, and what it does to the file."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sansms import ConfigError, MemoryStore, RedisStore, Service, SQLiteStore
from sansms.stores import from_url
from sansms.testing import Clock, Sandbox

OP = "reserve 0000000000000001 1:l:1:1000:s"
OPS = [("sansms:a", OP), ("sansms:b", OP)]
USER = {"purpose": "register", "ip": "203.0.113.7"}


# By URL


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory://", MemoryStore),
        ("sqlite:///codes.sqlite3", SQLiteStore),
        ("sqlite:////tmp/codes.sqlite3", SQLiteStore),
        ("redis://127.0.0.1:6379/0", RedisStore),
        ("rediss://user:word@host.example:6380/3?ssl_cert_reqs=required", RedisStore),
        ("unix:///run/redis.sock?db=2", RedisStore),
    ],
)
def test_a_url_names_a_store(url, kind):
    assert type(from_url(url)) is kind


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory://x",
        "sqlite://",
        "sqlite:///",
        "mysql://canary",
        "redis:canary",
        "redis://h:canary/0",
        "://",
    ],
)
def test_a_url_that_names_none_is_refused_and_not_shown(url):
    with pytest.raises(ConfigError) as caught:
        from_url(url)
    assert (caught.value.option, caught.value.code) == ("store", "config.value")
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__context__!r}"


def test_where_a_file_is():
    assert from_url("sqlite:///a/b.sqlite3")._path == os.path.abspath("a/b.sqlite3")
    assert from_url("sqlite:////a/b.sqlite3")._path == "/a/b.sqlite3"


def settings(**options):
    provider = {"access_key_id": "id", "access_key_secret": "s", "sign_name": "a", "templates": {"default": "SMS_1"}}
    return {"providers": [{"aliyun": provider}], "secret": "x" * 32, **options}


def test_a_service_that_is_told_of_none_takes_a_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SANSMS_STORE", raising=False)
    service = Service(**settings())
    assert type(service._store) is SQLiteStore
    assert service._store._path == str(tmp_path / "sansms.sqlite3")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("SANSMS_STORE", "memory://")
    assert type(Service(**settings())._store) is MemoryStore
    assert type(Service(**settings(store="sqlite:///x"))._store) is SQLiteStore
    monkeypatch.setenv("SANSMS_STORE", "canary")
    with pytest.raises(ConfigError) as caught:
        Service(**settings())
    assert caught.value.env == "SANSMS_STORE"
    assert "canary" not in str(caught.value)


def test_what_is_no_store_is_refused():
    for thing in (object(), 7, b"memory://"):
        with pytest.raises(ConfigError) as caught:
            Service(**settings(store=thing))
        assert (caught.value.code, caught.value.option) == ("config.type", "store")


# SQLite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "codes.sqlite3"


def test_making_a_store_touches_no_file(path):
    store = SQLiteStore(path)
    store.close()
    assert not path.exists()


def test_records_survive_the_process(path):
    clock = Clock()
    store = SQLiteStore(path, clock=clock)
    assert store.run(OPS, 1.0) == ["granted 1000", "granted 1000"]
    store.close()
    other = SQLiteStore(path, clock=clock)
    assert other.run([("sansms:a", OP.replace("1 1:", "2 1:"))], 1.0) == ["denied 0 1000"]
    other.close()


def test_a_commit_is_on_the_disk(path):
    store = SQLiteStore(path)
    store.run(OPS, 1.0)
    connection = store._connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_what_has_ended_is_swept_little_by_little(path):
    clock = Clock()
    store = SQLiteStore(path, clock=clock)
    for at in range(0, 1000, 10):
        store.run([(f"sansms:{n}", OP) for n in range(at, at + 10)], 1.0)

    def rows():
        return store._connection.execute("SELECT count(*) FROM sansms_partition").fetchone()[0]

    assert rows() == 1000
    clock.move(3600)
    left = []
    for at in range(700):
        store.run([("sansms:new", OP.replace("1 1:", f"{at % 10} 1:"))], 1.0)
        left.append(rows())
    assert left[-1] == 1
    assert max(before - after for before, after in zip(left, left[1:])) <= 128
    store.close()


def test_a_clock_that_jumps_ahead_sweeps_nothing_that_lives(path):
    clock = Clock()
    store = SQLiteStore(path, clock=clock)
    hour = OP.replace(":1000:", ":3600000:")
    store.run([("sansms:a", hour)], 1.0)
    clock.move(3600 + 300)
    for at in range(200):
        store.run([("sansms:b", hour.replace("1 1:", f"{at % 10} 1:"))], 1.0)
    assert store._connection.execute("SELECT count(*) FROM sansms_partition").fetchone() == (2,)
    store.close()


def test_a_file_that_is_taken_away_is_made_anew(path):
    store = SQLiteStore(path)
    store.run(OPS, 1.0)
    for file in path.parent.iterdir():
        file.unlink()
    assert store.run(OPS, 1.0) == ["granted 1000", "granted 1000"]
    assert path.exists()
    store.close()


def test_a_directory_that_is_not_there_is_a_wrong_setting(tmp_path):
    sandbox = Sandbox()
    with pytest.raises(ConfigError) as caught:
        sandbox.service(store=SQLiteStore(tmp_path / "none" / "codes.sqlite3")).send("13800138000", **USER)
    assert caught.value.option == "store"
    assert "codes.sqlite3" in str(caught.value)


def test_a_file_that_is_no_database_is_a_fault(path, caplog):
    path.write_bytes(b"not a database" * 100)
    outcome = Sandbox().service(store=SQLiteStore(path)).send("13800138000", **USER)
    assert outcome.code == "store.down"
    assert set(caplog.messages) == {"the store raised DatabaseError"}
    path.unlink()


def test_a_wave_is_whole_or_not_at_all(path, monkeypatch):
    store = SQLiteStore(path)
    store.run(OPS[:1], 1.0)
    real = SQLiteStore._apply
    monkeypatch.setattr(
        SQLiteStore,
        "_apply",
        lambda self, connection, key, op: real(self, connection, key, op) if key[-1] == "c" else 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        store.run([("sansms:c", OP), ("sansms:d", OP)], 1.0)
    monkeypatch.undo()
    keys = store._connection.execute("SELECT key FROM sansms_partition").fetchall()
    assert keys == [("sansms:a",)]
    assert store.run(OPS[1:], 1.0) == ["granted 1000"]
    store.close()


def test_a_thread_waits_no_longer_than_it_may(path):
    store = SQLiteStore(path)
    with store._lock:
        began = time.monotonic()
        assert store.run(OPS, 0.1) == ["refused busy"] * 2
        assert 0.09 < time.monotonic() - began < 5.0


def test_a_store_that_is_forgotten_closes_its_file(path):
    store = SQLiteStore(path)
    store.run(OPS, 1.0)
    del store
    gc.collect()
    assert not path.with_name(path.name + "-wal").exists()


def test_a_file_that_is_not_had_in_time_is_busy(path):
    store = SQLiteStore(path)
    store.run(OPS[:1], 1.0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.run(OPS, 0.05) == ["refused busy"] * 2
    waits = threading.Thread(target=store.run, args=(OPS, 0.5))
    waits.start()
    assert store.run(OPS, 0.05) == ["refused busy"] * 2  # behind another of this process
    waits.join()
    other.execute("ROLLBACK")
    other.close()
    assert [reply[:7] for reply in store.run(OPS, 1.0)] == ["granted"] * 2
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_opens_the_file_itself(path):
    script = """if True:
        import os, sys, threading
        from sansms import SQLiteStore
        store = SQLiteStore(sys.argv[1])
        ask = lambda lease: store.run([("a", f"reserve {lease:016x} 1:l:20:60000:f")], 5.0)[0].split()[0]
        assert ask(1) == "granted"
        busy = threading.Thread(target=lambda: [ask(1) for _ in range(300)])
        busy.start()
        children = []
        for child in range(8):
            pid = os.fork()
            if pid == 0:
                assert store._connection is None
                os._exit([ask(2 + 4 * child + n) for n in range(4)].count("granted"))
            children.append(pid)
            assert ask(1) == "granted"
        busy.join()
        granted = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
        assert granted == 19, granted
        assert ask(99) == "denied"
        store.close()
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(path)], check=True, timeout=60)
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


def test_nothing_is_left_in_the_working_directory():
    assert not Path("sansms.sqlite3").exists()
