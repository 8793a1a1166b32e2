"""`manage.py sansms_forget`: erases what is kept about a number."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sansms._cli import standing, write_what_can_be
from sansms.django import service


class Command(BaseCommand):
    """Exits with an error when a number can't be read, or the store doesn't answer."""

    help = "Erases what is kept about a number; --reset says so when support staff let it begin anew."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds the numbers."""
        parser.add_argument("numbers", nargs="+", metavar="NUMBER", help="as people type it")
        parser.add_argument("--reset", action="store_true", help="let its limits begin anew; the same, by another name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs it; raises `CommandError` for the first number that didn't go well."""
        write_what_can_be(self.stdout)
        for number in options["numbers"]:
            outcome = service.reset(number) if options["reset"] else service.forget(number)
            if not outcome.ok:
                raise CommandError(f"{outcome.masked or 'a number'}: {outcome.code}: {outcome.text_en}")
            self.stdout.write(f"{outcome.masked}  {outcome.code}")
            for line in standing(outcome.answer):
                self.stdout.write(f"  {line}")
