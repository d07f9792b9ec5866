"""Every edited picture against its original, by other eyes than ours: Pillow, and djpeg and jpeglib where they are.

Nothing of the project is imported here to judge: what `cleanplate clean` wrote is opened as any shop would open it.
`--catalog FOLDER` (or CLEANPLATE_TEST_CATALOG) adds pictures that lie elsewhere.
"""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from infra.settings import Settings
from tests.acceptance import workers

EXAMPLES = Path(__file__).parents[2] / "examples" / "catalog"
#: Decoders smooth the colour of subsampled files across the border of a block, by this many pixels at most.
SMOOTHED_PX = 2
#: What a shop sees of a file beside its pixels. XMP is not among it: the mark of an edit stands there.
METADATA = ("exif", "icc_profile", "comment", "dpi", "transparency", "gamma")

Plane = NDArray[Any]


@dataclass(frozen=True)
class Edit:
    """An original and what became of it, as files."""

    name: str
    before: bytes
    after: bytes
    #: nonzero where the edit may have changed a pixel
    mask: Plane

    def opened(self) -> tuple[Image.Image, Image.Image]:
        """Both files by Pillow; loaded, since some metadata comes behind the pixels."""
        one, two = (Image.open(io.BytesIO(data)) for data in (self.before, self.after))
        one.load()
        two.load()
        return one, two


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("examples", marks=pytest.mark.connected),
        pytest.param("catalog", marks=[pytest.mark.connected, pytest.mark.shared, pytest.mark.slow]),
    ],
)
def edits(
    request: pytest.FixtureRequest, seaweedfs_servers: Settings, tmp_path_factory: pytest.TempPathFactory
) -> list[Edit]:
    """All edits of a folder, those among them that a person must judge: they are made alike."""
    folder = EXAMPLES
    if request.param == "catalog":
        given = request.config.getoption("--catalog")
        if not given:
            pytest.skip("no pictures beside the checkout were named: pytest --catalog FOLDER")
        folder = Path(given)
    out = tmp_path_factory.mktemp("edits")
    results = out / "results.jsonl"
    done = subprocess.run(
        [workers.COMMAND, "clean", str(folder), "--out", str(out), "--results", str(results)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **workers.environment(seaweedfs_servers)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = list(_edits(results))
    assert found, "nothing was edited, so nothing was tested"
    return found


def _edits(results: Path) -> Iterator[Edit]:
    for text in results.read_text().splitlines():
        line = json.loads(text)
        if line["result"]:
            mask = np.asarray(Image.open(results.parent / line["mask"]))
            yield Edit(
                Path(line["path"]).name,
                Path(line["path"]).read_bytes(),
                (results.parent / line["result"]).read_bytes(),
                mask > 0,
            )


@pytest.mark.timeout(1800)
def test_size_mode_and_what_a_file_says_of_itself_are_the_same(edits: list[Edit]) -> None:
    for edit in edits:
        one, two = edit.opened()
        assert (two.format, two.size, two.mode) == (one.format, one.size, one.mode), edit.name
        assert edit.mask.shape == (one.height, one.width), edit.name
        assert _told(one) == _told(two), edit.name


@pytest.mark.timeout(1800)
def test_no_pixel_outside_the_mask_changes_in_formats_without_blocks(edits: list[Edit]) -> None:
    for edit in edits:
        one, two = edit.opened()
        if one.format != "JPEG":
            _assert_same(np.asarray(one), np.asarray(two), ~edit.mask, edit.name)
            if one.mode == "P":
                assert one.getpalette("RGBA") == two.getpalette("RGBA"), edit.name


@pytest.mark.timeout(1800)
def test_no_pixel_outside_the_touched_blocks_changes_in_a_jpeg(edits: list[Edit]) -> None:
    for edit in edits:
        one, two = edit.opened()
        if isinstance(one, JpegImagePlugin.JpegImageFile) and isinstance(two, JpegImagePlugin.JpegImageFile):
            assert one.quantization == two.quantization, edit.name
            # Sampling and table of each component; what a component is called changes nothing.
            assert [layer[1:] for layer in one.layer] == [layer[1:] for layer in two.layer], edit.name
            assert one.info.get("progressive") == two.info.get("progressive"), edit.name
            outside = ~_near_touched(edit.mask, _unit_px(one))
            _assert_same(np.asarray(one), np.asarray(two), outside, f"{edit.name} by Pillow")
            if shutil.which("djpeg"):
                _assert_same(_djpeg(edit.before), _djpeg(edit.after), outside, f"{edit.name} by djpeg")


@pytest.mark.timeout(1800)
def test_no_coefficient_outside_the_touched_blocks_changes_in_a_jpeg(edits: list[Edit], tmp_path: Path) -> None:
    jpeglib = pytest.importorskip("jpeglib")
    for edit in edits:
        image, _ = edit.opened()
        if not isinstance(image, JpegImagePlugin.JpegImageFile):
            continue
        one, two = (_coefficients(jpeglib, data, tmp_path) for data in (edit.before, edit.after))
        assert one.keys() == two.keys(), edit.name
        unit = _unit_px(image)
        for (name, blocks), (_, wide, high, _) in zip(one.items(), image.layer, strict=True):
            size = unit[0] // wide, unit[1] // high
            changed = (blocks != two[name]).any(axis=(2, 3))
            touched = _blocks(edit.mask, size)[: changed.shape[0], : changed.shape[1]]
            # Blocks beyond the picture's edge fill up the last unit: nobody sees them, and nothing touched them.
            padded = np.zeros_like(changed)
            padded[: touched.shape[0], : touched.shape[1]] = touched
            wrong = int((changed & ~padded).sum())
            assert wrong == 0, f"{edit.name}: {wrong} blocks of {name} changed"


# ------------------------------------------------------------------ by other eyes


def _told(image: Image.Image) -> dict[str, Any]:
    return {name: image.info[name] for name in METADATA if name in image.info}


def _assert_same(one: Plane, two: Plane, where: Plane, name: str) -> None:
    assert one.shape == two.shape, name
    changed = (one != two) if one.ndim == 2 else (one != two).any(axis=2)
    wrong = int((changed & where).sum())
    assert wrong == 0, f"{name}: {wrong} of {int(where.sum())} pixels changed"


def _unit_px(image: JpegImagePlugin.JpegImageFile) -> tuple[int, int]:
    """Width and height of the smallest coded unit: a block of the coarsest component."""
    if len(image.layer) == 1:
        return 8, 8
    return 8 * max(layer[1] for layer in image.layer), 8 * max(layer[2] for layer in image.layer)


def _blocks(mask: Plane, size: tuple[int, int]) -> Plane:
    """Which blocks of that width and height hold a masked pixel."""
    wide, high = size
    padded = np.pad(mask, ((0, -mask.shape[0] % high), (0, -mask.shape[1] % wide)))
    rows, columns = padded.shape[0] // high, padded.shape[1] // wide
    return np.asarray(padded.reshape(rows, high, columns, wide).any(axis=(1, 3)))


def _near_touched(mask: Plane, unit: tuple[int, int]) -> Plane:
    """Pixels of touched units and what decoders smooth around them."""
    whole = _blocks(mask, unit).repeat(unit[1], axis=0).repeat(unit[0], axis=1)
    grown = whole.copy()
    for axis in (0, 1):
        line = grown.copy()
        for step in range(1, SMOOTHED_PX + 1):
            for shift in (step, -step):
                moved = np.roll(line, shift, axis=axis)
                edge = [slice(None), slice(None)]
                edge[axis] = slice(0, shift) if shift > 0 else slice(shift, None)
                moved[tuple(edge)] = False
                grown |= moved
    return np.asarray(grown[: mask.shape[0], : mask.shape[1]])


def _djpeg(data: bytes) -> Plane:
    done = subprocess.run(["djpeg", "-pnm"], input=data, capture_output=True, check=True)
    return np.asarray(Image.open(io.BytesIO(done.stdout)))


def _coefficients(jpeglib: Any, data: bytes, folder: Path) -> Mapping[str, Plane]:
    """Blocks of each component: rows x columns x 8 x 8."""
    path = folder / "one.jpg"
    path.write_bytes(data)
    read = jpeglib.read_dct(str(path))
    planes = {"Y": read.Y, "Cb": read.Cb, "Cr": read.Cr, "K": getattr(read, "K", None)}
    return {name: np.array(plane) for name, plane in planes.items() if plane is not None}
