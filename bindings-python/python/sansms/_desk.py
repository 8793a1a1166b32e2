"""What the help desk tells: how a recipient stands, and whether the store answers."""

from __future__ import annotations

from typing import Literal, TypedDict


class RuleStanding(TypedDict):
    """How one rule of a recipient stands."""

    rule: str
    """`cooldown`, `number` or `wrong_tries`."""
    limit: int
    """How many it lets through."""
    window_ms: int
    """In any window this long, in milliseconds."""
    used: int
    """How many of them are taken."""
    wait_ms: int
    """When it lets through again, in milliseconds from now; 0 if it does."""


class CodeStanding(TypedDict):
    """How one code of a recipient stands."""

    state: Literal["live", "locked", "spent"]
    """Whether it can be tried, has no try left, or was right."""
    tries_left: int
    """How often it may be tried."""
    resent: int
    """How often it was sent again, 15 at most."""
    expires_in_ms: int
    """How long it lives, in milliseconds."""


class Standing(TypedDict):
    """How a recipient stands: the `answer` of an `inspect`. No number and no code is in it."""

    rules: list[RuleStanding]
    """Every rule that counts by recipient, in the order of the policy."""
    codes: list[CodeStanding]
    """The codes that have not ended."""


class Health:
    """Whether the store answers; true when it does."""

    __slots__ = ("code", "latency_ms", "ok")

    def __init__(self, ok: bool, code: str, latency_ms: float) -> None:
        self.ok: bool = ok
        """Whether it answers."""
        self.code: str = code
        """`store.ok`, or what is wrong, e.g. `store.down`, `store.clock`, `config.value`."""
        self.latency_ms: float = latency_ms
        """How long that took, in milliseconds."""

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Health {self.code} {self.latency_ms:.0f} ms>"
