"""System checks, and the management command."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command

from sansms import MemoryStore
from sansms.django import service
from sansms.django.checks import check_settings
from sansms.testing import Sandbox


@pytest.fixture(autouse=True)
def store(settings):
    settings.SANSMS = {**settings.SANSMS, "store": "redis://127.0.0.1:1/0"}


def ids():
    return [message.id for message in check_settings()]


def change(settings, *without, **more):
    options = {**settings.SANSMS, **more}
    settings.SANSMS = {name: value for name, value in options.items() if name not in without}


def test_the_sample_passes():
    assert ids() == []


def test_django_runs_them(settings):
    change(settings, "trusted_proxies")
    assert [message.id for message in run_checks(tags=[Tags.security])].count("sansms.W003") == 1


def test_no_setting(settings):
    del settings.SANSMS
    assert ids() == ["sansms.E001"]


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "short"}, {"bugdet_per_day": 1}, {"providers": []}, {"store": "mysql://"}, {"transport": "no.such"}],
)
def test_a_wrong_option(settings, wrong):
    change(settings, **wrong)
    assert ids() == ["sansms.E002"]


def test_no_secret(settings, monkeypatch):
    monkeypatch.delenv("SANSMS_SECRET")
    change(settings, "secret")
    assert ids() == ["sansms.E003"]
    monkeypatch.setenv("SANSMS_SECRET", "only for tests: 32 bytes or more")
    assert ids() == []


def test_djangos_own_secret(settings):
    settings.SECRET_KEY = "x" * 40
    change(settings, secret="x" * 40)
    assert ids() == ["sansms.W002"]


def test_proxies(settings):
    change(settings, trusted_proxies="1")
    assert ids() == ["sansms.E004"]
    change(settings, "trusted_proxies")
    assert ids() == ["sansms.W003"]


def test_a_memory_store(settings):
    change(settings, store="memory://")
    assert ids() == ["sansms.W004"]
    change(settings, store=MemoryStore())
    assert ids() == ["sansms.W004"]
    settings.DEBUG = True
    assert ids() == []


def test_a_sqlite_store(settings, tmp_path):
    change(settings, store=f"sqlite:///{tmp_path / 'codes.sqlite3'}")
    assert ids() == ["sansms.I001"]
    change(settings, "store")
    assert ids() == ["sansms.I001"], "the default"
    settings.DEBUG = True
    assert ids() == []


def test_djangos_own_file(settings):
    from django.db import connection

    change(settings, store=f"sqlite:///{connection.settings_dict['NAME']}")
    assert ids() == ["sansms.E005"]


def test_no_sessions(settings):
    settings.MIDDLEWARE = []
    assert ids() == ["sansms.W005"]
    change(settings, session="challenge")
    assert "sansms.W005" not in ids()


def test_a_weak_policy(settings):
    change(settings, policy={"tries": 10, "validity_s": 600, "number": ["100/1h"], "wrong_tries": []})
    messages = check_settings()
    assert {message.id for message in messages} == {"sansms.W001"}
    assert all(message.hint for message in messages)


def command(*arguments):
    out = StringIO()
    call_command("sansms_check", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_asks_the_store(settings, sandbox):
    assert "store: ok (store.ok)" in command()
    assert sandbox.outbox == []


MAIL = {"aliyun_mail": {"account_name": "a@b.example", "templates": {"default": {"subject": "x", "text": "{code}"}}}}
KEY = {"access_key_id": "id", "access_key_secret": "secret"}


@pytest.mark.parametrize(
    "change",
    [{"providers": [{"aliyun_mail": {**MAIL["aliyun_mail"], **KEY}}]}, {"phone": {"countries": ["US"]}}],
    ids=["e-mail only", "no number of China's"],
)
def test_the_command_asks_the_store_whatever_is_served(sandbox, change):
    with service.using(sandbox.service(**change)):
        assert "store: ok (store.ok)" in command()


def test_the_command_sends_when_told_to(sandbox):
    assert "provider: ok (aliyun: sent)" in command("--send", "13900139000")
    assert len(sandbox.outbox) == 1


def test_the_command_fails_when_the_store_does(settings):
    class Down:
        def run(self, ops, timeout):
            raise ConnectionError

    with service.using(Sandbox().service(store=Down())), pytest.raises(CommandError, match="store does not answer"):
        command()


def test_the_command_fails_when_the_provider_does(sandbox):
    sandbox.fault("unavailable")
    with pytest.raises(CommandError, match="provider does not answer"):
        command("--send", "13900139000")


def test_the_command_stops_at_a_wrong_setting(settings):
    change(settings, secret="short")
    with pytest.raises(CommandError, match="mended first"):
        command()
