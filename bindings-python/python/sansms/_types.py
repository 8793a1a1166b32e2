"""The tuples of the native half, and what a store and a transport have to offer.

For type checkers; nothing imports this when running.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, Union

from ._core import Outcome
from ._observer import Event

HttpStep = tuple[Literal["http"], int, str, str, list[tuple[str, str]], bytes, int, int]
"""`("http", id, method, url, headers, body, timeout_ms, max_reply)`"""

StoreStep = tuple[Literal["store"], int, list[tuple[str, str]]]
"""`("store", id, [(key, operation), …])`"""

CredentialsStep = tuple[Literal["credentials"], int, str]
"""`("credentials", id, provider)`"""

DoneStep = tuple[Literal["done"], Outcome]
"""`("done", outcome)`"""

Step = Union[HttpStep, StoreStep, CredentialsStep, DoneStep]

HttpReply = Union[
    tuple[Literal["http"], int, list[tuple[str, str]], bytes],
    tuple[Literal["http_fault"], bool],
]
"""`("http", status, headers, body)` or `("http_fault", sent)`"""

CredentialsReply = Union[tuple[Literal["credentials"], str, str, Union[str, None]], tuple[Literal["credentials_fault"]]]
"""`("credentials", id, secret, token or None)` or `("credentials_fault",)`"""

StoreReply = Union[tuple[Literal["store"], Sequence[Union[str, None]]], tuple[Literal["store_fault"]]]
"""`("store", [reply or None, …])` or `("store_fault",)`"""


class Store(Protocol):
    """Keeps the records of partitions: numbers, addresses, budgets."""

    def run(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        """Runs `(key, operation)` pairs, each atomic on its key; returns a reply for each.

        `timeout` is what is left for the store, in seconds. `None` stands for an operation that failed; an
        exception says that all of them did. `ConfigError` says that the store can't be used as it is set up.
        """
        ...


class AsyncStore(Protocol):
    """Is a store for `asend` and `averify`. A store may be both; one that is not runs in a thread."""

    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        """Is `Store.run`, awaited."""
        ...


class Transport(Protocol):
    """Makes one HTTP exchange, byte for byte: no retry, no redirect, no log of the URL."""

    def __call__(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        timeout: float,
        max_reply: int,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Returns status, headers and body; `timeout` is for the whole exchange, in seconds.

        Raises `TransportFault` when there is no whole reply of at most `max_reply` bytes.
        """
        ...


class AsyncTransport(Protocol):
    """Is a transport for `asend`."""

    async def __call__(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        timeout: float,
        max_reply: int,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Is `Transport.__call__`, awaited."""
        ...


class Observer(Protocol):
    """Hears of every outcome."""

    def __call__(self, event: Event, /) -> object:
        """Takes one event. It is called by the thread of the flow, so it should be quick; what it raises is dropped."""
        ...
