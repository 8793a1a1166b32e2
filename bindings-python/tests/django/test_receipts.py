"""The endpoint of delivery receipts; keys, actions and e-mail by the settings."""

from __future__ import annotations

import json
from io import BytesIO

import keys
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.test import Client, override_settings
from django.urls import reverse
from visitors import NUMBER

from django import forms
from sansms.django import service
from sansms.django._receipts import receipts
from sansms.django.forms import CodeField, ContactField, VerifiedPhone

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}
PUSH = json.dumps([{"success": True, "out_id": "AbCdEfGhIjKlMnOp", "phone_number": "13800138000"}])
HOST_KEYED = {"aliyun": {"credentials": "keys.fetch", "endpoint": "http://127.0.0.1", "sign_name": "示例"}}
HOST_KEYED["aliyun"]["templates"] = {"register": "SMS_1"}


@pytest.fixture(autouse=True)
def afresh():
    service.close()
    yield
    service.close()


def post(body=PUSH, kind="aliyun", key=None, **more):
    url = reverse("sansms:receipts", args=[kind, service.receipt_path if key is None else key])
    # As a vendor does: no cookie, no token.
    client = Client(enforce_csrf_checks=True)
    return client.post(url, body, content_type="application/json", **more)


def test_a_push_is_answered_as_its_vendor_expects():
    answer = post()
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "ok"})
    assert post("[]", kind="tencent").json() == {"result": 0, "errmsg": "OK"}
    assert service.stats()["receipt"] == {"aliyun": {"delivered": 1}}
    assert reverse("sansms:receipts", args=["aliyun", "k"]) == "/sansms/receipts/aliyun/k/"


def test_a_failed_delivery_is_pushed_and_counted(sandbox):
    with service.using(sandbox.service()):
        assert service.send(NUMBER, **USER)
        push = sandbox.receipt(sandbox.outbox[-1], "failed")
        assert post(push.body, kind=push.provider).status_code == 200
        assert service.stats()["receipt"] == {"aliyun": {"failed": 1}}


def test_a_wrong_key_finds_nothing_and_counts_nothing():
    for key in ("x", service.receipt_path[:-1], service.receipt_path + "x"):
        assert post(key=key).status_code == 404
    assert service.stats() == {}
    assert Client().get(f"/sansms/receipts/aliyun/{service.receipt_path}/").status_code == 405


def test_a_body_is_bounded_and_has_to_be_receipts():
    assert post("{}").status_code == 400
    assert post("[" + " " * 262_144 + "]").status_code == 413
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        assert post().status_code == 413


def test_a_body_that_states_no_length_is_not_taken_in_whole():
    path = f"/sansms/receipts/aliyun/{service.receipt_path}/"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    stream = BytesIO(b" " * 1_000_000)
    assert receipts(ASGIRequest(scope, stream), "aliyun", service.receipt_path).status_code == 413
    assert stream.tell() == 262_145
    stream = BytesIO(PUSH.encode())
    assert receipts(ASGIRequest(scope, stream), "aliyun", service.receipt_path).status_code == 200


def test_credentials_are_named_by_a_dotted_path():
    keys.ASKED.clear()
    options = {**settings.SANSMS, "providers": [HOST_KEYED], "store": "memory://", "transport": "keys.transport"}
    with override_settings(SANSMS=options):
        assert service.send(NUMBER, **USER)
        assert keys.ASKED == [1]
        assert service.call("nobody", "Nothing").kind == "invalid"
    with override_settings(SANSMS={**options, "transport": "keys.nothing"}), pytest.raises(ImportError):
        service.send(NUMBER, **USER)


MAIL = {"subject": "Your code", "text": "{code}"}
MAIL_ACCOUNT = {"account_name": "no-reply@mail.example.com", "templates": {"default": MAIL}}


def test_addresses_are_served_where_a_provider_reaches_them(sandbox):
    class Form(VerifiedPhone, forms.Form):
        purpose = "register"
        phone_field = "contact"
        contact = ContactField()
        code = CodeField()

    key = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1"}
    email = {"blocked_domains": ["mailinator.example"]}
    mail = sandbox.service(providers=[{"aliyun_mail": {**key, **MAIL_ACCOUNT}}], email=email)
    with service.using(mail):
        assert service.send("Tom@Example.com", **USER)
        code = sandbox.outbox[-1].code
        right = Form({"contact": "Tom@example.com", "code": code}, ip="203.0.113.7", session="s")
        assert right.is_valid()
        assert right.cleaned_data["contact"] == "Tom@example.com"
        wrong = Form({"contact": "tom@mailinator.example", "code": code}, ip="203.0.113.7", session="s")
        assert list(wrong.errors) == ["contact"]


def test_the_settings_say_which_addresses():
    wrong = {**settings.SANSMS, "email": {"domains": []}}
    with override_settings(SANSMS=wrong), pytest.raises(ImproperlyConfigured, match=r"email\.domains"):
        service.send(NUMBER, **USER)
