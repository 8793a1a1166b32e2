"""Makes the table of `DjangoStore`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models

from sansms.django._fields import KeyField


class Migration(migrations.Migration):
    """Makes it."""

    initial: ClassVar[bool | None] = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Partition",
            fields=[
                ("key", KeyField(max_length=128, primary_key=True, serialize=False)),
                ("record", models.BinaryField()),
                ("until_ms", models.BigIntegerField()),
            ],
            options={"db_table": "sansms_partition"},
        ),
    ]
