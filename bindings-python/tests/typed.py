"""How applications call the package, for mypy --strict and pyright; never run."""

from __future__ import annotations

from collections.abc import Sequence

import sansms
from sansms import (
    AsyncRedisStore,
    ConfigError,
    Credentials,
    DeliveryReceipt,
    Event,
    Explanation,
    Health,
    HttpcoreTransport,
    MemoryStore,
    Outcome,
    RedisStore,
    Service,
    SQLiteStore,
    Standing,
    TransportFault,
    Urllib3Transport,
    aliyun,
    aliyun_auth,
    aliyun_global,
    aliyun_mail,
    client_ip,
    explain,
    tencent,
    tencent_legacy,
    tencent_mail,
)
from sansms.stores import FallbackStore
from sansms.testing import Clock, Message, Sandbox, conformance
from sansms.testing.outbox import Outbox


class OwnStore:
    def run(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        return [None for _ in ops]


class OwnAsyncStore:
    async def arun(self, ops: list[tuple[str, str]], timeout: float) -> Sequence[str | None]:
        return [None for _ in ops]


async def own_async_transport(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float, max_reply: int
) -> tuple[int, list[tuple[str, str]], bytes]:
    raise TransportFault(sent=True)


def observe(event: Event) -> None:
    print(event.kind, event.rule or "-", event.latency_ms + 0.5, event.events[:1])


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


async def use_async(service: Service) -> str:
    async with service:
        sent: Outcome = await service.asend("1", purpose="register", ip="::1")
        done = await service.averify("1", "2", purpose="register", ip="::1")
        await service.aclose()
        return sent.kind + done.kind


def stores() -> list[Service]:
    Service(async_transport=HttpcoreTransport(connections=5), store=AsyncRedisStore("redis://h/0"))
    Service(async_transport=own_async_transport, observer=observe)
    redis = Service(store=RedisStore("redis://h/0", allow_eviction=True))
    return [redis, Service(store=SQLiteStore("a")), Service(store=OwnAsyncStore()), Service(store="memory://")]


def test_application(sansms_outbox: Outbox) -> None:
    sansms_outbox.clock.move(1)
    code: str = sansms_outbox[-1].code
    assert code
    assert len(sansms_outbox)
    for case in conformance.CASES:
        case(conformance.Blocking(OwnAsyncStore()), sansms_outbox.clock)


def addresses(lines: list[str]) -> list[str | None]:
    client_ip("10.0.0.2", trusted_proxies="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return [client_ip(None, lines, trusted_proxies=1), client_ip("::1", "203.0.113.7"), client_ip("::1", None)]


def explained() -> list[str]:
    found: list[Explanation] = explain("isv.X")
    return [each.meaning_zh for each in found]


def wrong(service: Service) -> None:
    # Each of these must be flagged; an ignore that is not needed is itself an error.
    service.send("13800138000")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    service.send(13800138000, purpose="register")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    service.verify("1", "2", purpose="p").nothing  # type: ignore[attr-defined]  # pyright: ignore  # noqa: B018
    Service(store=object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def aliyun_accounts() -> Service:
    return Service(
        providers=[
            aliyun(sign_name="示例", templates={"default": "SMS_1"}, region="cn-hongkong"),
            aliyun_auth(sign_name="示例", templates={"default": "100001"}, code_type="digits", interval_s=1),
            aliyun_global(templates={"default": "{code}"}, sender_id="Acme", type="otp"),
            aliyun_mail(account_name="a@b.example", templates={"default": {"subject": "s", "text": "{code}"}}),
        ]
    )


def tencent_accounts() -> Service:
    return Service(
        providers=[
            tencent(sdk_app_id="1400006666", sign_name="示例", templates={"default": "1"}, signature="hmac_sha256"),
            tencent_legacy(sdk_app_id="1400006666", app_key="k", channel="voice", play_times=2),
            tencent_mail(from_address="a@b.example", subject="s", templates={"default": "1"}),
        ]
    )


def desk(service: Service) -> None:
    outcome: Outcome = service.inspect("13800138000")
    standing: Standing | None = outcome.answer
    if standing is not None:
        waits: list[int] = [rule["wait_ms"] for rule in standing["rules"]]
        states: list[str] = [code["state"] for code in standing["codes"]]
        print(waits, states)
    outcome = service.reset("13800138000") or service.forget("13800138000")
    health: Health = service.health()
    print(health.ok, health.code, health.latency_ms)
    FallbackStore("memory://", MemoryStore(), for_s=10, on_switch=print).take_events()


async def fetch_key() -> Credentials:
    return Credentials("id", "secret", "token")


def receipts(service: Service) -> list[str]:
    account = aliyun(sign_name="示例", templates={"default": "SMS_1"}, credentials=fetch_key)
    Service(providers=[account], email={"blocked_domains": ["mailinator.example"]})
    status, body = service.answer_push("aliyun", service.receipt_path, b"[]")
    found: list[DeliveryReceipt] = service.receipts("aliyun", body)
    return [f"{status} {each.status} {each.at}" for each in found]
