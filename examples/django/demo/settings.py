"""Settings of the demo: as small as a project can be."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_urlsafe

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("DEMO_HOME", HERE.parent))

# Two settings lead to the real world: DEMO_STORE=redis://… and DEMO_PROVIDER=aliyun. The keys of Aliyun come from
# ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
STORE = os.environ.get("DEMO_STORE", f"sqlite:///{HOME / 'codes.sqlite3'}")
PROVIDER = os.environ.get("DEMO_PROVIDER", "sandbox")

# Where the pretend provider listens; `manage.py demo` starts it.
SANDBOX = os.environ.get("DEMO_SANDBOX", "http://127.0.0.1:9")

PROVIDERS = {
    "sandbox": {
        "access_key_id": "sandbox-id",
        "access_key_secret": "sandbox-secret",
        "sign_name": "示例",
        "templates": {"register": "SMS_1"},
        "endpoint": SANDBOX,
    },
    "aliyun": {
        "sign_name": os.environ.get("DEMO_SIGN_NAME", ""),
        "templates": {"register": os.environ.get("DEMO_TEMPLATE", "")},
    },
}

SANSMS = {
    "providers": [{"aliyun": PROVIDERS[PROVIDER]}],
    "store": STORE,
    "secret": os.environ.get("SANSMS_SECRET") or token_urlsafe(32),
    "budget_per_day": 200,
    "trusted_proxies": 0,
}

DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
SECRET_KEY = os.environ.get("DEMO_SECRET_KEY") or token_urlsafe(32)
INSTALLED_APPS = ["django.contrib.sessions", "django.contrib.staticfiles", "sansms.django", "demo"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "demo.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "site.sqlite3", "ATOMIC_REQUESTS": True}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_TZ = True
STATIC_URL = "static/"
# The page looks at its inbox twice a second, and an outcome that is not ok is no news.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django.server": {"level": "ERROR"}, "django.request": {"level": "ERROR"}},
}
