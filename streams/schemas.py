"""Writes the JSON Schema of every event type: `python -m streams.schemas`."""

import json
from pathlib import Path

from streams import events

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
KINDS = tuple(sorted(events.TYPES))


def main() -> None:
    """Write one file a type; a change of the wire shows in their difference."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        (FOLDER / f"{kind}.json").write_text(json.dumps(events.schema(kind), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
