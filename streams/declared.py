"""Topics and buckets together: what is declared against what is there, and mending it."""

from dataclasses import dataclass

from infra import buckets
from infra.kafka import KafkaAdmin
from infra.object_store import S3Store
from infra.settings import Settings
from streams import topics


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared; `mendable` says whether `topics apply` mends it."""

    where: str
    what: str
    declared: str
    actual: str
    mendable: bool


def drift(settings: Settings) -> list[Difference]:
    """All differences of topics and buckets. Raises ServiceUnavailableError."""
    of_topics = [
        Difference(one.topic, one.what, one.declared, one.actual, one.mendable)
        for one in KafkaAdmin(settings.kafka).drift(topics.ALL)
    ]
    of_buckets = [
        Difference(f"bucket {one.bucket}", one.what, one.declared, one.actual, one.mendable)
        for one in buckets.drift(S3Store(settings.store.for_operators), settings.store)
    ]
    return of_topics + of_buckets


def mend(settings: Settings) -> None:
    """Make it so, as far as that is possible without moving keys. Raises ServiceUnavailableError."""
    admin = KafkaAdmin(settings.kafka)
    admin.mend(topics.ALL, admin.drift(topics.ALL))
    store = S3Store(settings.store.for_operators)
    buckets.mend(store, settings.store, buckets.drift(store, settings.store))
