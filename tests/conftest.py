"""Fixtures that tests share: a clean environment, and the real servers for connected tests."""

import asyncio
import os
from collections.abc import Iterator

import msgspec
import pytest

from inference.triton import TritonClient
from infra import logs
from infra.settings import Settings
from processors import certificates, chain
from streams import routes
from streams.models import TritonModels
from tests import fakes, services


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--catalog",
        metavar="FOLDER",
        # Read before settings of the caller's shell are forgotten, below.
        default=os.environ.get("CLEANPLATE_TEST_CATALOG"),
        help="pictures beside the checkout, for tests marked `shared`",
    )
    parser.addoption(
        "--runs",
        type=int,
        default=200,
        metavar="N",
        help="stories that the model of the log is compared in (default: 200)",
    )

    parser.addoption(
        "--every-checkpoint",
        action="store_true",
        help="kill the rollback of ten thousand pictures at each of its checkpoints, not at some",
    )


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


@pytest.fixture
def certificate(settings: Settings) -> certificates.Certificate:
    """One for the models that serve, of figures that nobody measured and an id that no other test has."""
    return certificates.sealed(
        msgspec.structs.replace(
            fakes.certificate(risk_max=0.05, keep_min=0.95),
            models=certificates.deciders(asyncio.run(_serving(settings))),
            policy_version=routes.version(settings),
            not_covered=(settings.kafka.group,),
        )
    )


async def _serving(settings: Settings) -> tuple[chain.Model, ...]:
    async with TritonClient(settings.triton.url) as client:
        return await TritonModels(client).facts()
