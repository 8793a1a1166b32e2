"""What an observer hears."""

from __future__ import annotations

from ._driver import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import Outcome
    from ._types import Observer


class Event:
    """One outcome, for counters and logs: no number, no code, no address."""

    __slots__ = ("action", "code", "events", "kind", "latency_ms", "masked", "provider", "purpose", "rule")

    def __init__(self, action: str, purpose: str, outcome: Outcome, latency_ms: float) -> None:
        self.action: str = action
        """`send`, `verify` or `call`; or `inspect`, `reset`, `forget` or `health`."""
        self.purpose: str = purpose
        """What the code is for, as the application named it; for a `call`, the vendor's action."""
        self.kind: str = outcome.kind
        """Which outcome: `sent`, `limited` …"""
        self.code: str = outcome.code
        """Its dotted code, e.g. `limit.cooldown`."""
        self.masked: str | None = outcome.masked
        """The number as it may be shown."""
        self.provider: str | None = outcome.provider
        """The provider that was asked last, if one was."""
        self.latency_ms: float = latency_ms
        """How long the whole call took, in milliseconds."""
        self.rule: str | None = outcome.code.partition(".")[2] if outcome.kind == "limited" else None
        """The rule that refused, e.g. `cooldown`."""
        self.events: list[str] = outcome.events
        """What an operator may want to hear of, e.g. `budget.80`, `store.fallback`."""

    def __repr__(self) -> str:
        return f"<Event {self.action} {self.kind} {self.code} {self.masked or '-'} {self.latency_ms:.0f} ms>"


def report(observer: Observer, action: str, purpose: str, outcome: Outcome, latency_ms: float) -> None:
    """Tells the observer; what it raises never reaches the caller."""
    try:
        observer(Event(action, purpose, outcome, latency_ms))
    except Exception as error:
        warn("the observer", error)
