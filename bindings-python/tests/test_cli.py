"""`python -m sansms`, and what it shares with the package: explanations and the audit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sansms
from sansms._explain import ADVICE, HANDLING, packed
from sansms._sandbox_server import SandboxServer
from sansms.testing import Sandbox

CORE_DATA = Path(__file__).parents[2] / "core" / "data" / "provider-errors.json"


def command(*arguments, cwd=None, env=None):
    run = [sys.executable, "-m", "sansms", *arguments]
    return subprocess.run(run, capture_output=True, text=True, cwd=cwd, env=env, check=False)


def test_what_is_explained_is_what_the_core_knows():
    wanted = [
        (e["provider"], e["api"], e["code"], e["meaning_zh"], e["meaning_en"], e["category"], e.get("class", ""))
        for e in json.loads(CORE_DATA.read_text("utf-8"))
    ]
    got = [(*api.split("\t"), *row[:5]) for api, rows in packed().items() for row in rows]
    assert sorted(got) == sorted(wanted)
    assert len(got) >= 400
    assert {row[5] for row in got} == set(ADVICE)
    assert {row[6] for row in got} - {""} == set(HANDLING)


@pytest.mark.parametrize(
    ("code", "provider", "handling"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "aliyun", "Rejected"),
        (" ISV.business_limit_control ", "aliyun", "Rejected"),
        ("isv.AMOUNT_NOT_ENOUGH", "aliyun", "Account"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "tencent", "Account"),
        ("AuthFailure.SignatureFailure", "tencent", "Account"),
    ],
)
def test_a_code_is_explained(code, provider, handling):
    first = sansms.explain(code)[0]
    assert (first.provider, first.handling) == (provider, handling)
    assert first.code.lower() == code.strip().lower()
    for text in (first.meaning_zh, first.meaning_en, first.advice_zh, first.advice_en):
        assert text
    assert re.search("[一-龥]", first.meaning_zh + first.advice_zh)


def test_a_nested_code_is_explained_by_its_parent():
    (known,) = {each.code for each in sansms.explain("AuthFailure.SignatureFailure")}
    assert {each.code for each in sansms.explain("AuthFailure.SignatureFailure.NoSuchPart")} == {known}
    assert sansms.explain("no.such.code") == []
    assert sansms.explain("") == []


def test_explain():
    done = command("explain", "isv.BUSINESS_LIMIT_CONTROL")
    assert done.returncode == 0
    assert "号码级流控" in done.stdout
    assert "Per-number flow control" in done.stdout
    assert "60 s" in done.stdout
    unknown = command("explain", "no.such.code")
    assert (unknown.returncode, unknown.stdout) == (1, "")


def test_an_audit_of_a_service():
    audit = Sandbox().service(budget_per_day=10).audit()
    assert audit["figures"]["messages"] == 10
    assert "audit.session_optional" in {warning["code"] for warning in audit["warnings"]}


def test_audit(tmp_path):
    shown = command("audit", cwd=tmp_path)
    assert shown.returncode == 0
    assert "audit.session_optional" in shown.stdout
    (tmp_path / "sansms.json").write_text('{"budget_per_day": 7, "secret": "canary", "store": "canary"}')
    read = json.loads(command("audit", "--json", cwd=tmp_path).stdout)
    assert read["figures"]["messages"] == 7
    (tmp_path / "sansms.json").write_text('{"policy": {"tries": 99}}')
    wrong = command("audit", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "tries" in wrong.stderr


def test_send_and_verify(tmp_path):
    with SandboxServer() as server:
        provider = {
            "access_key_id": "sandbox-id",
            "access_key_secret": "sandbox-secret",
            "sign_name": "示例",
            "templates": {"login": "SMS_1"},
            "endpoint": server.url,
        }
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"providers": [{"aliyun": provider}], "secret": "x" * 32}))
        own = ("--purpose", "login", "--settings", str(settings))
        sent = command("send", "138 0013 8000", *own, cwd=tmp_path)
        assert (sent.returncode, sent.stderr) == (0, "")
        assert sent.stdout.startswith("sent  sent  +86")
        again = command("send", "138 0013 8000", *own, cwd=tmp_path)
        assert again.returncode == 1
        assert "limit.cooldown" in again.stdout
        code = json.loads(server.sandbox.inbox())[0]["params"]["code"]
        done = command("verify", "13800138000", code, *own, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("verified  verified")
    assert "13800138000" not in sent.stdout + again.stdout + done.stdout
    assert (tmp_path / "sansms.sqlite3").exists()


@pytest.mark.parametrize("encoding", ["gbk", "latin-1", "ascii"])
def test_a_console_that_has_not_all_characters(tmp_path, encoding):
    with SandboxServer() as server:
        keys = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": server.url}
        provider = {**keys, "sign_name": "示例", "templates": {"login": "SMS_1"}}
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"providers": [{"aliyun": provider}], "secret": "x" * 32}))
        run = [sys.executable, "-m", "sansms", "send", "13800138000", "--purpose", "login", "--settings", str(settings)]
        env = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(run, capture_output=True, cwd=tmp_path, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding)
    assert shown.startswith("sent  sent  +86?")
    assert ("验证码已发送" in shown) == (encoding == "gbk")
    assert "The code is on its way." in shown


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "can't be read"), ("{", "can't be read"), ("[]", "JSON object"), ("{}", "providers|secret")],
)
def test_wrong_settings(tmp_path, content, says):
    settings = tmp_path / "settings.json"
    if content is not None:
        settings.write_text(content)
    done = command("send", "13800138000", "--purpose", "x", "--settings", str(settings), cwd=tmp_path, env={})
    assert done.returncode == 2
    assert re.search(says, done.stderr)
    assert "Traceback" not in done.stderr
