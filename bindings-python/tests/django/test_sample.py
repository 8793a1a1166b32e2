"""The sample, and what has to hold around it."""

from __future__ import annotations

import json
import pickle
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from people.models import Attempt, User
from visitors import E164, NUMBER, Browser, another

from sansms.django import ClientAddress, service


def test_from_the_number_to_registered(browser, sandbox):
    sent = browser.get_code()
    assert (sent.status_code, sent.json()["kind"]) == (200, "sent")
    done = browser.post("/register/", {"phone": NUMBER, "code": sandbox.outbox[0].code})
    assert (done.status_code, done.content) == (200, b"welcome")
    assert [user.phone for user in User.objects.all()] == [E164]


def test_a_wrong_code_registers_nobody(browser, sandbox):
    browser.get_code()
    refused = browser.post("/register/", {"phone": NUMBER, "code": another(sandbox.outbox[0].code)})
    assert (refused.status_code, refused.json()["kind"], refused.json()["attempts_left"]) == (400, "wrong_code", 2)
    assert not User.objects.exists()


@pytest.mark.parametrize("store", ["as it is", "sqlite"])
def test_the_service_of_the_settings_does_the_same(browser, settings, store, tmp_path):
    if store == "sqlite":
        settings.SANSMS = {**settings.SANSMS, "store": f"sqlite:///{tmp_path / 'codes.sqlite3'}"}
    service.close()
    codes = []

    def aliyun(method, url, headers, body, timeout, max_reply):
        query = parse_qs(urlsplit(url).query)
        assert urlsplit(url).hostname == "dysmsapi.aliyuncs.com"
        assert query["PhoneNumbers"] == ["+8613800138000"] or query["PhoneNumbers"] == ["13800138000"]
        codes.append(json.loads(query["TemplateParam"][0])["code"])
        return 200, [], b'{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"R"}'

    service.current._transport = aliyun
    assert browser.get_code().json()["kind"] == "sent"
    (code,) = codes
    assert browser.post("/raise/", {"phone": NUMBER, "code": another(code)}).status_code == 500
    assert browser.post("/register/", {"phone": NUMBER, "code": another(code)}).json()["attempts_left"] == 1
    assert browser.post("/register/", {"phone": NUMBER, "code": code}).content == b"welcome"
    service.close()


def test_a_code_is_bound_to_the_browser_that_asked(browser, sandbox):
    browser.get_code()
    right = {"phone": NUMBER, "code": sandbox.outbox[0].code}
    stranger = Browser("203.0.113.8")
    assert stranger.post("/register/", right).json()["kind"] == "expired"
    assert "sessionid" not in stranger.cookies, "a check makes no session"
    stranger.get_code("13900139000")
    assert stranger.post("/register/", right).json()["kind"] == "expired"
    assert browser.post("/register/", right).content == b"welcome"


def test_a_session_is_made_when_there_is_none(browser, sandbox):
    assert "sessionid" not in browser.cookies
    browser.get_code()
    assert browser.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize("path", ["/code/", "/async/code/"])
def test_what_is_refused_makes_no_session(transactional_db, sandbox, path):
    for number in ("not a number", *[f"139001390{at:02}" for at in range(12)]):
        answered = Browser().post(path, {"phone": number})
    assert (answered.json()["code"], len(sandbox.outbox)) == ("limit.ip", 10)
    assert Session.objects.count() == 10
    sandbox.fault("throttle")
    assert Browser("203.0.113.9").post(path, {"phone": NUMBER}).json()["kind"] == "undelivered"
    assert Session.objects.count() == 10


@pytest.mark.parametrize("send", [service.send, async_to_sync(service.asend)], ids=["send", "asend"])
def test_a_code_that_may_have_gone_is_bound(sandbox, rf, send):
    """It is then for the view's answer to let the session be saved: Django saves none with a 5xx."""
    request = rf.post("/")
    request.session = {}
    user = {"purpose": "register", "ip": ClientAddress("203.0.113.7", request)}
    sandbox.fault("timeout_after")
    assert send(NUMBER, **user).kind == "unknown"
    (token,) = request.session.values()
    assert service.verify(NUMBER, sandbox.outbox[0].code, **user, session="another").kind == "expired"
    assert service.verify(NUMBER, sandbox.outbox[0].code, **user)
    sandbox.clock.move(3600)
    assert send(NUMBER, **user)
    assert list(request.session.values()) == [token]


def test_a_code_survives_a_login_and_no_logout(browser, sandbox):
    browser.get_code()
    before = browser.session.session_key
    browser.get("/login/")
    assert browser.session.session_key != before
    assert browser.post("/register/", {"phone": NUMBER, "code": sandbox.outbox[0].code}).content == b"welcome"

    sandbox.clock.move(60)
    browser.get_code()
    browser.get("/logout/")
    assert browser.post("/register/", {"phone": NUMBER, "code": sandbox.outbox[1].code}).json()["kind"] == "expired"


def test_a_wrong_guess_that_is_rolled_back_stays_counted(browser, sandbox):
    browser.get_code()
    code = sandbox.outbox[0].code
    for _ in range(3):
        assert browser.post("/raise/", {"phone": NUMBER, "code": another(code)}).status_code == 500
    assert not Attempt.objects.exists(), "what the view wrote was rolled back"
    dead = browser.post("/register/", {"phone": NUMBER, "code": code})
    assert dead.json()["kind"] in ("locked", "expired")
    assert not User.objects.exists()


def test_a_session_that_is_given_counts(sandbox, rf):
    address = ClientAddress("203.0.113.7", rf.post("/"))
    user = {"purpose": "register", "ip": address, "session": "mine"}
    assert service.send(NUMBER, **user)
    assert service.verify(NUMBER, sandbox.outbox[0].code, **{**user, "ip": "203.0.113.7"})


def test_without_sessions_a_code_is_bound_to_number_and_purpose(sandbox, rf):
    user = {"purpose": "register", "ip": ClientAddress("203.0.113.7", rf.post("/"))}
    assert service.send(NUMBER, **user)
    assert service.verify(NUMBER, sandbox.outbox[0].code, **user)


def test_clients_without_cookies_hand_back_a_challenge(sandbox, browser, settings):
    settings.SANSMS = {**settings.SANSMS, "session": "challenge"}
    with service.using(sandbox.service(session="challenge")):
        challenge = browser.get_code().json()["challenge"]
        user = {"purpose": "register", "ip": "203.0.113.7"}
        assert "sessionid" not in browser.cookies
        assert not service.verify(NUMBER, sandbox.outbox[0].code, **user)
        assert service.verify(NUMBER, sandbox.outbox[0].code, **user, session=challenge)


def test_an_address_that_travels_leaves_its_session_behind(rf):
    request = rf.post("/")
    request.session = {}
    address = ClientAddress("203.0.113.7", request)
    token = address.session()
    assert token
    assert address.session() == token == address.session(create=False)
    assert token not in repr(address)
    copy = pickle.loads(pickle.dumps(address))
    assert (type(copy), copy) == (str, "203.0.113.7")


def test_nothing_but_an_address_is_kept_by_asking(rf):
    request = rf.post("/")
    request.session = {}
    address = ClientAddress("203.0.113.7", request)
    token = address.session(create=False)
    assert token != address.session(create=False)
    assert request.session == {}
    address.keep(token)
    assert address.session(create=False) == token


@pytest.mark.parametrize("kept", [7, "", None, ["x"]])
def test_a_token_that_is_none_is_made_anew(rf, kept):
    request = rf.post("/")
    request.session = {"sansms": kept}
    token = ClientAddress("203.0.113.7", request).session()
    assert isinstance(token, str)
    assert len(token) == 32
