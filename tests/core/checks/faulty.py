"""Models with one planted fault each, and sound ones, trained for real on generated rides."""

from __future__ import annotations

from pathlib import Path

from core import models
from core.workspace import Workspace
from tests.core.checks.making import fitted, make, rides

HEAD = """
import os

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

NUMBERS = ["distance", "wind"]


def features(numbers=None, carrier=None):
    numbers = numbers or make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer(
        (numbers, NUMBERS), (carrier or OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
"""

#: A classifier of one's own around a sound one. Its fault shows once the variable FAULT is set: training,
#: which would refuse it, sees none.
OWN = """
class Own(BaseEstimator, ClassifierMixin):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.inner_ = make_pipeline(features(), LogisticRegression()).fit(X, y)
        return self

    def predict_proba(self, X):
        found = self.inner_.predict_proba(X)
        return fault(X, found) if os.environ.get("FAULT") else found

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


def build():
    return Own()
"""

LOGISTIC = """
def build():
    return make_pipeline({features}, LogisticRegression())
"""

TABLE = 'OneHotEncoder(categories=[["Rail", "bus", "tram"]], handle_unknown="ignore")'

#: Name → (task, the rest of the pipeline file). These run natively.
NATIVE: dict[str, tuple[str, str]] = {
    "sound": ("classification", LOGISTIC.format(features="features()")),
    "boosted": (
        "classification",
        """
def build():
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    kept = make_column_transformer(("passthrough", NUMBERS), (codes, ["carrier"]))
    return make_pipeline(kept, HistGradientBoostingClassifier(max_iter=20, random_state=0))
""",
    ),
    "forest": (
        "regression",
        """
def build():
    return make_pipeline(features(), RandomForestRegressor(20, random_state=0))
""",
    ),
    "line": (
        "regression",
        """
def build():
    return make_pipeline(features(), LinearRegression())
""",
    ),
    "nulls": (
        "classification",
        """
def build():
    only = make_column_transformer(
        (StandardScaler(), ["distance"]), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    return make_pipeline(only, LogisticRegression())
""",
    ),
    "ignoring": (
        "classification",
        """
def build():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    unheard = make_pipeline(SimpleImputer(), MinMaxScaler((0, 1e-30)))
    kept = make_column_transformer(
        (numbers, ["distance"]), (unheard, ["wind"]), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    return make_pipeline(kept, LogisticRegression())
""",
    ),
    "table": ("classification", LOGISTIC.format(features=f"features(carrier={TABLE})")),
    "jumpy": (
        "classification",
        """
def build():
    only = make_column_transformer((SimpleImputer(), ["distance"]))
    return make_pipeline(only, DecisionTreeClassifier(random_state=0))
""",
    ),
    "strict": ("classification", LOGISTIC.format(features="features(carrier=OneHotEncoder())")),
}

#: Pipelines with code of their own: each prediction costs milliseconds.
CUSTOM: dict[str, tuple[str, str]] = {
    "shares": (
        "classification",
        """
def fault(X, found):
    return found * np.where(X["distance"].to_numpy(float)[:, None] > 1e3, 0.9, 1.0)
"""
        + OWN,
    ),
    "company": (
        "classification",
        """
def fault(X, found):
    return found if len(X) == 1 else 0.5 * found + 0.5 * found.mean(axis=0)
"""
        + OWN,
    ),
    "deadly": (
        "classification",
        """
def fault(X, found):
    if (np.nan_to_num(X["distance"].to_numpy(float)) > 1e3).any():
        os._exit(9)
    return found
"""
        + OWN,
    ),
    "far": (
        "regression",
        """
class Explosive(BaseEstimator, RegressorMixin):
    def fit(self, X, y):
        self.inner_ = make_pipeline(features(), LinearRegression()).fit(X, y)
        self.most_ = float(X["distance"].max())
        return self

    def predict(self, X):
        over = X["distance"].to_numpy(float) > self.most_
        return np.where(over, 1e6, self.inner_.predict(X))


def build():
    return Explosive()
""",
    ),
}

SPEC = """
name = "{name}"
task = "{task}"
target = "{target}"
{positive}
time = "at"
partition = "month"
data = "data/*.csv"
pipeline = "{name}.py"
"""


def workspace(folder: Path) -> Workspace:
    """A workspace with the rides, and no model yet."""
    return make(folder, rides(days=40))


def add(made: Workspace, name: str, more: str = "", source: str = "", task: str = "") -> None:
    """Train version 1 of a model: one of the above, or a pipeline of the test's own."""
    if not source:
        task, source = {**NATIVE, **CUSTOM}[name]
    (made.root / f"{name}.py").write_text(HEAD + source, "utf-8")
    numbers = task == "regression"
    spec = SPEC.format(
        name=name,
        task=task,
        target="minutes" if numbers else "late",
        positive="" if numbers else 'positive = "yes"',
    )
    (made.root / f"{name}.toml").write_text(spec + more, "utf-8")
    models.apply(made, made.root / f"{name}.toml")
    fitted(made, name, None)
