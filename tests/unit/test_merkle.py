"""Merkle trees give the published hashes, and a proof holds for its own leaf at its own place alone."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import merkle

#: The inputs and roots of the reference implementation of RFC 6962 (certificate-transparency), for 1 to 8 of them.
INPUTS = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def leaves_of(data: list[bytes]) -> bytes:
    return b"".join(merkle.leaf(one) for one in data)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_the_published_ones(count: int) -> None:
    assert merkle.root(leaves_of(INPUTS[:count])).hex() == ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root(b"") == sha256(b"").digest()


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_paths_are_the_published_ones(index: int, size: int) -> None:
    assert [one.hex() for one in merkle.path(leaves_of(INPUTS[:size]), index)] == PATHS[index, size]


def by_the_letter(data: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 says it: split at the largest power of two below the count."""
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    split = 1 << (len(data) - 1).bit_length() - 1
    return sha256(b"\x01" + by_the_letter(data[:split]) + by_the_letter(data[split:])).digest()


data = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@given(data)
def test_level_by_level_is_the_same_as_by_the_letter(data: list[bytes]) -> None:
    assert merkle.root(leaves_of(data)) == by_the_letter(data)


@given(data, st.data())
def test_every_leaf_has_a_path_to_the_root_and_no_other_leaf_has_it(data: list[bytes], more: st.DataObject) -> None:
    leaves = leaves_of(data)
    index = more.draw(st.integers(0, len(data) - 1))
    leaf, path = merkle.leaf(data[index]), merkle.path(leaves, index)
    assert merkle.climb(leaf, index, len(data), path) == merkle.root(leaves)
    assert merkle.climb(merkle.leaf(b"another record"), index, len(data), path) != merkle.root(leaves)


@given(data, st.data())
def test_a_path_that_was_touched_leads_elsewhere(data: list[bytes], more: st.DataObject) -> None:
    leaves = leaves_of(data)
    index = more.draw(st.integers(0, len(data) - 1))
    leaf, path = merkle.leaf(data[index]), merkle.path(leaves, index)
    touched = [
        [*path, bytes(32)],
        *([path[:at] + path[at + 1 :] for at in range(len(path))]),
        *([[*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]] for at in range(len(path))]),
    ]
    assert all(merkle.climb(leaf, index, len(data), other) != merkle.root(leaves) for other in touched)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_a_place_outside_the_tree_has_no_root(index: int, size: int) -> None:
    assert merkle.climb(merkle.leaf(b""), index, size, []) is None


@pytest.mark.parametrize("index", [-1, 2])
def test_a_place_outside_the_tree_has_no_path(index: int) -> None:
    with pytest.raises(IndexError):
        merkle.path(leaves_of([b"a", b"b"]), index)
