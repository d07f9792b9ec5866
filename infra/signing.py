"""Ed25519 keys as PEM files: the private one stays with the operator who signs, the public one goes to who verifies."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from Crypto.PublicKey import ECC
from Crypto.PublicKey.ECC import EccKey
from Crypto.Signature import eddsa

from processors.errors import PipelineError

_CURVE = "Ed25519"


class KeyFileError(PipelineError):
    """A key file that is not there, holds no Ed25519 key of that kind, or would be overwritten."""


@dataclass(frozen=True)
class PublicKey:
    """Tells whether a signature was made with the private key that belongs to it."""

    key: EccKey

    @property
    def id(self) -> str:
        """Which key this is: the first 16 hex digits of the SHA-256 of its 32 bytes."""
        return sha256(self.key.export_key(format="raw")).hexdigest()[:16]

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """Whether this signature of these bytes is by this key."""
        try:
            eddsa.new(self.key, "rfc8032").verify(data, signature)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """Signs."""

    key: EccKey

    @property
    def public(self) -> PublicKey:
        """What verifies its signatures."""
        return PublicKey(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes, 64 bytes; the same each time."""
        return eddsa.new(self.key, "rfc8032").sign(data)


def generate() -> PrivateKey:
    """A new key."""
    return PrivateKey(ECC.generate(curve=_CURVE))


def make(path: Path) -> PublicKey:
    """Write a new private key with mode 0600, and its public one beside it as `.pub`; never over a file that is there.

    Raises:
        KeyFileError: one of the two is there already, or cannot be written.
    """
    private = generate()
    beside = path.with_name(f"{path.name}.pub")
    if beside.exists():
        raise KeyFileError(f"{beside} is there already")
    _write_new(path, str(private.key.export_key(format="PEM")), 0o600)
    _write_new(beside, str(private.public.key.export_key(format="PEM")), 0o644)
    return private.public


def private_from(path: Path) -> PrivateKey:
    """The private key of a file. Raises KeyFileError."""
    key = _read(path)
    if not key.has_private():
        raise KeyFileError(f"{path} holds a public key; signing takes the private one")
    return PrivateKey(key)


def public_from(path: Path) -> PublicKey:
    """The public key of a file. Raises KeyFileError: also for a private one, which nobody who verifies should have."""
    key = _read(path)
    if key.has_private():
        raise KeyFileError(f"{path} holds a private key: keep it where you sign, and give the .pub file")
    return PublicKey(key)


def _read(path: Path) -> EccKey:
    try:
        key = ECC.import_key(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as problem:
        raise KeyFileError(f"{path}: {problem}") from problem
    if key.curve != _CURVE:
        raise KeyFileError(f"{path} holds a key of {key.curve}, not of {_CURVE}")
    return key


def _write_new(path: Path, text: str, mode: int) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
            file.write(text + "\n")
    except OSError as problem:
        raise KeyFileError(f"{path}: {problem.strerror}") from problem
