"""The old core SDK of Alibaba Cloud against the sandbox over a socket: every action as a `CommonRequest`, GET and POST.

`witness_aliyun_core.py PYTHON`, as `witness_aliyun.py`. This SDK signs in the older way (RPC, HMAC-SHA1).
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone

from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from witness import Check, Gateway, testify

CHINA = timezone(timedelta(hours=8))

VERSIONS = {"SendMessageToGlobe": "2018-05-01", "BatchSendMessageToGlobe": "2018-05-01", "SingleSendMail": "2015-11-23"}
"""The versions that are not that of most."""


def checks(gateway: Gateway) -> list[Check]:
    def ask(
        action: str,
        method: str,
        parameters: dict[str, str],
        key_id: str = "sandbox-id",
        secret: str = "sandbox-secret",
    ) -> str:
        """Calls an action; returns the provider's code, whether it comes in a reply or as an exception."""
        client = AcsClient(key_id, secret, "cn-hangzhou")
        request = CommonRequest()
        request.set_accept_format("json")
        request.set_domain(gateway.endpoint)
        request.set_method(method)
        request.set_protocol_type("http")
        request.set_version(VERSIONS.get(action, "2017-05-25"))
        request.set_action_name(action)
        for name, value in parameters.items():
            request.add_query_param(name, value)
        try:
            reply = json.loads(client.do_action_with_exception(request))
        except (ClientException, ServerException) as error:
            return str(error.get_error_code())
        return str(reply.get("Code") or reply.get("ResponseCode") or ("OK" if reply.get("EnvId") else reply))

    def sms(number: str, code: str, template: str = "SMS_1") -> dict[str, str]:
        param = json.dumps({"code": code})
        return {"PhoneNumbers": number, "SignName": "示例", "TemplateCode": template, "TemplateParam": param}

    found: list[Check] = []
    for at, method in enumerate(("POST", "GET")):
        number, other = f"1380013800{at}", f"1380013801{at}"
        managed = {"PhoneNumber": other, "SchemeName": "login"}
        calls = {
            "SendSms": (sms(number, f"42424{at}"), sms(number, "1234", "SMS_404"), "isv.SMS_TEMPLATE_ILLEGAL"),
            "SendBatchSms": (
                {
                    "PhoneNumberJson": json.dumps([f"1380013802{at}"]),
                    "SignNameJson": '["示例"]',
                    "TemplateCode": "SMS_1",
                    "TemplateParamJson": '[{"code":"123456"}]',
                },
                {"TemplateParamJson": "[]"},
                "isv.INVALID_PARAMETERS",
            ),
            "QuerySendDetails": (
                {
                    "PhoneNumber": number,
                    "SendDate": f"{datetime.now(CHINA):%Y%m%d}",
                    "PageSize": "10",
                    "CurrentPage": "1",
                },
                {"PhoneNumber": "123"},
                "isv.MOBILE_NUMBER_ILLEGAL",
            ),
            "SendSmsVerifyCode": (
                managed
                | {
                    "SignName": "示例",
                    "TemplateCode": "100001",
                    "TemplateParam": '{"code":"##code##","min":"5"}',
                    "CodeLength": "6",
                },
                {"PhoneNumber": "123"},
                "MOBILE_NUMBER_ILLEGAL",
            ),
            "SendMessageToGlobe": (
                {"To": "447911123456", "Message": "Your code is 424242."},
                {"To": "8613800138000"},
                "isv.COUNTRY_RESTRICTED",
            ),
            "BatchSendMessageToGlobe": (
                {"To": '["447911123456"]', "Message": '["hello"]'},
                {"To": '["12"]'},
                "isv.MOBILE_NUMBER_ILLEGAL",
            ),
            "SingleSendMail": (
                {
                    "AccountName": "no-reply@mail.example.com",
                    "AddressType": "1",
                    "ReplyToAddress": "false",
                    "ToAddress": "tom@example.com",
                    "Subject": "验证码",
                    "TextBody": "您的验证码是424242。",
                },
                {"AccountName": "who@mail.example.com"},
                "InvalidMailAddress.NotFound",
            ),
        }
        for action, (right, wrong, code) in calls.items():
            count = len(gateway.inbox())
            found += [
                (f"a wrong secret, {action}, {method}", ask(action, method, right, secret="sandbox-x"), BAD_SIGNATURE),
                (f"an unknown key, {action}, {method}", ask(action, method, right, key_id="sandbox-x"), UNKNOWN_KEY),
                (f"what is wrong, {action}, {method}", ask(action, method, right | wrong), code),
                (f"nothing came of them, {action}, {method}", len(gateway.inbox()), count),
                (f"right keys, {action}, {method}", ask(action, method, right), "OK"),
            ]
        made = [message["params"] for message in gateway.inbox() if message["to"] == f"+86{other}"][-1]
        guess = managed | {"VerifyCode": str(made["code"])}  # type: ignore[index]
        found += [
            (f"a wrong code, {method}", ask(CHECK, method, guess | {"VerifyCode": "0"}), "isv.ValidateFail"),
            (f"the right code, {method}", ask(CHECK, method, guess), "OK"),
            (f"a check, wrong secret, {method}", ask(CHECK, method, guess, secret="sandbox-x"), BAD_SIGNATURE),
            (f"the message is in the inbox, {method}", f"42424{at}" in json.dumps(gateway.inbox()), True),
        ]
    # What else can be wrong, of the actions that know a sign, a template and a number.
    right = sms("13800138030", "123456")
    batch = {
        "PhoneNumberJson": '["13800138031"]',
        "SignNameJson": '["示例"]',
        "TemplateCode": "SMS_1",
        "TemplateParamJson": '[{"code":"123456"}]',
    }
    managed = {"PhoneNumber": "13800138032", "SignName": "示例", "TemplateCode": "100001"}
    managed["TemplateParam"] = '{"code":"##code##","min":"5"}'
    wrong = [
        ("SendSms", right, "PhoneNumbers", "123", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("SendSms", right, "SignName", "别的", "isv.SMS_SIGNATURE_ILLEGAL"),
        ("SendSms", right, "TemplateParam", '{"code":"1"}', "isv.PARAM_LENGTH_LIMIT"),
        ("SendBatchSms", batch, "PhoneNumberJson", '["123"]', "isv.MOBILE_NUMBER_ILLEGAL"),
        ("SendBatchSms", batch, "SignNameJson", '["别的"]', "isv.SMS_SIGNATURE_ILLEGAL"),
        ("SendBatchSms", batch, "TemplateCode", "SMS_404", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("SendSmsVerifyCode", managed, "SignName", "别的", "INVALID_PARAMETERS"),
        ("SendSmsVerifyCode", managed, "TemplateCode", "404", "INVALID_PARAMETERS"),
    ]
    count = len(gateway.inbox())
    for action, given, name, value, code in wrong:
        found.append((f"a wrong {name}, {action}", ask(action, "POST", given | {name: value}), code))
    found.append(("nothing came of these", len(gateway.inbox()), count))
    limit = ask("SendSms", "POST", sms("13800138000", "123456"))
    found.append(("60 seconds have not passed", limit, "isv.BUSINESS_LIMIT_CONTROL"))
    return found


CHECK = "CheckSmsVerifyCode"
BAD_SIGNATURE = "SignatureDoesNotMatch"
UNKNOWN_KEY = "InvalidAccessKeyId.NotFound"

if __name__ == "__main__":
    sys.exit(testify("aliyun-python-sdk-core", checks))
