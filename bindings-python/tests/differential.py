"""Random operations through a store on SQL, against `apply` in memory: `differential.py URL OPERATIONS [SEED]`.

The clock is the same and stands still between waves, so every reply must be equal to the byte, and at the end every
record that lives.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from hashlib import sha256
from random import Random
from secrets import token_hex

from opened import opened
from sansms import SQLiteStore, _core
from sansms.testing import Clock
from sansms.testing._world import World

TIMEOUT_S = 20.0
LIFE = 240
"""How many operations a key gets before another takes its place."""


class Model:
    """What a store must be: take the record, call `apply`, put it back."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.records = clock, {}

    def run(self, ops: list[tuple[str, str]]) -> list[str]:
        now_ms, replies = int(self.clock() * 1000), []
        for key, op in ops:
            record, until_ms = self.records.get(key, (None, 0))
            kept, ttl_ms, reply = _core.apply(record if now_ms < until_ms else None, op, now_ms)
            if kept is not None:
                self.records[key] = kept, max(now_ms + ttl_ms, until_ms)
            replies.append(reply)
        return replies

    def living(self) -> dict[str, tuple[bytes, int]]:
        now_ms = int(self.clock() * 1000)
        return {key: row for key, row in self.records.items() if now_ms < row[1]}


def compare(store, clock: Clock, operations: int, seed: int) -> str:
    """Runs so many operations, in waves of one to four; returns a digest of the replies."""
    dice, model, digest, keys = Random(seed), Model(clock), sha256(), []
    done, named, space = 0, 0, token_hex(8)
    while done < operations:
        if len(keys) < 4 or dice.random() < 1 / LIFE:
            keys = [*keys, (f"sansms:1:{space}:{named}", World(dice))][-4:]
            named += 1
        if dice.random() < 0.3:
            clock.move(dice.choice(keys)[1].wait_ms() / 1000)
        # A partition may come twice in a wave.
        wave = [(key, world.op()) for key, world in dice.choices(keys, k=dice.randint(1, 4))]
        wanted, got = model.run(wave), store.run(wave, TIMEOUT_S)
        assert got == wanted, f"seed {seed}, after {done} operations: {wave} was answered {got}, not {wanted}"
        digest.update("\n".join(wanted).encode())
        done += len(wave)
    kept = rows(store)
    living = model.living()
    assert {key: kept.get(key) for key in living} == living, "what is in the table is not what the model has"
    return digest.hexdigest()[:16]


def rows(store) -> dict[str, tuple[bytes, int]]:
    """Reads what the store keeps."""
    if isinstance(store, SQLiteStore):
        found = store._connection.execute("SELECT key, record, until_ms FROM sansms_partition").fetchall()
    else:
        key = store._dialect.quote("key")
        link = store._pool.take(time.monotonic() + TIMEOUT_S)
        select = f"SELECT {key}, record, until_ms FROM {store._dialect.table}"
        found = link.ask([select], time.monotonic() + TIMEOUT_S)[0]
        store._pool.give(link)
    return {str(key): (bytes(record), int(until_ms)) for key, record, until_ms in found}


def main(url: str, operations: str, seed: str = "1") -> None:
    began, clock = time.monotonic(), Clock()
    with closing(opened(url, clock)) as store:
        digest = compare(store, clock, int(operations), int(seed))
    print(f"digest {digest} seconds {time.monotonic() - began:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
