#!/usr/bin/env python3
"""Compares the core's phone numbers with libphonenumber's, and explains every difference by a named rule.

Generates numbers from a fixed seed (every mainland segment, Hong Kong, Macao, Taiwan, every calling code with every
length, and the ways in which people write them), asks the core for its verdicts through the example `phone`, asks the
package `phonenumbers` for its own, and prints how often each rule explained a difference. A difference without a rule
makes it fail, and so does, with the usual seed, a rule that explains nothing any more.

    cargo build --release --example phone
    scripts/python-env phone
    python scripts/phone-differential.py [--parser target/release/examples/phone] [--seed 1] [--per-cell 20]
"""

import argparse
import json
import random
import re
import subprocess
import sys
from collections import Counter, namedtuple
from pathlib import Path

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat, PhoneNumberType

ROOT = Path(__file__).resolve().parent.parent
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

# What was typed, the default country; the core's verdict; libphonenumber's.
Case = namedtuple("Case", "text home ours theirs")
Ours = namedtuple("Ours", "e164 country kind error")
Theirs = namedtuple("Theirs", "e164 country mobile valid long_enough code national")


def segment(national):
    return national[:4] if national[:4] in {"1349", "1610", "1619"} else national[:3]


# --- the rules: name, what it is about, test -------------------------------------------------------------------------

RULES = []


def rule(name):
    def add(test):
        RULES.append((name, test))
        return test

    return add


def accepted(case):
    return case.ours.error is None


def mainland(case):
    return case.theirs is not None and case.theirs.code == 86


@rule("segment 149: data cards by the ministry's list; libphonenumber lags (#608)")
def _(case):
    return accepted(case) and mainland(case) and case.theirs.national.startswith("149")


@rule("segment 1349: satellites by the ministry's list; libphonenumber takes all of 134 for mobile")
def _(case):
    return case.ours.error == "input.number.class" and mainland(case) and segment(case.theirs.national) == "1349"


@rule("segment 174: satellites by the ministry's list; libphonenumber takes 1740(0-5) for mobile")
def _(case):
    return case.ours.error == "input.number.class" and mainland(case) and case.theirs.national.startswith("174")


@rule("elsewhere: the core knows calling code and lengths, not ranges; libphonenumber says the length is a mobile one")
def _(case):
    return (
        accepted(case)
        and case.ours.kind == "unknown"
        and case.theirs is not None
        and case.theirs.e164 == case.ours.e164
        and case.theirs.long_enough
        and not case.theirs.mobile
        and case.theirs.country in (None, case.ours.country)
    )


@rule("ambiguous: by length both a national number and one with its calling code; the core asks for a plus")
def _(case):
    code = str(phonenumbers.country_code_for_region(case.home))
    typed = re.sub(r"\D", "", case.text)
    return (
        case.ours.error == "input.number.ambiguous"
        and "+" not in case.text
        and typed.startswith(code)
        and {len(typed), len(typed) - len(code)} <= set(lengths(int(code)))
    )


def without_plus(case):
    """Returns what is left of the digits typed after the default country's calling code."""
    code = str(phonenumbers.country_code_for_region(case.home))
    typed = re.sub(r"\D", "", case.text)
    bare = "+" not in case.text and not typed.startswith("00")
    return (code, typed[len(code) :]) if bare and typed.startswith(code) else (code, None)


@rule("calling code without a plus: a mobile number to the core, by length and first digit; none to libphonenumber")
def _(case):
    code, rest = without_plus(case)
    trunk = trunk_of(case.home)
    readings = {rest, rest[len(trunk) :] if rest and trunk and rest.startswith(trunk) else rest}
    return (
        accepted(case)
        and rest is not None
        and case.theirs is not None
        and not case.theirs.mobile
        and case.ours.e164 in {f"+{code}{reading}" for reading in readings}
    )


@rule("a fixed line with calling code and without a plus: by length a national number, which the core cannot tell")
def _(case):
    code, rest = without_plus(case)
    return (
        accepted(case)
        and rest is not None
        and case.theirs is not None
        and not case.theirs.mobile
        and case.theirs.e164 == f"+{code}{rest}"
        and case.ours.e164 == f"+{code}{code}{rest}"
    )


@rule("carrier and service codes, and numbers completed or rewritten: libphonenumber does that, the core does not")
def _(case):
    typed = re.sub(r"\D", "", case.text)
    if "+" in case.text or typed.startswith("00"):
        code = str(case.theirs.code) if case.theirs else ""
        regions, national = COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0), ()), typed.removeprefix("00")[len(code):]
    else:
        regions, national = [case.home], typed
    trunks = {"", "0", "8", "1", *map(trunk_of, regions)}
    for region in regions:
        pattern = PhoneMetadata.metadata_for_region(region).national_prefix_for_parsing
        taken = pattern and re.match(pattern, national)
        if taken and taken[0] not in trunks:
            return True
    return False


@rule("Tristan da Cunha has no mobile numbers: for the core its calling code is Saint Helena's")
def _(case):
    return (
        case.ours.country == "SH" and case.theirs is not None and case.theirs.country == "TA" and not case.theirs.valid
    )


@rule("trunk prefix by length: the core drops it, libphonenumber keeps it as the whole fits no range of its own")
def _(case):
    if not accepted(case) or case.theirs is None or case.theirs.valid:
        return False
    code, national = str(case.theirs.code), case.theirs.national
    trunk = trunk_of(case.ours.country)
    return bool(trunk) and national.startswith(trunk) and case.ours.e164 == f"+{code}{national[len(trunk) :]}"


@rule("trunk prefix by length: libphonenumber drops it and is left with a number that fits no range")
def _(case):
    if not accepted(case) or case.theirs is None or case.theirs.mobile:
        return False
    trunk = trunk_of(case.ours.country)
    return bool(trunk) and case.ours.e164 == f"+{case.theirs.code}{trunk}{case.theirs.national}"


def trunk_of(country):
    return PhoneMetadata.metadata_for_region(country).national_prefix or ""


# --- numbers ---------------------------------------------------------------------------------------------------------


def digits(rng, count):
    return "".join(rng.choice("0123456789") for _ in range(count))


def numbers(rng, per_cell):
    # Every mainland segment of four digits, of every length around the right ones, with and without the code.
    for head in range(1000, 2000):
        for length in (10, 11, 11, 11, 11, 12, 13):
            national = str(head) + digits(rng, length - 4)
            yield rng.choice(("", "+86", "0086", "86")) + national
    # Hong Kong, Macao, Taiwan: the first and the last number of every head, long enough to decide.
    for code, length, heads in (
        (852, 8, range(1000, 10000)),
        (853, 8, [*range(1000, 10000), *range(60000, 70000)]),
        (886, 9, [*range(1000, 10000), *range(400000, 400100), *range(980000, 990200)]),
    ):
        for head in heads:
            for fill in "09":
                yield f"+{code}{str(head).ljust(length, fill)}"
    # Calling codes of several countries: every head of four digits, of five where mobile numbers need them.
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        if len(regions) > 1 and code != 1:
            for head in [*range(10000), *(range(70000, 80000) if code == 44 else ())]:
                for length in lengths(code):
                    yield f"+{code}{head:04}{digits(rng, length - len(f'{head:04}'))}"
    # Every calling code, also those of no country, with every length and every first two digits.
    for code in range(1, 1000):
        if code not in COUNTRY_CODE_TO_REGION_CODE:
            yield f"+{code}{digits(rng, 8)}"
            continue
        for length in range(3, 16 - len(str(code))):
            for _ in range(per_cell):
                yield f"+{code}{digits(rng, length)}"
        for head in range(100):
            for length in lengths(code):
                yield f"+{code}{head:02}{digits(rng, length - 2)}"
    # Every area code of calling code 1.
    for area in range(1000):
        for _ in range(4):
            yield f"+1{area:03}{rng.choice('23456789')}{digits(rng, 6)}"
    # Numbers that are valid by libphonenumber's examples, varied at the end, in every way of writing.
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
            if example is None:
                continue
            national = phonenumbers.national_significant_number(example)
            trunk = trunk_of(region)
            for kept in range(max(len(national) - 4, 1), len(national) + 1):
                varied = national[:kept] + digits(rng, len(national) - kept)
                yield f"+{code} {varied}"
                yield f"00{code}-{varied}"
                yield f"+{code} (0){varied}" if trunk == "0" else f"(+{code}) {varied}"
                yield f"+{code} {trunk}{varied}"
    # Fixed lines and other services, which the core tells apart in the four regions that it knows exactly.
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (
            PhoneNumberType.FIXED_LINE,
            PhoneNumberType.TOLL_FREE,
            PhoneNumberType.PREMIUM_RATE,
            PhoneNumberType.VOIP,
            PhoneNumberType.PERSONAL_NUMBER,
            PhoneNumberType.PAGER,
        ):
            example = phonenumbers.example_number_for_type(region, kind)
            if example:
                yield phonenumbers.format_number(example, PhoneNumberFormat.E164)


def at_home(rng, region):
    """Yields numbers as people of a country write them to each other, and with the calling code but no plus."""
    code = phonenumbers.country_code_for_region(region)
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        national = phonenumbers.national_significant_number(example)
        for kept in range(max(len(national) - 6, 1), len(national) + 1):
            varied = national[:kept] + digits(rng, len(national) - kept)
            number = phonenumbers.parse(f"+{code}{varied}")
            yield phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            yield varied
            yield f"{trunk_of(region)} {varied}"
            yield f"{code} {varied}"
            yield f"{code}-{trunk_of(region)}{varied}"


def lengths(code):
    found = set()
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        if region != "001" and PhoneMetadata.metadata_for_region(region).mobile:
            found |= set(PhoneMetadata.metadata_for_region(region).mobile.possible_length)
    return sorted(found)


# --- verdicts --------------------------------------------------------------------------------------------------------


def ask_core(parser, texts, countries, home):
    options = json.dumps({"countries": countries, "default_country": home})
    lines = "".join(text + "\n" for text in texts)
    answer = subprocess.run([parser, options], input=lines, capture_output=True, text=True, check=True)
    for line in answer.stdout.splitlines():
        said = json.loads(line)
        yield Ours(said.get("e164"), said.get("country"), said.get("class"), said.get("error"))


def ask_package(text, home):
    # The core takes 00 for + wherever it is; the package only where that is the country's own way.
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, home)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    return Theirs(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        phonenumbers.number_type(number) in MOBILE,
        phonenumbers.is_valid_number(number),
        len(national) in lengths(number.country_code) if number.country_code in COUNTRY_CODE_TO_REGION_CODE else False,
        number.country_code,
        national,
    )


def agree(ours, theirs):
    """Both refuse, or both take it for the same mobile number of the same country."""
    theirs_takes = theirs is not None and theirs.mobile and theirs.country not in (None, "001")
    if ours.error is not None:
        return not theirs_takes
    return theirs_takes and ours.e164 == theirs.e164 and ours.country == theirs.country


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parser", default=str(ROOT / "target/release/examples/phone"))
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--per-cell", type=int, default=20)
    options = arguments.parse_args()

    pinned = re.search(r"==(\S+)", (ROOT / "scripts/requirements/phone.in").read_text())[1]
    if phonenumbers.__version__ != pinned:
        sys.exit(f"phonenumbers {phonenumbers.__version__} is installed, {pinned} is wanted")

    rng = random.Random(options.seed)
    table = (ROOT / "core/src/phone/table.rs").read_text()
    countries = re.findall(r'= row\(\d+, \*b"(..)"|^ +row\(\d+, \*b"(..)"', table, re.M)
    countries = [first or second for first, second in countries]

    total, explained, unexplained, same = 0, Counter(), [], Counter()
    for home in ["CN", *sorted(set(countries) - {"CN"})]:
        typed = [at_home(rng, home)] + ([numbers(rng, options.per_cell)] if home == "CN" else [])
        texts = list(dict.fromkeys(text for source in typed for text in source))
        verdicts = list(ask_core(options.parser, texts, countries, home))
        assert len(verdicts) == len(texts), "the core left numbers out"
        total += len(texts)
        for text, ours in zip(texts, verdicts):
            case = Case(text, home, ours, ask_package(text, home))
            if agree(case.ours, case.theirs):
                same["both accept" if ours.error is None else "both refuse"] += 1
                continue
            name = next((name for name, test in RULES if test(case)), None)
            if name:
                explained[name] += 1
            else:
                unexplained.append(case)

    print(f"phonenumbers {pinned}, seed {options.seed}: {total:,} numbers")
    for name, count in [*same.items(), *explained.most_common()]:
        print(f"{count:9,}  {name}")
    # Other seeds and sizes may leave a rare rule out.
    usual = (options.seed, options.per_cell) == (arguments.get_default("seed"), arguments.get_default("per_cell"))
    idle = [name for name, _ in RULES if usual and not explained[name]]
    for name in idle:
        print(f"        0  {name}: explains nothing, take it out")
    for case in unexplained[:100]:
        print("unexplained:", case)
    print(f"{len(unexplained):9,}  unexplained")
    sys.exit(1 if unexplained or idle else 0)


if __name__ == "__main__":
    main()
