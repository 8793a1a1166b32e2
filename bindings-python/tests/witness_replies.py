"""What the official SDKs make of replies: `witness_replies.py [--write] VERDICTS`; VERDICTS is `verdicts.jsonl`.

Each reply, real or damaged, is handed to the SDK of its action over a socket, and the SDK's verdict is compared with
the one on file, or written there: `success`; `failure` with the vendor's code; `wrong`, of a code that was checked;
`exception`, when the SDK could make nothing of it. `core/tests/verdicts.rs` holds our readers to these.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from alibabacloud_dm20151123 import client as dm
from alibabacloud_dm20151123.models import SingleSendMailRequest
from alibabacloud_dypnsapi20170525 import client as auth
from alibabacloud_dypnsapi20170525.models import CheckSmsVerifyCodeRequest, SendSmsVerifyCodeRequest
from alibabacloud_dysmsapi20170525 import client as sms
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendBatchSmsRequest, SendSmsRequest
from alibabacloud_dysmsapi20180501 import client as globe
from alibabacloud_dysmsapi20180501.models import BatchSendMessageToGlobeRequest, SendMessageToGlobeRequest
from alibabacloud_tea_openapi.models import Config
from qcloudsms_py import sms as legacy
from qcloudsms_py import voice
from qcloudsms_py.httpclient import HTTPResponse
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models as mail_models
from tencentcloud.ses.v20201002 import ses_client
from tencentcloud.sms.v20210111 import models as sms_models
from tencentcloud.sms.v20210111 import sms_client

from damage import Shape, damaged

# Python took the argument away that it hands to `json.loads`.
HTTPResponse.json = lambda response: json.loads(response.body)

Reply = dict[str, Any]
Verdict = dict[str, str]

REQUEST_ID = "FE117689-E554-40BD-89F8-5ACCE5F49830"


class Server:
    """Answers every request with the one reply."""

    def __init__(self) -> None:
        self.reply: Reply = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                body = raw(outer.reply)
                self.send_response(outer.reply["status"])
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()


def raw(reply: Reply) -> bytes:
    """Returns the bytes of a body; those that are no UTF-8 stand on file in hex."""
    return bytes.fromhex(reply["hex"]) if "hex" in reply else str(reply["body"]).encode()


def tea(client: Any, action: str, request: object, code: str = "Code") -> Callable[[str], Verdict]:
    """Asks one of Alibaba Cloud's SDKs; a reply that came to an object is judged by its code."""

    def ask(endpoint: str) -> Verdict:
        config = Config(access_key_id="id", access_key_secret="secret", endpoint=endpoint, protocol="http")
        body = getattr(client.Client(config), action)(request).body
        said = body.to_map() if body else {}
        if code == "EnvId":
            return {"verdict": "success" if isinstance(said.get(code), str) else "exception"}
        told = said.get(code)
        if told == "OK" and action == "check_sms_verify_code":
            result = (said.get("Model") or {}).get("VerifyResult")
            return {"verdict": "success" if result == "PASS" else "wrong" if result else "exception"}
        if told == "OK" and said.get("Success", True) is False:
            return {"verdict": "failure", "code": "OK"}
        return judged(told, "OK")

    return ask


def cloud(client: Any, models: Any, action: str) -> Callable[[str], Verdict]:
    """Asks one of Tencent Cloud's SDKs; an SMS is judged by the code of its one number."""

    def ask(endpoint: str) -> Verdict:
        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=endpoint))
        made = client(credential.Credential("id", "secret"), "ap-guangzhou", profile)
        reply = getattr(made, action)(getattr(models, f"{action}Request")())
        if action == "SendSms":
            return judged(reply.SendStatusSet[0].Code, "Ok")
        return {"verdict": "success"}

    return ask


def older(client: Any, method: str, *args: object) -> Callable[[str], Verdict]:
    """Asks the SDK of Tencent's older service; its result is a number."""

    def ask(endpoint: str) -> Verdict:
        made = client("1400000000", "key")
        result = getattr(made, method)(*args, url=f"http://{endpoint}/v5/x")["result"]
        return judged(str(result) if type(result) is int else None, "0")

    return ask


def judged(code: object, right: str) -> Verdict:
    if code == right:
        return {"verdict": "success"}
    return {"verdict": "failure", "code": code} if code and isinstance(code, str) else {"verdict": "exception"}


def verdict(ask: Callable[[str], Verdict], server: Server, reply: Reply) -> Verdict:
    """Asks an SDK; the code of an exception counts when the reply has it, so that it is no word of the SDK's own.

    `OK` counts for none: it stands in a reply whose status says otherwise.
    """
    server.reply = reply
    try:
        return ask(server.endpoint)
    except Exception as error:
        code = error.code if isinstance(error, TencentCloudSDKException) else getattr(error, "code", None)
        if code and isinstance(code, str) and code != "OK" and f'"{code}"'.encode() in raw(reply):
            return {"verdict": "wrong" if code in WRONG else "failure", "code": code}
        return {"verdict": "exception"}


WRONG = ("isv.ValidateFail",)

SENT = {"Code": "OK", "Message": "OK", "RequestId": REQUEST_ID}
OF_AUTH = {"AccessDeniedDetail": "", "Success": True} | SENT


def status(code: str, message: str = "x") -> dict[str, object]:
    return {
        "SendStatusSet": [
            {"SerialNo": "5000:1", "PhoneNumber": "+8613800138000", "Fee": 1, "Code": code, "Message": message}
        ]
    }


def gateway_refusals() -> list[Shape]:
    """What Alibaba Cloud's gateway says for every product."""
    said = {
        "SignatureDoesNotMatch": 400,
        "InvalidAccessKeyId.NotFound": 404,
        "InvalidTimeStamp.Expired": 400,
        "Throttling.User": 400,
        "Forbidden.RAM": 403,
        "MissingPhoneNumbers": 400,
        "ServiceUnavailable": 503,
    }
    refusal = {"Message": "Specified value is not valid.", "RequestId": REQUEST_ID, "HostId": "dysmsapi.aliyuncs.com"}
    return [(code, status, {"Code": code} | refusal) for code, status in said.items()]


def cloud_refusals() -> list[Shape]:
    """What Tencent Cloud says for every product."""
    return [
        *refused(
            "AuthFailure.SignatureFailure", "AuthFailure.SecretIdNotFound", "RequestLimitExceeded", "InternalError"
        ),
        ("an error in words", 200, whole({"Error": "InternalError"})),
        ("an error that is a list", 200, whole({"Error": [{"Code": "InternalError", "Message": "x"}]})),
        ("an error without a code", 200, whole({"Error": {}})),
    ]


def refused(*codes: str) -> list[Shape]:
    """What Tencent Cloud's refusals look like, always with status 200."""
    return [(code, 200, whole({"Error": {"Code": code, "Message": "The request is wrong."}})) for code in codes]


def whole(members: dict[str, object]) -> dict[str, object]:
    return {"Response": members | {"RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}


def isv(field: str, words: str, *codes: str) -> list[Shape]:
    return [(code, 200, {field: code, words: "触发流控", "RequestId": REQUEST_ID}) for code in codes]


def older_refusals(*results: str) -> list[Shape]:
    """What Tencent's older service says, and a front end before it."""
    said = [(result, 200, {"result": int(result), "errmsg": "x", "ext": ""}) for result in results]
    return [*said, ("of a front end", 200, {"ActionStatus": "FAIL", "ErrorCode": 60008, "ErrorInfo": "timeout"})]


DETAIL = {
    "PhoneNum": "13800138000",
    "SendStatus": 3,
    "ErrCode": "DELIVERED",
    "OutId": "7",
    "SendDate": "2023-09-13 22:34:54",
}
MODEL = {"BizId": "112231421412414124123^4", "OutId": "7", "RequestId": "r", "VerifyCode": "4232"}
PULLED = {
    "PhoneNumber": "+8613800138000",
    "ReportStatus": "SUCCESS",
    "UserReceiveTime": 1445040184,
    "SerialNo": "5000:1",
}
VOICE = {"result": 0, "errmsg": "OK", "ext": "7", "callid": "2028:f825e6a16e23f73f60"}

# An action: its provider's kind, how the SDK is asked, a reply of success, and refusals of its own.
ACTIONS: dict[str, tuple[str, Callable[[str], Verdict], Any, list[Shape]]] = {
    "SendSms": (
        "aliyun",
        tea(sms, "send_sms", SendSmsRequest(phone_numbers="1", sign_name="s", template_code="SMS_1")),
        SENT | {"BizId": "900619746936498440^0"},
        isv(
            "Code",
            "Message",
            "isv.BUSINESS_LIMIT_CONTROL",
            "isv.MOBILE_NUMBER_ILLEGAL",
            "isv.AMOUNT_NOT_ENOUGH",
            "isp.SYSTEM_ERROR",
            "isv.NEW_ONE",
        ),
    ),
    "SendBatchSms": (
        "aliyun",
        tea(
            sms,
            "send_batch_sms",
            SendBatchSmsRequest(phone_number_json="[]", sign_name_json="[]", template_code="SMS_1"),
        ),
        SENT | {"BizId": "900619746936498440^0"},
        isv("Code", "Message", "isv.BUSINESS_LIMIT_CONTROL", "isv.INVALID_JSON_PARAM"),
    ),
    "QuerySendDetails": (
        "aliyun",
        tea(
            sms,
            "query_send_details",
            QuerySendDetailsRequest(phone_number="1", send_date="20230913", page_size=1, current_page=1),
        ),
        SENT | {"TotalCount": "1", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [DETAIL]}},
        isv("Code", "Message", "isv.MOBILE_NUMBER_ILLEGAL", "isv.INVALID_PARAMETERS"),
    ),
    "SendSmsVerifyCode": (
        "aliyun_auth",
        tea(
            auth,
            "send_sms_verify_code",
            SendSmsVerifyCodeRequest(phone_number="1", sign_name="s", template_code="1", template_param="{}"),
        ),
        OF_AUTH | {"Model": MODEL},
        [
            (code, status, {"Code": code, "Message": "x", "Success": False, "RequestId": REQUEST_ID})
            for code, status in (
                ("biz.FREQUENCY", 200),
                ("MOBILE_NUMBER_ILLEGAL", 200),
                ("FREQUENCY_FAIL", 400),
                ("INVALID_PARAMETERS", 200),
            )
        ],
    ),
    "CheckSmsVerifyCode": (
        "aliyun_auth",
        tea(auth, "check_sms_verify_code", CheckSmsVerifyCodeRequest(phone_number="1", verify_code="1")),
        OF_AUTH | {"Model": {"VerifyResult": "PASS", "OutId": "7"}},
        [
            ("isv.ValidateFail", 400, {"Code": "isv.ValidateFail", "Message": "验证失败", "RequestId": REQUEST_ID}),
            ("UNKNOWN", 200, OF_AUTH | {"Model": {"VerifyResult": "UNKNOWN"}}),
            ("no result", 200, OF_AUTH | {"Model": {}}),
            ("no model", 200, OF_AUTH),
            ("INVALID_PARAMETERS", 200, {"Code": "INVALID_PARAMETERS", "Success": False, "RequestId": REQUEST_ID}),
        ],
    ),
    "SendMessageToGlobe": (
        "aliyun_global",
        tea(globe, "send_message_to_globe", SendMessageToGlobeRequest(to="1", message="m"), "ResponseCode"),
        {
            "ResponseCode": "OK",
            "ResponseDescription": "OK",
            "MessageId": "10080303003",
            "RequestId": REQUEST_ID,
            "Segments": "1",
            "NumberDetail": {"Country": "Taiwan, China", "Region": "Taiwan", "Carrier": "FarEasTone"},
        },
        isv(
            "ResponseCode",
            "ResponseDescription",
            "isv.MOBILE_NUMBER_ILLEGAL",
            "isv.COUNTRY_RESTRICTED",
            "isv.AMOUNT_NOT_ENOUGH",
        ),
    ),
    "BatchSendMessageToGlobe": (
        "aliyun_global",
        tea(
            globe,
            "batch_send_message_to_globe",
            BatchSendMessageToGlobeRequest(to="[]", message="[]", type="NOTIFY"),
            "ResponseCode",
        ),
        {
            "ResponseCode": "OK",
            "ResponseDescription": "OK",
            "MessageIdList": '["123****","124****"]',
            "FailedList": '["1380000****"]',
            "SuccessCount": "2",
            "From": "Alicloud321",
            "RequestId": REQUEST_ID,
        },
        isv("ResponseCode", "ResponseDescription", "isv.MOBILE_NUMBER_ILLEGAL", "isv.SENDERID_ERROR"),
    ),
    "SingleSendMail": (
        "aliyun_mail",
        tea(
            dm,
            "single_send_mail",
            SingleSendMailRequest(
                account_name="a", address_type=1, reply_to_address=False, to_address="b", subject="s"
            ),
            "EnvId",
        ),
        {"EnvId": "600000049856", "RequestId": REQUEST_ID},
        [
            (code, 400, {"Code": code, "Message": "x", "RequestId": REQUEST_ID})
            for code in (
                "InvalidToAddress",
                "InvalidBody",
                "InvalidMailAddressStatus.Malformed",
                "InvalidReceiverName.Malformed",
            )
        ],
    ),
    "SendSms (Tencent)": (
        "tencent",
        cloud(sms_client.SmsClient, sms_models, "SendSms"),
        whole(status("Ok", "send success")),
        [
            (code, 200, whole(status(code)))
            for code in (
                "LimitExceeded.PhoneNumberThirtySecondLimit",
                "FailedOperation.PhoneNumberInBlacklist",
                "FailedOperation.NewOne",
                "InvalidParameterValue.IncorrectPhoneNumber",
                "FailedOperation.InsufficientBalanceInSmsPackage",
            )
        ]
        + [("no status", 200, whole({"SendStatusSet": []})), ("no list", 200, whole({"SendStatusSet": None}))],
    ),
    "PullSmsSendStatus": (
        "tencent",
        cloud(sms_client.SmsClient, sms_models, "PullSmsSendStatus"),
        whole({"PullSmsSendStatusSet": [PULLED]}),
        refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "UnsupportedOperation"),
    ),
    "PullSmsSendStatusByPhoneNumber": (
        "tencent",
        cloud(sms_client.SmsClient, sms_models, "PullSmsSendStatusByPhoneNumber"),
        whole({"PullSmsSendStatusSet": [PULLED | {"ReportStatus": "FAIL", "Description": "用户关机"}]}),
        refused("InvalidParameterValue.BeginTimeVerifyFail", "FailedOperation.MissingSignature"),
    ),
    "SendStatusStatistics": (
        "tencent",
        cloud(sms_client.SmsClient, sms_models, "SendStatusStatistics"),
        whole({"SendStatusStatistics": {"FeeCount": 1, "RequestCount": 1, "RequestSuccessCount": 1}}),
        refused("InvalidParameterValue.EndTimeVerifyFail", "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
    ),
    "SendEmail": (
        "tencent_mail",
        cloud(ses_client.SesClient, mail_models, "SendEmail"),
        whole({"MessageId": "qcloudses-30-123456789-date-20210101120000"}),
        refused(
            "FailedOperation.ExceedSendLimit",
            "FailedOperation.InvalidTemplateID",
            "InvalidParameterValue.ReceiverEmailInvalid",
            "InvalidParameterValue.TemplateDataError",
        ),
    ),
    "sendsms": (
        "tencent_legacy",
        older(legacy.SmsSingleSender, "send_with_param", "86", "1", 1, []),
        {"result": 0, "errmsg": "OK", "ext": "7", "fee": 1, "sid": "2028:f825e6a16e23f73f60"},
        older_refusals("1001", "1004", "1014", "1016", "1023", "1025", "60008"),
    ),
    "sendmultisms2": (
        "tencent_legacy",
        older(legacy.SmsMultiSender, "send_with_param", "86", ["1"], 1, []),
        {
            "result": 0,
            "errmsg": "OK",
            "ext": "",
            "detail": [{"result": 0, "errmsg": "OK", "mobile": "13800138000", "sid": "1", "fee": 1}],
        },
        older_refusals("1001", "1004", "1034", "1046", "60008"),
    ),
    "pullstatus": (
        "tencent_legacy",
        older(legacy.SmsStatusPuller, "pull_callback", 10),
        {
            "result": 0,
            "errmsg": "",
            "count": 1,
            "data": [{"mobile": "13800138000", "report_status": "SUCCESS", "errmsg": "DELIVRD", "sid": "1"}],
        },
        older_refusals("1001", "1004", "1017", "60008"),
    ),
    "pullstatus4mobile": (
        "tencent_legacy",
        older(legacy.SmsMobileStatusPuller, "pull_callback", "86", "1", 1, 2, 10),
        {
            "result": 0,
            "errmsg": "",
            "count": 1,
            "data": [{"mobile": "13800138000", "report_status": "FAIL", "errmsg": "MK:0004", "sid": "1"}],
        },
        older_refusals("1001", "1004", "1016", "60008"),
    ),
    "sendcvoice": (
        "tencent_legacy",
        older(voice.CodeVoiceSender, "send", "86", "1", "1"),
        VOICE,
        older_refusals("1001", "1004", "1013", "60008"),
    ),
    "sendvoiceprompt": (
        "tencent_legacy",
        older(voice.PromptVoiceSender, "send", "86", "1", 2, "hello"),
        VOICE,
        older_refusals("1001", "1004", "1016", "60008"),
    ),
    "sendtvoice": (
        "tencent_legacy",
        older(voice.TtsVoiceSender, "send", 1, ["1"], "1"),
        VOICE,
        older_refusals("1001", "1014", "1031", "60008"),
    ),
    "sendfvoice": (
        "tencent_legacy",
        older(voice.FileVoiceSender, "send", "a.mp3", "1"),
        VOICE,
        older_refusals("1001", "1004", "1019", "60008"),
    ),
}


def replies() -> Iterator[Reply]:
    for action, (kind, _, right, own) in ACTIONS.items():
        general = (
            gateway_refusals() if kind.startswith("aliyun") else [] if kind == "tencent_legacy" else cloud_refusals()
        )
        for name, status, body in damaged(right) + own + general:
            case = {"provider": kind, "action": action.split(" ")[0], "name": name, "status": status}
            if isinstance(body, bytes):
                yield case | {"hex": body.hex()}
                continue
            text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            yield case | {"body": text}


def main() -> int:
    write, path = sys.argv[1] == "--write", Path(sys.argv[-1])
    server = Server()
    actions = {(kind, name.split(" ")[0]): ask for name, (kind, ask, _, _) in ACTIONS.items()}
    if write:
        made = [
            reply | {"sdk": verdict(actions[reply["provider"], reply["action"]], server, reply)} for reply in replies()
        ]
        path.write_text("".join(json.dumps(reply, ensure_ascii=False) + "\n" for reply in made), "utf-8")
        print(f"{len(made)} replies")
        return 0
    failed = 0
    on_file = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for reply in on_file:
        now = verdict(actions[reply["provider"], reply["action"]], server, reply)
        if now != reply["sdk"]:
            failed += 1
            print(f"{reply['provider']} {reply['action']}, {reply['name']}: {now}, not {reply['sdk']}", file=sys.stderr)
    print(f"verdicts: {len(on_file) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
