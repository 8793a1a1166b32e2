"""The official SDK for Tencent Cloud's mail against the sandbox over a socket: `witness_tencent_mail.py PYTHON`."""

from __future__ import annotations

import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models, ses_client

from witness import Check, Gateway, testify


def checks(gateway: Gateway) -> list[Check]:
    def send(
        to: str = "tom@example.com",
        template: int = 1,
        data: str = '{"code":"424242"}',
        subject: str = "验证码",
        sender: str = "示例 <no-reply@mail.example.com>",
        key_id: str = "sandbox-id",
        secret: str = "sandbox-secret",
    ) -> str:
        """Sends one mail; returns `Ok`, or the code of the exception."""
        http = HttpProfile(protocol="http", endpoint=gateway.endpoint)
        client = ses_client.SesClient(
            credential.Credential(key_id, secret), "ap-guangzhou", ClientProfile(httpProfile=http)
        )
        request = models.SendEmailRequest()
        request.FromEmailAddress, request.Subject = sender, subject
        request.Destination, request.TriggerType = [to], 1
        request.Template = models.Template()
        request.Template.TemplateID, request.Template.TemplateData = template, data
        try:
            return "Ok" if client.SendEmail(request).MessageId else ""
        except TencentCloudSDKException as error:
            return str(error.code)

    return [
        ("right keys", send(), "Ok"),
        ("the mail is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("another mail at once", send(data='{"code":"515151","minutes":"5"}', template=2), "Ok"),
        ("a wrong secret", send(secret="sandbox-wrong"), "AuthFailure.SignatureFailure"),
        ("an unknown key", send(key_id="sandbox-x"), "AuthFailure.SecretIdNotFound"),
        ("a wrong template", send(template=404), "FailedOperation.InvalidTemplateID"),
        ("a wrong receiver", send(to="nobody"), "InvalidParameterValue.ReceiverEmailInvalid"),
        ("a wrong sender", send(sender="nobody"), "FailedOperation.IncorrectSender"),
        ("data that are no JSON", send(data="{"), "InvalidParameterValue.TemplateDataError"),
        ("other variables", send(data='{"who":"1"}'), "InvalidParameterValue.TemplateNotMatchData"),
        ("no subject", send(subject="x" * 101), "InvalidParameterValue.SubjectLengthError"),
        ("nothing came of them", len(gateway.inbox()), 2),
    ]


if __name__ == "__main__":
    sys.exit(testify("tencentcloud-sdk-python-ses", checks))
