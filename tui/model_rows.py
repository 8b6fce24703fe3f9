"""Columns and rows of the tables about one model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.cases.age import age_days, look_due
from core.expectations import words
from core.history import Picture, Point
from core.status import ModelStatus, Need
from core.wording import clock_time, data_day, figure, interval, limits
from store.records import Case, JournalEntry, Requirement, Run, Version
from tui.glyphs import CHALLENGED, VERSION_STATES, outcome, verdict
from tui.widgets.table import Cell, Column, Row

RUNS = (
    Column("AS OF", 11),
    Column("VERDICT", 8),
    Column("WHAT IT FOUND", 30, grow=True),
    Column("RUN", 5, right=True),
)
REQUIREMENTS = (
    Column("METRIC", 12, grow=True),
    Column("BY", 9),
    Column("NEEDS", 10),
    Column("MEAN", 6, right=True),
    Column("NOW", 22),
    Column("DISTANCE", 9, right=True),
    Column("SINCE", 12, shown_from=100),
)
CASES = (
    Column("CASE", 5, right=True),
    Column("KIND", 11),
    Column("BINDS", 5),
    Column("EXPECTS", 14, grow=True),
    Column("BLOCKS", 6),
    Column("LOOKED", 7, right=True),
    Column("NOTE", 14, grow=True),
    Column("ORIGIN", 9, shown_from=110),
)
JOURNAL = (
    Column("WHEN", 12),
    Column("WHO", 8),
    Column("DID", 20),
    Column("WHAT", 20, grow=True),
    Column("UNDO", 7),
)


#: Why a partition says nothing about a version: its rows shaped it, or came before those that did.
_UNJUDGED = {"in-sample": "▒ shaped", "hindsight": "▒ before"}


def state_of(version: Version, champion: int | None, challenger: int | None = None) -> str:
    """Champion, challenger, baseline, archived or candidate, at the site that is shown."""
    if version.number == champion:
        return "champion"
    if version.number == challenger:
        return "challenger"
    if version.archived is not None:
        return "archived"
    return "baseline" if version.number == 0 else "candidate"


def versions_columns(primary: Picture | None) -> tuple[Column, ...]:
    """The table of versions; its figure is called by the metric that it is."""
    return (
        Column("V", 3, right=True),
        Column("STATE", 11),
        Column("TRAINED TO", 11),
        Column(_called(primary), 20, grow=True),
        Column("CHALLENGE", 11),
        Column("RUNS AS", 8),
        Column("ROWS", 9, right=True, shown_from=86),
        Column("AGREES", 6, shown_from=94),
        Column("ORIGIN", 10, shown_from=106),
        Column("MADE", 12, shown_from=120),
    )


def beside_columns(primary: Picture | None) -> tuple[Column, ...]:
    """The versions beside a plot."""
    return (
        Column("V", 3, right=True),
        Column("STATE", 11),
        Column("TRAINED TO", 11),
        Column(_called(primary), 7, grow=True),
        Column("RUNS AS", 8),
    )


def _called(primary: Picture | None) -> str:
    return primary.metric.upper() if primary else "BACK-TEST"


def version_row(
    version: Version, champion: int | None, primary: Picture | None, challenge: Run | None = None
) -> Row:
    """A version, with the primary metric over all that counted in the last back-test.

    Parameters
    ----------
    challenge : Run, optional
        Its newest challenge, with the result.
    """
    whole = _overall(version, primary)
    shown = interval(whole.value, whole.low, whole.high) if whole else "–"
    rows = version.trained_rows
    cells = (
        *_named(version, champion),
        Cell(shown, "", _order(whole)),
        _challenged(version, challenge),
        Cell(version.algorithm),
        Cell(f"{rows:,}" if rows else "–", "", rows or 0),
        Cell(agreement(version)),
        Cell(version.origin),
        Cell(moment(version.created), "", version.created),
    )
    return Row(str(version.number), cells, version)


def beside_row(version: Version, champion: int | None, primary: Picture | None) -> Row:
    """A version in one narrow line."""
    whole = _overall(version, primary)
    measured = figure(whole.value, whole.low, whole.high) if whole else "–"
    cells = (*_named(version, champion), Cell(measured, "", _order(whole)), Cell(version.algorithm))
    return Row(str(version.number), cells, version)


def _named(version: Version, champion: int | None) -> tuple[Cell, Cell, Cell]:
    state = state_of(version, champion)
    glyph, style = VERSION_STATES[state]
    return (
        Cell(str(version.number), "", version.number),
        Cell(f"{glyph} {state}", style),
        Cell(data_day(version.trained_until), "", version.trained_until or ""),
    )


def _overall(version: Version, primary: Picture | None) -> Point | None:
    curve = primary.curve(version.number) if primary else None
    return curve.overall if curve else None


def _order(whole: Point | None) -> float:
    return whole.value if whole and whole.value is not None else float("-inf")


def _challenged(version: Version, challenge: Run | None) -> Cell:
    if challenge is None or not challenge.result:
        return Cell("–" if version.number == 0 else "· not yet", "dim", 9)
    name = str(challenge.result.get("verdict"))
    word, style = CHALLENGED.get(name, (name, ""))
    return Cell(word, style, list(CHALLENGED).index(name) if name in CHALLENGED else 8)


def agreement(version: Version) -> str:
    """How far its algorithm is from the estimator that was fitted."""
    largest = version.agreement.get("max_difference")
    if not isinstance(largest, int | float):
        return "–"
    return "exact" if largest == 0 else f"{largest:.0e}"


def partition_columns(versions: Sequence[int]) -> tuple[Column, ...]:
    """The partition, its rows, and a value and a verdict for each version."""
    figures = [
        c
        for n in versions
        for c in (Column(f"V{n}" if n else "BASELINE", 18, grow=True), Column("VERDICT", 8))
    ]
    return (Column("PARTITION", 10), Column("ROWS", 7, right=True), *figures)


def partition_rows(picture: Picture, versions: Sequence[int]) -> list[Row]:
    """A row for each partition, newest first, and one for all that counted."""
    curves = [picture.curve(number) for number in versions]
    rows = [_partition_row("all judged", [curve.overall if curve else None for curve in curves])]
    for at in reversed(range(len(picture.labels))):
        rows.append(
            _partition_row(picture.labels[at], [curve.points[at] if curve else None for curve in curves])
        )
    return rows


def _partition_row(label: str, points: Sequence[Point | None]) -> Row:
    rows = max((point.n for point in points if point), default=0)
    cells = [Cell(label), Cell(f"{rows:,}", "", rows)]
    for point in points:
        cells += _figure_cells(point)
    return Row(label, tuple(cells), points)


def _figure_cells(point: Point | None) -> list[Cell]:
    if point is None:
        return [Cell("–", "dim", float("-inf")), Cell("")]
    order = point.value if point.value is not None else float("-inf")
    shown = interval(point.value, point.low, point.high).replace(", ", " ")  # two of them fit 80 columns
    if not point.counts:
        return [Cell(shown, "dim", order), Cell(_UNJUDGED.get(point.in_sample, "▒"), "dim")]
    word, style = verdict(point.verdict)
    return [Cell(shown, "", order), Cell(word, style)]


def run_row(run: Run) -> Row:
    """A check: the moment it judged, its verdict, its one-line outcome."""
    word, style = outcome(run)
    when = data_day(run.as_of) if run.as_of else moment(run.finished or run.queued)
    note = run.note or run.error or run.why
    cells = (
        Cell(when, "", run.as_of or run.queued),
        Cell(word, style),
        Cell(note),
        Cell(str(run.id), "", run.id),
    )
    return Row(str(run.id), cells, run)


def requirement_row(requirement: Requirement, status: ModelStatus | None) -> Row:
    """What is asked of a metric, where it stands, and how far from its limit."""
    now = need_of(requirement, status)
    shown = interval(now.value, now.low, now.high) if now else "–"
    bounds = limits(requirement) if limits(requirement) != f"mean {requirement.mean}" else "–"
    mean = "–" if requirement.mean is None else f"{requirement.mean:g}"
    _, style = verdict(now.verdict if now else None)
    distance = room(requirement, now.value if now else None)
    cells = (
        Cell(requirement.metric),
        Cell(requirement.segment or "all rows"),
        Cell(bounds),
        Cell(mean),
        Cell(shown, style if now and now.verdict in ("warn", "fail") else ""),
        Cell("–" if distance is None else f"{distance:+.3g}", "bold red" if (distance or 0) < 0 else "",
             distance if distance is not None else float("inf")),
        Cell(moment(requirement.since), "", requirement.since),
    )  # fmt: skip
    return Row(str(requirement.id), cells, requirement)


def need_of(requirement: Requirement, status: ModelStatus | None) -> Need | None:
    """Where a requirement stands."""
    needs = status.needs if status else ()
    mine = (requirement.metric, limits(requirement))
    return next((need for need in needs if (need.metric, need.limits) == mine), None)


def room(requirement: Requirement, value: float | None) -> float | None:
    """How far a value is from the nearest limit, in the metric's units; below 0 it is beyond.

    >>> room(Requirement(1, "m", "bias", None, None, None, None, (-5.0, 5.0), "", None, "", ""), 3.0)
    2.0
    """
    if value is None:
        return None
    low, high = requirement.range or (requirement.min, requirement.max)
    found = [value - low] if low is not None else []
    found += [high - value] if high is not None else []
    return min(found, default=None)


def room_words(requirement: Requirement, need: Need) -> str:
    """How far from its limit a metric is, in words."""
    distance = room(requirement, need.value)
    if distance is None:
        return f"{need.metric} {interval(need.value, need.low, need.high)}"
    where = "inside" if distance >= 0 else "beyond"
    widths = "" if need.slack is None else f", {abs(need.slack):.1f} half widths of its interval"
    shown = interval(need.value, need.low, need.high)
    return f"{need.metric} {shown}: {abs(distance):.3g} {where} {need.limits}{widths}"


def case_row(case: Case) -> Row:
    """A case: what it binds, and what it expects."""
    cells = (
        Cell(str(case.id), "", case.id),
        Cell(case.kind),
        Cell("all" if case.version is None else f"v{case.version}"),
        Cell(words(case.expect, case.kind)),
        Cell("yes" if case.blocking else "no"),
        _looked(case),
        Cell(case.note or "–"),
        Cell(case.origin),
    )
    return Row(str(case.id), cells, case)


def _looked(case: Case) -> Cell:
    days = age_days(case)
    if look_due(case):
        return Cell(f"! {days} d", "yellow", days)
    return Cell("today" if days < 1 else f"{days} d", "dim", days)


def journal_row(entry: JournalEntry) -> Row:
    """One thing that somebody did."""
    undo = "undone" if entry.undone_by else "u" if entry.undo else "–"
    cells = (
        Cell(moment(entry.when), "", entry.when),
        Cell(entry.who),
        Cell(entry.action),
        Cell(entry.subject),
        Cell(undo, "dim"),
    )
    return Row(str(entry.id), cells, entry)


def moment(written: str) -> str:
    """A wall-clock moment in the reader's zone."""
    return clock_time(datetime.fromisoformat(written), datetime.now().astimezone())
