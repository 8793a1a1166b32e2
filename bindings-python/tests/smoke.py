"""The installed wheel does its work on this interpreter, with urllib3 and nothing else: `python smoke.py`."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from urllib.request import urlopen

import sansms
from sansms.testing import Clock, Sandbox, conformance

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}


def in_process() -> None:
    sandbox = Sandbox()
    with sandbox.service() as service:
        assert service.send("138 0013 8000", **USER)
        assert service.send("138 0013 8000", **USER).code == "limit.cooldown"
        assert service.verify("13800138000", sandbox.outbox[-1].code, **USER).to == "+8613800138000"


def with_asyncio() -> None:
    sandbox = Sandbox()
    service = sandbox.service()
    assert asyncio.run(service.asend("13800138000", **USER))
    assert asyncio.run(service.averify("13800138000", sandbox.outbox[-1].code, **USER))


def in_a_file() -> None:
    clock = Clock()
    store = sansms.SQLiteStore("codes.sqlite3", clock=clock)
    for case in conformance.CASES[::4]:
        case(store, clock)
    store.close()


def over_http() -> None:
    command = [sys.executable, "-m", "sansms", "sandbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url, inbox = server.stdout.readline().strip(), server.stdout.readline().split(": ")[1].strip()
            keys = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret"}
            provider = {**keys, "sign_name": "示例", "templates": {"default": "SMS_1"}, "endpoint": url}
            with sansms.Service(providers=[{"aliyun": provider}], secret="x" * 32) as service:
                assert service.send("13800138000", **USER)
                assert asyncio.run(service.asend("13800138001", **USER))
            with urlopen(inbox) as reply:
                assert len(json.load(reply)) == 2
        finally:
            server.terminate()


def explained() -> None:
    assert "流控" in sansms.explain("isv.BUSINESS_LIMIT_CONTROL")[0].meaning_zh


CHECKS = (in_process, with_asyncio, in_a_file, over_http, explained)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        for check in CHECKS:
            check()
        os.chdir("/")
    print(f"smoke on Python {platform.python_version()}: {len(CHECKS)} passed, 0 failed")
