"""CountVectorizer, TfidfVectorizer, TfidfTransformer, HashingVectorizer, Normalizer."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.native.analyzer import Analyzer
from incumbent.native.step import Step
from incumbent.native.text import Hashed, Vocabulary
from incumbent.native.weighting import Weigh, Weighting


@converts("sklearn.feature_extraction.text.CountVectorizer", takes="anything")
def count_vectorizer(estimator: Any, inputs: Inputs) -> Step:
    return Vocabulary(_analyzer(estimator, inputs), _vocabulary(estimator), bool(estimator.binary))


@converts("sklearn.feature_extraction.text.TfidfVectorizer", takes="anything")
def tfidf_vectorizer(estimator: Any, inputs: Inputs) -> Step:
    require(np.dtype(estimator.dtype) == np.float64, estimator, f"dtype={estimator.dtype}")
    weighting = _weighting(estimator._tfidf)
    return Vocabulary(_analyzer(estimator, inputs), _vocabulary(estimator), bool(estimator.binary), weighting)


@converts("sklearn.feature_extraction.text.TfidfTransformer")
def tfidf_transformer(estimator: Any, inputs: Inputs) -> Step:
    return Weigh("TfidfTransformer", _weighting(estimator))


@converts("sklearn.preprocessing._data.Normalizer")
def normalizer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"norm": ("l2", "l1", "max")})
    return Weigh("Normalizer", Weighting(norm=estimator.norm))


@converts("sklearn.feature_extraction.text.HashingVectorizer", takes="anything")
def hashing_vectorizer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"norm": ("l2", "l1", None), "alternate_sign": (True, False)})
    require(np.dtype(estimator.dtype) == np.float64, estimator, f"dtype={estimator.dtype}")
    return Hashed(
        _analyzer(estimator, inputs),
        int(estimator.n_features),
        estimator.alternate_sign,
        bool(estimator.binary),
        Weighting(norm=estimator.norm),
    )


def _analyzer(estimator: Any, inputs: Inputs) -> Analyzer:
    require(inputs.dtypes == ("text",), estimator, f"takes one text a row, and is given {inputs.dtypes}")
    known(
        estimator,
        {
            "input": ("content",),
            "preprocessor": (None,),
            "tokenizer": (None,),
            "analyzer": ("word", "char", "char_wb"),
            "strip_accents": (None, "ascii", "unicode"),
            "lowercase": (True, False),
        },
    )
    stop = estimator.get_stop_words() if estimator.analyzer == "word" else None
    require(
        estimator.analyzer != "word" or isinstance(estimator.token_pattern, str), estimator, "token_pattern"
    )
    low, high = (int(n) for n in estimator.ngram_range)
    return Analyzer(
        estimator.analyzer,
        (low, high),
        estimator.token_pattern if estimator.analyzer == "word" else Analyzer.pattern,
        estimator.lowercase,
        estimator.strip_accents,
        None if stop is None else frozenset(stop),
    )


def _vocabulary(estimator: Any) -> "list[str]":
    found = sorted(estimator.vocabulary_, key=estimator.vocabulary_.__getitem__)
    require(all(type(term) is str for term in found), estimator, "a vocabulary of something else than text")
    return found


def _weighting(estimator: Any) -> Weighting:
    known(estimator, {"norm": ("l2", "l1", None), "sublinear_tf": (False, True)})
    idf = getattr(estimator, "idf_", None) if estimator.use_idf else None
    return Weighting(
        estimator.sublinear_tf, None if idf is None else np.array(idf, dtype=np.float64), estimator.norm
    )
