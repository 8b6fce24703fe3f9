"""Private columns: a log does not hold them, and does not miss them."""

from __future__ import annotations

import numpy as np

from core.drift.schema import schema_changes

PROFILE = {"wind": {"kind": "number", "count": 9}, "name": {"kind": "category", "count": 9}}


def test_what_a_log_may_not_hold_is_no_broken_schema() -> None:
    rows = {"wind": np.array([1.0, 2.0])}
    (found,) = schema_changes(PROFILE, rows, ["wind", "name"], ["wind"], private=["name"])
    assert (found.column, found.verdict) == ("name", "pass")
    assert "private" in found.reason
    (found,) = schema_changes(PROFILE, rows, ["wind", "name"], ["wind"])
    assert found.verdict == "fail"
