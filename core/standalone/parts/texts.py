"""Texts: cut into terms as scikit-learn's vectorizers cut them, counted, weighed."""

from __future__ import annotations

import base64
import json
import math
import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import Any

from core.standalone.parts.base import INF, NAN, Refused, check, total


def text_of(value: Any) -> str:
    """The text; null is refused."""
    if not isinstance(value, str):
        raise Refused("the model takes no text that is null")
    return value


def ascii_only(text: str) -> str:
    """Accents stripped, and whatever else is not ASCII."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def without_accents(text: str) -> str:
    """Accents stripped."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def words(text: str, pattern: Any, stop: Any, low: int, high: int) -> list[str]:
    """The words of a text that are no stop words, and runs of ``low`` to ``high`` of them."""
    found = [word for word in pattern.findall(text) if word not in stop]
    if high == 1:
        return found
    terms: list[str] = []
    for n in range(low, min(high, len(found)) + 1):
        terms += [" ".join(found[i : i + n]) for i in range(len(found) - n + 1)]
    return terms


def characters(text: str, low: int, high: int) -> list[str]:
    """Runs of ``low`` to ``high`` characters."""
    text = re.sub(r"\s\s+", " ", text)
    lengths = range(low, min(high, len(text)) + 1)
    return [text[i : i + n] for n in lengths for i in range(len(text) - n + 1)]


def characters_within_words(text: str, low: int, high: int) -> list[str]:
    """Runs of characters that do not go beyond a word, spaces around it included."""
    found = []
    for word in text.split():
        word = " " + word + " "
        for n in range(low, high + 1):
            found += [word[i : i + n] for i in range(max(len(word) - n, 0) + 1)]
            if n >= len(word):
                break
    return found


def packed_terms(text: str) -> dict[str, int]:
    """Terms and their positions from a packed text: base64 of zlib of JSON."""
    terms = json.loads(zlib.decompress(base64.b64decode(text)).decode("utf-8"))
    return {term: position for position, term in enumerate(terms)}


def counted(terms: Sequence[str], vocabulary: dict[str, int], binary: bool) -> dict[int, float]:
    """How often each term of the vocabulary occurs, by position."""
    counts: dict[int, float] = {}
    for term in terms:
        position = vocabulary.get(term)
        if position is not None:
            counts[position] = 1.0 if binary else counts.get(position, 0.0) + 1.0
    return counts


def nonzero(x: Sequence[float]) -> dict[int, float]:
    """Values by position, without zeros."""
    check(x)
    return {i: v for i, v in enumerate(x) if v != 0.0}


def logarithmic(counts: dict[int, float]) -> dict[int, float]:
    """``1 + log(count)``."""
    return {i: (math.log(v) if v > 0.0 else NAN if v < 0.0 else -INF) + 1.0 for i, v in counts.items()}


def weighed(counts: dict[int, float], idf: Sequence[float] | None, norm: str | None) -> dict[int, float]:
    """Counts times the inverse document frequency of their terms, at unit length."""
    if idf is not None:
        counts = {i: v * idf[i] for i, v in counts.items()}
    if norm == "l2":
        length = math.sqrt(total(v * v for v in counts.values()))
    elif norm == "l1":
        length = total(abs(v) for v in counts.values())
    elif norm == "max":
        length = max([abs(v) for v in counts.values()] or [0.0])
    else:
        return counts
    return {i: v / length for i, v in counts.items()} if length not in (0.0, 1.0) else counts


def murmur3(data: bytes) -> int:
    """MurmurHash3 (Austin Appleby, public domain; 32 bit, x86), as a signed number."""
    mask = 0xFFFFFFFF

    def rotated(number: int, by: int) -> int:
        return (number << by | number >> 32 - by) & mask

    def scrambled(word: int) -> int:
        return rotated(word * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask

    state = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        state ^= scrambled(int.from_bytes(data[at : at + 4], "little"))
        state = rotated(state, 13) * 5 + 0xE6546B64 & mask
    if whole < len(data):
        state ^= scrambled(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & mask
    state = (state ^ state >> 13) * 0xC2B2AE35 & mask
    state ^= state >> 16
    return state - (1 << 32) if state & 0x80000000 else state


def hashed(terms: Sequence[str], width: int, signed: bool, binary: bool) -> dict[int, float]:
    """How often terms occur, by the position that their hash gives."""
    counts: dict[int, float] = {}
    for term in terms:
        try:
            found = murmur3(term.encode("utf-8"))
        except UnicodeEncodeError:
            raise Refused("a text is no Unicode") from None
        position = abs(found) % width
        counts[position] = counts.get(position, 0.0) + (-1.0 if signed and found < 0 else 1.0)
    return {i: 1.0 if binary else counts[i] for i in sorted(counts)}
