"""Who answers: champion or challenger, by a stable hash of the row's key.

The same key gets the same version in every process and after every restart, as long as the challenger is the
same; raising its share keeps those it has. Another challenger divides the keys anew.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from incumbent.plain import key_of

CHAMPION, CHALLENGER, CONTROL = "champion", "challenger", "control"


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


class Arm(NamedTuple):
    """Who is to answer rows of a key (``champion``, ``challenger``, ``control``), and the chance of that."""

    route: str
    chance: float


class Lot:
    """What is drawn for a key: the untreated control first, then champion or challenger.

    The control is the same whoever is on trial, so that it stays untreated. The chances are those that
    weighting by inverse probability needs, where predictions change what happens (Perdomo et al. 2020).

    Parameters
    ----------
    model, challenger, share : as :class:`Split` has them; ``challenger`` is empty where there is none
    control : float
        Share of the keys that nobody but the baseline answers.

    Examples
    --------
    >>> lot = Lot("flights", "a1b2", share=0.5, control=0.2)
    >>> sorted({lot.of(key) for key in range(100)})
    [Arm(route='challenger', chance=0.4), Arm(route='champion', chance=0.4), Arm(route='control', chance=0.2)]
    """

    def __init__(self, model: str, challenger: str, share: float, control: float) -> None:
        self._split = Split(model, challenger, share) if challenger and share > 0 else None
        self._control = Split(model, f"\n{CONTROL}", control) if control > 0 else None
        rest = 1.0 - control
        drawn = share if self._split is not None else 0.0
        self._arms = Arm(CHAMPION, rest * (1.0 - drawn)), Arm(CHALLENGER, rest * drawn), Arm(CONTROL, control)

    def of(self, key: Any) -> Arm:
        """What was drawn for a key."""
        champion, challenger, control = self._arms
        if self._control is not None and self._control.to_challenger(key):
            return control
        return challenger if self._split is not None and self._split.to_challenger(key) else champion


def key_bytes(key: Any) -> bytes:
    """A key as bytes; half a character may be in it."""
    return str(key_of(key)).encode("utf-8", "surrogatepass")
