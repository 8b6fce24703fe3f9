"""A pipeline file with code of its own, as a user writes it."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def halved(x):
    return x / 2


def build(C=1.0):
    return make_pipeline(FunctionTransformer(halved), LogisticRegression(C=C))
