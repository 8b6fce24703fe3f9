"""Does the written file answer as the bundle does? Asked of a fresh interpreter, as its user would run it."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.standalone.sql import sql_outputs
from core.standalone.sqlite import evaluate
from incumbent.errors import WorkError

if TYPE_CHECKING:
    from incumbent.bundle import Bundle

#: Largest relative difference that is forgiven; what is usual is none, or the last bit of a sum.
TOLERANCE = 1e-9
_TIME_LIMIT = 300.0


@dataclass(frozen=True)
class Proof:
    """How well a file agrees with its bundle.

    Parameters
    ----------
    edge : int
        Edge rows compared, beside the golden cases.
    max_difference : float
        Relative to the row's largest score, or to the usual one where that is larger (a sum near zero).
    """

    edge: int
    max_difference: float


def prove(script: Path, bundle: Bundle, rows: Sequence[Mapping[str, Any]]) -> Proof:
    """Run a file's own test, and compare its answers to golden and edge rows with the bundle's.

    Raises
    ------
    WorkError
        Where a case fails, a row is refused by one and not by the other, or answers differ.
    """
    if rows:
        tested = _run(script, ["--test"], "")
        if tested.returncode != 0:
            said = (tested.stdout or tested.stderr).strip()[:300]
            raise WorkError(f"the written file fails its own test: {said}", hint=_REPORT)
    edges = edge_rows(bundle, rows)
    asked = [*rows, *edges]
    answered = _run(script, [], "".join(json.dumps(dict(row)) + "\n" for row in asked))
    lines = answered.stdout.splitlines()
    if len(lines) != len(asked):
        raise WorkError(f"the written file does not run: {answered.stderr.strip()[-300:]}", hint=_REPORT)
    expected = [bundle.predict_row(row) for row in asked]
    floor = _usual(expected)
    worst = 0.0
    for row, scores, line in zip(asked, expected, lines, strict=True):
        apart = _difference(scores, json.loads(line), floor)
        if not apart <= TOLERANCE:
            raise WorkError(
                f"the written file differs from the bundle by {apart:.1e} for {row!s:.300}", hint=_REPORT
            )
        worst = max(worst, apart)
    return Proof(len(edges), worst)


_REPORT = "this is a defect of Incumbent: please report it, with the version's bundle"


def edge_rows(bundle: Bundle, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows that differ from an ordinary one in one column: nulls, unseen, huge, unicode."""
    columns = bundle.input.columns
    if not rows or not columns or any(c.dtype == "time" for c in columns):
        return []
    from incumbent.columns import column
    from incumbent.fitting.edge_rows import edge_tables
    from incumbent.fitting.frame import plain_rows

    names = bundle.input.names
    reference = bundle.input.check_columns({n: column([row[n] for row in rows]) for n in names})
    found = []
    for table in edge_tables(bundle.input, reference, None):
        found += plain_rows(table, names)
    return found


def _run(script: Path, arguments: list[str], rows: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-B", str(script), *arguments]
    return subprocess.run(
        command,
        input=rows,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_TIME_LIMIT,
        check=False,
    )


def _usual(expected: Sequence[Sequence[float]]) -> float:
    """The median of the rows' largest scores."""
    sizes = sorted(max(map(abs, s)) for s in expected if s and all(map(math.isfinite, s)))
    return sizes[len(sizes) // 2] if sizes else 0.0


def _difference(expected: Sequence[float], answer: Mapping[str, Any], floor: float) -> float:
    """Relative difference of scores; infinite where one refuses and the other answers."""
    refused = any(s != s for s in expected)
    if refused or "error" in answer:
        return 0.0 if refused and "error" in answer else math.inf
    if "probabilities" in answer:
        got = list(answer["probabilities"].values())
    else:
        got = answer["decisions"] if "decisions" in answer else [answer["value"]]
    if len(got) != len(expected):
        return math.inf
    scale = max([floor, *map(abs, expected)])
    apart = max((0.0 if a == b else abs(a - b) for a, b in zip(got, expected, strict=True)), default=0.0)
    return apart / scale if scale else apart


def prove_sql(expression: str, bundle: Bundle, rows: Sequence[Mapping[str, Any]]) -> float:
    """Evaluate the expression with SQLite on golden and edge rows; the largest relative difference.

    Raises
    ------
    WorkError
        Where the expression is not accepted, or differs.
    """
    asked = [row for row in [*rows, *edge_rows(bundle, rows)] if all(map(_storable, row.values()))]
    expected = [bundle.predict_row(row) for row in asked]
    try:
        answers = evaluate(expression, bundle.input, asked)
    except sqlite3.Error as error:
        raise WorkError(f"SQLite does not take the written expression: {error}", hint=_REPORT) from error
    floor, positions = _usual(expected), [at for _, at in sql_outputs(bundle.output)]
    worst = 0.0
    for row, scores, found in zip(asked, expected, answers, strict=True):
        answer = {"error": "null"} if None in found else {"decisions": list(found)}
        apart = _difference([scores[at] for at in positions], answer, floor)
        if not apart <= TOLERANCE:
            raise WorkError(f"the SQL differs from the bundle by {apart:.1e} for {row!s:.300}", hint=_REPORT)
        worst = max(worst, apart)
    return worst


def _storable(value: Any) -> bool:
    """Whether SQLite can hold a value: neither whole numbers beyond 64 bits nor halves of characters."""
    if isinstance(value, str):
        return not any("\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63
