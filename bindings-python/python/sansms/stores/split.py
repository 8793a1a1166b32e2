"""Records in two stores, by what they are about."""

from __future__ import annotations

from time import monotonic

from sansms._driver import warn
from sansms._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from sansms._types import AsyncStore, Store

    Ops = list[tuple[str, str]]


class SplitStore:
    """Keeps the budget in one store and everything else in another: limits in Redis, say, and the budget in SQL.

    A store that fails fails its operations only. `send` and `verify` need both stores to serve them, `asend` and
    `averify` either kind.
    """

    def __init__(self, *, limits: Store | AsyncStore | str, budget: Store | AsyncStore | str) -> None:
        """Opens nothing; each is a store or a URL. `budget` has one record a deployment, `limits` the rest."""
        self._limits = made(limits, "limits")
        self._budget = made(budget, "budget")

    def run(self, ops: Ops, timeout: float) -> list[str | None]:
        """Runs the operations at their stores, one after the other, within `timeout` seconds in all."""
        deadline = monotonic() + timeout
        replies: list[str | None] = [None] * len(ops)
        failed: Exception | None = None
        done = False
        for store, places in self._parts(ops):
            try:
                if not hasattr(store, "run"):
                    raise ConfigError("config.type", "store", "serves asend and averify only")
                found = store.run([ops[at] for at in places], max(deadline - monotonic(), 0.001))
            except ConfigError:
                raise
            except Exception as error:
                failed = error
                warn("the store", error)
                continue
            done = True
            put(replies, places, found)
        if failed is not None and not done:
            raise failed
        return replies

    async def arun(self, ops: Ops, timeout: float) -> list[str | None]:
        """Runs the operations at their stores, at once."""
        from asyncio import gather

        from sansms._async import in_thread

        replies: list[str | None] = [None] * len(ops)
        parts = self._parts(ops)
        calls = [
            (store.arun if hasattr(store, "arun") else in_thread(store.run))([ops[at] for at in places], timeout)
            for store, places in parts
        ]
        results = await gather(*calls, return_exceptions=True)
        for (_, places), found in zip(parts, results):
            if isinstance(found, ConfigError) or (
                isinstance(found, BaseException) and not isinstance(found, Exception)
            ):
                raise found
            if isinstance(found, Exception):
                warn("the store", found)
            elif not isinstance(found, BaseException):
                put(replies, places, found)
        failed = [found for found in results if isinstance(found, Exception)]
        if failed and len(failed) == len(results):
            raise failed[0]
        return replies

    def close(self) -> None:
        """Closes both stores."""
        for store in (self._limits, self._budget):
            close: Callable[[], None] | None = getattr(store, "close", None)
            if close is not None:
                close()

    async def aclose(self) -> None:
        """Closes what the running loop opened in both stores, and all that `close` closes."""
        for store in (self._limits, self._budget):
            aclose: Callable[[], Awaitable[None]] | None = getattr(store, "aclose", None)
            if aclose is not None:
                await aclose()
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _parts(self, ops: Ops) -> list[tuple[Any, list[int]]]:
        """Returns the stores that are asked, each with the places of its operations."""
        # A key is sansms:1:NAMESPACE:KIND:NAME, and none of these holds a colon.
        budget = [at for at, (key, _) in enumerate(ops) if key.split(":")[3:4] == ["budget"]]
        limits = [at for at in range(len(ops)) if at not in budget]
        return [(store, places) for store, places in ((self._limits, limits), (self._budget, budget)) if places]


def put(replies: list[str | None], places: list[int], found: Sequence[str | None]) -> None:
    """Puts replies where their operations stood."""
    for at, reply in zip(places, found):
        replies[at] = reply


def made(store: Any, option: str) -> Any:
    """Returns a store, from a URL too; raises `ConfigError`."""
    if isinstance(store, str):
        from . import from_url

        return from_url(store)
    if not hasattr(store, "run") and not hasattr(store, "arun"):
        raise ConfigError("config.type", f"store.{option}", "must have `run`, `arun` or both; or be a URL")
    return store
