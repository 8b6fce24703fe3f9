"""Terms, hashes and normal quantiles beside independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils import murmurhash3_32

from incumbent.native.analyzer import Analyzer
from incumbent.native.murmur import murmur3
from incumbent.native.quantile import normal_quantile

TEXT = st.text(st.sampled_from("ab éİß_'-.  \n\t1東") | st.characters(), max_size=40)


@given(st.binary(max_size=40), st.integers(0, 2**32 - 1))
def test_murmur_is_scikit_learns(data: bytes, seed: int) -> None:
    assert murmur3(data, seed) == murmurhash3_32(data, seed)


@settings(deadline=None)
@given(
    TEXT,
    st.sampled_from(["word", "char", "char_wb"]),
    st.tuples(st.integers(1, 4), st.integers(0, 3)).map(lambda t: (t[0], t[0] + t[1])),
    st.booleans(),
    st.sampled_from([None, "ascii", "unicode"]),
    st.sampled_from([None, frozenset({"ab", "ba"})]),
)
def test_terms_are_scikit_learns(
    text: str,
    unit: str,
    lengths: tuple[int, int],
    lowercase: bool,
    accents: str | None,
    stop: frozenset[str] | None,
) -> None:
    stop = stop if unit == "word" else None
    original = CountVectorizer(
        analyzer=unit,
        ngram_range=lengths,
        lowercase=lowercase,
        strip_accents=accents,
        stop_words=None if stop is None else list(stop),
    ).build_analyzer()
    found = Analyzer(unit, lengths, lowercase=lowercase, accents=accents, stop_words=stop).build()(text)
    assert sorted(found) == sorted(original(text))


@given(st.floats(1e-7, 1 - 1e-7))
def test_normal_quantiles_are_scipys(place: float) -> None:
    assert normal_quantile(place) == pytest.approx(norm.ppf(place), rel=1e-12, abs=1e-16)


def test_normal_quantiles_end_where_scikit_learn_clips_them() -> None:
    margin = 1e-7 - np.spacing(1)
    assert normal_quantile(0.0) == pytest.approx(norm.ppf(margin), rel=1e-12)
    assert normal_quantile(1.0) == pytest.approx(norm.ppf(1 - margin), rel=1e-12)
