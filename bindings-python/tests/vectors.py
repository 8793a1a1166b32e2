"""Runs a file of sign vectors through the wheel: `python vectors.py FILE…`.

Prints `python 3.11.7: N end to end passed, M signer passed, F failed` and exits with 1 if F is not 0. The protocol is
described in the core, at `sansms::sign::vector`: the answers are taken out before the rest goes in, and are used for
comparing only.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sansms._core import run_vector

STAGES = ("signature", "string_to_sign", "canonical_request")
ANSWERS = {"published", "recomputed", "verified", "string_to_sign", "canonical_request"}


def check(vector: dict[str, Any]) -> str:
    """Runs one vector; returns its kind. Raises `ValueError` with the first difference."""
    inputs = {name: value for name, value in vector.items() if name not in ANSWERS}
    if "expect" in inputs:
        inputs["expect"] = {name: value for name, value in vector["expect"].items() if name not in STAGES}
    answer = json.loads(run_vector(json.dumps(inputs, ensure_ascii=False)))

    expect = vector.get("expect") or {**vector, "signature": vector["published"]}
    if not expect["signature"]:
        raise ValueError("there is no signature to compare with")
    for stage in STAGES:
        if expect.get(stage) is not None and expect[stage] != answer[stage]:
            raise ValueError(f"{stage} differs: {answer[stage]!r} and not {expect[stage]!r}")
    if answer["kind"] == "end to end":
        for part, ours, theirs in differences(expect, answer):
            raise ValueError(f"{part} differs: {ours!r} and not {theirs!r}")
    return str(answer["kind"])


def differences(expect: dict[str, Any], answer: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Compares two requests; yields `(part, ours, theirs)` for each part that differs."""
    pairs: list[tuple[str, object, object]] = [("method", answer["method"], expect["method"])]
    pairs += [(part, parsed(answer[part]), parsed(expect.get(part) or "")) for part in ("query", "body")]
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    pairs += [(name, headers.get(name.lower()), value) for name, value in expect["headers"].items()]
    return (pair for pair in pairs if pair[1] != pair[2])


def parsed(text: str) -> object:
    """Returns JSON read, and form fields decoded and sorted."""
    return json.loads(text) if text.startswith("{") else sorted(parse_qsl(text, keep_blank_values=True))


def main(paths: list[str]) -> int:
    counts = {"end to end": 0, "signer": 0, "failed": 0}
    for path in paths:
        for line in filter(str.strip, Path(path).read_text(encoding="utf-8").splitlines()):
            vector = json.loads(line)
            try:
                counts[check(vector)] += 1
            except Exception as error:
                counts["failed"] += 1
                print(f"{vector.get('id')}: {error}", file=sys.stderr)
    print(
        f"python {platform.python_version()}: {counts['end to end']} end to end passed, "
        f"{counts['signer']} signer passed, {counts['failed']} failed"
    )
    return 0 if counts["failed"] == 0 and sum(counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
