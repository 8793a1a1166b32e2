"""Reading the setting `SANSMS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from sansms import ConfigError
from sansms._address import MOST_PROXIES, is_count

# Options that hold an object; a text names one by its dotted path.
OBJECTS = ("transport", "observer")

# Options of this app, and not of `Service`.
OWN = ("trusted_proxies",)


def read() -> Mapping[str, Any]:
    """Returns the setting as it stands."""
    options = getattr(settings, "SANSMS", None)
    if not isinstance(options, Mapping):
        raise ImproperlyConfigured("SANSMS must be set, to a dict with at least 'providers' and 'secret'.")
    return options


def service_options() -> dict[str, Any]:
    """Returns the arguments of the service, objects loaded."""
    options = {name: value for name, value in read().items() if name not in OWN}
    for name in OBJECTS:
        if isinstance(options.get(name), str):
            options[name] = import_string(options[name])
    if isinstance(options.get("providers"), (list, tuple)):
        options["providers"] = [with_credentials(entry) for entry in options["providers"]]
    if isinstance(options.get("store"), Mapping):
        options["store"] = database_store(options["store"])
    return options


def with_credentials(entry: object) -> object:
    """Returns a provider's entry, the callable that its `credentials` names by a dotted path loaded."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return entry
    ((kind, options),) = entry.items()
    if not isinstance(options, Mapping) or not isinstance(options.get("credentials"), str):
        return entry
    return {kind: {**options, "credentials": import_string(options["credentials"])}}


def database_store(named: Mapping[str, Any]) -> object:
    """Returns the store in the database that `{"django": "…"}` names."""
    if set(named) != {"django"} or not isinstance(named["django"], str):
        raise ConfigError("config.value", "store", "must be {'django': a name in DATABASES}, a URL, or a store")
    from ._store import DjangoStore

    return DjangoStore(named["django"])


def trusted_proxies() -> int:
    """Returns how many proxies of ours stand in front, 0 to 16; 0 when it is not set."""
    count: int = read().get("trusted_proxies", 0)
    if not is_count(count):
        raise ImproperlyConfigured(f"SANSMS['trusted_proxies'] must be a whole number from 0 to {MOST_PROXIES}.")
    return count


def fills_session() -> bool:
    """Tells whether codes are bound to the browser's session; not so where clients hand back a challenge."""
    return read().get("session") != "challenge"
