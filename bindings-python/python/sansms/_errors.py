"""The exceptions: a wrong configuration, a bug in a driver, a failed exchange, a body that is no receipts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ConfigError(ValueError):
    """A setting is missing or wrong.

    `code` is stable and dotted (`config.missing`), `option` the setting's path, `env` the environment variable that
    is read for it, if any. The message never repeats a secret.
    """

    def __init__(self, code: str, option: str, message: str, env: str | None = None) -> None:
        super().__init__(code, option, message, env)
        self.code: str = code
        self.option: str = option
        self.message: str = message
        self.env: str | None = env

    def __str__(self) -> str:
        hint = f" (environment variable {self.env})" if self.env else ""
        return f"{self.option}: {self.message}{hint}"


class DriveError(RuntimeError):
    """A driver called a flow in a way that does not fit; `code` is stable and dotted (`drive.wrong_id`)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code: str = code
        self.message: str = message

    def __str__(self) -> str:
        return self.message


class TransportFault(Exception):
    """An exchange failed before a whole reply was read.

    `sent` says whether any byte of the request may have left. A transport that cannot tell says `True`: the message
    may have been delivered, so no second provider is asked.
    """

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the exchange failed after" if sent else "the exchange failed before", "the request left")
        self.sent: bool = sent

    def __str__(self) -> str:
        return f"the exchange failed {'after' if self.sent else 'before'} the request left"

    def __reduce__(self) -> tuple[Any, ...]:
        from functools import partial

        return partial(type(self), sent=self.sent), (), self.__dict__


class ReceiptError(ValueError):
    """A body is no list of delivery receipts of this provider's; answered with an error, it comes again."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.provider: str = provider
        """The kind of provider that was named."""

    def __str__(self) -> str:
        return f"the body is no list of receipts of {self.provider}"
