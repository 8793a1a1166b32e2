"""Texts that a client may have written: whatever its JSON held, the core is to read it."""

from __future__ import annotations

from . import _core

MOST = 10**40
"""No number that is asked for is as large; and one that is larger still has no digits in Python."""


def text(given: object) -> str:
    """Returns what was typed: a whole number's digits, half a character replaced; what is no text is empty."""
    if isinstance(given, str):
        return given if given.isascii() else given.encode("utf-8", "replace").decode("utf-8")
    if isinstance(given, int) and not isinstance(given, bool) and -MOST < given < MOST:
        return str(int(given))
    return ""


def whole(given: str | None) -> str | None:
    """Is `text` for what may be left out; what is neither text nor number stays, for it must bind nothing else."""
    return text(given) if isinstance(given, (str, int)) and not isinstance(given, bool) else given


def purpose_of(given: object) -> str:
    """Returns a purpose, or an action's name, for an observer: one that is none may be a client's, and is left out."""
    named = text(given)
    return named if _core.is_purpose(named) else ""
