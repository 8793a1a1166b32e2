"""The official SDK for Tencent Cloud SMS sends to the sandbox over a socket: `witness_tencent.py PYTHON`.

As `witness_aliyun.py`, with each of the SDK's three signatures. Right keys must succeed and put the message in the
inbox; a wrong secret must be told `AuthFailure.SignatureFailure`, an unknown key `AuthFailure.SecretIdNotFound`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models, sms_client

from witness import Check, Gateway, testify


def checks(gateway: Gateway) -> list[Check]:
    def ask(
        action: str,
        key_id: str = "sandbox-id",
        secret: str = "sandbox-secret",
        algorithm: str = "TC3-HMAC-SHA256",
        **fields: object,
    ) -> Any:
        http = HttpProfile(protocol="http", endpoint=gateway.endpoint)
        profile = ClientProfile(signMethod=algorithm, httpProfile=http)
        client = sms_client.SmsClient(credential.Credential(key_id, secret), "ap-guangzhou", profile)
        request = getattr(models, f"{action}Request")()
        for name, value in ({"SmsSdkAppId": "1400000000"} | fields).items():
            setattr(request, name, value)
        try:
            return getattr(client, action)(request)
        except TencentCloudSDKException as error:
            return str(error.code)

    def send(number: str, code: str, sign: str = "示例", template: str = "1", **key: str) -> str:
        """Sends one message; returns the provider's code, whether it comes in a reply or as an exception."""
        texts = {"SignName": sign, "TemplateId": template, "TemplateParamSet": [code], "SessionContext": "send-7"}
        reply = ask("SendSms", PhoneNumberSet=[f"+86{number}"], **texts, **key)
        return reply if isinstance(reply, str) else str(reply.SendStatusSet[0].Code)

    number = "13800138001"
    wrong = {
        "PhoneNumberSet": [f"+86{number}"],
        "SignName": "示例",
        "TemplateId": "1",
        "TemplateParamSet": ["123456"],
    }
    found: list[Check] = [
        ("right keys", send("13800138000", "424242"), "Ok"),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong secret", send(number, "123456", secret="sandbox-wrong"), "AuthFailure.SignatureFailure"),
        ("an unknown key", send(number, "123456", key_id="sandbox-x"), "AuthFailure.SecretIdNotFound"),
        (
            "a wrong template",
            send(number, "123456", template="404"),
            "FailedOperation.TemplateIncorrectOrUnapproved",
        ),
        ("a wrong sign", send(number, "123456", sign="别的"), "FailedOperation.SignatureIncorrectOrUnapproved"),
        ("a wrong number", send("123", "123456"), "InvalidParameterValue.IncorrectPhoneNumber"),
        ("a code that can't be", send(number, "abcdef"), "InvalidParameterValue.TemplateParameterFormatError"),
        (
            "another app",
            ask("SendSms", **wrong | {"SmsSdkAppId": "1400000009"}),
            "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
        ),
        ("nothing came of them", len(gateway.inbox()), 1),
        (
            "30 seconds have not passed",
            send("13800138000", "123456"),
            "LimitExceeded.PhoneNumberThirtySecondLimit",
        ),
        ("another number", send(number, "123456"), "Ok"),
    ]
    for at, algorithm in enumerate(("HmacSHA1", "HmacSHA256")):
        found += [
            (f"right keys, {algorithm}", send(f"1380013801{at}", f"51515{at}", algorithm=algorithm), "Ok"),
            (f"the message is in the inbox, {algorithm}", f"51515{at}" in json.dumps(gateway.inbox()), True),
            (
                f"a wrong secret, {algorithm}",
                send("13800138012", "123456", secret="sandbox-wrong", algorithm=algorithm),
                "AuthFailure.SignatureFailure",
            ),
            (
                f"an unknown key, {algorithm}",
                send("13800138012", "123456", key_id="sandbox-x", algorithm=algorithm),
                "AuthFailure.SecretIdNotFound",
            ),
            (
                f"a wrong template, {algorithm}",
                send("13800138012", "123456", template="404", algorithm=algorithm),
                "FailedOperation.TemplateIncorrectOrUnapproved",
            ),
        ]

    several = ask(
        "SendSms",
        PhoneNumberSet=["+8613800138020", "+8613800138000"],
        SignName="示例",
        TemplateId="1",
        TemplateParamSet=["616161"],
    )
    limit = "LimitExceeded.PhoneNumberThirtySecondLimit"
    now = int(time.time())
    pulled = ask("PullSmsSendStatus", Limit=10)
    again = ask("PullSmsSendStatus", Limit=10)
    one = {"EndTime": now + 3_600, "Offset": 0, "Limit": 10}
    one |= {"BeginTime": now - 3_600, "PhoneNumber": "+8613800138000"}
    of_one = ask("PullSmsSendStatusByPhoneNumber", **one)
    # Hours as China's clock has them: an hour before and one after, should the hour change meanwhile.
    begin, end = (time.strftime("%Y%m%d%H", time.gmtime(now + 28_800 + by)) for by in (-3_600, 3_600))
    hours = {"BeginTime": begin, "EndTime": end, "Limit": 0, "Offset": 0}
    statistics = ask("SendStatusStatistics", **hours)
    found += [
        ("each number has its code", [status.Code for status in several.SendStatusSet], ["Ok", limit]),
        ("statuses are pulled", {status.ReportStatus for status in pulled.PullSmsSendStatusSet}, {"SUCCESS"}),
        ("as many as were sent", len(pulled.PullSmsSendStatusSet), len(gateway.inbox())),
        ("with what the send was named by", pulled.PullSmsSendStatusSet[0].SessionContext, "send-7"),
        ("and once", len(again.PullSmsSendStatusSet), 0),
        ("those of a number", [status.SubscriberNumber for status in of_one.PullSmsSendStatusSet], ["13800138000"]),
        ("statistics", statistics.SendStatusStatistics.RequestSuccessCount, len(gateway.inbox())),
        ("no limit", ask("PullSmsSendStatus", Limit=0), "InvalidParameterValue.LimitVerifyFail"),
        (
            "those of a wrong number",
            ask("PullSmsSendStatusByPhoneNumber", **one | {"PhoneNumber": "123"}),
            "InvalidParameterValue.IncorrectPhoneNumber",
        ),
        (
            "those of long ago",
            ask("PullSmsSendStatusByPhoneNumber", **one | {"BeginTime": 1}),
            "InvalidParameterValue.BeginTimeVerifyFail",
        ),
        (
            "statistics of no hour",
            ask("SendStatusStatistics", **hours | {"BeginTime": "today"}),
            "InvalidParameterValue.BeginTimeVerifyFail",
        ),
    ]
    asked = {"PullSmsSendStatus": {"Limit": 10}, "PullSmsSendStatusByPhoneNumber": one, "SendStatusStatistics": hours}
    for action, fields in asked.items():
        found += [
            (f"{action}, wrong secret", ask(action, secret="sandbox-x", **fields), "AuthFailure.SignatureFailure"),
            (f"{action}, unknown key", ask(action, key_id="sandbox-x", **fields), "AuthFailure.SecretIdNotFound"),
            (
                f"{action}, another app",
                ask(action, **fields | {"SmsSdkAppId": "1400000009"}),
                "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
            ),
        ]
    return found


if __name__ == "__main__":
    sys.exit(testify("tencentcloud-sdk-python-sms", checks))
