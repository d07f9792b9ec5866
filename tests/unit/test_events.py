"""The wire contract: what is read, what is refused with which reason, and bytes that do not change."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import chain
from processors.errors import UnprocessableEventError
from streams import events, schemas

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
EXAMPLES = Path(__file__).parents[2] / "examples" / "events"
GOOD = {"image_id": "sku-1", "object": {"bucket": "uploads", "key": "a.jpg"}}
KIND = "catalog.image.created.v1"


def _binary(data: Any = GOOD, **changed: str | None) -> events.Event:
    attributes = {"ce_specversion": "1.0", "ce_id": "e1", "ce_source": "shop", "ce_type": KIND, **changed}
    headers = [(name, text.encode()) for name, text in attributes.items() if text is not None]
    value = data if isinstance(data, bytes) else json.dumps(data).encode()
    return events.decode(value, headers, events.ARRIVALS)


def _structured(**changed: Any) -> events.Event:
    whole = {"specversion": "1.0", "id": "e1", "source": "shop", "type": KIND, "data": GOOD, **changed}
    headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
    return events.decode(json.dumps(whole).encode(), headers, events.ARRIVALS)


def test_both_modes_give_the_same_event() -> None:
    assert _binary() == _structured()


def test_a_media_type_is_the_same_in_capital_letters() -> None:
    whole = {"specversion": "1.0", "id": "e1", "source": "shop", "type": KIND, "data": GOOD}
    headers = [("Content-Type", b"Application/CloudEvents+JSON"), ("ce_relayed_by", b"bridge")]

    assert events.decode(json.dumps(whole).encode(), headers, events.ARRIVALS) == _binary()


def test_a_structured_event_needs_no_header() -> None:
    whole = {"specversion": "1.0", "id": "e1", "source": "shop", "type": KIND, "data": GOOD}

    assert events.decode(json.dumps(whole).encode(), None, events.ARRIVALS) == _binary()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data": b"\xff\xfe"}, "undecodable"),
        ({"data": b"{"}, "undecodable"),
        ({"data": {**GOOD, "image_id": 7}}, "invalid_data"),
        ({"data": {**GOOD, "image_id": "../x"}}, "invalid_data"),
        ({"data": {**GOOD, "image_id": "sku-1\n"}}, "invalid_data"),
        ({"data": {**GOOD, "sha265": "typo"}}, "invalid_data"),
        ({"data": {"image_id": "sku-1"}}, "invalid_data"),
        ({"data": {**GOOD, "merchant_id": "m" * events.MAX_EVENT_BYTES}}, "oversized"),
        ({"ce_id": None}, "not_a_cloudevent"),
        ({"ce_source": ""}, "not_a_cloudevent"),
        ({"ce_specversion": "2.0"}, "unknown_version"),
        ({"ce_type": "catalog.image.created.v2"}, "unknown_version"),
        ({"ce_type": "catalog.image.painted.v1"}, "unknown_type"),
        ({"ce_type": "catalog.review.decided.v1"}, "unknown_type"),
        ({"ce_time": "yesterday"}, "invalid_data"),
        ({"ce_id": "x" * 1025}, "not_a_cloudevent"),
        ({"ce_source": "x" * 1025}, "not_a_cloudevent"),
        ({"ce_traceparent": "x" * 1025}, "not_a_cloudevent"),
        (
            {"data": b'{"image_id": "a", "object": {"bucket": "aaa", "key": "k", "size": ' + b"1" * 6000 + b"}}"},
            "invalid_data",
        ),
        ({"data": b'{"image_id": "\\ud800", "object": {"bucket": "aaa", "key": "k"}}'}, "undecodable"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnprocessableEventError) as problem:
        _binary(**changed)

    assert problem.value.reason == reason


def test_a_wrong_field_is_named_by_its_path() -> None:
    with pytest.raises(UnprocessableEventError, match=r"\$\.object\.key"):
        _binary({**GOOD, "object": {"bucket": "uploads", "key": 7}})


def test_deep_nesting_is_refused_and_not_followed() -> None:
    with pytest.raises(UnprocessableEventError, match="undecodable"):
        events.decode(b'{"specversion": "1.0", "data": ' + b"[" * 100_000, [], events.ARRIVALS)


@pytest.mark.parametrize("value", [None, b""])
def test_a_record_without_a_value_is_refused(value: bytes | None) -> None:
    with pytest.raises(UnprocessableEventError, match="empty"):
        events.decode(value, [], events.ARRIVALS)


@given(st.binary(max_size=400), st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=6))
def test_nothing_but_unprocessable_comes_out_of_any_bytes(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    with contextlib.suppress(UnprocessableEventError):
        events.decode(value, headers, events.ARRIVALS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
def test_nothing_but_unprocessable_comes_out_of_any_json(data: Any) -> None:
    with contextlib.suppress(UnprocessableEventError):
        _binary(json.dumps(data).encode())


@pytest.mark.parametrize("field", ["bucket", "key", "version_id"])
def test_an_empty_name_is_refused(field: str) -> None:
    with pytest.raises(UnprocessableEventError, match="invalid_data"):
        _binary({**GOOD, "object": {"bucket": "uploads", "key": "a.jpg", field: ""}})


def test_an_attribute_without_a_value_is_missing() -> None:
    with pytest.raises(UnprocessableEventError, match="'id' is missing"):
        events.decode(b"{}", [("ce_id", None), ("ce_source", b"s")], events.ARRIVALS)


def test_extensions_are_allowed_in_both_modes() -> None:
    assert _binary(ce_partitionkey="x" * 5000) == _structured(partitionkey="x" * 5000)


def test_the_same_value_is_the_same_bytes_however_its_dictionaries_were_filled() -> None:
    def task(metrics: dict[str, float]) -> bytes:
        edit = chain.Edit(
            image_id="sku-1",
            seq=1,
            edit_id="e",
            parent=None,
            parent_sha256=None,
            kind="kept",
            cause=_binary().cause,
            metrics=metrics,
        )
        return events.encode(edit)

    assert task({"seam": 1.0, "unrest": 2.0}) == task({"unrest": 2.0, "seam": 1.0})


def test_what_we_send_is_what_we_read() -> None:
    arrival = _binary().data
    headers = events.headers(KIND, "e1", "2026-03-02T09:00:00+00:00", "00-trace")

    event = events.decode(events.encode(arrival), headers, events.ARRIVALS)

    assert (event.data, event.id, event.source, event.traceparent) == (arrival, "e1", events.SOURCE, "00-trace")


@pytest.mark.parametrize("kind", sorted(events.TYPES))
def test_the_schemas_in_the_repository_are_those_of_the_code(kind: str) -> None:
    committed = json.loads((SCHEMAS / f"{kind}.json").read_text())

    of_the_code = json.loads(json.dumps(events.schema(kind)))
    assert committed == of_the_code, "run `python -m streams.schemas` and look at the difference"


def test_no_schema_is_left_of_a_type_that_is_gone() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(events.TYPES) == set(schemas.KINDS)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_is_an_event_that_is_taken(path: Path) -> None:
    event = events.decode(path.read_bytes(), [], (*events.ARRIVALS, *events.ANSWERS))

    assert path.stem.startswith(event.type)
