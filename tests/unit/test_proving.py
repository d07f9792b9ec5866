"""A proof holds for the record that it is of, with the key that signed, and for nothing else."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors import chain
from streams import digests, events, proving
from streams.proving import Proof, ProofError
from tests import logs
from tests.unit.test_digests import KEYS, OTHER, Office

EDITS = [edit for number in range(7) for edit in logs.edits(f"sku-{number}", 3)]
OFFICE = Office(log=logs.shop(images=7, length=3))
OFFICE.sign(at_most=6)


def proof_of(edit: chain.Edit, office: Office = OFFICE) -> Proof:
    return proving.prove(office.shelf, edit.image_id, edit.edit_id, events.encode(edit))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit.image_id}-{edit.seq}")
def test_every_signed_record_has_a_proof_that_outlives_its_file(edit: chain.Edit) -> None:
    written = msgspec.json.format(msgspec.json.encode(proof_of(edit)), indent=2)
    assert proving.check(msgspec.json.decode(written, type=Proof), KEYS) == edit


def test_a_record_that_nobody_signed_has_none() -> None:
    (edit,) = logs.edits("sku-new", 1)
    with pytest.raises(ProofError, match="in no digest"):
        proof_of(edit)


def test_another_key_proves_nothing() -> None:
    with pytest.raises(ProofError, match="none of those given"):
        proving.check(proof_of(EDITS[0]), digests.by_id([OTHER.public]))


PROOF = proof_of(EDITS[4])
OTHERS = proof_of(EDITS[5])


@pytest.mark.parametrize(
    "change",
    [
        {"record": OTHERS.record},
        {"record": PROOF.record.replace("shop-1", "shop-2")},
        {"record": "no edit"},
        {"image_id": "sku-6"},
        {"edit_id": OTHERS.edit_id},
        {"index": PROOF.index + 1},
        {"index": -1},
        {"path": PROOF.path[:-1]},
        {"path": (*PROOF.path, "00" * 32)},
        {"path": ("no hash", *PROOF.path[1:])},
        {"digest": msgspec.structs.replace(PROOF.digest, made_at="2020-01-01T00:00:00.000+00:00")},
        {"digest": msgspec.structs.replace(PROOF.digest, signature="00" * 64)},
    ],
    ids=str,
)
def test_a_proof_that_was_touched_proves_nothing(change: dict[str, object]) -> None:
    with pytest.raises(ProofError):
        proving.check(msgspec.structs.replace(PROOF, **change), KEYS)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_other_byte_in_a_proof_proves_another_record(data: st.DataObject) -> None:
    written = bytearray(msgspec.json.encode(PROOF))
    written[data.draw(st.integers(0, len(written) - 1))] ^= 1 << data.draw(st.integers(0, 6))
    try:
        proven = proving.check(msgspec.json.decode(bytes(written), type=Proof), KEYS)
    except (msgspec.MsgspecError, UnicodeDecodeError, ProofError):
        return
    # The spelling of a hash may differ: it is the same hash.
    assert proven == EDITS[4]
