"""Our stores under the suite that we offer for others."""

from __future__ import annotations

import asyncio
import threading
from hashlib import sha1
from pathlib import Path

import pytest
from redis import Redis

from sansms import AsyncRedisStore, ConfigError, MemoryStore, RedisStore, SQLiteStore, _core
from sansms.stores import AsyncPostgresStore, RedisClusterStore, from_url
from sansms.stores import redis as redis_store
from sansms.testing import Clock, conformance

CASES = pytest.mark.parametrize("case", conformance.CASES, ids=str)


def test_there_are_enough_cases_and_each_has_a_name_of_its_own():
    assert len(conformance.CASES) >= 200
    assert len({str(case) for case in conformance.CASES}) == len(conformance.CASES)


def test_the_recorded_cases_are_those_of_the_core():
    ours = Path(conformance.__file__).parents[1] / "data" / "conformance.json"
    assert ours.read_bytes() == (Path(__file__).parents[2] / "core/vectors/conformance.json").read_bytes()


@CASES
def test_memory(case):
    clock = Clock()
    case(MemoryStore(clock=clock), clock)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    clock = Clock()
    store = SQLiteStore(tmp_path_factory.mktemp("conformance") / "codes.sqlite3", clock=clock)
    yield store, clock
    store.close()


@CASES
def test_sqlite(case, sqlite):
    case(*sqlite)


@pytest.fixture(scope="module", params=["redis", "redis62"])
def redis(request):
    store = RedisStore(request.getfixturevalue(f"{request.param}_url"))
    yield store
    store.close()


@CASES
def test_redis(case, redis):
    case(redis)


def test_the_oldest_redis_is_the_oldest(redis62_url):
    with Redis.from_url(redis62_url) as client:
        assert client.info("server")["redis_version"].startswith("6.2.")


class Timed(RedisStore):
    """A store whose script takes the time from a key, and the records' ends by it, so that its clock can be moved."""

    script = redis_store.SCRIPT
    for server, ours in (
        (
            "local time = redis.call('TIME')\nlocal clock = time[1] * 1000 + math.floor(time[2] / 1000)",
            """
            local clock = tonumber(redis.call('GET', 'clock'))
            local ends = tonumber(redis.call('GET', KEYS[1] .. ':ends') or clock)
            if ends <= clock then redis.call('DEL', KEYS[1]) end
            """,
        ),
        ("redis.call('PTTL', KEYS[1])", "ends - clock"),
        ("'PX', format('%.0f', ttl))", "'PX', 600000)"),
        ("redis.call('SET'", "redis.call('SET', KEYS[1] .. ':ends', format('%.0f', clock + ttl)) redis.call('SET'"),
    ):
        assert script.count(server) == 1, server
        script = script.replace(server, ours)

    def __init__(self, url):
        super().__init__(url)
        self.clock, self.client = Clock(), Redis.from_url(url)

    def run(self, ops, timeout):
        self.client.set("clock", int(self.clock() * 1000))
        return super().run(ops, timeout)


@pytest.fixture(scope="module")
def timed(redis_url):
    store = Timed(redis_url)
    yield store
    store.close()
    store.client.close()


@CASES
def test_redis_on_a_virtual_clock(case, timed, monkeypatch):
    monkeypatch.setattr(redis_store, "SCRIPT", Timed.script)
    monkeypatch.setattr(redis_store, "SHA", sha1(Timed.script.encode()).hexdigest())
    case(timed, timed.clock)


@CASES
def test_redis_with_asyncio(case, redis_url):
    case(conformance.Blocking(AsyncRedisStore(redis_url)))


@pytest.fixture(scope="module")
def cluster(cluster_url):
    store = RedisClusterStore(cluster_url)
    yield store
    store.close()


@CASES
def test_redis_cluster(case, cluster):
    case(cluster)


def test_a_cluster_has_several_nodes_and_follows_a_slot_that_moved(cluster, namespace):
    ops = [(f"sansms:{namespace}:{at}", "reserve 0000000000000001 1:l:1:60000:s") for at in range(40)]
    assert cluster.run(ops, 5.0) == ["granted 60000"] * 40
    assert len({cluster._owner(key, cluster._slots) for key, _ in ops}) == 3
    wrong = [(first, last, cluster._slots[0][2]) for first, last, _ in cluster._slots]
    cluster._slots = wrong
    assert all(answer.startswith("granted") for answer in cluster.run(ops, 5.0))
    cluster._due = 0.0
    assert all(answer.startswith("granted") for answer in cluster.run(ops, 5.0))
    assert cluster._slots != wrong


def test_a_redis_that_is_no_cluster_is_named(redis_url):
    with pytest.raises(ConfigError, match="RedisStore"):
        RedisClusterStore(redis_url).run([("sansms:a", "check")], 1.0)


@pytest.fixture(scope="module", params=["postgres", "mariadb"])
def database(request):
    store = from_url(request.getfixturevalue(f"{request.param}_url"))
    yield store
    store.close()


@CASES
def test_database(case, database):
    database._clock = None
    case(database)


@CASES
def test_database_on_a_virtual_clock(case, database):
    database._clock = Clock()
    case(database, database._clock)


class OneLoop:
    """A store for asyncio, on one loop in a thread of its own."""

    def __init__(self, store):
        self.store, self.loop = store, asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def run(self, ops, timeout):
        return self.call(self.store.arun(ops, timeout))

    def close(self):
        self.call(self.store.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def one_loop(postgres_url):
    store = OneLoop(AsyncPostgresStore(postgres_url))
    yield store
    store.close()


@CASES
def test_postgres_with_asyncio(case, one_loop):
    case(one_loop)


def failures(store, clock):
    """Names the cases that a store does not pass."""
    failed = []
    for case in conformance.CASES:
        try:
            case(store, clock)
        except AssertionError:
            failed.append(str(case))
    return failed


class Broken(MemoryStore):
    """A store with one fault."""

    def __init__(self, fault, clock):
        super().__init__(clock=clock)
        self.fault, self.kept, self.clock = fault, {}, clock

    def run(self, ops, timeout):
        replies = []
        for key, op in ops if self.fault != "order" else reversed(ops):
            now = int(self.clock() * 1000)
            key = key[:70] if self.fault == "short keys" else key.lower() if self.fault == "case" else key
            record, until = self.kept.get(key, (None, 0))
            if self.fault == "no time to live":
                until = now + 1
            record = record if now < until else None
            if self.fault == "not held":
                import time

                time.sleep(0.0005)
            kept, ttl, reply = _core.apply(record, op, now)
            if kept is not None and self.fault != "writes nothing":
                self.kept[key] = kept, now + (min(ttl, 60_000) if self.fault == "a short time to live" else ttl)
            replies.append(reply)
        return replies


@pytest.mark.parametrize(
    "fault", [None, "writes nothing", "not held", "a short time to live", "case", "short keys", "order"]
)
def test_a_broken_store_is_found_out(fault):
    clock = Clock()
    failed = failures(Broken(fault, clock), clock)
    assert bool(failed) == (fault is not None), failed
