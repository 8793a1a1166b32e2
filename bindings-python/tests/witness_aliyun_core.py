"""The old core SDK of Alibaba Cloud sends to the sandbox over a socket, as a `CommonRequest`, by GET and by POST.

`witness_aliyun_core.py PYTHON`, as `witness_aliyun.py`. This SDK signs in the older way (RPC, HMAC-SHA1).
"""

from __future__ import annotations

import json
import sys

from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from witness import Check, Gateway, testify


def checks(gateway: Gateway) -> list[Check]:
    def send(
        number: str, code: str, key_id: str = "sandbox-id", secret: str = "sandbox-secret", method: str = "POST"
    ) -> str:
        """Sends one message; returns the provider's code, whether it comes in a reply or as an exception."""
        client = AcsClient(key_id, secret, "cn-hangzhou")
        request = CommonRequest()
        request.set_accept_format("json")
        request.set_domain(gateway.endpoint)
        request.set_method(method)
        request.set_protocol_type("http")
        request.set_version("2017-05-25")
        request.set_action_name("SendSms")
        parameters = {
            "PhoneNumbers": number,
            "SignName": "示例",
            "TemplateCode": "SMS_1",
            "TemplateParam": json.dumps({"code": code}),
        }
        for name, value in parameters.items():
            request.add_query_param(name, value)
        try:
            return str(json.loads(client.do_action_with_exception(request))["Code"])
        except (ClientException, ServerException) as error:
            return str(error.get_error_code())

    number = "13800138009"
    found: list[Check] = []
    for at, method in enumerate(("POST", "GET")):
        found += [
            (f"right keys, {method}", send(f"1380013800{at}", f"42424{at}", method=method), "OK"),
            (f"the message is in the inbox, {method}", f"42424{at}" in json.dumps(gateway.inbox()), True),
            (
                f"a wrong secret, {method}",
                send(number, "1", secret="sandbox-wrong", method=method),
                "SignatureDoesNotMatch",
            ),
            (
                f"an unknown key, {method}",
                send(number, "1", key_id="sandbox-x", method=method),
                "InvalidAccessKeyId.NotFound",
            ),
            (f"nothing came of them, {method}", len(gateway.inbox()), at + 1),
        ]
    found.append(("60 seconds have not passed", send("13800138000", "123456"), "isv.BUSINESS_LIMIT_CONTROL"))
    found.append(("another number", send(number, "123456"), "OK"))
    return found


if __name__ == "__main__":
    sys.exit(testify("aliyun-python-sdk-core", checks))
