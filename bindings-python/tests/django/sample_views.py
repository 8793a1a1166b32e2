"""The views of the sample, to the letter; what it leaves open is at the end."""

from django.http import HttpResponse
from people.models import User

# fmt: off
from sansms.django import client_ip, respond, service


def send_code(request):
    return respond(service.send(request.POST["phone"], purpose="register", ip=client_ip(request)))
def register(request):
    done = service.verify(request.POST["phone"], request.POST["code"], purpose="register", ip=client_ip(request))
    if not done.ok:
        return respond(done)                      # 400/429/503, Retry-After, a text in the user's language
    User.objects.get_or_create(phone=done.to)     # E.164, the number that was proven
    # fmt: on
    return HttpResponse("welcome")
