"""The client's address, behind proxies and liars."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from sansms.django import client_ip

PEER = "10.0.0.2"
LIAR = "198.51.100.1"
CLIENT = "203.0.113.7"


def address(rf, settings, proxies, header, peer=PEER):
    settings.SANSMS = {**settings.SANSMS, "trusted_proxies": proxies}
    request = rf.post("/", REMOTE_ADDR=peer)
    if header is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = header
    return client_ip(request)


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        # No proxy: the header is what the client wrote.
        (0, None, PEER),
        (0, LIAR, PEER),
        (0, f"{LIAR}, {LIAR}", PEER),
        # One: the last address is the proxy's word.
        (1, CLIENT, CLIENT),
        (1, f"{LIAR}, {CLIENT}", CLIENT),
        (1, f"{LIAR},{LIAR},{CLIENT}", CLIENT),
        (1, f"{LIAR}, unknown, , {CLIENT}", CLIENT),
        (1, f"  {CLIENT}  ", CLIENT),
        (1, f"{'1.2.3.4, ' * 10_000}{CLIENT}", CLIENT),
        # Two: the last but one.
        (2, f"{CLIENT}, 10.0.0.3", CLIENT),
        (2, f"{LIAR}, {CLIENT}, 10.0.0.3", CLIENT),
        # Too few: the header proves nothing.
        (1, None, PEER),
        (1, "", PEER),
        (2, CLIENT, PEER),
        (3, f"{LIAR}, {CLIENT}", PEER),
        # Ports, as some load balancers write them; IPv6.
        (1, f"{CLIENT}:51234", CLIENT),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:443", "2001:db8::7"),
        (1, "2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        # What can't be read where a proxy should have written: an empty text, which the service refuses.
        (1, "unknown", ""),
        (1, "_hidden", ""),
        (1, f"{CLIENT},", ""),
        (1, "203.0.113", ""),
        (1, "203.0.113.07", ""),
        (1, "２０３.0.113.7", ""),
        (1, f"{CLIENT}, <script>", ""),
        (1, f"{CLIENT}\x00", ""),
    ],
)
def test_an_address_is_read_from_the_right(rf, settings, proxies, header, expected):
    assert address(rf, settings, proxies, header) == expected


def test_an_address_that_cannot_be_read_is_refused(rf, settings, sandbox):
    from sansms.django import service

    ip = address(rf, settings, 1, "unknown")
    assert service.send("13800138000", purpose="register", ip=ip).code == "input.ip"
    assert sandbox.outbox == []


def test_a_unix_socket_has_the_proxys_word(rf, settings):
    assert address(rf, settings, 1, f"{LIAR}, {CLIENT}", peer="") == CLIENT


@pytest.mark.parametrize(("proxies", "header"), [(0, None), (0, CLIENT), (1, None), (2, "")])
def test_a_unix_socket_without_a_header_is_a_clear_error(rf, settings, proxies, header):
    with pytest.raises(ImproperlyConfigured, match=r"unix socket.*trusted_proxies"):
        address(rf, settings, proxies, header, peer="")


def test_a_unix_socket_with_too_few_is_refused(rf, settings):
    assert address(rf, settings, 2, CLIENT, peer="") == ""


@pytest.mark.parametrize("proxies", [-1, 17, True, "1", None, 1.0])
def test_a_count_that_cannot_be_is_a_clear_error(rf, settings, proxies):
    with pytest.raises(ImproperlyConfigured, match="whole number from 0 to 16"):
        address(rf, settings, proxies, CLIENT)


def test_too_few_addresses_are_logged_without_them(rf, settings, caplog):
    address(rf, settings, 2, CLIENT)
    assert "holds 1 of the 2" in caplog.text
    assert CLIENT not in caplog.text


def test_forging_the_header_buys_no_sends(browser, sandbox):
    kinds = [
        browser.get_code(f"1380013{n:04}", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").json()["kind"] for n in range(20)
    ]
    assert kinds == ["sent"] * 10 + ["limited"] * 10
