"""What is surprising about predicted rows: no answer, a confident mistake, a large error, a row far outside.

Each finder looks at all rows at once and gives few surprises, duplicates folded: of faults and of rows
outside one for each kind of fault, of mistakes the worst rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.checks.behaviour import kept_away
from core.inbox.seen import Seen, class_of, plain, row_fold
from store.records import InboxKind, Surprise

if TYPE_CHECKING:
    from incumbent.schema import InputColumn

#: Surprises of one kind that one look gives.
MOST = 20
#: A mistake surprises where the truth was given no more than this probability.
UNLIKELY = 0.2
#: An error of a number surprises from so many times the median error on.
LARGE = 5.0
#: A number is far outside from so many times the width of the training range beyond it on.
FAR = 0.5

_VERSION = ("champion", "challenger", "named")
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def surprises(
    seen: Seen, profile: Mapping[str, Any], columns: Sequence[InputColumn], errors: Errors
) -> Iterator[Surprise]:
    """Everything that is surprising about some rows, but for large errors, which are collected.

    Parameters
    ----------
    seen : Seen
    profile : mapping
        Column name to what the champion's profile says of it.
    columns : sequence of InputColumn
        Those that the champion reads.
    errors : Errors
        Of the same source and version.
    """
    if not seen.truth_only:
        unanswered = refused(seen)
        yield from unanswered_rows(seen, unanswered)
        yield from outside(seen, ~unanswered, profile, columns)
    answered = np.array([route in _VERSION for route in seen.route], dtype=bool)
    known = answered & np.array([actual is not None for actual in seen.actual], dtype=bool)
    if seen.output is not None and seen.output.task == "regression":
        errors.collect(seen, known)
    elif seen.probabilities is not None:
        yield from mistakes(seen, known)


# -- no answer


def refused(seen: Seen) -> np.ndarray:
    """Which rows somebody else answered than the version that was to: not those of rules that come first."""
    return np.array(
        [
            route in ("fallback", "baseline")
            or (route == "rules" and not str(reason or "").startswith("rule:"))
            for route, reason in zip(seen.route, seen.reason, strict=True)
        ],
        dtype=bool,
    )


def unanswered_rows(seen: Seen, which: np.ndarray) -> Iterator[Surprise]:
    """Errors and fallbacks, one for each fault: equal but for the numbers and quoted values in its reason."""
    faults: dict[tuple[InboxKind, str], list[int]] = {}
    for at in np.flatnonzero(which).tolist():
        faults.setdefault(_fault(seen, at), []).append(at)
    for (kind, fold), rows in faults.items():
        first = str(seen.reason[rows[0]] or "it was not answered by the version").split("; ")[0]
        yield from _one(seen, kind, fold, rows, first, float(len(rows)))


def _fault(seen: Seen, at: int) -> tuple[InboxKind, str]:
    reason = str(seen.reason[at] or "").split("; ")[0]
    kept = kept_away({"route": "", "reason": reason})
    return "fallback" if kept else "error", _VARIABLE.sub("#", reason)[:160] or "no reason"


# -- wrong answers


def mistakes(seen: Seen, which: np.ndarray) -> Iterator[Surprise]:
    """The most confident mistakes: rows whose truth was given the smallest probability.

    The surprise is that of information theory, -log2 of the probability that the truth was given.
    """
    assert seen.output is not None and seen.probabilities is not None
    labels = {label: at for at, label in enumerate(seen.output.labels)}
    rows = [
        at for at in np.flatnonzero(which).tolist()
        if class_of(seen.actual[at]) in labels and class_of(seen.value[at]) != class_of(seen.actual[at])
    ]  # fmt: skip
    given = {at: float(seen.probabilities[at, labels[class_of(seen.actual[at])]]) for at in rows}
    worst = sorted((at for at in rows if given[at] <= UNLIKELY), key=lambda at: given[at])
    for at in _distinct(seen, worst):
        reason = (
            f"it said {plain(seen.value[at])}, it was {class_of(seen.actual[at])}: that had {given[at]:.2g}"
        )
        yield from _one(seen, "mistake", "", [at], reason, -math.log2(max(given[at], 1e-300)))


class Errors:
    """The largest errors of a regression, where they are many times the median of all errors."""

    def __init__(self) -> None:
        self._sizes: list[np.ndarray] = []
        self._worst: list[Surprise] = []

    def collect(self, seen: Seen, which: np.ndarray) -> None:
        """Add some rows: all their errors, and the worst rows."""
        rows = np.flatnonzero(which)
        if not len(rows):
            return
        apart = np.abs(seen.value[rows].astype(float) - seen.actual[rows].astype(float))
        self._sizes.append(apart)
        size = dict(zip(rows.tolist(), apart.tolist(), strict=True))
        for at in _distinct(seen, rows[np.argsort(-apart, kind="stable")].tolist()):
            said, was = float(seen.value[at]), float(seen.actual[at])
            reason = f"it said {said:.6g}, it was {was:.6g}: {size[at]:.4g} off"
            self._worst.extend(_one(seen, "residual", "", [at], reason, size[at]))

    def large(self) -> Iterator[Surprise]:
        """The large ones of everything that was collected."""
        if not self._sizes:
            return
        usual = float(np.median(np.concatenate(self._sizes)))
        for each in self._worst:
            if each.surprise > LARGE * usual:
                yield replace(each, reason=f"{each.reason}; half of all errors are below {usual:.4g}")


def _distinct(seen: Seen, rows: Sequence[int]) -> list[int]:
    """The first of each group of equal rows, so many as one look gives."""
    found: dict[str, int] = {}
    for at in rows:
        row = seen.row(at)
        if row is not None:
            found.setdefault(row_fold(row), at)
        if len(found) == MOST:
            break
    return list(found.values())


# -- far outside


def outside(
    seen: Seen, which: np.ndarray, profile: Mapping[str, Any], columns: Sequence[InputColumn]
) -> Iterator[Surprise]:
    """Rows far outside the training profile, one for each set of columns that are."""
    distance = np.zeros(len(which))
    told: dict[int, list[tuple[str, str]]] = {}
    for column in columns:
        if column.name in seen.inputs.columns:
            for at, far, fold, said in _outside(
                seen.inputs[column.name], column, profile.get(column.name, {})
            ):
                distance[at] += far
                told.setdefault(at, []).append((fold, said))
    folds: dict[str, list[int]] = {}
    for at in (at for at in told if which[at]):
        folds.setdefault(", ".join(sorted(fold for fold, _ in told[at])), []).append(at)
    for fold, rows in sorted(folds.items(), key=lambda item: -max(distance[item[1]])):
        rows.sort(key=lambda at: -distance[at])
        reason = "; ".join(said for _, said in told[rows[0]])
        yield from _one(seen, "outside", fold, rows, reason, float(distance[rows[0]]))


def _outside(
    values: pd.Series, column: InputColumn, known: Mapping[str, Any]
) -> Iterator[tuple[int, float, str, str]]:
    """Position, how far (in widths of the training range), what is equal for equal faults, and a sentence."""
    name = column.name
    categories = known.get("categories")
    if column.kind == "category" and categories and not known.get("other"):
        for at in np.flatnonzero(~values.isna() & ~values.astype(str).isin(categories)).tolist():
            value = plain(values.iloc[at])
            yield at, 1.0, f"{name}={value}", f"{name} is {value!r}, which training never had"
    if column.kind != "number" or known.get("min") is None or known.get("max") is None:
        return
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    low, high = float(known["min"]), float(known["max"])
    width = high - low or abs(high) or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        beyond = np.maximum(low - numbers, numbers - high) / width
    for at in np.flatnonzero(np.isfinite(beyond) & (beyond > FAR)).tolist():
        side = "<" if numbers[at] < low else ">"
        said = f"{name} is {numbers[at]:.6g}, training had {low:.6g} to {high:.6g}"
        yield at, float(beyond[at]), name + side, said


# -- one surprise


def _one(
    seen: Seen, kind: InboxKind, fold: str, rows: Sequence[int], reason: str, surprise: float
) -> Iterator[Surprise]:
    """One entry of some rows, shown by the first of them that can be kept; none where no row can be."""
    shown = next(((at, row) for at in rows[:MOST] if (row := seen.row(at)) is not None), None)
    if shown is None:
        return
    at, row = shown
    times = sorted(seen.at[i] for i in rows if seen.at[i] is not None)
    yield Surprise(
        kind,
        fold or row_fold(row),
        seen.source,
        row,
        seen.said(at),
        seen.truth(at),
        reason,
        surprise,
        len(rows),
        times[0] if times else None,
        times[-1] if times else None,
    )
