"""For the tests of applications: the sandbox in this process, a clock to move, a fixed seed.

```python
sandbox = Sandbox()
service = sandbox.service(templates={"register": "SMS_1"})
assert service.send("13800138000", purpose="register", ip="203.0.113.7")
assert service.verify("13800138000", sandbox.outbox[-1].code, purpose="register", ip="203.0.113.7")
sandbox.clock.move(60)
```

With pytest, the fixture `sansms_outbox` sends every service there, those that the application made included, and gives
an `Outbox` (see `sansms.testing.outbox`). `sansms.testing.conformance` holds a store of your own to what a store must
do.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from json import loads

from sansms import _core
from sansms._errors import TransportFault
from sansms._service import Service
from sansms.stores.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from sansms._types import AsyncStore, Store

__all__ = ["Clock", "Message", "Push", "Sandbox"]

SECRET = "only for tests: 32 bytes or more"  # noqa: S105


class Clock:
    """A clock that stands still until it is moved; call it for the time, in seconds since 1970."""

    __slots__ = ("now",)

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now: float = now

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Moves the clock; negative goes back."""
        self.now += seconds


class Message:
    """A message that the sandbox delivered; `fields` is all that it knows of it."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields: Mapping[str, Any] = fields

    @property
    def to(self) -> str:
        """The number, as the provider was given it."""
        return str(self.fields["to"])

    @property
    def code(self) -> str:
        """The code in it."""
        return str(self.fields["params"]["code"])

    @property
    def text(self) -> str:
        """What the phone shows."""
        return str(self.fields["text"])

    def __repr__(self) -> str:
        return "<Message>"


class Push:
    """What a provider posts to the receipts endpoint of an application."""

    __slots__ = ("body", "content_type", "provider")

    def __init__(self, provider: str, content_type: str, body: str) -> None:
        self.provider: str = provider
        """The kind of provider, e.g. `aliyun`; it stands in the endpoint's path."""
        self.content_type: str = content_type
        """The body's type."""
        self.body: str = body
        """The body, as the provider writes it."""

    def __repr__(self) -> str:
        return f"<Push of {self.provider}>"


class Sandbox:
    """A pretend provider in this process."""

    def __init__(self, *, clock: Clock | None = None, seed: bytes = b"", config: str = "{}") -> None:
        """Equal `seed`s give equal codes, run for run; `config` is the provider's own, as JSON."""
        self.clock: Clock = Clock() if clock is None else clock
        self._seed = seed
        self._drawn = count()
        self._provider = _core.Sandbox(config)

    def service(
        self,
        *,
        store: Store | AsyncStore | str | None = None,
        templates: Mapping[str, str] | None = None,
        sign_name: str = "示例",
        **options: Any,
    ) -> Service:
        """Makes a service that sends to this sandbox and lives by its clock and seed; options as of `Service`."""
        provider = {
            "access_key_id": "sandbox-id",
            "access_key_secret": "sandbox-secret",
            "sign_name": sign_name,
            "endpoint": "http://127.0.0.1",
            "templates": templates or {"default": "SMS_1"},
        }
        options.setdefault("providers", [{"aliyun": provider}])
        options.setdefault("secret", SECRET)
        options.setdefault("env", {})
        service = Service(
            store=MemoryStore(clock=self.clock) if store is None else store,
            transport=self.exchange,
            async_transport=self.aexchange,
            **options,
        )
        service._clock = self.clock
        service._entropy = self.entropy
        return service

    @property
    def outbox(self) -> list[Message]:
        """The messages delivered so far, oldest first."""
        return [Message(fields) for fields in loads(self._provider.inbox())]

    def fault(self, name: str, times: int = 1, *, vendor: str | None = None) -> None:
        """Lets the next `times` calls fail.

        `name` is `throttle`, `unavailable`, `server_error`, `timeout_before`, `timeout_after`, `bad_json` or `huge`.
        """
        self._provider.fault(name, times, vendor)

    def receipt(self, message: Message, status: Literal["delivered", "failed"] = "delivered") -> Push:
        """Settles what becomes of a message; returns what its provider pushes then.

        Who asks the provider later hears the same; until it is settled, a message counts as delivered. Raises
        `ValueError` for a message that is not in the outbox, or of a kind that its provider pushes nothing for: codes
        that it makes itself, texts abroad, mail, voice.
        """
        told = self._provider.receipt(str(message.fields["message_id"]), message.to, status)
        if told is None:
            raise ValueError("the provider pushes nothing for this message")
        return Push(**loads(told))

    def exchange(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Is the transport of the service."""
        reply = self._provider.handle(method, url, headers, body, int(self.clock() * 1000))
        if reply[0] == "http_fault":
            raise TransportFault(sent=reply[1])
        return reply[1], reply[2], reply[3]

    async def aexchange(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Is the transport of the service for `asend`."""
        return self.exchange(method, url, headers, body, timeout, max_reply)

    def entropy(self, length: int) -> bytes:
        """Draws the next bytes of the seed, 32 at most."""
        return sha256(b"%s/%d" % (self._seed, next(self._drawn))).digest()[:length]
