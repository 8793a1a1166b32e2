"""Carries a flow from its first step to its outcome, with asyncio."""

from __future__ import annotations

from asyncio import get_running_loop, wait
from functools import partial
from time import monotonic

from ._driver import STEP_SHARE, resume, warn
from ._errors import ConfigError, TransportFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ._core import Flow, Outcome
    from ._types import AsyncTransport, CredentialsReply, HttpReply, HttpStep, StoreReply, Transport

    AsyncRun = Callable[[list[tuple[str, str]], float], Awaitable[Any]]


async def run(
    flow: Flow,
    *,
    transport: AsyncTransport,
    store: AsyncRun,
    now_ms: Callable[[], int],
    store_timeout: float,
    fetch: Callable[[str], Awaitable[CredentialsReply]],
) -> Outcome:
    """Runs a flow to its end; `store_timeout`, in seconds, spans all its store steps."""
    reply: HttpReply | StoreReply | CredentialsReply
    step = flow.start(now_ms())
    try:
        while step[0] != "done":
            if step[0] == "http":
                reply = await exchange(transport, step)
            elif step[0] == "credentials":
                reply = await fetch(step[2])
            else:
                began = monotonic()
                reply = await consult(store, step[2], store_timeout * STEP_SHARE)
                store_timeout -= monotonic() - began
            step = resume(flow, step[1], reply, now_ms())
    except BaseException:
        del step  # it may hold the number and the code, and tracebacks show locals
        reply = ("store_fault",)  # it may hold a key
        raise
    return step[1]


async def exchange(transport: AsyncTransport, step: HttpStep) -> HttpReply:
    """Makes one HTTP exchange; whatever goes wrong becomes a fault that says whether the request left."""
    _, _, method, url, headers, body, timeout_ms, max_reply = step
    try:
        status, reply_headers, reply_body = await transport(method, url, headers, body, timeout_ms / 1000, max_reply)
    except TransportFault as fault:
        return ("http_fault", fault.sent)
    except Exception as error:
        warn("the transport", error)
        return ("http_fault", True)
    except BaseException as interruption:  # a worker's time-out, Ctrl-C, a task that is cancelled
        del step, url, headers, body
        interruption.__context__ = None  # this and the frames below hold the URL, and with it the number and the code
        raise interruption.with_traceback(None) from None
    return ("http", status, reply_headers, reply_body)


async def consult(store: AsyncRun, ops: list[tuple[str, str]], timeout: float) -> StoreReply:
    """Runs a step's operations at the store; whatever goes wrong, being late too, becomes a fault."""
    if timeout <= 0:
        return ("store_fault",)
    try:
        return ("store", await store(ops, timeout))
    except ConfigError:
        raise
    except Exception as error:
        warn("the store", error)
        return ("store_fault",)


async def no_key(provider: str) -> CredentialsReply:
    """Answers for a service whose providers' keys are all in its settings."""
    return ("credentials_fault",)


def in_thread(run: Callable[[list[tuple[str, str]], float], Any]) -> AsyncRun:
    """Makes a store that blocks one that is awaited, in a thread of the loop's."""

    async def threaded(ops: list[tuple[str, str]], timeout: float) -> Any:
        return await in_time(partial(run, ops), timeout)

    return threaded


def transport_in_thread(exchange: Transport) -> AsyncTransport:
    """Makes a transport that blocks one that is awaited, in a thread of the loop's."""

    async def threaded(
        method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        try:
            reply: tuple[int, list[tuple[str, str]], bytes] = await in_time(
                lambda left: exchange(method, url, headers, body, left, max_reply), timeout
            )
        except NoThread:
            raise TransportFault(sent=False) from None
        return reply

    return threaded


async def in_time(call: Callable[[float], Any], timeout: float) -> Any:
    """Makes a call in a thread of the loop's, and tells it what is left of the time once a thread is free.

    The loop's threads are few and the application's too, so a call may wait for one; past the deadline it is not made.
    Raises `NoThread` then. A call that has begun is waited for, as it holds the deadline itself.
    """
    deadline = monotonic() + timeout
    begun = False

    def work() -> Any:
        nonlocal begun
        begun = True
        left = deadline - monotonic()
        if left <= 0:
            raise NoThread
        return call(left)

    future = get_running_loop().run_in_executor(None, work)
    try:
        await wait((future,), timeout=timeout)
        if not begun:
            raise NoThread
        return await future
    finally:
        future.cancel()  # one that is done stays as it is


class NoThread(TimeoutError):
    """No thread was free before the deadline; the call was not made."""
