#!/usr/bin/env python3
"""Writes the conformance cases that are data: what is asked of one store, step by step, and what it answers.

Usage: scripts/conformance-cases.py      with a Python that has sansms installed

The source is this file: each step says what is asked and, in a word or more, what has to come. The limiter of the core
fills in the durations; where it answers other words than these, nothing is written. The Python and the TypeScript suite
read the same result, core/vectors/conformance.json. In it `BIN` stands for the bin that the reply before named. A
case begins at `NOW_MS`, as the width of bins is cut from absolute time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sansms import _core

ROOT = Path(__file__).resolve().parent.parent
TARGETS = (
    ROOT / "core/vectors/conformance.json",
    ROOT / "bindings-python/python/sansms/data/conformance.json",
)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOW_MS = 1_800_000_000_000

CASES: list[tuple[str, list]] = []


def case(name: str, *steps: object) -> None:
    """Adds a case; a step is `(operation, words)`, `(key, operation, words)`, or a number of milliseconds to pass."""
    CASES.append((name, list(steps)))


def reserve(lease: int, *words: str) -> str:
    return " ".join(("reserve", f"{lease:016x}", *words))


def release(lease: int, level: int, *words: object) -> str:
    return " ".join(("release", f"{lease:016x}", str(level), *map(str, words)))


def guess(attempt: int, proof: int, tag: int = 1, kid: int = 1, keep: int = 4, window: int = HOUR) -> str:
    return f"check {attempt:08x} {tag:016x} 3:{window}:{keep} {kid:08x}:{proof:032x}"


def slot(nonce: int = 7, proof: int = 9, tag: int = 1, validity: int = 300_000, lifetime: int = 600_000,
         least: int = 120_000, tries: int = 3, most: int = 2, kids: str = "00000001") -> str:  # fmt: skip
    return f"slot={tag:016x}:{nonce:032x}:{proof:032x}:{validity}:{lifetime}:{least}:{tries}:{most}:{kids}"


def idem(number: int) -> str:
    return f"idem={number:016x}"


def log(limit: int, window: int = HOUR, series: int = 1, charge: str = "f") -> str:
    return f"{series}:l:{limit}:{window}:{charge}"


def bins(limit: int, window: int = DAY, series: int = 16, charge: str = "s") -> str:
    return f"{series}:b:{limit}:{window}:{charge}"


def times(limit: int, window: int = HOUR) -> str:
    return f"3:t:{limit}:{window}:g"


# Windows: half open, to the millisecond; bins up to a 24th longer, never shorter

for name, window in (("a minute", MINUTE), ("an hour", HOUR), ("a day", DAY), ("31 days", 31 * DAY)):
    case(
        f"a log's window of {name} ends to the millisecond",
        (reserve(1, log(1, window)), f"granted {window}"),
        window - 1,
        (reserve(2, log(1, window)), "denied 0 1"),
        1,
        (reserve(3, log(1, window)), f"granted {window}"),
    )
    case(
        f"bins hold a place for {name}, and a 24th more at most",
        (reserve(1, bins(1, window)), "granted "),
        window - 1,
        (reserve(2, bins(1, window)), "denied 0 "),
        1 + -(-window // 24),
        (reserve(3, bins(1, window)), "granted "),
    )

case(
    "a window slides: places come back one by one",
    (reserve(1, log(2)), "granted 0"),
    20 * MINUTE,
    (reserve(2, log(2)), f"granted {40 * MINUTE}"),
    40 * MINUTE,
    (reserve(3, log(2)), f"granted {20 * MINUTE}"),
    (reserve(4, log(2)), f"denied 0 {20 * MINUTE}"),
    20 * MINUTE,
    (reserve(5, log(2)), "granted "),
)
case(
    "bins slide too",
    (reserve(1, bins(2)), "granted 0"),
    12 * HOUR,
    (reserve(2, bins(2)), "granted "),
    13 * HOUR,
    (reserve(3, bins(2)), "granted "),
    (reserve(4, bins(2)), "denied 0 "),
)
case(
    "rules that share a series count the same places",
    (reserve(1, log(1, MINUTE), log(3, DAY)), f"granted {MINUTE}"),
    (reserve(2, log(1, MINUTE), log(3, DAY)), f"denied 0 {MINUTE}"),
    MINUTE,
    (reserve(3, log(1, MINUTE), log(3, DAY)), f"granted {MINUTE}"),
    MINUTE,
    (reserve(4, log(1, MINUTE), log(3, DAY)), "granted "),
    MINUTE,
    (reserve(5, log(1, MINUTE), log(3, DAY)), f"denied 1 {DAY - 3 * MINUTE}"),
)
case(
    "of several refusals the longest wait is named",
    (reserve(1, log(1, HOUR), log(1, MINUTE, 2), log(1, DAY, 4)), f"granted {DAY}"),
    (reserve(2, log(1, HOUR), log(1, MINUTE, 2), log(1, DAY, 4)), f"denied 2 {DAY}"),
)
case(
    "of equal waits the first is named",
    (reserve(1, log(1, HOUR), log(1, HOUR, 2)), f"granted {HOUR}"),
    (reserve(2, log(1, HOUR), log(1, HOUR, 2)), f"denied 0 {HOUR}"),
)
case(
    "a window that grows counts what was taken before",
    (reserve(1, log(2, MINUTE)), "granted "),
    (reserve(2, log(2, MINUTE)), "granted "),
    30 * SECOND,
    (reserve(3, log(2, HOUR)), "denied 0 "),
)
case(
    "a limit that shrinks holds at once",
    (reserve(1, log(5)), "granted "),
    (reserve(2, log(5)), "granted "),
    (reserve(3, log(2)), "denied 0 "),
    (reserve(4, log(1)), "denied 0 "),
)
case(
    "a log counts up to 64",
    *[(reserve(at, log(64)), "granted ") for at in range(1, 65)],
    (reserve(65, log(64)), "denied 0 "),
)
case("bins count a hundred million", (reserve(1, bins(100_000_000)), "granted 0"), (reserve(2, bins(1)), "denied 0 "))
case("no rule at all is granted", (reserve(1), "granted 0"), (reserve(2), "granted 0"))
case(
    "many rules in one operation",
    (reserve(1, *(log(1, HOUR + at, at) for at in range(32, 64))), f"granted {HOUR + 63}"),
    (reserve(2, *(log(1, HOUR + at, at) for at in range(32, 64))), f"denied 31 {HOUR + 63}"),
)

# Giving back

for form, rule in (("log", log), ("bins", bins)):
    for charge, word in (("s", "soft"), ("f", "firm")):
        # Whether a binned place is firm nobody remembers: a flow names the series that give back.
        for level in (0, 2) if (form, charge) == ("bins", "f") else (0, 1, 2):
            back = level == 2 or (level == 1 and charge == "s")
            case(
                f"a release of level {level} of a {word} place, {form}",
                (reserve(1, rule(1, charge=charge)), "granted "),
                (release(1, level, "16:BIN" if form == "bins" else "1"), "released"),
                (reserve(2, rule(1, charge=charge)), "granted " if back else "denied 0 "),
            )
    series = "16:BIN" if form == "bins" else "1"
    case(
        f"a release of another's lease gives nothing back, {form}",
        (reserve(1, rule(1, charge="s")), "granted "),
        (release(2, 2, "1" if form == "log" else "16"), "released"),
        (reserve(3, rule(1, charge="s")), "denied 0 "),
    )
    case(
        f"a release that comes first is found by its reservation, {form}",
        (release(1, 2, "1" if form == "log" else "16"), "released"),
        (reserve(1, rule(1, charge="s")), "granted "),
        (reserve(2, rule(1, charge="s")), "granted "),
        (reserve(3, rule(1, charge="s")), "denied 0 "),
    )
    case(
        f"a lease that was given back and is asked again is not charged again, {form}",
        (reserve(1, rule(1, charge="s")), "granted "),
        (release(1, 2, series), "released"),
        (reserve(1, rule(1, charge="s")), "granted "),
        (reserve(2, rule(1, charge="s")), "granted "),
    )
    case(
        f"a place that nobody gives back is spent, {form}",
        (reserve(1, rule(1, charge="s")), "granted "),
        12 * HOUR if form == "bins" else 30 * MINUTE,
        (reserve(2, rule(1, charge="s")), "denied 0 "),
    )
case(
    "a release gives back in the series it names only",
    (reserve(1, log(1, charge="s"), log(1, series=2, charge="s")), "granted "),
    (release(1, 2, 2), "released"),
    (reserve(2, log(1, series=2, charge="s")), "granted "),
    (reserve(3, log(1, charge="s")), "denied 0 "),
)
case(
    "a gate looks and takes no place",
    (reserve(1, log(1, charge="g")), "granted 0"),
    (reserve(2, log(1, charge="g")), "granted 0"),
    (reserve(3, log(1)), "granted "),
    (reserve(4, log(1, charge="g")), "denied 0 "),
)
case(
    "a release takes the challenge along that it names",
    (reserve(1, log(5), slot()), "granted "),
    (release(1, 2, 1, f"slot={1:016x}:{7:032x}"), "released"),
    (guess(1, 9), "gone"),
)
case(
    "a release leaves a challenge that has been sent since",
    (reserve(1, log(5), slot()), "granted "),
    (reserve(2, log(5), slot(6, 5)), "granted "),
    (release(1, 2, 1, f"slot={1:016x}:{7:032x}"), "released"),
    (guess(1, 9), "matched"),
)
case(
    "a release leaves another's challenge",
    (reserve(1, log(5), slot()), "granted "),
    (release(1, 2, 1, f"slot={1:016x}:{8:032x}"), "released"),
    (guess(1, 9), "matched"),
)

# Time to live: the longest that anything of the record needs

for first, second, after in (
    ("log", "a short log", log(1, MINUTE, 2)),
    ("bins", "a short log", log(1, MINUTE, 2)),
    ("log", "short bins", bins(9, MINUTE, 17)),
    ("bins", "a challenge", slot(validity=MINUTE)),
    ("log", "a challenge", slot(validity=MINUTE)),
):
    rule = log(1, DAY) if first == "log" else bins(1)
    case(
        f"{second} does not shorten the life of {first}",
        (reserve(1, rule), "granted "),
        (reserve(2, after), "granted "),
        23 * HOUR,
        (reserve(3, rule), "denied 0 "),
    )
case(
    "a wrong try does not shorten the life of a log",
    (reserve(1, log(1, DAY), slot()), "granted "),
    (guess(1, 8, window=MINUTE), "wrong 2 "),
    23 * HOUR,
    (reserve(2, log(1, DAY)), "denied 0 "),
)
case(
    "a match does not shorten the life of a log",
    (reserve(1, log(1, DAY), slot()), "granted "),
    (guess(1, 9), "matched"),
    23 * HOUR,
    (reserve(2, log(1, DAY)), "denied 0 "),
)
case(
    "a release does not shorten the life of a log",
    (reserve(1, log(1, DAY), log(1, HOUR, 2, "s")), "granted "),
    (release(1, 1, 2), "released"),
    23 * HOUR,
    (reserve(2, log(1, DAY)), "denied 0 "),
)
case(
    "a challenge outlives a short log",
    (reserve(1, log(1, MINUTE), slot()), "granted "),
    4 * MINUTE,
    (guess(1, 9), "matched"),
)
case(
    "what has ended is as if it had never been",
    (reserve(1, idem(1), log(1, MINUTE), slot(validity=MINUTE)), "granted "),
    31 * DAY,
    (guess(1, 9), "gone"),
    (reserve(1, idem(1), log(1, MINUTE)), "granted "),
)

# Challenges

for tries in (1, 2, 5, 10):
    wrong = [(guess(at, 8), f"wrong {tries - at} ") for at in range(1, tries + 1)]
    case(
        f"{tries} wrong tries, and the right code is refused",
        (reserve(1, log(5), slot(tries=tries)), "granted "),
        *wrong,
        (guess(90, 9), "locked "),
        (guess(91, 8), "locked "),
    )
    if tries > 1:
        case(
            f"the right code at the last of {tries} tries",
            (reserve(1, log(5), slot(tries=tries)), "granted "),
            *wrong[:-1],
            (guess(90, 9), "matched"),
            (guess(91, 9), "gone"),
        )
case(
    "the same attempt asked again after a match is told the match",
    (reserve(1, log(5), slot()), "granted "),
    (guess(1, 9), "matched"),
    (guess(1, 9), "matched"),
    (guess(1, 8), "gone"),
    (guess(2, 9), "gone"),
)
case(
    "validity ends to the millisecond",
    (reserve(1, log(5), slot()), "granted "),
    299_999,
    (guess(1, 8), "wrong 2 1"),
    1,
    (guess(2, 9), "gone"),
)
case(
    "two challenges live beside each other",
    (reserve(1, log(5), slot(tag=1, proof=9)), "granted "),
    (reserve(2, log(5), slot(tag=2, proof=8)), "granted "),
    (guess(1, 8, tag=1), "wrong 2 "),
    (guess(2, 8, tag=2), "matched"),
    (guess(3, 9, tag=1), "matched"),
)
case(
    "no challenge is pushed out while it lives",
    (reserve(1, log(9), slot(tag=1)), "granted "),
    (reserve(2, log(9), slot(tag=2)), "granted "),
    (reserve(3, log(9), slot(tag=3)), "full "),
    (guess(1, 9, tag=1), "matched"),
    (reserve(4, log(9), slot(tag=3)), "granted "),
)
case(
    "a full number takes no place",
    (reserve(1, log(2), slot(tag=1, most=1)), "granted "),
    (reserve(2, log(2), slot(tag=2, most=1)), "full 300000"),
    (reserve(3, log(2)), "granted "),
    (reserve(4, log(2)), "denied 0 "),
)
case(
    "a place for a challenge comes free when one ends",
    (reserve(1, log(9), slot(tag=1, most=1)), "granted "),
    300_000,
    (reserve(2, log(9), slot(tag=2, most=1)), "granted "),
)
case(
    "a resend with enough time left keeps code and tries",
    (reserve(1, log(5), slot()), "granted "),
    (guess(1, 8), "wrong 2 "),
    MINUTE,
    (reserve(2, log(5), slot(6, 5)), f"granted 0 slot=1:00000001:{7:032x}:300000"),
    (guess(2, 5), "wrong 1 "),
    (guess(3, 9), "matched"),
)
case(
    "a challenge lives its lifetime at most, however often it is sent",
    (reserve(1, log(9), slot()), "granted "),
    4 * MINUTE,
    (reserve(2, log(9), slot(6, 5)), f"granted 0 slot=1:00000001:{7:032x}:300000"),
    4 * MINUTE,
    (reserve(3, log(9), slot(5, 4)), f"granted 0 slot=2:00000001:{7:032x}:120000"),
    1 * MINUTE,
    (reserve(4, log(9), slot(4, 3)), f"granted 0 slot=0:00000001:{4:032x}:300000"),
    (guess(1, 9), "wrong 2 "),
    (guess(2, 3), "matched"),
)
case(
    "a challenge without a try left is not sent again",
    (reserve(1, log(5), slot(tries=1)), "granted "),
    (guess(1, 8), "wrong 0 "),
    (reserve(2, log(5), slot(6, 5, tries=1)), f"granted 0 slot=0:00000001:{6:032x}:300000"),
    (guess(2, 5), "matched"),
)
case(
    "a code that a caller brought is never sent again",
    (reserve(1, log(5), slot(least=600_001)), "granted "),
    (reserve(2, log(5), slot(6, 5)), f"granted 0 slot=0:00000001:{6:032x}:300000"),
    (guess(1, 9), "wrong 2 "),
)
case(
    "a challenge under a pepper that is gone is not sent again",
    (reserve(1, log(5), slot(kids="00000001")), "granted "),
    (reserve(2, log(5), slot(6, 5, kids="00000002")), f"granted 0 slot=0:00000002:{6:032x}:300000"),
    (guess(1, 9, kid=1), "gone"),
    (guess(2, 5, kid=2), "matched"),
)
case(
    "a challenge under an accepted pepper is sent again",
    (reserve(1, log(5), slot(kids="00000001")), "granted "),
    (reserve(2, log(5), slot(6, 5, kids="00000002,00000001")), f"granted 0 slot=1:00000001:{7:032x}:300000"),
    (guess(1, 9, kid=1), "matched"),
)
case(
    "a guess under several peppers is compared under the challenge's",
    (reserve(1, log(5), slot(kids="00000002")), "granted "),
    (f"{guess(1, 9, kid=1)} 00000002:{8:032x}", "wrong 2 "),
    (f"{guess(2, 8, kid=1)} 00000002:{9:032x}", "matched"),
)
case("a guess without a challenge counts nothing", (guess(1, 9), "gone"), (reserve(1, times(1)), "granted 0"))
case(
    "wrong tries stop new codes, and the live one may spend its own",
    (reserve(1, log(9), times(2), slot(tries=5)), "granted "),
    (guess(1, 8), "wrong 4 "),
    (reserve(2, log(9), times(2), slot(6, 5)), "granted "),
    (guess(2, 8), "wrong 3 "),
    (reserve(3, log(9), times(2), slot(6, 5)), "denied 1 "),
    (guess(3, 9), "matched"),
    HOUR,
    (reserve(4, log(9), times(2), slot(6, 5)), "granted "),
)
case(
    "the same attempt is one wrong try",
    (reserve(1, log(9), slot(tries=5)), "granted "),
    *[(guess(1, 8), "wrong 4 ")] * 3,
    (reserve(2, log(9), times(2)), "granted "),
)
case(
    "of wrong tries only so many are kept",
    (reserve(1, log(9), slot(tries=5)), "granted "),
    *[(guess(at, 8, keep=2), "wrong ") for at in (1, 2, 3, 4)],
    (reserve(2, log(9), times(2)), "denied 1 "),
    (reserve(3, log(9), times(3)), "granted "),
)

# Idempotency keys

case(
    "a replay tells how long ago, and what is left",
    (reserve(1, idem(1), log(5), slot()), "granted "),
    MINUTE,
    (reserve(2, idem(1), log(5), slot(6, 5)), f"replayed {MINUTE} {4 * MINUTE}"),
)
case(
    "other keys are other requests",
    (reserve(1, idem(1), log(2)), "granted "),
    (reserve(2, idem(2), log(2)), "granted "),
    (reserve(3, idem(3), log(2)), "denied 0 "),
    (reserve(4, idem(1), log(2)), "replayed "),
)
case(
    "a replay is told even when the limit is reached",
    (reserve(1, idem(1), log(1)), "granted "),
    (reserve(2, idem(1), log(1)), "replayed "),
    (reserve(3, log(1)), "denied 0 "),
)
for level in (0, 1, 2):
    case(
        f"after a release of level {level} the same key may try again",
        (reserve(1, idem(1), log(3, charge="s")), "granted "),
        (release(1, level, 1), "released"),
        (reserve(2, idem(1), log(3, charge="s")), "granted "),
    )
case(
    "a lease asked again is not a replay of itself",
    (reserve(1, idem(1), log(2)), "granted "),
    (reserve(1, idem(1), log(2)), "granted "),
)
case(
    "a key ends with its window",
    (reserve(1, idem(1), log(1)), "granted "),
    HOUR,
    (reserve(2, idem(1), log(1)), "granted "),
)

# What can't be read is refused, and changes nothing. (The script for Redis reads more than the core would write.)

for name, op in (
    ("an unknown verb", "reverse 0000000000000001 1:l:1:1000:s"),
    ("upper case", "RESERVE 0000000000000001 1:l:1:1000:s"),
    ("a lease that is no hex", "reserve 000000000000000g 1:l:1:1000:s"),
    ("a challenge too short", reserve(1, "slot=0000000000000001")),
    ("a release of a challenge without its nonce", release(1, 1, f"slot={1:016x}")),
    ("a guess without rules", f"check 00000001 {1:016x}"),
):
    case(
        f"refused: {name}",
        (reserve(9, log(2), slot()), "granted "),
        (op, "refused operation"),
        (reserve(8, log(2)), "granted "),
        (reserve(7, log(2)), "denied 0 "),
        (guess(9, 9), "matched"),
    )

# The clock of the place goes back, or runs ahead and is set right

for name, back in (("a second", SECOND), ("nine minutes", 9 * MINUTE)):
    for form, rule in (("log", log(1)), ("bins", bins(1, HOUR))):
        case(
            f"a clock that goes back by {name} frees nothing, {form}",
            (reserve(1, rule), "granted "),
            -back,
            (reserve(2, rule), "denied 0 "),
            HOUR - 1,
            (reserve(3, rule), "denied 0 "),
            back + 1 + (0 if form == "log" else HOUR // 24),
            (reserve(4, rule), "granted "),
        )
    case(
        f"a clock that goes back by {name} keeps codes",
        (reserve(1, log(5), slot()), "granted "),
        -back,
        (guess(1, 8), "wrong 2 300000"),
        (guess(2, 9), "matched"),
    )
case(
    "a record far ahead of the clock is refused, and kept",
    (reserve(1, log(1)), "granted "),
    -11 * MINUTE,
    (reserve(2, log(1)), "refused clock"),
    (guess(1, 9), "refused clock"),
    (release(1, 2, 1), "refused clock"),
    MINUTE,
    (reserve(3, log(1)), "denied 0 "),
)

# Keys of any length a key may have

for length in (1, 64, 128):
    last = "x" * length
    case(
        f"keys of {length} are apart",
        *[(f"{last[:-1]}{end}", reserve(1, log(1)), "granted ") for end in "abzAZ09-_."],
        *[(f"{last[:-1]}{end}", reserve(2, log(1)), "denied 0 ") for end in "abzAZ09-_."],
    )


def played() -> list[dict]:
    """Plays the cases with the core's limiter; raises `SystemExit` where it answers other words."""
    told = []
    for name, steps in CASES:
        model, now_ms, lines, bin_of = _core.MemoryStore(), NOW_MS, [], "0"
        for step in steps:
            if isinstance(step, int):
                now_ms += step
                lines.append({"wait": step})
                continue
            key, op, words = step if len(step) == 3 else ("a", *step)
            reply = model.run(key, op.replace("BIN", bin_of), now_ms)
            if not reply.startswith(words):
                sys.exit(f"{name}: `{op}` was answered `{reply}`, not `{words}`")
            for word in reply.split(" "):
                if word.startswith("bin="):
                    bin_of = word.rpartition(":")[2]
                    reply = reply.replace(word, f"{word[: -len(bin_of)]}BIN")
            lines.append({"key": key, "op": op, "reply": reply} if key != "a" else {"op": op, "reply": reply})
        told.append({"name": name, "steps": lines})
    return told


def main() -> None:
    cases = played()
    assert len({case["name"] for case in cases}) == len(cases), "two cases have one name"
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(", ", ": ")) for case in cases)
    for target in TARGETS:
        target.write_text(f"[\n{lines}\n]\n", "utf-8")
    print(f"{len(cases)} cases, {len(lines)} bytes")


if __name__ == "__main__":
    main()
