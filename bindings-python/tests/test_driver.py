"""The loop between a flow, a store and a transport; the flow here is a list of steps."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from sansms import DriveError, TransportFault
from sansms._core import Engine
from sansms._driver import no_key, run
from sansms.testing import Sandbox

STORE = ("store", 1, [("a", "take 1"), ("b", "take 2")])
HTTP = ("http", 2, "POST", "https://host.example/?x=13800138000", [("a", "b")], b"body", 1500, 4096)


class Script:
    """A flow that asks for `steps` in turn, whatever it hears, and keeps what it heard."""

    def __init__(self, *steps):
        self.steps = [*steps, ("done", "the outcome")]
        self.heard = []

    def start(self, now_ms):
        self.heard.append(("start", now_ms))
        return self.steps.pop(0)

    def resume(self, id, reply, now_ms):
        self.heard.append((id, reply, now_ms))
        return self.steps.pop(0)


class Store:
    def __init__(self, answer=("ok 1", None), takes=0.0):
        self.answer, self.takes, self.asked = answer, takes, []

    def run(self, ops, timeout):
        self.asked.append((ops, timeout))
        time.sleep(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return list(self.answer)


def drive(flow, *, transport=None, store=None, store_timeout=1.0, fetch=no_key):
    ticks = iter(range(1000, 2000))
    return run(
        flow,
        transport=transport or (lambda *_: (200, [], b"")),
        store=store or Store(),
        now_ms=lambda: next(ticks),
        store_timeout=store_timeout,
        fetch=fetch,
    )


def test_a_key_is_fetched_for_its_provider():
    flow = Script(("credentials", 3, "vault"), ("credentials", 4, "other"))
    assert drive(flow, fetch=lambda name: ("credentials", name, "s", None)) == "the outcome"
    assert [heard[1][:2] for heard in flow.heard[1:]] == [("credentials", "vault"), ("credentials", "other")]
    flow = Script(("credentials", 3, "vault"))
    drive(flow)
    assert flow.heard[1][1] == ("credentials_fault",)


def test_a_flow_is_carried_to_its_outcome():
    flow, store, calls = Script(STORE, HTTP), Store(), []

    def transport(*call):
        calls.append(call)
        return 200, [("retry-after", "1")], b"{}"

    assert drive(flow, transport=transport, store=store) == "the outcome"
    assert flow.heard == [
        ("start", 1000),
        (1, ("store", ["ok 1", None]), 1001),
        (2, ("http", 200, [("retry-after", "1")], b"{}"), 1002),
    ]
    assert calls == [("POST", "https://host.example/?x=13800138000", [("a", "b")], b"body", 1.5, 4096)]
    assert store.asked[0][0] == [("a", "take 1"), ("b", "take 2")]


@pytest.mark.parametrize("sent", [True, False])
def test_a_transport_fault_keeps_its_bit(sent):
    def transport(*_):
        raise TransportFault(sent=sent)

    flow = Script(HTTP)
    drive(flow, transport=transport)
    assert flow.heard[1][1] == ("http_fault", sent)


def test_an_unknown_error_of_a_transport_counts_as_sent(caplog):
    def transport(*call):
        raise OSError(f"failed: {call}")

    caplog.set_level(logging.DEBUG)
    flow = Script(HTTP)
    drive(flow, transport=transport)
    assert flow.heard[1][1] == ("http_fault", True)
    assert caplog.messages == ["the transport raised OSError"]


def test_an_error_of_a_store_is_a_fault_and_its_text_is_not_logged(caplog):
    caplog.set_level(logging.DEBUG)
    flow = Script(STORE)
    drive(flow, store=Store(ConnectionError("redis://:canary@host")))
    assert flow.heard[1][1] == ("store_fault",)
    assert caplog.messages == ["the store raised ConnectionError"]


def test_an_interruption_is_not_swallowed():
    def transport(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(Script(HTTP), transport=transport)


def test_one_deadline_spans_all_store_steps():
    flow, store = Script(STORE, STORE, HTTP, STORE), Store(takes=0.6)
    drive(flow, store=store, store_timeout=1.0)
    first, second = (timeout for _, timeout in store.asked)
    assert first == pytest.approx(0.9)
    assert 0.0 < second < 0.37
    assert [reply[0] for _, reply, _ in flow.heard[1:]] == ["store", "store", "http", "store_fault"]


def test_a_step_that_is_late_leaves_time_to_give_back_what_was_taken():
    class Late(Store):
        def run(self, ops, timeout):
            time.sleep(timeout)
            return super().run(ops, timeout)

    flow, store = Script(STORE, STORE), Late()
    drive(flow, store=store, store_timeout=1.0)
    assert [reply[0] for _, reply, _ in flow.heard[1:]] == ["store", "store"]


def test_time_spent_on_http_is_not_the_stores():
    def transport(*_):
        time.sleep(1.1)
        return 200, [], b""

    flow, store = Script(STORE, HTTP, STORE), Store()
    drive(flow, transport=transport, store=store, store_timeout=1.0)
    assert flow.heard[3][1][0] == "store"


CONFIG = """{"secret": "0123456789abcdef0123456789abcdef", "ip": "off", "providers": [{"aliyun": {
  "access_key_id": "an-id", "access_key_secret": "a-secret", "sign_name": "阿猫",
  "templates": {"login": "SMS_1"}}}]}"""


@pytest.fixture
def flow():
    return Engine(CONFIG).send("13800138000", purpose="login", seed=bytes(32))


def test_a_bug_in_a_driver_is_an_exception_with_a_code(flow):
    with pytest.raises(DriveError) as early:
        flow.resume(1, ("store_fault",), 1_800_000_000_000)
    assert early.value.code == "drive.not_started"
    _, step_id, _ = flow.start(1_800_000_000_000)
    for call, code in [
        (lambda: flow.start(1_800_000_000_000), "drive.already_started"),
        (lambda: flow.resume(step_id + 7, ("store_fault",), 1_800_000_000_000), "drive.wrong_id"),
        (lambda: flow.resume(step_id, ("http_fault", True), 1_800_000_000_000), "drive.wrong_kind"),
    ]:
        with pytest.raises(DriveError) as caught:
            call()
        assert caught.value.code == code
    step = ("store", step_id)
    while step[0] != "done":
        step = flow.resume(step[1], ("store_fault",), 1_800_000_000_000)
    with pytest.raises(DriveError) as late:
        flow.resume(step_id, ("store_fault",), 1_800_000_000_000)
    assert late.value.code == "drive.finished"


@pytest.mark.parametrize(
    "reply", [("nothing",), (), ("http", 200), ("http", 70000, [], b""), ("store", "ab"), ("store", [1]), None]
)
def test_a_reply_of_the_wrong_shape_is_refused(flow, reply):
    flow.start(1_800_000_000_000)
    with pytest.raises((TypeError, ValueError, IndexError, OverflowError, DriveError)):
        flow.resume(1, reply, 1_800_000_000_000)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        None,
        200,
        (200, []),
        ("200", [], b"{}"),
        (70000, [], b"{}"),
        (200, None, b"{}"),
        (200, [("a", 1)], b"{}"),
        (200, [("a", "\ud800")], b"{}"),
        (200, [], "{}"),
        (200, [], None),
    ],
)
def test_a_transports_answer_that_is_no_reply_is_none_and_the_request_may_have_left(reply, asynchronous, caplog):
    class Odd(Sandbox):
        def exchange(self, *_):
            return reply

        async def aexchange(self, *_):
            return reply

    with Odd().service() as service:
        who = {"to": "13800138000", "purpose": "register", "ip": "203.0.113.7"}
        outcome = asyncio.run(service.asend(**who)) if asynchronous else service.send(**who)
    assert outcome.kind == "unknown"
    assert [message.split(" raised ")[0].removesuffix("'s reply") for message in caplog.messages] == ["the transport"]


@pytest.mark.parametrize("replies", [None, 7, "ab", [7], ["\ud800"]])
def test_a_stores_answer_that_is_no_replies_is_a_fault(replies, caplog):
    class Odd:
        def run(self, ops, timeout):
            return replies

    with Sandbox().service(store=Odd()) as service:
        assert service.send("13800138000", purpose="register", ip="203.0.113.7").kind == "unavailable"
    assert {message.split(" raised ")[0] for message in caplog.messages} == {"the store's reply"}


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_is_32_bytes(seed):
    with pytest.raises((TypeError, ValueError)):
        Engine(CONFIG).send("13800138000", purpose="login", seed=seed)
