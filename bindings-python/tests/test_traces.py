"""Replays the golden traces through the wheel: the core must ask for exactly what they hold."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from sansms._core import Engine, MemoryStore

TRACES = sorted((Path(__file__).parents[2] / "core" / "vectors" / "traces").glob("*.json"))


def test_there_are_traces():
    assert len(TRACES) >= 24


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_the_trace_replays(path):
    trace = json.loads(path.read_text(encoding="utf-8"))
    engine, store = Engine(json.dumps(trace["config"])), MemoryStore()
    for flow in trace["flows"]:
        request = dict(flow["request"])
        if flow["call"] in ("inspect", "reset", "forget"):
            run = engine.desk(flow["call"], **request)
        else:
            subject = [request.pop("to")] + ([request.pop("code")] if flow["call"] == "verify" else [])
            run = getattr(engine, flow["call"])(*subject, **request, seed=bytes.fromhex(flow["seed"]))
        step = run.start(flow["start"])
        for told in flow["steps"]:
            assert step[1] == told["id"]
            reply = answer(step, told, store)
            step = run.resume(step[1], reply, told["now"])
        assert step[0] == "done"
        check_outcome(step[1], flow["outcome"])


def answer(step, told, store):
    """Compares a step; returns the reply that the trace tells."""
    if "store" in told:
        return answer_store(step, told, store)
    if "credentials" in told:
        assert (step[0], step[2]) == ("credentials", told["credentials"])
        key = told["reply"]
        return ("credentials", key["id"], key["secret"], key["token"]) if key else ("credentials_fault",)
    return answer_http(step, told)


def answer_store(step, told, store):
    """Compares a store step; returns the reply that the trace tells."""
    assert step[0] == "store"
    assert step[2] == [(op["key"], op["op"]) for op in told["store"]]
    if told["reply"] is None:
        return ("store_fault",)
    own = [store.run(key, op, told["now"] - 20) for key, op in step[2]]
    if told["from_memory"]:
        assert own == told["reply"]
    return ("store", told["reply"])


def answer_http(step, told):
    """Compares an HTTP step; returns the reply that the trace tells."""
    kind, _, method, url, headers, body, timeout_ms, max_reply = step
    assert kind == "http"
    assert told["http"] == {
        "method": method,
        "url": url,
        "headers": [list(header) for header in headers],
        "body": body.decode(),
        "timeout_ms": timeout_ms,
        "max_reply": max_reply,
    }
    reply = told["reply"]
    if "fault" in reply:
        return ("http_fault", reply["fault"]["sent"])
    return ("http", reply["status"], [tuple(header) for header in reply["headers"]], reply["body"].encode())


def check_outcome(outcome, told):
    """Compares an outcome: milliseconds there are whole seconds here, rounded up."""
    for name, value in told.items():
        attribute = name.removesuffix("_ms")
        wanted = math.ceil(value / 1000) if attribute != name and value is not None else value
        assert getattr(outcome, attribute) == wanted, name
    assert bool(outcome) is told["ok"]
    assert (told.get("to") or "\0") not in repr(outcome)
