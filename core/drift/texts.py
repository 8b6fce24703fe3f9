"""Texts of a window against a reference: length, language, script, commonest words, unknown words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.drift.numbers import NumberWindow
from core.drift.reference import NumberReference
from core.drift.sizes import jensen_shannon
from incumbent.columns import Coded
from incumbent.language import language_shares, script_shares, words_of

#: Texts of a window whose words are looked at, evenly spread over it.
MOST_TEXTS = 20_000
#: Commonest words that are shown.
SHOWN = 15


class TextWindow:
    """A window of texts."""

    def __init__(self, known: Mapping[str, Any], column: Coded) -> None:
        self.known = known
        self.rows = len(column)
        self.nulls = int((column.codes < 0).sum())
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        present = np.flatnonzero(counts)
        texts = [str(column.values[i]) for i in present]
        lengths = np.repeat(np.array([len(t) for t in texts], np.float64), counts[present])
        self.length = NumberWindow(NumberReference.of_profile(known["length"]), lengths)
        step = max(1, -(-len(texts) // MOST_TEXTS))
        self._texts, times = texts[::step], counts[present][::step].tolist()
        split = [words_of(text) for text in self._texts]
        self.words: Counter[str] = Counter()
        for found, n in zip(split, times, strict=True):
            for word in found:
                self.words[word] += n
        self.languages = language_shares(split, times)

    @property
    def unknown_share(self) -> float | None:
        """Share of the words that are not in the training vocabulary; None where no vocabulary was kept."""
        vocabulary = self.known.get("vocabulary")
        total = sum(self.words.values())
        if not vocabulary or not total:
            return None
        known = set(vocabulary["words"])
        return sum(n for word, n in self.words.items() if word not in known) / total

    def statistics(self) -> dict[str, float | int | None]:
        """Everything about the window that is one figure. ``psi`` is that of the texts' length."""
        null_share = self.nulls / self.rows if self.rows else 0.0
        known_rows = self.known["count"] + self.known["nulls"]
        length = self.length.statistics()
        found: dict[str, float | int | None] = {
            "rows": self.rows,
            "null_share": null_share,
            "null_change": null_share - (self.known["nulls"] / known_rows if known_rows else 0.0),
        }
        if self.rows == self.nulls or not self.known["count"]:
            return found
        found |= {f"length_{name}": length.get(name) for name in ("mean", "mean_change", "outside", "ks")}
        found |= {name: length.get(name) for name in ("psi", "psi_raw", "psi_bias")}
        unknown = self.unknown_share
        if unknown is not None:
            expected = 1 - (self.known["vocabulary"]["share"] or 0.0)
            found |= {"unknown_share": unknown, "unknown_change": unknown - expected}
        found |= self._shares()
        return found

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Histograms of the length, shares of languages and the commonest words of either side."""
        reference, window = self.length.drawing()
        commonest = dict(self.words.most_common(SHOWN))
        return (
            {
                "length": reference,
                "languages": self.known.get("languages", {}),
                "words": dict(list(self.known["commonest"].items())[:SHOWN]),
            },
            {"length": window, "languages": self.languages, "words": commonest},
        )

    def _shares(self) -> dict[str, float | int | None]:
        scripts = script_shares(self._texts)
        found: dict[str, float | int | None] = {
            "script_distance": _distance(self.known.get("scripts", {}), scripts),
            "common_words_distance": self._common_words(),
        }
        if self.known.get("languages"):
            found["language_distance"] = _distance(self.known["languages"], self.languages)
        return found

    def _common_words(self) -> float:
        """The Jensen–Shannon distance over the training's commonest words."""
        known = self.known["commonest"]
        return jensen_shannon(
            np.array(list(known.values()), float),
            np.array([self.words.get(word, 0) for word in known], float),
        )


def _distance(known: Mapping[str, float], found: Mapping[str, float]) -> float:
    names = [*known, *(name for name in found if name not in known)]
    return jensen_shannon(
        np.array([known.get(n, 0.0) for n in names]), np.array([found.get(n, 0.0) for n in names])
    )
