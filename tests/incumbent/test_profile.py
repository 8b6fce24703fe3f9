"""The training profile, compared with pandas and numpy."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from incumbent.columns import encode
from incumbent.errors import BundleError
from incumbent.profile import BINS, MOST_LEVELS, QUANTILES, check_profile, profile


def of(column, kind=None):
    """The profile of one column, by way of strict JSON."""
    document = profile({"x": column}, {"x": kind} if kind else None)
    return json.loads(json.dumps(document, allow_nan=False))["columns"]["x"]


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e9, 1e9) | st.just(np.nan)))
def test_numbers_agree_with_pandas_and_numpy(values):
    found = of(values)
    described = pd.Series(values).describe()
    assert found["count"] == described["count"]
    assert found["nulls"] == np.isnan(values).sum()
    if not found["count"]:
        assert found["quantiles"] == [] and found["mean"] is None
        return
    finite = values[~np.isnan(values)]
    assert (found["min"], found["max"]) == (described["min"], described["max"])
    assert found["mean"] == pytest.approx(described["mean"], rel=1e-9, abs=1e-6)
    if len(finite) > 1:
        assert found["deviation"] == pytest.approx(described["std"], rel=1e-6, abs=1e-6)
    np.testing.assert_allclose(
        found["quantiles"], np.quantile(finite, np.linspace(0, 1, QUANTILES)), rtol=1e-9, atol=1e-6
    )
    assert found["distinct"] == len(np.unique(finite))
    assert sum(found["histogram"]["counts"]) == len(finite)


def test_the_histogram_agrees_with_numpy():
    values = np.random.default_rng(0).normal(size=10_000)
    counts, edges = np.histogram(values, BINS)
    found = of(values)["histogram"]
    assert found["counts"] == counts.tolist()
    np.testing.assert_allclose(found["edges"], edges)


@given(st.lists(st.sampled_from([np.inf, -np.inf, np.nan, 1.7e308, -1.7e308, 5e-324, 0.0, -0.0]), min_size=1))
def test_extreme_numbers_give_strict_json(values):
    array = np.array(values)
    found = of(array)
    assert found["infinite"] == np.isinf(array).sum()
    assert found["count"] + found["nulls"] == len(array)
    assert sum(found["histogram"]["counts"]) == np.isfinite(array).sum()


def test_whole_numbers_booleans_and_times():
    assert of(np.array([1, 2, 3]))["mean"] == 2.0
    assert of(np.array([True, False, True, True])) == {
        "kind": "boolean",
        "count": 4,
        "nulls": 0,
        "mean": 0.75,
    }
    times = np.array(["2013-01-01", "NaT", "2013-03-01T12:00"], "datetime64[us]")
    assert of(times) == {
        "kind": "time", "count": 2, "nulls": 1,
        "min": "2013-01-01T00:00:00.000000", "max": "2013-03-01T12:00:00.000000",
    }  # fmt: skip


@given(st.lists(st.none() | st.text(max_size=3), min_size=1))
def test_categories_agree_with_pandas(values):
    found = of(encode(values))
    counts = pd.Series(values, dtype=object).value_counts()
    assert found["categories"] == counts.to_dict()
    assert found["nulls"] == sum(v is None for v in values)
    assert found["count"] == counts.sum()
    assert list(found["categories"].values()) == sorted(counts, reverse=True)


def test_rare_levels_are_summed():
    values = [f"level {i}" for i in range(MOST_LEVELS + 50)] + ["level 7"]
    found = of(encode(values))
    assert len(found["categories"]) == MOST_LEVELS
    assert found["other"] == 50
    assert found["levels"] == MOST_LEVELS + 50
    assert next(iter(found["categories"])) == "level 7"


def test_text_is_described_by_length_words_and_script():
    texts = ["The cat sat", "the dog", None, "кот и пёс", "the dog"]
    found = of(encode(texts), "text")
    assert found["commonest"]["the"] == 3
    assert found["commonest"]["dog"] == 2
    assert (found["count"], found["nulls"], found["distinct"]) == (4, 1, 3)
    lengths = pd.Series([len(t) for t in texts if t])
    assert found["length"]["mean"] == pytest.approx(lengths.mean())
    assert found["words"]["max"] == 3
    assert set(found["scripts"]) == {"latin", "cyrillic"}
    assert sum(found["scripts"].values()) == pytest.approx(1)


def test_ignored_columns_and_no_rows():
    document = profile({"x": np.array([]), "y": encode([])}, {"y": "ignore"})
    assert list(document["columns"]) == ["x"]
    assert document["rows"] == 0
    assert document["columns"]["x"]["count"] == 0


def test_an_unknown_format_is_refused():
    assert check_profile(profile({}))["format"] == 1
    with pytest.raises(BundleError, match="format 2"):
        check_profile({"format": 2})


def test_nothing_but_numpy_is_imported():
    code = "import sys, incumbent.profile; print({'pandas', 'sklearn', 'scipy'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
    )
