"""Did a bird strike affect the flight? Judged by the pilot's remarks.

Plain scikit-learn: words and pairs of words, weighted by how rare they are, into a linear model whose
coefficients can be read word by word.
"""

from __future__ import annotations

from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

PARAMS = {"C": 3.0, "min_df": 5, "longest": 2}


def build(C: float, min_df: int, longest: int) -> Pipeline:
    """The pipeline, not fitted."""
    words = TfidfVectorizer(min_df=min_df, ngram_range=(1, longest), sublinear_tf=True)
    features = make_column_transformer((words, "remarks"))
    return make_pipeline(features, LogisticRegression(C=C, max_iter=1000))
