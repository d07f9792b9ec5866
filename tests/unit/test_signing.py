"""Keys are files that nobody else may read, are never overwritten, and sign as RFC 8032 says."""

from pathlib import Path

import pytest
from Crypto.PublicKey import ECC

from infra import signing
from infra.signing import KeyFileError, PrivateKey


def test_a_made_key_is_the_owners_alone_and_its_public_one_lies_beside(tmp_path: Path) -> None:
    made = signing.make(tmp_path / "audit.key")
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600
    private, public = signing.private_from(tmp_path / "audit.key"), signing.public_from(tmp_path / "audit.key.pub")
    assert made.id == private.public.id == public.id
    assert public.verifies(b"a digest", private.sign(b"a digest"))
    assert not public.verifies(b"another", private.sign(b"a digest"))
    assert not signing.generate().public.verifies(b"a digest", private.sign(b"a digest"))


@pytest.mark.parametrize("there", ["audit.key", "audit.key.pub"])
def test_no_key_is_written_over_another(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("a key of last year")
    with pytest.raises(KeyFileError):
        signing.make(tmp_path / "audit.key")
    assert [one.name for one in tmp_path.iterdir()] == [there]


def test_the_wrong_half_of_a_pair_is_refused(tmp_path: Path) -> None:
    signing.make(tmp_path / "audit.key")
    with pytest.raises(KeyFileError, match="holds a private key"):
        signing.public_from(tmp_path / "audit.key")
    with pytest.raises(KeyFileError, match="holds a public key"):
        signing.private_from(tmp_path / "audit.key.pub")


def test_what_is_no_key_of_ours_is_refused(tmp_path: Path) -> None:
    for content in ("", "no key", str(ECC.generate(curve="p256").export_key(format="PEM"))):
        (tmp_path / "file").write_text(content)
        with pytest.raises(KeyFileError):
            signing.public_from(tmp_path / "file")
    with pytest.raises(KeyFileError):
        signing.public_from(tmp_path / "none")


def test_signatures_are_those_of_rfc_8032() -> None:
    """Its second test vector, 7.1."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = PrivateKey(ECC.construct(curve="Ed25519", seed=seed))
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
