"""The urllib3 transport over real sockets: what it sends, what it refuses, what it says about faults."""

from __future__ import annotations

import copy
import gzip
import logging
import os
import pickle
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sansms import TransportFault, Urllib3Transport, _transport
from web import Web, answer

SIGNED = "/?PhoneNumbers=13800138000&TemplateParam=%7B%22code%22%3A%22424242%22%7D&SignName=%E9%98%BF~_-.%2F%2a"


@pytest.fixture
def transport():
    transport = Urllib3Transport()
    yield transport
    transport.close()


def post(transport, url, *, timeout=5.0, max_reply=1000, body=b"", headers=()):
    return transport("POST", url, list(headers), body, timeout, max_reply)


def fault(transport, url, **options) -> bool:
    """Makes an exchange that has to fail; returns whether it says that the request left."""
    with pytest.raises(TransportFault) as caught:
        post(transport, url, **options)
    return caught.value.sent


def test_the_request_leaves_byte_for_byte(transport):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        headers = [("x-acs-date", "2026-11-20T00:00:00Z"), ("authorization", "ACS3 x")]
        post(transport, web.url + SIGNED, headers=headers, body="正文".encode())
        head, _, body = web.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == f"POST {SIGNED} HTTP/1.1"
    assert body.decode() == "正文"
    assert {"x-acs-date: 2026-11-20T00:00:00Z", "authorization: ACS3 x", "Content-Length: 6"} <= set(lines)


def test_a_post_without_a_body_says_so(transport):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        post(transport, web.url)
        assert b"content-length: 0" in web.requests[0].lower()


def test_the_reply_comes_back_whole(transport):
    with Web(lambda connection, _: answer(connection, b'{"Code":"OK"}', "400 Bad", "Retry-After: 7\r\n")) as web:
        status, headers, body = post(transport, web.url)
    assert (status, body) == (400, b'{"Code":"OK"}')
    assert ("retry-after", "7") in headers


def test_chunked_and_compressed_replies_are_decoded(transport):
    packed = gzip.compress(b"a" * 500)
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:10], packed[10:], b""))
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-encoding: gzip\r\n\r\n"
    with Web(lambda connection, _: connection.sendall(head + parts)) as web:
        assert post(transport, web.url)[2] == b"a" * 500
        assert post(transport, web.url)[2] == b"a" * 500
        assert web.connections == 1


@pytest.mark.parametrize("body", [b"{}", b"", b"a" * 20_000])
def test_connections_are_kept_alive(transport, body):
    with Web(lambda connection, _: answer(connection, body)) as web:
        for _ in range(3):
            post(transport, web.url, max_reply=65536)
        assert (len(web.requests), web.connections) == (3, 1)


def test_a_connection_that_idled_is_not_used_again(transport, monkeypatch):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        post(transport, web.url)
        monkeypatch.setattr(_transport, "KEPT_ALIVE_S", 0.0)
        post(transport, web.url)
        assert web.connections == 2


def test_a_connection_that_the_server_closed_is_not_used_again(transport):
    def once(connection, _):
        answer(connection, b"{}")
        connection.close()

    with Web(once) as web:
        post(transport, web.url)
        time.sleep(0.05)
        post(transport, web.url)
        assert web.connections == 2


def test_a_redirect_is_not_followed(transport):
    with Web(lambda connection, _: answer(connection, b"", "302 Found", "location: /elsewhere\r\n")) as web:
        assert post(transport, web.url)[0] == 302
        assert len(web.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_lost_reply_is_not_asked_for_again(transport, method):
    with Web(lambda connection, _: connection.close()) as web:
        with pytest.raises(TransportFault):
            transport(method, web.url, [], b"", 5.0, 1000)
        assert len(web.requests) == 1


def test_a_server_error_is_not_retried(transport):
    with Web(lambda connection, _: answer(connection, b"", "503 Busy", "retry-after: 0\r\n")) as web:
        assert post(transport, web.url)[0] == 503
        assert len(web.requests) == 1


@pytest.mark.parametrize("sent", [True, False])
def test_a_fault_may_be_copied_and_sent_to_another_process(sent):
    fault = TransportFault(sent=sent)
    for again in (pickle.loads(pickle.dumps(fault)), copy.copy(fault)):
        assert (type(again), again.sent, str(again)) == (TransportFault, sent, str(fault))


def test_a_refused_connection_was_not_sent(transport):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert fault(transport, f"http://127.0.0.1:{port}/") is False


def test_an_unknown_name_was_not_sent(transport):
    assert fault(transport, "http://no-such-host.invalid/") is False


def test_a_connection_that_is_never_made_was_not_sent(transport):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        assert fault(transport, f"http://127.0.0.1:{port}/", timeout=0.3) is False
        assert time.monotonic() - began < 10.0
        for client in waiting:
            client.close()


def test_a_failed_handshake_was_not_sent(transport):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        assert fault(transport, f"https://127.0.0.1:{web.port}/", timeout=1.0) is False


def test_accepted_and_closed_was_sent(transport):
    with Web(lambda connection, _: connection.close()) as web:
        assert fault(transport, web.url) is True
        assert len(web.requests) == 1


def test_a_reply_that_does_not_come_was_sent(transport):
    with Web(lambda *_: time.sleep(3)) as web:
        began = time.monotonic()
        assert fault(transport, web.url, timeout=0.2) is True
        assert time.monotonic() - began < 2.5


def test_a_reply_that_drips_is_cut_at_the_deadline(transport):
    def drip(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.05)

    with Web(drip) as web:
        began = time.monotonic()
        assert fault(transport, web.url, timeout=0.3) is True
        assert time.monotonic() - began < 4.0


@pytest.mark.parametrize(
    ("first", "drop", "last"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"x: 1\r\n", b"content-length: 2\r\n\r\n{}"),
        (b"HTTP/1.1 200 OK\r\nx: ", b"1", b"\r\ncontent-length: 2\r\n\r\n{}"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", b"x", b"\r\n{\r\n0\r\n\r\n"),
    ],
    ids=["headers", "one header", "100 Continue", "a chunk's length"],
)
@pytest.mark.parametrize("kept_alive", [False, True])
def test_what_drips_is_cut_at_the_deadline(transport, first, drop, last, kept_alive):
    """Each drop comes in time, and the reply would be whole in the end."""

    def drip(connection, request):
        if b"/whole" in request:
            return answer(connection, b"{}")
        connection.sendall(first)
        for _ in range(40):
            connection.sendall(drop)
            time.sleep(0.05)
        connection.sendall(last)

    with Web(drip) as web:
        if kept_alive:
            post(transport, f"{web.url}/whole")
        assert fault(transport, web.url, timeout=0.3) is True
        assert post(transport, f"{web.url}/whole")[0] == 200
        assert web.connections == 2
        assert post(transport, web.url)[0] == 200


def test_all_addresses_of_a_host_have_one_deadline(transport, monkeypatch):
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        tried = []

        def connect(address, timeout, **options):
            tried.append(timeout)
            raise ConnectionRefusedError

        look_up = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *more, **options: [
                found
                for address in (["127.0.0.2", "127.0.0.1"] if host == "two.example" else [host])
                for found in look_up(address, *more, **options)
            ],
        )
        assert post(transport, f"http://two.example:{web.port}/")[0] == 200
        transport.close()
        monkeypatch.setattr(_transport, "create_connection", connect)
        assert fault(transport, "http://two.example/", timeout=2.0) is False
    assert 2.0 > tried[0] > tried[1]


def test_a_reply_cut_short_was_sent(transport):
    def cut(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc")
        connection.close()

    with Web(cut) as web:
        assert fault(transport, web.url) is True


def test_ten_megabytes_are_not_read(transport):
    written = []

    def flood(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(160):
            connection.sendall(bytes(65536))
            written.append(65536)

    with Web(flood) as web:
        assert fault(transport, web.url, max_reply=65536) is True
        time.sleep(0.1)
    assert sum(written) < 8_000_000


def test_a_compressed_flood_is_not_unpacked(transport):
    bomb = gzip.compress(bytes(10_000_000))
    with Web(lambda connection, _: answer(connection, bomb, headers="content-encoding: gzip\r\n")) as web:
        assert fault(transport, web.url, max_reply=65536) is True


def test_a_reply_of_exactly_the_largest_size_is_read(transport):
    with Web(lambda connection, _: answer(connection, b"a" * 1000)) as web:
        assert len(post(transport, web.url, max_reply=1000)[2]) == 1000
        assert fault(transport, web.url, max_reply=999) is True


def test_certificates_are_verified(transport, tmp_path: Path):
    openssl = shutil.which("openssl")
    assert openssl, "this test makes a certificate with openssl"
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate]
    subprocess.run([openssl, *new, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        serve = web._serve

        def serve_tls(connection):
            try:
                secure = context.wrap_socket(connection, server_side=True)
            except OSError:
                return connection.close()
            return serve(secure)

        web._serve = serve_tls
        url = f"https://localhost:{web.port}/"
        assert fault(transport, url) is False
        assert web.requests == []
        trusting = Urllib3Transport(ca_certs=str(certificate))
        assert post(trusting, url)[0] == 200
        assert fault(trusting, f"https://127.0.0.1:{web.port}/") is False
        trusting.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_child_opens_connections_of_its_own():
    script = """if True:
        import os, sys
        from sansms import Urllib3Transport
        transport = Urllib3Transport()
        call = lambda: transport("POST", sys.argv[1], [], b"", 5.0, 1000)[0]
        assert call() == 200
        child = os.fork()
        if child == 0:
            os._exit(0 if call() == 200 else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert call() == 200
    """
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        subprocess.run([sys.executable, "-c", script, web.url], check=True, timeout=30)
        assert (len(web.requests), web.connections) == (3, 2)


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "http.client"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


def malformed(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nno colon here\r\ncontent-length: 2\r\n\r\n{}")
    connection.close()


@pytest.mark.parametrize(
    "script",
    [
        lambda connection, _: answer(connection, b"{}"),
        lambda connection, _: connection.close(),
        lambda connection, _: answer(connection, b"", "302 Found", "location: /?PhoneNumbers=13800138000\r\n"),
        lambda connection, _: answer(connection, b"a" * 2000),
        malformed,
    ],
    ids=["reply", "closed", "redirect", "too long", "malformed"],
)
def test_nothing_of_the_url_is_logged_at_debug(transport, everything_logged, capfd, script):
    with Web(script) as web:
        error = ""
        try:
            post(transport, web.url + SIGNED)
        except TransportFault as caught:
            error = f"{caught} {caught!r} {caught.__cause__!r} {caught.__context__!r}"
    seen = everything_logged.text + error + "".join(capfd.readouterr())
    assert not re.search("13800138000|424242|PhoneNumbers|SignName", seen)


def test_others_may_still_log_with_urllib3(transport, everything_logged):
    import urllib3

    with Web(lambda connection, _: answer(connection, b"{}")) as web, urllib3.PoolManager() as other:
        post(transport, web.url + SIGNED)
        assert everything_logged.text == ""
        other.request("GET", web.url + "/theirs")
    assert "/theirs" in everything_logged.text


def test_debug_level_of_the_standard_library_prints_nothing(transport, capfd, monkeypatch):
    import http.client

    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with Web(lambda connection, _: answer(connection, b"{}")) as web:
        post(transport, web.url + SIGNED)
    assert capfd.readouterr().out == ""
