"""What applications get for their tests: the fixture, and the observer that they may watch."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from sansms import Event, Service, SQLiteStore
from sansms.testing import Sandbox

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}


class Refuses:
    """A store and a transport that must not be touched."""

    def run(self, ops, timeout):
        raise AssertionError

    def __call__(self, *_):
        raise AssertionError


def service(**options):
    provider = {
        "access_key_id": "real-id",
        "access_key_secret": "r",
        "sign_name": "a",
        "templates": {"register": "SMS_9"},
    }
    options = {"store": Refuses(), "transport": Refuses(), **options}
    return Service(providers=[{"aliyun": provider}], secret="x" * 32, **options)


MADE_BEFORE = service(policy={"cooldown_s": 30})


def test_a_service_that_was_there_before_sends_to_the_outbox(sansms_outbox):
    assert len(sansms_outbox) == 0
    assert MADE_BEFORE.send("13800138000", **USER)
    assert sansms_outbox[-1].to == "+8613800138000"
    assert MADE_BEFORE.send("13800138000", **USER).retry_after == 30
    sansms_outbox.clock.move(60)
    assert MADE_BEFORE.send("13800138000", **USER)
    first, second = sansms_outbox
    assert first.code == second.code
    done = MADE_BEFORE.verify("13800138000", first.code, **USER, ticket_for="a")
    assert done
    assert MADE_BEFORE.redeem(done.ticket, "13800138000", purpose="register", ticket_for="a")


SMS = {"aliyun": {"access_key_id": "i", "access_key_secret": "r", "sign_name": "a", "templates": {"default": "SMS_9"}}}
MAIL = {
    "tencent_mail": {
        "secret_id": "i",
        "secret_key": "r",
        "from_address": "a@b.example",
        "subject": "a",
        "templates": {"default": "9"},
    }
}
GATEWAY = {
    "gateway": {
        "channel": "email",
        "url": "https://mail.example/send",
        "body": {"to": "{email}", "code": "{code}"},
        "reply": {"code": "code", "success": [0]},
    }
}


@pytest.mark.parametrize(
    ("providers", "number", "address"),
    [
        ([SMS], "sent", "input.number.character"),
        ([MAIL], "input.email.at_missing", "sent"),
        ([SMS, MAIL], "sent", "sent"),
        ([GATEWAY, SMS], "sent", "sent"),
    ],
)
def test_the_outbox_takes_what_the_providers_take(sansms_outbox, providers, number, address):
    made = Service(providers=providers, secret="x" * 32, store=Refuses(), transport=Refuses())
    assert [made.send(to, **USER).code for to in ("13800138000", "Tom@Example.com")] == [number, address]
    assert [message.to for message in sansms_outbox if "@" in message.to] == ["Tom@example.com"] * (address == "sent")


def test_a_code_by_mail_goes_all_the_way(sansms_outbox):
    made = Service(
        providers=[SMS, MAIL], secret="x" * 32, store=Refuses(), email={"blocked_domains": ["mailinator.com"]}
    )
    assert made.send("x@mailinator.com", **USER).code == "input.email.refused"
    assert made.send("tom@example.com", **USER)
    (message,) = sansms_outbox
    assert message.code in message.text
    assert made.verify("tom@example.com", message.code, **USER).to == "tom@example.com"


def test_services_of_one_application_share_what_is_stored(sansms_outbox):
    service().send("13800138000", **USER)
    assert service().verify("13800138000", sansms_outbox[0].code, **USER)


def test_the_fixture_serves_asyncio(sansms_outbox):
    assert asyncio.run(MADE_BEFORE.asend("13800138000", **USER))
    assert asyncio.run(MADE_BEFORE.averify("13800138000", sansms_outbox[0].code, **USER))


def test_faults_can_be_asked_for(sansms_outbox):
    sansms_outbox.fault("timeout_after")
    assert MADE_BEFORE.send("13800138000", **USER).kind == "unknown"


def test_each_test_begins_anew(sansms_outbox):
    assert len(sansms_outbox) == 0
    assert MADE_BEFORE.send("13800138000", **USER)


def test_without_the_fixture_nothing_is_changed():
    with pytest.raises(AssertionError):
        MADE_BEFORE._transport()
    assert MADE_BEFORE.send("13800138000", **USER).kind == "unavailable"


def test_the_plugin_loads_nothing_until_it_is_used(tmp_path):
    (tmp_path / "test_a.py").write_text("import sys\ndef test_a():\n    assert 'sansms._core' not in sys.modules\n")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "1 passed" in done.stdout, done.stdout


# The observer


def test_an_observer_hears_of_every_outcome():
    heard = []
    sandbox = Sandbox()
    watched = sandbox.service(observer=heard.append)
    watched.send("13800138000", **USER)
    watched.send("13800138000", **USER)
    watched.verify("13800138000", "1", **USER)
    asyncio.run(watched.averify("13800138000", sandbox.outbox[0].code, **USER))
    watched.send("", **USER)
    shown = [(event.action, event.kind, event.rule, event.provider, event.purpose) for event in heard]
    assert shown == [
        ("send", "sent", None, "aliyun", "register"),
        ("send", "limited", "cooldown", None, "register"),
        ("verify", "invalid", None, None, "register"),
        ("verify", "verified", None, None, "register"),
        ("send", "invalid", None, None, "register"),
    ]
    assert all(isinstance(event, Event) and 0 <= event.latency_ms < 5000 for event in heard)
    assert heard[0].masked
    assert "13800138000" not in repr(heard) + repr([getattr(e, name) for e in heard for name in Event.__slots__])


def test_an_observer_hears_of_the_providers_failures():
    heard = []
    sandbox = Sandbox()
    sandbox.fault("throttle")
    sandbox.service(observer=heard.append).send("13800138000", **USER)
    assert heard[0].code == "provider.throttled"
    assert heard[0].events


def test_an_observer_that_raises_breaks_nothing(caplog):
    def broken(event):
        raise RuntimeError("13800138000")

    sandbox = Sandbox()
    watched = sandbox.service(observer=broken)
    assert watched.send("13800138000", **USER)
    assert asyncio.run(watched.averify("13800138000", sandbox.outbox[0].code, **USER))
    assert caplog.messages == ["the observer raised RuntimeError"] * 2


def test_a_sandbox_takes_any_store(tmp_path):
    sandbox = Sandbox()
    with sandbox.service(store=SQLiteStore(tmp_path / "a.sqlite3", clock=sandbox.clock)) as used:
        assert used.send("13800138000", **USER)
        sandbox.clock.move(60)
        assert used.send("13800138000", **USER)
