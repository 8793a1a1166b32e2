"""Building and signing every action, against the official SDK of each; `bench.py` prints it."""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "core/examples/bench/actions.json"
"""What Rust and Node measure, too."""

PROVIDERS: dict[str, dict[str, object]] = {
    "aliyun": {"sign_name": "示例", "templates": {"login": "SMS_1"}},
    "aliyun_auth": {"sign_name": "示例", "templates": {"login": "100001"}},
    "aliyun_global": {"templates": {"login": "Your code is {code}."}},
    "aliyun_mail": {
        "account_name": "no-reply@mail.example.com",
        "templates": {"login": {"subject": "{code}", "text": "{code}"}},
    },
    "tencent": {"sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"login": "1"}},
    "tencent_mail": {
        "from_address": "no-reply@mail.example.com",
        "subject": "示例",
        "templates": {"login": "1"},
    },
    "tencent_legacy": {"sdk_app_id": "1400000000", "app_key": "s", "templates": {"login": "1"}},
}

SDKS = {
    "aliyun": "alibabacloud_dysmsapi20170525",
    "aliyun_auth": "alibabacloud_dypnsapi20170525",
    "aliyun_global": "alibabacloud_dysmsapi20180501",
    "aliyun_mail": "alibabacloud_dm20151123",
    "tencent": "tencentcloud.sms.v20210111",
    "tencent_mail": "tencentcloud.ses.v20201002",
}

Call = Callable[[], object]


class Stopped(BaseException):
    """Ends a call where HTTP would begin."""


def actions() -> list[tuple[str, str, Call, Call]]:
    """Returns provider, action, and the two ways from its parameters to where HTTP would begin."""
    import requests

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    requests.Session.send = stop  # type: ignore[method-assign]
    cases = json.loads(FILE.read_text("utf-8"))
    return [(case["provider"], case["action"], ours(**case), stopped(theirs(**case))) for case in cases]


def ours(provider: str, action: str, params: dict[str, Any]) -> Call:
    from sansms import _core

    key = {"secret_id": "i", "secret_key": "s"} if provider.startswith("tencent") else KEY
    options = PROVIDERS[provider] | ({} if provider == "tencent_legacy" else key)
    engine = _core.Engine(json.dumps({"providers": [{provider: options}], "secret": "x" * 32}))

    def build() -> None:
        flow = engine.call(provider, action, json.dumps(params), seed=os.urandom(32))
        step = flow.start(1_800_000_000_000)
        assert step[0] == "http", step

    return build


def stopped(call: Call) -> Call:
    """Makes a call end quietly where HTTP would begin, and nowhere else."""

    def run() -> None:
        try:
            call()
        except Stopped:
            return
        raise AssertionError

    return run


def theirs(provider: str, action: str, params: dict[str, Any]) -> Call:
    if provider == "tencent_legacy":
        return older(action, params)
    return cloud(provider, action, params) if provider.startswith("tencent") else tea(provider, action, params)


def tea(provider: str, action: str, params: dict[str, Any]) -> Call:
    from alibabacloud_tea_openapi.models import Config

    package = importlib.import_module(f"{SDKS[provider]}.client")
    request = getattr(importlib.import_module(f"{SDKS[provider]}.models"), f"{action}Request")
    client = package.Client(Config(**KEY, endpoint="gateway.example"))
    method = getattr(client, snake(action))

    def send() -> object:
        texts = {
            name: json.dumps(value) if isinstance(value, (list, dict)) else value for name, value in params.items()
        }
        return method(request(**{snake(name): value for name, value in texts.items()}))

    return send


def cloud(provider: str, action: str, params: dict[str, Any]) -> Call:
    from tencentcloud.common import credential

    models = importlib.import_module(f"{SDKS[provider]}.models")
    service = SDKS[provider].split(".")[1]
    client = getattr(importlib.import_module(f"{SDKS[provider]}.{service}_client"), f"{service.title()}Client")
    made = client(credential.Credential("i", "s"), "ap-guangzhou")

    def send() -> object:
        request = getattr(models, f"{action}Request")()
        request.from_json_string(json.dumps(params))
        return getattr(made, action)(request)

    return send


def older(action: str, params: dict[str, Any]) -> Call:
    from qcloudsms_py import sms, voice

    class Client:
        def fetch(self, *_: object) -> None:
            raise Stopped

    app = ("1400000000", "s", Client())
    calls: dict[str, Call] = {
        "sendsms": lambda: sms.SmsSingleSender(*app).send_with_param("86", "13800138000", 1, params["params"], "示例"),
        "sendmultisms2": lambda: sms.SmsMultiSender(*app).send_with_param(
            "86", ["13800138000"], 1, params["params"], "示例"
        ),
        "pullstatus": lambda: sms.SmsStatusPuller(*app).pull_callback(10),
        "pullstatus4mobile": lambda: sms.SmsMobileStatusPuller(*app).pull_callback(
            "86", "13800138000", params["begin_time"], params["end_time"], 10
        ),
        "sendcvoice": lambda: voice.CodeVoiceSender(*app).send("86", "13800138000", "123456"),
        "sendvoiceprompt": lambda: voice.PromptVoiceSender(*app).send("86", "13800138000", 2, params["promptfile"]),
        "sendtvoice": lambda: voice.TtsVoiceSender(*app).send(1, params["params"], "13800138000"),
        "sendfvoice": lambda: voice.FileVoiceSender(*app).send(params["fid"], "13800138000"),
    }
    return calls[action]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


KEY = {"access_key_id": "i", "access_key_secret": "s"}
