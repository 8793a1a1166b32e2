"""One deadline for all that a store does, a new connection's handshake too, with a Redis that is slow."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
import redis

from sansms import AsyncRedisStore, RedisStore
from sansms.stores import RedisClusterStore
from sansms.testing import Sandbox
from servers import HANDSHAKE, SlowRedis

OPS = [("sansms:a", "reserve 0000000000000001 1:l:1:1000:s"), ("sansms:b", "reserve 0000000000000001 1:l:1:1000:s")]
USER = {"purpose": "register", "ip": "203.0.113.7"}
FAILED = (TimeoutError, redis.TimeoutError)
PATIENT = 30.0
"""What the store would wait for a reply, if the call's deadline did not come before."""


def of_sync(url, timeout):
    with closing(RedisStore(url, timeout=PATIENT)) as store:
        return store.run(OPS, timeout)


def of_both(url, timeout):
    return asyncio.run(awaited(RedisStore(url, timeout=PATIENT), timeout))


def of_async(url, timeout):
    return asyncio.run(awaited(AsyncRedisStore(url, timeout=PATIENT), timeout))


async def awaited(store, timeout):
    try:
        return await store.arun(OPS, timeout)
    finally:
        await store.aclose()


def of_cluster(url, timeout):
    """Asks for the map of slots first."""
    with closing(RedisClusterStore(url, timeout=PATIENT)) as store:
        return store.run(OPS, timeout)


def of_node(url, timeout):
    """Knows the map of slots."""
    with closing(RedisClusterStore(url, timeout=PATIENT)) as store:
        store._slots = [(0, 16383, store._first)]
        return store.run(OPS, timeout)


ALL = [of_sync, of_both, of_async, of_cluster, of_node]
ONE = [of_sync, of_both, of_async, of_node]


@pytest.mark.parametrize("ask", ONE)
def test_a_server_that_is_slow_but_in_time_is_waited_for(ask):
    with closing(SlowRedis(late_s=0.05)) as server:
        assert ask(server.url, PATIENT) == ["granted 1000"] * 2
        assert server.replies >= HANDSHAKE + 2


@pytest.mark.parametrize("ask", ALL)
def test_a_server_that_is_silent_is_given_up_before_it_answers(ask):
    with closing(SlowRedis(late_s=3)) as server:
        with pytest.raises(FAILED):
            ask(server.url, 0.2)
        assert server.replies == 0


@pytest.mark.parametrize("ask", ALL)
def test_replies_that_are_slow_have_one_deadline_together(ask):
    """Each comes in time: a handshake would take four seconds, and the script two more."""
    with closing(SlowRedis(late_s=1)) as server:
        with pytest.raises(FAILED):
            ask(server.url, 1.5)
        assert server.replies < HANDSHAKE


@pytest.mark.parametrize(("ask", "drips_from"), [(ask, HANDSHAKE + at) for ask in ONE for at in (-HANDSHAKE, -1, 0, 1)])
def test_a_reply_that_trickles_is_cut_off(ask, drips_from):
    """Every byte is in time, but not the last."""
    with closing(SlowRedis(drips_from=drips_from)) as server:
        with pytest.raises(FAILED):
            ask(server.url, 1.0)
        assert server.replies == drips_from


def test_a_map_of_slots_that_trickles_is_cut_off():
    with closing(SlowRedis(drips_from=HANDSHAKE)) as server:
        with pytest.raises(FAILED):
            of_cluster(server.url, 1.0)
        assert server.replies == HANDSHAKE


@pytest.mark.parametrize("way", ["send", "asend"])
def test_a_service_refuses_before_the_server_answers(way):
    with closing(SlowRedis(late_s=3)) as server:
        service = Sandbox().service(store=RedisStore(server.url, timeout=PATIENT), store_timeout=0.2)

        async def asend():
            try:
                return await service.asend("13800138000", **USER)
            finally:
                await service.aclose()

        outcome = asyncio.run(asend()) if way == "asend" else service.send("13800138000", **USER)
        assert (outcome.kind, outcome.http_status) == ("unavailable", 503)
        assert server.replies == 0


def test_what_came_late_is_no_answer_to_the_next_call():
    """A connection that was given up in its handshake is not used again, when the server goes on."""
    with closing(SlowRedis(late_s=2.0)) as server:

        async def flow():
            store = AsyncRedisStore(server.url, timeout=PATIENT)
            for _ in range(3):
                with pytest.raises(FAILED):
                    await store.arun(OPS, 0.2)
            server.late_s = 0.0
            try:
                return [await store.arun(OPS, PATIENT) for _ in range(3)]
            finally:
                await store.aclose()

        assert asyncio.run(flow()) == [["granted 1000"] * 2] * 3
    with closing(SlowRedis(late_s=2.0)) as server, closing(RedisStore(server.url, timeout=PATIENT)) as store:
        for _ in range(3):
            with pytest.raises(FAILED):
                store.run(OPS, 0.2)
        server.late_s = 0.0
        assert [store.run(OPS, PATIENT) for _ in range(3)] == [["granted 1000"] * 2] * 3
