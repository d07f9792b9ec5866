import uuid

import msgspec
import pytest

from infra import settings as module


@pytest.fixture
def settings():
    loaded = module.load()
    return msgspec.structs.replace(
        loaded, kafka=msgspec.structs.replace(loaded.kafka, group=f"t-{uuid.uuid4().hex[:8]}")
    )


@pytest.fixture
def home():
    return module.home()
