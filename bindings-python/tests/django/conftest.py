"""The pretend provider in this process, and a browser."""

from __future__ import annotations

import pytest
from django.utils import translation
from visitors import Browser

from sansms.django import service
from sansms.testing import Sandbox


@pytest.fixture(autouse=True)
def english():
    """A request leaves its language behind in the thread; each test begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture
def sandbox():
    """The provider, its clock standing still; the service of the settings is put aside."""
    sandbox = Sandbox()
    with sandbox.service() as other, service.using(other):
        yield sandbox


@pytest.fixture
def browser(transactional_db):
    return Browser(raise_request_exception=False)
