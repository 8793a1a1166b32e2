"""The official SDK of Tencent's older service sends to the sandbox over a socket: `witness_tencent_legacy.py PYTHON`.

`qcloudsms_py` hands `json.loads` an argument that Python took away with 3.9, so its reader of replies is put right
first; all else is its own.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from qcloudsms_py import sms, voice
from qcloudsms_py.httpclient import HTTPResponse

from witness import Check, Gateway, testify

HTTPResponse.json = lambda response: json.loads(response.body)

PATHS = {
    "SmsSingleSender": "tlssmssvr/sendsms",
    "SmsMultiSender": "tlssmssvr/sendmultisms2",
    "SmsStatusPuller": "tlssmssvr/pullstatus",
    "SmsMobileStatusPuller": "tlssmssvr/pullstatus4mobile",
    "CodeVoiceSender": "tlsvoicesvr/sendcvoice",
    "PromptVoiceSender": "tlsvoicesvr/sendvoiceprompt",
    "TtsVoiceSender": "tlsvoicesvr/sendtvoice",
    "FileVoiceSender": "tlsvoicesvr/sendfvoice",
}


def checks(gateway: Gateway) -> list[Check]:
    def ask(client: str, method: str, *args: object, app: str = "1400000000", key: str = "sandbox-secret") -> Any:
        made = getattr(sms if client.startswith("Sms") else voice, client)(app, key)
        return getattr(made, method)(*args, url=f"{gateway.url}/v5/{PATHS[client]}")

    def send(number: str, code: str, template: int = 1, sign: str = "示例", **key: str) -> int:
        args = ("86", number, template, [code], sign, "", "send-7")
        return int(ask("SmsSingleSender", "send_with_param", *args, **key)["result"])

    def text(number: str, words: str) -> int:
        return int(ask("SmsSingleSender", "send", 0, "86", number, words)["result"])

    number = "13800138001"
    found: list[Check] = [
        ("right keys", send("13800138000", "424242"), 0),
        ("the message is in the inbox", "424242" in json.dumps(gateway.inbox()), True),
        ("a wrong key", send(number, "123456", key="sandbox-wrong"), 1001),
        ("an unknown app", send(number, "123456", app="1400000009"), 1019),
        ("a wrong template", send(number, "123456", template=404), 1014),
        ("a wrong sign", send(number, "123456", sign="别的"), 1012),
        ("a wrong number", send("123", "123456"), 1016),
        ("a code that is none", send(number, "abcdef"), 1038),
        ("nothing came of them", len(gateway.inbox()), 1),
        ("30 seconds have not passed", send("13800138000", "123456"), 1023),
        ("by its text", text(number, "【示例】您的验证码是515151。"), 0),
        ("a text of no template", text("13800138002", "【示例】你好"), 1014),
        ("a text without a sign", text("13800138002", "您的验证码是515151。"), 1012),
    ]

    many = ask("SmsMultiSender", "send_with_param", "86", ["13800138003", "13800138000"], 1, ["616161"], "示例")
    words = ask("SmsMultiSender", "send", 0, "86", ["13800138004"], "【示例】您的验证码是717171。")
    wrong = ask("SmsMultiSender", "send_with_param", "86", ["13800138005"], 1, ["1"], "示例", key="sandbox-wrong")
    found += [
        ("to several", (many["result"], [one["result"] for one in many["detail"]]), (0, [0, 1023])),
        ("to several, by text", (words["result"], [one["result"] for one in words["detail"]]), (0, [0])),
        ("to several, wrong key", wrong["result"], 1001),
    ]

    code = ("CodeVoiceSender", "send", "86")
    found += [
        ("a code that is read out", ask(*code, "13800138010", "818181")["result"], 0),
        ("it is in the inbox", "818181" in json.dumps(gateway.inbox()), True),
        ("a code that can't be", ask(*code, "13800138011", "a b")["result"], 1004),
        ("a voice, wrong key", ask(*code, "13800138011", "818181", key="sandbox-wrong")["result"], 1001),
        ("a prompt", ask("PromptVoiceSender", "send", "86", "13800138012", 2, "hello")["result"], 0),
        ("a template that is read out", ask("TtsVoiceSender", "send", 1, ["919191"], "13800138013")["result"], 0),
        ("a wrong one", ask("TtsVoiceSender", "send", 404, ["919191"], "13800138014")["result"], 1014),
        ("a file", ask("FileVoiceSender", "send", "file.mp3", "13800138015")["result"], 0),
    ]

    now = int(time.time())
    mobile = ("SmsMobileStatusPuller", "pull_callback", "86", "13800138000", now - 3_600, now + 3_600, 10)
    pulled = ask("SmsStatusPuller", "pull_callback", 100)
    found += [
        ("statuses are pulled", {one["report_status"] for one in pulled["data"]}, {"SUCCESS"}),
        ("as many as were sent", pulled["count"], len(gateway.inbox())),
        ("and once", ask("SmsStatusPuller", "pull_callback", 100)["count"], 0),
        ("there are no replies", ask("SmsStatusPuller", "pull_reply", 100)["count"], 0),
        ("a pull, wrong key", ask("SmsStatusPuller", "pull_callback", 9, key="sandbox-wrong")["result"], 1001),
        ("those of a number", [one["mobile"] for one in ask(*mobile)["data"]], ["13800138000"]),
    ]
    return found


if __name__ == "__main__":
    sys.exit(testify("qcloudsms_py", checks))
