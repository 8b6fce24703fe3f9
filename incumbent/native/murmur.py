"""MurmurHash3 (32 bit, x86), the hash of scikit-learn's HashingVectorizer.

Source: Austin Appleby's public domain MurmurHash3; every operation is modulo 2**32.
"""

from __future__ import annotations

_MASK = 0xFFFFFFFF


def murmur3(data: bytes, seed: int = 0) -> int:
    """The hash of some bytes, as a signed 32-bit number.

    Examples
    --------
    >>> murmur3(b""), murmur3(b"hello")
    (0, 613153351)
    """
    state = seed
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        state ^= _scrambled(int.from_bytes(data[at : at + 4], "little"))
        state = _rotated(state, 13) * 5 + 0xE6546B64 & _MASK
    if whole < len(data):
        state ^= _scrambled(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state & 0x80000000 else state


def _rotated(number: int, by: int) -> int:
    return (number << by | number >> 32 - by) & _MASK


def _scrambled(word: int) -> int:
    return _rotated(word * 0xCC9E2D51 & _MASK, 15) * 0x1B873593 & _MASK
