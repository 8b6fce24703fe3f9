"""Texts."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import Normalizer

from .conformance import Case
from .data import TEXTS, binary, classes, frame, matrix

FRAME = frame(nulls=False)[["carrier", "distance"]]
BINARY, CLASSES = binary(len(TEXTS)), classes(len(TEXTS))

CASES = [
    Case("count", CountVectorizer(), TEXTS),
    Case("count-ngrams", CountVectorizer(ngram_range=(1, 3), binary=True, lowercase=False), TEXTS),
    Case("count-bigrams-stop", CountVectorizer(ngram_range=(2, 2), stop_words="english"), TEXTS),
    Case("count-pattern", CountVectorizer(token_pattern=r"(\w)\w*", strip_accents="unicode"), TEXTS),
    Case("count-char", CountVectorizer(analyzer="char", ngram_range=(1, 3), strip_accents="ascii"), TEXTS),
    Case("count-char-wb", CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)), TEXTS),
    Case("count-given", CountVectorizer(vocabulary={"fox": 1, "dog": 0, "the": 2}), TEXTS),
    Case("tfidf", TfidfVectorizer(), TEXTS),
    Case("tfidf-sublinear", TfidfVectorizer(sublinear_tf=True, norm="l1", smooth_idf=False), TEXTS),
    Case("tfidf-plain", TfidfVectorizer(use_idf=False, norm=None, stop_words=["the", "dog"]), TEXTS),
    Case("tfidf-after-count", make_pipeline(CountVectorizer(), TfidfTransformer(sublinear_tf=True)), TEXTS),
    Case("tfidf-of-numbers", TfidfTransformer(), np.abs(np.round(matrix(columns=3)))),
    Case("hashing", HashingVectorizer(n_features=64), TEXTS),
    Case(
        "hashing-binary", HashingVectorizer(n_features=32, binary=True, norm=None, ngram_range=(1, 2)), TEXTS
    ),
    Case("hashing-unsigned", HashingVectorizer(n_features=50, alternate_sign=False, norm="l1"), TEXTS),
    *(Case(f"normalizer-{n}", Normalizer(n), matrix()) for n in ("l1", "l2", "max")),
    Case("normalizer-text", make_pipeline(CountVectorizer(), Normalizer("max")), TEXTS),
    Case(
        "text-column",
        ColumnTransformer([("t", CountVectorizer(analyzer="char"), "carrier")], remainder="passthrough"),
        FRAME,
    ),
    Case("tfidf-logistic", make_pipeline(TfidfVectorizer(), LogisticRegression()), TEXTS, BINARY),
    Case(
        "tfidf-after-count-logistic",
        make_pipeline(CountVectorizer(), TfidfTransformer(), LogisticRegression()),
        TEXTS,
        CLASSES,
    ),
    Case(
        "union-logistic",
        make_pipeline(
            FeatureUnion(
                [("w", TfidfVectorizer()), ("c", CountVectorizer(analyzer="char"))],
                transformer_weights={"c": 0.2},
            ),
            LogisticRegression(),
        ),
        TEXTS,
        BINARY,
    ),
    Case(
        "hashing-logistic",
        make_pipeline(HashingVectorizer(n_features=1 << 13), LogisticRegression()),
        TEXTS,
        BINARY,
    ),
]
