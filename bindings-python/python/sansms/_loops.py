"""One thing for each event loop, closed as its loop ends."""

from __future__ import annotations

from asyncio import get_running_loop
from os import getpid
from weakref import WeakKeyDictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from typing import Any


class PerLoop:
    """Makes a thing for the running loop when it is first asked for, and never hands it to another loop.

    `asyncio.run`, and `async_to_sync` with it, ends a loop after each call; what was opened on one is of no use on
    the next. A loop that ends closes its asynchronous generators, and one of those closes the thing.
    """

    def __init__(self, make: Callable[[], Any], close: Callable[[Any], Awaitable[object]]) -> None:
        self._make = make
        self._close = close
        self._held: WeakKeyDictionary[AbstractEventLoop, tuple[int, Any, AsyncGenerator[None, None]]] = (
            WeakKeyDictionary()
        )

    async def get(self) -> Any:
        """Returns the thing of the running loop."""
        loop = get_running_loop()
        held = self._held.get(loop)
        if held is not None and held[0] == getpid():
            return held[1]
        thing = self._make()
        end = self._until_the_end(thing)
        self._held[loop] = getpid(), thing, end
        await end.__anext__()
        return thing

    async def aclose(self) -> None:
        """Closes the thing of the running loop, if there is one."""
        held = self._held.pop(get_running_loop(), None)
        if held is not None and held[0] == getpid():
            await held[2].aclose()

    async def _until_the_end(self, thing: Any) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await self._close(thing)
