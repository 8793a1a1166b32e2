"""The commands of `python -m sansms`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from json import dumps, loads
from secrets import token_urlsafe

from ._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._core import Outcome
    from ._desk import Standing
    from ._service import Service

SETTINGS = "sansms.json"
SETTINGS_HELP = (
    f"a JSON file with the options of `Service`; $SANSMS_SETTINGS, or {SETTINGS} if it is there. Keys and secret "
    "may come from the environment"
)


def main(arguments: list[str]) -> int:
    """Runs a command; returns the exit status: 0 for yes, 1 for no, 2 for a wrong call or setting."""
    write_what_can_be(sys.stdout, sys.stderr)
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    return status


def write_what_can_be(*streams: Any) -> None:
    """Lets a `?` stand for what a stream's encoding has not, as GBK has no `•`: a code may have been sent by then."""
    for each in streams:
        stream = getattr(each, "_out", each)  # in a command of Django's there is a wrapper around it
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def parser() -> argparse.ArgumentParser:
    """Describes the commands."""
    whole = argparse.ArgumentParser(prog="python -m sansms", description="Verification codes from the command line.")
    commands = whole.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    for name, run, help in (
        ("send", send, "send a code to a number, with all limits"),
        ("verify", verify, "check a code, and spend it when it is right"),
    ):
        added = command(name, run, help)
        added.add_argument("number", help="as people type it")
        if name == "verify":
            added.add_argument("code", help="as people type it")
        added.add_argument("--purpose", required=True, help="what the code is for, e.g. register")
        added.add_argument("--ip", default="127.0.0.1", help="the client's address; %(default)s unless told")
        added.add_argument("--session", help="what binds the code to who asked")
        added.add_argument("--settings", help=SETTINGS_HELP)
    for name, help in (
        ("inspect", "tell how a number stands: what is counted, and its live codes"),
        ("reset", "let what is counted about a number begin anew; its live codes end"),
        ("forget", "erase what is kept about a number"),
    ):
        added = command(name, desk, help)
        added.set_defaults(task=name)
        added.add_argument("number", help="as people type it")
        added.add_argument("--settings", help=SETTINGS_HELP)
    added = command("health", health, "tell whether the store answers")
    added.add_argument("--settings", help=SETTINGS_HELP)
    added = command("explain", explain, "tell what a provider's code means, and what to do")
    added.add_argument("code", help="e.g. isv.BUSINESS_LIMIT_CONTROL")
    added = command("audit", audit, "tell what the policy lets an attacker do, and where norms ask for more")
    added.add_argument("--settings", help=SETTINGS_HELP)
    added.add_argument("--json", action="store_true", help="for programs")
    command("secret", secret, "print a new secret for the settings")
    added = command(
        "sandbox", sandbox, "serve the pretend providers on a loopback port, with a page that shows the inbox"
    )
    added.add_argument("--port", type=int, default=0, help="the port; a free one unless told")
    return whole


def send(options: argparse.Namespace) -> int:
    """Sends a code."""
    with service(options.settings) as opened:
        sent = opened.send(options.number, purpose=options.purpose, ip=options.ip, session=options.session)
    return tell(sent)


def verify(options: argparse.Namespace) -> int:
    """Checks a code."""
    with service(options.settings) as opened:
        done = opened.verify(
            options.number, options.code, purpose=options.purpose, ip=options.ip, session=options.session
        )
    return tell(done)


def desk(options: argparse.Namespace) -> int:
    """Inspects, resets or forgets a number."""
    with service(options.settings) as opened:
        outcome: Outcome = getattr(opened, options.task)(options.number)
    status = tell(outcome)
    for line in standing(outcome.answer):
        print(f"  {line}")
    return status


def health(options: argparse.Namespace) -> int:
    """Asks the store whether it answers."""
    with service(options.settings) as opened:
        found = opened.health()
    print(f"{found.code}  {found.latency_ms:.0f} ms")
    return 0 if found else 1


def standing(answer: Standing | dict[str, Any] | None) -> list[str]:
    """Says how a recipient stands, in lines."""
    if answer is None:
        return []
    lines: list[str] = []
    for rule in answer["rules"]:
        wait = f", again in {-(-rule['wait_ms'] // 1000)} s" if rule["wait_ms"] else ""
        lines.append(f"{rule['rule']} {rule['limit']}/{rule['window_ms'] // 1000}s: {rule['used']} used{wait}")
    for code in answer["codes"]:
        lines.append(
            f"code {code['state']}: {code['tries_left']} tries left, sent again {code['resent']} times, "
            f"ends in {-(-code['expires_in_ms'] // 1000)} s"
        )
    return lines


def explain(options: argparse.Namespace) -> int:
    """Explains a provider's code."""
    from ._explain import HANDLING
    from ._explain import explain as look_up

    found = look_up(options.code)
    if not found:
        print(f"{options.code} is not known: no row of the providers' published lists has it", file=sys.stderr)
        return 1
    for each in found:
        print(f"{each.code}  ({each.provider}, {each.api})")
        handling_zh, handling_en = HANDLING.get(each.handling, ("", ""))
        for lines in (
            (each.meaning_zh, each.advice_zh, handling_zh and f"sansms：{handling_zh}。"),
            (each.meaning_en, each.advice_en, handling_en and f"sansms: {handling_en}."),
        ):
            for line in filter(None, lines):
                print(f"  {line}")
    return 0


def audit(options: argparse.Namespace) -> int:
    """Audits the policy; keys and secret are not needed for that."""
    from ._service import RULES, Service

    found = settings(options.settings)
    stand_in = {
        "access_key_id": "sandbox-id",
        "access_key_secret": "sandbox-secret",
        "endpoint": "http://127.0.0.1",
        "sign_name": "-",
        "templates": {"default": "SMS_1"},
    }
    policy: dict[str, Any] = {name: value for name, value in found.items() if name in RULES}
    audited = Service(providers=[{"aliyun": stand_in}], secret="-" * 32, env={}, store="memory://", **policy)
    print(dumps(audited.audit(), ensure_ascii=False) if options.json else audited._engine.audit_text().rstrip())
    return 0


def secret(_: argparse.Namespace) -> int:
    """Prints a new secret."""
    print(token_urlsafe(32))
    return 0


def sandbox(options: argparse.Namespace) -> int:
    """Serves the sandbox until interrupted; the first line printed is its URL."""
    from ._sandbox_server import INBOX, PAGE, SandboxServer

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), SandboxServer(port=options.port) as server:
        print(server.url, flush=True)
        print(f"inbox: {server.url}{INBOX}", flush=True)
        print(f"page:  {server.url}{PAGE}", flush=True)
        threading.Event().wait()
    return 0


def service(path: str | None) -> Service:
    """Makes the service of the settings."""
    from ._service import Service

    return Service(**settings(path))


def settings(path: str | None) -> dict[str, Any]:
    """Reads the settings; none are empty ones."""
    path = path or os.environ.get("SANSMS_SETTINGS") or (SETTINGS if os.path.exists(SETTINGS) else None)
    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            read: object = loads(file.read())
    except (OSError, ValueError) as error:
        problem = f"can't be read: {type(error).__name__}"
        raise ConfigError("config.value", os.path.basename(path), problem, "SANSMS_SETTINGS") from None
    if not isinstance(read, dict):
        raise ConfigError("config.type", os.path.basename(path), "must hold a JSON object", "SANSMS_SETTINGS")
    return read  # pyright: ignore[reportUnknownVariableType]


def tell(outcome: Outcome) -> int:
    """Prints an outcome, number masked; returns the exit status."""
    print(f"{outcome.kind}  {outcome.code}  {outcome.masked or ''}".rstrip())
    print(f"  {outcome.text_zh}\n  {outcome.text_en}")
    for name in ("provider", "message_id", "retry_after", "resend_in", "expires_in", "attempts_left"):
        value = getattr(outcome, name)
        if value is not None:
            unit = " s" if name in ("retry_after", "resend_in", "expires_in") else ""
            print(f"  {name}: {value}{unit}")
    for event in outcome.events:
        print(f"  event: {event}")
    return 0 if outcome.ok else 1
