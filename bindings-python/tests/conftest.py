"""What several files of tests share: the servers, if there are some."""

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


@pytest.fixture(scope="session")
def redis62_url() -> str:
    """The URL of the Redis 6.2 that `scripts/with-servers redis62` started."""
    return f"redis://{server('SANSMS_REDIS62')}/0"


@pytest.fixture(scope="session")
def cluster_url() -> str:
    """The URL of a node of the Redis Cluster that `scripts/with-servers cluster` started."""
    return f"redis://{server('SANSMS_REDIS_CLUSTER')}/0"


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of the PostgreSQL that `scripts/with-servers postgres` started."""
    return server("SANSMS_POSTGRES")


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """The URL of the MariaDB that `scripts/with-servers mariadb` started."""
    return server("SANSMS_MARIADB")


def server(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        pytest.skip(f"no {name}: run by scripts/with-servers")
    return url


@pytest.fixture
def namespace() -> str:
    """A namespace of its own for each test, so that they share no partition in a server."""
    return uuid4().hex[:16]
