#!/usr/bin/env python3
"""Recomputes what the golden traces and the code vectors hold, with the standard library and without a line of ours.

Usage: scripts/check-traces.py DIRECTORY      (its README has the format; `code.jsonl` is beside it)

For every flow this derives, from the configuration, the seed and the request alone: the names of the partitions, the
lease or attempt, the tag, key ids, nonce and proof of the challenge, the code, the ticket, and the signature of each
request; and compares each with what the core put there. Of `code.jsonl` it recomputes every line.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
import unicodedata
from collections import Counter
from ipaddress import IPv6Address, ip_address, ip_network
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


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


ALPHABETS = {
    "digits": "0123456789",
    "crockford": "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


class Index(NamedTuple):
    """The key that names things."""

    key: bytes

    def partition(self, namespace: str, kind: str, id: str) -> str:
        name = mac(derive(self.key, "partition"), enc(namespace, kind, id))[:16]
        return f"sansms:1:{namespace}:{kind}:{b64url(name)}"

    def tag(self, ctx: bytes) -> str:
        return mac(derive(self.key, "tag"), ctx)[:8].hex()

    def idem(self, ctx: bytes, key: str) -> str:
        return mac(derive(self.key, "idem"), ctx, enc(key))[:8].hex()

    def device(self, device: str) -> str:
        return b64url(mac(derive(self.key, "device"), device.encode())[:16])


class Pepper(NamedTuple):
    """A key that makes codes and proofs."""

    key: bytes

    @property
    def kid(self) -> str:
        return derive(self.key, "kid")[:4].hex()

    def code(self, ctx: bytes, nonce: str, length: int = 6, alphabet: str = "digits") -> str:
        key, symbols = derive(self.key, "code"), ALPHABETS[alphabet]
        base, count = len(symbols), len(symbols) ** length
        names = (enc(bytes.fromhex(nonce), i.to_bytes(4, "big")) for i in range(1000))
        blocks = (int.from_bytes(mac(key, ctx, name)[:8], "big") for name in names)

        def below(many: int) -> int:
            return next(block for block in blocks if block < 2**64 // many * many) % many

        if count > 2**32:
            return "".join(symbols[below(base)] for _ in range(length))
        number = below(count)
        return "".join(symbols[number // base**place % base] for place in reversed(range(length)))

    def proof(self, ctx: bytes, code: str) -> str:
        return mac(derive(self.key, "proof"), ctx, enc(code))[:16].hex()

    def ticket(self, namespace: str, recipient: str, purpose: str, bound: str, ends_s: int) -> str:
        ends = ends_s.to_bytes(6, "big")
        seal = mac(derive(self.key, "ticket"), enc(namespace, recipient, purpose, bound, ends))[:16]
        return b64url(b"\x01" + ends + bytes.fromhex(self.kid) + seal)


def keys(config: dict[str, Any]) -> tuple[Index, list[Pepper]]:
    """Returns the index and the peppers, the current one first."""
    if config.get("secret"):
        secret = config["secret"].encode()
        return Index(derive(secret, "index")), [Pepper(derive(secret, "pepper"))]
    return Index(config["index"].encode()), [Pepper(pepper.encode()) for pepper in config["peppers"]]


def folded(typed: str) -> str:
    """Returns a code as it is proven: plain letters and digits."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", typed) if letter.isalnum())


def networks(typed: str) -> list[str]:
    """Returns what an address counts as; nothing if it is none."""
    try:
        address = ip_address(typed)
    except ValueError:
        return []
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is None and address in ip_network("64:ff9b::/96"):
            mapped = ip_address(int(address) & 0xFFFFFFFF)
        if mapped is None:
            return [str(ip_network((address, bits), strict=False)) for bits in (64, 48)]
        address = mapped
    return [str(address)]


# Signatures, after the vendors' pages


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def escape(text: str) -> str:
    return quote(text, safe="~")


def acs3(http: dict[str, Any], provider: dict[str, Any]) -> dict[str, str]:
    """Alibaba Cloud, ACS3-HMAC-SHA256; returns the parameters, of query and form alike."""
    parts = urlsplit(http["url"])
    headers = {**dict(http["headers"]), "host": parts.netloc}
    algorithm, _, fields = headers["authorization"].partition(" ")
    stated = dict(field.split("=", 1) for field in fields.split(","))
    names = stated["SignedHeaders"].split(";")
    expect(
        "the signed headers",
        names,
        sorted({"host"} | {name for name in headers if name.startswith(("x-acs-", "content-type"))}),
    )
    expect("the body's hash", headers["x-acs-content-sha256"], sha256_hex(http["body"].encode()))
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    query = "&".join(f"{escape(name)}={escape(value)}" for name, value in pairs)
    signed = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = "\n".join(
        [http["method"], parts.path, query, signed, ";".join(names), sha256_hex(http["body"].encode())]
    )
    signature = mac(provider["access_key_secret"].encode(), f"{algorithm}\n{sha256_hex(canonical.encode())}".encode())
    expect("the key id", stated["Credential"], provider["access_key_id"])
    expect("the token", headers.get("x-acs-security-token"), provider.get("security_token"))
    expect("the signature", stated["Signature"], signature.hex())
    return dict(pairs + parse_qsl(http["body"], keep_blank_values=True, strict_parsing=True))


def rpc(http: dict[str, Any], provider: dict[str, Any]) -> None:
    """Alibaba Cloud, RPC signature 1.0, with everything in the body."""
    pairs = parse_qsl(http["body"], keep_blank_values=True, strict_parsing=True)
    params = dict(pairs)
    expect("no parameter twice", len(params), len(pairs))
    stated = params.pop("Signature")
    query = "&".join(f"{escape(name)}={escape(value)}" for name, value in sorted(params.items()))
    text = f"{http['method']}&{escape('/')}&{escape(query)}"
    key = provider["access_key_secret"].encode() + b"&"
    expect("the key id", params["AccessKeyId"], provider["access_key_id"])
    expect("the signature", stated, base64.b64encode(hmac.digest(key, text.encode(), "sha1")).decode())


def tc3(http: dict[str, Any], provider: dict[str, Any]) -> None:
    """Tencent Cloud, TC3-HMAC-SHA256."""
    parts = urlsplit(http["url"])
    headers = {**dict(http["headers"]), "host": parts.netloc}
    algorithm, _, fields = headers["authorization"].partition(" ")
    stated = dict(field.split("=", 1) for field in fields.split(", "))
    names = stated["SignedHeaders"].split(";")
    signed = "".join(f"{name}:{headers[name]}\n" for name in names)
    hashed = sha256_hex(http["body"].encode())
    canonical = "\n".join([http["method"], parts.path, parts.query, signed, ";".join(names), hashed])
    day = time.strftime("%Y-%m-%d", time.gmtime(int(headers["x-tc-timestamp"])))
    scope = f"{day}/sms/tc3_request"
    text = f"{algorithm}\n{headers['x-tc-timestamp']}\n{scope}\n{sha256_hex(canonical.encode())}"
    key = f"TC3{provider['secret_key']}".encode()
    for part in (day, "sms", "tc3_request"):
        key = mac(key, part.encode())
    expect("the key id", stated["Credential"], f"{provider['secret_id']}/{scope}")
    expect("the signature", stated["Signature"], mac(key, text.encode()).hex())


# A flow


class Flow:
    """What a flow of a trace must hold."""

    def __init__(self, config: dict[str, Any], flow: dict[str, Any]) -> None:
        self.config, self.flow, self.request = config, flow, flow["request"]
        self.index, self.peppers = keys(config)
        self.namespace = config.get("namespace", "default")
        self.seed = bytes.fromhex(flow["seed"])
        self.exchanges = 0
        self.slot: tuple[str, str] | None = None
        self.round = 0
        self.given: dict[str, dict[str, str] | None] = {}
        self.asked: list[str] = []
        session = self.request.get("session") or ""
        if not session and config.get("session") == "challenge" and flow["call"] == "send":
            session = b64url(self.drawn("challenge", 16))
            expect("the session token", flow["outcome"].get("challenge"), session)
        number = flow["outcome"].get("to") or ""
        # Limits count one mailbox, however its name is spelled.
        local, _, domain = number.partition("@")
        self.recipient = f"mailto:{number}" if domain else f"tel:{number}"
        self.limited = f"mailto:{local.lower().partition('+')[0]}@{domain}" if domain else self.recipient
        self.ctx = enc(self.namespace, self.recipient, self.request.get("purpose", ""), session)
        self.partitions = self.names(number)

    def drawn(self, label: str, length: int) -> bytes:
        return derive(self.seed, label)[:length]

    def names(self, number: str) -> set[str]:
        """Returns the names of every partition that this flow may touch."""
        ids = [("number", self.limited), ("budget", "")]
        if number.startswith("+86"):
            ids += [("prefix", number[:10]), ("country", "86")]
        if "device" in self.request:
            ids.append(("device", self.index.device(self.request["device"])))
        for network in networks(self.request["ip"]) if "ip" in self.request else []:
            ids.append(("ip", network))
        return {self.index.partition(self.namespace, kind, id) for kind, id in ids}

    def check(self) -> None:
        for step in self.flow["steps"]:
            if "store" in step:
                for at, op in enumerate(step["store"]):
                    expect("the partition", op["key"] in self.partitions, True)
                    self.operation(op["op"])
                    self.heard((step["reply"] or {at: None})[at])
            elif "credentials" in step:
                self.given[step["credentials"]] = step["reply"]
                # A provider without a key has had its turn, and its nonce.
                self.exchanges += step["reply"] is None
                self.asked.append(step["credentials"])
            else:
                self.exchange(step["http"], step["now"])
        self.order()
        if "send_id" in self.flow["outcome"]:
            expect("the send's name", self.flow["outcome"]["send_id"], b64url(self.drawn("send-id", 12)))
        ticket = self.flow["outcome"].get("ticket")
        if ticket:
            ends_s = (self.flow["steps"][-1]["now"] + 600_000) // 1000
            args = (self.namespace, self.recipient, self.request["purpose"], self.request["ticket_for"], ends_s)
            expect("the ticket", ticket, self.peppers[0].ticket(*args))

    def operation(self, line: str) -> None:
        verb, *words = line.split(" ")
        if verb in ("count", "consume"):
            expect("the attempt", words[0], self.drawn("attempt", 4).hex())
            tag, _, nonce = words[1].partition(":")
            expect("the tag", tag, self.index.tag(self.ctx))
            if verb == "consume":
                expect("the nonce", nonce, self.slot[1] if self.slot else "")
            return
        if verb == "check":
            typed = folded(self.request["code"])
            expect("the attempt", words[0], self.drawn("attempt", 4).hex())
            expect("the tag", words[1], self.index.tag(self.ctx))
            proofs = [f"{pepper.kid}:{pepper.proof(self.ctx, typed)}" for pepper in self.peppers]
            expect("the proofs", words[3:], proofs)
            return
        if self.flow["call"] in ("inspect", "reset", "forget"):
            expect("the verb", verb, "look" if self.flow["call"] == "inspect" else "forget")
            return
        expect("the verb", verb in ("reserve", "release"), True)
        expect("the lease", words[0], self.drawn("lease", 8).hex())
        for word in words:
            name, _, value = word.partition("=")
            if name == "idem":
                expect("the idempotency tag", value, self.index.idem(self.ctx, self.request["idempotency_key"]))
            elif name == "slot":
                self.challenge(value.split(":"))

    def challenge(self, fields: list[str]) -> None:
        nonce = self.drawn("nonce", 16).hex()
        expect("the tag", fields[0], self.index.tag(self.ctx))
        expect("the nonce", fields[1], nonce)
        if len(fields) > 2:
            current = self.peppers[0]
            own = self.request.get("code")
            # A code that the provider makes is not known here: what is proven is a text that nobody can type.
            made = "~" if self.managed() else current.code(self.ctx, nonce)
            code = folded(own) if own else made
            expect("the proof", fields[2], current.proof(self.ctx, code))
            expect("the key ids", fields[8], ",".join(pepper.kid for pepper in self.peppers))

    def heard(self, reply: str | None) -> None:
        """Notes the challenge that the store says is live: its code is the one that goes out."""
        for word in (reply or "").split(" "):
            if word.startswith("slot="):
                count, kid, nonce, _ = word.removeprefix("slot=").split(":")
                self.slot, self.round = (kid, nonce), int(count)

    def managed(self) -> bool:
        """Tells whether the provider makes the codes; the traces have no other beside such a one."""
        return "aliyun_auth" in self.config["providers"][0]

    def order(self) -> None:
        """Compares the first provider that was asked with the one that the weights choose."""
        listed = [(kind, options) for entry in self.config["providers"] for kind, options in entry.items()]
        able = [
            (options.get("name", kind), options.get("weight", 0))
            for kind, options in listed
            if (kind == "aliyun_mail") == ("@" in self.recipient)
        ]
        drawn = [(name, weight) for name, weight in able if weight]
        if not drawn or not self.asked or not self.slot or self.flow["call"] != "send":
            return
        order: list[str] = []
        while drawn:
            turn = hashlib.sha256(b"sansms/1/order" + bytes.fromhex(self.slot[1]) + len(order).to_bytes(8, "big"))
            place = int.from_bytes(turn.digest()[:8], "big") % sum(weight for _, weight in drawn)
            for at, (name, weight) in enumerate(drawn):
                place -= weight
                if place < 0:
                    order.append(name)
                    del drawn[at]
                    break
        order += [name for name, weight in able if not weight]
        by = self.round % len(order)
        expect("the order of providers", self.asked, (order[by:] + order[:by])[: len(self.asked)])

    def exchange(self, http: dict[str, Any], answered_ms: int) -> None:
        endpoint = http["url"].partition("://")[2].partition("/")[0].partition("?")[0]
        pairs = [next(iter(provider.items())) for provider in self.config["providers"]]
        kind, provider = next(pair for pair in pairs if pair[1]["endpoint"].partition("://")[2] == endpoint)
        name = provider.get("name", kind)
        if provider.get("credentials") == "host":
            key = self.given[name] or {}
            names = ("access_key_id", "access_key_secret", "security_token")
            provider = {**provider, **dict(zip(names, (key["id"], key["secret"], key["token"])))}
        else:
            self.asked.append(name)
        nonce = self.drawn(f"http/{self.exchanges}", 16).hex()
        self.exchanges += 1
        minute = time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(answered_ms // 1000))
        sent_as = b64url(self.drawn("send-id", 12))
        headers = dict(http["headers"])
        if kind == "tencent":
            tc3(http, provider)
            body = json.loads(http["body"])
            expect("the send's name", body["SessionContext"], sent_as)
            self.code(body["TemplateParamSet"][0])
            return
        if provider.get("wire") == "rpc":
            rpc(http, provider)
            params = dict(parse_qsl(http["body"]))
            expect("the request's nonce", params["SignatureNonce"], nonce)
            expect("the request's date", params["Timestamp"][:17], minute)
        else:
            params = acs3(http, provider)
            expect("the request's nonce", headers["x-acs-signature-nonce"], nonce)
            expect("the request's date", headers["x-acs-date"][:17], minute)
        if kind == "aliyun_auth":
            expect("the recipient", f"tel:+86{params['PhoneNumber']}", self.recipient)
            expect("the scheme", params["SchemeName"], self.request["purpose"])
            if self.flow["call"] == "verify":
                expect("the guess", params["VerifyCode"], folded(self.request["code"]))
                return
            expect("the mark for a code", json.loads(params["TemplateParam"])["code"], "##code##")
            expect("the send's name", params["OutId"], sent_as)
        elif kind == "aliyun_mail":
            expect("the recipient", f"mailto:{params['ToAddress']}", self.recipient)
            self.code(params["TextBody"].partition(" ")[0])
        else:
            expect("the send's name", params["OutId"], sent_as)
            self.code(json.loads(params["TemplateParam"])["code"])

    def code(self, sent: str) -> None:
        """Compares the code that goes out: the caller's, or that of the challenge."""
        own = self.request.get("code")
        if own:
            expect("the caller's code", sent, folded(own))
            return
        kid, challenge_nonce = self.slot or ("", "")
        pepper = next(pepper for pepper in self.peppers if pepper.kid == kid)
        expect("the code", sent, pepper.code(self.ctx, challenge_nonce))


# Code vectors

HYPHENS = set("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u200b\ufeff")


def read(typed: str, shape: dict[str, Any] | None) -> dict[str, str]:
    """Brings what someone typed to a code: of a shape, or of the caller's own."""
    symbols = ALPHABETS[shape["alphabet"]] if shape else ""
    code = ""
    for at, letter in enumerate(typed):
        plain = unicodedata.normalize("NFKC", letter)
        full_width = "\uff21" <= letter <= "\uff3a" or "\uff41" <= letter <= "\uff5a"
        if not full_width and not (plain.isascii() and plain.isdigit()):
            plain = letter
        if at >= 64:
            return {"error": "input.code.length"}
        cased = plain.upper() if symbols and symbols != ALPHABETS["digits"] else plain
        if plain.isascii() and plain.isalnum() and (not symbols or cased in symbols):
            code += cased
        elif not (letter.isspace() or letter in HYPHENS):
            return {"error": "input.code.character"}
    if not code:
        return {"error": "input.code.empty"}
    fits = len(code) == shape["length"] if shape else 4 <= len(code) <= 12
    return {"folded": code} if fits else {"error": "input.code.length"}


def check_code(case: dict[str, Any]) -> None:
    if "typed" in case:
        expect("the typed code", case["expect"], read(case["typed"], case["shape"]))
        return
    index, peppers = keys(case["keys"])
    pepper = peppers[case["pepper"]]
    namespace, recipient = case["namespace"], case["recipient"]
    ctx = enc(namespace, recipient, case["purpose"], case["session"])
    code = case["own_code"] or pepper.code(ctx, case["nonce"], **case["shape"])
    wanted = {
        "kid": pepper.kid,
        "tag": index.tag(ctx),
        "code": code,
        "proof": pepper.proof(ctx, code),
        "idem": index.idem(ctx, case["idempotency_key"]),
        "partition": index.partition(namespace, "number", recipient),
    }
    expect("the code vector", case["expect"], wanted)


FACTS: Counter[str] = Counter()


def expect(what: str, found: object, wanted: object) -> None:
    FACTS[what] += 1
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, recomputed {wanted!r}")


def main(folder: str) -> int:
    passed, failed = 0, 0
    for path in sorted(Path(folder).glob("*.json")):
        trace = json.loads(path.read_text(encoding="utf-8"))
        for at, flow in enumerate(trace["flows"]):
            try:
                Flow(trace["config"], flow).check()
                passed += 1
            except Exception as error:
                failed += 1
                print(f"{path.name}, flow {at}: {type(error).__name__} {error}", file=sys.stderr)
    vectors = 0
    path = Path(folder).parent / "code.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        try:
            check_code(case)
            vectors += 1
        except Exception as error:
            failed += 1
            print(f"{path.name}, {case['id']}: {type(error).__name__} {error}", file=sys.stderr)
    print(", ".join(f"{what.removeprefix('the ')} {count}" for what, count in sorted(FACTS.items())))
    facts = sum(FACTS.values())
    print(f"traces: {passed} passed, {failed} failed (flows; {vectors} code vectors; {facts} facts recomputed)")
    return 0 if passed and vectors and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
