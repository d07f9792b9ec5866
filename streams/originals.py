"""Whether the originals are what they were: hashed again, compared with their names, and locked."""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby, islice
from typing import Literal

from infra import buckets
from infra.object_store import Listed, MissingObjectError, S3Store

#: Originals that are read at a time; each is held whole.
AT_ONCE = 4
PREFIX = "sha256/"

#: `unlocked`: right, and nothing but rights keeps it from being deleted
Verdict = Literal["right", "differs", "missing", "overwritten", "hidden", "misnamed", "unlocked"]
GOOD: tuple[Verdict, ...] = ("right",)


@dataclass(frozen=True, slots=True)
class Checked:
    """One original."""

    key: str
    verdict: Verdict
    #: as listed
    size: int
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Object:
    key: str
    versions: tuple[Listed, ...]


def verify(
    store: S3Store, bucket: str, *, sample: int | None, seed: int, now: datetime, locks: bool
) -> Iterator[Checked]:
    """Check all originals, or a sample that the seed draws from the listing; `locks` says that each must be locked.

    Of each original, every version is listed: there must be one. What is held is the sample's part of the listing, and
    the bytes of a few originals.

    Raises:
        ServiceUnavailableError: the store does not answer.
    """
    found: Iterable[_Object] = _objects(store, bucket)
    if sample is not None:
        found = _drawn(found, sample, random.Random(seed))
    todo = iter(found)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(todo, 8 * AT_ONCE)):
            yield from pool.map(lambda one: _check(store, bucket, one, now, locks=locks), some)


def lock(store: S3Store, bucket: str, until: datetime, before: datetime) -> Iterator[str]:
    """Lock until then what is not locked, or only until some time before `before`; gives their keys.

    Takes an operator's rights. Raises ServiceUnavailableError.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        listing = (one for one in store.list(bucket, PREFIX, versions=True) if not one.is_deletion)
        while some := list(islice(listing, 8 * AT_ONCE)):
            locks = pool.map(lambda one: buckets.locked_until(store, bucket, one.key, one.version_id), some)
            short = [one for one, held in zip(some, locks, strict=True) if held is None or held < before]
            list(pool.map(lambda one: buckets.lock(store, bucket, one.key, one.version_id, until), short))
            yield from (one.key for one in short)


def _objects(store: S3Store, bucket: str) -> Iterator[_Object]:
    listing = store.list(bucket, PREFIX, versions=True)
    for key, versions in groupby(listing, key=lambda one: one.key):
        yield _Object(key, tuple(versions))


def _drawn(found: Iterable[_Object], count: int, chance: random.Random) -> list[_Object]:
    """So many of them, each as probable as every other, without knowing how many there are."""
    kept: list[_Object] = []
    for number, one in enumerate(found):
        if number < count:
            kept.append(one)
        elif (at := chance.randrange(number + 1)) < count:
            kept[at] = one
    return kept


def _check(store: S3Store, bucket: str, one: _Object, now: datetime, *, locks: bool) -> Checked:
    written = [version for version in one.versions if not version.is_deletion]
    size = written[0].size if written else 0
    if len(written) < len(one.versions):
        return Checked(one.key, "hidden", size)
    if len(written) > 1:
        return Checked(one.key, "overwritten", size)
    name = one.key.rpartition("/")[2]
    if one.key != f"{PREFIX}{name[:2]}/{name}" or len(name) != 64:
        return Checked(one.key, "misnamed", size)
    version = written[0].version_id
    try:
        data = store.get(bucket, one.key, version).data
    except MissingObjectError:
        return Checked(one.key, "missing", size)
    until = buckets.locked_until(store, bucket, one.key, version)
    if sha256(data).hexdigest() != name or len(data) != size:
        return Checked(one.key, "differs", size, until)
    return Checked(one.key, "right" if not locks or (until and until > now) else "unlocked", size, until)
