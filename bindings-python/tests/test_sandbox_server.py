"""The sandbox over a socket, as the demo, the witness and `python -m sansms sandbox` serve it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from urllib.request import urlopen

import pytest

from sansms import MemoryStore, Service
from sansms._sandbox_server import INBOX, PAGE, SandboxServer

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}
KEYS = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret"}


@pytest.fixture
def server():
    with SandboxServer() as server:
        yield server


def service(url, **changes):
    provider = {**KEYS, "sign_name": "示例", "templates": {"register": "SMS_1"}, "endpoint": url, **changes}
    return Service(providers=[{"aliyun": provider}], store=MemoryStore(), secret="x" * 32)


def inbox(server):
    with urlopen(server.url + INBOX, timeout=5) as reply:
        return json.load(reply)


def test_a_code_goes_all_the_way_over_http(server):
    with service(server.url) as sms:
        assert sms.send("13800138000", **USER)
        (message,) = inbox(server)
        assert message["to"] == "+8613800138000"
        assert sms.verify("13800138000", message["params"]["code"], **USER)


def test_a_wrong_secret_is_the_accounts_failure(server):
    with service(server.url, access_key_secret="sandbox-wrong") as sms:
        outcome = sms.send("13800138000", **USER)
    assert (outcome.kind, outcome.code) == ("undelivered", "provider.account")
    assert any("SignatureDoesNotMatch" in event for event in outcome.events)
    assert inbox(server) == []


def test_a_fault_closes_the_connection_without_a_reply(server):
    server.sandbox.fault("timeout_after", 1)
    with service(server.url) as sms:
        assert sms.send("13800138000", **USER).kind == "unknown"
    assert len(inbox(server)) == 1
    server.sandbox.fault("timeout_before", 1)
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")
        assert connection.recv(100) == b""


def test_a_reply_of_ten_megabytes_is_not_read(server, capfd):
    server.sandbox.fault("huge", 1)
    with service(server.url) as sms:
        assert sms.send("13800138000", **USER).kind == "unknown"
    time.sleep(0.2)
    assert capfd.readouterr().err == ""


def test_a_page_shows_the_inbox(server):
    with urlopen(server.url + PAGE, timeout=5) as reply:
        page = reply.read().decode()
        assert reply.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert 'fetch("inbox"' in page
    assert "innerHTML" not in page


def test_a_browser_is_led_to_the_page(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/", headers={"accept": "text/html,*/*"})
    reply = connection.getresponse()
    assert (reply.status, reply.headers["location"]) == (302, PAGE)
    connection.close()


@pytest.mark.parametrize("path", [PAGE, INBOX])
def test_a_page_elsewhere_cannot_read_the_inbox(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", path, headers={"host": f"evil.example:{server.port}"})
    assert connection.getresponse().status == 403
    connection.close()


def test_it_listens_on_loopback_only(server):
    assert server._server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("length", ["2000000", "-1", "many"])
def test_a_body_of_no_length_is_refused(server, length):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("content-length", length)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_nothing_is_printed_about_requests(server, capfd):
    with service(server.url) as sms:
        sms.send("13800138000", **USER)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(ending):
    command = [sys.executable, "-m", "sansms", "sandbox"]
    # A test run in the background has SIGINT ignored, and so would the command.
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heeding) as process,
        ExitStack() as stack,
    ):
        stack.callback(process.kill)
        url = process.stdout.readline().strip()
        with service(url) as sms:
            assert sms.send("13800138000", **USER)
        with urlopen(process.stdout.readline().split(": ", 1)[1].strip(), timeout=5) as reply:
            assert len(json.load(reply)) == 1
        process.send_signal(ending)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_the_command_makes_secrets():
    run = [sys.executable, "-m", "sansms", "secret"]
    first, second = (subprocess.run(run, check=True, capture_output=True, text=True).stdout for _ in range(2))
    assert first != second
    assert len(first.strip()) >= 32
