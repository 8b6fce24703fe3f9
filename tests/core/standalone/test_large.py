"""Large models: files that load quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from core.standalone.source import standalone_source
from incumbent.fitting.convert import convert
from incumbent.schema import InputColumn, InputSchema

from .making import NUMBERS, ORIGIN, loaded, schema, scores_of

TEXT = InputSchema((InputColumn("text", "text", "text"),), "text")


def test_two_hundred_boosted_trees_load_in_less_than_a_second(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(2_000, 5))
    model = HistGradientBoostingClassifier(max_iter=200, early_stopping=False).fit(x, x[:, 0] * x[:, 1] > 0)
    inputs = schema(**{f"x{i}": "float64" for i in range(5)})
    step = convert(model, inputs)
    source = standalone_source(step, inputs, NUMBERS, ORIGIN)
    (tmp_path / "model.py").write_text(source, "utf-8")
    timed = "import sys, time; sys.path.insert(0, sys.argv[1]); t = time.process_time(); import model; "
    command = [sys.executable, "-B", "-c", f"{timed}print(time.process_time() - t)", str(tmp_path)]
    assert float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) < 1.0
    names = loaded(source)
    for values in x[:20]:
        row = dict(zip(inputs.names, map(float, values), strict=True))
        assert names["scores"](row) == scores_of(step, inputs, row)


@pytest.mark.parametrize(
    "vectorizer", [TfidfVectorizer(ngram_range=(1, 2)), HashingVectorizer(n_features=2**18)]
)
def test_vocabularies_and_hashes_beyond_reading_are_packed(vectorizer: object) -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"wörd{i}" for i in range(3_000)])
    texts = [" ".join(rng.choice(words, 40)) for _ in range(600)]
    model = make_pipeline(vectorizer, LogisticRegression()).fit(texts, rng.integers(0, 2, 600))
    step = convert(model, TEXT)
    source = standalone_source(step, TEXT, NUMBERS, ORIGIN)
    assert len(source) < 3_000_000
    names = loaded(source)
    for text in [*texts[:10], "", "never seen wörd1 wörd2"]:
        assert names["scores"]({"text": text}) == pytest.approx(
            scores_of(step, TEXT, {"text": text}), rel=1e-12
        )
    with pytest.raises(names["Refused"]):
        names["scores"]({"text": None})
