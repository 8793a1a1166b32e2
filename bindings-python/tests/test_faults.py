"""Real servers that break while many ask them; `scripts/soak faults` runs all of `faults.SCENARIOS`."""

from __future__ import annotations

import pytest

import faults
from sansms import MemoryStore

# Databases that are killed or stand still are in test_sql_stores; a disk for a whole database takes long to make.
SHORT = [
    name
    for name in faults.SCENARIOS
    if name.split(" ")[0] not in ("killed", "stopped", "full-disk") or name.split(" ")[1] in ("redis", "sqlite")
]


@pytest.mark.usefixtures("redis_url", "postgres_url", "mariadb_url")
@pytest.mark.parametrize("name", SHORT)
def test_no_more_is_sent_and_it_goes_on(name):
    try:
        faults.run(name)
    except faults.Unable as error:
        pytest.skip(str(error))


def test_a_store_that_forgets_is_found_out():
    store = MemoryStore()

    def forget(_):
        store._records = MemoryStore()._records

    storm = faults.Storm(store).run(forget)
    with pytest.raises(AssertionError, match="sent"):
        storm.check()
    storm.forgotten = faults.LIMIT
    storm.check()
