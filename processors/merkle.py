"""Merkle trees as RFC 6962 has them: one hash that stands for a list of records, and proofs that a record is in it.

Leaves are 32 bytes each, one after the other in one buffer, so that a million of them is 32 MB and no more.
"""

from collections.abc import Sequence
from hashlib import sha256

#: bytes of a hash
SIZE = 32
_LEAF, _NODE = b"\x00", b"\x01"


def leaf(data: bytes) -> bytes:
    """The hash of one record; prefixed, so that no record can be taken for an inner node."""
    return sha256(_LEAF + data).digest()


def root(leaves: bytes) -> bytes:
    """The hash over all leaves in their order; of none, that of nothing."""
    if not leaves:
        return sha256().digest()
    while len(leaves) > SIZE:
        leaves = _parents(leaves)
    return leaves


def path(leaves: bytes, index: int) -> list[bytes]:
    """What, hashed with the leaf at `index`, gives the root: from the bottom up."""
    if not 0 <= index < len(leaves) // SIZE:
        raise IndexError(index)
    found = []
    while len(leaves) > SIZE:
        beside = (index ^ 1) * SIZE
        if beside < len(leaves):
            found.append(leaves[beside : beside + SIZE])
        leaves, index = _parents(leaves), index // 2
    return found


def climb(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to, of a tree of `size` leaves; None where the path does not fit such a tree."""
    last = size - 1
    if not 0 <= index <= last:
        return None
    node = leaf
    for beside in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            node = sha256(_NODE + beside + node).digest()
            # The last node of an odd level goes up as it is.
            while not index % 2 and index:
                index, last = index // 2, last // 2
        else:
            node = sha256(_NODE + node + beside).digest()
        index, last = index // 2, last // 2
    return node if last == 0 else None


def _parents(level: bytes) -> bytes:
    """The level above: pairs are hashed, a last one without a partner stays."""
    paired = len(level) // (2 * SIZE) * (2 * SIZE)
    above = [sha256(_NODE + level[at : at + 2 * SIZE]).digest() for at in range(0, paired, 2 * SIZE)]
    return b"".join([*above, level[paired:]])
