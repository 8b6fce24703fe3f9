"""Categories, texts, booleans and times against a profile."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from core.drift.calendar import calendar_columns
from core.drift.compare import compare, fits
from core.drift.sizes import jensen_shannon, stability
from incumbent.columns import Array, encode, take
from incumbent.profile import profile


def kept(column: Array, kind: str) -> dict[str, object]:
    found: dict[str, object] = profile({"x": column}, {"x": kind})["columns"]["x"]
    return found


def draw(weights: list[float], count: int, seed: int) -> list[str]:
    shares = np.array(weights) / sum(weights)
    return list(np.random.default_rng(seed).choice([f"v{i}" for i in range(len(weights))], count, p=shares))


def test_jensen_shannon_is_scipys() -> None:
    trained, seen = draw([5, 3, 2, 1], 4000, 1), draw([4, 3, 3, 1, 1], 900, 2)
    found = compare(kept(encode(trained), "category"), encode(seen)).statistics()
    levels = sorted({*trained, *seen})
    p, q = ([values.count(level) for level in levels] for values in (trained, seen))
    assert found["jensen_shannon"] == pytest.approx(jensenshannon(p, q, base=2))


def test_new_and_vanished_levels_are_named() -> None:
    window = compare(
        kept(encode(["a"] * 90 + ["b"] * 60 + ["c"]), "category"), encode(["a"] * 50 + ["d"] * 3)
    )
    found = window.statistics()
    assert window.new == {"d": 3} and window.vanished == ["b"]  # type: ignore[attr-defined]
    assert (found["new_share"], found["new_levels"], found["vanished_levels"]) == (3 / 53, 1, 1)


def test_rare_levels_are_one_bin_so_that_many_of_them_are_no_drift() -> None:
    weights = [100.0, 50.0, *([0.2] * 300)]
    reference = kept(encode(draw(weights, 5000, 3)), "category")
    found = [compare(reference, encode(draw(weights, 500, 10 + i))).statistics()["psi"] for i in range(60)]
    assert abs(np.mean(np.array(found, float))) < 0.01


def test_of_a_reference_that_kept_its_commonest_levels_nothing_is_called_new() -> None:
    many = encode([f"x{i}" for i in range(3000)])
    assert compare(kept(many, "category"), encode(["y"] * 50)).statistics()["new_levels"] == 0


def test_psi_of_equal_shares_is_nothing_and_of_empty_bins_finite() -> None:
    assert stability(np.array([10.0, 20.0]), np.array([100.0, 200.0])).raw == 0
    assert 0 < stability(np.array([10.0, 0.0]), np.array([0.0, 20.0])).raw < 10
    assert jensen_shannon(np.zeros(2), np.ones(2)) == 0


ENGLISH = [
    "the bird was seen near the runway and it did not hit us", "a gull was struck on the approach",
    "no damage to the left wing",
]  # fmt: skip
GERMAN = ["der vogel ist nicht mit uns auf der bahn", "die möwe und das flugzeug sind nicht zu sehen"]


def test_texts_of_another_language_are_noticed() -> None:
    reference = kept(encode(ENGLISH * 40), "text")
    same = compare(reference, encode(ENGLISH * 10)).statistics()
    other = compare(reference, encode(GERMAN * 20)).statistics()
    assert same["unknown_share"] == 0 and same["language_distance"] == pytest.approx(0, abs=1e-6)
    assert other["unknown_share"] == 1.0 and other["language_distance"] == 1.0
    assert other["common_words_distance"] == 0  # none of the training's words came


def test_the_length_of_texts_is_compared() -> None:
    reference = kept(encode([f"{'word ' * (i % 9 + 1)}{i}" for i in range(900)]), "text")
    longer = compare(reference, encode([f"{'word ' * (i % 9 + 30)}{i}" for i in range(900)])).statistics()
    assert longer["length_outside"] == 1.0 and (longer["psi"] or 0) > 1


def test_a_profile_without_a_vocabulary_is_read_for_what_it_has() -> None:
    older = {
        k: v for k, v in kept(encode(ENGLISH * 40), "text").items() if k not in ("vocabulary", "languages")
    }
    found = compare(older, encode(GERMAN * 20)).statistics()
    assert "unknown_share" not in found and "language_distance" not in found and "psi" in found


def test_booleans_with_and_without_nulls() -> None:
    reference = kept(np.array([True] * 30 + [False] * 70), "boolean")
    found = compare(reference, np.array([1.0, 0.0, np.nan, 1.0])).statistics()
    assert found["mean"] == pytest.approx(2 / 3) and found["null_share"] == 0.25
    same = compare(reference, np.array([True] * 3 + [False] * 7)).statistics()
    assert same["psi_raw"] == pytest.approx(0) and same["jensen_shannon"] == pytest.approx(0, abs=1e-8)


def test_times_are_compared_by_nulls_alone() -> None:
    days = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[D]").astype("datetime64[us]")
    found = compare(kept(days, "time"), np.r_[days + np.timedelta64(40, "D"), np.datetime64("NaT", "us")])
    assert found.statistics() == {"rows": 32, "null_share": 1 / 32, "null_change": 1 / 32, "before": 0.0}


@pytest.mark.parametrize(
    ("kind", "column", "fitting"),
    [
        ("number", np.array([1.0]), True), ("number", encode(["x"]), False),
        ("category", encode(["x"]), True),
        ("category", np.array([1]), False), ("time", np.array(["2024-01-01"], "datetime64[us]"), True),
        ("time", np.array([1.0]), False), ("boolean", np.array([1.0]), True),
    ],
)  # fmt: skip
def test_kinds_and_types(kind: str, column: Array, fitting: bool) -> None:
    assert fits(kind, column) is fitting


def test_calendar_columns_are_known_by_their_values() -> None:
    at = np.arange("2024-01-01", "2024-03-01", 6, dtype="datetime64[h]").astype("datetime64[us]")
    days = at.astype("datetime64[D]")
    weekday = (days.astype(int) + 3) % 7
    month = at.astype("datetime64[M]").astype(int) % 12 + 1
    names = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    rows: dict[str, Array] = {
        "at": at,
        "weekday": weekday + 1,
        "day_name": encode(list(names[weekday])),
        "month": encode([str(m) for m in month]),
        "hour": (at.astype("datetime64[h]").astype(int) % 24).astype(float),
        "temperature": np.random.default_rng(1).normal(size=len(at)),
        "line": encode(list(np.random.default_rng(2).choice(["Mon", "x"], len(at)))),
        "constant": np.full(len(at), 40.0),
    }
    january = {name: take({"x": column}, slice(0, 100))["x"] for name, column in rows.items()}
    assert calendar_columns(january, "at") == {"at", "weekday", "day_name", "hour"}  # one month says nothing
    assert calendar_columns(rows, "at") == {"at", "weekday", "day_name", "month", "hour"}
