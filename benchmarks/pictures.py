"""Pictures to measure with: the photographs of examples/catalog, made different so that none is seen twice."""

import io
from pathlib import Path

from PIL import Image

CATALOG = Path(__file__).parents[1] / "examples" / "catalog"


def jpegs(count: int, megapixels: float | None) -> list[bytes]:
    """`count` JPEG files with different bytes; enlarged to `megapixels`, or as they are.

    Cleaned, kept and proposed ones come in the proportions of the catalog.
    """
    sources = [path.read_bytes() for path in sorted(CATALOG.glob("*.jpg")) if not path.name.startswith("broken")]
    sized = [_enlarged(data, megapixels) if megapixels else data for data in sources]
    return [_told_apart(sized[number % len(sized)], number) for number in range(count)]


def _enlarged(data: bytes, megapixels: float) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * factor), round(image.height * factor)
        file = io.BytesIO()
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=90)
    return file.getvalue()


def _told_apart(data: bytes, number: int) -> bytes:
    """A comment segment behind the start of the image: other bytes, the same picture."""
    comment = b"picture %06d" % number
    return data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + data[2:]
