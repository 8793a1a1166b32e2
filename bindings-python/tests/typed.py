"""How applications call the package, for mypy --strict and pyright; never run."""

from __future__ import annotations

from collections.abc import Sequence

import sansms
from sansms import ConfigError, MemoryStore, Outcome, Service, TransportFault, Urllib3Transport
from sansms.testing import Clock, Message, Sandbox


class OwnStore:
    def run(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        return [None for _ in ops]


def own_transport(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
) -> tuple[int, list[tuple[str, str]], bytes]:
    raise TransportFault(sent=False)


def make() -> Service:
    providers = [{"aliyun": {"sign_name": "示例", "templates": {"register": "SMS_1"}}}]
    Service(providers=providers, transport=own_transport, store=OwnStore(), store_timeout=0.5)
    try:
        return Service(providers=providers, store=MemoryStore(), secret="x" * 32, budget_per_day=100)
    except ConfigError as error:
        raise SystemExit(f"{error.code} {error.option} {error.env or ''} {error.message}") from error


def use(service: Service, typed: str | None) -> str:
    with service:
        sent: Outcome = service.send(typed, purpose="register", ip="203.0.113.7", session="s", deliver=False)
        if not sent:
            wait: int = sent.retry_after or 0
            return f"{sent.kind} {sent.text_zh} {wait}"
        done = service.verify(typed, "123456", purpose="register", ip="203.0.113.7", session="s")
        return done.to or done.text_en


def tests() -> None:
    sandbox = Sandbox(clock=Clock(0.0), seed=b"1")
    service = sandbox.service(templates={"register": "SMS_1"})
    service.send("13800138000", purpose="register", ip="::1")
    last: Message = sandbox.outbox[-1]
    print(last.code, last.to, last.text, sansms.__version__, Urllib3Transport(connections=2))


def wrong(service: Service) -> None:
    # Each of these must be flagged; an ignore that is not needed is itself an error.
    service.send("13800138000")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    service.send(13800138000, purpose="register")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    service.verify("1", "2", purpose="p").nothing  # type: ignore[attr-defined]  # pyright: ignore  # noqa: B018
    Service(store=object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
