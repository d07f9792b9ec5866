"""What operators look up: marks put together, and what happens where the brokers do not answer."""

import pytest

from infra.settings import KafkaSettings
from processors import sightings
from processors.errors import ServiceUnavailableError
from processors.regions import TextLine
from streams import events, lookups

#: Nobody listens there.
NOBODY = KafkaSettings(bootstrap="127.0.0.1:1")


def test_waiting_for_outcomes_of_a_broker_that_does_not_answer_is_a_service_that_is_away() -> None:
    with pytest.raises(ServiceUnavailableError, match="kafka"):
        lookups.OutcomeListener(NOBODY, timeout_s=0.2)


def seen(number: int, text: str = "SALE", left: float = 20, pixels: str | None = None) -> events.MarkSeen:
    place = ((left, 20.0), (left + 200, 20.0), (left + 200, 50.0), (left, 50.0))
    found = sightings.seen(TextLine(place, text, 0.97, 0.9), (1000, 1000))
    assert found is not None
    return events.MarkSeen(
        merchant_id="shop",
        image_id=f"image-{number}",
        edit_id="e" * 32,
        pixels_sha256=pixels or f"{number:064x}",
        mark=found.mark,
    )


def test_marks_are_listed_with_their_pictures_the_most_repeated_first() -> None:
    shown = lookups.grouped([seen(1), seen(1, "NEW"), seen(2, "NEW"), seen(3, "NEW"), seen(4), seen(5, "once")])
    assert [(one.mark.text, one.pictures) for one in shown] == [("NEW", 3), ("SALE", 2)]
    assert shown[1].image_ids == ("image-1", "image-4")


def test_a_mark_on_either_side_of_a_cells_border_is_listed_once() -> None:
    (shown,) = lookups.grouped([seen(1, left=29), seen(2, left=31), seen(3, left=31)])
    assert (shown.pictures, shown.mark.x) == (3, 0.031)


def test_the_same_photograph_under_two_ids_is_no_repetition() -> None:
    assert lookups.grouped([seen(1, pixels="p"), seen(2, pixels="p")]) == []
