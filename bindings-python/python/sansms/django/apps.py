"""The app, for `INSTALLED_APPS`."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.signals import setting_changed


class SansmsConfig(AppConfig):
    """Registers the system checks, and builds the service anew when a test changes the setting."""

    name = "sansms.django"
    label = "sansms"

    def ready(self) -> None:
        """Connects what has to be told of changes."""
        from . import checks
        from ._service import service

        checks.register()
        setting_changed.connect(service.on_setting_changed, dispatch_uid="sansms")
