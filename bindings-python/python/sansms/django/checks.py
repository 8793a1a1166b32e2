"""System checks: what `manage.py check` says of the setting `SANSMS`."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from sansms import ConfigError, Service

from . import _settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# What the default policy takes upon itself; sessions have a check of their own.
TAKEN = frozenset({"audit.six_digits", "audit.session_optional", "audit.consecutive_failures", "audit.spray"})

# Kinds of stores that want a word; told by name, so that nothing is imported for it.
KINDS = {"memory": "MemoryStore", "sqlite": "SQLiteStore", "django": "DjangoStore"}

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"


def register() -> None:
    """Adds the checks to Django's."""
    checks.register(check_settings, checks.Tags.security)


def check_settings(app_configs: object = None, **_: Any) -> list[checks.CheckMessage]:
    """Looks at the whole setting; does no I/O."""
    try:
        options = _settings.read()
    except ImproperlyConfigured as problem:
        return [checks.Error(str(problem), hint="See docs/settings.md.", id="sansms.E001")]
    found = [*_secret(options), *_proxies(options), *_sessions()]
    try:
        service = Service(**_settings.service_options())
    except ConfigError as problem:
        return [_problem(problem), *found]
    except (ImportError, TypeError) as problem:
        return [checks.Error(f"SANSMS: {problem}", hint="See docs/settings.md.", id="sansms.E002"), *found]
    try:
        return [*_store(service), *_weaknesses(service), *found]
    finally:
        service.close()


def _problem(problem: ConfigError) -> checks.CheckMessage:
    if (problem.code, problem.option) != ("config.missing", "secret"):
        return checks.Error(f"SANSMS: {problem}", hint="See docs/settings.md.", id="sansms.E002")
    return checks.Error(
        "SANSMS has no secret.",
        hint="Make one with `python -m sansms secret`, and set SANSMS['secret'] or the environment variable "
        "SANSMS_SECRET to it.",
        id="sansms.E003",
    )


def _secret(options: Mapping[str, Any]) -> list[checks.CheckMessage]:
    if not options.get("secret") or options["secret"] != settings.SECRET_KEY:
        return []
    return [
        checks.Warning(
            "SANSMS['secret'] is Django's SECRET_KEY.",
            hint="Give it a secret of its own: what leaks one should not leak both, and they rotate apart.",
            id="sansms.W002",
        )
    ]


def _proxies(options: Mapping[str, Any]) -> list[checks.CheckMessage]:
    try:
        _settings.trusted_proxies()
    except ImproperlyConfigured as problem:
        return [checks.Error(str(problem), id="sansms.E004")]
    if "trusted_proxies" in options:
        return []
    return [
        checks.Warning(
            "SANSMS['trusted_proxies'] is not set.",
            hint="Say how many proxies stand in front, 0 if none: behind a proxy that is not counted all users "
            "share one address, and soon one limit.",
            id="sansms.W003",
        )
    ]


def _store(service: Service) -> list[checks.CheckMessage]:
    store = service._store
    kind = next((kind for kind, made in KINDS.items() if type(store).__name__ == made), "")
    path = Path(store._path).resolve() if kind == "sqlite" else None  # type: ignore[union-attr]
    others = settings.DATABASES
    if kind == "django":
        path = store.file()  # type: ignore[union-attr]
        kind = "" if path is None else "sqlite"
        using = store._using  # type: ignore[union-attr]
        others = {name: database for name, database in others.items() if name != using or name == "default"}
    if path is not None and path in _database_files(others):
        return [
            checks.Error(
                "SANSMS['store'] is the SQLite file of a database of Django's.",
                hint="Give it a file of its own: one file has one writer at a time, so a transaction of the view's "
                "would keep tries from being counted. (For {'django': …} that is an entry of its own in DATABASES.)",
                id="sansms.E005",
            )
        ]
    if settings.DEBUG:
        return []
    if kind == "memory":
        return [
            checks.Warning(
                "SANSMS['store'] is the memory of one process.",
                hint="Each worker would have limits and codes of its own, gone at a restart. Use Redis or SQLite.",
                id="sansms.W004",
            )
        ]
    if kind == "sqlite":
        return [
            checks.Info(
                "SANSMS['store'] is a SQLite file: right for one host.",
                hint="With several hosts each would have limits and codes of its own; use Redis there. Silence this "
                "with SILENCED_SYSTEM_CHECKS = ['sansms.I001'].",
                id="sansms.I001",
            )
        ]
    return []


def _sessions() -> list[checks.CheckMessage]:
    if not _settings.fills_session() or any(name.endswith("SessionMiddleware") for name in settings.MIDDLEWARE):
        return []
    return [
        checks.Warning(
            "Without sessions a code is not bound to the browser that asked for it.",
            hint=f"Add {SESSIONS!r} to MIDDLEWARE, or set SANSMS['session'] to 'challenge' and let clients hand the "
            "challenge back (OWASP ASVS 5.0, 6.6.2).",
            id="sansms.W005",
        )
    ]


def _weaknesses(service: Service) -> list[checks.CheckMessage]:
    """Says where the policy is weaker than ours is by default; `sansms_check` prints the whole audit."""
    return [
        checks.Warning(
            f"The policy of SANSMS is weak: {weakness['text']}.",
            hint=f"{weakness['requirement']}. `manage.py sansms_check` has the figures. ({weakness['code']})",
            id="sansms.W001",
        )
        for weakness in service.audit()["warnings"]
        if weakness["code"] not in TAKEN
    ]


def _database_files(databases: Mapping[str, Any]) -> set[Path]:
    return {
        Path(database["NAME"]).resolve()
        for database in databases.values()
        if database.get("ENGINE", "").endswith(("sqlite3", "spatialite")) and database.get("NAME")
    }
