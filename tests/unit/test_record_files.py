"""Catalog records find their pictures by any name that is told, and a file that can't be read says where."""

import json
from pathlib import Path

import pytest

from processors.records import CatalogRecord
from streams import record_files
from streams.record_files import RecordsError

ARLA = CatalogRecord(title="Mild Yoghurt", brand="Arla", attributes={"volume": "1 l"})


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, name: str, text: str) -> str:
    with pytest.raises(RecordsError) as caught:
        record_files.read(written(folder, name, text))
    return str(caught.value)


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    given = {"images/a.jpg": {"title": "Mild Yoghurt", "brand": "Arla", "attributes": {"volume": "1 l"}}}
    as_json = record_files.read(written(tmp_path, "a.json", json.dumps(given)))
    as_csv = record_files.read(
        written(tmp_path, "a.csv", "file,title,brand,volume,colour\nimages/a.jpg,Mild Yoghurt,Arla,1 l,\n")
    )
    assert as_json.of("images/a.jpg") == as_csv.of("images/a.jpg") == ARLA


def test_a_picture_is_found_by_its_path_its_key_or_its_name_alone(tmp_path: Path) -> None:
    records = record_files.RecordFile({"images/a.jpg": ARLA})
    assert records.of("elsewhere/x.jpg", "images/a.jpg") == ARLA
    assert records.of("/mnt/pictures/a.jpg") == ARLA
    assert records.of("b.jpg") is None


def test_a_name_that_two_records_share_finds_neither() -> None:
    records = record_files.RecordFile({"one/a.jpg": ARLA, "two/a.jpg": CatalogRecord(title="Tea")})
    assert records.of("three/a.jpg") is None
    assert records.of("two/a.jpg") == CatalogRecord(title="Tea")


def test_records_without_a_picture_are_known() -> None:
    records = record_files.RecordFile({"a.jpg": ARLA, "b.jpg": ARLA})
    records.of("a.jpg")
    assert records.unused == ["b.jpg"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "[]", "Expected `object`, got `array`"),
        ("a.json", '{"a.jpg": {"titel": "x"}}', "a.jpg: Object contains unknown field `titel`"),
        ("a.json", '{"a.jpg": {"title": 3}}', "a.jpg: Expected `str`, got `int` - at `$.title`"),
        ("a.json", "{", "truncated"),
        ("a.csv", "title,brand\nx,y\n", "no column is called file; there are title, brand"),
        ("a.csv", "file,title\na.jpg\n", "line 2 has not as many cells"),
        ("a.csv", "file,title\na.jpg,b,c\n", "line 2 has not as many cells"),
        ("a.csv", f"file,title\na.jpg,{'x' * 2001}\n", "a.jpg: Expected `str` of length <= 2000"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = refusal(tmp_path, name, text)
    assert found.startswith(f"{tmp_path / name}: ")
    assert said in found


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecordsError, match=r"a\.json: "):
        record_files.read(path)
