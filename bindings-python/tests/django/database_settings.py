"""The site of `site_settings`, with everything in the database that `SITE_KIND` names; codes too."""

from __future__ import annotations

import os

from databases import entry
from site_settings import *  # noqa: F403

KIND, HOME = os.environ["SITE_KIND"], os.environ["SITE_HOME"]
ROOT_URLCONF = "database_urls"
if KIND in ("sqlite", "same"):
    site = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{HOME}/site.sqlite3", "ATOMIC_REQUESTS": True}
    codes = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{HOME}/codes.sqlite3"}
    DATABASES = {"default": site, "codes": codes} if KIND == "sqlite" else {"default": site}
else:
    DATABASES = {"default": entry(KIND, HOME)}
SANSMS = {**SANSMS, "store": {"django": "codes" if KIND == "sqlite" else "default"}}  # noqa: F405
