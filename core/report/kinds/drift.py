"""A drift check: how far every column is from training and how far it may be, distributions side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.report.blocks import Block, Cell, Facts, Figure, Findings, Paragraph, Section, table
from core.report.pictures import Bars, Histograms, Picture, Strip, Strips
from core.report.subject import Subject
from core.report.words import measured, short
from core.wording import data_time, figure

#: Columns whose distributions are drawn: those that drifted, then those that come nearest to their limits.
MOST_DRAWN = 12
#: Categories that are drawn of a column: the commonest.
MOST_LEVELS = 10

#: Figures that have limits, as a picture names them.
_STATISTICS = {"psi": "PSI", "null_change": "nulls", "new_share": "new values", "outside": "out of range",
               "unknown_change": "unknown words", "language_distance": "language"}  # fmt: skip


def sections(subject: Subject) -> tuple[Section, ...]:
    """Window, schema, how far each column is, distributions, predictions and target, the whole."""
    document = subject.document
    columns = [c for c in document.get("columns") or () if isinstance(c, Mapping)]
    beside = [c for c in (document.get("prediction"), document.get("target")) if isinstance(c, Mapping)]
    return (
        Section("The window", tuple(_window(document))),
        Section("How far every column is", tuple(_columns([*columns, *beside]))),
        Section("Distributions side by side", tuple(_distributions(columns))),
        Section("Predictions and target", tuple(_distributions(beside))),
        Section("All columns at once", tuple(_whole(document))),
        Section("Performance to be expected", tuple(_expected(document))),
    )


def _window(document: Mapping[str, Any]) -> Iterator[Block]:
    window = document.get("window")
    if window:
        past = document.get("past") or ()
        source = "production's log" if document.get("from") == "log" else "the data source"
        yield Facts(
            (
                ("From", data_time(window.get("since"))),
                ("To", data_time(window.get("until"))),
                ("Rows", f"{short(window.get('n'))} of {source}"),
                ("Beside", f"{len(past)} past windows, whose spread sets the limits"),
            )
        )
    said = [Paragraph(str(c.get("reason")), c.get("verdict")) for c in document.get("schema") or ()]
    said += [Paragraph(f"{c.get('column')}: {c.get('reason')}", c.get("verdict"))
             for c in document.get("columns") or () if c.get("reason")]  # fmt: skip
    if said:
        yield Findings(tuple(said))
    if document.get("note"):
        yield Paragraph(str(document["note"]))


def _ratio(limit: Mapping[str, Any], value: float | None) -> float | None:
    """A figure in units of its limit, on whichever side of nothing it lies; None where it has neither."""
    if value is None:
        return None
    bound = limit.get("high") if value >= 0 else limit.get("low")
    return value / bound if bound else None


def _nearest(column: Mapping[str, Any]) -> tuple[str, float] | None:
    """The figure of a column that comes nearest to its limit, or goes farthest beyond it."""
    statistics = column.get("statistics") or {}
    found = [
        (str(name), ratio)
        for name, limit in (column.get("limits") or {}).items()
        if (ratio := _ratio(limit or {}, statistics.get(name))) is not None
    ]
    return max(found, key=lambda each: each[1], default=None)


def _columns(columns: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    strips = []
    for column in columns:
        nearest = _nearest(column)
        if nearest is not None:
            name, now = nearest
            past = (
                _ratio(column["limits"][name], value) for value in (column.get("past") or {}).get(name) or ()
            )
            seen = tuple(value for value in past if value is not None)
            said = f"{column.get('column')}: {_STATISTICS.get(name, name)}"
            strips.append(Strip(said, now, seen, column.get("verdict")))
    if strips:
        far = max(strips, key=lambda strip: strip.value)
        words = (
            f"{len(strips)} columns in units of their limits; nearest to its limit, or farthest beyond, is "
            f"{far.name} with {far.value:.2f} of it."
        )
        yield Figure(
            (Strips("Each column in units of its limit", words, tuple(strips)),),
            "How far the window is from training, in units of the limit that past windows set; of each "
            "column the figure that comes nearest to its limit. Small marks: the past windows.",
        )
    if columns:
        headers = ("Column", "Kind", "Verdict", "PSI", "Limit", "Nulls", "Other figures", "New or vanished")
        yield table("Every column", headers, [_line(c) for c in columns], (3, 4, 5), most=300)


def _line(column: Mapping[str, Any]) -> list[Cell | str]:
    statistics = column.get("statistics") or {}
    limit = ((column.get("limits") or {}).get("psi") or {}).get("high")
    others = (("ks", "KS"), ("wasserstein", "Wasserstein"), ("jensen_shannon", "Jensen–Shannon"),
              ("mean_change", "mean"), ("outside", "outside"))  # fmt: skip
    shown = [
        f"{word} {figure(statistics[name])}" for name, word in others if statistics.get(name) is not None
    ]
    kind = str(column.get("kind") or "")
    return [
        str(column.get("column")),
        f"{kind}, calendar" if column.get("calendar") else kind,
        Cell("", column.get("verdict")),
        figure(statistics.get("psi")),
        figure(limit),
        f"{statistics.get('null_share') or 0.0:.1%}",
        ", ".join(shown),
        _moved(column),
    ]


def _moved(column: Mapping[str, Any]) -> str:
    new = [f"{c.get('value')} ({c.get('count')})" for c in (column.get("new_categories") or ())[:5]]
    gone = [str(c) for c in (column.get("vanished_categories") or ())[:5]]
    parts = ([f"new: {', '.join(new)}"] if new else []) + ([f"vanished: {', '.join(gone)}"] if gone else [])
    return "; ".join(parts)


def _distributions(columns: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    def nearness(column: Mapping[str, Any]) -> tuple[int, float]:
        nearest = _nearest(column)
        return (0 if column.get("verdict") in ("fail", "warn") else 1, -(nearest[1] if nearest else 0.0))

    drawn = [p for column in sorted(columns, key=nearness) if (p := _picture(column)) is not None]
    if drawn:
        left = len(drawn) - MOST_DRAWN
        more = f" {left} columns that are nearer to training are not drawn." if left > 0 else ""
        yield Figure(tuple(drawn[:MOST_DRAWN]), f"Grey: training. Blue: the window.{more}")


def _picture(column: Mapping[str, Any]) -> Picture | None:
    before, now = column.get("reference") or {}, column.get("window") or {}
    name, verdict = str(column.get("column")), column.get("verdict")
    first, second = _shares(before), _shares(now)
    if not first or len(first) != len(second):
        return None
    if before.get("edges") and len(before["edges"]) == len(first) + 1:
        low, high = figure(before["edges"][0]), figure(before["edges"][-1])
        words = f"{name}: shares of {len(first)} bins from {low} to {high}."
        return Histograms(name, words, tuple(before["edges"]), first, second, verdict)
    if before.get("levels") and len(before["levels"]) == len(first):
        ranked = sorted(zip(before["levels"], first, second, strict=True), key=lambda c: -max(c[1], c[2]))
        names, old, new = zip(*ranked[:MOST_LEVELS], strict=True)
        words = f"{name}: " + "; ".join(
            f"{level} {b:.1%} in training, {n:.1%} in the window" for level, b, n in ranked[:3]
        )
        return Bars(name, f"{words}.", tuple(str(level) for level in names), old, new, verdict)
    return None


def _shares(part: Mapping[str, Any]) -> tuple[float, ...]:
    return tuple(float(share or 0.0) for share in part.get("shares") or ())


def _whole(document: Mapping[str, Any]) -> Iterator[Block]:
    apart = document.get("multivariate")
    if not apart:
        return
    if apart.get("auc") is None:
        yield Paragraph(f"The window was not compared as a whole: {apart.get('reason')}")
        return
    shown = measured({"value": apart["auc"], "low": apart.get("low"), "high": apart.get("high")})
    yield Paragraph(f"A classifier tells the window from training with an AUC of {shown}; 0.5 is by chance.")
    rows: list[list[Cell | str]] = [
        [str(c.get("column")), figure(c.get("loss"))] for c in apart.get("columns") or ()
    ]
    if rows:
        yield table("Columns that it leans on", ("Column", "AUC lost without it"), rows, (1,))


def _expected(document: Mapping[str, Any]) -> Iterator[Block]:
    found = document.get("expected")
    if not found or not found.get("metrics"):
        return
    realised = found.get("realised") or {}
    rows: list[list[Cell | str]] = [
        [name, measured(metric), figure(realised.get(name))] for name, metric in found["metrics"].items()
    ]
    yield Paragraph(
        f"From the calibrated probabilities alone; labels of {short(found.get('labelled'))} of "
        f"{short(found.get('rows'))} rows have come. It informs and decides nothing."
    )
    yield table("Expected beside realised", ("Metric", "Expected", "Realised"), rows, (1, 2))
