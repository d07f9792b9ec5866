"""Which files are submitted, and under which key."""

from pathlib import Path

import pytest

from streams import submitting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("catalog/b.jpg", "catalog/a.jpg", "catalog/red/c.png", "loose.webp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def test_a_folder_gives_all_its_files_in_order_with_the_folder_in_their_keys(folder: Path) -> None:
    found = list(submitting.files_of([folder / "catalog"]))
    assert [key for _, key in found] == ["catalog/a.jpg", "catalog/b.jpg", "catalog/red/c.png"]
    assert all(path.read_bytes() == key.encode() for path, key in found)


def test_a_file_is_keyed_by_its_name_alone(folder: Path) -> None:
    assert list(submitting.files_of([folder / "loose.webp"])) == [(folder / "loose.webp", "loose.webp")]


def test_a_relative_folder_has_the_same_keys_wherever_it_is_named_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [key for _, key in submitting.files_of([folder / "catalog"])]
    monkeypatch.chdir(folder / "catalog" / "red")
    assert [key for _, key in submitting.files_of([Path("..")])] == expected
    monkeypatch.chdir(folder / "catalog")
    assert [key for _, key in submitting.files_of([Path()])] == expected


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert list(submitting.files_of([tmp_path])) == []
