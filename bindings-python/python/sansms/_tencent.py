"""Accounts at Tencent, as functions, so that their options have names and types.

Each returns what `Service(providers=[…])` takes. The cloud's key comes from TENCENTCLOUD_SECRET_ID,
TENCENTCLOUD_SECRET_KEY and TENCENTCLOUD_SESSION_TOKEN if left out. `credentials` stands in for the options of a key:
`Credentials`, or a callable that returns them and is asked at each use. `region` is the region that is called,
`ap-guangzhou` if left out, and `host_region` whose host is called, the nearest if left out. `signature` is `tc3`, or
one of the older ways. `endpoint` is another host, such as a sandbox at `http://127.0.0.1:PORT`, and then only with
keys that begin with `sandbox-`. `name` is what outcomes and events call the account, `weight` how often it goes first
against the others' weights, `timeout_ms` how long one call may take, 1000 to 30000, 5000 if left out.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    from ._credentials import Credentials, Fetch

    Signature = Literal["tc3", "hmac_sha1", "hmac_sha256"]


def tencent(
    *,
    sdk_app_id: str,
    sign_name: str,
    templates: Mapping[str, str],
    template_params: Sequence[str] | None = None,
    secret_id: str | None = None,
    secret_key: str | None = None,
    session_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    region: str | None = None,
    host_region: str | None = None,
    signature: Signature | None = None,
    endpoint: str | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Tencent Cloud SMS, API SendSms.

    `templates` go from purpose to the template's id; `default` serves the purposes that have none. `template_params`
    are the variables in their order, with `{code}` and `{minutes}`; `["{code}"]` if left out.
    """
    return _account("tencent", locals())


def tencent_mail(
    *,
    from_address: str,
    subject: str,
    templates: Mapping[str, str],
    template_params: Mapping[str, str] | None = None,
    reply_to: str | None = None,
    secret_id: str | None = None,
    secret_key: str | None = None,
    session_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    region: str | None = None,
    host_region: str | None = None,
    signature: Signature | None = None,
    endpoint: str | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Tencent Cloud's mail service, API SendEmail by template.

    `from_address` is `no-reply@mail.example` or `Name <no-reply@mail.example>`. `subject` has 1 to 100 characters, with
    `{code}` and `{minutes}` if wanted. `template_params` go from variable to text; `{"code": "{code}"}` if left out.
    """
    return _account("tencent_mail", locals())


def tencent_legacy(
    *,
    sdk_app_id: str,
    app_key: str | None = None,
    credentials: Fetch | Credentials | None = None,
    channel: Literal["sms", "voice"] | None = None,
    templates: Mapping[str, str] | None = None,
    template_params: Sequence[str] | None = None,
    sign_name: str | None = None,
    play_times: int | None = None,
    endpoint: str | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an app of Tencent's SMS service before the cloud API, which has an AppKey.

    `templates` go from purpose to a template's id, or for SMS to the whole text with its sign in front, as
    `【示例】您的验证码是{code}。`; without any, a voice reads just the code, `play_times` times, 1 to 3.
    """
    return _account("tencent_legacy", locals())


def _account(kind: str, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {kind: {option: value for option, value in options.items() if value is not None}}
