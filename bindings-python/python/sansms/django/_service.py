"""The service of this process, built from the settings when it is first used."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock

from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from sansms import ConfigError, Service

from . import _settings
from ._address import ClientAddress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from sansms import DeliveryReceipt, Health, Outcome


ON_ITS_WAY = ("sent", "unknown")
"""The kinds of outcome of a `send` by which a code may reach somebody."""


class DjangoService:
    """The service that the settings describe, one in a process.

    It is built by its first use, again in a child after a fork, and again when a test changes the settings.
    `session` is filled in by itself when `ip` comes from `client_ip(request)`, unless `SANSMS["session"]` is
    `"challenge"` or the caller gives one.
    """

    def __init__(self) -> None:
        self._built: Service | None = None
        self._lent: Service | None = None
        self._building = Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

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
    ) -> Outcome:
        """Sends a code to a number or an address, as it was typed; arguments as of `Service.send`."""
        try:
            bound = _session(ip, session)
            outcome = self.current.send(
                to,
                purpose=purpose,
                ip=ip,
                session=bound,
                device=device,
                idempotency_key=idempotency_key,
                code=code,
                deliver=deliver,
            )
            if bound is not session and outcome.kind in ON_ITS_WAY:
                _keep(ip, bound)
            return outcome
        except BaseException:
            del to, session, code  # a report of the error shows the locals
            bound = None
            raise

    def verify(
        self,
        to: str | None,
        code: str | None,
        *,
        purpose: str,
        ip: str | None = None,
        session: str | None = None,
        ticket_for: str | None = None,
    ) -> Outcome:
        """Checks a code, as it was typed, and spends it when it is right; arguments as of `Service.verify`."""
        try:
            return self.current.verify(
                to,
                code,
                purpose=purpose,
                ip=ip,
                session=_session(ip, session),
                ticket_for=ticket_for,
            )
        except BaseException:
            del to, session, code
            raise

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
    ) -> Outcome:
        """Is `send` for async views."""
        try:
            bound = await sync_to_async(_session)(ip, session)
            outcome = await self.current.asend(
                to,
                purpose=purpose,
                ip=ip,
                session=bound,
                device=device,
                idempotency_key=idempotency_key,
                code=code,
                deliver=deliver,
            )
            if bound is not session and outcome.kind in ON_ITS_WAY:
                await sync_to_async(_keep)(ip, bound)
            return outcome
        except BaseException:
            del to, session, code
            bound = None
            raise

    async def averify(
        self,
        to: str | None,
        code: str | None,
        *,
        purpose: str,
        ip: str | None = None,
        session: str | None = None,
        ticket_for: str | None = None,
    ) -> Outcome:
        """Is `verify` for async views."""
        try:
            return await self.current.averify(
                to,
                code,
                purpose=purpose,
                ip=ip,
                session=await sync_to_async(_session)(ip, session),
                ticket_for=ticket_for,
            )
        except BaseException:
            del to, session, code
            raise

    def call(self, provider: str, action: str, params: Mapping[str, object] | None = None) -> Outcome:
        """Calls an action of a vendor's; arguments as of `Service.call`."""
        return self.current.call(provider, action, params)

    async def acall(self, provider: str, action: str, params: Mapping[str, object] | None = None) -> Outcome:
        """Is `call` for async views."""
        return await self.current.acall(provider, action, params)

    @property
    def receipt_path(self) -> str:
        """The secret part of the path that takes delivery receipts."""
        return self.current.receipt_path

    def receipts(self, kind: str, body: bytes | str | Mapping[str, Any]) -> list[DeliveryReceipt]:
        """Reads delivery receipts, pushed or pulled; arguments as of `Service.receipts`."""
        return self.current.receipts(kind, body)

    def answer_push(self, kind: str, key: str, body: bytes | str) -> tuple[int, str]:
        """Takes a vendor's push of receipts; returns status and body of the answer."""
        return self.current.answer_push(kind, key, body)

    def stats(self) -> dict[str, dict[str, dict[str, int]]]:
        """Returns what this process did so far; see `Service.stats`."""
        return self.current.stats()

    def inspect(self, to: str | None) -> Outcome:
        """Tells how a recipient stands; as `Service.inspect`."""
        return self.current.inspect(to)

    def reset(self, to: str | None) -> Outcome:
        """Lets what is counted about a recipient begin anew; as `Service.reset`."""
        return self.current.reset(to)

    def forget(self, to: str | None) -> Outcome:
        """Erases what is kept about a recipient; as `Service.forget`."""
        return self.current.forget(to)

    def health(self) -> Health:
        """Tells whether the store answers; as `Service.health`."""
        return self.current.health()

    async def ainspect(self, to: str | None) -> Outcome:
        """Is `inspect` for async views."""
        return await self.current.ainspect(to)

    async def areset(self, to: str | None) -> Outcome:
        """Is `reset` for async views."""
        return await self.current.areset(to)

    async def aforget(self, to: str | None) -> Outcome:
        """Is `forget` for async views."""
        return await self.current.aforget(to)

    async def ahealth(self) -> Health:
        """Is `health` for async views."""
        return await self.current.ahealth()

    def redeem(self, ticket: str, to: str, *, purpose: str, ticket_for: str) -> bool:
        """Tells whether a ticket of `verify` is genuine, fresh, and bound to just this."""
        return self.current.redeem(ticket, to, purpose=purpose, ticket_for=ticket_for)

    @property
    def current(self) -> Service:
        """The service itself; raises `ImproperlyConfigured` when the settings don't make one."""
        found = self._lent or self._built
        if found is not None:
            return found
        with self._building:
            if self._built is None:
                self._built = build()
            return self._built

    @contextmanager
    def using(self, other: Service) -> Iterator[Service]:
        """Puts another service in place for a while, in all threads of this process: for tests."""
        before, self._lent = self._lent, other
        try:
            yield other
        finally:
            self._lent = before

    def close(self) -> None:
        """Closes the service's connections; the next use builds it anew."""
        with self._building:
            built, self._built = self._built, None
        if built is not None:
            built.close()

    def on_setting_changed(self, *, setting: str, **_: Any) -> None:
        """Lets go of the service when its setting has changed."""
        if setting == "SANSMS":
            self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _forget(self) -> None:
        """Lets go without closing: after a fork the connections are the parent's."""
        self._built = None
        self._building = Lock()


def build() -> Service:
    """Builds a service from the settings."""
    if not apps.is_installed("sansms.django"):
        raise ImproperlyConfigured("Add 'sansms.django' to INSTALLED_APPS.")
    try:
        return Service(**_settings.service_options())
    except ConfigError as error:
        problem = str(error)
    raise ImproperlyConfigured(f"SANSMS: {problem}")


def _session(ip: str | None, given: str | None) -> str | None:
    """Returns the session to bind to: the one given, or that of the request that the address was read from."""
    if given is not None or not isinstance(ip, ClientAddress) or not _settings.fills_session():
        return given
    return ip.session(create=False)


def _keep(ip: str | None, bound: str | None) -> None:
    """Stores what a code was bound to: only now, or every refused request would make a session."""
    if isinstance(ip, ClientAddress) and bound is not None:
        ip.keep(bound)


service: DjangoService = DjangoService()
