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
    multi = ("SmsMultiSender", "send_with_param", "86")
    nobody = ask(*multi, [], 1, ["123456"], "示例")
    stranger = ask(*multi, ["13800138005"], 1, ["123456"], "示例", app="1400000009")
    each = {"a wrong template": (1014, 404, "示例", "123456"), "a wrong sign": (1012, 1, "别的", "123456")}
    each["a code that is none"] = (1038, 1, "示例", "abcdef")
    for name, (result, template, sign, value) in each.items():
        got = ask(*multi, ["13800138005", "123"], template, [value], sign)
        found.append((f"to several, {name}", [one["result"] for one in got["detail"]], [result, 1016]))
    found += [
        ("to several", (many["result"], [one["result"] for one in many["detail"]]), (0, [0, 1023])),
        ("to several, by text", (words["result"], [one["result"] for one in words["detail"]]), (0, [0])),
        ("to several, wrong key", wrong["result"], 1001),
        ("to several, unknown app", stranger["result"], 1019),
        ("to nobody", nobody["result"], 1034),
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
        ("a wrong number", ask("PromptVoiceSender", "send", "86", "123", 2, "hello")["result"], 1016),
        ("a prompt without text", ask("PromptVoiceSender", "send", "86", "13800138012", 2, "")["result"], 1004),
        ("a file without its name", ask("FileVoiceSender", "send", "", "13800138015")["result"], 1004),
        ("a file, wrong number", ask("FileVoiceSender", "send", "file.mp3", "123")["result"], 1016),
        ("a template, wrong number", ask("TtsVoiceSender", "send", 1, ["919191"], "123")["result"], 1016),
        ("a code, wrong number", ask(*code, "123", "818181")["result"], 1016),
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
        ("those of a wrong number", ask(*mobile[:3], "123", *mobile[4:])["result"], 1016),
        ("none at all", ask("SmsStatusPuller", "pull_callback", 0)["result"], 1004),
        ("those of a number", [one["mobile"] for one in ask(*mobile)["data"]], ["13800138000"]),
    ]
    voices = {
        "CodeVoiceSender": ("86", "13800138016", "818181"),
        "PromptVoiceSender": ("86", "13800138016", 2, "hello"),
        "TtsVoiceSender": (1, ["919191"], "13800138016"),
        "FileVoiceSender": ("file.mp3", "13800138016"),
    }
    calls = {client: ("send", *args) for client, args in voices.items()}
    calls |= {"SmsStatusPuller": ("pull_callback", 9), "SmsMobileStatusPuller": mobile[1:]}
    count = len(gateway.inbox())
    for client, args in calls.items():
        found += [
            (f"{client}, wrong key", ask(client, *args, key="sandbox-wrong")["result"], 1001),
            (f"{client}, unknown app", ask(client, *args, app="1400000009")["result"], 1019),
        ]
    found.append(("nothing came of these", len(gateway.inbox()), count))
    return found


if __name__ == "__main__":
    sys.exit(testify("qcloudsms_py", checks))
