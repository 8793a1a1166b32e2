"""Who has registered."""

from __future__ import annotations

from django.db import models


class User(models.Model):
    """A person, known by a number that was proven."""

    phone = models.CharField(max_length=16, unique=True)  # E.164
