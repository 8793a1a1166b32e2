"""Form fields for a number, an e-mail address and a code, and a mixin that checks them.

```python
class RegisterForm(VerifiedPhone, forms.Form):
    purpose = "register"
    phone = PhoneField()
    code = CodeField()

form = RegisterForm(request.POST, ip=client_ip(request))
if form.is_valid():
    User.objects.get_or_create(phone=form.cleaned_data["phone"])  # E.164, the number that was proven
```
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from django import forms

from ._respond import text_of
from ._service import service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sansms import Outcome

__all__ = ["CodeField", "ContactField", "PhoneField", "VerifiedPhone"]


class PhoneField(forms.CharField):
    """A number in whatever way people type them; the service reads it, so nothing else is checked here."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        options.setdefault("label", _either("手机号", "Phone number"))
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}))
        super().__init__(**options)


class ContactField(forms.CharField):
    """A number or an e-mail address, where providers reach both; the service reads it, so nothing else is checked here.

    Name it by `phone_field` in a `VerifiedPhone` form.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 320)
        options.setdefault("label", _either("手机号或邮箱", "Phone number or e-mail address"))
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}))
        super().__init__(**options)


class CodeField(forms.CharField):
    """A code; phones offer it from the message, and the page never shows it again."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        options.setdefault("label", _either("验证码", "Code"))
        options.setdefault("widget", CodeInput())
        super().__init__(**options)


class CodeInput(forms.TextInput):
    """An input that a phone fills from the message."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "one-time-code", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Leaves a typed code out of the page: it may be right, and it is of no use when it is not."""
        return None


class VerifiedPhone(forms.BaseForm):
    """Checks the code when all else is right, and puts the proven number in E.164 into `cleaned_data`.

    A form that is wrong elsewhere spends no try. What is wrong with number or code becomes an error of that field,
    anything else (a limit, a store that is down) an error of the form; nothing is raised, so a try is counted
    whatever the view does then. `outcome` is what the check ended with, `None` if there was none: a view may answer
    with its `http_status`. What a `ModelForm` asks of its model comes after, of the number in E.164.
    """

    purpose: str = ""
    phone_field: str = "phone"
    code_field: str = "code"

    def __init__(self, *args: Any, ip: str | None = None, session: str | None = None, **options: Any) -> None:
        """Takes `ip=client_ip(request)`, which brings the session along; the rest as any form."""
        super().__init__(*args, **options)
        self.ip = ip
        self.session = session
        self.outcome: Outcome | None = None

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        if self.errors:
            return
        if self.outcome is None:
            if not self.purpose:
                raise TypeError(f"{type(self).__name__}.purpose must say what its codes are for")
            self.outcome = service.verify(
                self.cleaned_data[self.phone_field],
                self.cleaned_data[self.code_field],
                purpose=self.purpose,
                ip=self.ip,
                session=self.session,
            )
        if self.outcome.ok:
            self.cleaned_data[self.phone_field] = self.outcome.to
        else:
            self.add_error(self._field_of(self.outcome), text_of(self.outcome))

    def _field_of(self, outcome: Outcome) -> str | None:
        if outcome.code.startswith(("input.number.", "input.email.")):
            return self.phone_field
        if outcome.code.startswith(("code.", "input.code.")):
            return self.code_field
        return None


def _in_language(zh: str, en: str) -> str:
    return zh if (get_language() or "").startswith("zh") else en


_either = lazy(_in_language, str)
