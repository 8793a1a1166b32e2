"""The official SDK for Alibaba Cloud SMS sends to the sandbox over a socket: `witness_aliyun.py PYTHON`.

Runs in an environment that holds the SDK, of this year or of years ago, and none of ours; `PYTHON` is an interpreter
that has our wheel, and serves the sandbox. Right keys must succeed and put the message in the inbox; a wrong secret
must be told `SignatureDoesNotMatch`, an unknown key `InvalidAccessKeyId.NotFound`, a key that is no sandbox key must be
refused.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendBatchSmsRequest, SendSmsRequest

from witness import Check, Gateway, testify
from witness_tea import Account, Reply

CHINA = timezone(timedelta(hours=8))


def checks(gateway: Gateway) -> list[Check]:
    account = Account(gateway, Client)

    def send(number: str, code: str, sign: str = "示例", template: str = "SMS_1", **key: str) -> str:
        request = SendSmsRequest(
            phone_numbers=number,
            sign_name=sign,
            template_code=template,
            template_param=json.dumps({"code": code}),
            out_id="send-7",
        )
        return account.code("send_sms", request, **key)

    def batch(numbers: list[str], codes: list[str], template: str = "SMS_1", sign: str = "示例", **key: str) -> str:
        request = SendBatchSmsRequest(
            phone_number_json=json.dumps(numbers),
            sign_name_json=json.dumps([sign] * len(numbers)),
            template_code=template,
            template_param_json=json.dumps([{"code": code} for code in codes]),
        )
        return account.code("send_batch_sms", request, **key)

    def details(number: str, day: str, **key: str) -> Reply:
        request = QuerySendDetailsRequest(phone_number=number, send_date=day, page_size=10, current_page=1)
        return account.ask("query_send_details", request, **key)

    number = "13800138001"
    found: list[Check] = [
        ("right keys", send("13800138000", "424242"), "OK"),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong secret", send(number, "123456", secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("an unknown key", send(number, "123456", key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("a wrong template", send(number, "123456", template="SMS_404"), "isv.SMS_TEMPLATE_ILLEGAL"),
        ("a wrong sign", send(number, "123456", sign="别的"), "isv.SMS_SIGNATURE_ILLEGAL"),
        ("a wrong number", send("123", "123456"), "isv.MOBILE_NUMBER_ILLEGAL"),
        ("a code that can't be", send(number, "12"), "isv.PARAM_LENGTH_LIMIT"),
        ("nothing came of them", len(gateway.inbox()), 1),
        ("60 seconds have not passed", send("13800138000", "123456"), "isv.BUSINESS_LIMIT_CONTROL"),
        ("another number", send(number, "123456"), "OK"),
    ]
    pair = ["13800138002", "13800138003"]
    found += [
        ("a batch", batch(pair, ["202020", "303030"]), "OK"),
        (
            "each has its code",
            [sms["params"] for sms in gateway.inbox()[-2:]],
            [{"code": "202020"}, {"code": "303030"}],
        ),
        ("a batch of too few codes", batch(pair, ["1"]), "isv.INVALID_PARAMETERS"),
        ("a batch, wrong template", batch(pair, ["111111", "222222"], template="SMS_404"), "isv.SMS_TEMPLATE_ILLEGAL"),
        ("a batch, wrong sign", batch(pair, ["111111", "222222"], sign="别的"), "isv.SMS_SIGNATURE_ILLEGAL"),
        ("a batch, wrong number", batch([pair[0], "123"], ["111111", "222222"]), "isv.MOBILE_NUMBER_ILLEGAL"),
        ("a batch, a code that can't be", batch(pair, ["111111", "2"]), "isv.PARAM_LENGTH_LIMIT"),
        ("a batch, unknown key", batch(pair, ["111111", "222222"], key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("a batch, wrong secret", batch(pair, ["111111", "222222"], secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("a batch again", batch(pair, ["111111", "222222"]), "isv.BUSINESS_LIMIT_CONTROL"),
        ("nothing came of these", len(gateway.inbox()), 4),
    ]
    # A run that goes on past midnight finds the message on the day before.
    now = datetime.now(CHINA)
    days = [f"{day:%Y%m%d}" for day in (now, now - timedelta(days=1))]
    replies = [details("13800138000", day) for day in days]
    sent = [sms for reply in replies for sms in reply["SmsSendDetailDTOs"]["SmsSendDetailDTO"]]
    found += [
        ("details", [reply["Code"] for reply in replies], ["OK", "OK"]),
        ("what became of it", [(sms["SendStatus"], sms["OutId"]) for sms in sent], [(3, "send-7")]),
        ("details of a wrong number", details("123", days[0])["Code"], "isv.MOBILE_NUMBER_ILLEGAL"),
        ("details, wrong secret", details(number, days[0], secret="sandbox-x")["Raised"], "SignatureDoesNotMatch"),
        ("details, unknown key", details(number, days[0], key_id="sandbox-x")["Raised"], "InvalidAccessKeyId.NotFound"),
    ]
    return found


if __name__ == "__main__":
    sys.exit(testify("alibabacloud_dysmsapi20170525", checks))
