"""What a metrics file says of itself, read and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.metrics import resolve
from core.metrics.metrics_file import read_metrics_file
from incumbent.errors import UsageError

SOURCE = '''
"""Money."""
import sys

from prices import PRICE

GREATER_IS_BETTER = {"profit": True, "refunds": False}
TOTALS = {"profit"}
BOUNDS: dict = {"refunds": (0, None)}


def profit(actual, predicted, rows):
    """Earned in all.

    More of it.
    """
    return 0.0


def refunds(actual, predicted, rows, rate=0.1):
    return 0.0


def sharp(actual, predicted, rows, probabilities):
    return 0.0


def helper(rows):
    return rows


def _hidden(actual, predicted, rows):
    return 0.0


sys.exit("this must never run")
'''


def written(folder: Path, source: str = SOURCE, prices: str = "PRICE = 3\n") -> Path:
    (folder / "prices.py").write_text(prices)
    path = folder / "metrics.py"
    path.write_text(source)
    return path


def test_public_functions_of_three_are_metrics_with_what_the_file_says_of_them(tmp_path: Path) -> None:
    found = read_metrics_file(written(tmp_path))
    assert found.names == ("metrics.profit", "metrics.refunds", "metrics.sharp")
    assert {m.name: m.direction for m in found.functions} == {
        "metrics.profit": "higher", "metrics.refunds": "lower", "metrics.sharp": "none",
    }  # fmt: skip
    profit, refunds, _ = found.functions
    assert profit.about == "Earned in all." and refunds.bounds == (0.0, None)
    assert found.totals == ("metrics.profit",)
    assert resolve("refunds", found) is refunds


def test_a_function_that_cannot_be_one_is_named_with_the_reason(tmp_path: Path) -> None:
    found = read_metrics_file(written(tmp_path))
    for name in ("helper", "metrics.helper"):
        with pytest.raises(UsageError, match=r"helper in metrics\.py is no metric: it takes 1 parameters"):
            resolve(name, found)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def profit(:\n", "line 1"),
        ("GREATER_IS_BETTER = dict(profit=True)\n", "is computed"),
        ("GREATER_IS_BETTER = {'profit': 'yes'}\n", "True or False"),
        ("GREATER_IS_BETTER = {'proft': True}\n", "'proft', which is no metric"),
        ("TOTALS = 'profit'\n", "no set of names"),
        ("BOUNDS = {'profit': 3}\n", "pair of numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_metrics_file(written(tmp_path, source + "def profit(actual, predicted, rows): return 1.0\n"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_metrics_file(tmp_path / "nowhere.py")


def test_the_digest_follows_the_file_and_what_it_imports_from_its_folder(tmp_path: Path) -> None:
    before = read_metrics_file(written(tmp_path)).digest
    assert read_metrics_file(written(tmp_path)).digest == before
    other = read_metrics_file(written(tmp_path, prices="PRICE = 4\n")).digest
    assert len({before, other, read_metrics_file(written(tmp_path, SOURCE + "\n# new")).digest}) == 3
