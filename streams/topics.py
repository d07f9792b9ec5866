"""Every topic as data: name, key, what it is for, how long it keeps records. `cleanplate topics apply` makes it so."""

from aiokafka.partitioner import murmur2

from infra.kafka import TopicSpec

DAY_MS = 86_400_000


def _kept(days: int, **more: str) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), **more}


#: A record for ever: only superseded copies of the same step go, and what an erasure tombstones.
#: The lags bound how long a duplicate or an erased record can stay: at most a week after its segment is rolled.
_FOR_EVER = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(DAY_MS),
    "max.compaction.lag.ms": str(7 * DAY_MS),
    "delete.retention.ms": str(7 * DAY_MS),
    "segment.ms": str(DAY_MS),
    "segment.bytes": str(256 * 1024 * 1024),
    "min.cleanable.dirty.ratio": "0.1",
    "message.timestamp.type": "CreateTime",
}

RECEIVED = TopicSpec(
    "catalog.image.received.v1", "image_id", "a picture is new, has a new version, or is gone", _kept(14)
)
STORAGE_EVENTS = TopicSpec(
    "catalog.storage.events.v1", "bucket/object", "the store's own bucket notifications", _kept(14)
)
AUDIT = TopicSpec("catalog.edit.audit.v1", "image_id/edit_id", "every step of every picture's chain", _FOR_EVER)
HEAD = TopicSpec(
    "catalog.image.head.v1",
    "image_id",
    "where each picture stands now",
    {
        "cleanup.policy": "compact",
        # Bounds how long an erased picture's head can stay.
        "max.compaction.lag.ms": str(7 * DAY_MS),
        "delete.retention.ms": str(7 * DAY_MS),
        "segment.ms": "3600000",
        "min.cleanable.dirty.ratio": "0.1",
    },
)
#: A set, one key an element: compaction drops duplicates, a tombstone takes an element out, and what nobody has seen
#: for half a year goes by itself. So old banners stop counting, and the topic stays small enough to be read at a start.
MARKS = TopicSpec(
    "catalog.mark.seen.v1",
    "merchant_id/mark_id/image_id",
    "which marks (words at a place) each merchant's pictures bear",
    _kept(
        180,
        **{
            "cleanup.policy": "compact,delete",
            "max.compaction.lag.ms": str(7 * DAY_MS),
            "delete.retention.ms": str(7 * DAY_MS),
            "segment.ms": str(DAY_MS),
            "segment.bytes": str(64 * 1024 * 1024),
            "min.cleanable.dirty.ratio": "0.1",
            "message.timestamp.type": "CreateTime",
        },
    ),
)
OUTCOME = TopicSpec("catalog.image.outcome.v1", "image_id", "one answer per event, for merchants", _kept(30))
REVIEW_REQUESTED = TopicSpec("catalog.review.requested.v1", "image_id", "pictures that a person must judge", _kept(30))
REVIEW_DECIDED = TopicSpec("catalog.review.decided.v1", "image_id", "what people decided", _kept(30))
CERTIFICATE_VOIDED = TopicSpec(
    "catalog.certificate.voided.v1",
    "certificate id",
    "certificates whose promise was seen broken",
    {"cleanup.policy": "compact", "segment.ms": "3600000", "min.cleanable.dirty.ratio": "0.1"},
)
#: Larger records than elsewhere: an event at the brokers' limit must still fit with the reason added.
DEAD_LETTERS = TopicSpec(
    "catalog.dead-letters.v1",
    "the original key",
    "events that can never succeed, with the reason",
    _kept(30, **{"max.message.bytes": "2097152"}),
)

ALL = (
    *(RECEIVED, STORAGE_EVENTS, AUDIT, HEAD, MARKS, OUTCOME, REVIEW_REQUESTED, REVIEW_DECIDED, CERTIFICATE_VOIDED),
    DEAD_LETTERS,
)
#: Topics that take no record without a key.
COMPACTED = frozenset(spec.name for spec in ALL if "compact" in spec.configs["cleanup.policy"])
CONSUMED = (RECEIVED, STORAGE_EVENTS, REVIEW_DECIDED)


def partition_of(image_id: str, partitions: int) -> int:
    """The partition of everything about one image: Kafka's own murmur2 rule over the image id alone.

    Said explicitly by every producer of ours, because audit keys hold the edit id too and the clients' default
    partitioners differ.
    """
    return (int(murmur2(image_id.encode())) & 0x7FFFFFFF) % partitions
