"""`manage.py sansms_inspect`: how a number stands, for support staff."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sansms._cli import standing, write_what_can_be
from sansms.django import service


class Command(BaseCommand):
    """Exits with an error when a number can't be read, or the store doesn't answer."""

    help = "Tells what is counted about a number, and its live codes; changes nothing."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds the numbers."""
        parser.add_argument("numbers", nargs="+", metavar="NUMBER", help="as people type it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs it; raises `CommandError` for the first number that didn't go well."""
        write_what_can_be(self.stdout)
        for number in options["numbers"]:
            outcome = service.inspect(number)
            if not outcome.ok:
                raise CommandError(f"{outcome.masked or 'a number'}: {outcome.code}: {outcome.text_en}")
            self.stdout.write(f"{outcome.masked}  {outcome.code}")
            for line in standing(outcome.answer):
                self.stdout.write(f"  {line}")
