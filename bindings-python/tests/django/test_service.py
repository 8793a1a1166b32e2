"""The service of a process: built late, once, and anew when it has to be."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import override_settings
from visitors import NUMBER

from sansms.django import service

OWN = "13800138321"
"""A number that no other test sends to: the store is the whole stage's."""

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}


@pytest.fixture(autouse=True)
def afresh():
    service.close()
    yield
    service.close()


def test_threads_share_one():
    start = threading.Barrier(16)

    def look(_):
        start.wait()
        return service.current

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(look, range(16)))) == 1


def test_changed_settings_make_another(settings):
    before = service.current
    with override_settings(SANSMS={**settings.SANSMS, "budget_per_day": 1}):
        assert service.current is not before
        inner = service.current
    assert service.current not in (before, inner)


def test_other_settings_change_nothing():
    before = service.current
    with override_settings(USE_TZ=False):
        assert service.current is before


def test_a_child_builds_its_own():
    before = service.current
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # a child that hangs is a failure
        os._exit(0 if service._built is None and service.current is not before else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert service.current is before


def test_a_lock_held_at_the_fork_does_not_hold_the_child():
    with service._building:
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            os._exit(0 if service.current else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_another_can_be_put_in_its_place(sandbox):
    assert service.send(NUMBER, **USER)
    assert len(sandbox.outbox) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secret": "short"}, "SANSMS: secret"),
        ({"budget": 1}, "SANSMS: budget: is not an option"),
        ({"providers": []}, "SANSMS: providers"),
        ({"store": "mysql://x"}, "SANSMS: store"),
    ],
)
def test_a_wrong_setting_is_named(settings, change, said):
    settings.SANSMS = {**settings.SANSMS, **change}
    with pytest.raises(ImproperlyConfigured, match=said) as caught:
        service.send(NUMBER, **USER)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("wrong", [None, [], "x"])
def test_no_setting_is_a_clear_error(settings, wrong):
    settings.SANSMS = wrong
    with pytest.raises(ImproperlyConfigured, match="SANSMS must be set"):
        service.send(NUMBER, **USER)


def test_the_app_must_be_installed(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "sansms.django"]
    with pytest.raises(ImproperlyConfigured, match=r"Add 'sansms.django' to INSTALLED_APPS"):
        service.send(NUMBER, **USER)


def test_objects_are_loaded_by_their_path(settings):
    settings.SANSMS = {**settings.SANSMS, "transport": "test_service.stub"}
    assert service.current._transport is stub


def stub(*_):
    raise AssertionError


class Broken:
    def send(self, *_, **__):
        raise RuntimeError

    verify = send

    async def asend(self, *_, **__):
        raise RuntimeError

    averify = asend


@pytest.mark.parametrize("action", ["send", "verify", "asend", "averify"])
def test_a_traceback_with_locals_holds_no_secret(action):
    import asyncio

    canary = {"number": "13800138765", "code": "canary-code", "session": "canary-session"}

    def call(canary):
        arguments = [canary["number"]] + ([canary["code"]] if "verify" in action else [])
        more = {} if "verify" in action else {"code": canary["code"]}
        with service.using(Broken()):
            result = getattr(service, action)(*arguments, purpose="p", session=canary["session"], **more)
            if action.startswith("a"):
                asyncio.run(result)

    with pytest.raises(RuntimeError) as caught:
        call(canary)
    frames = [entry.frame for entry in caught.traceback if "sansms/django" in str(entry.path)]
    assert frames
    for frame in frames:
        shown = repr(frame.f_locals)
        assert not any(value in shown for value in canary.values()), shown


def test_importing_builds_nothing():
    script = """if True:
        import os
        os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
        import django
        django.setup()
        import sys
        from sansms.django import client_ip, respond, service
        print(service, service._built, "urllib3" in sys.modules, "redis" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, check=True, capture_output=True, text=True
    )
    assert done.stdout == "<DjangoService> None False False\n"


def test_async_views_do_the_same(transactional_db, sandbox):
    from asgiref.sync import async_to_sync
    from django.test import AsyncClient

    async def flow():
        browser = AsyncClient()
        proxy = {"X-Forwarded-For": "203.0.113.7"}
        sent = await browser.post("/async/code/", {"phone": NUMBER}, headers=proxy)
        assert sent.json()["kind"] == "sent"
        right = {"phone": NUMBER, "code": sandbox.outbox[0].code}
        stranger = await AsyncClient().post("/async/register/", right, headers=proxy)
        done = await browser.post("/async/register/", right, headers=proxy)
        return stranger.json()["kind"], done.json()["kind"]

    assert async_to_sync(flow)() == ("expired", "verified")


def test_support_staff_inspect_and_forget(capsys):
    call_command("sansms_inspect", OWN)
    shown = capsys.readouterr().out
    assert "recipient.inspected" in shown
    assert "number 5/86400s: 0 used" in shown
    call_command("sansms_forget", OWN)
    call_command("sansms_forget", OWN, "--reset")
    shown += capsys.readouterr().out
    assert "recipient.forgotten" in shown
    assert "recipient.reset" in shown
    assert OWN[-8:] not in shown
    with pytest.raises(CommandError, match=r"input\.number"):
        call_command("sansms_inspect", "12")


@pytest.mark.parametrize("command", ["sansms_inspect", "sansms_forget"])
@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_a_console_that_has_not_all_characters(command, encoding, tmp_path):
    names = {"DJANGO_SETTINGS_MODULE": "site_settings", "REDIS_URL": f"sqlite:///{tmp_path / 'codes.sqlite3'}"}
    done = subprocess.run(
        [sys.executable, "-m", "django", command, OWN],
        cwd=Path(__file__).parent,
        capture_output=True,
        check=False,
        env={**os.environ, **names, "PYTHONIOENCODING": encoding},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"+86?" in done.stdout


def test_the_service_has_the_desk_too():
    assert service.inspect(OWN).answer["codes"] == []
    assert (service.reset(OWN).ok, service.forget(OWN).ok) == (True, True)
    assert service.health().code == "store.ok"


def test_async_views_have_it_too():
    async def all_of():
        return [await service.ainspect(NUMBER), await service.areset(NUMBER), await service.aforget(NUMBER)]

    assert all(asyncio.run(all_of()))
    assert asyncio.run(service.ahealth())
