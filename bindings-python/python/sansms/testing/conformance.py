"""What every store must do: the suite that ours pass, for a store of your own.

```python
import pytest
from sansms.testing import Clock, conformance

@pytest.mark.parametrize("case", conformance.CASES, ids=str)
def test_my_store(case):
    clock = Clock()
    case(MyStore(clock=clock), clock)      # a store on the host's clock: exact, and quick
    # case(MyStore())                      # a store with a clock of its own: durations may differ by `SLACK_MS`
```

Each case uses keys of its own, so one store may serve them all. A case raises `AssertionError` that says what was
asked, what was answered, and what should have been. Of a store for asyncio hand in `Blocking(store)`.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from secrets import token_hex
from time import sleep, time

from sansms import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sansms._types import AsyncStore, Store
    from sansms.testing import Clock

__all__ = ["CASES", "SLACK_MS", "Blocking", "Case"]

SLACK_MS = 5_000
"""How far durations may lie apart when the store has a clock of its own, in milliseconds."""

TIMEOUT_S = 5.0
HOUR_MS = 3_600_000


class Case:
    """One thing that a store must do; call it with a store, and with its clock if that can be moved."""

    __slots__ = ("_check", "name")

    def __init__(self, name: str, check: Callable[[Bench], None]) -> None:
        self.name: str = name
        self._check = check

    def __call__(self, store: Store, clock: Clock | None = None) -> None:
        """Checks the store; raises `AssertionError`."""
        self._check(Bench(store, clock))

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


class Blocking:
    """Makes a store for asyncio one for the suite; each call runs on a loop of its own."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store

    def run(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        """Runs the operations."""
        from asyncio import run

        async def call() -> Sequence[str | None]:
            return await self._store.arun(ops, timeout)

        return run(call())


class Bench:
    """A store under test, with keys that nobody else uses."""

    def __init__(self, store: Store, clock: Clock | None) -> None:
        self.store = store
        self.clock = clock
        self.space = token_hex(8)

    def key(self, name: object = "a") -> str:
        """Returns a key of this case."""
        return f"sansms:1:conformance:{self.space}:{name}"

    def ask(self, op: str, name: object = "a") -> str:
        """Runs one operation and returns its reply."""
        (reply,) = self.store.run([(self.key(name), op)], TIMEOUT_S)
        if reply is None:
            raise AssertionError(f"`{op}` failed")
        return reply

    def expect(self, op: str, reply: str, name: object = "a") -> None:
        """Runs one operation and compares its reply."""
        got = self.ask(op, name)
        if not same(got, reply, self.slack_ms):
            raise AssertionError(f"`{op}` was answered `{got}`, not `{reply}`")

    @property
    def slack_ms(self) -> int:
        """How far durations may lie apart."""
        return 0 if self.clock else SLACK_MS

    def now_ms(self) -> int:
        """Returns the time for the model."""
        return int((self.clock or time)() * 1000)

    def wait(self, ms: int) -> None:
        """Lets time pass."""
        if self.clock:
            self.clock.move(ms / 1000)
        else:
            sleep(ms / 1000 + 0.02)


def same(got: str, wanted: str, slack_ms: int) -> bool:
    """Compares replies: words and counts exactly, durations within the slack."""
    if got == wanted:
        return True
    ours, theirs = got.split(" "), wanted.split(" ")
    if slack_ms == 0 or len(ours) != len(theirs) or ours[0] != theirs[0]:
        return False
    loose = {"granted": {1}, "denied": {2}, "replayed": {1, 2}, "full": {1}, "wrong": {2}, "locked": {1}}
    for at, (one, other) in enumerate(zip(ours, theirs)):
        if at in loose.get(ours[0], set()):
            near = one.isdecimal() and other.isdecimal() and abs(int(one) - int(other)) <= slack_ms
        elif one.startswith(("slot=", "bin=")):
            (head, _, tail), (other_head, _, other_tail) = one.rpartition(":"), other.rpartition(":")
            apart = slack_ms if one.startswith("slot=") else 1
            near = head == other_head and abs(int(tail) - int(other_tail)) <= apart
        else:
            near = one == other
        if not near:
            return False
    return True


# What is asked for: leases, rules, slots and proofs in the form of `core/src/limit/text.rs`.


def reserve(lease: int, *words: str) -> str:
    return " ".join(("reserve", f"{lease:016x}", *words))


def release(lease: int, level: int, *words: str) -> str:
    return " ".join(("release", f"{lease:016x}", str(level), *words))


def check(attempt: int, proof: int, *, tag: int = 1, kid: int = 1, keep: int = 4) -> str:
    return f"check {attempt:08x} {tag:016x} 3:{HOUR_MS}:{keep} {kid:08x}:{proof:032x}"


def slot(nonce: int = 7, proof: int = 9, *, tag: int = 1, validity_ms: int = 300_000, tries: int = 3, most: int = 2) -> str:
    return f"slot={tag:016x}:{nonce:032x}:{proof:032x}:{validity_ms}:600000:120000:{tries}:{most}:{1:08x}"


def log(limit: int, window_ms: int = HOUR_MS, series: int = 1, charge: str = "f") -> str:
    return f"{series}:l:{limit}:{window_ms}:{charge}"


def bins(limit: int, window_ms: int = 24 * HOUR_MS, series: int = 16, charge: str = "s") -> str:
    return f"{series}:b:{limit}:{window_ms}:{charge}"


# The cases.


def admits_exactly(limit: int, form: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        rule = log(limit) if form == "log" else bins(limit)
        replies = [bench.ask(reserve(lease + 1, rule)).split(" ")[0] for lease in range(limit + 3)]
        assert replies == ["granted"] * limit + ["denied"] * 3, f"a limit of {limit} gave {Counter(replies)}"

    return run


def window_ends(window_ms: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        rule = log(1, window_ms)
        bench.expect(reserve(1, rule), f"granted {window_ms}")
        assert bench.ask(reserve(2, rule)).startswith("denied 0 ")
        bench.wait(window_ms)
        bench.expect(reserve(3, rule), f"granted {window_ms}")

    return run


def records_outlive_their_windows(bench: Bench) -> None:
    short, long = log(1, 300, 1), log(2, HOUR_MS, 2)
    bench.expect(reserve(1, short, long), "granted 300")
    bench.wait(400)
    assert bench.ask(reserve(2, short, long)).startswith("granted"), "the short window has passed"
    bench.wait(400)
    assert bench.ask(reserve(3, short, long)).startswith("denied 1 "), "the long one was forgotten with the short one"


def time_to_live_is_not_shortened(bench: Bench) -> None:
    bench.expect(reserve(1, log(1, HOUR_MS, 2)), f"granted {HOUR_MS}")
    bench.ask(reserve(2, log(1, 300, 1)))
    bench.wait(600)
    assert bench.ask(reserve(3, log(1, HOUR_MS, 2))).startswith("denied"), "a short entry took the long one along"


def lost_reply(form: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        rule = log(2) if form == "log" else bins(2)
        first = bench.ask(reserve(1, rule))
        again = bench.ask(reserve(1, rule))
        assert same(again, first, max(bench.slack_ms, 1)), f"the same lease was answered `{first}`, then `{again}`"
        assert bench.ask(reserve(2, rule)).startswith("granted"), "a lease asked twice was charged twice"
        assert bench.ask(reserve(3, rule)).startswith("denied")

    return run


def lost_reply_of_a_check(right: bool) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        bench.ask(reserve(1, log(5), slot(tries=2)))
        asked = check(1, 9 if right else 8)
        first = bench.ask(asked)
        assert first.startswith("matched" if right else "wrong 1 "), first
        again = bench.ask(asked)
        assert same(again, first, max(bench.slack_ms, 1)), f"the same attempt was answered `{first}`, then `{again}`"
        if not right:
            assert bench.ask(check(2, 8)).startswith("wrong 0 "), "a try asked twice was counted twice"

    return run


def release_gives_back(form: str, level: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        rule = log(1, charge="s") if form == "log" else bins(1)
        reply = bench.ask(reserve(1, rule))
        series = "1"
        if form == "bins":
            series = next(word for word in reply.split(" ") if word.startswith("bin="))[4:]
        bench.expect(release(1, level, series), "released")
        bench.expect(release(1, level, series), "released")
        assert bench.ask(reserve(2, rule)).startswith("granted"), "what was given back is not there"
        assert bench.ask(reserve(3, rule)).startswith("denied"), "a doubled release gave back twice"

    return run


def firm_places_stay(bench: Bench) -> None:
    bench.ask(reserve(1, log(1, charge="f")))
    bench.expect(release(1, 1, "1"), "released")
    assert bench.ask(reserve(2, log(1, charge="f"))).startswith("denied"), "level 1 gave a firm place back"


def denials_change_nothing(bench: Bench) -> None:
    bench.ask(reserve(1, log(1)))
    first = [bench.ask(reserve(lease, log(1), log(5, series=2)))[:9] for lease in range(2, 12)]
    assert set(first) == {"denied 0 "}, first
    for lease in range(20, 25):
        assert bench.ask(reserve(lease, log(5, series=2))).startswith("granted"), "a denied operation took a place"


def keys_are_apart(bench: Bench) -> None:
    for lease, name in enumerate(("a", "b", "A", "a:", "aa", "a" * 60, "a" * 61), 1):
        assert bench.ask(reserve(lease, log(1)), name).startswith("granted"), f"key {name!r} shares with another"


def many_operations_in_one_call(amount: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        ops = [(bench.key(at), reserve(1, log(1))) for at in range(amount)]
        for word in ("granted", "denied"):
            replies = bench.store.run(ops, TIMEOUT_S)
            assert [(reply or "")[: len(word)] for reply in replies] == [word] * amount, replies
            ops = [(key, reserve(2, log(1))) for key, _ in ops]

    return run


def order_is_kept(bench: Bench) -> None:
    key = bench.key()
    replies = bench.store.run([(key, reserve(lease, log(2))) for lease in (1, 2, 3)], TIMEOUT_S)
    assert [(reply or "").split(" ")[0] for reply in replies] == ["granted", "granted", "denied"], replies
    assert bench.ask(reserve(1, log(2))).startswith("granted"), "the first operation was not the first to run"
    assert bench.ask(reserve(3, log(2))).startswith("denied"), "the last operation was not the last to run"


def unreadable_operation(op: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        good, bad = (bench.key("b"), reserve(1, log(1))), (bench.key("c"), op)
        replies = list(bench.store.run([bad, good, bad], TIMEOUT_S))
        assert set(replies[::2]) <= {"refused operation", None}, replies
        assert (replies[1] or "").startswith("granted"), "a bad operation spoiled a good one"

    return run


def tries_are_spent(tries: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        bench.ask(reserve(1, log(5), slot(tries=tries)))
        for at in range(tries):
            assert bench.ask(check(at + 1, 8)).startswith(f"wrong {tries - at - 1} ")
        assert bench.ask(check(99, 9)).startswith("locked "), "the right code matched without a try left"

    return run


def code_is_used_once(bench: Bench) -> None:
    bench.ask(reserve(1, log(5), slot()))
    bench.expect(check(1, 9), "matched")
    bench.expect(check(2, 9), "gone")


def code_ends(bench: Bench) -> None:
    bench.ask(reserve(1, log(5), slot(validity_ms=300)))
    bench.wait(400)
    bench.expect(check(1, 9), "gone")


def code_of_another(bench: Bench) -> None:
    bench.ask(reserve(1, log(5), slot(tag=1)))
    bench.expect(check(1, 9, tag=2), "gone")
    bench.expect(check(2, 9, kid=2), "gone")
    bench.expect(check(3, 9), "matched")


def resend_keeps_the_code(bench: Bench) -> None:
    bench.ask(reserve(1, log(5), slot(nonce=7)))
    reply = bench.ask(reserve(2, log(5), slot(nonce=6, proof=5)))
    assert f":{7:032x}:" in reply, f"a live challenge was not sent again: `{reply}`"
    bench.expect(check(1, 9), "matched")


def idempotency(bench: Bench) -> None:
    tag = f"idem={1:016x}"
    assert bench.ask(reserve(1, tag, log(2), slot())).startswith("granted")
    assert bench.ask(reserve(2, tag, log(2), slot(nonce=5))).startswith("replayed ")
    assert bench.ask(reserve(3, log(2), slot())).startswith("granted"), "a replay took a place"


def threads_at_one_key(threads: int, limit: int, form: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        rule = log(limit) if form == "log" else bins(limit)
        words = race(bench, threads, lambda at: reserve(at + 1, rule))
        assert words == {"granted": limit, "denied": threads - limit}, f"{threads} at once got {dict(words)}"

    return run


def threads_with_the_right_code(threads: int, tries: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        bench.ask(reserve(1, log(5), slot(tries=tries)))
        words = race(bench, threads, lambda at: check(at + 1, 9))
        assert words == {"matched": 1, "gone": threads - 1}, f"{threads} at once got {dict(words)}"

    return run


def threads_that_guess(threads: int, tries: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        bench.ask(reserve(1, log(5), slot(tries=tries)))
        words = race(bench, threads, lambda at: check(at + 1, 9 if at == threads // 2 else 8))
        assert words["matched"] <= 1, words
        assert words["matched"] + words["wrong"] <= tries, f"{tries} tries, but {dict(words)}"

    return run


def threads_with_one_lease(threads: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        words = race(bench, threads, lambda _: reserve(1, log(2)))
        assert words == {"granted": threads}, words
        assert bench.ask(reserve(2, log(2))).startswith("granted"), "one lease was charged more than once"
        assert bench.ask(reserve(3, log(2))).startswith("denied")

    return run


def race(bench: Bench, threads: int, op: Callable[[int], str]) -> Counter[str]:
    """Runs operations of as many threads at once; counts the first words of the replies."""
    start = threading.Barrier(threads)

    def ask(at: int) -> str:
        start.wait()
        return bench.ask(op(at)).split(" ")[0]

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(ask, range(threads)))


def differential(seed: int) -> Callable[[Bench], None]:
    """Compares a random run with `apply`, the limiter that is the truth."""

    def run(bench: Bench) -> None:
        dice, model = Random(seed), _core.MemoryStore()  # noqa: S311
        world = World(dice)
        for step in range(60):
            if bench.clock and dice.random() < 0.5:
                bench.clock.move(world.wait_ms() / 1000)
            op = world.op()
            now_ms = bench.now_ms()
            wanted, got = model.run("a", op, now_ms), bench.ask(op)
            if not same(got, wanted, bench.slack_ms):
                raise AssertionError(f"seed {seed}, step {step}: `{op}` was answered `{got}`, not `{wanted}`")

    return run


class World:
    """A random policy, and random operations under it. Windows are far longer than a run, unless time can be moved."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.leases = 0
        kinds = [log(dice.randint(1, 6), dice.randint(1, 48) * HOUR_MS, dice.randint(1, 2), dice.choice("sf"))]
        if dice.random() < 0.6:
            kinds.append(bins(dice.randint(1, 12), dice.randint(1, 7) * 24 * HOUR_MS, 16, dice.choice("sf")))
        if dice.random() < 0.5:
            kinds.append(f"3:t:{dice.randint(1, 5)}:{HOUR_MS}:g")
        self.rules = kinds
        self.slots = dice.random() < 0.7

    def wait_ms(self) -> int:
        """Returns how far to move the clock: a little, or to the edge of a window."""
        windows = [int(rule.split(":")[3]) for rule in self.rules]
        return self.dice.choice([1, 999, 60_000, 119_999, 180_000, 300_000, 600_000, *windows, windows[0] - 1])

    def op(self) -> str:
        """Returns the next operation."""
        dice = self.dice
        kind = dice.random()
        if kind < 0.55:
            words = list(self.rules)
            if dice.random() < 0.2:
                words.insert(0, f"idem={dice.randint(1, 4):016x}")
            if self.slots:
                tag = dice.randint(1, 3)
                words.append(slot(dice.randint(1, 3), dice.randint(1, 3), tag=tag, tries=dice.randint(1, 3)))
            return reserve(self.lease(), *words)
        if kind < 0.7 or not self.slots:
            series = sorted({rule.split(":")[0] for rule in self.rules if rule[-1] != "g"})
            return release(self.lease(), dice.randint(1, 2), *series)
        return check(dice.randint(1, 6), dice.randint(1, 3), tag=dice.randint(1, 3))

    def lease(self) -> int:
        """Returns a new lease, or one that was there."""
        if self.leases and self.dice.random() < 0.3:
            return self.dice.randint(1, self.leases)
        self.leases += 1
        return self.leases


def cases() -> list[Case]:
    """Makes the list."""
    found = [
        *[Case(f"admits exactly {n}, {form}", admits_exactly(n, form)) for n in (1, 5, 40) for form in ("log", "bins")],
        *[Case(f"a window of {ms} ms ends", window_ends(ms)) for ms in (200, 500, 1000)],
        Case("records outlive their windows", records_outlive_their_windows),
        Case("a time to live is not shortened", time_to_live_is_not_shortened),
        *[Case(f"a lost reply is charged once, {form}", lost_reply(form)) for form in ("log", "bins")],
        Case("a lost reply of a right guess", lost_reply_of_a_check(True)),
        Case("a lost reply of a wrong guess", lost_reply_of_a_check(False)),
        *[
            Case(f"a release gives back once, {form}, level {level}", release_gives_back(form, level))
            for form in ("log", "bins")
            for level in (1, 2)
        ],
        Case("firm places stay", firm_places_stay),
        Case("denials change nothing", denials_change_nothing),
        Case("keys are apart", keys_are_apart),
        *[Case(f"{n} operations in one call", many_operations_in_one_call(n)) for n in (1, 2, 7, 50)],
        Case("the order of operations is kept", order_is_kept),
        *[
            Case(f"an unreadable operation: {name}", unreadable_operation(op))
            for name, op in (
                ("empty", ""),
                ("no verb", "drop table"),
                ("no lease", "reserve"),
                ("a short lease", "reserve 01 1:l:1:1000:s"),
                ("a limit of 0", reserve(1, "1:l:0:1000:s")),
                ("a window that is none", reserve(1, "1:l:1:x:s")),
            )
        ],
        *[Case(f"{n} tries are spent", tries_are_spent(n)) for n in (1, 3, 10)],
        Case("a code is used once", code_is_used_once),
        Case("a code ends", code_ends),
        Case("a code of another", code_of_another),
        Case("a resend keeps the code", resend_keeps_the_code),
        Case("an idempotency key takes one place", idempotency),
        *[
            Case(f"{threads} threads at one key, {limit} allowed, {form}", threads_at_one_key(threads, limit, form))
            for threads, limit in ((8, 1), (32, 5), (64, 1))
            for form in ("log", "bins")
        ],
        *[Case(f"{n} threads with the right code", threads_with_the_right_code(n, 3)) for n in (8, 64)],
        *[Case(f"{n} threads that guess", threads_that_guess(n, 3)) for n in (8, 64)],
        *[Case(f"{n} threads with one lease", threads_with_one_lease(n)) for n in (8, 32)],
        *[Case(f"like the model, seed {seed}", differential(seed)) for seed in range(60)],
    ]
    return found


CASES: list[Case] = cases()
"""All cases."""
