"""Random runs, compared with the limiter of the core, which is the truth."""

from __future__ import annotations

from random import Random

from sansms import _core

from ._bench import HOUR_MS, Bench, bins, check, log, release, reserve, same, slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


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
