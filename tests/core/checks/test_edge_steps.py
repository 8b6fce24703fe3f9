"""Small steps that make large jumps, of both kinds at once."""

from __future__ import annotations

from typing import Any

from core.checks.edge.comparing import Variant, judge_steps
from incumbent.schema import OutputSchema

OUTPUT = OutputSchema("classification", "probabilities", ("no", "yes"), "yes")


def said(yes: float) -> dict[str, Any]:
    return {
        "value": "yes" if yes >= 0.5 else "no",
        "probabilities": {"no": 1 - yes, "yes": yes},
        "route": "champion",
    }


def test_a_column_that_jumps_at_a_millionth_and_at_a_quantile_is_told_as_both() -> None:
    rows = [{"distance": 1.0}, {"distance": 5.0}]
    variants = [
        Variant(0, 1.000001, "a millionth"), Variant(0, 1.5, "one training quantile"),
        Variant(1, 5.5, "one training quantile"),
    ]  # fmt: skip
    largest, spots = judge_steps(
        "distance", variants, rows, [said(0.1), said(0.2)], {"answers": [said(0.9)] * 3}, OUTPUT
    )
    assert round(largest, 6) == 0.8
    assert [(spot.kind, spot.before) for spot in spots] == [
        ("jump at a millionth", 1.0), ("jump at one training quantile", 1.0),
    ]  # fmt: skip
