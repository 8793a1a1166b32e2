"""What a provider's code means, and what to do about it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Explanation:
    """What one code of one of a provider's interfaces means."""

    __slots__ = ("advice_en", "advice_zh", "api", "code", "handling", "meaning_en", "meaning_zh", "provider")

    def __init__(self, provider: str, api: str, row: tuple[str, str, str, str, str, int]) -> None:
        code, meaning_zh, meaning_en, category, handling, retry_after_s = row
        advice_zh, advice_en = ADVICE.get(category, ("", ""))
        if retry_after_s:
            advice_zh, advice_en = f"{advice_zh}{retry_after_s} 秒后再试。", f"{advice_en} Wait {retry_after_s} s."
        self.provider: str = provider
        """Whose code it is, e.g. `aliyun`."""
        self.api: str = api
        """Which of the provider's interfaces answers with it."""
        self.code: str = code
        """The code, as the provider writes it."""
        self.meaning_zh: str = meaning_zh
        """What it means, in Chinese."""
        self.meaning_en: str = meaning_en
        """What it means, in English."""
        self.handling: str = handling
        """How a send takes it: `Rejected`, `Account`, `Throttled`, `Unavailable`, `Ambiguous`; else empty."""
        self.advice_zh: str = advice_zh
        """What to do, in Chinese."""
        self.advice_en: str = advice_en
        """What to do, in English."""

    def __repr__(self) -> str:
        return f"<Explanation {self.provider} {self.code}>"


def explain(code: str) -> list[Explanation]:
    """Explains a provider's code, e.g. `isv.BUSINESS_LIMIT_CONTROL`; empty if it is not known.

    Several interfaces may use one code, so there may be several. Case does not matter. Of a code that is not known
    the longest known part before a dot is taken, as the providers nest them.
    """
    wanted = code.strip().lower()
    known: dict[str, list[Explanation]] = {}
    for api, rows in packed().items():
        provider, _, name = api.partition("\t")
        for row in rows:
            if wanted == row[0].lower() or wanted.startswith(row[0].lower() + "."):
                known.setdefault(row[0].lower(), []).append(Explanation(provider, name, row))
    return known[max(known, key=len)] if known else []


def packed() -> dict[str, list[Any]]:
    """Reads what came with the package."""
    from json import loads
    from pathlib import Path

    data: dict[str, list[Any]] = loads((Path(__file__).parent / "data" / "provider-errors.json").read_bytes())
    return data


HANDLING = {
    "Rejected": ("不换服务商，不再发送", "the send stops: no other provider is asked"),
    "Account": ("换下一个服务商，并通知运维", "the next provider is asked, and the operator hears of it"),
    "Throttled": ("换下一个服务商", "the next provider is asked"),
    "Unavailable": ("换下一个服务商", "the next provider is asked"),
    "Ambiguous": ("可能已送达：不换服务商", "it may have been delivered: no other provider is asked"),
}
"""What a send does about each class, in Chinese and English."""

ADVICE = {
    "success": ("无需处理。", "Nothing to do."),
    "throttled": ("降低频率，或在控制台提高限额。", "Slow down, or raise the quota in the provider's console."),
    "auth": (
        "检查 AccessKey、权限和服务器时间。",
        "Check the access key, its permissions, and the clock of this machine.",
    ),
    "balance": ("充值或续购套餐包。", "Top the account up, or buy another package."),
    "signature_or_template": (
        "在控制台核对签名、模板及变量是否已审核并一致。",
        "Compare sign name, template and variables with what the console shows as approved.",
    ),
    "invalid_phone": ("请用户检查号码。", "Ask the user to check the number."),
    "blocked": (
        "该号码被拦截：请用户联系运营商，或在控制台移出黑名单。",
        "The number is blocked: the user may ask the carrier, or take it off the list in the console.",
    ),
    "content_rejected": ("修改模板变量的内容后重试。", "Change what goes into the template's variables."),
    "bad_request": (
        "检查参数和配置；同样的请求会再次失败。",
        "Check parameters and settings; the same request will fail again.",
    ),
    "provider_fault": ("服务商故障：稍后重试。", "The provider's own trouble: try later."),
    "verify_mismatch": ("请用户核对验证码。", "Ask the user to check the code."),
    "expired": ("请用户重新获取验证码。", "Ask the user to get a new code."),
}
"""What to do about each category, in Chinese and English."""
