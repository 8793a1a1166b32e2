"""A store under test, how its replies are compared, and the operations that it is asked."""

from __future__ import annotations

from secrets import token_hex
from time import sleep, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sansms._types import Store

    from . import Clock

SLACK_MS = 5_000
"""How far durations may lie apart when the store has a clock of its own, in milliseconds."""

TIMEOUT_S = 5.0
HOUR_MS = 3_600_000


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
        return self.ask_at(self.key(name), op)

    def ask_at(self, key: str, op: str) -> str:
        """Runs one operation at a whole key and returns its reply."""
        (reply,) = self.store.run([(key, op)], TIMEOUT_S)
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

    def set_clock(self, now_ms: int) -> None:
        """Sets the clock, if it can be moved, half a millisecond past this one: no fraction cuts it short."""
        if self.clock:
            self.clock.move((now_ms + 0.5) / 1000 - self.clock())

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


def loosely(got: str, wanted: str, *, binned: bool) -> bool:
    """Compares replies of a store with a clock of its own; where bins are cut is another matter there."""
    if not binned:
        return same(got, wanted, SLACK_MS)
    ours, theirs = got.split(" "), wanted.split(" ")
    exact = {"granted": slice(2, None), "denied": slice(1, 2)}.get(ours[0], slice(0, None))
    return ours[0] == theirs[0] and ours[exact] == theirs[exact]


# What is asked for: leases, rules, slots and proofs in the form of `core/src/limit/text.rs`.


def reserve(lease: int, *words: str) -> str:
    return " ".join(("reserve", f"{lease:016x}", *words))


def release(lease: int, level: int, *words: str) -> str:
    return " ".join(("release", f"{lease:016x}", str(level), *words))


def check(attempt: int, proof: int, *, tag: int = 1, kid: int = 1, keep: int = 4) -> str:
    return f"check {attempt:08x} {tag:016x} 3:{HOUR_MS}:{keep} {kid:08x}:{proof:032x}"


def slot(
    nonce: int = 7, proof: int = 9, *, tag: int = 1, validity_ms: int = 300_000, tries: int = 3, most: int = 2
) -> str:
    return f"slot={tag:016x}:{nonce:032x}:{proof:032x}:{validity_ms}:600000:120000:{tries}:{most}:{1:08x}"


def log(limit: int, window_ms: int = HOUR_MS, series: int = 1, charge: str = "f") -> str:
    return f"{series}:l:{limit}:{window_ms}:{charge}"


def bins(limit: int, window_ms: int = 24 * HOUR_MS, series: int = 16, charge: str = "s") -> str:
    return f"{series}:b:{limit}:{window_ms}:{charge}"
