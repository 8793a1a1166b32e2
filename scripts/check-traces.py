#!/usr/bin/env python3
"""Recomputes the golden traces and the code vectors, with the standard library and without a line of ours.

Usage: scripts/check-traces.py DIRECTORY, the folder of the vectors (core/vectors)

`traces/README.md` there has the form of a trace. For every flow this script derives, from the configuration, the
request and the seed alone: the names of the partitions, the lease or attempt, the tag, key ids, nonce and proof of the
challenge, the code, the ticket, and the signature of each request; and compares them with what the core put there. Of
`code.jsonl` it recomputes every line. It fails if anything differs, and if there was nothing of a kind to compare.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

ALPHABETS = {
    "digits": "0123456789",
    "crockford": "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
HYPHENS = set("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u200b\ufeff")


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def derive(key: bytes, label: str) -> bytes:
    """Returns K(label), I(label) or S(label), after whose key it is."""
    return mac(key, b"sansms/1/", label.encode())


def enc(*fields: str | bytes) -> bytes:
    """Encodes fields injectively: the length in four bytes, then the bytes."""
    parts = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Shape(NamedTuple):
    """What codes look like."""

    length: int = 6
    alphabet: str = "digits"

    def read(self, typed: str) -> str:
        """Returns what someone typed as a code of this shape, or the error's name."""
        symbols = ALPHABETS[self.alphabet]
        folded = fold(typed, lambda letter: (letter if self.alphabet == "digits" else letter.upper()) in symbols)
        if folded.startswith("input."):
            return folded
        if len(folded) != self.length:
            return "input.code.length"
        return folded if self.alphabet == "digits" else folded.upper()


def fold(typed: str, may: Any = lambda _: True) -> str:
    """Brings what someone typed to ASCII letters and digits, or returns the error's name."""
    out = []
    for at, typed_character in enumerate(typed):
        character = unicodedata.normalize("NFKC", typed_character)
        full_width = "\uff21" <= typed_character <= "\uff3a" or "\uff41" <= typed_character <= "\uff5a"
        if not ((character.isascii() and character.isdigit()) or full_width):
            character = typed_character
        if at >= 64:
            return "input.code.length"
        if character.isascii() and character.isalnum() and may(character):
            out.append(character)
        elif not (typed_character.isspace() or typed_character in HYPHENS):
            return "input.code.character"
    return "".join(out) or "input.code.empty"


def read_own(typed: str) -> str:
    """Returns a code of the caller's own, or the error's name."""
    folded = fold(typed)
    return folded if folded.startswith("input.") or 4 <= len(folded) <= 12 else "input.code.length"


class Pepper(NamedTuple):
    """What codes and proofs are made with."""

    secret: bytes

    @property
    def kid(self) -> bytes:
        return derive(self.secret, "kid")[:4]

    def code(self, ctx: bytes, nonce: bytes, shape: Shape) -> str:
        symbols = ALPHABETS[shape.alphabet]
        base, count = len(symbols), len(symbols) ** shape.length
        key = derive(self.secret, "code")
        blocks = (int.from_bytes(mac(key, ctx, enc(nonce, i.to_bytes(4, "big")))[:8], "big") for i in range(1000))

        def below(many: int) -> int:
            return next(block for block in blocks if block < 2**64 // many * many) % many

        if count > 2**32:
            return "".join(symbols[below(base)] for _ in range(shape.length))
        number, out = below(count), ""
        for _ in range(shape.length):
            number, digit = divmod(number, base)
            out = symbols[digit] + out
        return out

    def proof(self, ctx: bytes, code: str) -> bytes:
        return mac(derive(self.secret, "proof"), ctx, enc(code))[:16]

    def seals(self, ticket: str, namespace: str, recipient: str, purpose: str, bound: str) -> bool:
        data = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
        version, ends, kid, seal = data[:1], data[1:7], data[7:11], data[11:]
        fields = enc(namespace, recipient, purpose, bound, ends)
        return version == b"\1" and kid == self.kid and seal == mac(derive(self.secret, "ticket"), fields)[:16]


class Keys(NamedTuple):
    """The keys that everything comes from; the current pepper first."""

    index: bytes
    peppers: list[Pepper]

    @classmethod
    def of(cls, config: dict[str, Any]) -> Keys:
        if config.get("index"):
            return cls(config["index"].encode(), [Pepper(pepper.encode()) for pepper in config["peppers"]])
        secret = config["secret"].encode()
        return cls(derive(secret, "index"), [Pepper(derive(secret, "pepper"))])

    def partition(self, namespace: str, kind: str, id: str) -> str:
        name = mac(derive(self.index, "partition"), enc(namespace, kind, id))[:16]
        return f"sansms:1:{namespace}:{kind}:{base64url(name)}"

    def device(self, device: str) -> str:
        return base64url(mac(derive(self.index, "device"), device.encode())[:16])

    def tag(self, ctx: bytes) -> bytes:
        return mac(derive(self.index, "tag"), ctx)[:8]

    def idem(self, ctx: bytes, key: str) -> bytes:
        return mac(derive(self.index, "idem"), ctx, enc(key))[:8]


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
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    signed = "".join(f"{name}:{all_headers[name].strip()}\n" for name in names)
    canonical = "\n".join([method, parts.path or "/", query, signed, ";".join(names), body_hash])
    text = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = mac(secret.encode(), text.encode()).hex()
    return (
        f"{algorithm} Credential={fields_by_name['Credential']},SignedHeaders={';'.join(names)},Signature={signature}"
    )


def rpc(secret: str, method: str, pairs: dict[str, str]) -> str:
    """Signs as Alibaba Cloud's RPC V1 does."""
    signed = sorted((name, value) for name, value in pairs.items() if name != "Signature")
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in signed)
    text = f"{method}&%2F&{quote(query, safe='~')}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def tc3(secret: str, method: str, url: str, headers: dict[str, str], body: bytes) -> str:
    """Signs as Tencent Cloud's TC3-HMAC-SHA256 does; returns the `authorization` header that must stand there."""
    algorithm, _, fields = headers["authorization"].partition(" ")
    by_name = dict(field.strip().split("=", 1) for field in fields.split(","))
    id, _, scope = by_name["Credential"].partition("/")
    date, service, _ = scope.split("/")
    parts = urlsplit(url)
    all_headers = {**headers, "host": parts.netloc}
    names = by_name["SignedHeaders"].split(";")
    signed = "".join(f"{name}:{all_headers[name]}\n" for name in names)
    lines = [method, "/", parts.query, signed, ";".join(names), hashlib.sha256(body).hexdigest()]
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"{algorithm}\n{headers['x-tc-timestamp']}\n{scope}\n{hashed}"
    key = mac(mac(mac(f"TC3{secret}".encode(), date.encode()), service.encode()), b"tc3_request")
    signature = mac(key, text.encode()).hex()
    return f"{algorithm} Credential={id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"


def scopes(ip: str) -> list[str]:
    """Names what an address counts as: IPv4 whole, IPv6 by /64 and /48."""
    address = ipaddress.ip_address(ip.strip().split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        nat64 = address in ipaddress.ip_network("64:ff9b::/96")
        mapped = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if nat64 else address.ipv4_mapped
        if mapped is None:
            return [str(ipaddress.ip_network(f"{address}/{bits}", strict=False)) for bits in (64, 48)]
        address = mapped
    return [str(address)]


class Run:
    """One flow of a trace, recomputed step by step."""

    def __init__(self, config: dict[str, Any], flow: dict[str, Any], seen: Counter[str]) -> None:
        self.config, self.flow, self.seen = config, flow, seen
        self.keys = Keys.of(config)
        self.namespace = config.get("namespace", "default")
        request = self.request = flow["request"]
        self.seed = bytes.fromhex(flow["seed"])
        self.e164 = flow["outcome"]["to"]
        self.recipient = f"tel:{self.e164}"
        policy = config.get("policy")
        policy = policy if isinstance(policy, dict) else {}
        self.shape = Shape(policy.get("code_length", 6), policy.get("code_alphabet", "digits"))
        self.own_codes = policy.get("own_codes", False)
        session = request.get("session") or ""
        self.challenge = base64url(self.expand("challenge", 16))
        if not session and config.get("session") == "challenge":
            session = self.challenge
        self.ctx = enc(self.namespace, self.recipient, request["purpose"], session)
        self.nonce = self.expand("nonce", 16)
        self.code = ""
        self.calls = 0

    def expand(self, label: str, size: int) -> bytes:
        return derive(self.seed, label)[:size]

    def same(self, what: str, found: Any, expected: Any) -> None:
        self.seen[what] += 1
        if found != expected:
            raise AssertionError(f"{what}: {found!r} is there, {expected!r} is right")

    def read(self, typed: str) -> str:
        code = self.shape.read(typed)
        return read_own(typed) if self.own_codes and code.startswith("input.") else code

    def names(self, kind: str) -> list[str]:
        request = self.request
        ids = {
            "number": [self.recipient],
            "budget": [""],
            "ip": scopes(request["ip"]) if request.get("ip") else [],
            "device": [self.keys.device(request["device"])] if request.get("device") else [],
            # The traces have mainland numbers only: the calling code, and seven digits more.
            "prefix": [self.e164[:10]],
            "country": ["86"],
        }[kind]
        return [self.keys.partition(self.namespace, kind, id) for id in ids]

    def operation(self, key: str, line: str) -> None:
        kind = key.split(":")[3]
        self.same("partitions", key in self.names(kind), True)
        verb, who, *words = line.split(" ")
        if verb == "check":
            self.same("attempts", who, self.expand("attempt", 4).hex())
            self.same("tags", words[0], self.keys.tag(self.ctx).hex())
            code = self.read(self.request["code"])
            proofs = [f"{it.kid.hex()}:{it.proof(self.ctx, code).hex()}" for it in self.keys.peppers]
            self.same("proofs to check", words[2:], proofs)
            return
        self.same("leases", who, self.expand("lease", 8).hex())
        for word in words:
            name, _, value = word.partition("=")
            if name == "idem":
                self.same("idempotency tags", value, self.keys.idem(self.ctx, self.request["idempotency_key"]).hex())
            elif name == "slot":
                tag, nonce, *rest = value.split(":")
                self.same("tags", tag, self.keys.tag(self.ctx).hex())
                self.same("nonces", nonce, self.nonce.hex())
                if rest:
                    pepper = self.keys.peppers[0]
                    code = self.own() or pepper.code(self.ctx, self.nonce, self.shape)
                    self.same("proofs", rest[0], pepper.proof(self.ctx, code).hex())
                    self.same("key ids", rest[-1].split(","), [it.kid.hex() for it in self.keys.peppers])

    def own(self) -> str:
        code = self.request.get("code")
        if code is None:
            return ""
        return read_own(code) if self.own_codes else self.shape.read(code)

    def heard(self, reply: str | None) -> None:
        """Notes which challenge the store has kept: its code is the one to send."""
        for word in (reply or "").split(" "):
            if word.startswith("slot="):
                _, kid, nonce, _ = word.removeprefix("slot=").split(":")
                pepper = next(it for it in self.keys.peppers if it.kid.hex() == kid)
                self.code = self.own() or pepper.code(self.ctx, bytes.fromhex(nonce), self.shape)

    def call(self, http: dict[str, Any]) -> None:
        headers, body, url = dict(http["headers"]), http["body"].encode(), http["url"]
        origin = url.split("?")[0].rstrip("/")
        kinds = [next(iter(provider.items())) for provider in self.config["providers"]]
        provider = next(it for _, it in kinds if it["endpoint"].rstrip("/") == origin)
        secret = provider.get("access_key_secret") or provider["secret_key"]
        algorithm = headers.get("authorization", "RPC").split(" ")[0]
        if algorithm == "TC3-HMAC-SHA256":
            expected = tc3(secret, http["method"], url, headers, body)
            self.same("TC3 signatures", headers["authorization"], expected)
            sent = json.loads(body)
            self.same("numbers", sent["PhoneNumberSet"], [self.e164])
            self.same("codes", self.code in sent["TemplateParamSet"], True)
        else:
            pairs = dict(parse_qsl(urlsplit(url).query if algorithm != "RPC" else http["body"]))
            if algorithm == "RPC":
                self.same("RPC signatures", pairs["Signature"], rpc(secret, http["method"], pairs))
                nonce = pairs["SignatureNonce"]
            else:
                expected = acs3(secret, http["method"], url, headers, body)
                self.same("ACS3 signatures", headers["authorization"], expected)
                nonce = headers["x-acs-signature-nonce"]
            self.same("nonces of calls", nonce, self.expand(f"http/{self.calls}", 16).hex())
            self.same("numbers", pairs["PhoneNumbers"], self.e164.removeprefix("+86"))
            self.same("codes", self.code in json.loads(pairs["TemplateParam"]).values(), True)
        self.calls += 1

    def run(self) -> None:
        for step in self.flow["steps"]:
            if "http" in step:
                self.call(step["http"])
                continue
            replies = step["reply"] or [None] * len(step["store"])
            for op, reply in zip(step["store"], replies):
                self.operation(op["key"], op["op"])
                self.heard(reply)
        outcome = self.flow["outcome"]
        if "challenge" in outcome:
            self.same("challenges", outcome["challenge"], self.challenge)
        if "ticket" in outcome:
            bound = (self.namespace, self.recipient, self.request["purpose"], self.request["ticket_for"])
            self.same("tickets", self.keys.peppers[0].seals(outcome["ticket"], *bound), True)


def check_traces(folder: Path, seen: Counter[str]) -> None:
    for path in sorted(folder.glob("*.json")):
        trace = json.loads(path.read_text())
        for at, flow in enumerate(trace["flows"]):
            seen["flows"] += 1
            if not flow["steps"]:
                seen["flows without a step"] += 1
                continue
            try:
                Run(trace["config"], flow, seen).run()
            except Exception as problem:
                raise SystemExit(f"{path.name}, flow {at}: {problem!r}") from None


def check_codes(path: Path, seen: Counter[str]) -> None:
    for line in path.read_text().splitlines():
        case = json.loads(line)
        shape = Shape(**case["shape"]) if case["shape"] else None
        if "typed" in case:
            read = shape.read(case["typed"]) if shape else read_own(case["typed"])
            got = {"error" if read.startswith("input.") else "folded": read}
            seen["typed codes"] += 1
        else:
            keys = Keys.of(case["keys"])
            pepper = keys.peppers[case["pepper"]]
            namespace, recipient = case["namespace"], case["recipient"]
            ctx = enc(namespace, recipient, case["purpose"], case["session"])
            code = case["own_code"] or pepper.code(ctx, bytes.fromhex(case["nonce"]), shape or Shape())
            got = {
                "kid": pepper.kid.hex(),
                "tag": keys.tag(ctx).hex(),
                "code": code,
                "proof": pepper.proof(ctx, code).hex(),
                "idem": keys.idem(ctx, case["idempotency_key"]).hex(),
                "partition": keys.partition(namespace, "number", recipient),
            }
            seen["code vectors"] += 1
        if got != case["expect"]:
            raise SystemExit(f"{path.name}, {case['id']}: {case['expect']} is there, {got} is right")


WANTED = [
    *("flows", "partitions", "leases", "attempts", "tags", "idempotency tags", "nonces", "proofs", "proofs to check"),
    *("key ids", "codes", "numbers", "nonces of calls", "ACS3 signatures", "RPC signatures", "TC3 signatures"),
    *("challenges", "tickets", "code vectors", "typed codes"),
]


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} DIRECTORY")
    folder, seen = Path(sys.argv[1]), Counter[str]()
    check_traces(folder / "traces", seen)
    check_codes(folder / "code.jsonl", seen)
    print(", ".join(f"{seen[what]} {what}" for what in WANTED))
    missing = [what for what in WANTED if not seen[what]]
    if missing:
        raise SystemExit(f"nothing to compare: {', '.join(missing)}")


if __name__ == "__main__":
    main()
