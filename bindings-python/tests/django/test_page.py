"""The demo page, in headless Chromium, from the number to "registered"."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

SERVE = Path(__file__).parents[3] / "examples" / "django" / "serve.py"
SHOTS = os.environ.get("SANSMS_SHOTS")  # a directory to keep pictures in, for people
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def url():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-I", str(SERVE), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            found = serving.stdout.readline().strip()
            assert found == f"http://127.0.0.1:{port}/"
            wait_for(port)
            yield found
        finally:
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(10) == 0


def wait_for(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the page does not listen")


@pytest.fixture(scope="module")
def chromium():
    path = os.environ.get("SANSMS_CHROMIUM")
    if not path:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium; scripts/with-servers chromium brings one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_of(chromium, url):
    """Opens the page in a new browser, and fails the test if a script of the page did."""
    contexts, errors = [], []

    def open_page(language, width=1280, height=820):
        context = chromium.new_context(locale=language, viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def wait_for_text(page, selector, text):
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.textContent.includes(text)", arg=[selector, text]
    )


WORDS = {
    "zh-CN": ("获取验证码", "验证码已发送", "后重发", "还可尝试 2 次", "注册成功", "发送过于频繁"),
    "en-US": ("Get code", "on its way", "Again in", "Tries left: 2", "You are registered", "A code was just sent"),
}


@pytest.mark.parametrize(
    ("language", "width", "number"), [("zh-CN", 1280, "138 0013 8000"), ("en-US", 390, "+86 139-0013-8000")]
)
def test_from_the_number_to_registered(page_of, language, width, number):
    get, sent, counting, wrong, registered, soon = WORDS[language]
    page = page_of(language, width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    button = page.get_by_role("button", name=get)
    page.fill("#id_phone", number)
    shot(page, f"{language}-number")
    button.click()

    wait_for_text(page, ".sansms-status", sent)
    wait_for_text(page, ".sansms-button", counting)
    assert page.locator(".sansms-button").get_attribute("aria-disabled") == "true"
    assert page.evaluate("document.activeElement.id") == "id_code"
    first = seconds(page)
    assert 55 <= first <= 60
    page.wait_for_function(f"parseInt(/\\d+/.exec(document.querySelector('.sansms-button').textContent)) < {first}")

    code = read_code(page, number)
    page.fill("#id_code", f"{(int(code) + 1) % 1_000_000:06}")
    page.locator(".submit").click()
    wait_for_text(page, "#said", wrong)
    shot(page, f"{language}-wrong")

    # Loaded again, the page has forgotten; the server has not, and the countdown goes on.
    page.reload()
    page.fill("#id_phone", number)
    page.locator(".sansms-button").click()
    wait_for_text(page, ".sansms-status", soon)
    assert 0 < seconds(page) <= first

    page.locator("#messages button").first.click()
    assert page.input_value("#id_code") == code
    page.locator(".submit").click()
    wait_for_text(page, "#done h1", registered)
    assert number[-4:] not in page.locator("#done").inner_text()
    page.wait_for_timeout(100)
    shot(page, f"{language}-registered")


def read_code(page, number):
    """Waits for the message to this number, and reads the code in it."""
    digits = re.sub(r"\D", "", number)[-11:]
    return re.search(r"\d{6}", page.locator("#messages li", has_text=digits).locator(".text").inner_text())[0]


def seconds(page):
    return int(re.search(r"\d+", page.locator(".sansms-button").inner_text())[0])


def test_another_number_need_not_wait(page_of):
    page = page_of("en-US")
    button = page.locator(".sansms-button")
    page.fill("#id_phone", "13700137000")
    button.click()
    wait_for_text(page, ".sansms-button", "Again in")
    page.fill("#id_phone", "13700137001")
    assert button.get_attribute("aria-disabled") == "false"
    assert button.inner_text() == "Send again"
    page.fill("#id_phone", "13700137000")
    assert button.get_attribute("aria-disabled") == "true"


def test_a_number_that_cannot_be_is_told(page_of):
    page = page_of("en-US")
    page.locator(".sansms-button").click()
    wait_for_text(page, ".sansms-status", "enter your number")
    assert page.evaluate("document.activeElement.id") == "id_phone"
    page.fill("#id_phone", "123")
    page.locator(".sansms-button").click()
    page.wait_for_function("!document.querySelector('.sansms-status').textContent.includes('enter your number')")
    assert page.locator(".sansms-status").get_attribute("data-wrong") is not None
    assert page.locator(".sansms-button").get_attribute("aria-disabled") == "false"


def test_the_keyboard_is_enough(page_of):
    page = page_of("en-US")
    page.keyboard.type("13600136000")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_text(page, ".sansms-status", "on its way")
    page.keyboard.type(read_code(page, "13600136000"))
    page.keyboard.press("Enter")
    wait_for_text(page, "#done h1", "You are registered")


def test_the_language_can_be_changed(page_of):
    page = page_of("zh-CN")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Sign up").wait_for()
    assert page.get_attribute("html", "lang") == "en"


def status(url, **headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=5) as reply:
            return reply.status
    except HTTPError as error:
        return error.code


def test_the_inbox_is_for_this_machine_only(url):
    inbox = f"{url}inbox/"
    assert status(inbox) == 200
    assert status(inbox, **{"X-Forwarded-For": "127.0.0.1"}) == 404
    assert status(inbox, Forwarded="for=127.0.0.1") == 404
    assert status(inbox, Host="demo.example") == 400


def test_the_inbox_needs_debug_and_a_loopback_peer():
    script = f"""if True:
        import os, sys
        sys.path.insert(0, {str(SERVE.parent)!r})
        os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
        import django
        django.setup()
        from django.http import Http404
        from django.test import RequestFactory, override_settings
        from demo import views
        views.urlopen = lambda *_, **__: open(os.devnull)
        views.json.load = lambda _: []
        def status(peer, debug=True, provider="sandbox"):
            with override_settings(DEBUG=debug, PROVIDER=provider):
                try:
                    return views.inbox(RequestFactory().get("/inbox/", REMOTE_ADDR=peer)).status_code
                except Http404:
                    return 404
        peers = ["127.0.0.1", "::1", "10.0.0.2", "203.0.113.7", "", "unknown"]
        print([status(peer) for peer in peers], status("::1", debug=False), status("::1", provider="aliyun"))
    """
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[200, 200, 404, 404, 404, 404] 404 404\n"
