"""Several hosts at one store: clocks that differ, one idempotency key, peppers that rotate, releases side by side."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from sansms.stores import RedisClusterStore, from_url
from sansms.testing import Sandbox

NUMBER = "13800138000"
USER = {"purpose": "register", "ip": "203.0.113.7"}
SHIFTS_S = [0, 2, -2, 300, -300, 3600, -3600]
LOOSE = {"cooldown_s": 0, "number": [], "ip": [], "ip_attempts": []}


@pytest.fixture(params=["redis", "cluster", "postgres", "mariadb"])
def store(request):
    url = request.getfixturevalue(f"{request.param}_url")
    with closing(RedisClusterStore(url) if request.param == "cluster" else from_url(url)) as store:
        yield store


@pytest.fixture
def hosts(store, namespace):
    """Makes services that are alike but for their clocks, each with a provider of its own that shares its time."""

    def make(**options):
        found = []
        for shift_s in SHIFTS_S:
            sandbox = Sandbox(seed=b"%d" % shift_s)
            # On a busy machine a lock is waited for longer than a second.
            service = sandbox.service(store=store, namespace=namespace, store_timeout=10.0, **options)
            service._clock = sandbox.clock
            sandbox.clock.now = time.time() + shift_s
            found.append((sandbox, service))
        return found

    return make


@pytest.mark.parametrize(
    ("knob", "rule", "code"),
    [("number", "9/1h", "limit.number"), ("ip", "9/1h", "limit.ip"), ("budget", "9/1h", "limit.budget")],
)
def test_limits_are_exact_whatever_the_hosts_clocks_say(hosts, knob, rule, code):
    services = [service for _, service in hosts(policy={**LOOSE, knob: [rule]})]
    with ThreadPoolExecutor(8) as pool:
        sent = pool.map(lambda at: services[at % len(services)].send(NUMBER, **USER, deliver=False).code, range(70))
        assert Counter(sent) == {"sent": 9, code: 61}


def test_a_window_ends_by_the_store_s_clock_for_all_hosts(hosts):
    services = [service for _, service in hosts(policy={**LOOSE, "number": ["2/2s"]})]
    began = time.monotonic()
    codes = [service.send(NUMBER, **USER, deliver=False).code for service in reversed(services)]
    assert codes == ["sent"] * 2 + ["limit.number"] * 5 or time.monotonic() - began > 2
    time.sleep(2.1)
    codes = [service.send(NUMBER, **USER, deliver=False).code for service in services]
    assert codes[:2] == ["sent", "sent"]


def test_a_code_is_right_at_every_host_and_once(hosts):
    found = hosts(policy={**LOOSE, "wrong_tries": []})
    for sandbox, service in found:
        assert service.send(NUMBER, **USER)
        code = sandbox.outbox[-1].code
        asked = [other.verify(NUMBER, code, **USER).ok for _, other in reversed(found)]
        assert asked == [True] + [False] * 6


def test_a_cooldown_is_as_long_at_every_host(hosts):
    services = [service for _, service in hosts()]
    assert services[-1].send(NUMBER, **USER)
    for service in services:
        outcome = service.send(NUMBER, **USER)
        assert outcome.code == "limit.cooldown"
        assert 50 <= outcome.retry_after <= 60


# One idempotency key


def test_one_idempotency_key_sends_one_message(store, namespace):
    sandbox = Sandbox()
    # A replay holds a place of its address until it knows that it is one: 16 at once, beside the one that was sent.
    options = {"namespace": namespace, "store_timeout": 10.0, "policy": {"ip": ["17/24h"]}}
    services = [sandbox.service(store=store, **options) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda at: services[at % 4].send(NUMBER, **USER, idempotency_key="a"), range(28)))
    assert [outcome.kind for outcome in outcomes] == ["sent"] * 28
    assert Counter(outcome.replayed for outcome in outcomes) == {False: 1, True: 27}
    assert len(sandbox.outbox) == 1
    (first,) = [outcome for outcome in outcomes if not outcome.replayed]
    assert first.provider == "aliyun"
    assert services[0].send(NUMBER, **USER, idempotency_key="b").code == "limit.cooldown"


# Peppers that rotate


def test_peppers_rotate_while_codes_live(store, namespace):
    """First every host accepts the new pepper, then each begins to use it; codes of all are right at all."""
    sandbox, index, old, new = Sandbox(), "i" * 32, "o" * 32, "n" * 32
    accepts, uses = (
        sandbox.service(
            store=store, namespace=namespace, secret=None, index=index, peppers=peppers, policy={"cooldown_s": 0}
        )
        for peppers in ([old, new], [new, old])
    )
    for number, sender, verifier in (("13800138000", accepts, uses), ("13800138001", uses, accepts)):
        assert sender.send(number, **USER)
        first = sandbox.outbox[-1].code
        sandbox.clock.move(60)  # the provider's; it takes one a minute
        # A resend is the same code, whatever pepper the other host makes new ones with.
        assert verifier.send(number, **USER)
        assert sandbox.outbox[-1].code == first
        wrong = str((int(first) + 1) % 10**6).zfill(6)
        assert verifier.verify(number, wrong, **USER).code == "code.wrong"
        assert verifier.verify(number, first, **USER)
        assert not sender.verify(number, first, **USER)
    # A host that dropped the old pepper finds no code; it takes no limit with it.
    assert accepts.send("13800138002", **USER)
    dropped = sandbox.service(store=store, namespace=namespace, secret=None, index=index, peppers=[new])
    assert not dropped.verify("13800138002", sandbox.outbox[-1].code, **USER)
    assert dropped.send("13800138002", **USER).code == "limit.cooldown"
    assert accepts.verify("13800138002", sandbox.outbox[-1].code, **USER)


# Releases side by side


def test_two_sets_of_rules_side_by_side_lose_no_send(store, namespace):
    """While a release with other rules is rolled out, each counts what the other sent."""
    sandbox = Sandbox()
    old = sandbox.service(store=store, namespace=namespace, policy={**LOOSE, "number": ["5/24h"]})
    new = sandbox.service(store=store, namespace=namespace, policy={**LOOSE, "number": ["2/1h", "40/24h"]})
    sent = Counter()
    for _ in range(20):
        for name, service in (("old", old), ("new", new)):
            sent[name] += service.send(NUMBER, **USER, deliver=False).ok
    assert sent["old"] + sent["new"] <= 5
    assert sent["new"] <= 2


def test_a_record_of_a_newer_release_is_refused_and_kept(redis_url, namespace):
    """An old release can't read it, so it sends nothing, and leaves it as it is; the new one goes on with it."""
    import redis

    sandbox = Sandbox()
    service = sandbox.service(store=redis_url, namespace=namespace)
    with service, redis.Redis.from_url(redis_url) as client:
        before = set(client.keys("sansms:*"))
        assert service.send(NUMBER, **USER)
        records = {key: client.get(key) for key in set(client.keys("sansms:*")) - before}
        assert records
        assert {record[0] for record in records.values()} == {1}
        newer = {key: bytes([2]) + record[1:] for key, record in records.items()}
        for key, record in newer.items():
            client.set(key, record, keepttl=True)
        for outcome in (service.send(NUMBER, **USER), service.verify(NUMBER, sandbox.outbox[-1].code, **USER)):
            assert (outcome.kind, outcome.http_status) == ("unavailable", 503)
        assert {key: client.get(key) for key in newer} == newer
        assert all(client.pttl(key) > 0 for key in newer)
        for key, record in records.items():
            client.set(key, record, keepttl=True)
        assert service.send(NUMBER, **USER).code == "limit.cooldown"
        assert service.verify(NUMBER, sandbox.outbox[-1].code, **USER)
    assert len(sandbox.outbox) == 1
