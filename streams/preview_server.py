"""A Triton server for the preview: the one that runs, else one of its own for as long as it is needed."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import msgspec

from inference.triton import TritonClient
from infra import settings as settings_module
from infra.settings import Settings
from streams import local
from streams.models import used


@contextlib.contextmanager
def triton(report: Callable[[str], None]) -> Iterator[Settings]:
    """Settings whose Triton answers. Raises ServiceUnavailableError where none can be started."""
    settings = settings_module.load()
    if asyncio.run(_answers(settings)):
        yield settings
        return
    home = settings_module.home() / "preview"
    addresses = local.up(home, skip=("kafka", "store"), report=report, added=settings_module.home() / "models")
    try:
        assert addresses.triton is not None, "it was not skipped"
        yield msgspec.structs.replace(
            settings,
            triton=msgspec.structs.replace(
                settings.triton, url=addresses.triton.url, admin_secret=addresses.triton.admin_secret
            ),
        )
    finally:
        local.down(home, report)


async def _answers(settings: Settings) -> bool:
    async with TritonClient(settings.triton.url) as client:
        return await client.is_ready(used(settings.inpaint.textured))
