"""Proof that a record was in the audit log when a digest was signed, to be checked without the log, or any server.

It holds the record itself, the digest, and the path of hashes from one to the other. Who checks it needs the public
key.
"""

import numpy as np
from msgspec import Struct

from processors import chain, merkle
from processors.errors import PipelineError
from streams import audit_log, digests
from streams.audit_log import AuditRecordError, Entry
from streams.digests import Digest, DigestError, Keys, Shelf


class ProofError(PipelineError):
    """There is no proof yet, or this one proves nothing."""


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person hands on."""

    image_id: str
    edit_id: str
    #: the value of the record, exactly
    record: str
    #: where its leaf stands among those of the digest, from 0
    index: int
    #: hashes from the leaf's neighbour up, hexadecimal
    path: tuple[str, ...]
    digest: Digest


def prove(shelf: Shelf, image_id: str, edit_id: str, value: bytes) -> Proof:
    """The proof for a record, by the earliest digest that has it. Raises ProofError: none has."""
    leaf = digests.leaf_of(f"{image_id}/{edit_id}".encode(), value)
    for number in shelf.numbers():
        # Its signature is left to who checks the proof.
        digest = digests.unchecked(shelf.get(number) or b"")
        rows = shelf.leaves(digest) if digest is not None else None
        if digest is None or rows is None:
            continue
        hashes = digests.hashes(rows)
        found = np.flatnonzero((_by_leaf(hashes) == _by_leaf(leaf)).all(axis=1))
        if len(found):
            index = int(found[0])
            path = tuple(one.hex() for one in merkle.path(hashes, index))
            return Proof(
                image_id=image_id, edit_id=edit_id, record=value.decode(), index=index, path=path, digest=digest
            )
    raise ProofError(f"edit {edit_id} of {image_id} is in no digest: `cleanplate audit sign` signs what is new")


def check(proof: Proof, keys: Keys) -> chain.Edit:
    """The edit that is proven. Raises ProofError: it says why nothing is."""
    try:
        digest = digests.read(digests.canonical(proof.digest), Digest, keys)
        path = [bytes.fromhex(one) for one in proof.path]
        edit = audit_log.edit(Entry(0, 0, proof.image_id, proof.edit_id, proof.record.encode(), 0))
    except (DigestError, AuditRecordError, ValueError) as problem:
        raise ProofError(str(problem)) from problem
    if (edit.image_id, edit.edit_id) != (proof.image_id, proof.edit_id):
        raise ProofError(f"the record is of {edit.image_id}/{edit.edit_id}")
    leaf = digests.leaf_of(f"{proof.image_id}/{proof.edit_id}".encode(), proof.record.encode())
    root = merkle.climb(leaf, proof.index, digest.count, path)
    if root is None or root.hex() != digest.root:
        raise ProofError("the path does not lead from the record to the root of the digest")
    return edit


def _by_leaf(hashes: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.frombuffer(hashes, np.uint64).reshape(-1, 4)
