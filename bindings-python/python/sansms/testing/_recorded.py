"""The cases that are data, the same for every language: see `scripts/conformance-cases.py`."""

from __future__ import annotations

from ._bench import Bench, loosely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NOW_MS = 1_800_000_000_000
"""When each case begins, on a clock that can be moved."""

LONGEST_WAIT_MS = 1_500
"""How long a store with a clock of its own is waited for; a case that needs more ends there."""


def recorded() -> list[tuple[str, Callable[[Bench], None]]]:
    """Lists them by name."""
    from json import loads
    from pathlib import Path

    file = Path(__file__).parents[1] / "data" / "conformance.json"
    cases: list[dict[str, Any]] = loads(file.read_text("utf-8"))
    return [(case["name"], play(case["steps"])) for case in cases]


def play(steps: list[dict[str, Any]]) -> Callable[[Bench], None]:
    """Asks step by step, and compares the answers."""

    def run(bench: Bench) -> None:
        now_ms, last_bin = NOW_MS, "0"
        bench.set_clock(now_ms)
        for step in steps:
            if "wait" in step:
                now_ms += step["wait"]
                if bench.clock is None:
                    if not 0 <= step["wait"] <= LONGEST_WAIT_MS:
                        return
                    bench.wait(step["wait"])
                bench.set_clock(now_ms)
                continue
            op = step["op"].replace("BIN", last_bin)
            got = bench.ask_at(key_of(bench, step.get("key", "a")), op)
            wanted = step["reply"]
            for word in got.split(" "):
                if word.startswith("bin=") and "BIN" in wanted:
                    last_bin = word.rpartition(":")[2]
                    wanted = wanted.replace("BIN", last_bin)
            fits = got == wanted if bench.clock else loosely(got, wanted, binned=":b:" in op)
            if not fits:
                raise AssertionError(f"`{op}` was answered `{got}`, not `{wanted}`")

    return run


def key_of(bench: Bench, name: str) -> str:
    """Returns the key for a name; one that is as long as a key may be stays so."""
    key = bench.key(name)
    return key if len(key) <= 128 else f"{bench.space}{name[len(bench.space) :]}"
