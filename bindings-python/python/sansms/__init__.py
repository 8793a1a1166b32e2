"""Phone and e-mail verification codes.

Everything is loaded when it is first used, so importing this package is quick and opens nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._address import client_ip
    from ._aliyun import aliyun, aliyun_auth, aliyun_global, aliyun_mail
    from ._async_transport import HttpcoreTransport
    from ._core import Outcome, __version__
    from ._credentials import Credentials
    from ._desk import Health, Standing
    from ._errors import ConfigError, DriveError, ReceiptError, TransportFault
    from ._explain import Explanation, explain
    from ._observer import Event
    from ._provider import gateway
    from ._receipts import DeliveryReceipt
    from ._service import Service
    from ._tencent import tencent, tencent_legacy, tencent_mail
    from ._transport import Urllib3Transport
    from .stores import AsyncRedisStore, MemoryStore, RedisStore, SQLiteStore

__all__ = [
    "AsyncRedisStore",
    "ConfigError",
    "Credentials",
    "DeliveryReceipt",
    "DriveError",
    "Event",
    "Explanation",
    "Health",
    "HttpcoreTransport",
    "MemoryStore",
    "Outcome",
    "ReceiptError",
    "RedisStore",
    "SQLiteStore",
    "Service",
    "Standing",
    "TransportFault",
    "Urllib3Transport",
    "__version__",
    "aliyun",
    "aliyun_auth",
    "aliyun_global",
    "aliyun_mail",
    "client_ip",
    "explain",
    "gateway",
    "tencent",
    "tencent_legacy",
    "tencent_mail",
]

_HOMES = {
    "AsyncRedisStore": "stores.redis",
    "Event": "_observer",
    "Explanation": "_explain",
    "Health": "_desk",
    "HttpcoreTransport": "_async_transport",
    "RedisStore": "stores.redis",
    "SQLiteStore": "stores.sqlite",
    "aliyun": "_aliyun",
    "aliyun_auth": "_aliyun",
    "aliyun_global": "_aliyun",
    "aliyun_mail": "_aliyun",
    "client_ip": "_address",
    "explain": "_explain",
    "gateway": "_provider",
    "tencent": "_tencent",
    "tencent_legacy": "_tencent",
    "tencent_mail": "_tencent",
    "ConfigError": "_errors",
    "Credentials": "_credentials",
    "DeliveryReceipt": "_receipts",
    "DriveError": "_errors",
    "ReceiptError": "_errors",
    "MemoryStore": "stores.memory",
    "Outcome": "_core",
    "Service": "_service",
    "Standing": "_desk",
    "TransportFault": "_errors",
    "Urllib3Transport": "_transport",
    "__version__": "_core",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
