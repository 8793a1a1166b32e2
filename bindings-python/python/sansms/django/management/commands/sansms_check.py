"""`manage.py sansms_check`: the settings, what they let an attacker do, and whether the store answers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sansms._cli import write_what_can_be
from sansms.django import checks, service

# An address for documentation (RFC 5737): no user has it.
ADDRESS = "192.0.2.1"


class Command(BaseCommand):
    """Exits with an error when a code could not be sent and checked."""

    help = "Checks the setting SANSMS, audits the policy, and asks the store; --send sends one real message."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds `--purpose` and `--send`."""
        parser.add_argument("--purpose", default="register", help="the purpose whose template is used (register)")
        parser.add_argument("--send", metavar="NUMBER", help="send one real message to this number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs it; raises `CommandError` when something would not work."""
        write_what_can_be(self.stdout)
        messages = checks.check_settings()
        for message in messages:
            style = self.style.ERROR if message.is_serious() else self.style.WARNING
            self.stdout.write(style(str(message)))
        if any(message.is_serious() for message in messages):
            raise CommandError("The settings have to be mended first.")

        self.stdout.write(service.current._engine.audit_text())
        health = service.health()
        self.tell("store", health.ok, health.code)
        if options["send"]:
            outcome = service.send(options["send"], purpose=options["purpose"], ip=ADDRESS, session="sansms_check")
            self.tell("provider", outcome.ok, f"{outcome.provider or 'none asked'}: {outcome.code}")
        self.stdout.write(self.style.SUCCESS("All is well."))

    def tell(self, what: str, ok: bool, how: str) -> None:
        """Writes a line; raises when it is not well."""
        self.stdout.write(f"{what}: {'ok' if ok else 'FAILED'} ({how})")
        if not ok:
            raise CommandError(f"The {what} does not answer as it should.")
