#!/usr/bin/env python3
"""Writes core/src/phone/table.rs from libphonenumber's published metadata.

The PyPI package `phonenumbers` carries that metadata under the same version number; which one is pinned in
scripts/requirements/phone.in.

    python scripts/phone-table.py            # prints the file
    python scripts/phone-table.py --write    # writes it
    python scripts/phone-table.py --check    # fails when the file in the tree is another
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from re import _parser as sre

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

TARGET = Path(__file__).resolve().parent.parent / "core/src/phone/table.rs"

# What people dial before a national number, where the metadata's `national_prefix` says less.
TRUNKS = {"BY": "80", "LT": "08"}  # the metadata takes off `0|80?` and `[08]`
TRUNK_NAMES = {"": "None", "0": "Zero", "1": "One", "8": "Eight", "06": "ZeroSix", "80": "EightZero", "08": "ZeroEight"}

# Mainland China is in mainland.rs, from the ministry's own list; here it has its calling code and its lengths.
LENGTHS = {"CN": (11, 13)}

# Whose mobile numbers are checked exactly, and how many leading digits decide.
EXACT = {"HK": 4, "MO": 5, "TW": 6}

# How many leading digits tell the countries of one calling code apart.
DEPTH = defaultdict(lambda: 5, {44: 6})

KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan")


def metadata(region):
    return PhoneMetadata.metadata_for_region(region)


def countries():
    """Yields (calling code, its regions with mobile numbers, the main one first); networks of no country are left out."""
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        found = [r for r in regions if r != "001" and metadata(r).mobile and metadata(r).mobile.possible_length]
        if found:
            yield code, found


def first_digits(pattern):
    """Returns the digits that a match can begin with."""

    def of(parsed):
        out, empty = set(), True
        for op, argument in parsed:
            found, empty = one(op, argument)
            out |= found
            if not empty:
                break
        return out, empty

    def one(op, argument):
        name = str(op)
        if name == "LITERAL":
            return {int(chr(argument))}, False
        if name == "IN":
            out = set()
            for inner, value in argument:
                if str(inner) == "LITERAL":
                    out.add(int(chr(value)))
                elif str(inner) == "RANGE":
                    out |= set(range(value[0] - 48, value[1] - 47))
                else:
                    out |= set(range(10))
            return out, False
        if name == "SUBPATTERN":
            return of(argument[-1])
        if name == "BRANCH":
            parts = [of(part) for part in argument[1]]
            return set().union(*(p[0] for p in parts)), any(p[1] for p in parts)
        if name == "MAX_REPEAT":
            least, _, inner = argument
            found, empty = of(inner)
            return found, empty or least == 0
        raise ValueError(name)

    return sorted(of(sre.parse(pattern))[0])


def exact_ranges(region):
    """Returns the mobile numbers of a region as ranges of whole national numbers."""
    mobile, depth = metadata(region).mobile, EXACT[region]
    (length,), pattern = mobile.possible_length, re.compile(mobile.national_number_pattern)
    rest = length - depth
    out = []
    for head in range(10**depth):
        text = str(head).zfill(depth)
        hits = {bool(pattern.fullmatch(text + fill * rest)) for fill in "0123456789"}
        assert len(hits) == 1, (region, text, "needs more leading digits")
        if hits != {True}:
            continue
        low, high = int(text + "0" * rest), int(text + "9" * rest)
        if out and out[-1][1] + 1 == low:
            out[-1][1] = high
        else:
            out.append([low, high])
    return out


def area_codes():
    """Returns the area codes of +1 that have subscribers who can get messages, by country."""
    out = defaultdict(set)
    for area in range(200, 1000):
        for exchange in range(200, 1000):
            number = phonenumbers.PhoneNumber(1, int(f"{area}{exchange}0123"))
            kind = phonenumbers.number_type(number)
            if kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
                out[phonenumbers.region_code_for_number(number)].add(area)
    assert sum(len(areas) for areas in out.values()) == len(set().union(*out.values())), "an area code of two countries"
    return out


def leading_digits(code, regions):
    """Returns (prefix, region) for every region but the main one: the shortest prefixes under which only it has numbers.

    As libphonenumber does: the first region that claims the number has it, by its leading digits where it has some.
    """
    depth = DEPTH[code]
    lengths = sorted({n for r in regions for n in metadata(r).mobile.possible_length})
    tests = []
    for region in regions:
        data = metadata(region)
        if data.leading_digits:
            tests.append((region, re.compile(data.leading_digits).match))
        else:
            kinds = [getattr(data, kind) for kind in KINDS]
            patterns = {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
            tests.append((region, re.compile("|".join(f"(?:{p})" for p in sorted(patterns))).fullmatch))
    under = defaultdict(set)
    for head in range(10**depth):
        text = str(head).zfill(depth)
        owners = set()
        for length in lengths:
            for fill in "059":
                number = (text + fill * 15)[:length]
                owners.add(next((region for region, test in tests if test(number)), None))
        owners.discard(None)
        if owners:
            for n in range(depth + 1):
                under[text[:n]] |= owners
    out = []

    def descend(prefix):
        owners = under.get(prefix, set())
        if len(owners) == 1 and regions[0] not in owners:
            out.append((prefix, next(iter(owners))))
        elif len(owners) > 1 and len(prefix) < depth:
            for digit in "0123456789":
                descend(prefix + digit)

    descend("")
    return sorted(out, key=lambda pair: (-len(pair[0]), pair[0]))


def wrap(items, indent):
    lines, line = [], " " * indent
    for item in items:
        if len(line) + len(item) + 2 > 108:
            lines.append(line.rstrip())
            line = " " * indent
        line += item + ", "
    lines.append(line.rstrip())
    return "\n".join(lines)


def number(value):
    return f"{value:_}"


def table():
    version = phonenumbers.__version__
    out = [
        "//! What is known of the world's numbers, as data.",
        "//!",
        f"//! Source: libphonenumber's published metadata, version {version}, Apache-2.0.",
        "//! Written by `scripts/phone-table.py`; do not edit.",
        "#![cfg_attr(rustfmt, rustfmt_skip)]",
        "",
        "use super::row::{Entry, Trunk, row};",
        "",
        "/// The version of libphonenumber's metadata that this table was made from.",
        f'pub const METADATA_VERSION: &str = "{version}";',
        "",
    ]
    shared, rows, named = [], [], []
    for code, regions in countries():
        if len(regions) > 1:
            shared.append((code, regions))
        for region in regions:
            data = metadata(region)
            lengths = LENGTHS.get(region, data.mobile.possible_length)
            assert max(lengths) + len(str(code)) <= 15, region
            trunk = TRUNKS.get(region, data.national_prefix or "")
            digits = first_digits(data.mobile.national_number_pattern)
            assert not (trunk and 0 in digits), region
            sizes = ", ".join(map(str, lengths))
            firsts = "".join(map(str, digits))
            row = f'row({code}, *b"{region}", Trunk::{TRUNK_NAMES[trunk]}, &[{sizes}], b"{firsts}")'
            if region in LENGTHS:
                named.append(f"/// Mainland China.\nconst {region}: Entry = {row};\n")
                row = region
            rows.append(f"    {row},")
    out += named
    out += [
        "/// Calling code, country, trunk prefix, lengths of mobile numbers, first digits of mobile numbers.",
        "///",
        "/// In order of the calling code, a code's main country first.",
        "pub(super) const ROWS: &[Entry] = &[",
    ]
    out += [*rows, "];", ""]

    areas = area_codes()
    order = ["US", "CA"] + sorted(set(areas) - {"US", "CA"})
    out += [
        "/// The area codes of calling code 1 whose subscribers can get messages, in order, by country.",
        "///",
        "/// Toll-free, premium and personal codes are not among them.",
        "pub(super) const AREAS: &[([u8; 2], &[u16])] = &[",
    ]
    for region in order:
        codes = [str(area) for area in sorted(areas[region])]
        if len(codes) < 5:
            out.append(f'    (*b"{region}", &[{", ".join(codes)}]),')
        else:
            out += [f'    (*b"{region}", &[', wrap(codes, 8), "    ]),"]
    out += ["];", ""]

    out += [
        "/// What tells the smaller countries of a shared calling code from its main one.",
        "pub(super) static LEADS: &[(u16, &str, &str)] = &[",
    ]
    for code, regions in shared:
        if code == 1:
            continue
        theirs = leading_digits(code, regions)
        # No prefix begins another country's, so their order doesn't matter.
        assert not any(a != b and one.startswith(two) for one, a in theirs for two, b in theirs), code
        for region in sorted({region for _, region in theirs}):
            prefixes = " ".join(prefix for prefix, owner in theirs if owner == region)
            out.append(f'    ({code}, "{region}", "{prefixes}"),')
    out += ["];", ""]

    out += [
        "/// Every mobile number there is in Hong Kong, Macao and Taiwan: calling code, and ranges in order.",
        "pub(super) const EXACT: &[(u16, &[(u32, u32)])] = &[",
    ]
    for region in EXACT:
        code = metadata(region).country_code
        ranges = [f"({number(low)}, {number(high)})" for low, high in exact_ranges(region)]
        out += [f"    ({code}, &[", wrap(ranges, 8), "    ]),"]
    out += ["];", ""]
    return "\n".join(out)


def main():
    text = table()
    if "--write" in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif "--check" in sys.argv:
        if TARGET.read_text(encoding="utf-8") != text:
            sys.exit(f"{TARGET} is not what libphonenumber {phonenumbers.__version__} gives; run with --write")
        print(f"phone table: as libphonenumber {phonenumbers.__version__} gives it")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
