"""The form fields and the mixin."""

from __future__ import annotations

import pytest
from django.utils import translation
from people.models import User
from site_urls import RegisterForm
from visitors import E164, NUMBER, another

from django import forms
from sansms.django import service
from sansms.django.forms import CodeField, PhoneField, VerifiedPhone

USER = {"purpose": "register", "ip": "203.0.113.7", "session": "s"}


@pytest.fixture
def code(sandbox):
    service.send(NUMBER, **USER)
    return sandbox.outbox[0].code


def form(code, phone=NUMBER, **more):
    data = {"phone": phone, "code": code, "nickname": "n", **more}
    return RegisterForm(data, ip="203.0.113.7", session="s")


def test_a_right_code_leaves_the_proven_number(code):
    right = form(f" {code[:3]} {code[3:]}")
    assert right.is_valid()
    assert right.cleaned_data["phone"] == E164
    assert right.outcome.kind == "verified"


def test_a_wrong_code_is_an_error_of_its_field_and_costs_a_try(code):
    for left in (2, 1):
        wrong = form(another(code))
        assert list(wrong.errors) == ["code"]
        assert f"Tries left: {left}" in wrong.errors["code"][0]
        assert wrong.outcome.http_status == 400
    assert form(code).is_valid()


def test_looking_twice_costs_one_try(code):
    wrong = form(another(code))
    assert not wrong.is_valid()
    assert not wrong.is_valid()
    wrong.full_clean()
    assert wrong.outcome.attempts_left == 2
    assert form(another(code)).errors
    assert form(code).is_valid()


def test_a_form_that_is_wrong_elsewhere_spends_nothing(code):
    for _ in range(5):
        assert list(form(another(code), nickname="").errors) == ["nickname"]
    assert form(code, nickname="").outcome is None
    assert form(code).is_valid()


def test_a_number_that_cannot_be_is_an_error_of_its_field(code):
    assert list(form(code, phone="12345").errors) == ["phone"]


def test_a_limit_is_an_error_of_the_form(sandbox):
    for n in range(31):
        last = form("000000", phone=f"1380013{n:04}")
        last.is_valid()
    assert list(last.errors) == ["__all__"]
    assert last.outcome.http_status == 429


def test_errors_are_in_the_active_language(code):
    with translation.override("zh-hans"):
        wrong = form(another(code))
        assert "还可尝试 2 次" in wrong.errors["code"][0]
        assert "手机号" in wrong.as_p()
    with translation.override("en"):
        assert "Phone number" in RegisterForm().as_p()


def test_a_code_is_not_shown_again(code):
    page = form(another(code)).as_p()
    assert another(code) not in page
    assert 'autocomplete="one-time-code"' in page
    assert 'type="tel"' in page


class RegisterModelForm(VerifiedPhone, forms.ModelForm):
    purpose = "register"
    phone = PhoneField()
    code = CodeField()

    class Meta:
        model = User
        fields = ("phone",)


def test_a_model_form_keeps_the_proven_number(db, sandbox):
    for taken in (False, True):
        service.send(NUMBER, **USER)
        code = sandbox.outbox[-1].code
        model_form = RegisterModelForm({"phone": "+86 138-0013-8000", "code": code}, ip="203.0.113.7", session="s")
        assert model_form.is_valid() is not taken
        if taken:
            assert "already exists" in model_form.errors["phone"][0]
        else:
            model_form.save()
        assert [user.phone for user in User.objects.all()] == [E164]
        sandbox.clock.move(60)


def test_an_unbound_form_asks_nothing(sandbox):
    blank = RegisterForm()
    assert not blank.is_valid()
    assert blank.outcome is None


def test_a_form_names_its_purpose(code):
    class Nameless(VerifiedPhone, forms.Form):
        phone = PhoneField()
        code = CodeField()

    with pytest.raises(TypeError, match=r"Nameless\.purpose"):
        Nameless({"phone": NUMBER, "code": code}, ip="203.0.113.7").is_valid()


def test_a_page_with_the_form(browser, sandbox):
    page = browser.get("/form/").content.decode()
    assert 'data-sansms-url="/code/"' in page
    assert "Get code" in page
    browser.get_code()
    code = sandbox.outbox[0].code
    again = browser.post("/form/", {"phone": NUMBER, "code": another(code), "nickname": "n"})
    assert "Tries left: 2" in again.content.decode()
    done = browser.post("/form/", {"phone": NUMBER, "code": code, "nickname": "n"})
    assert done.content == b"welcome"
    assert User.objects.get().phone == E164


def test_the_button_speaks_chinese(browser):
    page = browser.get("/form/", HTTP_ACCEPT_LANGUAGE="zh-CN").content.decode()
    assert "获取验证码" in page
    assert "Get code" not in page
