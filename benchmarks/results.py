"""What benchmarks found, as lines of one table: against what, how much was asked, whether it was reached.

Each benchmark is a process of its own. It notes its results in the file that ``BENCH_RESULTS`` names; run
alone, without that variable, it only prints.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "BENCH_RESULTS"
#: Exit code of a benchmark that lacks a program which it measures with.
NOT_MEASURED = 77
#: Units; of the first kind more is better, of all others less.
FASTER, AS_LONG, AS_MUCH = "times faster", "times as long", "times as much"


@dataclass(frozen=True)
class Result:
    """One figure.

    Parameters
    ----------
    what, against : str
        Measured, and what it was compared with.
    value : float
    unit : str
        ``times faster`` is to be at least what was asked, everything else at most.
    asked : float or None
        None where nothing was.
    peak : float or None
        Peak memory of the process that was measured, MiB.
    """

    what: str
    against: str
    value: float
    unit: str
    asked: float | None = None
    peak: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is as good as was asked, to the digits that are shown."""
        if self.asked is None:
            return True
        shown = float(figure(self.value))
        return shown >= self.asked if self.unit == FASTER else shown <= self.asked


def note(
    what: str, against: str, value: float, unit: str, asked: float | None = None, peak: float | None = None
) -> None:
    """Note a result for the table at the end."""
    path = os.environ.get(FILE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(Result(what, against, value, unit, asked, peak))) + "\n")


def noted(path: Path) -> list[Result]:
    """What was noted in a file."""
    return [Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def figure(value: float) -> str:
    """A value with as many digits as say something.

    Examples
    --------
    >>> figure(316.7), figure(12.83), figure(1.234), figure(7e-16)
    ('317', '12.8', '1.23', '7e-16')
    """
    if 0 < abs(value) < 0.001:
        return f"{value:.0e}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(results: list[Result]) -> str:
    """All results, a line each; then a line for each that was not reached."""
    if not results:
        return "nothing was measured"
    heads = ("what", "against", "measured", "asked", "", "MiB")
    rows = [heads, *(_row(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "─" * sum(widths, 2 * (len(widths) - 1)))
    missed = [result for result in results if not result.reached]
    lines += ["", *(_missed(result) for result in missed)] if missed else ["", "every target is reached"]
    return "\n".join(line.rstrip() for line in lines)


def _row(result: Result) -> tuple[str, ...]:
    sign = "≥" if result.unit == FASTER else "≤"
    asked = "" if result.asked is None else f"{sign} {result.asked:g}"
    verdict = "" if result.asked is None else "reached" if result.reached else "MISSED"
    peak = "" if result.peak is None else f"{result.peak:.0f}"
    return result.what, result.against, f"{figure(result.value)} {result.unit}", asked, verdict, peak


def _missed(result: Result) -> str:
    bound = "at least" if result.unit == FASTER else "at most"
    against = f", against {result.against}" if result.against else ""
    return (
        f"missed: {result.what}{against}: "
        f"{figure(result.value)} {result.unit}, asked {bound} {result.asked:g}"
    )
