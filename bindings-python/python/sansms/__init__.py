"""Phone and e-mail verification codes.

Everything is loaded when it is first used, so importing this package is quick and opens nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import Outcome, __version__
    from ._errors import ConfigError, DriveError, TransportFault
    from ._service import Service
    from ._transport import Urllib3Transport
    from .stores import MemoryStore

__all__ = [
    "ConfigError",
    "DriveError",
    "MemoryStore",
    "Outcome",
    "Service",
    "TransportFault",
    "Urllib3Transport",
    "__version__",
]

_HOMES = {
    "ConfigError": "_errors",
    "DriveError": "_errors",
    "MemoryStore": "stores",
    "Outcome": "_core",
    "Service": "_service",
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
