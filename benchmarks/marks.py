"""What a worker's counts of marks cost: memory for each mark kept, and seconds to read the topic at a start.

    python -m benchmarks.marks

Records are made as the worker makes them and taken in as its thread does; the broker is left out.
"""

import json
import resource
import time

from infra.kafka import Record
from infra.settings import MarksSettings
from processors import chain
from processors.regions import Region, TextLine
from streams import events, repetition, topics

SIZE = (1000, 1000)
#: Of the marks kept a quarter stands on this many pictures, the others on one.
PICTURES = 10


def main() -> None:
    kept = MarksSettings().kept
    print(f"{'marks kept':>12} {'MB':>8} {'bytes/mark':>12} {'records/s':>12} {'look-ups/s':>12}")
    for marks in (kept // 10, kept):
        print_row(marks, **(figures := measured(marks)))
    print(json.dumps({"bench": "marks", **figures}))


def print_row(marks: int, *, bytes_per_mark: float, records_per_s: float, lookups_per_s: float) -> None:
    size = bytes_per_mark * marks / 1e6
    print(f"{marks:>12,} {size:>8.1f} {bytes_per_mark:>12.0f} {records_per_s:>12,.0f} {lookups_per_s:>12,.0f}")


def measured(marks: int) -> dict[str, float]:
    """Bytes a mark, records taken in a second, lines looked up a second; all marks kept."""
    known = repetition.KnownMarks(marks)
    (template,) = told("shop", "image", "SUMMER SALE")
    before, seconds, count = _resident_bytes(), 0.0, 0
    for pictures, some in ((PICTURES, range(marks // 4)), (1, range(marks // 4, marks))):
        for start in range(0, len(some), 1000):
            batch = [
                _like(template, f"shop-{mark % 97}/{mark:016x}/image-{mark}-{picture}", picture)
                for mark in some[start : start + 1000]
                for picture in range(pictures)
            ]
            began = time.perf_counter()
            known.hear(batch)
            seconds += time.perf_counter() - began
            count += len(batch)
    assert len(known) == marks
    grown = _resident_bytes() - before
    line = TextLine(((40, 40), (300, 40), (300, 70), (40, 70)), "SUMMER SALE", 0.97, 0.9)
    began = time.perf_counter()
    for _ in range(1000):
        known.repeats("shop", [line], SIZE, "image", "pixels")
    return {
        "bytes_per_mark": grown / marks,
        "records_per_s": count / seconds,
        "lookups_per_s": 1000 / (time.perf_counter() - began),
    }


def told(merchant: str, image: str, text: str) -> list[Record]:
    """The records of a picture with one line."""
    region = Region(((40, 40), (300, 40), (300, 70), (40, 70)), text, 0.97, "keep", 0.5, "caption", "")
    edit = chain.Edit(
        image_id=image,
        seq=1,
        edit_id="e" * 32,
        parent=None,
        parent_sha256=None,
        kind="kept",
        cause=chain.Cause("e1", "shop", "catalog.image.created.v1", None),
        merchant_id=merchant,
        picture=chain.PictureFacts("JPEG", "RGB", *SIZE, 1, "c" * 64),
        regions=(region,),
    )
    return [
        Record(topics.MARKS.name, 0, 0, one.key.encode(), events.encode(seen) if seen else None, (), 0)
        for one, seen in repetition.told_by([edit]).items()
    ]


def _like(template: Record, key: str, picture: int) -> Record:
    value = (template.value or b"").replace(b"c" * 64, f"{picture:064x}".encode())
    return Record(template.topic, 0, 0, key.encode(), value, (), 0)


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
