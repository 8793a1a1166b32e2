"""The code in the documents runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import ERROR
from django.template import engines
from django.test import override_settings
from documents import ROOT, blocks, run
from people.models import User
from visitors import E164, NUMBER

from sansms import Service
from sansms.django import checks, service

HERE = Path(__file__).parent
ADDRESS = "203.0.113.7"
NO_PLACES = {"core/", "src/", "proptest-regressions/"}  # named by what is in them; written by a tool


@pytest.mark.parametrize(
    "name",
    [f"{folder}/{page}.md" for page in ("quickstart", "settings", "deployment") for folder in ("docs", "docs/zh")],
)
def test_a_document_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(name)


@pytest.mark.parametrize("name", ["docs/testing.md", "docs/zh/testing.md"])
def test_the_tests_of_the_document_pass(name, tmp_path):
    (tmp_path / "test_of_the_document.py").write_text("\n".join(blocks(name)), "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", str(HERE / "pytest.ini"), "--rootdir"]
    done = subprocess.run([*command, str(HERE), str(tmp_path)], capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


@pytest.mark.parametrize("name", ["docs/django.md", "docs/zh/django.md", "README.md", "README.zh-CN.md"])
def test_the_views_of_a_document_work(name, sandbox, browser, rf, monkeypatch, sansms_outbox):
    given = {"INSTALLED_APPS": ["django.contrib.auth"], "os": os, "User": User}
    if name.startswith("README"):
        given.update(SECRET="x" * 32, phone="13900139000", client_ip=ADDRESS, session_key="s", code="000000")
        given.update(create_user=None, show=lambda text, status, retry_after: given.update(shown=status))
        given.update(APP_KEY="key", API_KEY="key")
        monkeypatch.setenv("REDIS_URL", "memory://")
        for name_of_key in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"):
            monkeypatch.setenv(name_of_key, "key")
    names = run(name, **given)
    if name.startswith("README"):
        Service(providers=names["SYSTEMS"], secret="x" * 32)
    with override_settings(SANSMS=names["SANSMS"]):
        assert [message.id for message in checks.check_settings() if message.level >= ERROR] == []
        views_work(names, rf, sansms_outbox)


def views_work(names, rf, outbox):
    session = {}

    def post(view, **data):
        request = rf.post("/", data, HTTP_X_FORWARDED_FOR=ADDRESS)
        request.session = session
        return names[view](request)

    outbox.clock.move(3600)
    assert post("send_code", phone=NUMBER).status_code == 200
    assert post("send_code", phone=NUMBER).status_code == 429
    code = outbox[len(outbox) - 1].code
    assert post("register", phone=NUMBER, code="000000" if code != "000000" else "1" * 6).status_code == 400
    assert [post(view).status_code for view in ("send_code", "register")] == [400, 400], "no field at all"
    assert post("register", phone=NUMBER, code=code).status_code == 200
    assert User.objects.get().phone == E164
    if "RegisterForm" in names:
        outbox.clock.move(60)
        post("send_code", phone=NUMBER)
        data = {"phone": NUMBER, "code": outbox[len(outbox) - 1].code, "nickname": "n"}
        assert post("register_by_form", **{**data, "code": "x"}).status_code == 400
        assert post("register_by_form", **data).status_code == 200
        data["phone"] = "139 0013 9000"
        assert {post("register_by_form", **data).status_code for _ in range(100)} == {400, 429}


@pytest.mark.parametrize("name", ["docs/django.md", "docs/zh/django.md"])
def test_the_page_of_a_document_renders(name, rf):
    (page,) = blocks(name, "html")
    request = rf.get("/")
    shown = engines["django"].from_string(page).render({}, request)
    assert 'data-sansms-url="/code/"' in shown
    assert "csrfmiddlewaretoken" in shown


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_links_lead_somewhere(path):
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        if "://" in file:
            continue
        found = (path.parent / file) if file else path
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, (
                target
            )


KEY = {"access_key_id": "id", "access_key_secret": "secret"}
CLOUD = {"secret_id": "id", "secret_key": "secret"}
PROVIDERS = {
    "aliyun": {**KEY, "sign_name": "x", "templates": {"default": "SMS_1"}},
    "aliyun_auth": {**KEY, "sign_name": "x", "templates": {"default": "1"}},
    "aliyun_global": {**KEY, "templates": {"default": "{code}"}},
    "aliyun_mail": {**KEY, "account_name": "a@b.example", "templates": {"default": {"subject": "x", "text": "{code}"}}},
    "tencent": {**CLOUD, "sdk_app_id": "1", "sign_name": "x", "templates": {"default": "1"}},
    "tencent_mail": {**CLOUD, "from_address": "a@b.example", "subject": "x", "templates": {"default": "1"}},
    "tencent_legacy": {"sdk_app_id": "1", "app_key": "key", "channel": "voice"},
    "gateway": {"preset": "yunpian", "key": "key", "sign_name": "x", "templates": {"default": "{code}"}},
}


@pytest.mark.parametrize("name", ["docs/settings.md", "docs/zh/settings.md"])
@pytest.mark.parametrize("section", ["", "policy", "phone", "email", *PROVIDERS])
def test_every_option_is_in_the_document(section, name):
    """An unknown option is refused with the list of those that there are."""
    from sansms import ConfigError
    from sansms.testing import Sandbox

    document = (ROOT / name).read_text("utf-8")
    if section in PROVIDERS:
        options = {"providers": [{section: {**PROVIDERS[section], "x": 1}}]}
    else:
        options = {section: {"x": 1}} if section else {"x": 1}
    with pytest.raises(ConfigError) as caught:
        Sandbox().service(**options)
    known = set(re.findall(r"[a-z_]+", caught.value.message.partition("there are")[2]))
    assert len(known) > 1
    assert [option for option in sorted(known - {"env"}) if f"`{option}`" not in document] == []


@pytest.mark.parametrize("name", ["docs/settings.md", "docs/zh/settings.md"])
@pytest.mark.parametrize("kind", [kind for kind in PROVIDERS if kind != "gateway"])
def test_every_action_is_in_the_document(kind, name):
    """An unknown action is refused with the list of those that there are."""
    from sansms.testing import Sandbox

    refused = Sandbox().service(providers=[{kind: PROVIDERS[kind]}]).call(kind, "?")
    known = refused.text_en.partition("there are ")[2].split(", ")
    (row,) = [
        line
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if line.startswith(f"| `{kind}` |") and f"`{known[0]}`" in line
    ]
    assert re.findall(r"`(\w+)`", row) == [kind, *known]


@pytest.mark.parametrize("folder", [".", "core", "core/src"])
def test_the_map_names_every_place(folder):
    """A folder or a source of the core that ARCHITECTURE.md leaves out; what git ignores is no place."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
    done = subprocess.run(listed, cwd=ROOT / folder, check=True, capture_output=True, text=True)
    found = {name.partition("/") for name in done.stdout.split("\0") if name}
    places = {name + slash for name, slash, _ in found if slash or folder == "core/src"} - NO_PLACES
    assert len(places) > 3
    prefix = "" if folder == "." else f"{folder}/"
    unnamed = {name for name in places if f"`{prefix}{name}`" not in text}
    assert [name for name in sorted(unnamed) if name.endswith("/") or f"`{name}`" not in text] == []


def test_the_stages_are_named():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (named,) = re.findall(r"# one: (.+)", text)
    assert set(named.split(", ")) == {path.name for path in (ROOT / "scripts/stages").iterdir()}


def test_the_service_is_as_it_was():
    assert service._lent is None
