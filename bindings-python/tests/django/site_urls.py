"""The sample's two views, and views that do what views do."""

from __future__ import annotations

import sample_views
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db.transaction import non_atomic_requests
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path
from people.models import Attempt, User

from django import forms
from sansms.django import client_ip, respond, service
from sansms.django.forms import CodeField, PhoneField, VerifiedPhone


class RegisterForm(VerifiedPhone, forms.Form):
    purpose = "register"
    phone = PhoneField()
    code = CodeField()
    nickname = forms.CharField()


def register_by_form(request):
    form = RegisterForm(request.POST or None, ip=client_ip(request))
    if form.is_valid():
        User.objects.get_or_create(phone=form.cleaned_data["phone"])
        return HttpResponse("welcome")
    return render(request, "form.html", {"form": form})


def register_or_raise(request):
    """Answers a wrong code as a serializer or a form field may: by raising."""
    Attempt.objects.create()
    done = service.verify(request.POST["phone"], request.POST["code"], purpose="register", ip=client_ip(request))
    if not done.ok:
        raise ValidationError(done.text_en)
    return HttpResponse("welcome")


def log_in(request):
    login(request, User.objects.get_or_create(phone="+8613900139000")[0])
    return HttpResponse(request.session.session_key)


def log_out(request):
    request.session.flush()
    return HttpResponse()


@non_atomic_requests  # Django wants it so for async views
async def send_code_async(request):
    return respond(await service.asend(request.POST["phone"], purpose="register", ip=client_ip(request)))


@non_atomic_requests
async def register_async(request):
    return respond(
        await service.averify(request.POST["phone"], request.POST["code"], purpose="register", ip=client_ip(request))
    )


urlpatterns = [
    path("code/", sample_views.send_code, name="send_code"),
    path("register/", sample_views.register, name="register"),
    path("sansms/", include("sansms.django.urls")),
    path("form/", register_by_form),
    path("raise/", register_or_raise),
    path("login/", log_in),
    path("logout/", log_out),
    path("async/code/", send_code_async),
    path("async/register/", register_async),
]
