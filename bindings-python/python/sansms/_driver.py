"""Carries a flow from its first step to its outcome."""

from __future__ import annotations

from time import monotonic

from ._errors import ConfigError, TransportFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ._core import Flow, Outcome
    from ._types import CredentialsReply, HttpReply, HttpStep, Step, Store, StoreReply, Transport


def run(
    flow: Flow,
    *,
    transport: Transport,
    store: Store,
    now_ms: Callable[[], int],
    store_timeout: float,
    fetch: Callable[[str], CredentialsReply],
) -> Outcome:
    """Runs a flow to its end; `store_timeout`, in seconds, spans all its store steps."""
    reply: HttpReply | StoreReply | CredentialsReply
    step = flow.start(now_ms())
    try:
        while step[0] != "done":
            if step[0] == "http":
                reply = exchange(transport, step)
            elif step[0] == "credentials":
                reply = fetch(step[2])
            else:
                began = monotonic()
                reply = consult(store, step[2], store_timeout * STEP_SHARE)
                store_timeout -= monotonic() - began
            step = resume(flow, step[1], reply, now_ms())
    except BaseException:
        del step  # it may hold the number and the code, and tracebacks show locals
        reply = ("store_fault",)  # it may hold a key
        raise
    return step[1]


def resume(flow: Flow, step_id: int, reply: HttpReply | StoreReply | CredentialsReply, now_ms: int) -> Step:
    """Hands a reply in; one that is of no shape counts as none, and a request that it answers may have left."""
    try:
        return flow.resume(step_id, reply, now_ms)
    except (TypeError, ValueError, OverflowError) as error:  # before the flow heard of it
        if reply[0] == "http":
            warn("the transport's reply", error)
            return flow.resume(step_id, ("http_fault", True), now_ms)
        if reply[0] == "store":
            warn("the store's reply", error)
            return flow.resume(step_id, ("store_fault",), now_ms)
        raise


def exchange(transport: Transport, step: HttpStep) -> HttpReply:
    """Makes one HTTP exchange; whatever goes wrong becomes a fault that says whether the request left."""
    _, _, method, url, headers, body, timeout_ms, max_reply = step
    try:
        status, reply_headers, reply_body = transport(method, url, headers, body, timeout_ms / 1000, max_reply)
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


def consult(store: Store, ops: list[tuple[str, str]], timeout: float) -> StoreReply:
    """Runs a step's operations at the store; whatever goes wrong, being late too, becomes a fault.

    A store that can't be used as it is set up raises `ConfigError`, and so does this.
    """
    if timeout <= 0:
        return ("store_fault",)
    try:
        return ("store", store.run(ops, timeout))
    except ConfigError:
        raise
    except Exception as error:
        warn("the store", error)
        return ("store_fault",)


# What a store step may use of the time that is left: one that gets no lock leaves some for giving back what was taken.
STEP_SHARE = 0.9


def no_key(provider: str) -> CredentialsReply:
    """Answers for a service whose providers' keys are all in its settings."""
    return ("credentials_fault",)


def warn(who: str, error: BaseException) -> None:
    """Logs the class of an error and nothing more: its text may hold a number, a code or a key."""
    from logging import getLogger

    getLogger("sansms").warning("%s raised %s", who, type(error).__qualname__)
