"""From a text to its terms: words, characters, and runs of them, as scikit-learn's vectorizers cut them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Callable, Mapping

_SPACES = re.compile(r"\s\s+")


@dataclass(frozen=True)
class Analyzer:
    """How a text is cut into terms.

    Parameters
    ----------
    unit : str
        ``word``, ``char`` or ``char_wb`` (characters within words).
    lengths : (int, int)
        Fewest and most units in a term.
    pattern : str
        Regular expression of a word.
    lowercase : bool
    accents : str or None
        ``ascii`` or ``unicode``: how accents are stripped.
    stop_words : frozenset of str or None
        Words left out.

    Examples
    --------
    >>> Analyzer("word", (1, 2)).build()("A Fine day")
    ['fine', 'day', 'fine day']
    """

    unit: str
    lengths: "tuple[int, int]" = (1, 1)
    pattern: str = r"(?u)\b\w\w+\b"
    lowercase: bool = True
    accents: "str | None" = None
    stop_words: "frozenset[str] | None" = None

    def build(self) -> "Callable[[str], list[str]]":
        """A function from a text to its terms (with repetitions)."""
        prepare = self._preparation()
        cut = {"word": self._words, "char": self._characters, "char_wb": self._within_words}[self.unit]()
        if prepare is None:
            return cut
        return lambda text: cut(prepare(text))

    def _preparation(self) -> "Callable[[str], str] | None":
        strip = {None: None, "ascii": _ascii, "unicode": _without_accents}[self.accents]
        if strip is None:
            return str.lower if self.lowercase else None
        if self.lowercase:
            return lambda text: strip(text.lower())
        return strip

    def _words(self) -> "Callable[[str], list[str]]":
        find, stop, (low, high) = re.compile(self.pattern).findall, self.stop_words, self.lengths

        def words(text: str) -> "list[str]":
            found: list[str] = find(text)
            if stop is not None:
                found = [w for w in found if w not in stop]
            if high == 1:
                return found
            terms: list[str] = []
            for n in range(low, min(high, len(found)) + 1):
                terms += found if n == 1 else map(" ".join, zip(*(found[i:] for i in range(n))))
            return terms

        return words

    def _characters(self) -> "Callable[[str], list[str]]":
        low, high = self.lengths

        def characters(text: str) -> "list[str]":
            text = _SPACES.sub(" ", text)
            lengths = range(low, min(high, len(text)) + 1)
            return [text[i : i + n] for n in lengths for i in range(len(text) - n + 1)]

        return characters

    def _within_words(self) -> "Callable[[str], list[str]]":
        low, high = self.lengths

        def within_words(text: str) -> "list[str]":
            found = []
            for word in text.split():
                word = f" {word} "
                for n in range(low, high + 1):
                    found += [word[i : i + n] for i in range(max(len(word) - n, 0) + 1)]
                    if n >= len(word):  # a short word counts once
                        break
            return found

        return within_words

    def document(self) -> "dict[str, Any]":
        """Plain data."""
        document: dict[str, Any] = {"unit": self.unit, "lengths": list(self.lengths)}
        if self.unit == "word":
            document["pattern"] = self.pattern
            if self.stop_words is not None:
                document["stop_words"] = sorted(self.stop_words)
        return {**document, "lowercase": self.lowercase, "accents": self.accents}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Analyzer":
        low, high = document["lengths"]
        stop = document.get("stop_words")
        return cls(
            document["unit"],
            (low, high),
            document.get("pattern", cls.pattern),
            document["lowercase"],
            document["accents"],
            None if stop is None else frozenset(stop),
        )


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
