"""The views of `site_urls`, and one that sends and raises."""

from __future__ import annotations

from django.urls import path
from site_urls import urlpatterns as pages

from sansms.django import client_ip, service


def send_and_raise(request):
    assert service.send(request.POST["phone"], purpose="register", ip=client_ip(request)).ok
    raise RuntimeError


urlpatterns = [*pages, path("send-and-raise/", send_and_raise)]
