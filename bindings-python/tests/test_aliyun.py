"""Each product of Alibaba Cloud, through the service and the sandbox."""

from __future__ import annotations

import pytest

from sansms import ConfigError, Service, aliyun, aliyun_auth, aliyun_global, aliyun_mail
from sansms.testing import Sandbox

KEY = {
    "access_key_id": "sandbox-id",
    "access_key_secret": "sandbox-secret",
    "endpoint": "http://127.0.0.1",
}
USER = {"purpose": "register", "ip": "203.0.113.7"}


def accounts(**more):
    mail = {"default": {"subject": "Your code", "html": '<p style="color:#102030">{code}</p>'}}
    return {
        "13800138000": [
            aliyun(sign_name="示例", templates={"default": "SMS_1"}, **KEY, **more),
            aliyun_auth(sign_name="示例", templates={"default": "100001"}, **KEY, **more),
        ],
        "+85261234567": [aliyun_global(templates={"default": "Your code is {code}."}, sender_id="Acme", **KEY, **more)],
        "tom@example.com": [aliyun_mail(account_name="no-reply@mail.example.com", templates=mail, **KEY, **more)],
    }


CASES = [(to, account) for to, many in accounts().items() for account in many]


def service(sandbox, account):
    return sandbox.service(providers=[account], phone={"countries": ["CN", "HK"]}, email={})


@pytest.mark.parametrize(("to", "account"), CASES, ids=[next(iter(account)) for _, account in CASES])
@pytest.mark.parametrize("wire", ["acs3", "rpc"])
def test_a_code_goes_round(to, account, wire):
    sandbox = Sandbox()
    ((kind, options),) = account.items()
    under_test = service(sandbox, {kind: {**options, "wire": wire}})
    sent = under_test.send(to, **USER)
    assert sent, sent.code
    assert sent.provider == kind
    code = sandbox.outbox[-1].code
    wrong = "111111" if code != "111111" else "222222"
    assert not under_test.verify(to, wrong, **USER)
    assert under_test.verify(to, code, **USER)
    assert not under_test.verify(to, code, **USER)


def test_each_serves_its_own_recipients():
    for to, account in CASES:
        for other in {"13800138000", "+85261234567", "tom@example.com"} - {to}:
            if next(iter(account)) == "aliyun" and other.startswith("+"):
                continue
            sandbox = Sandbox()
            assert not service(sandbox, account).send(other, **USER)
            assert not sandbox.outbox


def test_wrong_options_are_named():
    with pytest.raises(ConfigError, match=r"code_length: must be from 4 to 8"):
        Service(providers=[aliyun_auth(sign_name="x", templates={"a": "1"}, code_length=9, **KEY)], secret="-" * 32)
    literal = aliyun_auth(sign_name="x", templates={"a": "1"}, template_params={"code": "{code}"}, **KEY)
    with pytest.raises(ConfigError, match="must not have"):
        Service(providers=[literal], secret="-" * 32)


def test_actions_are_called():
    sandbox = Sandbox()
    under_test = service(sandbox, accounts()["13800138000"][0])
    numbers = ["13800138000", "13800138001"]
    batch = {
        "PhoneNumberJson": numbers,
        "SignNameJson": ["示例", "示例"],
        "TemplateCode": "SMS_1",
        "TemplateParamJson": [{"code": "1111"}, {"code": "2222"}],
    }
    assert under_test.call("aliyun", "SendBatchSms", batch)
    assert [message.code for message in sandbox.outbox] == ["1111", "2222"]
    refused = under_test.call("aliyun", "SendBatchSms", {**batch, "SignNameJson": ["示例"]})
    assert not refused
    assert refused.code == "action.input"
