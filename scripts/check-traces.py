#!/usr/bin/env python3
"""Recomputes what the golden traces hold, with the standard library and without a line of ours.

Usage: scripts/check-traces.py DIRECTORY

A trace has a `config` and `flows`; each flow has `flow` (send or verify), `seed` (hex), `request`, and `steps`, each
with `now`, the `step` that the core emitted in its text form, and the `reply` it got. For every flow this script
derives, from the configuration and the seed alone: the names of the partitions, the lease or attempt, the tag, key id,
nonce and proof of the challenge, the code, and the signature of the request; and looks for each where the core put it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def derive(key: bytes, label: str) -> bytes:
    """Returns K(label), I(label) or S(label), after whose key it is."""
    return mac(key, b"sansms/1/", label.encode())


def enc(*fields: str | bytes) -> bytes:
    """Encodes fields injectively: the length in four bytes, then the bytes."""
    parts = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class Keys(NamedTuple):
    """The two keys that everything comes from."""

    index: bytes
    pepper: bytes

    @classmethod
    def of(cls, config: dict[str, Any]) -> Keys:
        if "index" in config:
            return cls(config["index"].encode(), config["peppers"][0].encode())
        secret = config["secret"].encode()
        return cls(derive(secret, "index"), derive(secret, "pepper"))

    def partition(self, namespace: str, kind: str, id: str) -> str:
        name = mac(derive(self.index, "partition"), enc(namespace, kind, id))[:16]
        return f"sansms:1:{namespace}:{kind}:{base64.urlsafe_b64encode(name).decode().rstrip('=')}"

    def tag(self, ctx: bytes) -> bytes:
        return mac(derive(self.index, "tag"), ctx)[:8]

    def idem(self, ctx: bytes, key: str) -> bytes:
        return mac(derive(self.index, "idem"), ctx, enc(key))[:8]

    def kid(self) -> bytes:
        return derive(self.pepper, "kid")[:4]

    def code(self, ctx: bytes, nonce: bytes, digits: int) -> str:
        limit = 2**64 // 10**digits * 10**digits
        for i in range(1000):
            block = mac(derive(self.pepper, "code"), ctx, enc(nonce, i.to_bytes(4, "big")))
            number = int.from_bytes(block[:8], "big")
            if number < limit:
                return str(number % 10**digits).zfill(digits)
        raise AssertionError("no block was below the limit")

    def proof(self, ctx: bytes, code: str) -> bytes:
        folded = unicodedata.normalize("NFKC", code)
        return mac(derive(self.pepper, "proof"), ctx, enc(folded))[:16]


def acs3(secret: str, method: str, url: str, headers: dict[str, str], body: bytes) -> str:
    """Signs as Alibaba Cloud's ACS3-HMAC-SHA256 does; returns the `authorization` header that must stand there.

    Which headers are signed, and the key id, are taken from the header that does stand there.
    """
    algorithm, _, fields = headers["authorization"].partition(" ")
    fields_by_name = dict(field.strip().split("=", 1) for field in fields.split(","))
    parts = urlsplit(url)
    all_headers = {**headers, "host": parts.netloc}
    names = fields_by_name["SignedHeaders"].split(";")
    if names != sorted(names) or {name for name in all_headers if name.startswith("x-acs-")} - set(names):
        raise AssertionError("a header that must be signed is not, or their order is wrong")
    body_hash = hashlib.sha256(body).hexdigest()
    if headers["x-acs-content-sha256"] != body_hash:
        raise AssertionError("x-acs-content-sha256 is not the hash of the body")
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    signed = "".join(f"{name}:{all_headers[name].strip()}\n" for name in names)
    canonical = "\n".join([method, parts.path or "/", query, signed, ";".join(names), body_hash])
    text = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = mac(secret.encode(), text.encode()).hex()
    return (
        f"{algorithm} Credential={fields_by_name['Credential']},SignedHeaders={';'.join(names)},Signature={signature}"
    )


class Http(NamedTuple):
    """A step in its text form, taken apart."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def read(cls, text: str) -> Http:
        head, _, body = text.partition("\n\n")
        _, request, _, *lines = head.split("\n")
        method, url = request.split(" ", 1)
        return cls(method, url, dict(line.split(": ", 1) for line in lines), body.encode())
