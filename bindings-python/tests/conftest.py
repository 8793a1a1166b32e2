"""What several files of tests share: a Redis, if there is one."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

ADDRESS = os.environ.get("SANSMS_REDIS")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The URL of the Redis that `scripts/with-servers redis` started."""
    if not ADDRESS:
        pytest.skip("no Redis: run by scripts/with-servers redis")
    return f"redis://{ADDRESS}/0"


@pytest.fixture
def namespace() -> str:
    """A namespace of its own for each test, so that they share no partition in a server."""
    return uuid4().hex[:16]
