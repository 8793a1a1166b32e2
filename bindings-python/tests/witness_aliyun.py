"""The official SDK for Alibaba Cloud SMS sends to the sandbox over a socket: `witness_aliyun.py PYTHON`.

Runs in an environment that holds the SDK and none of ours; `PYTHON` is an interpreter that has our wheel, and serves
the sandbox. Right keys must succeed and put the message in the inbox; a wrong secret must be told
`SignatureDoesNotMatch`, an unknown key `InvalidAccessKeyId.NotFound`, a key that is no sandbox key must be refused.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from urllib.request import urlopen

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.models import Config

SECRET = "sandbox-secret"


def send(endpoint: str, number: str, code: str, key_id: str = "sandbox-id", secret: str = SECRET) -> str:
    """Sends one message; returns the provider's code, whether it comes in a reply or as an exception."""
    config = Config(access_key_id=key_id, access_key_secret=secret, endpoint=endpoint, protocol="http")
    request = SendSmsRequest(
        phone_numbers=number,
        sign_name="示例",
        template_code="SMS_1",
        template_param=json.dumps({"code": code}),
    )
    try:
        return str(Client(config).send_sms(request).body.code)
    except Exception as error:
        return str(getattr(error, "code", None) or error)


def main(python: str) -> int:
    server = subprocess.Popen([python, "-I", "-m", "sansms", "sandbox"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        url = server.stdout.readline().strip()
        inbox_url = server.stdout.readline().split(": ", 1)[1].strip()
        endpoint = url.removeprefix("http://")

        def inbox() -> list[dict[str, object]]:
            with urlopen(inbox_url) as reply:
                return json.load(reply)

        checks = [
            ("right keys", send(endpoint, "13800138000", "424242"), "OK"),
            ("the message is in the inbox", "424242" in json.dumps(inbox()), True),
            (
                "a wrong secret",
                send(endpoint, "13800138001", "123456", secret="sandbox-wrong"),
                "SignatureDoesNotMatch",
            ),
            (
                "an unknown key",
                send(endpoint, "13800138001", "123456", key_id="sandbox-x"),
                "InvalidAccessKeyId.NotFound",
            ),
            ("nothing came of them", len(inbox()), 1),
            ("60 seconds have not passed", send(endpoint, "13800138000", "123456"), "isv.BUSINESS_LIMIT_CONTROL"),
            ("another number", send(endpoint, "13800138001", "123456"), "OK"),
        ]
    finally:
        server.terminate()
        server.wait(10)

    failed = [f"{name}: {got!r}, not {wanted!r}" for name, got, wanted in checks if got != wanted]
    print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr)
    sdk = version("alibabacloud_dysmsapi20170525")
    print(f"alibabacloud_dysmsapi20170525 {sdk}: {len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
