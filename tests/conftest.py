"""Fixtures that tests share: a clean environment, and the real servers for connected tests."""

import os
from collections.abc import Iterator

import pytest

from infra import logs
from infra.settings import Settings
from tests import services


def pytest_configure() -> None:
    """Settings of the caller's shell must not reach the tests; where the servers' programs lie may."""
    for name in [name for name in os.environ if name.startswith("CLEANPLATE_") and name != "CLEANPLATE_CACHE"]:
        del os.environ[name]
    # Nor may the servers of the developer's own.
    os.environ["CLEANPLATE_HOME"] = str(services.HOMES / "none")
    # As the worker logs; structlog's own way of showing an exception on a terminal takes minutes for a long one.
    logs.configure(style="json")


@pytest.fixture(scope="session")
def seaweedfs_servers() -> Iterator[Settings]:
    """Kafka, SeaweedFS and Triton."""
    with services.servers("seaweedfs") as settings:
        yield settings


@pytest.fixture(scope="session")
def minio_servers() -> Iterator[Settings]:
    """Kafka and MinIO with bucket notifications; Triton's address is that of nobody."""
    with services.servers("minio", skip=("triton",)) as settings:
        yield settings


@pytest.fixture
def settings(seaweedfs_servers: Settings) -> Settings:
    """The servers, for a consumer group of this test alone."""
    return services.with_own_group(seaweedfs_servers)
