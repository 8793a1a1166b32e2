"""What becomes of a reply on a bad way: cut off, wrapped, doubled, written otherwise, of other types."""

from __future__ import annotations

import json
from typing import Any

Shape = tuple[str, int, Any]
"""A reply's name, status and body: bytes and text as they are, all else as JSON."""


def damaged(right: Any) -> list[Shape]:
    """What becomes of a reply of success on a bad way."""
    text = json.dumps(right, ensure_ascii=False)
    return [
        ("accepted", 200, right),
        ("accepted, spaced", 200, json.dumps(right, indent=2)),
        ("accepted, escaped", 200, json.dumps(right)),
        ("accepted, with what is new", 200, right | {"Later": {"a": [1, None, {"b": "c"}]}}),
        ("accepted, a list in front", 200, {"Later": [[], {}], **right}),
        ("cut off in the middle", 200, text[: len(text) // 2]),
        ("cut off at its end", 200, text[:-1]),
        ("more behind it", 200, text + "x"),
        ("empty", 200, ""),
        ("a page", 200, "<html><body>OK</body></html>"),
        ("a list", 200, "[]"),
        ("a text", 200, '"OK"'),
        ("an empty object", 200, "{}"),
        ("a page of a proxy", 502, "<html><h1>502 Bad Gateway</h1></html>"),
        ("a proxy out of time", 504, ""),
        ("nothing there", 404, "not found"),
        ("a time-out", 408, ""),
        ("too many", 429, "slow down"),
        ("accepted, created", 201, right),
        ("accepted, server's fault", 500, right),
        ("accepted, caller's fault", 400, right),
        ("a mark in front", 200, "\ufeff" + text),
        ("a number that is none", 200, text[:-1] + ',"Later":NaN}'),
        ("half a pair", 200, text[:-1] + ',"Later":"\\ud800"}'),
        ("a comma too many", 200, text[:-1] + ",}"),
        ("no UTF-8 in a text", 200, text[:-1].encode() + b',"Later":"\xe9\xaa"}'),
        ("text of another encoding", 200, (text[:-1] + ',"Later":"验证码"}').encode("gbk")),
        ("a NUL behind it", 200, text + "\0"),
        ("a key twice, the last is right", 200, "{" + doubled(right, 1) + "," + text[1:]),
        ("a key twice, the last is wrong", 200, text[:-1] + "," + doubled(right, 1) + "}"),
        ("everything twice", 200, text[:-1] + "," + text[1:]),
        ("a list of it", 200, [right]),
        ("null", 200, "null"),
        ("members that are lists", 200, {name: [value] for name, value in right.items()}),
        ("members that are null", 200, dict.fromkeys(right)),
        ("members that are objects", 200, {name: {"is": value} for name, value in right.items()}),
        ("keys in lower case", 200, {name.lower(): value for name, value in right.items()}),
        ("keys in upper case", 200, {name.upper(): value for name, value in right.items()}),
        *((f"the code {name}", 200, coded(right, value)) for name, value in CODES.items()),
    ]


def doubled(right: Any, value: object) -> str:
    """Returns a reply's first member as JSON, with another value."""
    return f"{json.dumps(next(iter(right)))}:{json.dumps(value)}"


def coded(value: Any, code: object) -> Any:
    """Puts something else where the code of a reply stands."""
    if isinstance(value, list):
        return [coded(item, code) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: code if name in ("Code", "ResponseCode", "EnvId", "result") else coded(item, code)
        for name, item in value.items()
    }


CODES = {
    "null": None,
    "a number": 7,
    "zero": 0,
    "empty": "",
    "in another case": "oK",
    "yes": True,
    "a list": ["OK"],
    "a text": "0",
}
