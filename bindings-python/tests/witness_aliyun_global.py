"""The official SDK for SMS abroad against the sandbox over a socket: `witness_aliyun_global.py PYTHON`."""

from __future__ import annotations

import json
import sys

from alibabacloud_dysmsapi20180501.client import Client
from alibabacloud_dysmsapi20180501.models import BatchSendMessageToGlobeRequest, SendMessageToGlobeRequest

from witness import Check, Gateway, testify
from witness_tea import Account


def checks(gateway: Gateway) -> list[Check]:
    account = Account(gateway, Client)

    def send(to: str, text: str = "Your code is 424242.", sender: str = "Sansms", **key: str) -> str:
        request = SendMessageToGlobeRequest(to=to, message=text, from_=sender, type="OTP", task_id="send-7")
        return account.code("send_message_to_globe", request, **key)

    def batch(to: list[str], texts: list[str], kind: str = "NOTIFY", **key: str) -> str:
        request = BatchSendMessageToGlobeRequest(to=json.dumps(to), message=json.dumps(texts), type=kind)
        return account.code("batch_send_message_to_globe", request, **key)

    found: list[Check] = [
        ("right keys", send("447911123456"), "OK"),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong secret", send("447911123456", secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("an unknown key", send("447911123456", key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("a number of the mainland", send("8613800138000"), "isv.COUNTRY_RESTRICTED"),
        ("a wrong number", send("12"), "isv.MOBILE_NUMBER_ILLEGAL"),
        ("a wrong sender", send("447911123456", sender="twelve-chars"), "isv.SENDERID_ERROR"),
        ("nothing came of them", len(gateway.inbox()), 1),
        ("a batch", batch(["447911123456", "14155550100"], ["one 111111", "two 222222"]), "OK"),
        ("each has its text", [sms["text"] for sms in gateway.inbox()[-2:]], ["one 111111", "two 222222"]),
        ("a batch, wrong secret", batch(["447911123456"], ["x"], secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("a batch, unknown key", batch(["447911123456"], ["x"], key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("a batch to the mainland", batch(["8613800138000"], ["x"]), "isv.COUNTRY_RESTRICTED"),
        ("a batch of too few texts", batch(["447911123456", "14155550100"], ["x"]), "InvalidParameter"),
        ("a batch with a wrong number", batch(["447911123456", "12"], ["x", "y"]), "isv.MOBILE_NUMBER_ILLEGAL"),
        ("nothing came of these", len(gateway.inbox()), 3),
    ]
    return found


if __name__ == "__main__":
    sys.exit(testify("alibabacloud_dysmsapi20180501", checks))
