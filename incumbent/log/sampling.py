"""Which rows are kept where a share of them is."""

from __future__ import annotations

from hashlib import blake2b


def sampled(key: object, share: float) -> bool:
    """Whether the row of a key (of an id, without one) is among the share that is kept: always the same.

    Examples
    --------
    >>> [sampled(key, 0.5) for key in ("a", "b", "c")] == [sampled(key, 0.5) for key in ("a", "b", "c")]
    True
    """
    digest = blake2b(str(key).encode("utf-8", "replace"), digest_size=8, person=b"incumbent log").digest()
    return int.from_bytes(digest, "little") < share * 2**64
