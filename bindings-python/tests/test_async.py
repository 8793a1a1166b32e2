"""asend and averify: over loops that come and go, with httpcore and without."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from contender import make
from sansms import AsyncRedisStore, ConfigError, HttpcoreTransport, RedisStore, Service, TransportFault
from sansms._async import in_thread
from sansms._sandbox_server import SandboxServer
from sansms.testing import Sandbox
from web import Web, answer

NUMBER = "138 0013 8000"
USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}
SIGNED = "/?PhoneNumbers=13800138000&TemplateParam=%7B%22code%22%3A%22424242%22%7D&a=~%2a%2F&b=%E4%B8%AD"


@pytest.fixture(params=["memory", "sqlite", "redis", "redis for asyncio"])
def store(request, tmp_path):
    if request.param == "memory":
        return "memory://"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'codes.sqlite3'}"
    url = request.getfixturevalue("redis_url")
    return url if request.param == "redis" else AsyncRedisStore(url)


def test_a_code_goes_all_the_way(store, namespace):
    async def use():
        with SandboxServer() as server:
            async with make(store, namespace, {}, server.url) as service:
                sent = await service.asend(NUMBER, purpose="register")
                assert sent.kind == "sent"
                (message,) = json.loads(server.sandbox.inbox())
                assert (await service.averify(NUMBER, "000000", purpose="register")).kind in ("wrong_code", "verified")
                done = await service.averify(NUMBER, message["params"]["code"], purpose="register")
                assert (done.kind, done.to) == ("verified", "+8613800138000")

    asyncio.run(use(), debug=True)


def test_a_loop_for_each_call(store, namespace, caplog):
    caplog.set_level(logging.DEBUG)
    policy = {"cooldown_s": 0, "number": ["7/24h"]}
    with SandboxServer() as server:
        service = make(store, namespace, policy, server.url)
        kinds = Counter(asyncio.run(service.asend(NUMBER, purpose="register", deliver=False)).kind for _ in range(10))
        assert kinds == {"sent": 7, "limited": 3}
        for at in range(5):
            assert asyncio.run(service.asend(f"1380013801{at}", purpose="register"))
        service.close()
    assert not [message for message in caplog.messages if "raised" in message or "1380013" in message]


def test_loops_in_many_threads_at_once(store, namespace):
    service = make(store, namespace, {"cooldown_s": 0, "number": ["5/24h"]}, "-")
    codes, start = [], threading.Barrier(16)

    def send():
        start.wait()
        codes.append(asyncio.run(service.asend(NUMBER, purpose="register", deliver=False)).code)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.close()
    assert Counter(codes) == {"sent": 5, "limit.number": 11}


def test_64_tasks_at_one_number(store, namespace):
    async def use():
        async with make(store, namespace, {}, "-") as service:
            calls = (service.asend(NUMBER, purpose="register", deliver=False) for _ in range(64))
            return Counter(outcome.code for outcome in await asyncio.gather(*calls))

    assert asyncio.run(use()) == {"sent": 1, "limit.cooldown": 63}


def test_a_loop_is_not_blocked_by_a_store_that_is(tmp_path):
    import sqlite3

    path = tmp_path / "codes.sqlite3"

    async def use():
        sandbox = Sandbox()
        async with sandbox.service(store=f"sqlite:///{path}", store_timeout=0.5) as service:
            assert await service.asend(NUMBER, **USER)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            ticks = 0
            call = asyncio.ensure_future(service.asend("13800138001", **USER))
            while not call.done():
                await asyncio.sleep(0.02)
                ticks += 1
            other.execute("ROLLBACK")
            other.close()
            assert call.result().code == "limit.busy"
            assert ticks > 10

    asyncio.run(use())


def with_no_thread_free(use):
    """Runs `use` on a loop whose only thread is taken."""

    async def run():
        loop, released = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        taken = loop.run_in_executor(None, released.wait)
        try:
            return await asyncio.wait_for(use(), 30.0)
        finally:
            released.set()
            await taken

    return asyncio.run(run())


def test_the_wait_for_a_thread_ends_with_the_deadline_of_the_store():
    class Blocking:
        def run(self, ops, timeout):
            raise AssertionError

    service = Sandbox().service(store=Blocking(), store_timeout=0.2)
    outcome = with_no_thread_free(lambda: service.asend(NUMBER, **USER))
    assert (outcome.kind, outcome.code) == ("unavailable", "store.down")


def test_a_store_hears_what_the_wait_for_a_thread_has_left():
    told = []

    async def use():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        first = loop.run_in_executor(None, time.sleep, 0.1)
        await in_thread(lambda ops, left: told.append(left))([], 5.0)
        await first

    asyncio.run(use())
    assert told[0] < 5.0 - 0.05


def test_what_no_thread_was_free_for_was_not_sent():
    called = []
    provider = {
        "access_key_id": "sandbox-id",
        "access_key_secret": "sandbox-secret",
        "sign_name": "示例",
        "templates": {"default": "SMS_1"},
        "endpoint": "http://127.0.0.1:1",
        "timeout_ms": 1000,
    }
    service = Service(
        providers=[{"aliyun": provider}], secret="x" * 32, store="memory://", transport=lambda *_: called.append(1)
    )
    assert with_no_thread_free(lambda: service.asend(NUMBER, **USER)).kind == "undelivered"
    assert not called


def test_a_task_that_waits_for_a_thread_may_be_cancelled():
    class Blocking:
        def run(self, ops, timeout):
            raise AssertionError

    async def use():
        task = asyncio.ensure_future(Sandbox().service(store=Blocking(), store_timeout=20.0).asend(NUMBER, **USER))
        await asyncio.sleep(0.05)
        task.cancel()
        return (await asyncio.gather(task, return_exceptions=True))[0]

    assert isinstance(with_no_thread_free(use), asyncio.CancelledError)


def test_a_store_for_asyncio_serves_no_thread(redis_url):
    service = Sandbox().service(store=AsyncRedisStore(redis_url))
    with pytest.raises(ConfigError, match="asend"):
        service.send(NUMBER, **USER)


def test_one_store_serves_both(redis_url, namespace):
    service = make(RedisStore(redis_url), namespace, {}, "-")
    assert service.send(NUMBER, purpose="register", deliver=False)

    async def use():
        refused = await service.asend(NUMBER, purpose="register", deliver=False)
        await service.aclose()
        return refused.code

    assert asyncio.run(use()) == "limit.cooldown"
    service.close()


def test_a_store_that_is_late_is_a_fault():
    class Late:
        async def arun(self, ops, timeout):
            raise asyncio.TimeoutError

    outcome = asyncio.run(Sandbox().service(store=Late()).asend(NUMBER, **USER))
    assert (outcome.kind, outcome.code) == ("unavailable", "store.down")


def test_a_silent_redis_is_waited_for_no_longer_than_the_deadline():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = AsyncRedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout=30.0)
        service = Sandbox().service(store=store, store_timeout=0.3)
        began = time.monotonic()
        assert asyncio.run(service.asend(NUMBER, **USER)).code == "store.down"
        assert time.monotonic() - began < 10.0


# HTTP


def post(transport, url, timeout=5.0, max_reply=1000, body=b"body"):
    async def call():
        return await transport("POST", url, [("content-type", "text/x"), ("x-a", "b")], body, timeout, max_reply)

    return asyncio.run(call())


def fault(transport, url, **options):
    with pytest.raises(TransportFault) as caught:
        post(transport, url, **options)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value.sent


@pytest.fixture
def transport():
    return HttpcoreTransport()


def test_the_request_is_what_was_signed(transport):
    with Web(lambda connection, _: answer(connection, b"{}", headers="x-b: c\r\n")) as web:
        status, headers, body = post(transport, web.url + SIGNED)
    head = web.requests[0].split(b"\r\n\r\n")[0].decode()
    assert head.splitlines()[0] == f"POST {SIGNED} HTTP/1.1"
    assert head.lower().count("content-length: 4") == 1
    assert head.lower().count("\r\nhost: ") == 1
    assert "user-agent" not in head.lower()
    assert (status, body) == (200, b"{}")
    assert ("x-b", "c") in headers


def test_connections_are_kept_within_a_loop_and_not_over_loops(transport):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:

        async def call(times):
            for _ in range(times):
                await transport("POST", web.url, [], b"", 5.0, 100)

        asyncio.run(call(3))
        assert web.connections == 1
        asyncio.run(call(2))
        assert (web.connections, len(web.requests)) == (2, 5)


def test_a_connection_that_the_server_closed_is_not_used(transport):
    def once(connection, _):
        answer(connection, b"{}")
        connection.close()

    with Web(once) as web:

        async def call():
            for _ in range(3):
                await transport("POST", web.url, [], b"", 5.0, 100)
                await asyncio.sleep(0.05)

        asyncio.run(call())
        assert web.connections == 3


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        (lambda connection, _: connection.close(), True),
        (lambda connection, _: answer(connection, b"a" * 2000), True),
        (lambda connection, _: connection.sendall(b"nonsense\r\n\r\n"), True),
        (lambda connection, _: None, True),
    ],
    ids=["closed", "too long", "nonsense", "silent"],
)
def test_what_goes_wrong_after_the_request_left(transport, script, sent, caplog):
    caplog.set_level(logging.DEBUG)
    with Web(script) as web:
        assert fault(transport, web.url + SIGNED, timeout=2.0) is sent
        assert len(web.requests) == 1
    assert not [message for message in caplog.messages if "13800138000" in message or "424242" in message]


def test_what_goes_wrong_before(transport):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert fault(transport, f"http://127.0.0.1:{free.getsockname()[1]}/") is False
    assert fault(transport, "https://127.0.0.1:1/") is False
    assert fault(transport, "http://no-such-host.invalid/") is False


def bare(data):
    """Deflates without zlib's frame, as some servers do."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("GZip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare)],
)
def test_a_coding_that_nobody_asked_for_is_undone(transport, coding, pack):
    def served(connection, request):
        asked.append(b"accept-encoding: identity" in request.lower())
        answer(connection, body[0], headers=f"content-encoding: {coding}\r\n")

    asked, body = [], [pack(b"a" * 1000)]
    with Web(served) as web:
        assert post(transport, web.url)[2] == b"a" * 1000
        assert fault(transport, web.url, max_reply=999) is True
        body[0] = pack(bytes(10_000_000))
        assert fault(transport, web.url, max_reply=65_536) is True
        for wrong in (pack(b"{}")[:-1], pack(b"{}") + b"x", b"\xff{}"):
            body[0] = wrong
            assert fault(transport, web.url) is True
        body[0] = b""
        assert post(transport, web.url)[2] == b""
    assert all(asked)


def test_no_redirect_is_followed(transport):
    with Web(lambda connection, _: answer(connection, b"", "302 Found", "location: /elsewhere\r\n")) as web:
        assert post(transport, web.url)[0] == 302
        assert len(web.requests) == 1


def test_others_may_still_log_with_httpcore(transport, caplog):
    import httpcore

    caplog.set_level(logging.DEBUG)
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        post(transport, web.url)
        assert not [message for message in caplog.messages if "send_request" in message]
        httpcore.request("GET", web.url)
        assert [message for message in caplog.messages if "send_request" in message]


def test_without_httpcore_the_transport_runs_in_a_thread():
    script = """if True:
        import asyncio, json, sys
        sys.modules["httpcore"] = None
        from sansms import Service
        from sansms._sandbox_server import SandboxServer
        with SandboxServer() as server:
            provider = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "sign_name": "示例",
                        "templates": {"default": "SMS_1"}, "endpoint": server.url}
            service = Service(providers=[{"aliyun": provider}], secret="x" * 32, ip="off", store="memory://")
            for at in range(3):
                assert asyncio.run(service.asend(f"1380013800{at}", purpose="a"))
            assert len(json.loads(server.sandbox.inbox())) == 3
        print(type(service._transport).__name__)
        service.close()
    """
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "Urllib3Transport\n"


def test_a_task_that_is_cancelled_leaves_no_connection_in_a_bad_state(redis_url, namespace):
    async def use():
        async with make(redis_url, namespace, {"cooldown_s": 0, "number": ["50/24h"]}, "-") as service:
            send = partial(service.asend, NUMBER, purpose="register", deliver=False)
            for at in range(20):
                task = asyncio.ensure_future(send())
                await asyncio.sleep(at * 0.0003)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return [(await send()).kind for _ in range(5)]

    assert asyncio.run(use()) == ["sent"] * 5


def test_async_to_sync_again_and_again(store, namespace):
    sync = pytest.importorskip("asgiref.sync").async_to_sync
    with SandboxServer() as server:
        service = make(store, namespace, {"cooldown_s": 0, "number": ["4/24h"]}, server.url)
        for at in range(4):
            assert sync(service.asend)(f"1380013830{at}", purpose="register")
        codes = [sync(service.asend)(NUMBER, purpose="register", deliver=False).code for _ in range(6)]
        assert codes == ["sent"] * 4 + ["limit.number"] * 2
        if not isinstance(store, AsyncRedisStore):
            service.close()
