"""The service: what applications hold and call."""

from __future__ import annotations

from collections.abc import Mapping
from os import environ, urandom
from threading import Lock
from time import monotonic, time

from . import _core, _driver
from ._errors import ConfigError, ReceiptError
from ._observer import Event, Tally, report
from ._options import check_call, check_seconds, plain
from ._text import purpose_of, text, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType
    from typing import Any

    from ._credentials import Keys
    from ._desk import Health
    from ._receipts import DeliveryReceipt
    from ._types import AsyncStore, AsyncTransport, Observer, Store, Transport

DEFAULT_STORE = "sqlite:///sansms.sqlite3"
"""The store of a service that is told of none: a file in the working directory."""

RULES = ("budget_per_day", "email", "ip", "namespace", "phone", "policy", "session")
"""The options that hold no secret."""

UNREAD = ("action.input", "input.purpose")
"""The codes of outcomes whose purpose, or action, is none of the application's."""


class Service:
    """Sends verification codes and checks them.

    Making one checks the settings and does no I/O; connections are opened by the first `send` and kept. One service
    is enough for a process: threads and event loops may share it, and a forked process may go on using its copy.
    """

    def __init__(
        self,
        *,
        providers: Sequence[Mapping[str, Mapping[str, object]]] | None = None,
        store: Store | AsyncStore | str | None = None,
        secret: str | None = None,
        transport: Transport | None = None,
        async_transport: AsyncTransport | None = None,
        observer: Observer | None = None,
        store_timeout: float = 1.0,
        **options: object,
    ) -> None:
        """Checks the settings.

        `providers` are tried in order, e.g. `[aliyun(sign_name=…, templates={"register": "SMS_1"})]`; a provider's
        `credentials` may be a callable that is asked at each use.
        `secret` is 32 bytes or more. What is left out may come from the environment, e.g. `SANSMS_SECRET`.
        `store` is a store or a URL (`redis://…`, `rediss://…`, `sqlite:///file`, `memory://`); left out, it is that
        of the environment variable `SANSMS_STORE`, and without that the file `sansms.sqlite3` in the working
        directory. `store_timeout` is for all store steps of one call, in seconds. `observer` hears of every outcome.
        `email` says which addresses are served, by `domains` and `blocked_domains`. Raises `ConfigError`.
        """
        self._keys: Keys | None = None
        try:
            check_seconds(store_timeout, "store_timeout")
            check_call(transport, "transport", blocking=True)
            check_call(async_transport, "async_transport", blocking=False)
            check_call(observer, "observer", blocking=True)
            if providers is not None and _has_credentials(providers):
                from ._credentials import Keys

                self._keys = Keys()
                providers = self._keys.take(providers)
            self._engine = _engine(providers=providers, secret=secret, **options)
            store = _store(store, options.get("env"))
        except ConfigError as error:
            del providers, store, secret, options  # no secret among the locals of a traceback
            raise error.with_traceback(None) from None
        self._rules: dict[str, Any] = {name: options[name] for name in RULES if name in options}
        self._store = store
        self._transport = transport
        self._async_transport = async_transport
        self._observer = _observer(observer, store)
        self._tally = Tally()
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
        """Sends a code to a number or an e-mail address, as it was typed; nothing typed (`None`) is an outcome too.

        `ip` is the client's address. `session` binds the code to who asked. The same `idempotency_key` again sends
        nothing and hears the first answer. `code` is one of your own making. `deliver=False` applies all limits and
        sends nothing: for accounts that don't exist.
        """
        flow = self._send(to, purpose, ip, session, device, idempotency_key, code, deliver)
        del to, ip, session, device, idempotency_key, code  # nothing of the user's in a traceback from here on
        return self._run("send", purpose, flow)

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
        flow = self._verify(to, code, purpose, ip, session, ticket_for)
        del to, code, ip, session, ticket_for  # nothing of the user's in a traceback from here on
        return self._run("verify", purpose, flow)

    async def asend(
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
        """Is `send` for asyncio: nothing in it blocks the loop."""
        flow = self._send(to, purpose, ip, session, device, idempotency_key, code, deliver)
        del to, ip, session, device, idempotency_key, code  # nothing of the user's in a traceback from here on
        return await self._arun("send", purpose, flow)

    async def averify(
        self,
        to: str | None,
        code: str | None,
        *,
        purpose: str,
        ip: str | None = None,
        session: str | None = None,
        ticket_for: str | None = None,
    ) -> _core.Outcome:
        """Is `verify` for asyncio: nothing in it blocks the loop."""
        flow = self._verify(to, code, purpose, ip, session, ticket_for)
        del to, code, ip, session, ticket_for  # nothing of the user's in a traceback from here on
        return await self._arun("verify", purpose, flow)

    def call(self, provider: str, action: str, params: Mapping[str, object] | None = None) -> _core.Outcome:
        """Calls an action of a vendor's, e.g. a query of what was sent; no limit is counted.

        `provider` is its configured name. `action` and the names in `params` are the vendor's own; what the settings
        know, such as an app's id, may be left out. What the vendor said is the outcome's `answer`.

        `answered` is about the call, not about each of its numbers: where a vendor takes some and refuses others, each
        has a status in the answer, in the vendor's own shape. Tencent's SendSms: `SendStatusSet`, whose `Code` is `Ok`;
        its older sendmultisms2: `detail`, whose `result` is 0; Alibaba Cloud's BatchSendMessageToGlobe: `FailedList`.
        Its SendBatchSms takes all or none.
        """
        flow = self._call(provider, action, params)
        del params  # nothing of the user's in a traceback from here on
        return self._run("call", action, flow)

    async def acall(self, provider: str, action: str, params: Mapping[str, object] | None = None) -> _core.Outcome:
        """Is `call` for asyncio: nothing in it blocks the loop."""
        flow = self._call(provider, action, params)
        del params  # nothing of the user's in a traceback from here on
        return await self._arun("call", action, flow)

    def inspect(self, to: str | None) -> _core.Outcome:
        """Tells how a recipient stands, for support staff; changes nothing.

        What is found is the outcome's `answer`, a `Standing`. What can't be read as a recipient is `invalid`.
        """
        flow = self._engine.desk("inspect", text(to))
        del to  # nothing of the user's in a traceback from here on
        return self._run("inspect", "", flow)

    def reset(self, to: str | None) -> _core.Outcome:
        """Lets what is counted about a recipient begin anew: sends, wrong tries, idempotency keys; live codes end.

        What is counted about addresses, devices, prefixes, countries and the budget stays.
        """
        flow = self._engine.desk("reset", text(to))
        del to  # nothing of the user's in a traceback from here on
        return self._run("reset", "", flow)

    def forget(self, to: str | None) -> _core.Outcome:
        """Erases what is kept about a recipient, as the law may want; the same step as `reset`.

        No other record is about one recipient.
        """
        flow = self._engine.desk("forget", text(to))
        del to  # nothing of the user's in a traceback from here on
        return self._run("forget", "", flow)

    def health(self) -> Health:
        """Asks the store, within `store_timeout`, for two looks that change nothing: for a readiness probe."""
        from ._desk import Health

        began = monotonic()
        try:
            outcome = self._run("health", "", self._engine.desk("health"))
        except ConfigError as error:
            return Health(False, error.code, (monotonic() - began) * 1000)
        return Health(outcome.ok, outcome.code, (monotonic() - began) * 1000)

    async def ainspect(self, to: str | None) -> _core.Outcome:
        """Is `inspect` for asyncio: nothing in it blocks the loop."""
        flow = self._engine.desk("inspect", text(to))
        del to  # nothing of the user's in a traceback from here on
        return await self._arun("inspect", "", flow)

    async def areset(self, to: str | None) -> _core.Outcome:
        """Is `reset` for asyncio: nothing in it blocks the loop."""
        flow = self._engine.desk("reset", text(to))
        del to  # nothing of the user's in a traceback from here on
        return await self._arun("reset", "", flow)

    async def aforget(self, to: str | None) -> _core.Outcome:
        """Is `forget` for asyncio: nothing in it blocks the loop."""
        flow = self._engine.desk("forget", text(to))
        del to  # nothing of the user's in a traceback from here on
        return await self._arun("forget", "", flow)

    async def ahealth(self) -> Health:
        """Is `health` for asyncio: nothing in it blocks the loop."""
        from ._desk import Health

        began = monotonic()
        try:
            outcome = await self._arun("health", "", self._engine.desk("health"))
        except ConfigError as error:
            return Health(False, error.code, (monotonic() - began) * 1000)
        return Health(outcome.ok, outcome.code, (monotonic() - began) * 1000)

    def redeem(self, ticket: str, to: str, *, purpose: str, ticket_for: str) -> bool:
        """Tells whether a ticket of `verify` is genuine, fresh, and bound to just this.

        A ticket can be redeemed until it ends: what must happen only once is for the application to make so.
        """
        return self._engine.redeem(text(ticket), text(to), text(purpose), text(ticket_for), self._now_ms())

    @property
    def receipt_path(self) -> str:
        """The secret part of the path that takes delivery receipts: 22 characters of a URL.

        It follows from the secret, so it is the same on every machine. The vendors sign no push: who doesn't know
        this part must not reach the endpoint, so keep the path out of pages and logs.
        """
        return self._engine.receipt_key()

    def receipts(self, kind: str, body: bytes | str | Mapping[str, Any]) -> list[DeliveryReceipt]:
        """Reads delivery receipts: the body of a push, or what a pull by `call` answered.

        `kind` is the provider's: `aliyun`, `tencent`, `tencent_legacy`. The observer hears of each. They are not
        signed and may come twice: they are for statistics, and change no limit. Raises `ReceiptError` for what is no
        list of receipts of this kind's.
        """
        from ._receipts import read

        kind = text(kind)
        found = read(kind, body)
        for each in found:
            self._tally.add("receipt", kind, each.status)
            if self._observer is not None:
                event = Event(
                    "receipt",
                    "",
                    kind=each.status,
                    code=each.code or "",
                    masked=each.masked,
                    provider=kind,
                    send_id=each.send_id,
                )
                report(self._observer, event)
        return found

    def answer_push(self, kind: str, key: str, body: bytes | str) -> tuple[int, str]:
        """Takes a vendor's push of receipts; returns the status and the JSON body to answer with.

        `kind` and `key` come from the path, and `key` must be `receipt_path`. 404 for another key, 400 for a body
        that is no receipts, so that it comes again; else 200 and what the vendor expects.
        """
        if not self._engine.is_receipt_key(text(key)):
            return 404, "{}"
        try:
            self.receipts(kind, body)
        except ReceiptError:
            return 400, "{}"
        return 200, _core.receipt_answer(kind)

    def stats(self) -> dict[str, dict[str, dict[str, int]]]:
        """Returns what this process did so far, e.g. `{"send": {"aliyun": {"sent": 3}}}`.

        By action (`send`, `verify`, `call`, `receipt`, `inspect` …), then by provider (empty where none was asked),
        then by kind of outcome or status of delivery. A receipt that comes twice counts twice.
        """
        return self._tally.read()

    def audit(self) -> dict[str, Any]:
        """Tells what the policy lets an attacker do at most, and where it is weaker than the norms.

        `figures` count for any 24 hours under `assumptions`; what nothing limits is `None`. Each of `warnings` has
        `code`, `text` and `requirement`.
        """
        from json import loads

        audit: dict[str, Any] = loads(self._engine.audit_json())
        return audit

    def close(self) -> None:
        """Closes the connections of the transport and the store; a later call opens them again."""
        for part in (self._transport, self._store):
            close: Callable[[], None] | None = getattr(part, "close", None)
            if close is not None:
                close()

    async def aclose(self) -> None:
        """Closes what the running loop opened, and all that `close` closes.

        What other loops opened closes as they end.
        """
        for part in (self._async_transport, self._store):
            aclose: Callable[[], Awaitable[None]] | None = getattr(part, "aclose", None)
            if aclose is not None:
                await aclose()
        self.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _send(
        self,
        to: str | None,
        purpose: str,
        ip: str | None,
        session: str | None,
        device: str | None,
        idempotency_key: str | None,
        code: str | None,
        deliver: bool,
    ) -> _core.Flow:
        return self._engine.send(
            text(to),
            purpose=text(purpose),
            ip=whole(ip),
            session=whole(session),
            device=whole(device),
            idempotency_key=whole(idempotency_key),
            code=whole(code),
            deliver=deliver,
            seed=self._entropy(32),
        )

    def _verify(
        self,
        to: str | None,
        code: str | None,
        purpose: str,
        ip: str | None,
        session: str | None,
        ticket_for: str | None,
    ) -> _core.Flow:
        return self._engine.verify(
            text(to),
            text(code),
            purpose=text(purpose),
            ip=whole(ip),
            session=whole(session),
            ticket_for=whole(ticket_for),
            seed=self._entropy(32),
        )

    def _call(self, provider: str, action: str, params: Mapping[str, object] | None) -> _core.Flow:
        from json import dumps

        return self._engine.call(text(provider), text(action), dumps(dict(params or {})), seed=self._entropy(32))

    def _run(self, action: str, purpose: str, flow: _core.Flow) -> _core.Outcome:
        store: Any = self._store
        if not hasattr(store, "run"):
            raise ConfigError("config.type", "store", "serves asend and averify only")
        if self._keys is not None:
            self._keys.check_blocking()
        began = monotonic()
        outcome = _driver.run(
            flow,
            transport=self._exchange,
            store=store,
            now_ms=self._now_ms,
            store_timeout=self._store_timeout,
            fetch=self._keys.fetch if self._keys is not None else _driver.no_key,
        )
        return self._report(action, purpose, outcome, began)

    async def _arun(self, action: str, purpose: str, flow: _core.Flow) -> _core.Outcome:
        from . import _async

        store: Any = self._store
        began = monotonic()
        outcome = await _async.run(
            flow,
            transport=self._aexchange,
            store=store.arun if hasattr(store, "arun") else _async.in_thread(store.run),
            now_ms=self._now_ms,
            store_timeout=self._store_timeout,
            fetch=self._keys.afetch if self._keys is not None else _async.no_key,
        )
        return self._report(action, purpose, outcome, began)

    def _report(self, action: str, purpose: str, outcome: _core.Outcome, began: float) -> _core.Outcome:
        self._tally.add(action, outcome.provider, outcome.kind)
        if self._observer is not None:
            event = Event(
                action,
                "" if outcome.code in UNREAD else purpose_of(purpose),
                kind=outcome.kind,
                code=outcome.code,
                masked=outcome.masked,
                provider=outcome.provider,
                send_id=outcome.send_id,
                latency_ms=(monotonic() - began) * 1000,
                events=outcome.events,
            )
            report(self._observer, event)
        return outcome

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _exchange(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        transport = self._transport
        if transport is None:
            transport = self._open_transport()
        return transport(method, url, headers, body, timeout, max_reply)

    async def _aexchange(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        transport = self._async_transport
        if transport is None:
            transport = self._open_async_transport()
        return await transport(method, url, headers, body, timeout, max_reply)

    def _open_transport(self) -> Transport:
        from ._transport import Urllib3Transport

        with self._opening:
            if self._transport is None:
                self._transport = Urllib3Transport()
            return self._transport

    def _open_async_transport(self) -> AsyncTransport:
        """Takes httpcore if it is there and no transport was given; else the transport, in a thread."""
        opened: AsyncTransport | None = None
        if self._transport is None:
            try:
                from ._async_transport import HttpcoreTransport
            except ImportError:
                pass
            else:
                opened = HttpcoreTransport()
        if opened is None:
            from ._async import transport_in_thread

            opened = transport_in_thread(self._exchange)
        with self._opening:
            if self._async_transport is None:
                self._async_transport = opened
            return self._async_transport


def _observer(observer: Observer | None, store: object) -> Observer | None:
    """Lets the observer hear what a store has to tell, with the next outcome."""
    take: Callable[[], list[str]] | None = getattr(store, "take_events", None)
    if observer is None or take is None:
        return observer
    hears = observer

    def hear(event: Event) -> object:
        event.events = [*event.events, *take()]
        return hears(event)

    return hear


def _engine(**options: object) -> _core.Engine:
    from json import dumps

    config = {name: plain(value, name) for name, value in options.items() if value is not None and name != "env"}
    env = options.get("env")
    if env is None:
        env = environ
    if not isinstance(env, Mapping):
        raise ConfigError("config.type", "env", "must be a dict")
    config["env"] = plain({name: env[name] for name in _core.env_names() if name in env}, "env")
    return _core.Engine(dumps(config))


def _has_credentials(providers: Any) -> bool:
    """Tells whether an entry has `credentials`; what is of another shape is the core's to refuse."""
    if not isinstance(providers, (list, tuple)):
        return False
    options = [each for entry in providers if isinstance(entry, Mapping) for each in entry.values()]
    return any(isinstance(each, Mapping) and "credentials" in each for each in options)


def _store(store: Store | AsyncStore | str | None, env: object) -> Store | AsyncStore:
    if store is None:
        named: object = env.get("SANSMS_STORE") if isinstance(env, Mapping) else environ.get("SANSMS_STORE")
        store = named if isinstance(named, str) and named else DEFAULT_STORE
    if isinstance(store, str):
        from .stores import from_url

        return from_url(store)
    if not hasattr(store, "run") and not hasattr(store, "arun"):
        raise ConfigError("config.type", "store", "must have `run`, `arun` or both; or be a URL")
    return store
