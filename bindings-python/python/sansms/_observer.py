"""What an observer hears, and what a service counts."""

from __future__ import annotations

from threading import Lock

from ._driver import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import Observer


class Event:
    """One outcome or delivery receipt, for counters and logs: no number, no code, no address."""

    __slots__ = ("action", "code", "events", "kind", "latency_ms", "masked", "provider", "purpose", "rule", "send_id")

    def __init__(
        self,
        action: str,
        purpose: str,
        *,
        kind: str,
        code: str,
        masked: str | None,
        provider: str | None,
        send_id: str | None,
        latency_ms: float = 0.0,
        events: list[str] | None = None,
    ) -> None:
        self.action: str = action
        """`send`, `verify`, `call` or `receipt`; or `inspect`, `reset`, `forget` or `health`."""
        self.purpose: str = purpose
        """What the code is for, as the application named it; for a `call`, the vendor's action; empty for a receipt.

        Empty too when it can't be one, or is refused as one: a client may have written it.
        """
        self.kind: str = kind
        """Which outcome: `sent`, `limited` …; of a receipt, `delivered`, `failed` or `pending`."""
        self.code: str = code
        """Its dotted code, e.g. `limit.cooldown`; of a receipt, the carrier's, e.g. `DELIVERED`, or nothing."""
        self.masked: str | None = masked
        """The recipient as it may be shown."""
        self.provider: str | None = provider
        """The provider that was asked last, if one was; of a receipt, its kind."""
        self.send_id: str | None = send_id
        """The blind name of the send, which its receipts repeat."""
        self.latency_ms: float = latency_ms
        """How long the whole call took, in milliseconds."""
        self.rule: str | None = code.partition(".")[2] if kind == "limited" else None
        """The rule that refused, e.g. `cooldown`."""
        self.events: list[str] = events or []
        """What an operator may want to hear of, e.g. `budget.80`, `store.fallback`."""

    def __repr__(self) -> str:
        return f"<Event {self.action} {self.kind} {self.code} {self.masked or '-'} {self.latency_ms:.0f} ms>"


def report(observer: Observer, event: Event) -> None:
    """Tells the observer; what it raises never reaches the caller."""
    try:
        observer(event)
    except Exception as error:
        warn("the observer", error)


class Tally:
    """Counts what this process did, by action, provider and kind."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._lock = Lock()

    def add(self, action: str, provider: str | None, kind: str) -> None:
        """Counts one."""
        key = action, provider or "", kind
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1

    def read(self) -> dict[str, dict[str, dict[str, int]]]:
        """Returns the counts so far."""
        with self._lock:
            counts = sorted(self._counts.items())
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (action, provider, kind), count in counts:
            found.setdefault(action, {}).setdefault(provider, {})[kind] = count
        return found
