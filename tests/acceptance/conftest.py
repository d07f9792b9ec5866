"""Where the servers of the acceptance tests keep their state."""

from pathlib import Path

import pytest

from tests import services


@pytest.fixture
def home() -> Path:
    """For tests that kill servers and start them again."""
    return services.HOMES / "seaweedfs"
