"""An outcome as an answer over HTTP."""

from __future__ import annotations

from django.http import JsonResponse
from django.utils.translation import get_language

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sansms import Outcome

# What is told, if there is any; never the number, which the client knows.
TOLD = ("attempts_left", "retry_after", "resend_in", "expires_in", "challenge")


def respond(outcome: Outcome, **more: object) -> JsonResponse:
    """Makes the JSON answer for an outcome, in the active language.

    It has the outcome's status, `Retry-After`, and `ok`, `kind`, `code`, `text`; then `attempts_left`,
    `retry_after`, `resend_in`, `expires_in` (in seconds) and `challenge` where there are any; and `more`, for what
    the application adds. It never holds the number.
    """
    answer: dict[str, object] = {
        "ok": outcome.ok,
        "kind": outcome.kind,
        "code": outcome.code,
        "text": text_of(outcome),
    }
    answer.update((name, value) for name in TOLD if (value := getattr(outcome, name)) is not None)
    answer.update(more)
    response = JsonResponse(answer, status=outcome.http_status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    if outcome.retry_after is not None:
        response["Retry-After"] = str(outcome.retry_after)
    return response


def text_of(outcome: Outcome) -> str:
    """Returns the text for people: Chinese if that is the active language, else English."""
    return outcome.text_zh if (get_language() or "").startswith("zh") else outcome.text_en
