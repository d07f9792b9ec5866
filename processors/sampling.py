"""Which automatic edits people judge afterwards: a share of them, by hash, the same for whoever asks and whenever."""

import hashlib


def drawn(image_id: str, edit_id: str, share: float) -> bool:
    """Say whether an edit belongs to a sample of this share, 0..1, of all edits.

    It does where the first 8 bytes of SHA-256 over `image_id/edit_id`, as a whole number, lie below the share of 2^64.
    So a larger share keeps every member of a smaller one.
    """
    digest = hashlib.sha256(f"{image_id}/{edit_id}".encode()).digest()
    # Compared as whole numbers: as a quotient the highest hashes would round up to 1 and be in no sample at all.
    return int.from_bytes(digest[:8], "big") < share * 2**64
