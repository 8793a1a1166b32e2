"""Limits in one store, the budget in another."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from sansms import ConfigError, MemoryStore
from sansms.stores import SplitStore
from sansms.testing import Clock, Sandbox, conformance

USER = {"purpose": "register", "ip": "203.0.113.7"}
OP = "reserve 0000000000000001 1:l:1:1000:s"
WAVE = [("sansms:1:n:number:x", OP), ("sansms:1:n:budget:y", OP), ("sansms:1:budget:ip:z", OP)]


class Down:
    def run(self, ops, timeout):
        raise ConnectionError


def test_the_budget_goes_where_it_belongs_and_nothing_else():
    limits, budget = (MemoryStore(clock=lambda: 1_700_000_000.0) for _ in range(2))
    store = SplitStore(limits=limits, budget=budget)
    assert store.run(WAVE, 1.0) == ["granted 1000"] * 3
    assert (len(limits), len(budget)) == (2, 1)
    assert asyncio.run(store.arun(WAVE, 1.0)) == store.run(WAVE, 1.0)


@pytest.mark.parametrize("call", ["run", "arun"])
def test_a_store_that_fails_fails_its_operations_only(call):
    def ask(store):
        return store.run(WAVE, 1.0) if call == "run" else asyncio.run(store.arun(WAVE, 1.0))

    assert ask(SplitStore(limits=MemoryStore(), budget=Down())) == ["granted 1000", None, "granted 1000"]
    assert ask(SplitStore(limits=Down(), budget=MemoryStore())) == [None, "granted 1000", None]
    with pytest.raises(ConnectionError):
        ask(SplitStore(limits=Down(), budget=Down()))


def test_a_budget_that_is_down_lets_nothing_be_sent():
    sandbox = Sandbox()
    service = sandbox.service(store=SplitStore(limits=MemoryStore(clock=sandbox.clock), budget=Down()))
    assert service.send("13800138000", **USER).kind == "unavailable"
    assert len(sandbox.outbox) == 0


def test_each_keeps_its_limit(redis_url, postgres_url, namespace):
    sandbox = Sandbox()
    with closing(SplitStore(limits=redis_url, budget=postgres_url)) as store:
        service = sandbox.service(store=store, namespace=namespace, budget_per_day=2, policy={"cooldown_s": 0})
        codes = [service.send(number, **USER).code for number in ("13800138000", "13800138001", "13800138002")]
    assert codes[:2] == ["sent", "sent"]
    assert codes[2] == "limit.budget"


def test_what_is_no_store_is_refused():
    with pytest.raises(ConfigError, match=r"store\.budget"):
        SplitStore(limits="memory://", budget=7)


@pytest.mark.parametrize("case", conformance.CASES[::5], ids=str)
def test_conformance(case):
    clock = Clock()
    case(SplitStore(limits=MemoryStore(clock=clock), budget="memory://"), clock)
