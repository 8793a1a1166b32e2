"""What the fixture `sansms_outbox` gives: every service's messages, and the clock of all of them."""

from __future__ import annotations

from sansms import Service
from sansms.stores.memory import MemoryStore

from . import Clock, Message, Push, Sandbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Literal


KEYS = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1"}
MAIL = {"subject": "您的验证码", "text": "您的验证码是{code}，{minutes} 分钟内有效。"}

# What stands for the providers of each kind of recipient.
PROVIDERS: dict[str, dict[str, dict[str, object]]] = {
    "number": {"aliyun": {**KEYS, "sign_name": "示例", "templates": {"default": "SMS_1"}}},
    "email": {"aliyun_mail": {**KEYS, "account_name": "no-reply@mail.example.com", "templates": {"default": MAIL}}},
}


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

    def receipt(self, message: Message, status: Literal["delivered", "failed"] = "delivered") -> Push:
        """Returns what the provider pushes of a message; see `Sandbox.receipt`."""
        return self.sandbox.receipt(message, status)

    def stand_in(self, service: Service) -> Service:
        """Returns the service that is used in place of one: same policy, but the sandbox, its clock, and memory.

        It serves numbers, addresses or both, as the other does.
        """
        found = self._stand_ins.get(id(service))
        if found is None:
            made = self.sandbox.service(
                providers=[provider for kind, provider in PROVIDERS.items() if kind in served(service)],
                store=self._store,
                observer=service._observer,
                **service._rules,
            )
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


def served(service: Service) -> set[str]:
    """Returns which kinds of recipients a service serves.

    The core tells by how it refuses what can be neither: an `@` alone is an address where any provider takes these, and
    else a number; text without one is a number where any provider takes these, and else an address.
    """
    found = set()
    for neither in ("@", "x"):
        step = service._engine.send(neither, purpose="default", seed=bytes(32)).start(0)
        if step[0] == "done":
            found.add(step[1].code.split(".")[1])  # `input.number.…` or `input.email.…`
    return found


def rerouted(method: Any, outbox: Outbox) -> Any:
    """Makes a method act on a service's stand-in."""

    def call(self: Service, *arguments: Any, **named: Any) -> Any:
        return method(outbox.stand_in(self), *arguments, **named)

    return call
