"""Keys that the application gives at each use."""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import pickle
import threading
import traceback

import pytest

from sansms import ConfigError, Credentials, aliyun, aliyun_auth, aliyun_mail, gateway, tencent
from sansms import _credentials as module
from sansms.testing import Sandbox

USER = {"purpose": "register", "ip": "203.0.113.7"}
KEY = Credentials("sandbox-id", "sandbox-secret")
HERE = {"endpoint": "http://127.0.0.1"}
MAIL = {"default": {"subject": "Your code", "text": "{code}"}}
KINDS = {
    "aliyun": functools.partial(aliyun, sign_name="示例", templates={"default": "SMS_1"}, **HERE),
    "aliyun_auth": functools.partial(aliyun_auth, sign_name="示例", templates={"default": "100001"}, **HERE),
    "aliyun_mail": functools.partial(aliyun_mail, account_name="no-reply@mail.example.com", templates=MAIL, **HERE),
    "tencent": functools.partial(
        tencent, sdk_app_id="1400000000", sign_name="示例", templates={"default": "1"}, **HERE
    ),
    "gateway": functools.partial(
        gateway, preset="form-hmac", url="http://127.0.0.1/gateway/form-hmac", templates={"default": "T1"}
    ),
}


def give() -> Credentials:
    return KEY


async def agive() -> Credentials:
    await asyncio.sleep(0)
    return KEY


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_provider_asks_at_each_use(kind):
    asked = []

    def fetch():
        asked.append(threading.current_thread().name)
        return KEY

    sandbox = Sandbox()
    service = sandbox.service(providers=[KINDS[kind](credentials=fetch, name="mine")])
    to = "tom@example.com" if kind == "aliyun_mail" else "13800138000"
    sent = service.send(to, **USER)
    assert sent, (sent.code, sent.events)
    assert sent.provider == "mine"
    assert sent.send_id
    params = sandbox.outbox[-1].fields["params"]
    assert service.verify(to, params.get("code") or params["1"], **USER)
    assert len(asked) == (2 if kind == "aliyun_auth" else 1)


@pytest.mark.parametrize("fetch", [give, agive, functools.partial(agive), lambda: agive(), KEY])
def test_asyncio_takes_either(fetch):
    async def main():
        sandbox = Sandbox()
        service = sandbox.service(providers=[KINDS["aliyun"](credentials=fetch)])
        return await service.asend("13800138000", **USER)

    assert asyncio.run(main())


def test_a_plain_mapping_takes_them_too_and_a_call_asks():
    options = {"sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"default": "1"}, **HERE}
    service = Sandbox().service(providers=[{"tencent": {**options, "credentials": give}}])
    assert service.call("tencent", "PullSmsSendStatus", {"Limit": 10}).kind == "answered"


def fails():
    raise RuntimeError("canary")


def altered(**parts):
    key = Credentials("sandbox-id", "sandbox-secret")
    for name, part in parts.items():
        setattr(key, name, part)
    return key


@pytest.mark.parametrize(
    ("fetch", "named"),
    [
        (fails, "RuntimeError"),
        (lambda: ("sandbox-id", "canary"), "TypeError"),
        (lambda: Credentials("sandbox-id", ""), None),
        (lambda: Credentials(b"canary", "sandbox-secret"), "TypeError"),
        (lambda: agive(), "TypeError"),
        (lambda: Credentials("sandbox-id", "canary\udcff"), "TypeError"),
        (lambda: altered(secret=7), "TypeError"),
        (lambda: altered(id=None), "TypeError"),
        (lambda: io.StringIO, "TypeError"),
    ],
)
def test_a_key_that_cannot_be_had_is_said_and_passed_over(fetch, named, caplog):
    sandbox = Sandbox()
    service = sandbox.service(providers=[KINDS["aliyun"](credentials=fetch)])
    with caplog.at_level(logging.WARNING):
        outcome = service.send("13800138000", **USER)
    assert (outcome.kind, outcome.code) == ("undelivered", "provider.unavailable")
    assert outcome.events == ["provider.unavailable aliyun provider.credentials"]
    assert [record.getMessage() for record in caplog.records] == (
        [f"the credentials of aliyun raised {named}"] if named else []
    )
    assert "canary" not in caplog.text
    assert sandbox.outbox == []

    service = sandbox.service(providers=[KINDS["aliyun"](credentials=fetch), KINDS["tencent"](credentials=KEY)])
    assert service.send("13800138000", **USER).provider == "tencent"


@pytest.mark.parametrize("asyncio_too", [False, True])
def test_who_is_late_is_passed_over(asyncio_too, monkeypatch, caplog):
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    late = threading.Event()

    def fetch():
        late.wait(60)
        return KEY

    service = Sandbox().service(providers=[KINDS["aliyun"](credentials=fetch)])
    call = ("13800138000",)
    outcome = asyncio.run(service.asend(*call, **USER)) if asyncio_too else service.send(*call, **USER)
    late.set()
    assert outcome.events == ["provider.unavailable aliyun provider.credentials"]
    assert "raised TimeoutError" in caplog.text


@pytest.mark.parametrize("asyncio_too", [False, True])
def test_without_a_thread_to_ask_in_there_is_no_key(asyncio_too, monkeypatch, caplog):
    class Crowded(threading.Thread):
        def start(self):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "Thread", Crowded)
    service = Sandbox().service(providers=[KINDS["aliyun"](credentials=give)])
    call = ("13800138000",)
    outcome = asyncio.run(service.asend(*call, **USER)) if asyncio_too else service.send(*call, **USER)
    assert outcome.events == ["provider.unavailable aliyun provider.credentials"]
    assert "raised RuntimeError" in caplog.text


@pytest.mark.parametrize(
    ("credentials", "option", "message"),
    [
        ("host", "providers[0].aliyun.credentials", "must be a callable"),
        (7, "providers[0].aliyun.credentials", "must be a callable"),
        (Credentials("", "s"), "providers[0].aliyun.credentials", "must not be empty"),
        (Credentials("i", "canary "), "providers[0].aliyun.credentials", "white space"),
        (Credentials("i", "s", "\n"), "providers[0].aliyun.credentials", "white space"),
        (Credentials("i", "s", ""), "providers[0].aliyun.credentials", "must not be empty"),
        (Credentials("i", "canary\uff21"), "providers[0].aliyun.credentials", "must be ASCII"),
        (Credentials("i", "canary\udcff"), "providers[0].aliyun.credentials", "must be ASCII"),
    ],
)
def test_what_cannot_be_a_key_is_refused_at_the_start(credentials, option, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Sandbox().service(providers=[KINDS["aliyun"](credentials=credentials)])
    assert caught.value.option == option
    assert "canary" not in "".join(traceback.format_exception(None, caught.value, None))


def test_a_key_beside_them_and_two_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="goes alone"):
        Sandbox().service(providers=[KINDS["aliyun"](credentials=give, access_key_id="sandbox-id")])
    two = [KINDS["aliyun"](credentials=give), KINDS["aliyun"](credentials=fails)]
    with pytest.raises(ConfigError) as caught:
        Sandbox().service(providers=two)
    assert caught.value.option == "providers[1].aliyun.name"
    Sandbox().service(providers=[KINDS["aliyun"](credentials=give), KINDS["aliyun"](credentials=give)])


def test_an_async_callable_serves_asyncio_only():
    service = Sandbox().service(providers=[KINDS["aliyun"](credentials=agive)])
    with pytest.raises(ConfigError, match="serves asend, averify and acall only"):
        service.send("13800138000", **USER)


def test_nothing_shows_a_key():
    key = Credentials("canary-id", "canary-secret", "canary-token")
    service = Sandbox().service(providers=[KINDS["aliyun"](credentials=key)])
    for shown in (repr(key), str(key), repr(service), repr(service._keys), repr(vars(service._keys))):
        assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)
