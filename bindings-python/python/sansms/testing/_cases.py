"""The cases that every store must pass."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ._bench import HOUR_MS, TIMEOUT_S, Bench, bins, check, log, release, reserve, same, slot
from ._recorded import recorded
from ._world import differential

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def cases() -> list[tuple[str, Callable[[Bench], None]]]:
    """Lists them by name."""
    return [
        *[(f"admits exactly {n}, {form}", admits_exactly(n, form)) for n in (1, 5, 40) for form in ("log", "bins")],
        *[(f"a window of {ms} ms ends", window_ends(ms)) for ms in (200, 500, 1000)],
        ("records outlive their windows", records_outlive_their_windows),
        ("a time to live is not shortened", time_to_live_is_not_shortened),
        *[(f"a lost reply is charged once, {form}", lost_reply(form)) for form in ("log", "bins")],
        ("a lost reply of a right guess", lost_reply_of_a_check(True)),
        ("a lost reply of a wrong guess", lost_reply_of_a_check(False)),
        *[
            (f"a release gives back once, {form}, level {level}", release_gives_back(form, level))
            for form in ("log", "bins")
            for level in (1, 2)
        ],
        ("firm places stay", firm_places_stay),
        ("denials change nothing", denials_change_nothing),
        ("keys are apart", keys_are_apart),
        *[(f"{n} operations in one call", many_operations_in_one_call(n)) for n in (1, 2, 7, 50)],
        ("the order of operations is kept", order_is_kept),
        *[
            (f"an unreadable operation: {name}", unreadable_operation(op))
            for name, op in (
                ("empty", ""),
                ("no verb", "drop table"),
                ("no lease", "reserve"),
                ("a short lease", "reserve 01 1:l:1:1000:s"),
                ("a window that is none", reserve(1, "1:l:1:x:s")),
            )
        ],
        *[(f"{n} tries are spent", tries_are_spent(n)) for n in (1, 3, 10)],
        ("a code is used once", code_is_used_once),
        ("a code ends", code_ends),
        ("a code of another", code_of_another),
        ("a resend keeps the code", resend_keeps_the_code),
        ("an idempotency key takes one place", idempotency),
        *[
            (f"{threads} threads at one key, {limit} allowed, {form}", threads_at_one_key(threads, limit, form))
            for threads, limit in ((8, 1), (32, 5), (64, 1))
            for form in ("log", "bins")
        ],
        *[(f"{n} threads with the right code", threads_with_the_right_code(n, 3)) for n in (8, 64)],
        *[(f"{n} threads that guess", threads_that_guess(n, 3)) for n in (8, 64)],
        *[(f"{n} threads with one lease", threads_with_one_lease(n)) for n in (8, 32)],
        *[(f"like the model, seed {seed}", differential(seed)) for seed in range(60)],
        *recorded(),
    ]


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
