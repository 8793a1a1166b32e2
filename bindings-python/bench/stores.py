"""Measures each store, other limiters under the same three rules, and Redis as it fills: `stores.py PLOT`.

Prints sections of docs/benchmarks.md, and draws `PLOT`, an SVG. Runs within `scripts/with-servers`, with the databases
as durable as they are by default (`SANSMS_DURABLE=1`). `SANSMS_BENCH_NUMBERS` is how many numbers Redis is filled with,
`SANSMS_BENCH_SECONDS` for how long a store is asked, each time.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import count
from math import inf, log10
from pathlib import Path
from random import Random
from statistics import median

import redis
from on_django import configure, django_store

from sansms import MemoryStore, RedisStore, Service, SQLiteStore
from sansms.stores import RedisClusterStore, _sql, from_url
from sansms.stores import redis as redis_store

CODE, OK = "424242", b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'
NUMBERS, LEASES = count(13_000_000_000), count(1)
SECONDS = float(os.environ.get("SANSMS_BENCH_SECONDS", "1.5"))
MOST = int(os.environ.get("SANSMS_BENCH_NUMBERS", "1000000"))
DAY_MS = 86_400_000
RULES = f"1:l:1:60000:f 2:l:5:{DAY_MS}:f 3:l:10:{DAY_MS}:f"
"""One in a minute, five and ten in a day: what theirs are asked in three decisions."""


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|")


# A send and a verify on each store


class Trips:
    """Counts how often a store goes to its server."""

    def __init__(self) -> None:
        self.made = 0
        for place, name in ((redis_store.RedisLink, "ask"), (_sql.DatabaseLink, "ask")):
            setattr(place, name, self.counted(getattr(place, name)))

    def counted(self, call):
        def counting(*arguments, **options):
            self.made += 1
            return call(*arguments, **options)

        return counting

    def of(self, call: Callable[[], object], times: int = 48) -> str:
        """Returns how many a call makes; sweeps, every sixteenth wave, are in it."""
        before = self.made
        for _ in range(times):
            call()
        return f"{(self.made - before) / times:.1f}".rstrip("0").rstrip(".")


def service(store) -> Service:
    keys = {"access_key_id": "a", "access_key_secret": "b"}
    return Service(
        providers=[{"aliyun": {**keys, "sign_name": "示例", "templates": {"login": "SMS_1"}}}],
        store=store,
        secret="x" * 32,
        budget_per_day=100_000_000,
        transport=lambda *_: (200, [("content-type", "application/json")], OK),
        store_timeout=30.0,
    )


def address() -> str:
    """Returns an address that was not there before."""
    at = next(NUMBERS)
    return f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}"


def flows(codes: Service) -> tuple[Callable[[], object], Callable[[], object], deque[str]]:
    """Returns a send to a new number, a verify of the oldest that waits, and those that wait."""
    waiting: deque[str] = deque()

    def send() -> None:
        number = str(next(NUMBERS))
        assert codes.send(number, purpose="login", ip=address(), code=CODE).ok
        waiting.append(number)

    def verify() -> None:
        assert codes.verify(waiting.popleft(), CODE, purpose="login", ip=address()).ok

    return send, verify, waiting


def per_second(call: Callable[[], object], seconds: float, callers: int = 1, most: float = inf) -> float:
    """Calls for so long from so many threads, each so often at most; returns the rate."""

    def task(_: int) -> int:
        done = 0
        while done < most and time.perf_counter() < ends:
            call()
            done += 1
        return done

    began = time.perf_counter()
    ends = began + seconds
    with ThreadPoolExecutor(callers) as pool:
        done = sum(pool.map(task, range(callers)))
    return done / (time.perf_counter() - began)


def stores(home: str) -> None:
    trips = Trips()
    print(
        "## A send and a verify on each store\n\nFrom Python, with a canned reply; every flow has a number and an "
        "address of its own, all share the budget. The\nservers are on this machine; a commit waits for the disk, as "
        "it does by default (Redis: no append-only file). A trip is one\nexchange with the server; far from it, trips "
        "are what counts. On a cluster those of a wave leave at once.\n"
    )
    row("store", "sends a second", "from 8 callers", "verifies a second", "trips a send", "trips a verify")
    row("---", "--:", "--:", "--:", "--:", "--:")
    logging.getLogger("sansms").setLevel(logging.ERROR)  # that Redis keeps no file
    for name, made in (
        ("memory", MemoryStore()),
        ("SQLite", SQLiteStore(f"{home}/codes.sqlite3")),
        ("Redis", url("SANSMS_REDIS", "redis://{}/0")),
        ("Redis Cluster of three", url("SANSMS_REDIS_CLUSTER", "redis://{}/0", RedisClusterStore)),
        ("PostgreSQL", url("SANSMS_POSTGRES")),
        ("MariaDB", url("SANSMS_MARIADB")),
        ("Django, SQLite", django_store("sqlite3")),
        ("Django, PostgreSQL", django_store("postgresql")),
        ("Django, MariaDB", django_store("mysql")),
    ):
        if made is None:
            row(name, *["-"] * 5)
            continue
        codes = service(made)
        send, verify, waiting = flows(codes)
        send()
        verify()
        alone = per_second(send, SECONDS)
        by_send = trips.of(send)
        verifies = per_second(verify, SECONDS, most=len(waiting) - 24)
        by_verify = trips.of(verify, 24)
        many = per_second(send, SECONDS, 8)
        server = not name.endswith(("memory", "SQLite"))
        row(name, *(f"{rate:,.0f}" for rate in (alone, many, verifies)), *((by_send, by_verify) if server else "--"))
        codes.close()


def url(name: str, form: str = "{}", made=from_url):
    """Opens a store on a server of scripts/with-servers; `None` without one."""
    found = os.environ.get(name)
    return made(form.format(found)) if found else None


# Three rules, by us and by others


def limiters(place: str | None) -> dict[str, Callable[[], object]]:
    """Returns one decision under three rules of each, in memory or on a Redis."""
    import limits
    import throttled
    from django.conf import settings
    from django.test import RequestFactory
    from django_ratelimit.core import is_ratelimited

    turns: dict[str, count[int]] = {}

    def key(name: str) -> str:
        """Each key is asked four times, so that most are refused."""
        return f"bench:{name}:{next(turns.setdefault(name, count())) // 4}"

    store = MemoryStore() if place is None else RedisStore(place)

    def ours() -> object:
        return store.run([(key("ours"), f"reserve {next(LEASES):016x} {RULES}")], 1.0)

    storage = limits.storage.storage_from_string(place or "memory://")
    moving = limits.strategies.MovingWindowRateLimiter(storage)
    rates = [limits.parse(rate) for rate in ("1/minute", "5/day", "10/day")]

    def by_limits() -> object:
        name = key("limits")
        return all(moving.hit(rate, name) for rate in rates)

    backend = throttled.MemoryStore() if place is None else throttled.RedisStore(server=place)
    quotas = (throttled.per_min(1), throttled.per_day(5), throttled.per_day(10))
    sliding = [throttled.Throttled(using="sliding_window", quota=quota, store=backend) for quota in quotas]

    def by_throttled() -> object:
        name = key("throttled")
        return not any(limiter.limit(f"{name}:{at}").limited for at, limiter in enumerate(sliding))

    settings.RATELIMIT_USE_CACHE = "default" if place is None else "redis"
    request = RequestFactory().get("/")

    def by_django() -> object:
        name = key("django")
        return not any(
            is_ratelimited(request, group=f"{at}", key=lambda *_: name, rate=rate, increment=True)
            for at, rate in enumerate(("1/m", "5/d", "10/d"))
        )

    return {
        "sansms: exact rolling windows": ours,
        f"limits {version('limits')}: moving windows": by_limits,
        f"throttled-py {version('throttled-py')}: sliding windows, approximate": by_throttled,
        f"django-ratelimit {version('django-ratelimit')}: fixed windows": by_django,
    }


def compare(calls: dict[str, Callable[[], object]], seconds: float, rounds: int = 5) -> dict[str, float]:
    """Returns decisions a second; what is compared takes turns."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            gc.collect()
            found[name].append(per_second(call, seconds))
    return {name: median(rates) for name, rates in found.items()}


def rules(place: str | None) -> None:
    print(
        "\n## Three rules at once\n\nOne in a minute, five and ten in a day, four decisions a key, one caller. Ours is "
        "one operation on one record; theirs are\nup to three decisions, that stop at the first refusal and give "
        "nothing back. rate-limiter-flexible is under Node.\n"
    )
    row("", "memory, a second", "ratio", "Redis, a second", "ratio")
    row("---", "--:", "--:", "--:", "--:")
    memory = compare(limiters(None), 0.3)
    remote = compare(limiters(place), 0.5) if place else {}
    first = next(iter(memory))
    for name, rate in memory.items():
        cells = [f"{rate:,.0f}", f"{memory[first] / rate:.1f}"]
        cells += [f"{remote[name]:,.0f}", f"{remote[first] / remote[name]:.1f}"] if remote else ["-", "-"]
        row(name, *cells)
    print("\nA ratio is how many decisions of ours fit in the time of one of theirs.")


# Redis as it fills


def growth(place: str, plot: str) -> None:
    """Fills a database of the server for each size, then asks all in turns."""
    sizes = [size for size in (10, 100, 1_000, 10_000, 100_000, 1_000_000) if size < MOST] + [MOST]
    each: dict[int, tuple[RedisStore, redis.Redis]] = {}
    took: dict[int, list[float]] = {size: [] for size in sizes}
    dice, bytes_each = Random(1), 0.0
    for database, size in enumerate(sizes, 1):
        client = redis.Redis.from_url(f"{place}/{database}")
        store = RedisStore(f"{place}/{database}")
        before = client.info("memory")["used_memory"]
        fill(store, client, size)
        bytes_each = (client.info("memory")["used_memory"] - before) / size
        each[size] = store, client
    for turn in range(ROUNDS + 1):
        for size in dice.sample(sizes, len(sizes)):
            times = [once(each[size][0], dice.randrange(size)) for _ in range(CALLS)]
            if turn:
                took[size].append(median(times))
    middle = {size: median(times) * 1e6 for size, times in took.items()}
    for store, client in each.values():
        client.flushdb()
        client.close()
        store.close()
    print(
        "\n## Redis as it fills\n\nA reservation of a number picked at random, one at a time, while so many numbers "
        "are kept; the sizes took turns. The aim\nis 1.3 at a million.\n"
    )
    row("numbers kept", "median, µs", "ratio to ten")
    row("--:", "--:", "--:")
    for size in sizes:
        row(f"{size:,}", f"{middle[size]:.0f}", f"{middle[size] / middle[sizes[0]]:.2f}")
    print(f"\nA number takes {bytes_each:.0f} bytes of Redis's memory, key and all, with a challenge in it.\n")
    print(f"![median against the count of numbers]({Path(plot).name})")
    Path(plot).write_text(drawn(middle), encoding="utf-8")


ROUNDS, CALLS = 9, 250
KEY = "sansms:1:bench:n:{:032x}"
SLOT = "slot=0000000000000001:{:032x}:{:032x}:300000:600000:120000:3:5:00000001"


def fill(store: RedisStore, client: redis.Redis, size: int) -> None:
    """Writes records such as a first send leaves; one is made by the script, the others are its copies."""
    op = f"reserve {next(LEASES):016x} 1:l:1:60000:f 2:l:1000000:{DAY_MS}:f {SLOT.format(7, 9)}"
    assert store.run([(KEY.format(0), op.replace("1000000", "64"))], 5.0)[0].startswith("granted")
    record = client.get(KEY.format(0))
    for first in range(0, size, 20_000):
        pipeline = client.pipeline(transaction=False)
        for at in range(first, min(first + 20_000, size)):
            pipeline.set(KEY.format(at), record, px=DAY_MS)
        pipeline.execute()


def once(store: RedisStore, at: int) -> float:
    """Reserves a place of a number, and takes the time."""
    op = [(KEY.format(at), f"reserve {next(LEASES):016x} 1:l:1:60000:f 2:l:64:{DAY_MS}:f")]
    began = time.perf_counter()
    store.run(op, 5.0)
    return time.perf_counter() - began


def drawn(middle: dict[int, float]) -> str:
    """Draws the times against the logarithm of the sizes."""
    width, height, left, foot = 640, 260, 56, 40
    top = max(middle.values()) * 1.25
    most = log10(max(middle))

    def x(size: float) -> float:
        return left + (log10(size) - 1) / max(most - 1, 1e-9) * (width - left - 40)

    def y(value: float) -> float:
        return height - foot - value / top * (height - foot - 16)

    points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in middle.items())
    marks = [f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3"/>' for size, value in middle.items()]
    words = [
        f'<text x="{x(size):.1f}" y="{height - foot + 16}" text-anchor="middle">{size:,}</text>' for size in middle
    ]
    words += [
        f'<text x="{x(size):.1f}" y="{y(value) - 8:.1f}" text-anchor="middle">{value:.0f}</text>'
        for size, value in middle.items()
    ]
    first = y(middle[min(middle)] * 1.3)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
            'font-size="11" fill="#333">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            f'<path d="M{left} 16V{height - foot}H{width - 40}" fill="none" stroke="#999"/>',
            f'<path d="M{left} {first:.1f}H{width - 40}" stroke="#c33" stroke-dasharray="4 4"/>',
            f'<text x="{width - 40}" y="{first - 4:.1f}" text-anchor="end" fill="#c33">1.3 times that of ten</text>',
            f'<polyline points="{points}" fill="none" stroke="#27c" stroke-width="2"/>',
            f'<g fill="#27c">{"".join(marks)}</g>',
            *words,
            f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">numbers kept in Redis</text>',
            f'<text transform="translate(14 {height / 2}) rotate(-90)" text-anchor="middle">median, µs</text>',
            "</svg>",
            "",
        ]
    )


def main(plot: str) -> None:
    place = os.environ.get("SANSMS_REDIS")
    with tempfile.TemporaryDirectory(prefix="sansms-bench-", dir=".") as home:
        configure(home)
        stores(home)
    rules(f"redis://{place}/0" if place else None)
    if place:
        growth(f"redis://{place}", plot)


if __name__ == "__main__":
    main(*sys.argv[1:])
