"""The help desk: `inspect`, `reset`, `forget`, and whether the store answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing

import pytest

from sansms import ConfigError, Health, MemoryStore
from sansms.stores.redis import RedisStore
from sansms.testing import Sandbox

NUMBER = "138 0013 8000"
USER = {"purpose": "register", "ip": "203.0.113.7"}


class Down:
    def run(self, ops, timeout):
        raise ConnectionError


@pytest.fixture(params=["memory", "redis"])
def sandbox_and_service(request, namespace):
    sandbox = Sandbox()
    if request.param == "memory":
        yield sandbox, sandbox.service()
        return
    with closing(RedisStore(request.getfixturevalue("redis_url"), allow_eviction=True)) as store:
        yield sandbox, sandbox.service(store=store, namespace=namespace)


def test_a_number_is_looked_at_reset_and_forgotten(sandbox_and_service):
    sandbox, service = sandbox_and_service
    found = service.inspect(NUMBER)
    assert (found.kind, found.code, found.to, bool(found)) == (
        "answered",
        "recipient.inspected",
        "+8613800138000",
        True,
    )
    assert found.answer["codes"] == []
    assert [(rule["rule"], rule["limit"], rule["used"]) for rule in found.answer["rules"]] == [
        ("cooldown", 1, 0),
        ("number", 5, 0),
        ("wrong_tries", 10, 0),
        ("wrong_tries", 20, 0),
    ]
    for erase in (service.reset, service.forget):
        sandbox.clock.move(61)  # the provider has a limit of its own
        assert service.send(NUMBER, **USER)
        code = sandbox.outbox[-1].code
        wrong = "000000" if code != "000000" else "111111"
        assert service.verify(NUMBER, wrong, **USER).kind == "wrong_code"
        answer = service.inspect(NUMBER).answer
        assert [rule["used"] for rule in answer["rules"]] == [1, 1, 1, 1]
        assert 0 < answer["rules"][0]["wait_ms"] <= 60_000
        (live,) = answer["codes"]
        assert (live["state"], live["tries_left"], live["resent"]) == ("live", 2, 0)
        assert 0 < live["expires_in_ms"] <= 300_000
        assert "138" not in json.dumps(answer)
        assert code not in json.dumps(answer)
        assert service.send(NUMBER, **USER).code == "limit.cooldown"
        done = erase(NUMBER)
        assert (done.code, done.answer) == (f"recipient.{'reset' if erase == service.reset else 'forgotten'}", None)
        assert service.verify(NUMBER, code, **USER).kind == "expired"
        assert not any(rule["used"] for rule in service.inspect(NUMBER).answer["rules"])


def test_asyncio_has_them_too():
    async def all_of(service):
        tasks = service.ainspect, service.areset, service.aforget
        return [(await task(NUMBER)).code for task in tasks] + [(await service.ahealth()).code]

    wanted = ["recipient.inspected", "recipient.reset", "recipient.forgotten", "store.ok"]
    assert asyncio.run(all_of(Sandbox().service())) == wanted


def test_what_goes_wrong_is_an_outcome():
    service = Sandbox().service(store=Down())
    for task in (service.inspect, service.reset, service.forget):
        assert (task(NUMBER).code, task(NUMBER).retry_after) == ("store.down", 5)
        assert task("12").kind == task(None).kind == "invalid"


def test_the_observer_hears_who_did_what():
    heard = []
    service = Sandbox().service(observer=lambda event: heard.append((event.action, event.code, event.masked)))
    service.inspect(NUMBER)
    service.forget(NUMBER)
    assert heard == [
        ("inspect", "recipient.inspected", "+86•••••••00"),
        ("forget", "recipient.forgotten", "+86•••••••00"),
    ]


def test_health(sandbox_and_service):
    _, service = sandbox_and_service
    healthy = service.health()
    assert isinstance(healthy, Health)
    assert (healthy.ok, healthy.code, bool(healthy)) == (True, "store.ok", True)
    assert healthy.latency_ms >= 0
    assert repr(healthy).startswith("<Health store.ok ")


def test_health_of_a_store_that_does_not_answer():
    class Wrong:
        def run(self, ops, timeout):
            raise ConfigError("config.value", "store", "evicts")

    class Ahead:
        def run(self, ops, timeout):
            return ["refused clock"] * len(ops)

    for store, code in ((Down(), "store.down"), (Wrong(), "config.value"), (Ahead(), "store.clock")):
        unhealthy = Sandbox().service(store=store).health()
        assert (bool(unhealthy), unhealthy.code) == (False, code)


def test_a_look_at_health_writes_nothing():
    store = MemoryStore()
    assert Sandbox().service(store=store).health()
    assert len(store) == 0


def test_the_command_line(tmp_path):
    settings = {
        "providers": [
            {
                "aliyun": {
                    "sign_name": "示例",
                    "templates": {"default": "SMS_1"},
                    "access_key_id": "sandbox-id",
                    "endpoint": "http://127.0.0.1:9",
                    "access_key_secret": "sandbox-secret",
                }
            }
        ],
        "secret": "only for tests: 32 bytes or more",
        "store": f"sqlite:///{tmp_path}/codes.sqlite3",
    }
    path = tmp_path / "sansms.json"
    path.write_text(json.dumps(settings), "utf-8")

    def command(*arguments):
        run = [sys.executable, "-m", "sansms", *arguments, "--settings", str(path)]
        done = subprocess.run(
            run, capture_output=True, encoding="utf-8", check=False, env={"PYTHONIOENCODING": "utf-8"}
        )
        return done.returncode, done.stdout + done.stderr

    status, shown = command("inspect", NUMBER)
    assert status == 0, shown
    assert "recipient.inspected  +86•••••••00" in shown
    assert "  number 5/86400s: 0 used" in shown
    assert "13800138000" not in shown
    assert command("forget", NUMBER)[1].startswith("answered  recipient.forgotten")
    assert command("reset", NUMBER)[0] == 0
    assert command("inspect", "12")[0] == 1
    status, shown = command("health")
    assert (status, shown[:10]) == (0, "store.ok  ")
