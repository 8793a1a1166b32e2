"""Replays the core's vectors of numbers, codes, addresses and limits through the wheel."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sansms import ConfigError, client_ip
from sansms._core import apply, run_vector

VECTORS = Path(__file__).parents[2] / "core" / "vectors"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (VECTORS / name).read_text(encoding="utf-8").splitlines()]


CASES = [("phone.jsonl", 450), ("email.jsonl", 250), ("code.jsonl", 110), ("address.jsonl", 50)]


@pytest.mark.parametrize(("name", "least"), CASES)
def test_what_comes_out_is_what_was_written(name: str, least: int) -> None:
    cases = lines(name)
    assert len(cases) >= least
    for case in cases:
        expect = case.pop("expect")
        assert json.loads(run_vector(json.dumps(case))) == expect, case["id"]


def test_an_address_is_what_was_written_of_what_applications_call() -> None:
    cases = lines("address.jsonl")
    assert len(cases) >= 50
    for case in cases:
        for forwarded in (case["forwarded"], case["forwarded"].split(","), iter([case["forwarded"]])):
            got = client_ip(case["peer"], forwarded, trusted_proxies=case["proxies"])
            assert got == case["expect"]["ip"], case["id"]


def test_a_header_that_lacks_is_an_empty_one() -> None:
    for forwarded in ("", None, [], ()):
        assert client_ip("10.0.0.2", forwarded, trusted_proxies=1) == "10.0.0.2"
    assert client_ip("10.0.0.2", "203.0.113.7") == "10.0.0.2"
    assert client_ip(None) is None


@pytest.mark.parametrize("proxies", [-1, 17, True, "1", None, 1.0])
def test_a_number_of_proxies_that_cannot_be_is_a_clear_error(proxies: Any) -> None:
    with pytest.raises(ConfigError, match="trusted_proxies: must be a whole number from 0 to 16") as caught:
        client_ip("10.0.0.2", "203.0.113.7", trusted_proxies=proxies)
    assert (caught.value.code, caught.value.option) == ("config.value", "trusted_proxies")


def test_every_operation_answers_and_keeps_as_written() -> None:
    count = 0
    for sequence in lines("limit.jsonl"):
        record = bytes.fromhex(sequence["record"]) if sequence.get("record") else None
        until = 0
        for op in sequence["ops"]:
            if 0 < until <= op["now"]:
                record, until = None, 0
            kept, ttl, reply = apply(record, op["op"], op["now"])
            got = (reply, ttl if kept else None, hashlib.sha256(kept).hexdigest() if kept else None)
            assert got == (op["reply"], op["ttl"], op["sha256"]), (sequence["id"], op)
            if kept:
                record, until = kept, max(until, op["now"] + ttl)
            count += 1
    assert count >= 300
