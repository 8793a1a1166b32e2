"""Who comes to the site."""

from __future__ import annotations

from django.test import Client

NUMBER = "138 0013 8000"
E164 = "+8613800138000"


class Browser(Client):
    """Keeps its cookies; its address is what the proxy adds to what it sends itself."""

    def __init__(self, address="203.0.113.7", **options):
        super().__init__(**options)
        self.address = address

    def request(self, **environ):
        sent = environ.get("HTTP_X_FORWARDED_FOR")
        environ["HTTP_X_FORWARDED_FOR"] = f"{sent}, {self.address}" if sent else self.address
        environ.setdefault("REMOTE_ADDR", "10.0.0.2")
        return super().request(**environ)

    def get_code(self, phone=NUMBER, **more):
        return self.post("/code/", {"phone": phone}, **more)


def another(code):
    """Returns a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"
