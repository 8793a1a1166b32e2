"""People, known by a number that was proven."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class User(AbstractBaseUser):
    """A person."""

    phone = models.CharField(max_length=16, unique=True)
    USERNAME_FIELD = "phone"
    objects = BaseUserManager()


class Attempt(models.Model):
    """Something a view writes, to see it rolled back."""
