"""Small data for the conformance suite."""

from __future__ import annotations

import numpy as np
import pandas as pd


def matrix(rows: int = 120, columns: int = 4, seed: int = 0) -> np.ndarray:
    """Numbers of different sizes."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)) * 10.0 ** np.arange(columns) + np.arange(columns)


def with_nulls(values: np.ndarray, share: float = 0.1, seed: int = 1) -> np.ndarray:
    """The same numbers, some of them NaN."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(values.shape) < share, np.nan, values)


def frame(rows: int = 120, seed: int = 0, nulls: bool = True) -> pd.DataFrame:
    """Numbers, whole numbers, booleans and text, some of it null."""
    rng = np.random.default_rng(seed)
    found = pd.DataFrame(
        {
            "distance": rng.gamma(2.0, 400.0, rows),
            "delay": rng.normal(5.0, 30.0, rows),
            "month": rng.integers(1, 13, rows),
            "weekend": rng.random(rows) < 0.3,
            "carrier": rng.choice(["UA", "AA", "DL", "Ünï 東"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "origin": rng.choice(["JFK", "EWR", "LGA"], rows),
        }
    )
    if nulls:
        found.loc[rng.random(rows) < 0.1, "delay"] = np.nan
        found.loc[rng.random(rows) < 0.1, "carrier"] = None
    return found


def binary(rows: int = 120, seed: int = 2) -> np.ndarray:
    """A target of two classes."""
    return np.random.default_rng(seed).integers(0, 2, rows)


def classes(rows: int = 120, seed: int = 3) -> np.ndarray:
    """A target of three classes, as text."""
    return np.random.default_rng(seed).choice(["early", "late", "on time"], rows)


def numbers(rows: int = 120, seed: int = 4) -> np.ndarray:
    """A target of numbers."""
    return np.random.default_rng(seed).normal(10.0, 3.0, rows)


TEXTS = [
    "The quick brown fox jumps over the lazy dog",
    "Free entry! Win a £1000 prize now, call 09061701461",
    "naïve café résumé Straße İstanbul",
    "I'll be home at 7:30, don't wait up",
    "the the the dog dog fox",
    "東京 大阪 東京",
    "a b c",
    "WIN WIN WIN prize prize",
    "snake_case and CamelCase and kebab-case",
    "    spaces   and\ttabs\nnewlines  ",
] * 3
