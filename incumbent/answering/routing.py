"""Who answers: champion or challenger, by a stable hash of the row's key.

The same key gets the same version in every process and after every restart, as long as the challenger is the
same; raising its share keeps those it has. Another challenger divides the keys anew.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any


class Split:
    """The division of traffic between champion and challenger.

    Parameters
    ----------
    model : str
    challenger : str
        The content hash of the challenger's bundle: with the model's name it salts the hash.
    share : float
        Of the keys that the challenger gets, 0 to 1.
    """

    def __init__(self, model: str, challenger: str, share: float) -> None:
        self.share = share
        self._salt = blake2b(f"{model}\n{challenger}".encode(), digest_size=16).digest()

    def to_challenger(self, key: Any) -> bool:
        """Whether the challenger answers rows of this key."""
        return self.place(key) < self.share

    def place(self, key: Any) -> float:
        """Where a key lies between 0 and 1: uniform over keys, the same everywhere.

        Examples
        --------
        >>> split = Split("flights", "a1b2", 0.1)
        >>> split.place(17) == split.place("17") == split.place(17.0)
        True
        >>> 0.0 <= split.place("x") < 1.0
        True
        """
        digest = blake2b(key_bytes(key), digest_size=8, salt=self._salt).digest()
        return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def key_bytes(key: Any) -> bytes:
    """A key as bytes: however a source writes a whole number (``7``, ``7.0``, ``"7"``), it is one key."""
    if key.__class__ is not str:
        try:
            whole = int(key)
            key = str(whole) if whole == key else str(key)
        except (TypeError, ValueError, OverflowError):
            key = str(key)
    return key.encode("utf-8", "surrogatepass")  # type: ignore[no-any-return]
