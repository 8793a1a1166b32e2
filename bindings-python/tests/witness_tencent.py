"""The official SDK for Tencent Cloud SMS sends to the sandbox over a socket: `witness_tencent.py PYTHON`.

As `witness_aliyun.py`, with the signature TC3-HMAC-SHA256. Right keys must succeed and put the message in the inbox; a
wrong secret must be told `AuthFailure.SignatureFailure`, an unknown key `AuthFailure.SecretIdNotFound`.
"""

from __future__ import annotations

import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models, sms_client

from witness import Check, Gateway, testify


def checks(gateway: Gateway) -> list[Check]:
    def send(number: str, code: str, key_id: str = "sandbox-id", secret: str = "sandbox-secret") -> str:
        """Sends one message; returns the provider's code, whether it comes in a reply or as an exception."""
        http = HttpProfile(protocol="http", endpoint=gateway.endpoint)
        profile = ClientProfile(httpProfile=http)
        client = sms_client.SmsClient(credential.Credential(key_id, secret), "ap-guangzhou", profile)
        request = models.SendSmsRequest()
        request.SmsSdkAppId, request.SignName, request.TemplateId = "1400000000", "示例", "1"
        request.PhoneNumberSet, request.TemplateParamSet = [f"+86{number}"], [code]
        try:
            return str(client.SendSms(request).SendStatusSet[0].Code)
        except TencentCloudSDKException as error:
            return str(error.code)

    number = "13800138001"
    return [
        ("right keys", send("13800138000", "424242"), "Ok"),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong secret", send(number, "123456", secret="sandbox-wrong"), "AuthFailure.SignatureFailure"),
        ("an unknown key", send(number, "123456", key_id="sandbox-x"), "AuthFailure.SecretIdNotFound"),
        ("nothing came of them", len(gateway.inbox()), 1),
        (
            "30 seconds have not passed",
            send("13800138000", "123456"),
            "LimitExceeded.PhoneNumberThirtySecondLimit",
        ),
        ("another number", send(number, "123456"), "Ok"),
    ]


if __name__ == "__main__":
    sys.exit(testify("tencentcloud-sdk-python-sms", checks))
