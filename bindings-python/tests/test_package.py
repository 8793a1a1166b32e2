"""What an application gets by installing and importing the package."""

from __future__ import annotations

import subprocess
import sys
from ast import literal_eval
from importlib.metadata import distribution

import pytest

import sansms


def python(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments, "-c", script], check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_the_package_was_installed_from_a_wheel():
    assert "site-packages" in sansms.__file__
    assert distribution("sansms").read_text("WHEEL")


def test_the_version_is_that_of_the_distribution():
    assert sansms.__version__ == distribution("sansms").version


def test_one_package_is_required():
    required = [line for line in distribution("sansms").requires or [] if "extra ==" not in line]
    assert required == ["urllib3>=2.2,<3"]
    assert set(distribution("sansms").metadata.get_all("Provides-Extra")) >= {"async", "redis"}


def test_the_licences_and_the_types_are_in_the_wheel():
    names = {file.name for file in distribution("sansms").files or []}
    assert {"LICENSE-MIT", "LICENSE-APACHE", "py.typed", "_core.pyi", "provider-errors.json", "inbox.html"} <= names


def test_every_public_name_can_be_had():
    for name in sansms.__all__:
        assert getattr(sansms, name) is not None
    assert dir(sansms) == sorted(sansms.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        sansms.Nothing  # noqa: B018


def test_importing_loads_nothing_heavy():
    script = """if True:
        import sys
        before = set(sys.modules)
        import sansms
        print(sorted(set(sys.modules) - before))
    """
    assert set(literal_eval(python(script))) <= {"__future__", "sansms"}


def test_a_service_loads_neither_urllib3_nor_asyncio():
    script = """if True:
        import sys
        import sansms
        sansms.Service(
            providers=[{"aliyun": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "a",
                                   "templates": {"a": "SMS_1"}}}],
            secret="x" * 32,
        )
        print([name for name in ("asyncio", "dataclasses", "logging", "typing", "urllib3") if name in sys.modules])
    """
    assert python(script) == "[]\n"


def test_importing_takes_less_than_15_ms():
    script = "import sansms; sansms.Service"
    best = min(own_import_us(python(script, "-X", "importtime")) for _ in range(5))
    assert best < 15_000


def own_import_us(report: str) -> int:
    """Sums what the package's own lines of `-X importtime` took, in µs, all that they load included."""
    total = 0
    for line in report.splitlines():
        _, _, numbers = line.partition("import time:")
        parts = [part.strip() for part in numbers.split("|")]
        if len(parts) == 3 and parts[2] in ("sansms", "sansms._service"):
            total += int(parts[1])
    assert total > 0
    return total
