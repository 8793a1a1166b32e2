"""Keys that the application gives: temporary ones, or fetched anew at each use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from contextvars import copy_context
from threading import Thread

from ._driver import warn
from ._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, Union

    from ._types import CredentialsReply

    Fetch = Union[Callable[[], "Credentials"], Callable[[], Awaitable["Credentials"]]]
    """Returns a key; it is called at each use, so what it caches is for it to decide."""

TIMEOUT = 5.0
"""How long a callable may take, in seconds; a later answer is no answer."""


class Credentials:
    """A provider's key: id, secret, and the token of a temporary one. Its repr shows nothing."""

    __slots__ = ("id", "secret", "token")

    def __init__(self, id: str, secret: str, token: str | None = None) -> None:
        for name, part in (("id", id), ("secret", secret), ("token", token or "")):
            if not isinstance(part, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"{name} must be text")
        self.id: str = id
        """The key's id, e.g. an AccessKey id or a SecretId; of a gateway, the app key."""
        self.secret: str = secret
        """The key's secret."""
        self.token: str | None = token
        """The token of a temporary key."""

    def __repr__(self) -> str:
        return "<Credentials>"

    def __reduce__(self) -> str:
        raise TypeError("credentials are not to be pickled")


class Keys:
    """The callables of a service's providers, by the providers' names."""

    def __init__(self) -> None:
        self._given: dict[str, object] = {}
        self._calls: dict[str, Callable[[], Any]] = {}
        self._awaited: dict[str, str] = {}

    def take(self, providers: Sequence[Mapping[str, Mapping[str, object]]]) -> list[Any]:
        """Takes `credentials` out of providers' options, and returns what the core is told in their stead."""
        told: list[Any] = list(providers)
        for at, entry in enumerate(told):
            # What is of another shape is the core's to refuse.
            options = next(iter(entry.values())) if isinstance(entry, Mapping) and len(entry) == 1 else None
            if not isinstance(options, Mapping) or options.get("credentials") is None:
                continue
            kind = next(iter(entry))
            self._add(f"providers[{at}].{kind}", str(options.get("name") or kind), options["credentials"])
            told[at] = {kind: {**options, "credentials": "host"}}
        return told

    def _add(self, path: str, name: str, given: object) -> None:
        option = f"{path}.credentials"
        call: Any = given
        if isinstance(given, Credentials):
            parts = (given.id, given.secret, "-" if given.token is None else given.token)
            if any(not part or part != part.strip() for part in parts):
                raise ConfigError("config.value", option, "must not be empty, nor begin or end with white space")
            if not all(part.isascii() for part in parts):
                raise ConfigError("config.value", option, "must be ASCII")

            def call() -> Credentials:  # no `partial`: its repr has the arguments
                return given

        elif not callable(given):
            raise ConfigError("config.type", option, "must be a callable that returns `Credentials`, or `Credentials`")
        if self._given.setdefault(name, given) is not given:
            raise ConfigError("config.value", f"{path}.name", "must not be that of another provider with `credentials`")
        self._calls[name] = call
        from inspect import iscoroutinefunction

        if iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None)):  # noqa: B004
            self._awaited[name] = option

    def check_blocking(self) -> None:
        """Raises `ConfigError` when a callable has to be awaited."""
        for option in self._awaited.values():
            raise ConfigError("config.type", option, "is async, and serves asend, averify and acall only")

    def fetch(self, provider: str) -> CredentialsReply:
        """Asks for a provider's key; whatever goes wrong, being late too, becomes a fault."""
        heard: list[object] = []
        try:
            self._ask(provider, heard.append).join(TIMEOUT)
        except RuntimeError as error:  # no thread is to be had
            heard.append(error)
        return _reply(provider, heard[0] if heard else TimeoutError())

    async def afetch(self, provider: str) -> CredentialsReply:
        """Is `fetch`, awaited; a callable that blocks runs in a thread."""
        from asyncio import wait_for

        try:
            given = await wait_for(self._awaiting(provider), TIMEOUT)
        except Exception as error:
            given = error
        return _reply(provider, given)

    async def _awaiting(self, provider: str) -> object:
        if provider in self._awaited:
            given = self._calls[provider]()
        else:
            from asyncio import get_running_loop

            loop = get_running_loop()
            future = loop.create_future()

            def settle(given: object) -> None:
                if not future.done():
                    future.set_result(given)

            def hear(given: object) -> None:
                with suppress(RuntimeError):  # the loop has ended meanwhile
                    loop.call_soon_threadsafe(settle, given)

            self._ask(provider, hear)
            given = await future
        return await given if hasattr(given, "__await__") else given

    def _ask(self, provider: str, hear: Callable[[object], object]) -> Thread:
        """Calls in a thread of its own, which a callable that never returns keeps without keeping the process."""
        call = self._calls.get(provider)

        def ask() -> None:
            try:
                given: object = call() if call is not None else None
            except BaseException as error:
                given = error
            hear(given)

        thread = Thread(target=copy_context().run, args=(ask,), name="sansms-credentials", daemon=True)
        thread.start()
        return thread

    def __repr__(self) -> str:
        return f"<Keys of {len(self._calls)}>"


def _reply(provider: str, given: object) -> CredentialsReply:
    if isinstance(given, Credentials):
        parts = (given.id, given.secret, "" if given.token is None else given.token)
        # No key has other characters, and half of one can't cross to the core: the error would quote the key.
        if all(isinstance(part, str) and part.isascii() for part in parts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return ("credentials", given.id, given.secret, given.token)
    from inspect import iscoroutine

    if iscoroutine(given):
        given.close()  # nobody awaits it
    warn(f"the credentials of {provider}", given if isinstance(given, BaseException) else TypeError())
    return ("credentials_fault",)
