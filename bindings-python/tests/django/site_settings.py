"""A project such as the first users have: the sample of the quick start, every request in a transaction."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

HOME = Path(mkdtemp(prefix="sansms-django-"))
atexit.register(rmtree, HOME, ignore_errors=True)

os.environ.setdefault("ALIBABA_CLOUD_ACCESS_KEY_ID", "test-id")
os.environ.setdefault("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "test-secret")
os.environ.setdefault("SANSMS_SECRET", "only for tests: 32 bytes or more")
redis = os.environ.get("SANSMS_REDIS")  # what scripts/with-servers started
os.environ.setdefault("REDIS_URL", f"redis://{redis}/0" if redis else f"sqlite:///{HOME / 'codes.sqlite3'}")

SECRET_KEY = "only for the tests of Django"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "people",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HOME / "site.sqlite3",
        "TEST": {"NAME": HOME / "site-test.sqlite3"},
        "ATOMIC_REQUESTS": True,
    }
}
try:
    import pymysql
except ImportError:
    pass
else:
    pymysql.install_as_MySQLdb()
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
USE_TZ = True
STATIC_URL = "/static/"

# What follows is the sample, to the letter.
INSTALLED_APPS += ["sansms.django"]
# fmt: off
SANSMS = {"providers": [{"aliyun": {"sign_name": "示例", "templates": {"register": "SMS_1"}}}],
          "store": os.environ["REDIS_URL"], "secret": os.environ["SANSMS_SECRET"],
          "budget_per_day": 2000, "trusted_proxies": 1}
# fmt: on
