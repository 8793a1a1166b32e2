"""The stores on SQL databases: locks, deadlines, crashes, and what they leave in the table."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pymysql
import pytest

import sql_servers
from sansms import ConfigError
from sansms.stores import AsyncPostgresStore, MySQLStore, PostgresStore, from_url
from sansms.stores.mysql import options_of
from sansms.testing import Clock, Sandbox

DAY = "1:l:1:86400000:f"
USER = {"purpose": "register", "ip": "203.0.113.7"}
KINDS = ["postgres", "mariadb"]


def reserve(lease, rule=DAY):
    return f"reserve {lease:016x} {rule}"


@pytest.fixture(params=KINDS)
def url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def table(url, namespace):
    """A table of the test's own."""
    name = f"t_{namespace}"
    yield name
    execute(url, f"DROP TABLE IF EXISTS {name}")


@pytest.fixture
def store(url, table):
    with closing(kind_of(url)(url, table=table)) as store:
        yield store


@pytest.fixture(params=KINDS)
def server(request):
    like = request.getfixturevalue(f"{request.param}_url")
    with closing((sql_servers.Postgres if request.param == "postgres" else sql_servers.MariaDB)(like)) as server:
        yield server


def kind_of(url):
    return PostgresStore if url.startswith("postgres") else MySQLStore


def connect(url):
    if url.startswith("postgres"):
        return psycopg.connect(url, autocommit=True)
    return pymysql.connect(**options_of(url))


def execute(url, *statements):
    """Runs statements on a connection of their own; returns the last one's rows."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else ()


def key_column(url):
    return '"key"' if url.startswith("postgres") else "`key`"


def test_an_address_that_is_none_is_refused_and_not_shown():
    for kind, address in (
        (PostgresStore, "postgresql://user:canary@host/db?nonsense=1"),
        (PostgresStore, "nonsense=canary"),
        (AsyncPostgresStore, ""),
        (MySQLStore, "mysql://user:canary@host"),
        (MySQLStore, "mysql://user:canary@host/db?ssl=1"),
        (MySQLStore, "mysql://user:canary@host:port/db"),
        (MySQLStore, "postgresql://user:canary@host/db"),
    ):
        with pytest.raises(ConfigError) as caught:
            kind(address)
        assert "canary" not in str(caught.value)


def test_a_table_and_a_size_that_are_none():
    for kind, address in ((PostgresStore, "postgresql://h/d"), (MySQLStore, "mysql://h/d")):
        for table in ("", "a b", 'a"b', "a`b", "a.b.c", "1a", "a;b"):
            with pytest.raises(ConfigError, match="table"):
                kind(address, table=table)
        for size in (0, 1001):
            with pytest.raises(ConfigError, match="size"):
                kind(address, size=size)


def test_the_table_is_made_by_the_first_use_once(url, table):
    with closing(kind_of(url)(url, table=table)) as store, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda at: store.run([(f"k{at}", reserve(1))], 5.0), range(8)))
    assert replies == [["granted 86400000"]] * 8


def test_a_user_who_may_not_make_the_table_is_told_the_statement(url, table):
    user = f"u{table[-8:]}"
    if url.startswith("postgres"):
        execute(url, f"CREATE ROLE {user} LOGIN", f'CREATE SCHEMA "{user}s"')
        other, table = url.replace("sansms@", f"{user}@"), f"{user}s.{table}"
    else:
        execute(url, f"CREATE USER {user}@'127.0.0.1'", f"GRANT SELECT ON sansms.* TO {user}@'127.0.0.1'")
        other = url.replace("sansms@", f"{user}@")
    store = kind_of(url)(other, table=table)
    with closing(store), pytest.raises(ConfigError, match="CREATE TABLE IF NOT EXISTS"):
        store.run([("k", reserve(1))], 5.0)


def test_keys_that_would_have_to_be_quoted_are_refused(store):
    for key in ("", "a'b", "a b", 'a"', "a\\", "ä", "a" * 129, "a\n"):
        with pytest.raises(ValueError, match="key"):
            store.run([(key, reserve(1))], 5.0)


def test_what_changes_nothing_leaves_no_row(store, url, table):
    check = f"check 00000001 {1:016x} 3:3600000:4 00000001:{9:032x}"
    assert store.run([("a", check), ("b", "drop table")], 5.0) == ["gone", "refused operation"]
    assert execute(url, f"SELECT count(*) FROM {table}")[0][0] == 0
    assert store.run([("a", check), ("b", reserve(1))], 5.0) == ["gone", "granted 86400000"]


def test_the_clock_is_the_database_s_read_under_the_lock(store, url, table):
    """Whoever waited for a lock counts from when it was had: else an entry would be older than its place."""
    store.run([("k", reserve(1))], 5.0)
    key = key_column(url)
    with closing(connect(url)) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT record FROM {table} WHERE {key} = 'k' FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(store.run, [("k", reserve(2, "2:l:1:600:f"))], 5.0)
            time.sleep(0.7)
            cursor.execute("ROLLBACK")
            assert waits.result() == ["granted 600"]
    assert store.run([("k", reserve(3, "2:l:1:600:f"))], 5.0)[0].startswith("denied 0 ")


def test_a_lock_that_is_not_had_in_time_is_busy(store, url, table):
    store.run([("k", reserve(1))], 5.0)
    key = key_column(url)
    with closing(connect(url)) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT record FROM {table} WHERE {key} = 'k' FOR UPDATE")
        began = time.monotonic()
        assert store.run([("other", reserve(1)), ("k", reserve(2))], 1.0) == ["refused busy"] * 2
        assert time.monotonic() - began < 5.0
        cursor.execute("ROLLBACK")
    # The wave was undone whole.
    assert [reply[:6] for reply in store.run([("other", reserve(2)), ("k", reserve(3))], 5.0)] == ["grante", "denied"]


def test_a_deadlock_is_tried_again(store, url, table):
    """Another program has our rows the other way around; the database ends our transaction, and we win later."""
    store.run([("b", reserve(1))], 5.0)
    key, before = key_column(url), deadlocks(url)
    insert = f"INSERT INTO {table} ({key}, record, until_ms) VALUES"
    with closing(connect(url)) as other, other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        if url.startswith("postgres"):
            # A session looks once in a wait, and ends itself; so ours must look when both wait, and the other never.
            execute(url, "ALTER SYSTEM SET deadlock_timeout = '2s'", "SELECT pg_reload_conf()")
            cursor.execute("SET deadlock_timeout = '60s'")
        try:
            cursor.execute("BEGIN")
            cursor.execute(f"UPDATE {table} SET until_ms = until_ms WHERE {key} = 'b'")
            for at in range(50):  # MariaDB ends who wrote less
                cursor.execute(f"{insert} ('z{at}', '', 0)")
            waits = pool.submit(store.run, [("b", reserve(2)), ("a", reserve(2))], 20.0)
            wait_until(lambda: waits_for_lock(url, table))  # it has made a, and wants b
            cursor.execute(f"{insert} ('a', '', 0)")
            cursor.execute("COMMIT")
            assert [reply[:6] for reply in waits.result()] == ["denied", "grante"]
        finally:
            if url.startswith("postgres"):
                execute(url, "ALTER SYSTEM RESET deadlock_timeout", "SELECT pg_reload_conf()")
    wait_until(lambda: deadlocks(url) > before)  # PostgreSQL counts a moment later


def waits_for_lock(url, table):
    """Tells whether a session waits for a row of the table."""
    if url.startswith("postgres"):
        find = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    else:
        find = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE %s"
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(find, (f"%{table}%",))
        return cursor.fetchone()[0] > 0


def wait_until(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.15)  # InnoDB tells of its locks anew only to who has not asked for 100 ms
    raise TimeoutError


def deadlocks(url):
    if url.startswith("postgres"):
        return execute(url, "SELECT sum(deadlocks) FROM pg_stat_database")[0][0]
    return execute(url, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1]


def test_a_wave_that_conflicts_is_tried_again_and_done_once(store, url, table):
    store.run([("a", reserve(1))], 5.0)
    with sql_servers.Conflicts(url, table, 5) as conflicts:
        assert store.run([("k", reserve(1, "1:l:2:86400000:f"))], 20.0)[0].startswith("granted")
        assert conflicts.writes() > 5
        words = [store.run([("k", reserve(lease, "1:l:2:86400000:f"))], 20.0)[0][:6] for lease in (2, 3)]
        assert words == ["grante", "denied"]


def test_a_wave_that_conflicts_for_ever_is_busy(store, url, table):
    store.run([("a", reserve(1))], 5.0)
    with sql_servers.Conflicts(url, table, 1_000_000) as conflicts:
        assert store.run([("k", reserve(1)), ("l", reserve(1))], 1.5) == ["refused busy"] * 2
        assert conflicts.writes() > 1
    assert [reply[:6] for reply in store.run([("k", reserve(2)), ("l", reserve(2))], 5.0)] == ["grante"] * 2


@pytest.mark.parametrize("way", ["send", "asend"])
def test_conflicts_double_no_send_and_those_without_end_are_busy(store, url, table, way):
    sandbox = Sandbox()
    policy = {"cooldown_s": 0, "number": ["2/24h"], "ip": [], "ip_attempts": []}

    def service(seconds):
        return sandbox.service(store=store, store_timeout=seconds, policy=policy)

    def send(seconds):
        async def asend():
            made = service(seconds)
            try:
                return await made.asend("13800138000", **USER)
            finally:
                await made.aclose()

        sandbox.clock.move(60)  # the provider takes one a minute
        return asyncio.run(asend()) if way == "asend" else service(seconds).send("13800138000", **USER)

    store.create_table()
    store.run([("a", reserve(1))], 5.0)  # a connection is there
    with sql_servers.Conflicts(url, table, 1_000_000) as conflicts:
        outcome = send(1.5)
        assert (outcome.code, outcome.http_status) == ("limit.busy", 429)
        assert outcome.retry_after
        assert conflicts.writes() > 1
    assert sandbox.outbox == []
    with sql_servers.Conflicts(url, table, 6) as conflicts:
        assert [send(20.0).code for _ in range(4)] == ["sent", "sent", "limit.number", "limit.number"]
        assert conflicts.writes() > 6
    assert len(sandbox.outbox) == 2


def test_waves_that_share_keys_do_not_deadlock(store, url):
    """The order of the keys is the order of the locks, whatever the order of the operations."""
    keys = [f"k{at}" for at in range(4)]

    def wave(at):
        ordered = keys[at % 4 :] + keys[: at % 4]
        if at % 2:
            ordered.reverse()
        return [reply.split(" ")[0] for reply in store.run([(key, reserve(at + 1)) for key in ordered], 20.0)]

    before = deadlocks(url)
    with ThreadPoolExecutor(8) as pool:
        words = Counter(tuple(words) for words in pool.map(wave, range(80)))
    # In one transaction all or none are granted.
    assert words == {("granted",) * 4: 1, ("denied",) * 4: 79}
    assert deadlocks(url) == before


def test_what_has_ended_is_swept_little_by_little(store, url, table):
    clock = Clock()
    store._clock = clock
    for at in range(300):
        store.run([(f"old{at}", reserve(1, "1:l:1:1000:f"))], 5.0)
    store.run([("long", reserve(1))], 5.0)
    clock.move(700)
    for at in range(100):
        store.run([("new", reserve(at + 1))], 5.0)
    keys = {row[0] for row in execute(url, f"SELECT {key_column(url)} FROM {table}")}
    assert keys == {"long", "new"}


@pytest.mark.parametrize("kind", [AsyncPostgresStore, PostgresStore])
def test_asyncio_sweeps_what_has_ended(kind, postgres_url, namespace):
    """Little by little too: a step deletes no more than it looks at."""
    table, clock = f"t_{namespace}", Clock()

    def keys():
        return {row[0] for row in execute(postgres_url, f"SELECT key FROM {table}")}

    async def flow():
        store = kind(postgres_url, table=table)
        store._clock = clock
        for first in range(0, 300, 50):
            ops = [(f"old{at}", reserve(1, "1:l:1:1000:f")) for at in range(first, first + 50)]
            assert await store.arun(ops, 5.0) == ["granted 1000"] * 50
        await store.arun([("long", reserve(1))], 5.0)
        clock.move(700)
        left = []
        for at in range(100):
            await store.arun([("new", reserve(at + 1))], 5.0)
            left.append(len(keys()))
        await store.aclose()
        return left

    try:
        left = asyncio.run(flow())
        assert keys() == {"long", "new"}
        steps = [before - after for before, after in zip(left, left[1:]) if before != after]
        assert len(steps) >= 2
        assert max(steps) <= 256
    finally:
        execute(postgres_url, f"DROP TABLE IF EXISTS {table}")


def test_asyncio_has_the_reply_of_a_wave_whose_sweep_fails(postgres_url, namespace, caplog):
    table = f"t_{namespace}"

    async def flow():
        store = AsyncPostgresStore(postgres_url, table=table)
        store._dialect.look = lambda _: ["SELECT nonsense"]
        replies = [(await store.arun([("k", reserve(1))], 5.0))[0] for _ in range(40)]
        await store.aclose()
        return replies

    try:
        assert {reply[:7] for reply in asyncio.run(flow())} == {"granted"}
        assert caplog.text.count("sweeping ended rows raised UndefinedColumn") == 2
    finally:
        execute(postgres_url, f"DROP TABLE IF EXISTS {table}")


def test_a_sweep_waits_for_nobody_and_spoils_nothing(store, url, table):
    clock = Clock()
    store._clock = clock
    store.run([("old", reserve(1, "1:l:1:1000:f"))], 5.0)
    clock.move(700)
    with closing(connect(url)) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT record FROM {table} WHERE {key_column(url)} = 'old' FOR UPDATE")
        for at in range(40):
            assert store.run([("new", reserve(at + 1))], 1.0)[0].startswith("granted" if at == 0 else "denied")
        cursor.execute("ROLLBACK")


def test_no_more_connections_than_allowed(url, table):
    with closing(kind_of(url)(url, table=table, size=2)) as store, ThreadPoolExecutor(16) as pool:
        words = Counter(
            pool.map(lambda at: store.run([("k", reserve(at + 1, "1:l:5:86400000:f"))], 20.0)[0][:6], range(64))
        )
        assert words == {"grante": 5, "denied": 59}
        assert store._pool._open <= 2


def test_connections_that_are_all_in_use_are_waited_for_until_the_deadline(url, table):
    with closing(kind_of(url)(url, table=table, size=1)) as store:
        store.run([("k", reserve(1))], 5.0)
        link = store._pool.take(time.monotonic() + 1)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            store.run([("k", reserve(2))], 0.2)
        assert time.monotonic() - began < 5.0
        store._pool.give(link)
        assert store.run([("k", reserve(2))], 5.0)[0].startswith("denied")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_has_connections_of_its_own(url, table):
    script = """if True:
        import os, sys
        from sansms.stores import from_url, MySQLStore, PostgresStore
        kind = PostgresStore if sys.argv[1].startswith("postgres") else MySQLStore
        store = kind(sys.argv[1], table=sys.argv[2])
        ask = lambda lease: store.run([("k", f"reserve {lease:016x} 1:l:20:60000:f")], 20.0)[0].split()[0]
        assert ask(1) == "granted"
        children = []
        for child in range(4):
            pid = os.fork()
            if pid == 0:
                os._exit([ask(2 + 8 * child + n) for n in range(8)].count("granted"))
            children.append(pid)
        assert all(ask(1) == "granted" for _ in range(50))
        assert sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children) == 19
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, url, table], check=True, timeout=60)


@pytest.mark.parametrize(("record", "said"), [(b"\xff\xff\xff", "version"), (b"", "corrupt"), (b"\x01", "corrupt")])
def test_a_record_that_is_not_ours_is_refused_and_kept(store, url, table, record, said):
    store.run([("k", reserve(1))], 5.0)
    literal = f"decode('{record.hex()}', 'hex')" if url.startswith("postgres") else f"x'{record.hex()}'"
    execute(url, f"UPDATE {table} SET record = {literal}", *([] if url.startswith("postgres") else ["COMMIT"]))
    assert store.run([("k", reserve(2)), ("other", reserve(1))], 5.0) == [f"refused {said}", "granted 86400000"]
    assert bytes(execute(url, f"SELECT record FROM {table} WHERE {key_column(url)} = 'k'")[0][0]) == record


# Faults of the server


def refused_quickly(ask, most_s=1.9):
    """Calls until the deadline of one second; returns what came, and sees that it came in time."""
    began = time.monotonic()
    try:
        return ask()
    except Exception as error:
        return type(error).__name__
    finally:
        assert time.monotonic() - began < most_s


def test_a_crash_forgets_nothing_that_was_committed(server):
    with closing(from_url(server.url)) as store:
        assert store.run([("a", reserve(1))], 5.0)[0].startswith("granted")
        server.kill()
        assert isinstance(refused_quickly(lambda: store.run([("a", reserve(2))], 1.0)), str)
        server.start()
        assert store.run([("a", reserve(3))], 5.0)[0].startswith("denied")


def test_a_server_that_restarts_between_two_calls_is_not_noticed(server):
    with closing(from_url(server.url)) as store:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: store.run([(f"k{at}", reserve(1))], 5.0), range(16)))
        server.kill()
        server.start()
        assert store.run([("a", reserve(1))], 5.0)[0].startswith("granted")


def test_a_server_that_stands_still_is_given_up_at_the_deadline(server):
    with closing(from_url(server.url)) as store:
        store.run([("a", reserve(1))], 5.0)
        server.signal(signal.SIGSTOP)
        try:
            for _ in range(3):  # an open connection, and a new one
                assert refused_quickly(lambda: store.run([("a", reserve(2))], 1.0)) in (
                    "TimeoutError",
                    ["refused busy"],
                )
        finally:
            server.signal(signal.SIGCONT)
        for _ in range(50):
            if store.run([("b", reserve(3))], 5.0)[0].startswith(("granted", "denied")):
                break
        assert store.run([("a", reserve(4))], 5.0)[0].startswith("denied")


def test_a_service_refuses_while_the_server_is_away(server, caplog):
    with Sandbox().service(store=server.url) as service:
        assert service.send("13800138000", **USER)
        server.kill()
        began = time.monotonic()
        outcome = service.send("13800138001", **USER)
        assert (outcome.kind, outcome.http_status) == ("unavailable", 503)
        assert time.monotonic() - began < 5.0
        server.start()
        assert service.send("13800138002", **USER)
    assert "13800138" not in caplog.text


def test_asyncio_gives_up_at_the_deadline_and_goes_on(postgres_url):
    with closing(sql_servers.Postgres(postgres_url)) as server:

        async def flow():
            store = AsyncPostgresStore(server.url)
            await store.arun([("a", reserve(1))], 5.0)
            server.signal(signal.SIGSTOP)
            try:
                for _ in range(3):
                    began = time.monotonic()
                    with pytest.raises(TimeoutError):
                        await store.arun([("a", reserve(2))], 0.5)
                    assert time.monotonic() - began < 5.0
            finally:
                server.signal(signal.SIGCONT)
            assert (await store.arun([("a", reserve(3))], 5.0))[0].startswith("denied")
            server.kill()
            with pytest.raises(psycopg.Error):
                await store.arun([("a", reserve(4))], 1.0)
            server.start()
            assert (await store.arun([("a", reserve(5))], 5.0))[0].startswith("denied")
            await store.aclose()

        asyncio.run(flow())


def test_a_task_is_cancelled_where_the_server_stands_still_too(postgres_url):
    with closing(sql_servers.Postgres(postgres_url)) as server:

        async def flow():
            store = AsyncPostgresStore(server.url)
            await store.arun([("a", reserve(1))], 5.0)
            server.signal(signal.SIGSTOP)
            try:
                task = asyncio.ensure_future(store.arun([("a", reserve(2))], 1.0))
                await asyncio.sleep(0.3)
                task.cancel()
                (ended,) = await asyncio.gather(task, return_exceptions=True)
            finally:
                server.signal(signal.SIGCONT)
            assert (await store.arun([("a", reserve(3))], 5.0))[0].startswith("denied")
            await store.aclose()
            return ended

        assert isinstance(asyncio.run(flow()), asyncio.CancelledError)


def test_asyncio_admits_exactly_what_is_allowed(postgres_url, namespace):
    async def flow():
        store = PostgresStore(postgres_url, table=f"t_{namespace}")
        asked = [store.arun([("k", reserve(at + 1, "1:l:5:86400000:f"))], 20.0) for at in range(64)]
        words = Counter(reply[:6] for (reply,) in await asyncio.gather(*asked))
        await store.aclose()
        return words

    assert asyncio.run(flow()) == {"grante": 5, "denied": 59}
    execute(postgres_url, f"DROP TABLE t_{namespace}")


def test_without_the_package_the_message_says_what_to_install():
    script = """if True:
        import sys
        sys.modules["psycopg"] = sys.modules["pymysql"] = None
        from sansms import ConfigError
        from sansms.stores import from_url
        for url in ("postgresql://h/d", "mysql://h/d"):
            try:
                from_url(url)
            except ConfigError as error:
                print(error)
    """
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "pip install 'sansms[postgres]'" in done.stdout
    assert "pip install 'sansms[mysql]'" in done.stdout
