"""Makes the table of `DjangoStore`."""

from __future__ import annotations

from django.db import migrations, models

import sansms.django.models


class Migration(migrations.Migration):
    """Makes it."""

    initial = True
    dependencies = []  # noqa: RUF012
    operations = [  # noqa: RUF012
        migrations.CreateModel(
            name="Partition",
            fields=[
                ("key", sansms.django.models.KeyField(max_length=128, primary_key=True, serialize=False)),
                ("record", models.BinaryField()),
                ("until_ms", models.BigIntegerField()),
            ],
            options={"db_table": "sansms_partition"},
        ),
    ]
