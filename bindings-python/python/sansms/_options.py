"""The options of a service, as far as they are Python's: what JSON can't say, and what is to be called."""

from __future__ import annotations

from collections.abc import Mapping

from ._errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def plain(value: object, path: str) -> object:
    """Returns an option as JSON has it; raises `ConfigError`, which names what can't be, and never shows it."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ConfigError("config.value", path, "holds half a character")
        return value
    if isinstance(value, float):
        if value - value != 0:  # infinite, or no number
            raise ConfigError("config.value", path, "must be a finite number")
        return value
    if isinstance(value, Mapping):
        entries: Mapping[Any, object] = value  # pyright: ignore[reportUnknownVariableType]
        if not all(isinstance(name, str) for name in entries):
            raise ConfigError("config.type", path, "must have texts for names")
        return {name: plain(each, f"{path}.{name}") for name, each in entries.items()}
    if isinstance(value, (list, tuple)):
        items: list[object] | tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]
        return [plain(each, f"{path}[{at}]") for at, each in enumerate(items)]
    raise ConfigError("config.type", path, f"must be a text, a number, a list or a dict, not {type(value).__name__}")


def check_seconds(value: object, option: str) -> None:
    """Raises `ConfigError` for what is no time to wait."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError("config.type", option, "must be a number of seconds")
    if not 0 < value < float("inf"):
        raise ConfigError("config.value", option, "must be above 0, and finite")


def check_call(value: object, option: str, *, blocking: bool) -> None:
    """Raises `ConfigError` for what can't be called, or would have to be awaited where nothing awaits it."""
    if value is None:
        return
    if not callable(value):
        raise ConfigError("config.type", option, "must be callable")
    from inspect import iscoroutinefunction

    if blocking and (iscoroutinefunction(value) or iscoroutinefunction(getattr(value, "__call__", None))):  # noqa: B004
        raise ConfigError("config.type", option, "must not be async: it is called, and not awaited")
