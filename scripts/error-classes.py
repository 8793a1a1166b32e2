#!/usr/bin/env python3
"""Writes core/src/provider/classes.rs from core/data/provider-errors.json, and what `python -m sansms explain` knows.

An entry that a send can meet carries `class` and, where the vendor names a tier, `retry_after_s`. A code
without a row of its own is looked up by its prefix, cut at dots, so rows that their prefix already gives are
left out. FAMILIES are prefixes that the vendors use without documenting a code of that name.
"""

import json
import pathlib
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The APIs whose codes a send can meet, and the core's feature without which nobody asks them.
APIS = {
    "aliyun": {
        "dysmsapi send": None,
        "common (gateway)": None,
        "dypnsapi SendSmsVerifyCode/CheckSmsVerifyCode": "managed",
        "dysmsapi 2018-05-01 (international)": "global",
        "dm SingleSendMail": "email",
    },
    "tencent": {
        "common (gateway)": None,
        "sms SendSms (SendStatusSet[].Code) and sms API": None,
        "ses SendEmail": "email",
        "qcloudsms v5 (result field)": "legacy",
    },
}
CLASSES = ["Rejected", "Account", "Throttled", "Unavailable", "Ambiguous"]
FAMILIES = {
    # isv: the caller's side refused it; isp: the provider's side failed, at a point nobody tells.
    "aliyun": {
        "isv": ("Account", 0),
        "isp": ("Ambiguous", 0),
        "InvalidAccessKeyId": ("Account", 0),
        "InvalidSecurityToken": ("Account", 0),
        "InvalidTimeStamp": ("Account", 0),
    },
    "tencent": {"AuthFailure": ("Account", 0)},
}


def lookup(rows, code):
    """Returns the code or the prefix of it that has a row."""
    while code not in rows:
        if "." not in code:
            return None
        code = code.rsplit(".", 1)[0]
    return code


def cfg(features):
    """Returns the condition that any of these features fulfils."""
    named = [f'feature = "{feature}"' for feature in sorted(features)]
    return f"#[cfg({named[0]})]" if len(named) == 1 else f"#[cfg(any({', '.join(named)}))]"


def main():
    entries = json.loads((ROOT / "core/data/provider-errors.json").read_text("utf-8"))
    out = [
        "//! Which code means which class. Written by `scripts/error-classes.py`; don't edit.",
        "#![cfg_attr(rustfmt, rustfmt_skip)]",
        "",
        "use super::Class::{Account, Ambiguous, Rejected, Throttled, Unavailable};",
        "use super::reading::Row;",
    ]
    for provider, apis in APIS.items():
        rows = dict(FAMILIES[provider])
        found = [e for e in entries if e["provider"] == provider and e["api"] in apis and "class" in e]
        for entry in sorted(found, key=lambda e: e["code"].count(".")):
            row = (entry["class"], entry.get("retry_after_s", 0))
            if rows.get(lookup(rows, entry["code"])) != row:
                rows[entry["code"]] = row
        # A row is left out of a build that asks none of the APIs which need it.
        needs = {code: {None} for code in FAMILIES[provider]}
        for entry in found:
            needs.setdefault(lookup(rows, entry["code"]), set()).add(apis[entry["api"]])
        # One row for all codes of a class, as each of its own would cost a build more than its name.
        groups = {}
        for code, (kind, seconds) in sorted(rows.items()):
            wanted = () if None in needs[code] else tuple(sorted(needs[code]))
            groups.setdefault((CLASSES.index(kind), seconds, wanted), []).append(code)
        out += ["", f"/// Codes of {provider}: class, seconds until another try may pass (0: not told), the codes."]
        out += [f"pub(super) const {provider.upper()}: &[Row] = &["]
        for (kind, seconds, wanted), codes in sorted(groups.items()):
            out += [f"    {cfg(wanted)}"] if wanted else []
            lines = textwrap.wrap(" ".join(codes), 90, break_long_words=False, break_on_hyphens=False)
            text = " \\\n        ".join(lines)
            out += [f'    ({CLASSES[kind]}, {seconds}, "{text}"),']
        out += ["];"]
    target = ROOT / "core/src/provider/classes.rs"
    target.write_text("\n".join(out) + "\n", "utf-8")
    pack(entries)


def pack(entries):
    """Writes what people may ask about into the Python package: a list of rows for each provider and API."""
    packed = {}
    for e in entries:
        row = [e["code"], e["meaning_zh"], e["meaning_en"], e["category"], e.get("class", ""), e.get("retry_after_s", 0)]
        packed.setdefault(e["provider"] + "\t" + e["api"], []).append(row)
    target = ROOT / "bindings-python/python/sansms/data/provider-errors.json"
    target.parent.mkdir(exist_ok=True)
    lines = ",\n".join(
        json.dumps(api, ensure_ascii=False)
        + ":[\n"
        + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        + "]"
        for api, rows in packed.items()
    )
    target.write_text("{" + lines + "}\n", "utf-8")


if __name__ == "__main__":
    main()
