"""Many processes at one number, one address and one budget: `contention.py URL SECONDS [PROCESSES TASKS GUESSES]`.

Six services share the store. Each sends to one number, from one address, out of one budget; in each another limit is
the one that binds, over an hour in three, over a second in three, where the store is waited for no longer than 0.2 s.
What was admitted while all sent at once, and after it was quiet, must be exactly the limit; no window over the recorded
history may hold more.

Then one sends to a number whose record others hold until it gives up, while the rest send from the same address: that
address must have as many places used as messages were sent, on stores where records can be held. Then so many right
guesses come at once, of which one may match, and so many wrong ones, of which three may be compared.

A process of the crowd is `contention.py --task URL NAMESPACE LIMIT TASKS`; it takes commands as lines of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count
from logging import CRITICAL, getLogger
from random import random
from uuid import uuid4

from opened import holder, opened
from sansms import Service

NUMBER, ADDRESS, CODE, WRONG = "13800138000", "203.0.113.7", "424242", "131313"
OK = b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'
LOOSE = {"cooldown_s": 0, "number": [], "ip": [], "ip_attempts": [], "wrong_tries": [], "budget": ["1000000/24h"]}
BINDING = {"number": "{}/1h", "ip": "{}/1h", "budget": "{}/1h"}
SHORT, SHORT_S = 3, 1.0
REFUSED = "limit.busy"
"""What is refused because others held the partition; it may be tried again."""
BESIDE, HELD_TIMEOUT_S, MOST_HELD = 60, 2.0, 6


class Watched:
    """A store that remembers when the last wave of each thread that took a place of a kind began and ended."""

    def __init__(self, store) -> None:
        self.store, self.last = store, threading.local()

    def run(self, ops, timeout):
        began = time.monotonic()
        try:
            return self.store.run(ops, timeout)
        finally:
            wave = began, time.monotonic()
            for key, op in ops:
                if op.startswith("reserve "):
                    setattr(self.last, kind_of(key), wave)


def kind_of(key: str) -> str:
    """Returns what kind of thing a record is about: `sansms:VERSION:NAMESPACE:KIND:NAME`."""
    kind = key.split(":")[3]
    return {"n": "number", "i": "ip", "b": "budget"}.get(kind, kind)


class Held:
    """A store on which others hold the number's record for all of the wave that asks for it."""

    def __init__(self, store, hold) -> None:
        self.store, self.hold = store, hold
        self.late = self.lost = 0

    def run(self, ops, timeout):
        for key, op in ops:
            if op.startswith("reserve ") and kind_of(key) == "number":
                asked = time.monotonic()
                with self.hold(key):
                    # What it took to hold the record is taken off, or no time would be left to give anything back.
                    replies = self.store.run(ops, max(timeout - (time.monotonic() - asked), 0.001))
                self.late += replies[0] == "refused busy"
                return replies
        gives = any(op.startswith("release ") for _, op in ops)
        try:
            replies = self.store.run(ops, timeout)
        except BaseException:
            self.lost += gives
            raise
        self.lost += gives and "refused busy" in replies
        return replies


class Crowd:
    """The tasks of one process."""

    def __init__(self, url: str, namespace: str, limit: int, tasks: int) -> None:
        self.store, self.tasks = Watched(opened(url)), tasks
        self.services = {name: self.service(namespace, name, rule.format(limit)) for name, rule in BINDING.items()}
        # Those that do not wait for long: they are refused as busy, and try again.
        for name in BINDING:
            rule = f"{SHORT}/{SHORT_S:.0f}s"
            self.services[f"second {name}"] = self.service(namespace, name, rule, f"second-{name}", 0.2)
        self.url, self.namespace = url, namespace
        self.refused: Counter[str] = Counter()
        self.pool = ThreadPoolExecutor(tasks)

    def service(
        self, namespace: str, knob: str, rule: str, name: str = "", timeout: float = 60.0, store: object = None
    ) -> Service:
        provider = {"access_key_id": "a", "access_key_secret": "b", "sign_name": "示例", "templates": {"r": "SMS_1"}}
        return Service(
            providers=[{"aliyun": provider}],
            store=store or self.store,
            secret="x" * 32,
            namespace=f"{namespace}.{name or knob}",
            policy={**LOOSE, knob: [rule]},
            store_timeout=timeout,
            transport=lambda *_: (200, [("content-type", "application/json")], OK),
        )

    def send(self, name: str) -> tuple[str, tuple[float, float]]:
        """Sends, again while others are in the way; returns how it ended, and when the place was taken."""
        service, kind = self.services[name], name.rpartition(" ")[2]
        while True:
            outcome = service.send(NUMBER, purpose="r", ip=ADDRESS)
            if outcome.code != REFUSED:
                return "admitted" if outcome.ok else outcome.code, getattr(self.store.last, kind, (0.0, 0.0))
            self.refused[f"{name} {REFUSED}"] += 1
            time.sleep(0.05 * random())

    def load(self, seconds: float) -> dict[str, object]:
        """Lets all tasks send for so long; returns the history of what was admitted."""
        ends = time.monotonic() + seconds

        def task(at: int) -> list[tuple[str, str, tuple[float, float]]]:
            names, found = list(self.services), []
            for turn in count(at):
                if time.monotonic() > ends:
                    return found
                name = names[turn % len(names)]
                found.append((name, *self.send(name)))
            raise AssertionError

        found = [each for part in self.pool.map(task, range(self.tasks)) for each in part]
        return {
            "codes": Counter(f"{name} {code}" for name, code, _ in found) + self.refused,
            "admitted": [(name, *wave) for name, code, wave in found if code == "admitted"],
        }

    def fill(self) -> dict[str, int]:
        """Sends alone until nothing more is admitted; returns how many were."""
        more: dict[str, int] = {}
        for name in BINDING:
            tries = count()
            while self.send(name)[0] == "admitted":
                next(tries)
            more[name] = next(tries)
        return more

    def again(self) -> dict[str, int]:
        """Sends to those over a second, once it has passed; returns how many were admitted."""
        time.sleep(SHORT_S)
        found = Counter()
        for name in set(self.services) - set(BINDING):
            tries = count()
            while found[name] < SHORT and next(tries) < 40:
                found[name] += self.send(name)[0] == "admitted"
                time.sleep(0.05)
        return found

    def beside(self, number: str, times: int) -> int:
        """Sends so often to a number, from the address of `held`, waiting for whoever holds what; returns how many."""
        service, done = self.service(self.namespace, "ip", f"{BESIDE}/1h", "beside"), 0
        for _ in range(times):
            done += service.send(number, purpose="r", ip=ADDRESS).ok
            time.sleep(0.1 * random())
        return done

    def held(self, times: int) -> dict[str, int] | None:
        """Sends to a number that others hold until so many gave their place back; `None` where nothing can be held.

        A place that was not given back, because its record was not had in time either, is counted as lost.
        """
        hold = holder(self.url)
        if hold is None:
            return None
        store = Held(self.store, hold)
        service = self.service(self.namespace, "ip", f"{BESIDE}/1h", "beside", HELD_TIMEOUT_S, store)
        codes = Counter()
        while store.late - store.lost < times and codes.total() < MOST_HELD:
            codes[service.send(NUMBER, purpose="r", ip=ADDRESS).code] += 1
        return {"sent": codes["sent"], "late": store.late, "lost": store.lost, "others": codes.total() - codes[REFUSED]}

    def rest(self) -> int:
        """Sends to yet another number until nothing more is admitted from the address; returns how many were."""
        service, tries = self.service(self.namespace, "ip", f"{BESIDE}/1h", "beside"), count()
        while service.send("13800138009", purpose="r", ip=ADDRESS).ok:
            next(tries)
        return next(tries)

    def challenge(self, number: str) -> str:
        """Sends a code to be guessed."""
        return self.services["ip"].send(number, purpose="r", ip="203.0.113.8", code=CODE).code

    def guess(self, number: str, code: str, times: int) -> dict[str, int]:
        """Guesses from all tasks at once; returns how often each answer came."""

        def once(_: int) -> str:
            while True:
                outcome = self.services["ip"].verify(number, code, purpose="r", ip="203.0.113.9")
                if outcome.code != REFUSED:
                    return outcome.kind

        return Counter(self.pool.map(once, range(times)))


class Process:
    """A process of the crowd, seen from outside."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-W", "ignore", __file__, "--task", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, name: str, *arguments: object) -> None:
        self.process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        assert line, "a process of the crowd ended"
        return json.loads(line)

    def ask(self, name: str, *arguments: object):
        self.tell(name, *arguments)
        return self.hear()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def over(history: list[tuple[float, float]], most: int, window_s: float) -> list[tuple[float, float]]:
    """Finds waves that lie within one window for certain, one more than there may be.

    The place was taken somewhere between a wave's two times; 5 ms are left for clocks that are read apart.
    """
    waves = sorted(history, key=lambda wave: wave[1])
    for at in range(len(waves)):
        began, found = waves[at][0], []
        for wave in sorted(waves, key=lambda wave: wave[1]):
            if wave[0] >= began and wave[1] < began + window_s - 0.005:
                found.append(wave)
        if len(found) > most:
            return found[: most + 1]
    return []


def contend(url: str, seconds: float, processes: int = 8, tasks: int = 16, guesses: int = 1000) -> list[str]:
    """Runs it all; returns what is the same each time, and raises `AssertionError` at what must not be."""
    limit, namespace = int(10 * seconds), uuid4().hex[:16]
    crowd = [Process(url, namespace, limit, tasks) for _ in range(processes)]
    try:
        for process in crowd:
            process.hear()
        for process in crowd:
            process.tell("load", seconds)
        reports = [process.hear() for process in crowd]
        more, again = crowd[0].ask("fill"), crowd[0].ask("again")
        codes = sum((Counter(report["codes"]) for report in reports), Counter())
        history = [each for report in reports for each in report["admitted"]]
        print(f"{sum(codes.values())} sends: {dict(sorted(codes.items()))}; then {more}", file=sys.stderr)
        assert not any("store" in code for code in codes if not code.startswith("second")), codes
        admitted = Counter(name for name, _, _ in history)
        for name in BINDING:
            assert admitted[name] + more[name] == limit, (name, admitted[name], more[name], limit)
            for kind, most, window_s in ((name, limit, 3600.0), (f"second {name}", SHORT, SHORT_S)):
                found = over([wave for at, *wave in history if at == kind], most, window_s)
                assert not found, (kind, found)
            assert again[f"second {name}"] == SHORT, again
        beside = besides(crowd)

        assert crowd[0].ask("challenge", "13800138001") == "sent"
        right = guess(crowd, "13800138001", CODE, guesses)
        assert right["verified"] == 1, right
        assert crowd[0].ask("challenge", "13800138002") == "sent"
        wrong = guess(crowd, "13800138002", WRONG, guesses)
        assert (wrong["verified"], wrong["wrong_code"]) == (0, 3), wrong
        after = guess(crowd[:1], "13800138002", CODE, 1)
        assert after["verified"] == 0, after
        print(f"guesses: {dict(right)}, {dict(wrong)}, then {dict(after)}", file=sys.stderr)
    finally:
        for process in crowd:
            process.close()
    exact = [f"{name}: {limit} of {limit}" for name in BINDING]
    return [*exact, beside, f"{guesses} right guesses: 1", "wrong guesses: 3"]


def besides(crowd: list[Process], times: int = 2) -> str:
    """Lets one give up at a number that is held, beside the others; returns what is the same each time."""
    others = crowd[1:]
    for at, process in enumerate(others, 1):
        process.tell("beside", f"1380013810{at}", (BESIDE - MOST_HELD) // len(others))
    held = crowd[0].ask("held", times)
    sent = [process.hear() for process in others]
    rest = crowd[0].ask("rest")
    print(f"beside a number that is held: {held}, others sent {sent}; then {rest}", file=sys.stderr)
    if held is None:
        assert sum(sent) + rest == BESIDE, (sent, rest)
        return "beside a number: all places used by messages; no record can be held"
    # What is exact at any rate, and that places do come back.
    assert sum(sent) + held["sent"] + held["lost"] + rest == BESIDE, (held, sent, rest)
    assert held["late"] - held["lost"] >= times, held
    return "beside a number that is held: places come back, the others are used by messages"


def guess(crowd: list[Process], number: str, code: str, guesses: int) -> Counter[str]:
    for process in crowd:
        process.tell("guess", number, code, guesses // len(crowd))
    return sum((Counter(process.hear()) for process in crowd), Counter())


def serve(url: str, namespace: str, limit: str, tasks: str) -> None:
    getLogger("sansms").setLevel(CRITICAL)  # a store that is not waited for is logged each time
    crowd = Crowd(url, namespace, int(limit), int(tasks))
    print('"ready"', flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(crowd, name)(*arguments)), flush=True)


def main(url: str, seconds: str, *numbers: str) -> None:
    began = time.monotonic()
    processes, tasks, guesses = *map(int, numbers), *(8, 16, 1000)[len(numbers) :]
    if url == "memory://":
        processes, tasks = 1, processes * tasks
    lines = contend(url, float(seconds), processes, tasks, guesses)
    print(*lines, sep="\n")
    digest = sha256("\n".join(lines).encode()).hexdigest()[:16]
    print(f"digest {digest} seconds {time.monotonic() - began:.1f}")


if __name__ == "__main__":
    if sys.argv[1] == "--task":
        serve(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
