"""A second store while the first one fails."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from contextlib import closing

import pytest

from sansms import ConfigError, MemoryStore
from sansms.stores import FallbackStore
from sansms.testing import Clock, Sandbox, conformance
from servers import RedisServer, SlowRedis, executable

NUMBER = "13800138000"
USER = {"purpose": "register", "ip": "203.0.113.7"}
OP = ("sansms:1:n:number:x", "reserve 0000000000000001 1:l:1:1000:s")


class Shaky:
    """A store in memory that fails when it is told to; `asked` counts the calls."""

    def __init__(self, clock=time.time):
        self.inner = MemoryStore(clock=clock)
        self.fails = False
        self.asked = 0
        self.timeouts = []

    def run(self, ops, timeout):
        self.asked += 1
        self.timeouts.append(timeout)
        if self.fails == "none":
            return [None] * len(ops)
        if self.fails:
            raise ConnectionError
        return self.inner.run(ops, timeout)


class World:
    def __init__(self, **options):
        self.sandbox = Sandbox()
        self.clock = self.sandbox.clock
        self.primary, self.fallback = Shaky(self.clock), Shaky(self.clock)
        self.heard = []
        self.store = FallbackStore(self.primary, self.fallback, clock=self.clock, **options)
        self.service = self.sandbox.service(store=self.store, observer=lambda event: self.heard.extend(event.events))

    def send(self):
        return self.service.send(NUMBER, **USER)

    def verify(self, code=None):
        return self.service.verify(NUMBER, code or self.sandbox.outbox[-1].code, **USER)


@pytest.fixture(params=["run", "arun"])
def ask(request):
    """Runs operations at a store, blocking or awaited."""
    if request.param == "run":
        return lambda store, ops, timeout=1.0: store.run(ops, timeout)
    return lambda store, ops, timeout=1.0: asyncio.run(store.arun(ops, timeout))


def test_nothing_is_asked_twice_while_all_is_well():
    world = World()
    assert world.send()
    assert world.verify()
    assert world.fallback.asked == 0
    assert world.heard == []


@pytest.mark.parametrize("how", [True, "none"])
def test_an_outage_is_bridged_and_told_once(how, caplog):
    world = World()
    world.primary.fails = how
    with caplog.at_level(logging.WARNING, "sansms"):
        assert world.send()
        asked = world.primary.asked
        assert world.verify().kind == "verified"
    assert world.primary.asked == asked == 1
    assert world.heard == ["store.fallback"]
    assert sum("store.fallback" in record.getMessage() for record in caplog.records) == 1
    # Limits count at the fallback, too.
    assert world.send().code == "limit.cooldown"


def test_the_first_store_is_tried_again_by_one_call(ask):
    clock = Clock()
    primary, fallback = Shaky(clock), Shaky(clock)
    switched = []
    store = FallbackStore(primary, fallback, for_s=30, clock=clock, on_switch=switched.append)
    primary.fails = True
    assert ask(store, [OP]) == ["granted 1000"]
    clock.move(29.9)
    ask(store, [OP])
    assert primary.asked == 1
    clock.move(0.2)
    ask(store, [OP])
    ask(store, [OP])
    assert primary.asked == 2
    primary.fails = False
    clock.move(30.1)
    assert ask(store, [OP]) == ["granted 1000"]
    ask(store, [OP])
    assert primary.asked == 4
    assert switched == ["store.fallback", "store.back"]
    assert store.take_events() == switched
    assert store.take_events() == []


def test_while_one_tries_no_other_waits(ask):
    clock, fallback, others = Clock(), Shaky(), []

    class Slow:
        def run(self, ops, timeout):
            if clock.now > 1_800_000_000:
                others.append(store.run([OP], timeout))  # what another thread does meanwhile
            raise ConnectionError

    store = FallbackStore(Slow(), fallback, clock=clock)
    ask(store, [OP])
    clock.move(31)
    ask(store, [OP])
    assert len(others) == 1
    assert fallback.asked == 3


def test_a_code_sent_during_an_outage_is_checked_after_it():
    world = World()
    world.primary.fails = True
    assert world.send()
    world.primary.fails = False
    world.clock.move(31)
    wrong = "000000" if world.sandbox.outbox[-1].code != "000000" else "111111"
    assert (world.verify(wrong).kind, world.verify(wrong).attempts_left) == ("wrong_code", 1)
    assert world.verify().kind == "verified"
    assert world.verify().kind == "expired"
    assert world.heard == ["store.fallback", "store.back"]


def test_a_code_sent_before_an_outage_waits_for_its_end():
    world = World()
    assert world.send()
    world.primary.fails = True
    during = world.verify()
    assert (during.code, during.retry_after) == ("store.down", 5)
    world.primary.fails = False
    world.clock.move(31)
    assert world.verify().kind == "verified"
    # After ten minutes no code of before can live, so what isn't here is nowhere.
    world.primary.fails = True
    world.clock.move(600)
    assert world.verify().code == "store.down"
    world.clock.move(601)
    assert world.verify().kind == "expired"


def test_the_check_that_meets_the_outage_is_no_answer_either():
    world = World()
    world.service = world.sandbox.service(store=world.store, ip="off")
    assert world.service.send(NUMBER, purpose="register")
    world.primary.fails = True
    code = world.sandbox.outbox[-1].code
    assert world.service.verify(NUMBER, code, purpose="register").code == "store.down"


def test_an_operation_that_failed_goes_to_the_fallback_alone(ask):
    class Half(Shaky):
        def run(self, ops, timeout):
            return [None, *super().run(ops[1:], timeout)]

    primary, fallback = Half(), Shaky()
    other = ("sansms:1:n:number:y", OP[1])
    store = FallbackStore(primary, fallback)
    assert ask(store, [OP, other]) == ["granted 1000"] * 2
    assert (len(primary.inner), len(fallback.inner)) == (1, 1)
    assert store.take_events() == []


@pytest.mark.parametrize("ip", ["required", "off"])
def test_a_code_that_was_stored_without_a_word_is_not_stored_twice(ip):
    """In both stores it could be spent in each."""
    world = World()
    world.service = world.sandbox.service(store=world.store, ip=ip)

    class Mute(Shaky):
        def run(self, ops, timeout):
            replies = super().run(ops, timeout)
            if self.mute and any(":number:" in key for key, _ in ops):
                raise TimeoutError
            return replies

    primary = Mute(world.clock)
    primary.mute = True
    world.store._primary = primary
    assert world.send().code == "store.down"
    assert world.send().ok
    assert world.verify().kind == "verified"
    primary.mute = False
    world.clock.move(31)
    assert not world.verify().ok
    assert len(world.sandbox.outbox) == 1


def test_a_refusal_is_an_answer(ask):
    class Ahead:
        def run(self, ops, timeout):
            return ["refused clock"] * len(ops)

    fallback = Shaky()
    assert ask(FallbackStore(Ahead(), fallback), [OP]) == ["refused clock"]
    assert fallback.asked == 0


def test_a_wrong_setting_is_told_and_not_hidden(ask):
    class Wrong:
        def run(self, ops, timeout):
            raise ConfigError("config.value", "store", "evicts")

    with pytest.raises(ConfigError):
        ask(FallbackStore(Wrong(), MemoryStore()), [OP])


def test_when_both_fail_so_does_the_call(ask):
    primary, fallback = Shaky(), Shaky()
    primary.fails = fallback.fails = True
    store = FallbackStore(primary, fallback)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            ask(store, [OP])


def test_a_fallback_that_fails_takes_nothing_away(ask):
    primary, fallback = Shaky(), Shaky()
    fallback.fails = True
    check = ("sansms:1:n:number:x", "check 00000001 0000000000000001 2:1000:1 00000000:" + "0" * 32)
    assert ask(FallbackStore(primary, fallback), [check]) == ["gone"]
    assert fallback.asked == 1


def test_the_first_store_has_half_of_the_time_and_the_fallback_the_rest(ask):
    class Slow(Shaky):
        def run(self, ops, timeout):
            self.timeouts.append(timeout)
            time.sleep(timeout)
            raise TimeoutError

    primary, fallback = Slow(), Shaky()
    ask(FallbackStore(primary, fallback), [OP], 0.2)
    assert 0.05 < primary.timeouts[0] <= 0.1  # less what it took to find a thread
    assert 0 < fallback.timeouts[0] <= 0.1


def test_what_is_no_store_is_refused():
    with pytest.raises(ConfigError, match=r"store\.fallback"):
        FallbackStore("memory://", 7)
    with pytest.raises(ConfigError, match=r"store\.for_s"):
        FallbackStore("memory://", "memory://", for_s=0)


@pytest.mark.parametrize("case", conformance.CASES[::5], ids=str)
def test_conformance(case):
    clock = Clock()
    case(FallbackStore(MemoryStore(clock=clock), "memory://"), clock)


def test_a_redis_that_stands_still_is_bridged_within_the_deadline(redis_url, namespace, tmp_path):
    sandbox, clock = Sandbox(), Clock()
    with (
        RedisServer(executable(redis_url), tmp_path) as server,
        closing(FallbackStore(server.url, redis_url, clock=clock)) as store,
    ):
        process = server.process
        service = sandbox.service(store=store, namespace=namespace)
        assert service.send(NUMBER, **USER)
        process.send_signal(signal.SIGSTOP)
        # The deadline of a second has room for both: a try of the first, and all waves at the other.
        assert service.send("13800138001", **USER).ok
        assert service.verify("13800138001", sandbox.outbox[-1].code, **USER).ok
        assert store.take_events() == ["store.fallback"]
        process.send_signal(signal.SIGCONT)
        clock.move(31)
        assert service.verify(NUMBER, sandbox.outbox[0].code, **USER).ok
        assert store.take_events() == ["store.back"]


@pytest.mark.parametrize("way", ["send", "asend"])
def test_a_redis_that_never_answers_is_bridged_at_the_first_call(way):
    """Its connection is new, and half of the deadline is for that as well."""
    sandbox, outcomes = Sandbox(), []
    with closing(SlowRedis(late_s=30)) as silent, closing(FallbackStore(silent.url, "memory://")) as store:
        service = sandbox.service(store=store)

        async def asend():
            outcomes.append(await service.asend(NUMBER, **USER))
            await service.aclose()

        if way == "asend":
            asyncio.run(asend())
        else:
            outcomes.append(service.send(NUMBER, **USER))
        assert outcomes[0].code == "sent"
        assert store.take_events() == ["store.fallback"]
        assert silent.replies == 0
