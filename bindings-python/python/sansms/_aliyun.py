"""Accounts at Alibaba Cloud, as functions, so that their options have names and types.

Each returns what `Service(providers=[…])` takes. The key comes from ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN if left out. `credentials` stands in for the options
of a key: `Credentials`, or a callable that returns them and is asked at each use. `endpoint` is another host, such as a
sandbox at `http://127.0.0.1:PORT`, and then only with keys that begin with `sandbox-`. `wire` is `acs3`, as the
official SDKs sign, or `rpc`, which has number and code in the body instead of the URL. `name` is what outcomes and
events call the account, `weight` how often it goes first against the others' weights, `timeout_ms` how long one call
may take, 1000 to 30000, 5000 if left out.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal, TypedDict

    from ._credentials import Credentials, Fetch

    Wire = Literal["acs3", "rpc"]
    SmsRegion = Literal[
        "central",
        "cn-hangzhou",
        "cn-beijing",
        "cn-hongkong",
        "ap-southeast-1",
        "ap-southeast-5",
        "eu-central-1",
        "us-east-1",
    ]
    MailRegion = Literal["cn-hangzhou", "ap-southeast-1", "ap-southeast-2", "us-east-1", "eu-central-1"]
    CodeType = Literal["digits", "upper", "lower", "letters", "digits_upper", "digits_lower", "all"]

    class _Mail(TypedDict):
        subject: str

    class Mail(_Mail, total=False):
        """A purpose's mail: a subject with one of `html`, `text` and `template`, the id of one kept at the vendor."""

        html: str
        text: str
        template: str


def aliyun(
    *,
    sign_name: str,
    templates: Mapping[str, str],
    template_params: Mapping[str, str] | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    region: SmsRegion | None = None,
    endpoint: str | None = None,
    wire: Wire | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Alibaba Cloud SMS, API SendSms.

    `templates` go from purpose to code, e.g. `{"register": "SMS_123"}`; `default` serves the purposes that have none.
    `template_params` go from variable to text with `{code}` and `{minutes}`; `{"code": "{code}"}` if left out.
    """
    return _account("aliyun", locals())


def aliyun_auth(
    *,
    sign_name: str,
    templates: Mapping[str, str],
    template_params: Mapping[str, str] | None = None,
    code_length: int | None = None,
    code_type: CodeType | None = None,
    interval_s: int | None = None,
    duplicate_policy: Literal["newest", "all"] | None = None,
    auto_retry: bool | None = None,
    return_verify_code: bool | None = None,
    case_auth_policy: Literal["ignore", "exact"] | None = None,
    sms_up_extend_code: str | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    endpoint: str | None = None,
    wire: Wire | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Alibaba Cloud 短信认证, which makes and checks the codes itself; mainland numbers only.

    It needs no company papers: sign and templates are those that the console gives, e.g. `{"default": "100001"}`.
    `template_params` go from variable to text with `{minutes}`, and `##code##` for the code;
    `{"code": "##code##", "min": "{minutes}"}` if left out. `code_length` is 4 to 8, 6 if left out. `interval_s` is the
    vendor's own pause between two codes for a number, 1 if left out, so that the policy's cooldown decides.
    `duplicate_policy` tells whether an older code stays good beside a newer one. A code that `return_verify_code` asks
    for is neither kept nor told.
    """
    return _account("aliyun_auth", locals())


def aliyun_global(
    *,
    templates: Mapping[str, str],
    sender_id: str | None = None,
    type: Literal["otp", "notify", "mkt"] | None = None,
    validity_period_s: int | None = None,
    channel_id: str | None = None,
    task_id: str | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    region: SmsRegion | None = None,
    endpoint: str | None = None,
    wire: Wire | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Alibaba Cloud SMS for numbers outside the mainland, API SendMessageToGlobe.

    `templates` go from purpose to the whole text, with `{code}` and perhaps `{minutes}`. `sender_id` has at most 11
    letters and digits, or at most 15 digits. `task_id` is the send's blind name if left out, which receipts repeat.
    """
    return _account("aliyun_global", locals())


def aliyun_mail(
    *,
    account_name: str,
    templates: Mapping[str, Mail],
    template_params: Mapping[str, str] | None = None,
    from_alias: str | None = None,
    address_type: Literal["sender", "random"] | None = None,
    reply_to_address: bool | None = None,
    tag_name: str | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    credentials: Fetch | Credentials | None = None,
    region: MailRegion | None = None,
    endpoint: str | None = None,
    wire: Wire | None = None,
    name: str | None = None,
    weight: int | None = None,
    timeout_ms: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Names an account of Alibaba Cloud DirectMail, API SingleSendMail.

    `account_name` is the sender's address, `from_alias` its name, at most 15 characters. `templates` go from purpose
    to mail, e.g. `{"default": {"subject": "Your code", "text": "{code}"}}`. `template_params` are the variables of
    templates kept at the vendor; `{"code": "{code}"}` if left out.
    """
    return _account("aliyun_mail", locals())


def _account(kind: str, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {kind: {option: value for option, value in options.items() if value is not None}}
