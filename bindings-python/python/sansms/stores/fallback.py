"""A second store for the time in which the first one fails."""

from __future__ import annotations

from threading import Lock
from time import monotonic

from sansms._driver import warn
from sansms._errors import ConfigError

from .split import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from sansms._types import AsyncStore, Store

    Ops = list[tuple[str, str]]

CODES_LIVE = 600.0
"""The longest that a code lives, in seconds."""


class FallbackStore:
    """Goes on with another store while the first one fails: a degraded mode, which you choose.

    What it costs: limits count anew at the fallback, so an outage lets through twice a limit at most, and as much again
    for each fallback that processes don't share (memory is one of those). Codes sent before the outage can't be checked
    during it; those sent during it can, after it too. What the first store refuses is refused. A send that meets the
    outage as its code is stored is refused once: the first store may have it, and in both it could be spent twice.

    `send` and `verify` need both stores to serve them, `asend` and `averify` either kind.
    """

    def __init__(
        self,
        primary: Store | AsyncStore | str,
        fallback: Store | AsyncStore | str,
        *,
        for_s: float = 30.0,
        on_switch: Callable[[str], object] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Opens nothing; each is a store or a URL. After a failure the fallback is asked for `for_s` seconds.

        Then one call tries the first store again. That gets half of the time that a call has for its stores, so that
        the fallback has a chance within the same deadline. `on_switch` and the service's observer hear
        `store.fallback` and `store.back`.
        """
        self._primary = made(primary, "primary")
        self._fallback = made(fallback, "fallback")
        if not for_s > 0:
            raise ConfigError("config.value", "store.for_s", "must be more than 0 seconds")
        self._for_s = for_s
        self._on_switch = on_switch
        self._clock = clock
        self._lock = Lock()
        self._retry_at: float | None = None
        self._fell_at = 0.0
        self._events: list[str] = []

    def run(self, ops: Ops, timeout: float) -> list[str | None]:
        """Runs the operations at the store that is in use, within `timeout` seconds in all."""
        deadline = monotonic() + timeout
        turn = self._turn()
        if turn == FALLBACK:
            return self._hidden(list(blocking(self._fallback).run(ops, timeout)))
        try:
            replies = list(blocking(self._primary).run(ops, timeout / 2))
        except ConfigError:
            raise
        except Exception as error:
            replies = self._failed(ops, error)
        else:
            self._heard(replies, turn)
        places = unanswered(ops, replies)
        if places:
            asked = [ops[at] for at in places]
            try:
                self._put(replies, places, blocking(self._fallback).run(asked, max(deadline - monotonic(), 0.001)))
            except ConfigError:
                raise
            except Exception as error:
                self._failed_too(replies, error)
        return replies

    async def arun(self, ops: Ops, timeout: float) -> list[str | None]:
        """Is `run`, awaited."""
        deadline = monotonic() + timeout
        turn = self._turn()
        if turn == FALLBACK:
            return self._hidden(list(await awaited(self._fallback)(ops, timeout)))
        try:
            replies = list(await awaited(self._primary)(ops, timeout / 2))
        except ConfigError:
            raise
        except Exception as error:
            replies = self._failed(ops, error)
        else:
            self._heard(replies, turn)
        places = unanswered(ops, replies)
        if places:
            asked = [ops[at] for at in places]
            try:
                found = await awaited(self._fallback)(asked, max(deadline - monotonic(), 0.001))
                self._put(replies, places, found)
            except ConfigError:
                raise
            except Exception as error:
                self._failed_too(replies, error)
        return replies

    def take_events(self) -> list[str]:
        """Returns what happened since the last call: `store.fallback`, `store.back`. The service asks."""
        if not self._events:
            return []
        with self._lock:
            taken, self._events = self._events, []
        return taken

    def close(self) -> None:
        """Closes both stores."""
        for store in (self._primary, self._fallback):
            close: Callable[[], None] | None = getattr(store, "close", None)
            if close is not None:
                close()

    async def aclose(self) -> None:
        """Closes what the running loop opened in both stores, and all that `close` closes."""
        for store in (self._primary, self._fallback):
            aclose: Callable[[], Awaitable[None]] | None = getattr(store, "aclose", None)
            if aclose is not None:
                await aclose()
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _turn(self) -> str:
        """Tells whom this call asks; after the pause one call tries the first store, and no other waits for it."""
        if self._retry_at is None:
            return PRIMARY
        with self._lock:
            now = self._clock()
            if self._retry_at is None:
                return PRIMARY
            if now < self._retry_at:
                return FALLBACK
            self._retry_at = now + self._for_s
            return TRIAL

    def _failed(self, ops: Ops, error: Exception | None) -> list[str | None]:
        """Notes that the first store failed; all its operations go to the other."""
        if error is not None:
            warn("the store", error)
        with self._lock:
            first = self._retry_at is None
            self._retry_at = self._clock() + self._for_s
            if first:
                self._fell_at = self._clock()
        if first:
            self._switched("store.fallback")
        return [None] * len(ops)

    def _heard(self, replies: list[str | None], turn: str) -> None:
        """Notes that the first store answered; one that failed every operation did not."""
        if all(reply is None for reply in replies):
            self._failed([], None)
        elif turn == TRIAL:
            with self._lock:
                self._retry_at = None
            self._switched("store.back")

    def _failed_too(self, replies: list[str | None], error: Exception) -> None:
        """Leaves what the first store said, if it said something."""
        if all(reply is None for reply in replies):
            raise error
        warn("the store", error)

    def _put(self, replies: list[str | None], places: list[int], found: Sequence[str | None]) -> None:
        """Puts the fallback's replies where the first store had none, or knew of no code."""
        for at, reply in zip(places, found):
            if replies[at] is None:
                (replies[at],) = self._hidden([reply])
            elif reply is not None:
                replies[at] = reply

    def _hidden(self, replies: list[str | None]) -> list[str | None]:
        """A code that is not here may be in the store that is down: that is no answer, and not "expired"."""
        if self._retry_at is not None and self._clock() - self._fell_at > CODES_LIVE:
            return replies
        return [None if reply == "gone" else reply for reply in replies]

    def _switched(self, event: str) -> None:
        from logging import getLogger

        getLogger("sansms").warning("%s: %s", event, TOLD[event])
        with self._lock:
            self._events.append(event)
        if self._on_switch is not None:
            try:
                self._on_switch(event)
            except Exception as error:
                warn("on_switch", error)


PRIMARY, TRIAL, FALLBACK = "primary", "trial", "fallback"

TOLD = {
    "store.fallback": "the first store fails, so the fallback is asked; limits count anew there",
    "store.back": "the first store answers again",
}


def unanswered(ops: Ops, replies: Sequence[str | None]) -> list[int]:
    """Returns the places to ask the fallback about: what failed, and codes that it may have sent.

    Not a code that was to be stored: the first store may have done it without a word, and one that lies in both
    could be spent in each.
    """
    return [
        at
        for at, ((_, op), reply) in enumerate(zip(ops, replies))
        if reply == "gone" or (reply is None and not stores_code(op))
    ]


def stores_code(op: str) -> bool:
    """Tells whether an operation stores a code."""
    return op.startswith("reserve ") and " slot=" in op


def blocking(store: Any) -> Any:
    """Returns the store, if `send` and `verify` can use it."""
    if not hasattr(store, "run"):
        raise ConfigError("config.type", "store", "serves asend and averify only")
    return store


def awaited(store: Any) -> Any:
    """Returns how the store is awaited."""
    if hasattr(store, "arun"):
        return store.arun
    from sansms._async import in_thread

    return in_thread(store.run)
