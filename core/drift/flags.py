"""Booleans and times of a window against a reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drift.sizes import jensen_shannon, stability


class BooleanWindow:
    """A window of booleans (numbers 0, 1 and NaN where some are null)."""

    def __init__(self, known: Mapping[str, Any], values: NDArray[Any]) -> None:
        numbers = np.asarray(values, dtype=np.float64)
        self.known = known
        self.rows = len(numbers)
        self.nulls = int(np.isnan(numbers).sum())
        self.true = int(np.nansum(numbers != 0)) - self.nulls

    def statistics(self) -> dict[str, float | int | None]:
        """Shares of true and null with their change, PSI and Jensen–Shannon."""
        known, count = self.known, self.rows - self.nulls
        null_share = self.nulls / self.rows if self.rows else 0.0
        known_rows = known["count"] + known["nulls"]
        found: dict[str, float | int | None] = {
            "rows": self.rows,
            "null_share": null_share,
            "null_change": null_share - (known["nulls"] / known_rows if known_rows else 0.0),
        }
        if not count or known["mean"] is None:
            return found
        p = np.array([1 - known["mean"], known["mean"]]) * known["count"]
        q = np.array([count - self.true, self.true], float)
        psi = stability(p, q)
        found |= {
            "mean": self.true / count,
            "mean_change": self.true / count - known["mean"],
            "psi": psi.corrected,
            "psi_raw": psi.raw,
            "psi_bias": psi.bias,
            "jensen_shannon": jensen_shannon(p, q),
        }
        return found

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Shares of false and true of either side."""
        mean, count = self.known["mean"] or 0.0, max(self.rows - self.nulls, 1)
        levels = ["false", "true"]
        return (
            {"levels": levels, "shares": [1 - mean, mean]},
            {"levels": levels, "shares": [1 - self.true / count, self.true / count]},
        )


class TimeWindow:
    """A window of times. They move on by nature: only nulls are compared, and the range is shown."""

    def __init__(self, known: Mapping[str, Any], values: NDArray[Any]) -> None:
        self.known = known
        self.rows = len(values)
        self.present = values[~np.isnat(values)]

    def statistics(self) -> dict[str, float | int | None]:
        """Share of nulls with its change, and the share of times before the first of training."""
        known, rows = self.known, self.known["count"] + self.known["nulls"]
        null_share = 1 - len(self.present) / self.rows if self.rows else 0.0
        found: dict[str, float | int | None] = {
            "rows": self.rows,
            "null_share": null_share,
            "null_change": null_share - (known["nulls"] / rows if rows else 0.0),
        }
        if len(self.present) and known["min"] is not None:
            first = np.datetime64(datetime.fromisoformat(known["min"]))
            found["before"] = float((self.present < first).mean())
        return found

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The range of either side."""
        some = len(self.present) > 0
        return (
            {"min": self.known["min"], "max": self.known["max"]},
            {
                "min": str(self.present.min()) if some else None,
                "max": str(self.present.max()) if some else None,
            },
        )
