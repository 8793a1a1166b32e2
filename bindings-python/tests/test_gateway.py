"""Gateways declared as data, through the service and the sandbox."""

from __future__ import annotations

import json

import pytest

from sansms import ConfigError, Service, gateway
from sansms.testing import Sandbox

USER = {"purpose": "register", "ip": "203.0.113.7"}
SHAPES = ["app-key-md5", "bearer-json", "form-hmac"]


def declared(shape, secret="sandbox-secret", **more):
    key = {} if shape == "bearer-json" else {"key": "sandbox-id"}
    url = f"http://127.0.0.1/gateway/{shape}"
    classes = {"1001": "account", "signature_mismatch": "account"}
    return gateway(preset=shape, url=url, secret=secret, templates={"default": "T1"}, classes=classes, **key, **more)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_code_goes_round(shape):
    sandbox = Sandbox()
    service = sandbox.service(providers=[declared(shape, name="mine")])
    sent = service.send("13800138000", **USER)
    assert sent
    assert sent.provider == "mine"
    params = sandbox.outbox[-1].fields["params"]
    assert sandbox.outbox[-1].to == "+8613800138000"
    assert service.verify("13800138000", params.get("code") or params["1"], **USER)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_wrong_secret_is_refused(shape):
    sandbox = Sandbox()
    service = sandbox.service(providers=[declared(shape, secret="sandbox-wrong")])
    assert service.send("13800138000", **USER).kind == "undelivered"
    assert sandbox.outbox == []


def test_another_provider_takes_over():
    sandbox = Sandbox()
    wrong = declared("form-hmac", secret="sandbox-wrong", name="wrong")
    service = sandbox.service(providers=[wrong, declared("bearer-json", name="right")])
    assert service.send("13800138000", **USER).provider == "right"


def test_the_request_is_as_declared():
    seen = []

    def transport(*call):
        seen.append(call)
        return 200, [], b'{"state": "OK", "ids": [{"id": 7}]}'

    own = gateway(
        url="https://sms.example/v1/{calling_code}/send?n={nonce}",
        headers={"x-key": "{key}"},
        body={"Mobile": "{national}", "in_ner": {"code": ["{code}", 1, None]}, "t": {"$number": "{timestamp}"}},
        reply={"code": "state", "success": ["OK"], "message_id": "ids.0.id"},
        key="k",
    )
    service = Service(providers=[own], secret="x" * 32, store="memory://", transport=transport, env={})
    assert service.send("13800138000", **USER)
    method, url, headers, body = seen[0][:4]
    assert method == "POST"
    assert url.startswith("https://sms.example/v1/86/send?n=")
    assert dict(headers)["x-key"] == "k"
    sent = json.loads(body)
    assert sent["Mobile"] == "13800138000"
    assert sent["in_ner"]["code"][1:] == [1, None]
    assert isinstance(sent["t"], int)


@pytest.mark.parametrize(
    ("option", "value", "at"),
    [
        ("body", {"to": "{e164}", "deep": [{"in_ner": "{mobile}"}]}, "body.deep[0].in_ner"),
        ("headers", {"x_a": "{secret}"}, "headers.x_a"),
        ("url", "https://{key}.example/", "url"),
        ("signature", {"method": "md5", "over": "{code}"}, "signature.over"),
        ("reply", {"code": "code"}, "reply.success"),
    ],
)
def test_errors_point_at_the_field(option, value, at):
    options = {"preset": "bearer-json", "url": "http://127.0.0.1/", "templates": {"a": "b"}, option: value}
    with pytest.raises(ConfigError) as caught:
        Sandbox().service(providers=[gateway(**options)])
    assert caught.value.option == f"providers[0].gateway.{at}"


def test_what_is_left_out_is_left_out():
    assert gateway(url="https://sms.example/", key="k") == {"gateway": {"url": "https://sms.example/", "key": "k"}}
