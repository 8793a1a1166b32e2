"""Actions of vendors: `Service.call` and `acall`."""

from __future__ import annotations

import asyncio
from json import loads

import pytest

from sansms import MemoryStore, Service, tencent
from sansms.testing import Sandbox

TENCENT = tencent(
    secret_id="sandbox-id",
    secret_key="sandbox-secret",
    endpoint="http://127.0.0.1:1",
    sdk_app_id="1400000000",
    sign_name="示例",
    templates={"default": "1"},
)
REPLY = b'{"Response":{"PullSmsSendStatusSet":[{"PhoneNumber":"+8613800138000"}],"RequestId":"r-1"}}'


@pytest.fixture
def seen():
    return []


@pytest.fixture
def service(seen):
    def transport(method, url, headers, body, timeout, max_reply):
        seen.append((dict(headers)["x-tc-action"], loads(body)))
        return 200, [], REPLY

    return Service(
        providers=[TENCENT],
        store=MemoryStore(),
        secret="a secret for tests, and for nothing else",
        transport=transport,
        observer=lambda event: seen.append((event.action, event.purpose, event.kind)),
    )


def test_the_vendors_answer_is_handed_over(service, seen):
    outcome = service.call("tencent", "PullSmsSendStatus", {"Limit": 10})
    assert (outcome.kind, outcome.ok, outcome.code, outcome.request_id) == ("answered", True, "action.answered", "r-1")
    assert outcome.answer["PullSmsSendStatusSet"][0]["PhoneNumber"] == "+8613800138000"
    assert outcome.answer is outcome.answer
    assert "138" not in repr(outcome)
    assert seen == [
        ("PullSmsSendStatus", {"Limit": 10, "SmsSdkAppId": "1400000000"}),
        ("call", "PullSmsSendStatus", "answered"),
    ]


def test_what_is_wrong_is_named_and_nothing_is_sent(service, seen):
    outcome = service.call("tencent", "PullSmsSendStatus", {"Limit": 101})
    assert (outcome.kind, outcome.code, outcome.answer) == ("invalid", "action.input", None)
    assert outcome.text_en == "params.Limit: must be from 1 to 100"
    assert service.call("tencent", "PullSmsSendStatus").text_en == "params.Limit: is required"
    assert [entry[0] for entry in seen] == ["call", "call"]


def test_acall_is_call_for_asyncio(service):
    outcome = asyncio.run(service.acall("tencent", "PullSmsSendStatus", {"Limit": 10}))
    assert outcome.answer["PullSmsSendStatusSet"]


LEGACY = {"endpoint": "http://127.0.0.1", "sdk_app_id": "1400000000", "app_key": "sandbox-secret"}
LEGACY |= {"sign_name": "示例", "templates": {"default": "1"}}


def test_each_number_of_a_call_has_its_own_status():
    """The second number got one just now: the call is answered all the same."""
    service = Sandbox().service(providers=[TENCENT, {"tencent_legacy": LEGACY}])
    for first in ("13800138000", "13800138001"):
        numbers = {
            "PhoneNumberSet": [f"+86{first}", "+8613800138000"],
            "TemplateId": "1",
            "TemplateParamSet": ["123456"],
        }
        outcome = service.call("tencent", "SendSms", {**numbers, "SignName": "示例"})
        assert outcome.kind == "answered"
        codes = [status["Code"] for status in outcome.answer["SendStatusSet"]]
        assert codes == ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]

    tel = [{"nationcode": "86", "mobile": mobile} for mobile in ("13800138002", "13800138000")]
    outcome = service.call(
        "tencent_legacy", "sendmultisms2", {"tel": tel, "sign": "示例", "tpl_id": 1, "params": ["123456"]}
    )
    assert outcome.kind == "answered"
    assert [status["result"] for status in outcome.answer["detail"]] == [0, 1023]
