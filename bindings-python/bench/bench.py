"""Measures the Python package against the official SDK and two limiters: `bench.py WHEEL PYTHON`, Markdown to stdout.

Runs in an environment that holds the wheel and what it is compared with. What is compared takes turns, round by round;
each figure is the median of the rounds. `PYTHON` is an interpreter whose environment holds the same, for the start-up
times. The Redis is that of `scripts/with-servers redis`.
"""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution, version
from itertools import count
from json import dumps
from pathlib import Path
from statistics import median

from actions import actions

KEYS = {"access_key_id": "LTAI5tQpExampleKey", "access_key_secret": "ExampleSecretExampleSecretExam"}
ROUNDS = 9
REPLY = b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'
NUMBERS = count(13_000_000_000)


def compare(*calls: Callable[[], object], times: int) -> list[float]:
    """Returns what each call takes, in seconds."""
    rounds: list[list[float]] = [[] for _ in calls]
    for call in calls:
        for _ in range(times // 10 + 1):
            call()
    for _ in range(ROUNDS):
        for call, results in zip(calls, rounds):
            gc.collect()
            began = time.perf_counter()
            for _ in range(times):
                call()
            results.append((time.perf_counter() - began) / times)
    return [median(results) for results in rounds]


def start_up(python: str, *scripts: str) -> list[float]:
    """Returns what each script takes above the bare interpreter, in seconds, the best case of a warm disk."""

    def run(script: str) -> float:
        began = time.perf_counter()
        subprocess.run([python, "-I", "-c", script], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    rounds = [[run(script) for script in ("pass", *scripts)] for _ in range(ROUNDS + 6)]
    bare, *others = (median(column) for column in zip(*rounds))
    return [other - bare for other in others]


def provider() -> dict[str, object]:
    return {"aliyun": {**KEYS, "sign_name": "阿里云短信测试", "templates": {"login": "SMS_154950909"}}}


# The official SDK


def sdk_client():
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.models import Config

    config = Config(**KEYS, endpoint="dysmsapi.aliyuncs.com")
    return Client(config)


class Stopped(BaseException):
    """Ends a call where HTTP would begin."""


def sdk_calls() -> tuple[Callable[[], object], Callable[[], object]]:
    """Returns a send that ends where HTTP would begin, and one that hears a canned reply."""
    import requests
    from alibabacloud_dysmsapi20170525.models import SendSmsRequest

    reply = requests.Response()
    reply.status_code, reply.reason, reply._content = 200, "OK", REPLY
    reply.headers["content-type"] = "application/json"

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    client = sdk_client()

    def send() -> object:
        request = SendSmsRequest(
            phone_numbers="13800138000",
            sign_name="阿里云短信测试",
            template_code="SMS_154950909",
            template_param=dumps({"code": "123456"}),
        )
        return client.send_sms(request).body.code

    def stopped() -> None:
        requests.Session.send = stop
        try:
            send()
        except Stopped:
            return
        raise AssertionError

    def answered() -> None:
        requests.Session.send = lambda *_, **__: reply
        assert send() == "OK"

    return stopped, answered


# Ours


def our_calls() -> tuple[Callable[[], object], Callable[[], object]]:
    """Returns the way from `send` to a signed request, with a store that grants; and a whole send, limits and all."""
    from sansms import MemoryStore, Service, _core

    engine = _core.Engine(dumps({"providers": [provider()], "secret": "x" * 32, "ip": "off"}))

    def build() -> object:
        flow = engine.send("13800138000", purpose="login", seed=os.urandom(32))
        step = flow.start(1_800_000_000_000)
        while step[0] == "store":
            replies = [grant(op) for _, op in step[2]]
            step = flow.resume(step[1], ("store", replies), 1_800_000_000_000)
        assert step[0] == "http", step
        return step

    def grant(op: str) -> str:
        reply, _, slot = "granted 60000", *op.partition(" slot=")[1:]
        if slot:
            part = slot.split(":")
            reply += f" slot=0:{part[8].partition(',')[0]}:{part[1]}:300000"
        return reply

    service = Service(
        providers=[provider()],
        secret="x" * 32,
        budget_per_day=100_000_000,
        ip="off",
        store=MemoryStore(),
        transport=lambda *_: (200, [("content-type", "application/json")], REPLY),
    )

    def send() -> object:
        outcome = service.send(str(next(NUMBERS)), purpose="login")
        assert outcome, outcome
        return outcome

    return build, send


# Limiters: at most 5 in an hour, ten decisions a key, so half of them are refusals


def limiters(address: str | None) -> dict[str, Callable[[], object]]:
    """Returns one decision of each, in memory, or in the Redis at `address`."""
    import limits
    import throttled

    from sansms import MemoryStore, RedisStore

    turn: dict[str, count[int]] = {}

    def key(name: str) -> str:
        return f"bench:{os.getpid()}:{name}:{next(turn.setdefault(name, count())) // 10}"

    leases = count(1)
    store = MemoryStore() if address is None else RedisStore(f"redis://{address}/0")

    def ours() -> object:
        return store.run([(key("ours"), f"reserve {next(leases):016x} 1:l:5:3600000:f")], 1.0)

    storage = limits.storage.storage_from_string("memory://" if address is None else f"redis://{address}/0")
    rate = limits.parse("5/hour")
    moving = limits.strategies.MovingWindowRateLimiter(storage)
    fixed = limits.strategies.FixedWindowRateLimiter(storage)
    backend = throttled.MemoryStore() if address is None else throttled.RedisStore(server=f"redis://{address}/0")

    def by(algorithm: str) -> Callable[[], object]:
        limiter = throttled.Throttled(using=algorithm, quota=throttled.per_hour(5), store=backend)
        return lambda: limiter.limit(key(algorithm))

    return {
        "sansms: exact rolling window": ours,
        "limits: moving window": lambda: moving.hit(rate, key("moving")),
        "limits: fixed window": lambda: fixed.hit(rate, key("fixed")),
        "throttled-py: sliding window": by("sliding_window"),
        "throttled-py: GCRA": by("gcra"),
    }


# Packages


def closure(name: str) -> set[str]:
    """Returns all packages that an installation brings, itself included."""
    from pip._vendor.packaging.requirements import Requirement

    found: set[str] = set()
    wanted = [name]
    while wanted:
        package = wanted.pop().lower().replace("_", "-")
        if package in found:
            continue
        try:
            requires = distribution(package).requires or []
        except PackageNotFoundError:
            continue
        found.add(package)
        needed = (Requirement(line) for line in requires)
        wanted += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|")


def main(wheel: str, python: str) -> None:
    sdk = "alibabacloud_dysmsapi20170525"
    print(f"## The Python package\n\nPython {platform.python_version()}, against {sdk} {version(sdk)}.\n")
    row("", "sansms", "the SDK", "ratio", "aim")
    row("---", "--:", "--:", "--:", "--:")
    build, send = our_calls()
    sdk_build, sdk_send = sdk_calls()
    for name, mine, theirs, aim in (
        ("build and sign a request, no HTTP, µs", build, sdk_build, "15"),
        ("a send with a canned reply, µs (ours with code, limits and store)", send, sdk_send, "5"),
    ):
        ours, others = compare(mine, theirs, times=1000)
        row(name, f"{ours * 1e6:.1f}", f"{others * 1e6:.1f}", f"{others / ours:.1f}", aim)
    make = f"""
import sansms
service = sansms.Service(providers=[{provider()!r}], secret="x" * 32, ip="off", store="memory://",
    transport=lambda *_: (200, [], {REPLY!r}))
"""
    sdk_make = f"""
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.models import Config
import requests
reply = requests.Response()
reply.status_code, reply.reason, reply._content = 200, "OK", {REPLY!r}
requests.Session.send = lambda *_, **__: reply
client = Client(Config(**{KEYS!r}, endpoint="dysmsapi.aliyuncs.com"))
request = SendSmsRequest(phone_numbers="13800138000", sign_name="a", template_code="SMS_1", template_param="{{}}")
"""
    imports = start_up(
        python,
        "from sansms import Service",
        "from alibabacloud_dysmsapi20170525.client import Client",
        make + "assert service.send('13800138000', purpose='login')",
        sdk_make + "assert client.send_sms(request).body.code == 'OK'",
        "import sansms, sansms._transport",
    )
    row("import above the bare interpreter, ms", *pair(imports[0], imports[1]), "under 15 ms")
    row("import and the first send, canned reply, ms", *pair(imports[2], imports[3]), "")
    row("import with urllib3, as for a real send, ms", f"{imports[4] * 1e3:.1f}", "", "", "")
    mine, theirs = closure("sansms"), closure(sdk)
    row("packages installed", len(mine), len(theirs), f"{len(theirs) / len(mine):.1f}", "2 against 29")
    row("wheel, MB", f"{Path(wheel).stat().st_size / 1e6:.2f}", "", "", "under 1.5")

    print(
        "\n### Every action\n\nFrom the parameters to the signed request, no HTTP, against the official SDK of each.\n"
    )
    row("provider", "action", "sansms, µs", "the SDK, µs", "ratio")
    row("---", "---", "--:", "--:", "--:")
    for kind, action, mine, theirs in actions():
        ours, others = compare(mine, theirs, times=200)
        row(kind, action, f"{ours * 1e6:.1f}", f"{others * 1e6:.1f}", f"{others / ours:.1f}")

    address = os.environ.get("SANSMS_REDIS")
    print(
        "\n### Limiter decisions\n\nFive in an hour, ten decisions a key, one caller. "
        f"limits {version('limits')}, throttled-py {version('throttled-py')}; on Redis each decision is one trip to a "
        "server on this machine, redis-py with hiredis.\n"
    )
    row("", "memory, a second", "ratio", "Redis, a second", "ratio")
    row("---", "--:", "--:", "--:", "--:")
    columns = []
    for place, times in ((None, 5000), (address, 500)):
        calls = limiters(place) if place or columns == [] else {}
        columns.append(dict(zip(calls, compare(*calls.values(), times=times))) if calls else {})
    memory, redis = columns
    first = next(iter(memory))
    for name in memory:
        cells = [f"{1 / memory[name]:,.0f}", f"{memory[name] / memory[first]:.1f}"]
        cells += [f"{1 / redis[name]:,.0f}", f"{redis[name] / redis[first]:.1f}"] if redis else ["-", "-"]
        row(name, *cells)
    print("\nA ratio is how many decisions of ours fit in the time of one of theirs.")


def pair(ours: float, theirs: float) -> tuple[str, str, str]:
    return f"{ours * 1e3:.1f}", f"{theirs * 1e3:.1f}", f"{theirs / ours:.1f}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
