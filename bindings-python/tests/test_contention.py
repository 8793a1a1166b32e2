"""Stores while everybody asks at once, and at random; `scripts/soak` has the long forms, `contention` and `sql`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contention import contend, over

HERE = Path(__file__).parent
SQL = ["sqlite", "postgres", "mariadb", "django sqlite", "django postgres", "django mariadb"]


def url_of(kind, request, tmp_path):
    prefix, _, name = kind.rpartition(" ")
    url = f"sqlite:///{tmp_path}/codes.sqlite3" if name == "sqlite" else request.getfixturevalue(f"{name}_url")
    prefix = "cluster" if name == "cluster" else prefix
    return f"{prefix}+{url}" if prefix else url


def run(program, *arguments):
    """Runs a program in a process of its own; Django's settings are made once in each."""
    pytest.importorskip("django")
    command = [sys.executable, "-W", "ignore", str(HERE / program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["redis", "cluster", "async redis", "async postgres", *SQL])
def test_processes_at_one_number_one_address_and_one_budget(kind, request, tmp_path):
    lines = run("contention.py", url_of(kind, request, tmp_path), 1.5, 4, 4, 200).splitlines()
    assert lines[:3] == ["number: 15 of 15", "ip: 15 of 15", "budget: 15 of 15"]


def test_tasks_of_one_process_in_memory():
    contend("memory://", 1, 1, 64, 1000)


def test_limits_that_are_not_shared_are_found_out():
    """Two processes with a memory of its own each."""
    with pytest.raises(AssertionError, match="number"):
        contend("memory://", 0.5, 2, 4, 20)


def test_a_window_that_holds_too_much_is_found():
    history = [(at / 10, at / 10 + 0.01) for at in range(3)]
    assert not over(history, 3, 1.0)
    assert over([*history, (0.9, 0.95)], 3, 1.0)
    assert not over([*history, (0.9, 1.1)], 3, 1.0)
    assert not over([*history, (1.0, 1.01)], 3, 1.0)


@pytest.mark.parametrize("kind", SQL)
def test_random_operations_are_answered_as_apply_answers_them(kind, request, tmp_path):
    assert run("differential.py", url_of(kind, request, tmp_path), 1000).startswith("digest ")
