"""Outcomes over HTTP."""

from __future__ import annotations

import pytest
from django.utils import translation
from visitors import E164, NUMBER, another

from sansms.django import respond, service

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}


@pytest.mark.parametrize(
    ("language", "text"), [("zh-hans", "验证码已发送"), ("zh-tw", "验证码已发送"), ("en", "on its"), ("de", "on its")]
)
def test_the_text_is_in_the_active_language(sandbox, language, text):
    with translation.override(language):
        assert text in respond(service.send(NUMBER, **USER)).content.decode()


def test_the_browsers_language_counts(browser, sandbox):
    assert browser.get_code("12345", HTTP_ACCEPT_LANGUAGE="zh-CN,zh;q=0.9").json()["text"][0] > "\u4e00"
    assert browser.get_code("12345", HTTP_ACCEPT_LANGUAGE="en").json()["text"].isascii()


def test_a_send_tells_what_a_page_needs(browser, sandbox):
    sent = browser.get_code()
    assert sent.json() == {
        "ok": True,
        "kind": "sent",
        "code": "sent",
        "text": "The code is on its way.",
        "resend_in": 60,
        "expires_in": 300,
    }
    assert (sent["Cache-Control"], sent["Content-Type"]) == ("no-store", "application/json")
    assert not sent.has_header("Retry-After")


def test_a_limit_says_until_when(browser, sandbox):
    browser.get_code()
    sandbox.clock.move(17)
    refused = browser.get_code()
    assert (refused.status_code, refused["Retry-After"], refused.json()["retry_after"]) == (429, "43", 43)
    assert refused.json()["code"] == "limit.cooldown"


def test_wrong_and_dead_codes_are_400(browser, sandbox):
    browser.get_code()
    wrong = {"phone": NUMBER, "code": another(sandbox.outbox[0].code)}
    answers = [browser.post("/register/", wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert [answer.json().get("attempts_left") for answer in answers][:2] == [2, 1]


@pytest.mark.parametrize("fault", ["throttle", "server_error", "timeout_after"])
def test_a_provider_that_fails_is_503(browser, sandbox, fault):
    sandbox.fault(fault)
    answer = browser.get_code()
    assert answer.status_code == 503
    assert answer.json()["text"]


def test_no_answer_holds_the_number(browser, sandbox):
    answers = [browser.get_code(), browser.get_code(), browser.get_code("123")]
    answers += [
        browser.post("/register/", {"phone": NUMBER, "code": code}) for code in ("000000", "x", sandbox.outbox[0].code)
    ]
    for answer in answers:
        assert "13800138000" not in answer.content.decode()
        assert "8000" not in str(answer.headers)
    assert E164 not in respond(service.send("13900139000", **USER)).content.decode()


def test_what_the_application_adds_is_there(sandbox):
    answer = respond(service.send(NUMBER, **USER), next="/welcome/").content.decode()
    assert '"next": "/welcome/"' in answer


def test_the_answer_is_readable_chinese(sandbox):
    with translation.override("zh-hans"):
        assert "验证码" in respond(service.send(NUMBER, **USER)).content.decode()
