"""Delivery receipts: pushes, pulls, the secret path, and what is counted."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timezone

import pytest

from sansms import ReceiptError, Service, tencent
from sansms.testing import Sandbox

USER = {"purpose": "register", "ip": "203.0.113.7"}


def push(send_id="AbCdEfGhIjKlMnOp", success=True):
    entry = {
        "phone_number": "13800138000",
        "report_time": "2023-09-13 22:35:00",
        "success": success,
        "err_code": "DELIVERED" if success else "MK:0004",
        "biz_id": "1234567^0",
        "out_id": send_id,
    }
    return json.dumps([entry]).encode()


def test_a_push_becomes_receipts_that_name_the_send():
    heard = []
    service = Sandbox().service(observer=heard.append)
    sent = service.send("13800138000", **USER)
    (receipt,) = service.receipts("aliyun", push(sent.send_id))
    assert receipt.send_id == sent.send_id
    assert (receipt.provider, receipt.status, receipt.message_id) == ("aliyun", "delivered", "1234567^0")
    assert (receipt.code, receipt.masked) == ("DELIVERED", "•••••••00")
    assert receipt.at == datetime(2023, 9, 13, 14, 35, tzinfo=timezone.utc)
    assert "138001" not in repr(receipt)

    event = heard[-1]
    assert (event.action, event.kind, event.code) == ("receipt", "delivered", "DELIVERED")
    assert (event.provider, event.masked, event.send_id) == ("aliyun", "•••••••00", sent.send_id)
    assert event.send_id == heard[0].send_id
    assert event.purpose == ""
    assert "138001" not in repr(event)


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_the_sandbox_gives_what_the_provider_would_push(status):
    sandbox = Sandbox()
    service = sandbox.service()
    sent = service.send("13800138000", **USER)
    push = sandbox.receipt(sandbox.outbox[-1], status)
    assert (push.provider, push.content_type) == ("aliyun", "application/json")
    assert service.answer_push(push.provider, service.receipt_path, push.body)[0] == 200
    (receipt,) = service.receipts(push.provider, push.body)
    assert (receipt.status, receipt.send_id, receipt.message_id) == (status, sent.send_id, sent.message_id)
    assert "13800138000" not in repr(push)
    assert service.stats()["receipt"] == {"aliyun": {status: 2}}

    day = {"PhoneNumber": "13800138000", "SendDate": "20270115", "PageSize": 9, "CurrentPage": 1}
    (asked,) = service.receipts("aliyun", service.call("aliyun", "QuerySendDetails", day).answer)
    assert (asked.status, asked.code, asked.at) == (receipt.status, receipt.code, receipt.at)


def test_the_sandbox_pushes_nothing_that_the_provider_would_not():
    sandbox = Sandbox()
    assert sandbox.service().send("13800138000", **USER)
    (message,) = sandbox.outbox
    with pytest.raises(ValueError, match="delivered or failed"):
        sandbox.receipt(message, "pending")
    unknown = type(message)({**message.fields, "message_id": "1^0"})
    with pytest.raises(ValueError, match="pushes nothing"):
        sandbox.receipt(unknown)


def test_duplicates_are_harmless_and_all_is_counted():
    service = Sandbox().service()
    assert service.stats() == {}
    service.send("13800138000", **USER)
    service.send("13800138000", **USER)
    for body in (push(), push(), push(success=False)):
        service.receipts("aliyun", body)
    assert service.stats() == {
        "receipt": {"aliyun": {"delivered": 2, "failed": 1}},
        "send": {"": {"limited": 1}, "aliyun": {"sent": 1}},
    }
    assert service.send("13900139000", **USER)


def test_what_a_pull_answered_is_read_as_it_is():
    def transport(*_):
        told = {"PhoneNumber": "+8613800138000", "ReportStatus": "FAIL", "SessionContext": "AbCdEfGhIjKlMnOp"}
        return 200, [], json.dumps({"Response": {"PullSmsSendStatusSet": [told], "RequestId": "r"}}).encode()

    account = tencent(
        sdk_app_id="1400000000",
        sign_name="示例",
        templates={"default": "1"},
        secret_id="sandbox-id",
        secret_key="sandbox-secret",
        endpoint="http://127.0.0.1",
    )
    service = Service(providers=[account], transport=transport, secret="x" * 32, store="memory://", env={})
    pulled = service.call("tencent", "PullSmsSendStatus", {"Limit": 10})
    (receipt,) = service.receipts("tencent", pulled.answer)
    assert (receipt.status, receipt.send_id, receipt.at) == ("failed", "AbCdEfGhIjKlMnOp", None)


@pytest.mark.parametrize("body", [b"", b"{}", "nonsense", b"\xff", b"[" + b" " * 262_144 + b"]"])
def test_what_is_no_receipts_is_refused(body):
    service = Sandbox().service()
    with pytest.raises(ReceiptError) as caught:
        service.receipts("aliyun", body)
    assert str(pickle.loads(pickle.dumps(caught.value))) == "the body is no list of receipts of aliyun"
    assert service.answer_push("aliyun", service.receipt_path, body) == (400, "{}")
    assert service.stats() == {}


def test_a_push_is_answered_as_its_vendor_expects():
    heard = []
    service = Sandbox().service(observer=heard.append)
    assert service.answer_push("aliyun", service.receipt_path, push()) == (200, '{"code":0,"msg":"ok"}')
    assert service.answer_push("tencent", service.receipt_path, b"[]") == (200, '{"result":0,"errmsg":"OK"}')
    assert [event.kind for event in heard] == ["delivered"]
    for key in ("", "x", service.receipt_path[:-1], service.receipt_path.lower()):
        assert service.answer_push("aliyun", key, push()) == (404, "{}")
    assert service.answer_push("nobody", service.receipt_path, push()) == (400, "{}")
    assert len(heard) == 1


def test_the_path_follows_from_the_secret_and_the_namespace():
    first, again = Sandbox().service(), Sandbox().service()
    assert first.receipt_path == again.receipt_path
    assert len(first.receipt_path) == 22
    assert Sandbox().service(namespace="other").receipt_path != first.receipt_path
    assert Sandbox().service(secret="y" * 32).receipt_path != first.receipt_path
    assert first.receipt_path not in repr(first)
