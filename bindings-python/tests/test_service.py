"""The service as applications use it, against the sandbox in this process."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import re
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from json import dumps
from types import MappingProxyType

import pytest

from sansms import ConfigError, MemoryStore, Service
from sansms.testing import Clock, Sandbox

NUMBER = "138 0013 8000"
USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}
CANARY = "canary-5f1c-canary-5f1c-canary-5f1c"


@pytest.fixture
def sandbox():
    return Sandbox()


@pytest.fixture
def service(sandbox):
    with sandbox.service() as service:
        yield service


def test_a_code_goes_all_the_way(sandbox, service):
    sent = service.send(NUMBER, **USER)
    assert (sent.kind, sent.ok, sent.to, sent.provider, sent.http_status) == (
        "sent",
        True,
        "+8613800138000",
        "aliyun",
        200,
    )
    assert sent.resend_in == 60
    assert sent.expires_in == 300
    assert sent.message_id
    (message,) = sandbox.outbox
    assert re.fullmatch("[0-9]{6}", message.code)
    assert message.to.endswith("13800138000")
    assert message.code in message.text

    wrong = service.verify(NUMBER, "000000" if message.code != "000000" else "000001", **USER)
    assert (wrong.kind, bool(wrong), wrong.attempts_left, wrong.http_status) == ("wrong_code", False, 2, 400)
    right = service.verify("+86 138-0013-8000", f" {message.code[:3]} {message.code[3:]}", **USER)
    assert (right.kind, bool(right), right.to) == ("verified", True, "+8613800138000")
    assert service.verify(NUMBER, message.code, **USER).kind == "expired"


def test_sixty_seconds_must_pass(sandbox, service):
    assert service.send(NUMBER, **USER)
    sandbox.clock.move(0.5)
    refused = service.send(NUMBER, **USER)
    assert (refused.kind, refused.code, refused.retry_after) == ("limited", "limit.cooldown", 60)
    assert "60 秒" in refused.text_zh
    assert "60 seconds" in refused.text_en
    sandbox.clock.move(59.499)
    assert not service.send(NUMBER, **USER)
    sandbox.clock.move(0.001)
    assert service.send(NUMBER, **USER)


def test_a_resend_carries_the_same_code(sandbox, service):
    service.send(NUMBER, **USER)
    sandbox.clock.move(60)
    service.send(NUMBER, **USER)
    first, second = sandbox.outbox
    assert first.code == second.code


@pytest.mark.parametrize("other", [{"purpose": "login"}, {"session": "t"}])
def test_a_code_is_bound_to_purpose_and_session(sandbox, service, other):
    service.send(NUMBER, **USER)
    code = sandbox.outbox[0].code
    assert service.verify(NUMBER, code, **{**USER, **other}).kind == "expired"
    assert service.verify(NUMBER, code, **USER)


def test_an_idempotency_key_sends_once(sandbox, service):
    first = service.send(NUMBER, **USER, idempotency_key="a")
    again = service.send(NUMBER, **USER, idempotency_key="a")
    assert (first.replayed, again.replayed) == (False, True)
    assert first.ok
    assert again.ok
    assert len(sandbox.outbox) == 1


def test_no_delivery_counts_and_looks_the_same(sandbox, service):
    sent = service.send(NUMBER, **USER, deliver=False)
    assert (sent.kind, sent.ok, sent.resend_in) == ("sent", True, 60)
    assert sandbox.outbox == []
    assert service.send(NUMBER, **USER).kind == "limited"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (None, "input.number."),
        ("", "input.number."),
        ("12345", "input.number."),
        ("我的号码", "input.number."),
        ("1" * 10_000, "input.number."),
    ],
)
def test_a_number_that_cannot_be_is_an_outcome(sandbox, service, typed, code):
    outcome = service.send(typed, **USER)
    assert outcome.kind == "invalid"
    assert outcome.code.startswith(code)
    assert not outcome
    assert outcome.text_zh
    assert outcome.text_en
    assert sandbox.outbox == []


@pytest.mark.parametrize("typed", [None, "", "12", "12345!", "1234567"])
def test_a_code_that_cannot_be_costs_no_try(sandbox, service, typed):
    service.send(NUMBER, **USER)
    for _ in range(5):
        assert service.verify(NUMBER, typed, **USER).kind == "invalid"
    assert service.verify(NUMBER, sandbox.outbox[0].code, **USER)


ODD = ["1380013800\ud800", "\udfff13800138000", True, 1.5, 10**39, 10**4000, -1, [], {"a": 1}, b"13800138000"]


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("typed", ODD, ids=lambda typed: repr(typed)[:20])
def test_whatever_a_client_wrote_is_an_outcome(sandbox, service, typed, awaited):
    def call(action, *arguments, **more):
        done = getattr(service, "a" * awaited + action)(*arguments, **more)
        return asyncio.run(done) if awaited else done

    assert call("send", typed, **USER).code.startswith("input.number.")
    assert call("verify", typed, "123456", **USER).code.startswith("input.number.")
    assert call("verify", NUMBER, typed, **USER).code.startswith("input.code.")
    for action in ("send", "verify"):
        code = ["123456"] * (action == "verify")
        if typed not in (10**39, -1):
            assert call(action, NUMBER, *code, **{**USER, "purpose": typed}).code == "input.purpose"
        if isinstance(typed, (str, int)) and not isinstance(typed, bool):
            assert call(action, NUMBER, *code, **{**USER, "ip": typed}).code == "input.ip"
    for action in ("inspect", "reset", "forget"):
        assert call(action, typed).code.startswith("input.number.")
    assert service.redeem(typed, typed, purpose=typed, ticket_for=typed) is False
    assert service.answer_push("aliyun", typed, b"[]") == (404, "{}")
    if isinstance(typed, str):
        assert service.answer_push(typed, service.receipt_path, b"[]")[0] == 400
        assert service.answer_push("aliyun", service.receipt_path, typed)[0] == 400
        assert call("call", typed, typed).code == "action.input"
    assert sandbox.outbox == []


def test_numbers_of_json_are_their_digits(sandbox, service):
    user = {"purpose": "register", "ip": "203.0.113.7", "session": 7}
    assert service.send(13800138000, **user, device=1, idempotency_key=1)
    assert service.send("13800138000", **{**user, "session": "7"}, idempotency_key="1").replayed
    code = int(sandbox.outbox[0].code)
    while code < 100_000:  # a code that begins with 0 is no number
        sandbox.clock.move(3600)
        service.send(13800138000, **user)
        code = int(sandbox.outbox[-1].code)
    assert service.verify(13800138000, code, **{**user, "session": "7"})


def test_half_a_character_binds_as_well_as_a_whole_one(sandbox, service):
    user = {**USER, "session": "\ud800"}
    assert service.send(NUMBER, **user, idempotency_key="\ud800", device="\ud800")
    code = sandbox.outbox[0].code
    assert service.verify(NUMBER, code, **USER).kind == "expired"
    assert service.verify(NUMBER, code, **user, ticket_for="\ud800").ticket


@pytest.mark.parametrize("written", ["13800138000\nroot logged in", "x" * 16_384, "a b", "登录", "\ud800", ["x"], None])
def test_an_observer_hears_no_purpose_that_cannot_be(sandbox, written):
    heard = []
    with sandbox.service(observer=heard.append) as service:
        for to in (NUMBER, "no number"):
            service.send(to, **{**USER, "purpose": written})
            asyncio.run(service.averify(to, "123456", **{**USER, "purpose": written}))
        service.call("aliyun", written)
        assert [event.purpose for event in heard] == [""] * 5


def test_an_observer_hears_no_purpose_that_is_refused(sandbox):
    heard = []
    with sandbox.service(templates={"register": "SMS_1"}, observer=heard.append) as service:
        for to in ("no number", NUMBER):
            service.send(to, **USER)
        service.send(NUMBER, **{**USER, "purpose": "nothing"})
        service.call("aliyun", "NoSuchAction")
    assert heard[0].purpose == "register"
    assert [(event.code, event.purpose) for event in heard[1:]] == [
        ("sent", "register"),
        ("input.purpose", ""),
        ("action.input", ""),
    ]


def test_what_binds_is_never_left_out_in_silence(service):
    with pytest.raises(TypeError):
        service.send(NUMBER, **{**USER, "session": ["s"]})


def test_an_address_is_required_unless_it_is_off(sandbox):
    asks = {"purpose": "register", "session": "s"}
    outcome = sandbox.service().send(NUMBER, **asks)
    assert (outcome.kind, outcome.code) == ("invalid", "input.ip")
    assert sandbox.service(ip="off").send(NUMBER, **asks)


@pytest.mark.parametrize(
    ("fault", "kind", "delivered"),
    [
        ("timeout_before", "undelivered", 0),
        ("throttle", "undelivered", 0),
        ("unavailable", "undelivered", 0),
        ("server_error", "unknown", 0),
        ("timeout_after", "unknown", 1),
        ("bad_json", "unknown", 1),
    ],
)
def test_faults_of_a_provider_are_outcomes(sandbox, service, fault, kind, delivered):
    sandbox.fault(fault)
    outcome = service.send(NUMBER, **USER)
    assert (outcome.kind, outcome.ok, len(sandbox.outbox)) == (kind, False, delivered)
    if delivered:
        assert service.verify(NUMBER, sandbox.outbox[0].code, **USER)


def test_no_fault_of_that_name(sandbox):
    with pytest.raises(ValueError, match="no such fault"):
        sandbox.fault("nothing")


def test_a_store_that_is_down_refuses(sandbox):
    class Down:
        def run(self, ops, timeout):
            raise ConnectionError(CANARY)

    outcome = sandbox.service(store=Down()).send(NUMBER, **USER)
    assert (outcome.kind, outcome.code, outcome.http_status) == ("unavailable", "store.down", 503)
    assert sandbox.outbox == []


def test_a_ticket_says_what_was_verified(sandbox, service):
    service.send(NUMBER, **USER)
    done = service.verify(NUMBER, sandbox.outbox[0].code, **USER, ticket_for="order 7")
    bound = {"purpose": "register", "ticket_for": "order 7"}
    assert done.ticket
    assert service.redeem(done.ticket, NUMBER, **bound)
    assert not service.redeem(done.ticket, "13800138001", **bound)
    assert not service.redeem(done.ticket, NUMBER, **{**bound, "ticket_for": "order 8"})
    assert not service.redeem(done.ticket, NUMBER, **{**bound, "purpose": "login"})
    assert not service.redeem("", NUMBER, **bound)
    sandbox.clock.move(24 * 3600)
    assert not service.redeem(done.ticket, NUMBER, **bound)


def test_closing_closes_the_transport_and_the_store():
    closed = []

    class Part:
        def __init__(self, name):
            self.name = name

        def __call__(self, *_):
            raise AssertionError

        def run(self, ops, timeout):
            raise AssertionError

        def close(self):
            closed.append(self.name)

    with Service(providers=aliyun(), secret=CANARY, transport=Part("transport"), store=Part("store")) as service:
        assert closed == []
    assert closed == ["transport", "store"]
    service.close()
    Service(providers=aliyun(), secret=CANARY).close()


def test_the_store_is_given_the_time_that_was_set(sandbox):
    given = []

    class Store:
        def run(self, ops, timeout):
            given.append(timeout)
            raise TimeoutError

    sandbox.service(store=Store(), store_timeout=0.25).send(NUMBER, **USER)
    assert given[0] == pytest.approx(0.225)


def test_a_send_that_finds_a_partition_busy_to_the_end_costs_its_address_nothing(sandbox):
    class Store(MemoryStore):
        waves = 0

        def run(self, ops, timeout):
            self.waves += 1
            if self.waves == 2:  # the first is the address's
                time.sleep(timeout)
                return ["refused busy"] * len(ops)
            return super().run(ops, timeout)

    store = Store(clock=sandbox.clock)
    service = sandbox.service(store=store, store_timeout=0.3, policy={"ip": ["1/24h"]})
    assert service.send(NUMBER, **USER).code == "limit.busy"
    assert service.send(NUMBER, **USER).code == "sent"


def test_the_clock_and_the_entropy_are_the_systems():
    service = Service(providers=aliyun(), secret=CANARY)
    assert service._clock is time.time
    assert service._entropy is os.urandom


def test_a_device_is_counted(sandbox):
    service = sandbox.service(policy={"device": ["1/24h"]})
    assert service.send(NUMBER, **USER, device="d")
    refused = service.send("13800138001", **USER, device="d")
    assert refused.code == "limit.device"


def test_equal_seeds_give_equal_codes():
    def code(seed):
        sandbox = Sandbox(seed=seed)
        sandbox.service().send(NUMBER, **USER)
        return sandbox.outbox[0].code

    assert code(b"1") == code(b"1") != code(b"2")


@pytest.mark.parametrize(("policy", "allowed"), [({}, 1), ({"cooldown_s": 0}, 5)])
def test_64_threads_get_exactly_what_the_rule_allows(sandbox, policy, allowed):
    service = sandbox.service(policy={"ip": ["1000/24h"], "ip_attempts": ["1000/10m"], **policy})
    start = threading.Barrier(64)

    def send(thread):
        start.wait()
        return service.send(NUMBER, **{**USER, "session": f"s{thread % 4}"}, deliver=thread == 0).kind

    with ThreadPoolExecutor(64) as pool:
        kinds = list(pool.map(send, range(64)))
    assert (kinds.count("sent"), kinds.count("limited")) == (allowed, 64 - allowed)
    assert len(sandbox.outbox) <= 1


def test_64_threads_with_the_right_code_match_once(sandbox, service):
    service.send(NUMBER, **USER)
    code = sandbox.outbox[0].code
    start = threading.Barrier(64)

    def verify(thread):
        start.wait()
        return service.verify(NUMBER, code, **{**USER, "ip": f"203.0.113.{thread}"}).kind

    with ThreadPoolExecutor(64) as pool:
        kinds = list(pool.map(verify, range(64)))
    assert sorted(set(kinds)) == ["expired", "verified"]
    assert kinds.count("verified") == 1


# Configuration


async def hear(*_):
    raise AssertionError


class Hearing:
    async def __call__(self, *_):
        raise AssertionError


def aliyun(**changes):
    options = {"access_key_id": "an-id", "access_key_secret": CANARY, "sign_name": "a", "templates": {"a": "SMS_1"}}
    return [{"aliyun": {**options, **changes}}]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"providers": aliyun()}, "secret"),
        ({"providers": aliyun(), "secret": CANARY[:31]}, "secret"),
        ({"providers": aliyun(sign_name=""), "secret": CANARY}, "providers[0].aliyun.sign_name"),
        ({"providers": aliyun(sgin_name="a"), "secret": CANARY}, "providers[0].aliyun.sgin_name"),
        ({"providers": aliyun(), "secret": CANARY, "budget_per_dya": 1}, "budget_per_dya"),
        ({"providers": aliyun(), "secret": CANARY.encode()}, "secret"),
        ({"providers": aliyun(), "secret": CANARY + "\ud800"}, "secret"),
        ({"providers": aliyun(sign_name=b"a"), "secret": CANARY}, "providers[0].aliyun.sign_name"),
        ({"providers": aliyun(templates={1: "a"}), "secret": CANARY}, "providers[0].aliyun.templates"),
        ({"providers": {"aliyun": {"credentials": len}}, "secret": CANARY}, "providers.aliyun.credentials"),
        ({"providers": (each for each in aliyun()), "secret": CANARY}, "providers"),
        ({"providers": aliyun(), "secret": CANARY, "phone": {"countries": {"CN"}}}, "phone.countries"),
        ({"providers": aliyun(), "secret": CANARY, "budget_per_day": float("nan")}, "budget_per_day"),
        ({"providers": aliyun(), "secret": CANARY, "budget_per_day": float("-inf")}, "budget_per_day"),
        ({"providers": aliyun(), "secret": CANARY, "env": [CANARY]}, "env"),
        ({"providers": aliyun(), "secret": CANARY, "store_timeout": "1"}, "store_timeout"),
        ({"providers": aliyun(), "secret": CANARY, "store_timeout": None}, "store_timeout"),
        ({"providers": aliyun(), "secret": CANARY, "store_timeout": True}, "store_timeout"),
        ({"providers": aliyun(), "secret": CANARY, "store_timeout": -1}, "store_timeout"),
        ({"providers": aliyun(), "secret": CANARY, "store_timeout": float("nan")}, "store_timeout"),
        ({"providers": aliyun(), "secret": CANARY, "observer": "x"}, "observer"),
        ({"providers": aliyun(), "secret": CANARY, "observer": hear}, "observer"),
        ({"providers": aliyun(), "secret": CANARY, "observer": partial(hear, 1)}, "observer"),
        ({"providers": aliyun(), "secret": CANARY, "transport": "y"}, "transport"),
        ({"providers": aliyun(), "secret": CANARY, "transport": Hearing()}, "transport"),
        ({"providers": aliyun(), "secret": CANARY, "async_transport": "y"}, "async_transport"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(options, option, monkeypatch):
    monkeypatch.delenv("SANSMS_SECRET", raising=False)
    try:
        Service(**options)
    except ConfigError as error:
        caught = error
    assert caught.option == option
    assert caught.code.startswith("config.")
    shown = "".join(traceback.TracebackException.from_exception(caught).format()) + repr(caught) + str(caught)
    assert option in shown
    assert "canary" not in shown
    frames = traceback.walk_tb(caught.__traceback__)
    ours = [frame.f_locals for frame, _ in frames if "site-packages" in frame.f_code.co_filename]
    assert ours
    assert "canary" not in repr(ours)


def test_options_may_be_any_mapping():
    options = {"sign_name": "a", "templates": MappingProxyType({"a": "SMS_1"}), "credentials": lambda: None}
    providers = (MappingProxyType({"aliyun": MappingProxyType(options)}),)
    Service(providers=providers, secret=CANARY, env=os.environ, policy=MappingProxyType({"number": ("5/24h",)}))


def test_keys_come_from_the_environment(monkeypatch):
    provider = [{"aliyun": {"sign_name": "a", "templates": {"a": "SMS_1"}}}]
    monkeypatch.delenv("SANSMS_SECRET", raising=False)
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    with pytest.raises(ConfigError) as missing:
        Service(providers=provider, secret=CANARY)
    assert missing.value.env == "ALIBABA_CLOUD_ACCESS_KEY_ID"
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in str(missing.value)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    monkeypatch.setenv("SANSMS_SECRET", CANARY)
    Service(providers=provider)


@pytest.mark.parametrize("endpoint", ["http://host.example", "http://127.0.0.1:1"])
def test_real_keys_never_go_out_in_clear(endpoint):
    with pytest.raises(ConfigError) as error:
        Service(providers=aliyun(endpoint=endpoint), secret=CANARY)
    assert error.value.option.startswith("providers[0].aliyun.")


def test_sandbox_keys_never_go_to_a_real_host():
    with pytest.raises(ConfigError) as error:
        Service(providers=aliyun(access_key_id="sandbox-id"), secret=CANARY)
    assert error.value.option == "providers[0].aliyun.access_key_id"


# What must not be seen


def test_no_secret_number_or_code_in_any_log_or_repr(caplog):
    caplog.set_level(logging.DEBUG)
    keys = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-" + CANARY}
    sandbox, shown = Sandbox(config=dumps({"aliyun": keys})), io.StringIO()
    store = MemoryStore(clock=sandbox.clock)
    provider = aliyun(**keys, endpoint="http://127.0.0.1", sign_name="示例")
    service = sandbox.service(store=store, secret=CANARY, providers=provider)
    user = {**USER, "purpose": "a"}
    outcomes = [service.send(NUMBER, **user), service.send(NUMBER, **user)]
    code = sandbox.outbox[0].code
    outcomes += [service.verify(NUMBER, guess, **user) for guess in ("000000", code, code, "", None)]
    for thing in (*outcomes, service, store, sandbox, *sandbox.outbox, service._engine, service._engine.send):
        print(repr(thing), str(thing), file=shown)
    text = shown.getvalue() + caplog.text
    assert not re.search(f"canary|138 ?0013 ?8000|{code}", text)
    assert "+86" in text


def test_a_clock_is_in_seconds():
    clock = Clock(10.0)
    clock.move(2.5)
    assert clock() == 12.5
