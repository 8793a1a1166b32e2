"""What every store must do: the suite that ours pass, for a store of your own.

```python
import pytest
from sansms.testing import Clock, conformance

@pytest.mark.parametrize("case", conformance.CASES, ids=str)
def test_my_store(case):
    clock = Clock()
    case(MyStore(clock=clock), clock)      # a store on the host's clock: exact, and quick
    # case(MyStore())                      # a store with a clock of its own: durations may differ by `SLACK_MS`
```

Each case uses keys of its own, so one store may serve them all. A case raises `AssertionError` that says what was
asked, what was answered, and what should have been. Of a store for asyncio hand in `Blocking(store)`.
"""

from __future__ import annotations

from ._bench import SLACK_MS, Bench
from ._cases import cases

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sansms._types import AsyncStore, Store

    from . import Clock

__all__ = ["CASES", "SLACK_MS", "Blocking", "Case"]


class Case:
    """One thing that a store must do; call it with a store, and with its clock if that can be moved."""

    __slots__ = ("_check", "name")

    def __init__(self, name: str, check: Callable[[Bench], None]) -> None:
        self.name: str = name
        self._check: Callable[[Bench], None] = check

    def __call__(self, store: Store, clock: Clock | None = None) -> None:
        """Checks the store; raises `AssertionError`."""
        self._check(Bench(store, clock))

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


class Blocking:
    """Makes a store for asyncio one for the suite; each call runs on a loop of its own."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store

    def run(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        """Runs the operations."""
        from asyncio import run

        async def call() -> Sequence[str | None]:
            return await self._store.arun(ops, timeout)

        return run(call())


CASES: list[Case] = [Case(name, check) for name, check in cases()]
"""All cases."""
