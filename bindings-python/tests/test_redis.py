"""The store in one Redis: what it sends, what it refuses, and what a server does to it."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
import redis
import redis.asyncio

from sansms import AsyncRedisStore, ConfigError, RedisStore
from sansms.testing import Sandbox
from servers import RedisServer, executable

OP = "reserve 0000000000000001 1:l:1:1000:s"
OPS = [("sansms:a", OP), ("sansms:b", OP)]
USER = {"purpose": "register", "ip": "203.0.113.7"}


class Relay:
    """Stands between a client and a Redis; counts connections and what comes in, and can fail."""

    def __init__(self, port: int) -> None:
        self.target, self.connections, self.trips = port, 0, []
        self.drop_after = None  # answer no more after as many trips
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            server.settimeout(0.05)
            while data := client.recv(1 << 20):
                self.trips.append(data)
                server.sendall(data)
                answer = b""
                try:
                    while True:
                        answer += server.recv(1 << 20)
                except TimeoutError:
                    pass
                if self.drop_after is not None and len(self.trips) > self.drop_after:
                    return
                client.sendall(answer)

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def own_redis(redis_url, tmp_path):
    with RedisServer(executable(redis_url), tmp_path) as server:
        yield server


@pytest.fixture
def relay(own_redis):
    relay = Relay(own_redis.port)
    yield relay
    relay.close()


def test_a_wave_is_one_trip(relay):
    store = RedisStore(relay.url)
    first = store.run(OPS, 5.0)
    assert first == ["granted 1000"] * 2
    relay.trips.clear()
    many = [(f"sansms:{at}", OP) for at in range(20)]
    assert store.run(many, 5.0) == ["granted 1000"] * 20
    (trip,) = relay.trips
    assert trip.count(b"EVALSHA") == 20
    assert b"MULTI" not in trip
    assert relay.connections == 1
    store.close()


def test_a_script_that_is_not_known_is_sent_once(relay):
    store = RedisStore(relay.url)
    store.run(OPS, 5.0)
    seen = b"".join(relay.trips)
    assert (seen.count(b"EVALSHA"), seen.count(b"$4\r\nEVAL\r\n")) == (2, 2)
    store.run(OPS, 5.0)
    assert b"".join(relay.trips).count(b"$4\r\nEVAL\r\n") == 2
    store.close()


@pytest.mark.parametrize("given", ["url", "client", "retrying client"])
def test_nothing_is_asked_twice(relay, given):
    from redis.backoff import ConstantBackoff
    from redis.retry import Retry

    client = relay.url
    if given != "url":
        client = redis.Redis.from_url(relay.url)
    if given == "retrying client":
        retry = Retry(ConstantBackoff(0.01), 10)
        client = redis.Redis.from_url(relay.url, retry=retry, retry_on_error=[redis.ConnectionError])
    store = RedisStore(client)
    store.run(OPS, 5.0)
    relay.trips.clear()
    relay.drop_after = 0
    with pytest.raises(redis.ConnectionError):
        store.run([("sansms:c", OP)], 5.0)
    assert b"".join(relay.trips).count(b"EVALSHA") == 1
    relay.drop_after = None
    assert store.run([("sansms:d", OP)], 5.0) == ["granted 1000"]
    store.close()


@pytest.mark.parametrize("kind", [RedisStore, AsyncRedisStore])
def test_a_server_that_hangs_up_is_called_once(kind):
    import asyncio

    calls = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up():
            try:
                while True:
                    listener.accept()[0].close()
                    calls.append(1)
            except OSError:
                return

        threading.Thread(target=hang_up, daemon=True).start()
        store = kind(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        with pytest.raises((redis.ConnectionError, OSError)):
            asyncio.run(store.arun(OPS, 2.0)) if kind is AsyncRedisStore else store.run(OPS, 2.0)
        time.sleep(0.1)
        assert len(calls) == 1
        listener.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_idled_out_is_replaced(own_redis):
    store = RedisStore(own_redis.url)
    store.run(OPS, 1.0)
    with own_redis.client() as client:
        for other in client.client_list():
            if other["id"] != str(client.client_id()):
                client.client_kill_filter(_id=other["id"])
    assert store.run([("sansms:c", OP)], 1.0) == ["granted 1000"]
    store.close()


def test_a_reply_that_comes_late_is_not_taken_for_the_next(own_redis):
    store = RedisStore(own_redis.url)
    store.run(OPS, 1.0)
    with own_redis.client() as client:
        client.execute_command("CLIENT", "PAUSE", "300", "ALL")
        with pytest.raises(TimeoutError):
            store.run([("sansms:c", OP)], 0.1)
    assert store.run([("sansms:d", "check 00000001 0000000000000001 3:60000:4")], 1.0) == ["gone"]
    store.close()


def test_a_client_is_only_asked_for_its_address(redis_url):
    client = redis.Redis.from_url(redis_url, decode_responses=True, socket_timeout=77, protocol=3)
    store = RedisStore(client)
    assert store.run([("sansms:x", OP)], 1.0)[0].startswith(("granted", "denied"))
    connection = store._pool.take(time.monotonic() + 1)._raw
    assert connection.socket_timeout == 1.0
    assert not connection.encoder.decode_responses
    assert client.connection_pool.connection_kwargs["socket_timeout"] == 77
    store.close()
    client.close()


def test_a_client_that_is_none():
    for client in (object(), 7, None):
        with pytest.raises(ConfigError):
            RedisStore(client)
    sentinel = redis.sentinel.Sentinel([("127.0.0.1", 1)]).master_for("primary")
    with pytest.raises(ConfigError, match="Sentinel"):
        RedisStore(sentinel)


def both(url, **options):
    """Asks a server through both stores; returns what they raise or reply."""
    import asyncio

    found = []
    for store, ask in (
        (RedisStore(url, **options), lambda store: store.run([("sansms:z", OP)], 2.0)),
        (AsyncRedisStore(url, **options), lambda store: asyncio.run(store.arun([("sansms:z", OP)], 2.0))),
    ):
        try:
            found.append(ask(store))
        except ConfigError as error:
            found.append(str(error))
        finally:
            if isinstance(store, RedisStore):
                store.close()
    return found


def test_a_server_that_forgets_is_refused(redis_url, tmp_path):
    with RedisServer(
        executable(redis_url), tmp_path, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"
    ) as own:
        for answer in both(own.url):
            assert "allkeys-lru" in answer
        for answer in both(own.url, allow_eviction=True):
            assert answer[0].startswith("granted")
        with pytest.raises(ConfigError):
            Sandbox().service(store=own.url).send("13800138000", **USER)
        with own.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
        store = RedisStore(own.url)
        store.run(OPS, 1.0)
        store.close()


def test_a_replica_is_refused(own_redis, redis_url, tmp_path):
    home = tmp_path / "replica"
    home.mkdir()
    with RedisServer(executable(redis_url), home, "--replicaof", "127.0.0.1", str(own_redis.port)) as replica:
        for answer in both(replica.url):
            assert "replica" in answer


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ("redis_version:6.0.16\r\nrole:master", "6.2"),
        ("redis_version:5.0.7", "6.2"),
        ("", "6.2"),
        ("redis_version:6.2.0\r\nrole:slave", "replica"),
        ("redis_version:7.0.0\r\nrole:master\r\nmaxmemory_policy:volatile-ttl", "volatile-ttl"),
        ("redis_version:6.2.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\naof_enabled:1", None),
        ("redis_version:255.255.255", None),
    ],
)
def test_what_a_server_says_of_itself(info, says):
    from sansms.stores.redis import look_at

    if says is None:
        return look_at(info.encode(), False)
    with pytest.raises(ConfigError, match=says):
        look_at(info.encode(), False)


def test_a_server_without_a_file_is_a_warning_once(redis_url, caplog):
    store = RedisStore(redis_url)
    for _ in range(3):
        store.run([("sansms:x", OP)], 1.0)
    assert [record.levelno for record in caplog.records if "append-only" in record.message] == [logging.WARNING]
    store.close()


def test_a_user_that_may_not_ask_is_a_warning(own_redis, caplog):
    with own_redis.client() as client:
        client.acl_setuser(
            "app",
            enabled=True,
            passwords="+word",
            commands=["+eval", "+evalsha", "+get", "+set", "+pttl", "+time"],
            keys="*",
        )
    store = RedisStore(own_redis.url.replace("://", "://app:word@"))
    assert store.run(OPS, 1.0) == ["granted 1000"] * 2
    assert any("INFO" in message for message in caplog.messages)
    store.close()


def test_an_operation_that_the_server_refuses_fails_alone(own_redis, caplog):
    store = RedisStore(own_redis.url)
    with own_redis.client() as client:
        client.lpush("sansms:a", "not ours")
    assert store.run(OPS, 1.0) == [None, "granted 1000"]
    assert "not ours" not in caplog.text
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_has_connections_of_its_own(redis_url, namespace):
    script = """if True:
        import os, sys
        from sansms import RedisStore
        store = RedisStore(sys.argv[1])
        key = "sansms:fork:" + sys.argv[2]
        ask = lambda lease: store.run([(key, f"reserve {lease:016x} 1:l:20:60000:f")], 5.0)[0].split()[0]
        assert ask(1) == "granted"
        children = []
        for child in range(8):
            pid = os.fork()
            if pid == 0:
                os._exit([ask(2 + 4 * child + n) for n in range(4)].count("granted"))
            children.append(pid)
        assert all(ask(1) == "granted" for _ in range(50))
        assert sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children) == 19
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, redis_url, namespace], check=True, timeout=60)


def test_without_the_package_the_message_says_what_to_install():
    script = """if True:
        import sys
        sys.modules["redis"] = None
        from sansms import ConfigError
        from sansms.stores import from_url
        try:
            from_url("redis://127.0.0.1/0")
        except ConfigError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "pip install 'sansms[redis]'" in done.stdout
