"""The Python of the pages that show parts of an application: it runs, on the sandbox, and says what the page says."""

from __future__ import annotations

import json
import re
import socket
from hashlib import md5
from pathlib import Path

import pytest
from django.http import JsonResponse
from django.test import override_settings
from documents import ROOT, blocks, pages, run
from fastapi import FastAPI
from fastapi.testclient import TestClient
from visitors import E164, NUMBER

from sansms import Service, tencent
from sansms.django import client_ip
from sansms.django import service as current
from sansms.testing import Sandbox

ELSEWHERE = {"README", "quickstart", "django", "settings", "deployment", "testing"}  # test_docs.py runs these
USER = {"purpose": "register", "ip": "203.0.113.7"}
PRESUMED = {"SECRET": "only for the documents: 32 bytes", "KEY": "key", "phone": NUMBER, "code": "000000"}
PRESUMED |= {"client_ip": "203.0.113.7", "session_key": "s"}


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """Refuses connections; what an example writes is in a folder of its own."""

    def refuse(*_):
        raise AssertionError("an example went to the network")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sandbox(monkeypatch):
    """Lets every service that is made call the sandbox, with the sandbox's keys; all else stays as the page has it."""
    sandbox = Sandbox()
    keys = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1"}
    make = Service.__init__

    def made(self, *, providers, **options):
        providers = [{kind: {**keys, **fields} for kind, fields in each.items()} for each in providers]
        make(self, providers=providers, **{"transport": sandbox.exchange, **options})
        self._clock = sandbox.clock

    monkeypatch.setattr(Service, "__init__", made)
    return sandbox


def both(page):
    """Tries the English page and the Chinese one."""
    return pytest.mark.parametrize("page", [f"docs/{page}.md", f"docs/zh/{page}.md"])


def test_no_page_is_left_out():
    here = set(re.findall(r'^@both\("(\w+)"\)$', Path(__file__).read_text("utf-8"), re.M))
    assert {Path(page).name.split(".")[0] for page in pages()} == ELSEWHERE | here


def test_the_page_of_the_package(sandbox):
    names = run("bindings-python/README.md", **PRESUMED)
    assert names["sent"], names["sent"].events
    assert names["done"].kind == "wrong_code"


TWINS = {f"docs/{path.name}": f"docs/zh/{path.name}" for path in (ROOT / "docs").glob("*.md")}
TWINS |= {"README.md": "README.zh-CN.md"}
del TWINS["docs/benchmarks.md"]


@pytest.mark.parametrize("page", TWINS)
def test_the_chinese_page_says_as_much(page):
    """It has as many examples, and every name and figure of the English page."""
    assert len(blocks(TWINS[page])) == len(blocks(page))
    assert said(page) - said(TWINS[page]) == set()


def said(page):
    """Returns the names and figures in the text of a page, outside of its examples."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text("utf-8"), flags=re.M | re.S)
    return set(re.findall(r"`([^`\n]+)`", text)) | set(
        re.findall(r"[0-9][0-9,.]*[0-9]|[0-9]", re.sub(r"`[^`]*`", "", text))
    )


@both("email")
def test_email(page, sandbox, rf):
    names = run(page, **PRESUMED)
    (first,) = sandbox.outbox
    assert first.to == names["sandbox"].outbox[0].to == "tom@example.com"
    assert first.code in first.text
    assert names["codes"].send("x@mailinator.com", **USER).code == "input.email.refused"

    request = rf.post("/", HTTP_X_FORWARDED_FOR="203.0.113.7")
    request.session = {}
    ip = client_ip(request)
    with current.using(names["codes"]):
        current.send("li.lei@example.com", purpose="register", ip=ip)
        given = {"contact": "li.lei@example.com", "code": sandbox.outbox[-1].code}
        form = names["RegisterForm"](given, ip=ip)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["contact"] == "li.lei@example.com"


@both("managed")
def test_managed(page, sandbox):
    names = run(page, **PRESUMED, SANSMS={})
    (message,) = sandbox.outbox
    assert (names["sent"].ok, message.fields["template"]) == (True, "100001")
    assert (names["done"].ok, names["done"].attempts_left) == (False, 2)
    assert names["codes"].verify(NUMBER, message.code, session=PRESUMED["session_key"], **USER).to == E164
    with Service(**names["SANSMS"]) as likewise:
        assert likewise.send("13900139000", **USER)


@both("gateways")
def test_gateways(page, monkeypatch):
    """The request is what the gateway's page, as it is told there, asks for."""
    for name in ("SANSMS_GATEWAY_KEY", "SANSMS_GATEWAY_SECRET"):
        monkeypatch.setenv(name, name.lower())
    seen, declared, make = [], [], Service.__init__

    def gateway(method, url, headers, body, *_):
        seen.append((method, url, json.loads(body)))
        return 200, [], b'{"code": 0, "msg": "ok", "data": {"msgId": "m-1"}}'

    def made(self, **options):
        make(self, **{"transport": gateway, **options})
        declared.append(self)

    monkeypatch.setattr(Service, "__init__", made)
    run(page, **PRESUMED)
    sent = declared[0].send(NUMBER, **USER)
    assert (sent.kind, sent.message_id) == ("sent", "m-1")
    ((method, url, body),) = seen
    assert (method, url) == ("POST", "https://api.sms.example/v2/send")
    assert list(body) == ["appKey", "ts", "mobile", "templateId", "params", "sign"]
    assert (body["mobile"], body["templateId"]) == ("13800138000", "T1001")
    assert list(json.loads(body["params"])) == ["code", "minutes"]
    signed = f"sansms_gateway_key{body['ts']}13800138000sansms_gateway_secret"
    assert body["sign"] == md5(signed.encode()).hexdigest().upper()


@both("receipts")
def test_receipts(page):
    pulled = {"PhoneNumber": E164, "ReportStatus": "SUCCESS", "SessionContext": "AbCdEfGhIjKlMnOp"}
    reply = json.dumps({"Response": {"PullSmsSendStatusSet": [pulled], "RequestId": "r"}}).encode()
    account = tencent(
        sdk_app_id="1400006666", sign_name="云验证", templates={"default": "1"}, secret_id="id", secret_key="key"
    )
    with Service(
        providers=[account], transport=lambda *_: (200, [], reply), secret=PRESUMED["SECRET"], store="memory://"
    ) as codes:
        app = FastAPI()
        names = run(page, codes=codes, app=app, urlpatterns=[])
        assert names["pulled"].ok
        assert names["receipt"].status == "delivered"
        assert len(names["urlpatterns"]) == 1

        body = [{"phone_number": "13800138000", "success": True, "out_id": "AbCdEfGhIjKlMnOp"}]
        with TestClient(app) as vendor:
            for key, status in ((codes.receipt_path, 200), ("another", 404)):
                answer = vendor.post(f"/sansms/receipts/aliyun/{key}/", json=body)
                assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert codes.stats()["receipt"]["aliyun"] == {"delivered": 1}


@both("fastapi")
def test_fastapi(page, monkeypatch, sansms_outbox):
    monkeypatch.setenv("REDIS_URL", "memory://")
    monkeypatch.setenv("SANSMS_SECRET", PRESUMED["SECRET"])
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.setenv(name, PRESUMED["KEY"])
    users = []

    async def create_user(phone):
        users.append(phone)

    names = run(page, create_user=create_user)
    names["test_registration"](sansms_outbox)
    assert users == [E164]
    sansms_outbox.clock.move(60)

    with TestClient(names["app"], client=("10.0.0.2", 50000)) as phone:
        phone.app.state.codes = Sandbox().service(session="challenge")
        sent = phone.post("/app/code", json={"phone": NUMBER}).json()
        assert sent["kind"] == "sent"
        answers = [
            phone.post("/app/register", json={"phone": NUMBER, "code": sansms_outbox[-1].code}, headers=headers)
            for headers in ({}, {"X-Challenge": sent["challenge"]})
        ]
        assert [answer.json()["kind"] for answer in answers] == ["invalid", "verified"]

        forwarded = [[("X-Forwarded-For", f"198.51.100.{at}"), ("X-Forwarded-For", "203.0.113.8")] for at in range(12)]
        forged = [
            phone.post("/code", json={"phone": f"1390013{at:04}"}, headers=lines) for at, lines in enumerate(forwarded)
        ]
        assert [answer.json()["kind"] for answer in forged] == ["sent"] * 10 + ["limited"] * 2


@both("operations")
def test_operations(page, sandbox):
    codes = Sandbox().service()
    codes.send(NUMBER, **USER)
    names = run(page, codes=codes, service=codes, JsonResponse=JsonResponse)
    found = names["found"].answer
    assert "window_ms" in found["rules"][0]
    assert {"state", "tries_left", "resent", "expires_in_ms"} <= set(found["codes"][0])
    assert codes.inspect(NUMBER).answer["codes"] == []
    assert names["ready"](None).status_code == 200
    assert names["entry"].handling == "Account"


@both("stores")
def test_stores(page, tmp_path):
    settings = {"providers": [{"aliyun": {"sign_name": "云验证", "templates": {"default": "SMS_1"}}}]}
    names = run(page, SANSMS=settings, DATABASES={}, BASE_DIR=tmp_path)
    assert names["SANSMS"]["store"] == {"django": next(iter(names["DATABASES"]))}
    assert callable(names["store"].run)
    with override_settings(SANSMS=names["SANSMS"] | {"secret": PRESUMED["SECRET"], "store": {"django": "default"}}):
        assert current.current
