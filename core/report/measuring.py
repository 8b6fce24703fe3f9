"""Pictures and tables of metrics, which several kinds of runs have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.report.blocks import Cell, Figure, Table, table
from core.report.pictures import Curve, Interval, Intervals, Mark, Series
from core.report.subject import Subject
from core.report.words import difference, measured, short, version_name
from core.wording import figure

#: Labels that a picture shows at most: the newest.
MOST_LABELS = 120
#: Metrics that get a picture of their own.
MOST_PICTURES = 4
#: What a comparison says → the verdict that it is shown as.
_TOLD: dict[Any, str] = {True: "better", False: "worse"}


def pictured(subject: Subject, primary: str | None, metrics: Iterable[str]) -> list[str]:
    """The metrics to draw: the primary one, then those that are bound."""
    known = list(metrics)
    bound = [name for name in known if subject.requirement(name) is not None]
    ordered = dict.fromkeys([*([primary] if primary in known else []), *bound])
    return [str(name) for name in (ordered or known[:1])][:MOST_PICTURES]


def partition_series(subject: Subject, metric: str, focus: int | None) -> Series | None:
    """One metric of every version by partition; the versions' rows are in the document's order."""
    versions = subject.versions
    labels = list(
        dict.fromkeys(str(p.get("partition")) for v in versions for p in v.get("partitions") or ())
    )[-MOST_LABELS:]
    if not labels:
        return None
    curves = []
    shaded: tuple[bool, ...] = ()
    for version in sorted(versions, key=shown_order):
        found = {str(p.get("partition")): p for p in version.get("partitions") or ()}
        marks = tuple(_mark(found.get(label), metric) for label in labels)
        curves.append(Curve(version_name(version), marks, version.get("version") == 0))
        if version.get("version") == focus:
            shaded = tuple(mark is not None and not mark.counts for mark in marks)
    if all(mark is None or mark.value is None for curve in curves for mark in curve.marks):
        return None
    words = f"{metric} by partition, {labels[0]} to {labels[-1]}. " + " ".join(_said(c) for c in curves)
    shade = f"shaped v{focus}: not counted" if any(shaded) else ""
    return Series(f"{metric} by partition", words, tuple(labels), tuple(curves), subject.limits(metric),
                  shaded, shade)  # fmt: skip


def shown_order(version: Mapping[str, Any]) -> tuple[int, int]:
    """Champion first, then the others, the baseline last."""
    number = int(version.get("version") or 0)
    return (0 if version.get("role") == "champion" else 2 if number == 0 else 1, number)


def _mark(partition: Mapping[str, Any] | None, metric: str) -> Mark | None:
    if partition is None:
        return None
    found = (partition.get("metrics") or {}).get(metric) or {}
    return Mark(found.get("value"), found.get("low"), found.get("high"),
                bool(partition.get("counts", True)), partition.get("verdict"))  # fmt: skip


def _said(curve: Curve) -> str:
    counted = [m.value for m in curve.marks if m is not None and m.value is not None and m.counts]
    if not counted:
        return f"{curve.name}: no partition counts."
    return f"{curve.name}: {figure(min(counted))} to {figure(max(counted))}, last {figure(counted[-1])}."


def trend(subject: Subject, metric: str, versions: Sequence[int], until_run: int) -> Series | None:
    """A metric over the now-tests of the first version up to a run, the others beside it."""
    series = subject.store.measurements.series
    found = {
        number: {
            (m.as_of or m.when)[:10]: m
            for m in series(subject.model, "nowtest", metric, number, 400)
            if m.run <= until_run
        }
        for number in versions
    }
    labels = sorted(found[versions[0]])[-60:]
    if len(labels) < 2:
        return None
    curves = tuple(
        Curve("baseline" if number == 0 else f"v{number}",
              tuple(_measurement_mark(marks.get(label)) for label in labels), number == 0)
        for number, marks in found.items() if marks
    )  # fmt: skip
    words = f"{metric} over {len(labels)} now-tests, {labels[0]} to {labels[-1]}. " + " ".join(
        _said(curve) for curve in curves
    )
    return Series(f"{metric} by now-test", words, tuple(labels), curves, subject.limits(metric))


def _measurement_mark(found: Any) -> Mark | None:
    if found is None:
        return None
    counts = found.in_sample in ("no", "part", "unknown")
    return Mark(found.value, found.low, found.high, counts, found.verdict)


def _better(told: bool | None) -> Cell:
    return Cell("no difference to tell") if told is None else Cell("", _TOLD[told])


def comparison_table(comparison: Mapping[str, Any], caption: str) -> Table | None:
    """Every metric's paired difference; None where none is known."""
    rows: list[list[Cell | str]] = [
        [name, difference(found), _better(found.get("better")),
         short(found.get("n"))]
        for name, found in comparison.items()
        if isinstance(found, Mapping) and "difference" in found and found["difference"] is not None
    ]  # fmt: skip
    headers = ("Metric", "Difference", "", "Rows")
    return table(caption, headers, rows, (1, 3)) if rows else None


def comparison_picture(
    metric: str,
    compared: Sequence[tuple[str, Mapping[str, Any]]],
    beside: str,
    worth: float | None = None,
    remark: str = "",
) -> Figure | None:
    """The paired differences of versions on one metric, about the line of none."""
    rows = []
    for name, comparison in compared:
        found = comparison.get(metric)
        if isinstance(found, Mapping) and None not in (
            found.get("difference"), found.get("low"), found.get("high"),
        ):  # fmt: skip
            verdict = _TOLD.get(found.get("better"))
            rows.append(Interval(name, found["difference"], found["low"], found["high"], verdict))
    if not rows:
        return None
    lines = [("no difference", 0.0)]
    better = next((r for r in rows if r.verdict == "better"), None)
    if worth and (better is None or better.value > 0):
        lines.append((f"worth a swap {worth:g}", worth))
    elif worth:
        lines.append((f"worth a swap −{worth:g}", -worth))
    words = f"Difference of {metric} from {beside} on the same rows: " + "; ".join(
        f"{row.name} {row.value:+.3g}, between {row.low:+.3g} and {row.high:+.3g}" for row in rows
    )
    title = f"{metric}, beside {beside}"
    caption = f"Difference of {metric} from {beside} on the same rows, with its 95 % interval.{remark}"
    return Figure((Intervals(title, f"{words}.", tuple(rows), tuple(lines)),), caption)


def metrics_table(
    caption: str, columns: Sequence[tuple[str, Mapping[str, Any]]], subject: Subject | None = None
) -> Table | None:
    """Metrics down, versions across; what binds a metric beside it."""
    from core.wording import requirement_words

    names = list(dict.fromkeys(name for _, metrics in columns for name in metrics))
    if not names:
        return None
    rows: list[list[Cell | str]] = []
    for name in names:
        need = None if subject is None else subject.requirement(name)
        found = [metrics.get(name) for _, metrics in columns]
        reason = next((f["reason"] for f in found if f and f.get("value") is None and f.get("reason")), "")
        said = requirement_words(need).removeprefix(need.metric).strip() if need else ""
        rows.append([name, *(measured(f) for f in found), said or reason])
    headers = ("Metric", *(name for name, _ in columns), "Requirement")
    return table(caption, headers, rows, tuple(range(1, len(columns) + 1)))
