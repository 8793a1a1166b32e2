"""The example of FastAPI: a code all the way, what refuses, whose address counts; then as its README starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Client

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi"
NUMBER = "138 0013 8000"
PEER = "203.0.113.7"


@pytest.fixture
def app(monkeypatch, tmp_path, sansms_outbox):
    """The application, its messages in `sansms_outbox`; a file that it made would be in a folder of its own."""
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "SANSMS_STORE", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "app", raising=False)
    import app

    yield app.app
    del sys.modules["app"]


@contextmanager
def visit(app, peer=PEER):
    """Opens the application to a browser that calls from an address."""
    with TestClient(app, base_url="https://testserver", client=(peer, 50000)) as browser:
        yield browser


@pytest.fixture
def browser(app):
    with visit(app) as browser:
        yield browser


def ask(browser, phone=NUMBER, **more):
    return browser.post("/code", json={"phone": phone}, **more)


def prove(browser, code, phone=NUMBER):
    return browser.post("/register", json={"phone": phone, "code": code})


def another(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_goes_all_the_way(browser, sansms_outbox):
    sent = ask(browser)
    assert (sent.status_code, sent.headers["cache-control"]) == (200, "no-store")
    assert {**sent.json(), "text_zh": "", "text_en": ""} == {
        "ok": True, "kind": "sent", "code": "sent", "text_zh": "", "text_en": "", "resend_in": 60, "expires_in": 300,
    }  # fmt: skip
    assert re.fullmatch(r"__Host-sansms=[\w-]{32}; HttpOnly; Path=/; SameSite=lax; Secure", sent.headers["set-cookie"])
    (message,) = sansms_outbox
    done = prove(browser, message.code)
    assert (done.status_code, done.json()) == (201, {"ok": True, "account": "+8613800138000"})
    assert prove(browser, message.code).json()["kind"] == "expired"


def test_the_cooldown_is_429_and_says_until_when(browser, sansms_outbox):
    ask(browser)
    sansms_outbox.clock.move(17)
    again = ask(browser)
    assert (again.status_code, again.headers["retry-after"]) == (429, "43")
    assert (again.json()["code"], again.json()["retry_after"]) == ("limit.cooldown", 43)
    assert "set-cookie" not in again.headers
    sansms_outbox.clock.move(43)
    assert ask(browser).status_code == 200
    assert len(sansms_outbox) == 2


def test_wrong_codes_are_counted(browser, sansms_outbox):
    ask(browser)
    right = sansms_outbox[0].code
    answers = [prove(browser, another(right)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400] * 3
    assert [answer.json().get("attempts_left") for answer in answers] == [2, 1, 0]
    assert prove(browser, right).json()["ok"] is False


def test_a_code_is_good_in_its_browser_only(app, browser, sansms_outbox):
    ask(browser)
    with visit(app, "203.0.113.8") as stranger:
        refused = prove(stranger, sansms_outbox[0].code)
        assert (refused.json()["kind"], "set-cookie" in refused.headers) == ("expired", False)
    assert prove(browser, sansms_outbox[0].code).status_code == 201


@pytest.mark.parametrize("body", [{}, {"phone": None}, {"phone": "12"}])
def test_what_can_be_no_number_is_an_answer_like_any_other(browser, sansms_outbox, body):
    refused = browser.post("/code", json=body)
    assert (refused.status_code, refused.json()["kind"], len(sansms_outbox)) == (400, "invalid", 0)


def numbers(count):
    return [f"1380013{at:04}" for at in range(count)]


def test_a_forged_header_counts_as_the_peer(browser, sansms_outbox):
    """Without proxies nothing that the client writes is looked at: ten sends, then the peer's limit."""
    kinds = [
        ask(browser, phone, headers={"X-Forwarded-For": f"198.51.100.{at}"}).json()["kind"]
        for at, phone in enumerate(numbers(12))
    ]
    assert kinds == ["sent"] * 10 + ["limited"] * 2


@pytest.mark.parametrize("lines", [1, 2])
def test_behind_a_proxy_the_proxys_word_counts(browser, sansms_outbox, monkeypatch, lines):
    """What the client wrote stands left of it, or in a line of its own before it."""
    monkeypatch.setenv("TRUSTED_PROXIES", "1")

    def through(phone, forged, address):
        both = [("X-Forwarded-For", forged), ("X-Forwarded-For", address)]
        return ask(browser, phone, headers=both if lines == 2 else [("X-Forwarded-For", f"{forged}, {address}")])

    first, *rest = numbers(12)
    kinds = [through(phone, f"198.51.100.{at}", PEER).json()["kind"] for at, phone in enumerate(rest)]
    assert kinds == ["sent"] * 10 + ["limited"]
    assert through(first, "198.51.100.1", "203.0.113.8").json()["kind"] == "sent"


def test_an_address_that_cannot_be_read_is_refused(browser, sansms_outbox, monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    refused = ask(browser, headers={"X-Forwarded-For": "unknown"})
    assert (refused.status_code, refused.json()["code"], len(sansms_outbox)) == (400, "input.ip", 0)


@pytest.fixture
def served(tmp_path):
    """The example as its README starts it, on a free port: its URL, and what it prints, line by line."""
    (flags,) = re.findall(r"uvicorn (app:app .+)", (EXAMPLE / "README.md").read_text("utf-8"))
    command = [sys.executable, "-u", "-m", "uvicorn", "--app-dir", str(EXAMPLE), *flags.replace("8080", "0").split()]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SANSMS", "ALIBABA", "TRUSTED"))}
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as server:
        try:
            yield said(server.stdout, r"running on (http://\S+)"), server.stdout
        finally:
            server.terminate()
            server.communicate()


def said(lines, pattern):
    """Reads until a line has the pattern."""
    heard = []
    for line in lines:
        heard.append(line)
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError("".join(heard))


def test_it_starts_as_the_readme_says(served):
    url, lines = served
    with Client(base_url=url) as client:
        sent = ask(client)
        assert sent.status_code == 200, sent.text
        cookie = {"Cookie": sent.headers["set-cookie"].partition(";")[0]}  # Secure, and this is no TLS
        assert ask(client).status_code == 429
        proof = {"phone": NUMBER, "code": said(lines, r"^\+8613800138000: \D*(\d{6})")}
        assert client.post("/register", json=proof, headers=cookie).status_code == 201
        kinds = [
            ask(client, phone, headers={"X-Forwarded-For": f"198.51.100.{at}"}).json()["kind"]
            for at, phone in enumerate(numbers(12))
        ]
        assert kinds.count("sent") < 10, "uvicorn took the header's word for the peer"
        assert kinds[-1] == "limited"
