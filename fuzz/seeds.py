"""Writes what a corpus begins with, from the vectors: `python3 fuzz/seeds.py FOLDER`; one folder a target.

`scripts/fuzz` finds more; what `fuzz/corpus` keeps of both is the least that reaches the same code.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "core/vectors"


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (VECTORS / name).read_text("utf-8").splitlines()]


def keep(target: str, *inputs: str | bytes) -> None:
    folder = Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    for text in inputs:
        data = text.encode() if isinstance(text, str) else text
        (folder / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)


def http(status: int, body: str, headers: dict[str, str] | None = None) -> str:
    head = "".join(f"\n{name}: {value}" for name, value in (headers or {}).items())
    return f"{status}{head}\n\n{body}"


REQUEST = '"RequestId":"FE117689-E554-40BD-89F8-5ACCE5F49830"'
AUTH = [
    http(
        200,
        '{"Code":"OK","Message":"成功","Success":true,"Model":{"BizId":"112231421412414124123^4",'
        '"OutId":"1231231313","RequestId":"a3671ccf","VerifyCode":"4232"},' + REQUEST + "}",
    ),
    http(200, '{"Code":"OK","Success":true,"Model":{"VerifyResult":"PASS","OutId":"1212312"},' + REQUEST + "}"),
    http(200, '{"Code":"OK","Success":true,"Model":{"VerifyResult":"UNKNOWN"},' + REQUEST + "}"),
    http(400, '{"Code":"isv.ValidateFail","Message":"validate fail",' + REQUEST + "}"),
    http(200, '{"Code":"biz.FREQUENCY","Message":"check frequency failed","Success":false,' + REQUEST + "}"),
    http(503, "upstream connect error", {"retry-after": "7"}),
    http(429, "", {"x-acs-retry-after": "1500"}),
    http(200, '{"code":"OK","message":"x","requestId":"r"}'),
]
OTHERS = {
    "reply_aliyun_global": [
        http(
            200,
            '{"ResponseCode":"OK","ResponseDescription":"OK","MessageId":"1008030300****","NumberDetail":'
            '{"Region":"Taiwan","Country":"Taiwan, China","Carrier":"FarEasTone"},' + REQUEST + "}",
        ),
        http(
            200, '{"ResponseCode":"MOBILE_NUMBER_ILLEGAL","ResponseDescription":"illegal 447911123456",' + REQUEST + "}"
        ),
        http(403, '{"Code":"InvalidAccessKeyId.NotFound","Message":"Specified access key is not found."}'),
    ],
    "reply_aliyun_mail": [
        http(200, '{"EnvId":"600000049856","RequestId":"FE117689-E554-40BD-89F8-5ACCE5F49830"}'),
        http(
            400,
            '{"Code":"InvalidMailAddress.NotFound","Message":"The specified mailAddress does not exist.",'
            + REQUEST
            + "}",
        ),
        http(404, '{"Code":"InvalidToAddress","HostId":"dm.aliyuncs.com",' + REQUEST + "}"),
    ],
    "reply_tencent_mail": [
        http(
            200,
            '{"Response":{"MessageId":"qcloud-ses-testid-12345","RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}}',
        ),
        http(
            200,
            '{"Response":{"Error":{"Code":"FailedOperation.ExceedSendLimit","Message":"daily limit"},"RequestId":"r"}}',
        ),
        http(200, '{"Response":{"MessageId":"","RequestId":"r"}}'),
    ],
    "reply_tencent_legacy": [
        http(
            200,
            '{"result":0,"errmsg":"OK","ext":"AbCdEfGhIjKlMnOp","fee":1,"sid":"2028:f825e6a16e23f73f60","isocode":"CN"}',
        ),
        http(200, '{"result":1016,"errmsg":"手机号格式错误","ext":""}'),
        http(200, '{"result":"1025","errmsg":"number 13800138000 daily limit"}'),
        http(200, '{"result":0,"errmsg":"","callid":"xxxx","ext":""}'),
    ],
}
ACTIONS = [
    http(
        200,
        '{"Code":"OK","Message":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"ErrCode":"DELIVERED",'
        '"SendStatus":3,"OutId":"123","PhoneNum":"13800138000"}]},' + REQUEST + "}",
    ),
    http(200, '{"Code":"isv.BIZ_ID_ILLEGAL","Message":"x",' + REQUEST + "}"),
    http(
        200,
        '{"Response":{"PullSmsSendStatusSet":[{"PhoneNumber":"+8613800138000","ReportStatus":"SUCCESS"}],"RequestId":"r"}}',
    ),
    http(
        200,
        '{"Response":{"SendStatusStatistics":{"FeeCount":0,"RequestCount":0,"RequestSuccessCount":0},"RequestId":"r"}}',
    ),
    http(200, '{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"},"RequestId":"r"}}'),
    http(200, '{ "Response" : {"a":[]} }'),
    http(200, '{"result":0,"errmsg":"ok","count":1,"data":[{"mobile":"13800138000","report_status":"SUCCESS"}]}'),
    http(502, "<html>", {"retry-after": "3"}),
]
PUSHES = {
    "receipt_aliyun": [
        '[{"phone_number":"13800138000","send_time":"2023-09-13 22:34:54","report_time":"2023-09-13 22:35:00","success":true,'
        '"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"1234567^0","out_id":"AbCdEfGhIjKlMnOp"}]',
        '[{"phone_number":"+8613800138001","report_time":"","success":false,"err_code":"MK:0004","biz_id":"1234568^0"}]',
        '{"Code":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"PhoneNum":"13800138000","SendStatus":1,'
        '"ErrCode":"","OutId":"AbCdEfGhIjKlMnOp","ReceiveDate":"2023-09-13 22:34:54"}]}}',
        '{"SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"SendStatus":3,"ReceiveDate":"2023-02-30 99:00:00"}]}}',
        '[1,null,{},{"success":"maybe"}]',
        "[]",
        "{}",
        '[{"success":true,"out_id":"a b","err_code":"13800138000"}]',
    ],
    "receipt_tencent": [
        '[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13800138000","report_status":"SUCCESS",'
        '"errmsg":"DELIVRD","description":"用户短信送达成功","sid":"xxxxxxx"}]',
        '{"Response":{"PullSmsSendStatusSet":[{"UserReceiveTime":1445040184,"CountryCode":"86","PhoneNumber":"+8613800138000",'
        '"SerialNo":"xxxxxxx","ReportStatus":"FAIL","Description":"x 1","SessionContext":"AbCdEfGhIjKlMnOp"}],"RequestId":"r"}}',
        '[{"report_status":"FAIL","mobile":"+1","ext":"é"}]',
        '{"Response":{"PullSmsSendStatusSet":{}}}',
        "[]",
        "null",
        '{"Response":{"PullSmsSendStatusSet":[{"ReportStatus":"SUCCESS","UserReceiveTime":"99999999999999999999"}]}}',
        "[[]]",
    ],
}
PUSHES["receipt_tencent_legacy"] = [
    '{"result":0,"count":1,"data":' + PUSHES["receipt_tencent"][0] + "}",
    '{"data":1}',
    '{"data":[]}',
    "{",
    PUSHES["receipt_tencent"][0],
    PUSHES["receipt_tencent"][2],
    "[]",
    '[{"report_status":"SUCCESS","sid":"5000:1^a"}]',
]
JSON = [
    '{"a":[1,-0.5e+3,true,false,null,"\\u00e9\\ud83d\\ude00\\n"],"a":{}}',
    '"\\ud800"',
    "[" * 40 + "]" * 40,
    "1e999",
    "-",
    "01",
    "[1,]",
    '{"a" : 1 , "b":[ ]}',
    "\ufeff{}",
    '"\t"',
    "18446744073709551616",
    ' "ok" x',
    '"\\/\\b\\f\\"\\\\"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
]
TYPED = ["123456", "１２３ ４５６", "12-34-56", "12345O", "٣٤٥٦٧٨", "ABCD-EFGH", "", " ", "1" * 40]
ADDRESSES = [
    "203.0.113.7, 10.0.0.1",
    "::ffff:203.0.113.7",
    "[2001:db8::1]:443\n::1",
    "unknown",
    "64:ff9b::cb00:7107\nfe80::1%eth0",
]
WIRE = [
    "to: 13800138000\npurpose: login\nip: 203.0.113.7\nsession: a%250Ab%0D%0A\nidempotency-key: k\ndeliver: false",
    "to: 13800138000\npurpose: login\ncode: 123456\nticket-for: t",
    "provider: aliyun\naction: QuerySendDetails\nparams: {}",
    'http 200\nretry-after: 3\n\n{"Code":"OK"}',
    "http-fault sent",
    "http-fault unsent",
    "store\ngranted 0\n!\ngone",
    "store-fault",
    "credentials\nid: a\nsecret: b%25\ntoken: c",
    "credentials-fault",
    'http 7\nPOST https://host.example/?a=b\n5000 1024\ncontent-type: application/json\n\n{"a":1}',
    "GET http://h/\n1 1\n\n",
]
TICKETS = [
    "AQAAAGVDZqd-CPkkAAAAAAAAAAAAAAAAAAAAAA",
    "",
    "é",
    "AQ",
    "AQAA=",
    "AQAAAGVDZqd+CPkk",
    "Ag" * 18,
    "A" * 36,
    "lZTpZLXyY3ailnbhMzqDyw",
]
# Values in every place, of both channels; none signed.
REPLY = {"code": "code", "success": [0], "message_id": "data.id", "message": "msg"}
GATEWAYS = [
    {
        "url": "http://127.0.0.1:8080/to/{national}/send?code={code}&id=%20{send_id}",
        "method": "GET",
        "headers": {"x-code": "{code}"},
        "reply": REPLY,
    },
    {
        "url": "https://api.example:8443?id={send_id}",
        "channel": "email",
        "body": {"to": [{"e": "{email}"}], "n": {"$number": "{minutes}"}, "j": {"$json": {"a": ["{send_id}", "{code}"]}}},
        "reply": {"success": "message_id", "message_id": "id"},
    },
    {
        "url": "https://api.example/v1/{code}.x/",
        "encoding": "form",
        "channel": "email",
        "body": {"to": "{email}", "id": "a b+{send_id}", "j": {"$json": {"c": "{code}", "e": "<{email}>"}}},
        "reply": REPLY,
    },
    {
        "url": "https://api.example/send",
        "key": "k",
        "secret": "s",
        "body": {"to": "{cn_or_e164}", "code": "{code}", "id": "{send_id}", "sign": "{signature}", "at": "{utc}"},
        "signature": {"method": "hmac-sha256", "over": "{key}{e164}{send_id}{timestamp}{nonce}", "key": "{secret}"},
        "reply": REPLY,
    },
]

DECLARED = [
    http(200, '{"code":0,"msg":"ok","data":{"id":"m-1"},"requestId":"r"}'),
    http(200, '{"code":"E1","msg":"no 13800138000"}'),
    http(400, '{"error":{"code":"bad","message":"x"}}'),
    http(200, '{"id":"1","sid":"2","status":"ok","result":{"message_id":"3"}}'),
]


def main() -> None:
    for case in lines("provider/replies.jsonl"):
        if case["provider"] in ("aliyun", "tencent"):
            keep(f"reply_{case['provider']}", http(case["status"], case["body"], case["headers"]))
    for target in ("reply_aliyun_auth", "check_aliyun_auth"):
        keep(target, *AUTH)
    for target, replies in OTHERS.items():
        keep(target, *replies, *AUTH[5:], http(200, ""), http(200, "{}"))
    keep("actions", *ACTIONS)
    for target, bodies in PUSHES.items():
        keep(target, *bodies)
    keep("json", *JSON)

    base = {
        "url": "https://api.example/send",
        "key": "k",
        "secret": "s",
        "sign_name": "示例",
        "templates": {"default": "{code} {minutes}"},
    }
    for declared in GATEWAYS:
        keep("gateway", *(f"{json.dumps(declared, ensure_ascii=False)}\n\n{reply}" for reply in DECLARED[:2]))
    for path in sorted((ROOT / "core/data/gateways").glob("*.json")):
        declared = base | {name: value for name, value in json.loads(path.read_text("utf-8")).items() if name[0] != "_"}
        text = json.dumps(declared, ensure_ascii=False, separators=(",", ":"))
        keep(
            "gateway",
            *(f"{text}\n\n{reply}" for reply in DECLARED[:2]),
            f'{{"preset":"{path.stem}","templates":{{"a":"1"}}}}\n\n{DECLARED[0]}',
        )
        keep("config", json.dumps({"secret": "0" * 32, "providers": [{"gateway": declared}]}, ensure_ascii=False))
    keep("phone", *(case["input"] for case in lines("phone.jsonl")[::9]))
    keep("email", *(case["email"] for case in lines("email.jsonl")[::4]))
    keep(
        "typed",
        *TYPED,
        *ADDRESSES,
        *(f"{case['forwarded']}\n{case['peer'] or ''}" for case in lines("address.jsonl")[::5]),
    )
    keep("wire", *WIRE)
    keep("ticket", *TICKETS)
    for case in lines("limit.jsonl"):
        ops = case["ops"][:6]
        keep("limit_text", "\n".join(op["op"] for op in ops), "\n".join(op["reply"] for op in ops))
        if case["record"]:
            keep(
                "limit_record",
                bytes.fromhex(case["record"]),
                bytes.fromhex(case["record"]) + b"\n\n" + ops[0]["op"].encode(),
            )

    for path in sorted((VECTORS / "traces").glob("*.json")):
        trace = json.loads(path.read_text("utf-8"))
        keep("config", json.dumps(trace["config"], ensure_ascii=False, separators=(",", ":")))
        for flow in trace["flows"][:2]:
            replies, calls = [], []
            for step in flow["steps"]:
                reply = step.get("reply")
                if "store" in step:
                    replies.append(
                        "store\n" + "\n".join("!" if one is None else one for one in reply) if reply else "store-fault"
                    )
                if "http" in step:
                    call = step["http"]
                    head = "".join(f"{name}: {value}\n" for name, value in call["headers"])
                    calls.append(
                        f"{call['method']} {call['url']}\n{call['timeout_ms']} {call['max_reply']}\n{head}\n{call['body']}"
                    )
                    if isinstance(reply, dict) and "status" in reply:
                        replies.append(f"http {reply['status']}\n\n{reply['body']}")
                    else:
                        replies.append("http-fault sent")
            keep("flow", "\x1e".join(replies))
            if calls:
                keep("sandbox", "\x1e".join(calls))


if __name__ == "__main__":
    main()
