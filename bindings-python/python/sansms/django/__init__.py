"""Verification codes in a Django project: `INSTALLED_APPS += ["sansms.django"]` and the setting `SANSMS`.

```python
from sansms.django import client_ip, respond, service

def send_code(request):
    return respond(service.send(request.POST.get("phone", ""), purpose="register", ip=client_ip(request)))
```
"""

from __future__ import annotations

from ._address import ClientAddress, client_ip
from ._respond import respond
from ._service import DjangoService, service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._store import DjangoStore

__all__ = ["ClientAddress", "DjangoService", "DjangoStore", "client_ip", "respond", "service"]


def __getattr__(name: str) -> object:
    if name != "DjangoStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._store import DjangoStore

    return DjangoStore
