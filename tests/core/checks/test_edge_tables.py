"""Tables of categories that do not fit what training saw."""

from __future__ import annotations

import json
from pathlib import Path

from core.checks.edge.tables import judge_table, listed_categories

COUNTS = {"bus": 50, "rail": 40, "tram": 8, "zeppelin": 2}
ROW = {"carrier": "bus", "wind": 3.0}


def test_the_tables_of_all_encoders_of_a_column_count_together(tmp_path: Path) -> None:
    def encoder(step: str, categories: list[object]) -> dict[str, object]:
        return {"step": step, "columns": [{"column": "carrier", "categories": categories}]}

    parts = [encoder("one_hot", ["bus", None]), {"steps": [encoder("ordinal", ["rail", "bus"])]}]
    text = json.dumps({"model": {"step": "columns", "parts": parts}})
    (tmp_path / "coefficients.json").write_text(text, encoding="utf-8")
    assert listed_categories(tmp_path) == {"carrier": ("bus", "rail")}


def test_without_readable_coefficients_there_is_nothing_to_judge(tmp_path: Path) -> None:
    assert listed_categories(tmp_path) == {}
    assert judge_table("carrier", (), COUNTS, ROW) == []


def test_a_table_of_which_training_had_nothing_fails_once(tmp_path: Path) -> None:
    (spot,) = judge_table("carrier", ["Bus", "Rail"], COUNTS, ROW)
    assert (spot.severity, spot.kind) == ("fail", "category table")
    assert spot.row == ROW and "'Bus', 'Rail'" in spot.reason and "and 1 more" in spot.reason


def test_a_category_that_is_left_out_or_foreseen_is_let_be() -> None:
    assert judge_table("carrier", ["bus", "rail", "tram"], COUNTS, ROW) == []  # a rare one is dropped
    assert judge_table("carrier", ["bus", "rail", "tram", "zeppelin", "ferry"], COUNTS, ROW) == []
    assert judge_table("carrier", ["bus", "rail", "other"], COUNTS, ROW) == []


def test_blanks_and_letter_case_are_misspellings() -> None:
    spots = judge_table("carrier", ["bus", "rail ", "TRAM", "zeppelin"], COUNTS, ROW)
    assert [spot.row["carrier"] for spot in spots] == ["rail", "tram"]
