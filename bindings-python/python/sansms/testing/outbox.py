"""What the fixture `sansms_outbox` gives: every service's messages, and the clock of all of them."""

from __future__ import annotations

from sansms import Service
from sansms.stores.memory import MemoryStore

from . import Clock, Message, Sandbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class Outbox:
    """The messages that services sent during a test, oldest first: index it, count it, go through it."""

    def __init__(self) -> None:
        self.sandbox: Sandbox = Sandbox()
        self._store = MemoryStore(clock=self.sandbox.clock)
        self._stand_ins: dict[int, tuple[Service, Service]] = {}

    @property
    def clock(self) -> Clock:
        """The clock of all services; `clock.move(60)` makes a minute pass."""
        return self.sandbox.clock

    def fault(self, name: str, times: int = 1) -> None:
        """Lets the next `times` sends fail; see `Sandbox.fault`."""
        self.sandbox.fault(name, times)

    def stand_in(self, service: Service) -> Service:
        """Returns the service that is used in place of one: same policy, but the sandbox, its clock, and memory."""
        found = self._stand_ins.get(id(service))
        if found is None:
            made = self.sandbox.service(store=self._store, observer=service._observer, **service._rules)
            found = self._stand_ins[id(service)] = (service, made)  # held, so that its id stays its own
        return found[1]

    def __len__(self) -> int:
        return len(self.sandbox.outbox)

    def __getitem__(self, at: int) -> Message:
        return self.sandbox.outbox[at]

    def __iter__(self) -> Iterator[Message]:
        return iter(self.sandbox.outbox)

    def __repr__(self) -> str:
        return f"<Outbox of {len(self)}>"

    def reroute(self, patch: Callable[[type, str, object], None]) -> None:
        """Lets every service act through its stand-in; `patch` sets an attribute of a class."""
        for name in ("send", "verify", "asend", "averify", "redeem"):
            patch(Service, name, rerouted(getattr(Service, name), self))


def rerouted(method: Any, outbox: Outbox) -> Any:
    """Makes a method act on a service's stand-in."""

    def call(self: Service, *arguments: Any, **named: Any) -> Any:
        return method(outbox.stand_in(self), *arguments, **named)

    return call
