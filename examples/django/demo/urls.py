"""The page, what it calls, and the phone beside it."""

from __future__ import annotations

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.page),
    path("code/", views.send_code, name="send_code"),
    path("register/", views.register, name="register"),
    path("inbox/", views.inbox, name="inbox"),
    path("language/", include("django.conf.urls.i18n")),
]
