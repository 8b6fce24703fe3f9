"""Texts as counts of their terms: by vocabulary, or hashed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded
from incumbent.native.analyzer import Analyzer
from incumbent.native.blocks import Features, Sparse, column_of
from incumbent.native.murmur import murmur3
from incumbent.native.step import Arrays, Refused, Step, register
from incumbent.native.weighting import COUNTS, Weigh, Weighting

#: So many sums of a text's terms are made one by one; more by numpy, which has a fixed price.
SEVERAL = 8


class Texts(Step):
    """One text a row, as weighed counts of terms.

    Parameters
    ----------
    analyzer : Analyzer
    binary : bool
        Ones instead of counts.
    weighting : Weighting
    """

    terms: int

    def __init__(self, analyzer: Analyzer, binary: bool, weighting: Weighting) -> None:
        self.analyzer = analyzer
        self.binary = binary
        self.weighting = weighting
        self._cut = analyzer.build()

    def counts(self, text: str) -> "dict[int, float]":
        """Counts of a text's terms, by position."""
        raise NotImplementedError

    def apply(self, x: Features) -> Features:
        column = column_of(x, 0)
        codes, texts = _texts(column)
        block = _rows(self.block(texts), codes)
        return x.with_blocks(self.weighting.many(block)).refuse(codes < 0)

    def block(self, texts: Sequence[str]) -> Sparse:
        """Counts of many texts."""
        found = [self.counts(t) for t in texts]
        indptr = np.cumsum([0, *map(len, found)])
        indices = np.fromiter((i for f in found for i in f), dtype=np.int64, count=indptr[-1])
        data = np.fromiter((v for f in found for v in f.values()), dtype=np.float64, count=indptr[-1])
        return Sparse(indptr, indices, data, self.terms)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        out = [0.0] * self.terms
        for i, v in self._weights(x).items():
            out[i] = v
        return out

    def _weights(self, x: Sequence[Any]) -> "dict[int, float]":
        text = x[0]
        if text.__class__ is not str:
            raise Refused("a text that is null")
        return self.weighting.one(self.counts(text))

    def dot_row(self, weights: Sequence[Sequence[float]]) -> "Callable[[Sequence[Any]], list[float]]":
        of = self._weights
        if len(weights) > SEVERAL:
            table = np.ascontiguousarray(np.array(weights, dtype=np.float64).T)

            def many(x: Sequence[Any]) -> "list[float]":
                found = of(x)
                values = np.fromiter(found.values(), dtype=np.float64, count=len(found))
                with np.errstate(all="ignore"):
                    sums: "list[float]" = (values @ table[list(found)]).tolist()
                return sums

            return many
        lists = [list(w) for w in weights]

        def dot(x: Sequence[Any]) -> "list[float]":
            found = of(x)
            return [sum([v * w[i] for i, v in found.items()]) for w in lists]

        return dot

    def joined(self, after: Step) -> "Step | None":
        if type(after) is not Weigh or self.weighting.norm is not None or self.weighting.idf is not None:
            return None
        return None if self.weighting.sublinear else self.weighed(after.weighting)

    def weighed(self, weighting: Weighting) -> Step:
        """The same with another weighting."""
        raise NotImplementedError

    def width(self, inputs: int) -> int:
        return self.terms


@register
class Vocabulary(Texts):
    """Counts of the terms of a vocabulary.

    Parameters
    ----------
    vocabulary : sequence of str
        Terms in feature order.
    """

    kind = "vocabulary"

    def __init__(
        self,
        analyzer: Analyzer,
        vocabulary: Sequence[str],
        binary: bool = False,
        weighting: Weighting = COUNTS,
    ) -> None:
        super().__init__(analyzer, binary, weighting)
        self.vocabulary = list(vocabulary)
        self.terms = len(self.vocabulary)
        self._positions = {term: i for i, term in enumerate(self.vocabulary)}

    def counts(self, text: str) -> "dict[int, float]":
        counts: dict[int, float] = {}
        find, binary = self._positions.get, self.binary
        for position in map(find, self._cut(text)):
            if position is not None:
                counts[position] = 1.0 if binary else counts.get(position, 0.0) + 1.0
        return counts

    def block(self, texts: Sequence[str]) -> Sparse:
        find, cut = self._positions.get, self._cut
        found: list[int] = []
        ends = [0]
        for text in texts:
            found += [p for p in map(find, cut(text)) if p is not None]
            ends.append(len(found))
        owner = np.repeat(np.arange(len(texts), dtype=np.int64), np.diff(ends))
        keys, counts = np.unique(owner * self.terms + np.array(found, dtype=np.int64), return_counts=True)
        indptr = np.searchsorted(keys, np.arange(len(texts) + 1) * self.terms)
        data = np.ones(len(keys)) if self.binary else counts.astype(np.float64)
        return Sparse(indptr, keys % max(self.terms, 1), data, self.terms)

    def weighed(self, weighting: Weighting) -> Step:
        return Vocabulary(self.analyzer, self.vocabulary, self.binary, weighting)

    def names(self, names: Sequence[str]) -> "list[str]":
        return list(self.vocabulary)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            **self.analyzer.document(),
            "binary": self.binary,
            **self.weighting.document(arrays, self.vocabulary),
            "vocabulary": self.vocabulary,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Vocabulary":
        weighting = Weighting.from_document(document, arrays)
        return cls(Analyzer.from_document(document), document["vocabulary"], document["binary"], weighting)


@register
class Hashed(Texts):
    """Counts of terms by their hash (MurmurHash3, as scikit-learn's HashingVectorizer).

    Parameters
    ----------
    terms : int
        How many features.
    signed : bool
        Whether the hash's sign makes a count negative.
    """

    kind = "hashed"

    def __init__(
        self,
        analyzer: Analyzer,
        terms: int,
        signed: bool = True,
        binary: bool = False,
        weighting: Weighting = COUNTS,
    ) -> None:
        super().__init__(analyzer, binary, weighting)
        self.terms = terms
        self.signed = signed
        self._place = lru_cache(maxsize=1 << 16)(self._find_place)

    def _find_place(self, term: str) -> "tuple[int, float]":
        found = murmur3(term.encode("utf-8"))
        return abs(found) % self.terms, -1.0 if self.signed and found < 0 else 1.0

    def counts(self, text: str) -> "dict[int, float]":
        counts: dict[int, float] = {}
        try:
            for position, sign in map(self._place, self._cut(text)):
                counts[position] = counts.get(position, 0.0) + sign
        except UnicodeEncodeError:
            raise Refused("a text that is no Unicode") from None
        if self.binary:
            counts = dict.fromkeys(counts, 1.0)
        return dict(sorted(counts.items()))

    def weighed(self, weighting: Weighting) -> Step:
        return Hashed(self.analyzer, self.terms, self.signed, self.binary, weighting)

    def names(self, names: Sequence[str]) -> "list[str]":
        return [f"hash {i}" for i in range(self.terms)]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            **self.analyzer.document(),
            "terms": self.terms,
            "signed": self.signed,
            "binary": self.binary,
            **self.weighting.document(arrays, ()),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Hashed":
        analyzer, weighting = Analyzer.from_document(document), Weighting.from_document(document, arrays)
        return cls(analyzer, document["terms"], document["signed"], document["binary"], weighting)


def _texts(column: Array) -> "tuple[np.ndarray, list[str]]":
    """Distinct texts among these rows, and which of them each row has (-1 for null)."""
    if not isinstance(column, Coded):  # a column without any text
        return np.full(len(column), -1, dtype=np.int64), []
    used, codes = np.unique(column.codes, return_inverse=True)
    texts = [column.values[c] for c in used.tolist() if c >= 0]
    return codes - (len(used) - len(texts)), texts


def _rows(block: Sparse, codes: np.ndarray) -> Sparse:
    """Rows of a sparse block by position, empty for -1."""
    starts = np.append(block.indptr[:-1], 0)[codes]
    lengths = np.append(np.diff(block.indptr), 0)[codes]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths)
    return Sparse(indptr, block.indices[at], block.data[at], block.width)
