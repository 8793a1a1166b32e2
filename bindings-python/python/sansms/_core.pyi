from typing import Any, final

from ._types import CredentialsReply, HttpReply, Step, StoreReply

__all__ = [
    "Engine",
    "Flow",
    "MemoryStore",
    "Outcome",
    "Sandbox",
    "__version__",
    "apply",
    "client_ip",
    "env_names",
    "is_purpose",
    "read_receipts",
    "receipt_answer",
    "redis_script",
    "run_vector",
]

__version__: str

@final
class Engine:
    def __new__(cls, config: str) -> Engine: ...
    def send(
        self,
        to: str,
        *,
        purpose: str,
        seed: bytes,
        ip: str | None = None,
        session: str | None = None,
        device: str | None = None,
        idempotency_key: str | None = None,
        code: str | None = None,
        deliver: bool = True,
    ) -> Flow: ...
    def verify(
        self,
        to: str,
        code: str,
        *,
        purpose: str,
        seed: bytes,
        ip: str | None = None,
        session: str | None = None,
        ticket_for: str | None = None,
    ) -> Flow: ...
    def call(self, provider: str, action: str, params: str, *, seed: bytes) -> Flow: ...
    def desk(self, task: str, to: str = "") -> Flow: ...
    def audit_json(self) -> str: ...
    def audit_text(self) -> str: ...
    def receipt_key(self) -> str: ...
    def is_receipt_key(self, given: str) -> bool: ...
    def redeem(self, ticket: str, to: str, purpose: str, bound: str, now_ms: int) -> bool: ...

@final
class Flow:
    def start(self, now_ms: int) -> Step: ...
    def resume(self, id: int, reply: HttpReply | StoreReply | CredentialsReply, now_ms: int) -> Step: ...

@final
class Outcome:
    """What a flow ended with; true when `ok`, and its repr masks the number."""

    @property
    def kind(self) -> str:
        """Which outcome: `sent`, `limited`, `verified`, `wrong_code` …"""
    @property
    def ok(self) -> bool:
        """Whether it went well: true for `sent`, `verified` and `answered` only."""
    @property
    def code(self) -> str:
        """A stable dotted code, e.g. `limit.cooldown`."""
    @property
    def to(self) -> str | None:
        """The number in E.164 or the address, for keeping; not for a log."""
    @property
    def masked(self) -> str | None:
        """The recipient as it may be shown."""
    @property
    def retry_after(self) -> int | None:
        """Seconds until asking again makes sense, rounded up."""
    @property
    def resend_in(self) -> int | None:
        """Seconds until the code may be sent again, rounded up."""
    @property
    def expires_in(self) -> int | None:
        """Seconds for which the code is good, rounded up."""
    @property
    def attempts_left(self) -> int | None:
        """Tries left on this code."""
    @property
    def replayed(self) -> bool:
        """Whether an earlier request with this idempotency key was let through; nothing was sent again.

        What became of its message, and the token of the session mode `challenge`, are in its own outcome alone.
        """
    @property
    def challenge(self) -> str | None:
        """An opaque token that stands for the session, for clients without one."""
    @property
    def ticket(self) -> str | None:
        """A signed token that says this number was verified."""
    @property
    def provider(self) -> str | None:
        """The provider that was asked last."""
    @property
    def send_id(self) -> str | None:
        """The blind name of this send, which the provider's receipts repeat."""
    @property
    def message_id(self) -> str | None:
        """The provider's id of the message."""
    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
    @property
    def answer(self) -> Any:
        """What the vendor said to a `call`, which may hold numbers and texts, or what `inspect` found."""
    @property
    def http_status(self) -> int:
        """The status that an HTTP handler would answer with."""
    @property
    def text_zh(self) -> str:
        """A sentence for the user, in Chinese."""
    @property
    def text_en(self) -> str:
        """A sentence for the user, in English."""
    @property
    def events(self) -> list[str]:
        """What an operator may want to hear of, e.g. `budget.80`."""
    def __bool__(self) -> bool: ...

@final
class MemoryStore:
    def __new__(cls) -> MemoryStore: ...
    def run(self, key: str, op: str, now_ms: int) -> str: ...
    def __len__(self) -> int: ...

@final
class Sandbox:
    def __new__(cls, config: str) -> Sandbox: ...
    def handle(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, now_ms: int) -> HttpReply: ...
    def fault(self, fault: str, times: int, vendor: str | None = None) -> None: ...
    def receipt(self, message_id: str, to: str, status: str) -> str | None: ...
    def inbox(self) -> str: ...

def apply(record: bytes | None, op: str, now_ms: int) -> tuple[bytes | None, int, str]: ...
def client_ip(peer: str | None, forwarded: str, proxies: int) -> str | None: ...
def env_names() -> list[str]: ...
def is_purpose(text: str) -> bool: ...
def read_receipts(kind: str, body: bytes) -> str | None: ...
def receipt_answer(kind: str) -> str: ...
def redis_script() -> tuple[str, str]: ...
def run_vector(input: str) -> str: ...
