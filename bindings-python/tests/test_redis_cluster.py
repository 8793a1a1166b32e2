"""A Redis Cluster whose slots move; `faults.py` has the primaries that die."""

from __future__ import annotations

from contextlib import closing
from time import monotonic

import pytest
import redis

from sansms.stores import RedisClusterStore
from servers import RedisServer, executable

RESERVE = "reserve 0000000000000001 1:l:1:60000:s"


@pytest.fixture
def store(cluster_url):
    with closing(RedisClusterStore(cluster_url)) as store:
        yield store


def test_a_slot_that_is_on_its_way_is_followed(store, namespace):
    key = f"sansms:{namespace}:moving"
    slot, slots = redis.crc.key_slot(key.encode()), store._map(monotonic() + 5)
    source = store._owner(key, slots)
    target = next(node for *_, node in slots if node != source)
    with redis.Redis(*source) as old, redis.Redis(*target) as new:
        try:
            new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", old.execute_command("CLUSTER", "MYID"))
            old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", new.execute_command("CLUSTER", "MYID"))
            new.script_flush()
            for _ in range(2):
                assert granted(store, [key])
            assert asked(new, "EXISTS", key) == 1
            assert asked(new, "DEL", key) == 1
        finally:
            for end in (old, new):
                end.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")


def granted(store, keys):
    return all((answer or "").startswith("granted") for answer in store.run([(key, RESERVE) for key in keys], 5.0))


def asked(client, *command):
    with client.pipeline(transaction=False) as pipe:
        return pipe.execute_command("ASKING").execute_command(*command).execute()[1]


def test_a_node_without_its_cluster_is_not_believed(store, cluster_url, namespace, tmp_path):
    keys = [f"sansms:{namespace}:{at}" for at in range(20)]
    assert granted(store, keys)
    options = ("--cluster-enabled", "yes")
    alone = RedisServer(executable(cluster_url), tmp_path, *options)
    while alone.port > 55000:
        alone = RedisServer(executable(cluster_url), tmp_path, *options)
    with alone:  # answers CLUSTERDOWN
        store._slots = [(0, 16383, ("127.0.0.1", alone.port))]
        assert granted(store, keys)
        assert alone.port not in {port for *_, (_, port) in store._slots}


def test_a_node_that_is_gone_costs_no_operation(store, namespace):
    keys = [f"sansms:{namespace}:{at}" for at in range(20)]
    slots = store._map(monotonic() + 5)
    store._slots = [(*slots[0][:2], ("127.0.0.1", 1)), *slots[1:]]
    assert granted(store, keys)
    assert store._slots == slots


def test_a_cluster_that_is_gone_is_a_failure_in_time(tmp_path):
    with closing(RedisClusterStore("redis://127.0.0.1:1/0")) as store, pytest.raises(redis.ConnectionError):
        store.run([("sansms:a", RESERVE)], 1.0)
