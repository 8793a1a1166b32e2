"""One code, all the way, told step by step: `make demo`.

A service and a pretend provider talk over real HTTP on a loopback port, from fresh state each time. The exit status is
0 only if every step came out as told.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_urlsafe
from urllib.request import urlopen

from sansms import MemoryStore, Outcome, Service
from sansms._sandbox_server import INBOX, SandboxServer

NUMBER = "138 0013 8000"
USER = {"purpose": "register", "ip": "203.0.113.7", "session": "the session of her browser"}

REQUESTS = 300
AT_ONCE = 16
BUDGET = 50

Request = Callable[[Service, int], str]

checks: list[tuple[str, bool]] = []


def main() -> int:
    with SandboxServer() as provider, make_service(provider.url) as service:
        print(f"\n  The pretend provider listens at {provider.url}; it checks signatures as the real one does.\n")
        tell(service, provider.url + INBOX)
    print(f"  Now a bombing run: {REQUESTS} requests each time, {AT_ONCE} at once.\n")
    tell_bombing()
    failed = [name for name, ok in checks if not ok]
    if failed:
        print(f"  {len(failed)} of {len(checks)} came out differently: {', '.join(failed)}\n")
        return 1
    print(f"  All {len(checks)} came out as told.\n")
    return 0


def make_service(endpoint: str, **options: object) -> Service:
    aliyun = {
        "access_key_id": "sandbox-id",
        "access_key_secret": "sandbox-secret",
        "sign_name": "示例",
        "templates": {"register": "SMS_1"},
        "endpoint": endpoint,
    }
    return Service(providers=[{"aliyun": aliyun}], store=MemoryStore(), secret=token_urlsafe(32), **options)


def tell(service: Service, inbox_url: str) -> None:
    step(f"She types her number, {NUMBER}, and asks for a code")
    sent = service.send(NUMBER, **USER)
    show("sent", sent, sent.kind == "sent" and sent.to == "+8613800138000")

    step("Her phone buzzes")
    inbox = read_inbox(inbox_url)
    message = inbox[-1] if inbox else {}
    code = message.get("params", {}).get("code", "")
    print(f"     ┌ {message.get('text', 'nothing came')}")
    check("the SMS holds six digits", len(inbox) == 1 and len(code) == 6 and code.isdigit())

    step("She mistypes it")
    wrong = service.verify(NUMBER, str((int(code or 0) + 1) % 1_000_000).zfill(6), **USER)
    show("a wrong code is refused", wrong, wrong.kind == "wrong_code" and wrong.attempts_left == 2)

    step("She types it right, and with a blank in it")
    right = service.verify(NUMBER, f"{code[:3]} {code[3:]}", **USER)
    show("the right code is taken", right, right.kind == "verified" and right.to == "+8613800138000")

    step("Someone tries the same code again")
    replay = service.verify(NUMBER, code, **USER)
    show("a spent code is refused", replay, not replay and replay.kind == "expired")

    step("And asks for another one at once")
    again = service.send(NUMBER, **USER)
    refused = again.kind == "limited" and 0 < (again.retry_after or 0) <= 60 and len(read_inbox(inbox_url)) == 1
    show("60 seconds must pass, and no second SMS went out", again, refused)


def tell_bombing() -> None:
    with SandboxServer() as provider, make_service(provider.url) as service:
        step("One number, from a new address each time")
        bomb(service, one_number, provider.url, {"sent": 1, "limit.cooldown": REQUESTS - 1})
        step("Then they all guess at that one code")
        bomb(service, guesses, provider.url, {"code.wrong": 3, "code.locked": REQUESTS - 3})
    with SandboxServer() as provider, make_service(provider.url) as service:
        step("A new number each time, from one address")
        bomb(service, many_numbers, provider.url, {"sent": 10, "limit.ip": REQUESTS - 10})
    with SandboxServer() as provider, make_service(provider.url, budget_per_day=BUDGET) as service:
        step(f"A new number from a new address each time, against a budget of {BUDGET}")
        bomb(service, many_of_both, provider.url, {"sent": BUDGET, "limit.budget": REQUESTS - BUDGET})


def bomb(service: Service, request: Request, url: str, expected: dict[str, int]) -> None:
    before = len(read_inbox(url + INBOX))
    counts = run(service, request)
    delivered = len(read_inbox(url + INBOX)) - before
    for code, count in counts.most_common():
        print(f"     {count:4} × {code}")
    as_told = delivered == counts["sent"] and dict(counts) == expected
    check(f"{delivered} SMS for {REQUESTS} requests", as_told)


def one_number(service: Service, n: int) -> str:
    return service.send(number(0), purpose="register", ip=address(n)).code


def guesses(service: Service, n: int) -> str:
    return service.verify(number(0), f"{n:06}", purpose="register", ip=address(n)).code


def many_numbers(service: Service, n: int) -> str:
    return service.send(number(n), purpose="register", ip=address(0)).code


def many_of_both(service: Service, n: int) -> str:
    return service.send(number(n), purpose="register", ip=address(n)).code


def run(service: Service, request: Request) -> Counter[str]:
    """Makes all the requests, many at once; counts what they ended with."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(lambda n: request(service, n), range(REQUESTS)))


def number(n: int) -> str:
    return f"1370013{n:04}"


def address(n: int) -> str:
    return f"203.0.{n // 200}.{n % 200 + 1}"


def step(title: str) -> None:
    print(f"  {len(checks) + 1}. {title}.")


def show(name: str, outcome: Outcome, as_told: bool) -> None:
    print(f"     {outcome.kind}  ({outcome.code}, HTTP {outcome.http_status})")
    print(f"     {outcome.text_zh}  {outcome.text_en}")
    check(name, as_told)


def check(name: str, as_told: bool) -> None:
    checks.append((name, as_told))
    print(f"     {'ok' if as_told else 'NOT AS TOLD'}: {name}\n")


def read_inbox(url: str) -> list[dict]:
    with urlopen(url, timeout=10) as reply:
        return json.load(reply)


if __name__ == "__main__":
    sys.exit(main())
