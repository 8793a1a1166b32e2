"""The table of `DjangoStore`."""

from __future__ import annotations

from django.db import models

from ._fields import KeyField

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Partition(models.Model):
    """What is known of one number, address or budget, by a blind name; holds no number and no code."""

    key: Any = KeyField(primary_key=True, max_length=128)
    record: Any = models.BinaryField()
    until_ms: Any = models.BigIntegerField()

    class Meta:
        """Where it is kept."""

        db_table = "sansms_partition"

    def __str__(self) -> str:
        return str(self.key)
