"""Many processes at one number, one address and one budget: `contention.py URL SECONDS [PROCESSES TASKS GUESSES]`.

Four services share the store. Each sends to one number, from one address, out of one budget; in each another limit is
the one that binds, over an hour. In the fourth it is a number's over a second, and the store is waited for no longer
than 0.2 s. What was admitted while all sent at once, and after it was quiet, must be exactly the limit; no window over
the recorded history may hold more. Then so many right guesses come at once, of which one may match, and so many wrong
ones, of which three may be compared.

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

from opened import opened
from sansms import Service

NUMBER, ADDRESS, CODE, WRONG = "13800138000", "203.0.113.7", "424242", "131313"
OK = b'{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}'
LOOSE = {"cooldown_s": 0, "number": [], "ip": [], "ip_attempts": [], "wrong_tries": [], "budget": ["1000000/24h"]}
BINDING = {"number": "{}/1h", "ip": "{}/1h", "budget": "{}/1h"}
SHORT, SHORT_S = 3, 1.0
REFUSED = "limit.busy"
"""What is refused because others held the partition; it may be tried again."""


class Watched:
    """A store that remembers when the last wave of each thread began and ended."""

    def __init__(self, store) -> None:
        self.store, self.last = store, threading.local()

    def run(self, ops, timeout):
        began = time.monotonic()
        try:
            return self.store.run(ops, timeout)
        finally:
            self.last.wave = began, time.monotonic()


class Crowd:
    """The tasks of one process."""

    def __init__(self, url: str, namespace: str, limit: int, tasks: int) -> None:
        self.store, self.tasks = Watched(opened(url)), tasks
        self.services = {name: self.service(namespace, name, rule.format(limit)) for name, rule in BINDING.items()}
        # One that does not wait for long: it is refused as busy, and tries again.
        self.services["second"] = self.service(namespace, "number", f"{SHORT}/{SHORT_S:.0f}s", "second", 0.2)
        self.refused: Counter[str] = Counter()
        self.pool = ThreadPoolExecutor(tasks)

    def service(self, namespace: str, knob: str, rule: str, name: str = "", timeout: float = 60.0) -> Service:
        provider = {"access_key_id": "a", "access_key_secret": "b", "sign_name": "示例", "templates": {"r": "SMS_1"}}
        return Service(
            providers=[{"aliyun": provider}],
            store=self.store,
            secret="x" * 32,
            namespace=f"{namespace}.{name or knob}",
            policy={**LOOSE, knob: [rule]},
            store_timeout=timeout,
            transport=lambda *_: (200, [("content-type", "application/json")], OK),
        )

    def send(self, name: str) -> tuple[str, tuple[float, float]]:
        """Sends, again while others are in the way; returns how it ended, and when the place was taken."""
        service = self.services[name]
        while True:
            outcome = service.send(NUMBER, purpose="r", ip=ADDRESS)
            if outcome.code != REFUSED:
                return "admitted" if outcome.ok else outcome.code, self.store.last.wave
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
        more = crowd[0].ask("fill")
        codes = sum((Counter(report["codes"]) for report in reports), Counter())
        history = [each for report in reports for each in report["admitted"]]
        print(f"{sum(codes.values())} sends: {dict(sorted(codes.items()))}; then {more}", file=sys.stderr)
        assert not any("store" in code for code in codes if not code.startswith("second")), codes
        admitted = Counter(name for name, _, _ in history)
        for name in BINDING:
            assert admitted[name] + more[name] == limit, (name, admitted[name], more[name], limit)
        found = over([(began, ended) for name, began, ended in history if name == "second"], SHORT, SHORT_S)
        assert not found, found
        assert admitted["second"] >= SHORT, admitted

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
    return [f"{name}: {limit} of {limit}" for name in BINDING] + [f"{guesses} right guesses: 1", "wrong guesses: 3"]


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
