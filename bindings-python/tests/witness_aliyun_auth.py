"""The official SDK for Alibaba Cloud's 短信认证 against the sandbox over a socket: `witness_aliyun_auth.py PYTHON`.

As `witness_aliyun.py`; here the provider makes the code, and is asked about it.
"""

from __future__ import annotations

import sys
import time

from alibabacloud_dypnsapi20170525.client import Client
from alibabacloud_dypnsapi20170525.models import CheckSmsVerifyCodeRequest, SendSmsVerifyCodeRequest

from witness import Check, Gateway, testify
from witness_tea import Account, Reply


def checks(gateway: Gateway) -> list[Check]:
    account = Account(gateway, Client)

    def request(number: str, **fields: object) -> SendSmsVerifyCodeRequest:
        param = '{"code":"##code##","min":"5"}'
        fields = {"sign_name": "示例", "template_code": "100001", "template_param": param, "code_length": 6} | fields
        return SendSmsVerifyCodeRequest(phone_number=number, scheme_name="login", **fields)

    def send(number: str, **fields: object) -> str:
        key = {name: str(fields.pop(name)) for name in ("key_id", "secret") if name in fields}
        return account.code("send_sms_verify_code", request(number, **fields), **key)

    def check(number: str, code: str, scheme: str = "login", **key: str) -> Reply:
        guess = CheckSmsVerifyCodeRequest(phone_number=number, scheme_name=scheme, verify_code=code)
        return account.ask("check_sms_verify_code", guess, **key)

    def last() -> str:
        return str(gateway.inbox()[-1]["params"]["code"])  # type: ignore[index]

    number = "13800138000"
    reply = account.ask("send_sms_verify_code", request(number, return_verify_code=True))
    told = reply["Model"]
    found: list[Check] = [
        ("right keys", (reply["Code"], reply["Success"]), ("OK", True)),
        ("the code that is told is the one in the inbox", (told["VerifyCode"], len(last())), (last(), 6)),
        ("a wrong code", check(number, "000000x")["Raised"], "isv.ValidateFail"),
        ("another scheme", check(number, last(), scheme="reset")["Raised"], "isv.ValidateFail"),
        ("a wrong secret", check(number, last(), secret="sandbox-wrong")["Raised"], "SignatureDoesNotMatch"),
        ("an unknown key", check(number, last(), key_id="sandbox-x")["Raised"], "InvalidAccessKeyId.NotFound"),
        ("the right code", check(number, last())["Model"]["VerifyResult"], "PASS"),
        ("the interval has not passed", send(number), "biz.FREQUENCY"),
    ]
    other = "13800138001"
    found += [
        ("a wrong template", send(other, template_code="404"), "INVALID_PARAMETERS"),
        ("a wrong sign", send(other, sign_name="别的"), "INVALID_PARAMETERS"),
        ("a wrong number", send("123"), "MOBILE_NUMBER_ILLEGAL"),
        ("a variable that lacks", send(other, template_param='{"code":"##code##"}'), "INVALID_PARAMETERS"),
        ("a send, wrong secret", send(other, secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("a send, unknown key", send(other, key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("a check of a wrong number", check("123", last())["Code"], "MOBILE_NUMBER_ILLEGAL"),
        ("a check of another number", check(other, last())["Raised"], "isv.ValidateFail"),
        ("nothing came of them", len(gateway.inbox()), 1),
        ("a code that ends in a second", send(other, valid_time=1), "OK"),
    ]
    time.sleep(1.1)
    found.append(("it has expired", check(other, last())["Raised"], "isv.ValidateFail"))
    return found


if __name__ == "__main__":
    sys.exit(testify("alibabacloud_dypnsapi20170525", checks))
