"""The service: what applications hold and call."""

from __future__ import annotations

from os import environ, urandom
from threading import Lock
from time import time

from . import _core, _driver
from ._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from ._types import Store, Transport


class Service:
    """Sends verification codes and checks them.

    Making one checks the settings and does no I/O; connections are opened by the first `send` and kept. One service
    is enough for a process, and threads may share it.
    """

    def __init__(
        self,
        *,
        providers: Sequence[Mapping[str, Mapping[str, object]]] | None = None,
        store: Store | None = None,
        secret: str | None = None,
        transport: Transport | None = None,
        store_timeout: float = 1.0,
        **options: object,
    ) -> None:
        """Checks the settings.

        `providers` are tried in order, e.g. `[{"aliyun": {"sign_name": …, "templates": {"register": "SMS_1"}}}]`.
        `secret` is 32 bytes or more. What is left out may come from the environment, e.g. `SANSMS_SECRET`.
        `store_timeout` is for all store steps of one call, in seconds. Raises `ConfigError`.
        """
        try:
            self._engine = _engine(providers=providers, secret=secret, **options)
        except ConfigError as error:
            del providers, secret, options  # no secret among the locals of a traceback
            raise error.with_traceback(None) from None
        self._store = _default_store() if store is None else store
        self._transport = transport
        self._store_timeout = store_timeout
        self._opening = Lock()
        self._clock: Callable[[], float] = time
        self._entropy: Callable[[int], bytes] = urandom

    def send(
        self,
        to: str | None,
        *,
        purpose: str,
        ip: str | None = None,
        session: str | None = None,
        device: str | None = None,
        idempotency_key: str | None = None,
        code: str | None = None,
        deliver: bool = True,
    ) -> _core.Outcome:
        """Sends a code to a number, as it was typed; nothing typed (`None`) is an outcome too.

        `ip` is the client's address. `session` binds the code to who asked. The same `idempotency_key` again sends
        nothing and hears the first answer. `code` is one of your own making. `deliver=False` applies all limits and
        sends nothing: for accounts that don't exist.
        """
        flow = self._engine.send(
            to or "",
            purpose=purpose,
            ip=ip,
            session=session,
            device=device,
            idempotency_key=idempotency_key,
            code=code,
            deliver=deliver,
            seed=self._entropy(32),
        )
        del to, code
        return self._run(flow)

    def verify(
        self,
        to: str | None,
        code: str | None,
        *,
        purpose: str,
        ip: str | None = None,
        session: str | None = None,
        ticket_for: str | None = None,
    ) -> _core.Outcome:
        """Checks a code, as it was typed, and spends it when it is right.

        `purpose` and `session` must be those of the `send`. `ticket_for` asks for a signed ticket in the outcome,
        bound to what it names.
        """
        flow = self._engine.verify(
            to or "",
            code or "",
            purpose=purpose,
            ip=ip,
            session=session,
            ticket_for=ticket_for,
            seed=self._entropy(32),
        )
        del to, code
        return self._run(flow)

    def redeem(self, ticket: str, to: str, *, purpose: str, ticket_for: str) -> bool:
        """Tells whether a ticket of `verify` is genuine, fresh, and bound to just this.

        A ticket can be redeemed until it ends: what must happen only once is for the application to make so.
        """
        return self._engine.redeem(ticket, to, purpose, ticket_for, self._now_ms())

    def close(self) -> None:
        """Closes the connections of the transport and the store; a later call opens them again."""
        for part in (self._transport, self._store):
            close: Callable[[], None] | None = getattr(part, "close", None)
            if close is not None:
                close()

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _run(self, flow: _core.Flow) -> _core.Outcome:
        return _driver.run(
            flow,
            transport=self._exchange,
            store=self._store,
            now_ms=self._now_ms,
            store_timeout=self._store_timeout,
        )

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _exchange(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        transport = self._transport
        if transport is None:
            transport = self._open_transport()
        return transport(method, url, headers, body, timeout, max_reply)

    def _open_transport(self) -> Transport:
        from ._transport import Urllib3Transport

        with self._opening:
            if self._transport is None:
                self._transport = Urllib3Transport()
            return self._transport


def _engine(**options: object) -> _core.Engine:
    from json import dumps

    config = {name: value for name, value in options.items() if value is not None}
    config.setdefault("env", {name: environ[name] for name in _core.env_names() if name in environ})
    return _core.Engine(dumps(config))


def _default_store() -> Store:
    from .stores.memory import MemoryStore

    return MemoryStore()
