"""The official SDK for DirectMail against the sandbox over a socket: `witness_aliyun_mail.py PYTHON`."""

from __future__ import annotations

import json
import sys

from alibabacloud_dm20151123.client import Client
from alibabacloud_dm20151123.models import SingleSendMailRequest, SingleSendMailRequestTemplate

from witness import Check, Gateway, testify
from witness_tea import Account


def checks(gateway: Gateway) -> list[Check]:
    account = Account(gateway, Client)

    def send(to: str = "tom@example.com", sender: str = "no-reply@mail.example.com", **fields: object) -> str:
        key = {name: str(fields.pop(name)) for name in ("key_id", "secret") if name in fields}
        fields = {"subject": "验证码", "text_body": "您的验证码是424242。"} | fields
        request = SingleSendMailRequest(
            account_name=sender, address_type=1, reply_to_address=False, to_address=to, **fields
        )
        return account.code("single_send_mail", request, **key)

    template = SingleSendMailRequestTemplate(template_id="7", template_data={"code": "717171"})
    nameless = SingleSendMailRequestTemplate(template_data={"code": "717171"})
    return [
        ("right keys", send(), "OK"),
        ("the mail is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a mail in HTML", send("ann@example.com", text_body=None, html_body="<b>515151</b>"), "OK"),
        ("a kept template", send(text_body=None, template=template), "OK"),
        ("its variables", gateway.inbox()[-1]["params"], {"code": "717171"}),
        ("a wrong secret", send(secret="sandbox-wrong"), "SignatureDoesNotMatch"),
        ("an unknown key", send(key_id="sandbox-x"), "InvalidAccessKeyId.NotFound"),
        ("an unknown sender", send(sender="who@mail.example.com"), "InvalidMailAddress.NotFound"),
        ("a wrong receiver", send("nobody"), "InvalidToAddress"),
        ("no body", send(text_body=None), "InvalidBody"),
        ("a template without its id", send(text_body=None, template=nameless), "InvalidBody"),
        ("a subject too long", send(subject="x" * 257), "InvalidSubject.Malformed"),
        ("nothing came of them", len(gateway.inbox()), 3),
    ]


if __name__ == "__main__":
    sys.exit(testify("alibabacloud_dm20151123", checks))
