"""What must hold on every store: many at one number, many guesses at one code, stores and providers that fail."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contender import make
from sansms import RedisStore, SQLiteStore
from sansms._sandbox_server import SandboxServer
from sansms.testing import Sandbox
from servers import RedisServer, executable

NUMBER = "138 0013 8000"
USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}
CONTENDER = str(Path(__file__).with_name("contender.py"))
ONE, FIVE = {"number": ["50/24h"]}, {"cooldown_s": 0, "number": ["5/24h"]}


@pytest.fixture(params=["memory", "sqlite", "redis", "postgres", "mariadb"])
def url(request, tmp_path):
    """The URL of a store."""
    if request.param == "memory":
        return "memory://"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'codes.sqlite3'}"
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def sandbox(url):
    """The sandbox; its clock is the real one, as a Redis has its own."""
    sandbox = Sandbox()
    sandbox.clock = time.time
    return sandbox


@pytest.fixture
def service(sandbox, url, namespace):
    with sandbox.service(store=url, namespace=namespace, store_timeout=20.0) as service:
        yield service


def at_once(threads, call):
    """Calls from as many threads at once; counts what comes back."""
    start = threading.Barrier(threads)

    def run(thread):
        start.wait()
        return call(thread)

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(run, range(threads)))


@pytest.mark.parametrize(("policy", "allowed", "refusal"), [(ONE, 1, "limit.cooldown"), (FIVE, 5, "limit.number")])
def test_64_threads_at_one_number(url, namespace, policy, allowed, refusal):
    with make(url, namespace, policy, "-") as service:
        codes = at_once(64, lambda _: service.send(NUMBER, purpose="register", deliver=False).code)
    assert codes == {"sent": allowed, refusal: 64 - allowed}


@pytest.mark.parametrize("url", ["sqlite", "redis", "postgres", "mariadb"], indirect=True)
@pytest.mark.parametrize(("policy", "allowed", "refusal"), [(ONE, 1, "limit.cooldown"), (FIVE, 5, "limit.number")])
def test_8_processes_of_8_threads_at_one_number(url, namespace, policy, allowed, refusal):
    with SandboxServer() as server:
        delivers = server.url if allowed == 1 else "-"  # the gateway too allows one a minute
        command = [sys.executable, CONTENDER, url, namespace, "8", json.dumps(policy), delivers]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes = [subprocess.Popen(command, **pipes) for _ in range(8)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        codes = Counter()
        for process in processes:
            codes.update(json.loads(process.communicate(timeout=60)[0]))
        delivered = len(json.loads(server.sandbox.inbox()))
    assert codes == {"sent": allowed, refusal: 64 - allowed}
    assert delivered == (1 if delivers != "-" else 0)


@pytest.mark.parametrize("place", [0, 1, 500, 999])
def test_1000_guesses_with_the_right_code_among_them(sandbox, url, namespace, place):
    with sandbox.service(store=url, namespace=namespace, ip="off", store_timeout=20.0) as service:
        user = {"purpose": "register", "session": "s"}
        assert service.send(NUMBER, **user)
        right = sandbox.outbox[-1].code
        wrong = (code for code in map("{:06d}".format, range(1001)) if code != right)
        guesses = [next(wrong) for _ in range(999)]
        guesses.insert(place, right)

        def guess(thread):
            start.wait()
            return [service.verify(NUMBER, code, **user).kind for code in guesses[thread::50]]

        start = threading.Barrier(50)
        with ThreadPoolExecutor(50) as pool:
            kinds = Counter(kind for heard in pool.map(guess, range(50)) for kind in heard)
        again = service.verify(NUMBER, right, **user).kind
    assert sum(kinds.values()) == 1000
    assert kinds["verified"] <= 1
    assert kinds["verified"] + kinds["wrong_code"] <= 3, kinds
    assert set(kinds) <= {"verified", "wrong_code", "locked", "expired"}, kinds
    assert again in ("expired", "locked")


@pytest.mark.parametrize(
    ("fault", "kind", "delivered"),
    [
        ("timeout_before", "undelivered", 0),
        ("throttle", "undelivered", 0),
        ("unavailable", "undelivered", 0),
        ("server_error", "unknown", 0),
        ("timeout_after", "unknown", 1),
        ("bad_json", "unknown", 1),
        ("huge", "unknown", 1),
    ],
)
def test_a_provider_that_fails(sandbox, service, fault, kind, delivered):
    sandbox.fault(fault)
    outcome = service.send(NUMBER, **USER)
    assert (outcome.kind, len(sandbox.outbox)) == (kind, delivered)
    assert service.send(NUMBER, **USER).code == "limit.cooldown"
    assert len(sandbox.outbox) == delivered
    if sandbox.outbox:
        assert service.verify(NUMBER, sandbox.outbox[0].code, **USER), "the code was lost"


@pytest.mark.parametrize("fault", ["timeout_after", "huge", "bad_json"])
def test_a_provider_that_fails_over_http(url, namespace, fault):
    with SandboxServer() as server, make(url, namespace, {}, server.url) as service:
        server.sandbox.fault(fault, 1)
        assert service.send(NUMBER, purpose="register").kind == "unknown"
        assert service.send(NUMBER, purpose="register").kind == "limited"
        (message,) = json.loads(server.sandbox.inbox())
        assert service.verify(NUMBER, message["params"]["code"], purpose="register")


@pytest.fixture
def own_redis(redis_url, tmp_path):
    with RedisServer(executable(redis_url), tmp_path) as server:
        yield server


def test_a_redis_that_dies_and_comes_back(own_redis):
    sandbox = Sandbox()
    sandbox.clock = time.time
    with sandbox.service(store=own_redis.url) as service:
        assert service.send(NUMBER, **USER)
        code = sandbox.outbox[0].code
        own_redis.kill()
        for _ in range(3):
            assert service.verify(NUMBER, code, **USER).code == "store.down"
            assert service.send(NUMBER, **USER).code == "store.down"
        assert service.send("13800138001", **USER).kind == "unavailable"
        assert len(sandbox.outbox) == 1
        own_redis.start()
        assert service.send(NUMBER, **USER).code == "limit.cooldown", "the limit was lost"
        assert service.verify(NUMBER, code, **USER), "the code was lost"


def test_a_redis_that_stands_still_is_waited_for_no_longer_than_the_deadline(own_redis):
    import os
    import signal

    sandbox = Sandbox()
    sandbox.clock = time.time
    with sandbox.service(store=RedisStore(own_redis.url, timeout=30.0), store_timeout=0.5) as service:
        assert service.send(NUMBER, **USER)
        os.kill(own_redis.process.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert service.verify(NUMBER, sandbox.outbox[0].code, **USER).kind == "unavailable"
            assert time.monotonic() - began < 10.0
        finally:
            os.kill(own_redis.process.pid, signal.SIGCONT)
        time.sleep(0.1)
        assert service.verify(NUMBER, sandbox.outbox[0].code, **USER).kind in ("verified", "expired")


def test_a_redis_that_forgets_the_script(own_redis):
    sandbox = Sandbox()
    sandbox.clock = time.time
    with sandbox.service(store=own_redis.url) as service, own_redis.client() as client:
        for number in range(3):
            client.script_flush()
            assert service.send(f"1380013800{number}", **USER)


def test_a_file_that_is_locked(tmp_path):
    import sqlite3

    path = tmp_path / "codes.sqlite3"
    sandbox = Sandbox()
    with sandbox.service(store=SQLiteStore(path, clock=sandbox.clock), store_timeout=0.3) as service:
        assert service.send(NUMBER, **USER)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            began = time.monotonic()
            assert service.verify(NUMBER, sandbox.outbox[0].code, **USER).code == "limit.busy"
            assert service.send("13800138001", **USER).code == "limit.busy"
            assert time.monotonic() - began < 4.0
        other.execute("ROLLBACK")
        other.close()
        assert service.send(NUMBER, **USER).code == "limit.cooldown"
        assert service.verify(NUMBER, sandbox.outbox[0].code, **USER)
        assert len(sandbox.outbox) == 1


# What must not be seen

SECRET = "canary-5f1c-canary-5f1c-canary-5f1c"
SESSION, DEVICE, IDEMPOTENCY = "canary-session", "canary-device", "canary-idempotency"


def hidden(*codes):
    """Matches whatever must be seen nowhere."""
    return re.compile("|".join(["canary", "138 ?0013 ?8000", "198.51.100.77", *codes]).encode())


def flows(service, sandbox):
    """Uses a service in every way; returns the code."""
    user = {"purpose": "register", "ip": "198.51.100.77", "session": SESSION}
    service.send(NUMBER, **user, device=DEVICE, idempotency_key=IDEMPOTENCY)
    code = sandbox.outbox[-1].code
    service.send(NUMBER, **user, device=DEVICE, idempotency_key=IDEMPOTENCY)
    service.send(NUMBER, **user)
    service.verify(NUMBER, "000000" if code != "000000" else "000001", **user)
    service.verify(NUMBER, code, **user, ticket_for="canary-order")
    service.verify(NUMBER, code, **user)
    return code


def test_canaries_in_a_redis_and_in_its_files(own_redis, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    sandbox = Sandbox()
    sandbox.clock = time.time
    store = RedisStore(own_redis.url.replace("redis://", "redis://canary-user:canary-password@", 1))
    with own_redis.client() as client:
        client.acl_setuser("canary-user", enabled=True, passwords="+canary-password", categories=["+@all"], keys="*")
        with sandbox.service(store=store, secret=SECRET, policy={"device": ["9/24h"]}) as service:
            code = flows(service, sandbox)
        client.acl_deluser("canary-user")
        keys = client.keys()
        assert len(keys) >= 3
        dump = b"".join(key + (client.dump(key) or b"") + (client.get(key) or b"") for key in keys)
        client.save()
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) > 500
    assert not hidden(code).search(dump + files)
    assert not hidden(code).search((caplog.text + repr(store) + repr(service)).encode())


def test_canaries_in_a_file(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    sandbox = Sandbox()
    store = SQLiteStore(tmp_path / "codes.sqlite3", clock=sandbox.clock)
    with sandbox.service(store=store, secret=SECRET, policy={"device": ["9/24h"]}) as service:
        code = flows(service, sandbox)
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    files += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"sansms_partition" in files
    assert not hidden(code).search(files + caplog.text.encode() + repr(store).encode())


class Interrupted(BaseException):
    """Stands for what ends a worker in the middle of a call."""


@pytest.mark.parametrize("place", ["store", "transport", "observer"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_canaries_in_a_traceback_with_locals(place, asynchronous):
    import asyncio

    sandbox = Sandbox()

    def interrupt(*arguments):
        if place == "transport":
            try:
                assert "138" in str(arguments)
                raise ValueError(arguments)
            except ValueError:
                raise Interrupted from None
        raise Interrupted

    class Store:
        run = staticmethod(interrupt)

    options = {"observer": interrupt} if place == "observer" else {"store": Store()} if place == "store" else {}
    service = sandbox.service(secret=SECRET, **options)
    if place == "transport":
        service._transport = interrupt
        service._async_transport = None
    user = {"purpose": "register", "ip": "198.51.100.77", "session": SESSION}
    try:
        if asynchronous:
            asyncio.run(service.asend(NUMBER, **user, code="424242"))
        else:
            service.send(NUMBER, **user, code="424242")
    except Interrupted as error:
        caught = error
    shown = traceback.TracebackException.from_exception(caught, capture_locals=True)
    ours = [frame for frame in shown.stack if "site-packages" in frame.filename and "/sansms/" in frame.filename]
    assert ours
    assert not hidden("424242").search(repr([frame.locals for frame in ours]).encode())
    assert caught.__context__ is None or place != "transport"


# Processes that fork, as gunicorn --preload and Celery's prefork do: the service is made, and used, before

FORKING = """if True:
    import asyncio, collections, json, os, sys, threading
    from contender import make
    store, namespace, url, used_before = sys.argv[1:]
    service = make(store, namespace, {"cooldown_s": 0, "number": ["9/24h"]}, url)
    if used_before == "threads":
        assert service.send("13800138000", purpose="register")
    if used_before == "asyncio":
        assert asyncio.run(service.asend("13800138000", purpose="register"))
    children = []
    for child in range(4):
        read, write = os.pipe()
        if os.fork() == 0:
            found = [service.send(f"1380013801{child}", purpose="register").kind,
                     asyncio.run(service.asend(f"1380013802{child}", purpose="register")).kind]
            for _ in range(5):
                found.append(service.send("13800138009", purpose="register", deliver=False).code)
                found.append(asyncio.run(service.asend("13800138009", purpose="register", deliver=False)).code)
            os.write(write, json.dumps(found).encode())
            os._exit(0)
        os.close(write)
        children.append(read)
    assert service.send("13800138001", purpose="register")
    found = [json.loads(open(read).read()) for read in children]
    for _ in children:
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    assert [each[:2] for each in found] == [["sent", "sent"]] * 4, found
    codes = collections.Counter(code for each in found for code in each[2:])
    assert codes == {"sent": 9, "limit.number": 31}, codes
    assert asyncio.run(service.asend("13800138002", purpose="register"))
    service.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on this system")
@pytest.mark.parametrize("url", ["sqlite", "redis", "postgres", "mariadb"], indirect=True)
@pytest.mark.parametrize("used_before", ["not", "threads", "asyncio"])
def test_a_service_that_is_forked(url, namespace, used_before):
    with SandboxServer() as server:
        run = [sys.executable, "-W", "ignore", "-c", FORKING, url, namespace, server.url, used_before]
        done = subprocess.run(run, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        delivered = len(json.loads(server.sandbox.inbox()))
    assert delivered == 8 + 2 + (used_before != "not")
