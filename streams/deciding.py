"""A person's answer to a review task, as any review tool sends it."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import events, ledger, topics


def send(
    settings: Settings,
    task: events.ReviewRequested,
    decision: str,
    reviewer: str,
    comment: str,
    mask_file: Path | None = None,
) -> str:
    """Send the answer, after its mask, and give the event's id. Raises ServiceUnavailableError."""
    mask = _upload(settings, task.image_id, mask_file) if mask_file else None
    answer = msgspec.convert(
        {
            "task_id": task.task_id,
            "image_id": task.image_id,
            "decision": decision,
            "reviewer": reviewer,
            "comment": comment,
            "mask": mask,
        },
        events.ReviewDecided,
    )
    now = datetime.now(UTC).isoformat()
    event_id = chain.name_of("answer", task.task_id, decision, reviewer, now)
    writer = EventWriter(settings.kafka)
    writer.send(
        topics.REVIEW_DECIDED.name,
        key=task.image_id.encode(),
        value=events.encode(answer),
        headers=events.headers("catalog.review.decided.v1", event_id, now),
        partition=topics.partition_of(task.image_id, settings.kafka.partitions),
    )
    writer.flush()
    return event_id


def _upload(settings: Settings, image_id: str, mask_file: Path) -> dict[str, str]:
    data = mask_file.read_bytes()
    digest = sha256(data).hexdigest()
    key = f"{ledger.drawn(image_id)}{digest}"
    S3Store(settings.store).put_once(settings.store.edits_bucket, key, data, "image/png")
    return {"bucket": settings.store.edits_bucket, "key": key, "sha256": digest}
