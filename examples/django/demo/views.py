"""Registration by SMS, as a site would have it; and the phone that the messages come to."""

from __future__ import annotations

import json
from ipaddress import ip_address
from urllib.request import urlopen

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from sansms.django import client_ip, respond, service

from .models import User
from .texts import TEXTS

NEWEST = 8


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    sandbox = settings.PROVIDER == "sandbox"
    return render(request, "demo/page.html", {"language": language, "t": TEXTS[language], "sandbox": sandbox})


@sensitive_post_parameters("phone")
@require_POST
def send_code(request: HttpRequest) -> HttpResponse:
    return respond(service.send(request.POST.get("phone"), purpose="register", ip=client_ip(request)))


@sensitive_post_parameters("phone", "code")
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    number, code = request.POST.get("phone"), request.POST.get("code")
    done = service.verify(number, code, purpose="register", ip=client_ip(request))
    if not done.ok:
        return respond(done)
    _, new = User.objects.get_or_create(phone=done.to)
    return respond(done, new=new, shown=done.masked)


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The pretend provider's inbox, for nobody but whoever sits at this machine."""
    if not settings.DEBUG or settings.PROVIDER != "sandbox" or not from_this_machine(request):
        raise Http404
    with urlopen(f"{settings.SANDBOX}/.sandbox/inbox", timeout=2) as reply:
        messages = json.load(reply)[-NEWEST:]
    kept = [{name: message[name] for name in ("message_id", "sign", "text", "at", "to")} for message in messages]
    answer = JsonResponse({"messages": kept})
    answer["Cache-Control"] = "no-store"
    return answer


def from_this_machine(request: HttpRequest) -> bool:
    """Tells whether the connection comes from a loopback address, and from no proxy in between."""
    if any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
