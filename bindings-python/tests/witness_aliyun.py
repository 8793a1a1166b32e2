"""The official SDK for Alibaba Cloud SMS sends to the sandbox over a socket: `witness_aliyun.py PYTHON`.

Runs in an environment that holds the SDK and none of ours; `PYTHON` is an interpreter that has our wheel, and serves
the sandbox. Right keys must succeed and put the message in the inbox; a wrong secret must be told
`SignatureDoesNotMatch`, an unknown key `InvalidAccessKeyId.NotFound`, a key that is no sandbox key must be refused.
"""

from __future__ import annotations

import json
import sys

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.models import Config

from witness import Check, Gateway, testify


def checks(gateway: Gateway) -> list[Check]:
    def send(number: str, code: str, key_id: str = "sandbox-id", secret: str = "sandbox-secret") -> str:
        """Sends one message; returns the provider's code, whether it comes in a reply or as an exception."""
        config = Config(access_key_id=key_id, access_key_secret=secret, endpoint=gateway.endpoint, protocol="http")
        request = SendSmsRequest(
            phone_numbers=number,
            sign_name="示例",
            template_code="SMS_1",
            template_param=json.dumps({"code": code}),
        )
        try:
            return str(Client(config).send_sms(request).body.code)
        except Exception as error:
            return str(getattr(error, "code", None) or error)

    number = "13800138001"
    return [
        ("right keys", send("13800138000", "424242"), "OK"),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong secret", send(number, "123456", secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("an unknown key", send(number, "123456", key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("nothing came of them", len(gateway.inbox()), 1),
        ("60 seconds have not passed", send("13800138000", "123456"), "isv.BUSINESS_LIMIT_CONTROL"),
        ("another number", send(number, "123456"), "OK"),
    ]


if __name__ == "__main__":
    sys.exit(testify("alibabacloud_dysmsapi20170525", checks))
