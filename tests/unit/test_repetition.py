"""Repetition: a set in a compacted topic, counted in bounded memory; whatever happens, counts are never too high."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka import Record
from infra.settings import KafkaSettings, MarksSettings
from processors import chain, sightings
from processors.regions import Polygon, Region, TextLine
from streams import events, repetition, topics
from streams.repetition import COUNTED, REMEMBERED, Element, KnownMarks, Tally

SIZE = (400, 533)
CORNER: Polygon = ((208, 487), (366, 487), (366, 510), (208, 510))
TOP: Polygon = ((100, 20), (300, 20), (300, 60), (100, 60))


def line(text: str = "SUMMER SALE", place: Polygon = CORNER) -> TextLine:
    return TextLine(place, text, 0.97, 0.9)


def edit(
    number: int = 1, image: str = "dress", merchant: str | None = "shop", pixels: str | None = None, **lines: Polygon
) -> chain.Edit:
    """The `number`-th edit of a picture with these words; without a word it is a deletion."""
    return chain.Edit(
        image_id=image,
        seq=number,
        edit_id=f"{number:032x}",
        parent=None,
        parent_sha256=None,
        kind="kept" if lines else "deleted",
        cause=chain.Cause(f"e{number}", "shop", "catalog.image.created.v1", None),
        merchant_id=merchant,
        picture=chain.PictureFacts("PNG", "RGB", *SIZE, 1, pixels or f"{image} {number}") if lines else None,
        regions=tuple(Region(place, text, 0.97, "keep", 0.5, "caption", "") for text, place in lines.items()),
    )


def records(*edits: chain.Edit) -> list[Record]:
    """What the topic is told of a chain."""
    return [
        Record(topics.MARKS.name, 0, 0, one.key.encode(), events.encode(seen) if seen else None, (), 0)
        for one, seen in repetition.told_by(edits).items()
    ]


def known(*told: Sequence[Record], kept: int = 1000) -> KnownMarks:
    found = KnownMarks(kept)
    for some in told:
        found.hear(some)
    return found


def repeats(
    of: KnownMarks, image: str = "new", pixels: str = "new", merchant: str = "shop", text: str = "SUMMER SALE"
) -> int:
    (count,) = of.repeats(merchant, [line(text)], SIZE, image, pixels)
    return count


# ------------------------------------------------------------------------------------------------------- the topic


def test_a_picture_tells_of_each_mark_under_merchant_mark_and_image() -> None:
    told = repetition.told_by([edit(SALE=CORNER, NEW_IN=TOP)])
    assert {(one.merchant_id, one.image_id) for one in told} == {("shop", "dress")}
    for one, seen in told.items():
        assert seen is not None
        assert (seen.mark.mark_id, seen.edit_id) == (one.mark_id, "1".zfill(32))
        assert repetition.element(one.key.encode()) == one


def test_a_new_version_takes_out_what_it_does_not_bear_and_no_more() -> None:
    told = repetition.told_by([edit(1, SALE=CORNER, GONE=TOP), edit(2, SALE=CORNER, NEW_IN=TOP)])
    assert sorted((seen.mark.text, seen.edit_id[-1]) for seen in told.values() if seen) == [
        ("NEW_IN", "2"),
        ("SALE", "2"),
    ]
    assert list(told.values()).count(None) == 1


def test_a_deletion_takes_out_the_marks_of_every_earlier_edit() -> None:
    told = repetition.told_by([edit(1, SALE=CORNER), edit(2, NEW_IN=TOP), edit(3)])
    assert len(told) == 2
    assert set(told.values()) == {None}


def test_a_picture_that_goes_to_another_merchant_leaves_the_first() -> None:
    told = repetition.told_by([edit(1, SALE=CORNER), edit(2, merchant="other", SALE=CORNER)])
    assert {one.merchant_id: bool(seen) for one, seen in told.items()} == {"shop": False, "other": True}


def test_without_a_merchant_there_is_nothing_to_tell() -> None:
    assert repetition.told_by([edit(merchant=None, SALE=CORNER)]) == {}
    assert repetition.told_by([]) == {}


def test_a_merchants_id_may_hold_slashes() -> None:
    one = Element("eu/shop-7/b", "0123456789abcdef", "dress")
    assert repetition.element(one.key.encode()) == one


@pytest.mark.parametrize("key", [None, b"", b"dress", b"shop/dress", b"//", b"shop//dress", b"\xff/a/"])
def test_a_key_that_is_none_of_ours_is_passed_over(key: bytes | None) -> None:
    assert repetition.element(key) is None
    (good,) = records(edit(SALE=CORNER))
    assert len(known([replace(good, key=key)])) == 0


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b'{"mark": 1}'])
def test_a_value_that_is_none_of_ours_is_passed_over(value: bytes) -> None:
    (good,) = records(edit(SALE=CORNER))
    assert len(known([replace(good, value=value), good])) == 1


# -------------------------------------------------------------------------------------------------------- counting


def of_pictures(count: int, **more: str) -> list[Record]:
    return [
        record for n in range(count) for record in records(edit(image=f"image-{n}", **{"SUMMER SALE": CORNER}, **more))
    ]


@pytest.mark.parametrize("count", [0, 1, 5, COUNTED, REMEMBERED, 40])
def test_other_pictures_with_the_mark_are_counted_up_to_a_limit(count: int) -> None:
    assert repeats(known(of_pictures(count))) == min(count, COUNTED)


@pytest.mark.parametrize("count", [1, 5, REMEMBERED, 40])
def test_a_picture_does_not_repeat_itself(count: int) -> None:
    assert repeats(known(of_pictures(count)), image="image-0", pixels="another version") == min(count - 1, COUNTED)


def test_the_same_photograph_under_many_ids_is_one_picture() -> None:
    twins = of_pictures(40, pixels="twin")
    assert repeats(known(twins)) == 1
    assert repeats(known(twins), pixels="twin") == 0, "and none where it is the asking one"
    assert repeats(known(twins, of_pictures(3))) == 4, "three have other pixels by now"
    others = [record for n in range(3) for record in records(edit(image=f"other-{n}", **{"SUMMER SALE": CORNER}))]
    assert repeats(known(twins, others)) == repeats(known(others, twins)) == 4


def test_marks_of_other_merchants_and_other_words_do_not_count() -> None:
    full = known(of_pictures(5))
    assert repeats(full, merchant="other") == 0
    assert repeats(full, text="WINTER SALE") == 0
    assert full.repeats("shop", [line(place=TOP), line("no"), line()], SIZE, "new", "new") == (0, 0, 5)


def test_a_shaken_mark_counts_from_either_side_of_a_cells_border() -> None:
    shaken = [tuple((x + by, y - by) for x, y in CORNER) for by in (-3, -1.5, 0, 1.5, 3)]
    told = [
        record
        for n, place in enumerate(shaken)
        for record in records(edit(image=f"image-{n}", **{"SUMMER SALE": place}))
    ]
    assert len({repetition.element(record.key).mark_id for record in told}) > 1  # type: ignore[union-attr]
    assert repeats(known(told)) == 5


def test_a_tombstone_takes_a_picture_out() -> None:
    full = known(of_pictures(3))
    full.hear(records(edit(1, "image-1", **{"SUMMER SALE": CORNER}), edit(2, "image-1")))
    assert repeats(full) == 2
    for n in (0, 1, 2):
        full.hear(records(edit(1, f"image-{n}", **{"SUMMER SALE": CORNER}), edit(2, f"image-{n}")))
    assert (repeats(full), len(full)) == (0, 0)


def test_an_unknown_pictures_tombstone_is_harmless() -> None:
    full = known(records(edit(1, **{"SUMMER SALE": CORNER}), edit(2)))
    assert len(full) == 0


# ----------------------------------------------------------------------------------------------------------- a set


@dataclass(frozen=True)
class Act:
    """One record: a picture bears the mark, or does not any more."""

    image: int
    pixels: int
    there: bool

    @property
    def element(self) -> Element:
        return Element("shop", "0" * 16, f"image-{self.image}")


acts = st.builds(Act, st.integers(0, 12), st.integers(0, 12), st.booleans())
additions = st.builds(Act, st.integers(0, 30), st.integers(0, 30), st.just(True))


def tally(log: Sequence[Act]) -> Tally:
    found = Tally(100)
    for act in log:
        if act.there:
            found.add(act.element, str(act.pixels))
        else:
            found.remove(act.element)
    return found


def counted(log: Sequence[Act]) -> int:
    return tally(log).others("shop", ["0" * 16], None, "new")


def truth(log: Sequence[Act]) -> int:
    """Different pictures that bear the mark in the end."""
    last = {act.image: act for act in log}
    return min(COUNTED, len({act.pixels for act in last.values() if act.there}))


@st.composite
def logs_of_several_workers(draw: st.DrawFn, most: int) -> tuple[list[Act], list[Act]]:
    """Two logs of the same records: those of one picture in their order, each told once or more, pictures mixed."""
    chains = draw(st.lists(st.lists(acts, max_size=4), max_size=most))
    pictures = [[replace(act, image=n) for act in one] for n, one in enumerate(chains)]
    # Told again, a picture's state is told whole: its last act comes last, whatever came in between.
    told = [[*one, *draw(st.lists(st.sampled_from(one), max_size=3)), one[-1]] for one in pictures if one]

    def mixed() -> list[Act]:
        turns = draw(st.permutations([n for n, one in enumerate(told) for _ in one]))
        waiting = [iter(one) for one in told]
        return [next(waiting[n]) for n in turns]

    return mixed(), mixed()


@given(logs_of_several_workers(REMEMBERED))
def test_workers_that_read_in_any_order_with_any_duplicates_count_the_same(logs: tuple[list[Act], list[Act]]) -> None:
    one, other = logs
    assert counted(one) == counted(other) == truth(one)


@given(logs_of_several_workers(REMEMBERED), st.data())
def test_compaction_at_any_moment_changes_no_count(logs: tuple[list[Act], list[Act]], data: st.DataObject) -> None:
    log, _ = logs
    clean = data.draw(st.integers(0, len(log)))
    last = {act.image: at for at, act in enumerate(log[:clean])}
    gone = data.draw(st.booleans())
    compacted = [act for at, act in enumerate(log[:clean]) if last[act.image] == at and (act.there or not gone)]
    assert counted([*compacted, *log[clean:]]) == truth(log)


@given(st.lists(additions, max_size=80), st.randoms(use_true_random=False))
def test_beyond_what_is_remembered_additions_count_exactly_too(log: list[Act], chance: object) -> None:
    distinct = list({act.image: act for act in log}.values())
    shuffled = [*distinct]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counted(distinct) == counted(shuffled) == truth(distinct)


@given(st.lists(acts.map(lambda act: replace(act, image=act.image * 3 + act.pixels % 3)), max_size=120))
def test_no_count_is_ever_too_high(log: list[Act]) -> None:
    assert counted(log) <= truth(log)


# --------------------------------------------------------------------------------------------------------- memory


def fill(found: Tally, marks: Sequence[int], pictures: Sequence[int] = (0,)) -> None:
    for mark, picture in itertools.product(marks, pictures):
        found.add(Element("shop", f"{mark:016x}", f"image-{picture}"), f"pixels {picture}")


def count_of(found: Tally, mark: int) -> int:
    return found.others("shop", [f"{mark:016x}"], None, "new")


def test_no_more_marks_are_kept_than_allowed() -> None:
    found = Tally(100)
    fill(found, range(1000))
    assert len(found) == 100
    fill(found, range(1000), range(20))
    assert len(found) == 100


def test_a_flood_of_single_marks_does_not_drive_out_the_repeated_ones() -> None:
    found = Tally(100)
    fill(found, range(50), range(3))
    fill(found, range(1000, 9000))
    assert [count_of(found, mark) for mark in range(50)] == [3] * 50


def test_single_marks_keep_room_to_be_seen_again() -> None:
    found = Tally(100)
    fill(found, range(500), range(3))
    fill(found, range(1000, 1020))
    fill(found, range(1000, 1020), [1])
    assert [count_of(found, mark) for mark in range(1000, 1020)] == [2] * 20


def test_a_mark_that_is_asked_for_stays_longer_than_one_that_is_not() -> None:
    found = Tally(100)
    fill(found, range(100))
    assert count_of(found, 0) == 1
    fill(found, range(200, 250))
    assert (count_of(found, 0), count_of(found, 1)) == (1, 0)


# ----------------------------------------------------------------------------------------------------- the follower


def test_without_a_broker_the_counts_are_empty_and_following_ends_when_told_to() -> None:
    async def glance() -> tuple[int, ...]:
        async with repetition.following(KafkaSettings(bootstrap="127.0.0.1:1"), MarksSettings()) as marks:
            return marks.repeats("shop", [line()], SIZE, "dress", "pixels")

    assert asyncio.run(glance()) == (0,)


def test_marks_of_this_page_are_what_is_looked_up() -> None:
    found = sightings.seen(line(), SIZE)
    assert found is not None
    assert found.mark.mark_id in {repetition.element(record.key).mark_id for record in of_pictures(1)}  # type: ignore[union-attr]
