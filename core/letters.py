"""What a notification says: what is wrong, where, since when, and what to do next. Plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.runs.handlers import title
from core.wording import data_time
from store.records import Alert, Run

_SUBJECT_LENGTH = 150

#: How many failures a mail lists.
_SHOWN = 8


def subject_of(alert: Alert) -> str:
    """The subject of an alert's mail: ``[incumbent] FAIL flights now-test: roc_auc 0.641, needs ≥ 0.65``."""
    line = f"[incumbent] {alert.severity.upper()} {readable(alert)}: {_first_line(alert.message)}"
    return line if len(line) <= _SUBJECT_LENGTH else line[: _SUBJECT_LENGTH - 1] + "…"


def readable(alert: Alert) -> str:
    """What an alert is about, with checks called as people call them."""
    return " ".join(title(word) for word in alert.subject.split(" "))


def body_of(
    alert: Alert,
    run: Run | None,
    last_good: Run | None,
    champion: int | None = None,
    where: str = "",
    can_go_back: bool = False,
) -> str:
    """The text of an alert's mail.

    Parameters
    ----------
    run : Run, optional
        The run that found it, with its result.
    last_good : Run, optional
        The last run of the same check that passed.
    champion : int, optional
        The version in production: of several that were judged, its figures are shown.
    where : str, optional
        The workspace and its machine: where the commands that are proposed are to be typed.
    can_go_back : bool
        Whether another version was in production before.
    """
    result = _about(champion, (run.result if run is not None else None) or {})
    paragraphs = [
        f"{alert.severity.upper()}: {readable(alert)}\n{alert.message}",
        "\n".join((*_facts(alert, run, result, last_good), *([f"workspace  {where}"] if where else []))),
        "\n".join((*_figures(result), *_failures(result))),
        "What to do next:\n" + "\n".join(f"  {command}" for command in _commands(alert, run, can_go_back)),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def digest_subject(alerts: Sequence[Alert]) -> str:
    """The subject line of the daily digest."""
    if len(alerts) == 1:
        return subject_of(alerts[0])
    return f"[incumbent] {len(alerts)} warnings: {', '.join(readable(alert) for alert in alerts[:3])}" + (
        ", …" if len(alerts) > 3 else ""
    )


def digest_body(bodies: Sequence[str]) -> str:
    """The text of the daily digest: its alerts one after the other."""
    return ("\n" + "-" * 60 + "\n\n").join(bodies)


def _about(champion: int | None, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run's document, or the champion's part of it where several versions were judged."""
    versions: Sequence[Mapping[str, Any]] = result.get("versions") or ()
    return next((version for version in versions if version.get("version") == champion), result)


def _facts(alert: Alert, run: Run | None, result: Mapping[str, Any], last_good: Run | None) -> Iterator[str]:
    yield f"since      {_moment(alert.opened)}"
    if run is None:
        return
    if result.get("version") is not None:
        yield f"version    {result['version']}"
    window = result.get("window")
    if isinstance(window, Mapping):
        ends = [data_time(window.get(end)) for end in ("since", "until")]
        yield f"window     {' to '.join(ends)}, {window.get('n')} rows"
    yield f"found by   run {run.id}, {run.why}, {_moment(run.finished or run.started or run.queued)}" + (
        ", late" if run.late else ""
    )
    if run.as_of is not None:
        yield f"as of      {run.as_of}"
    if last_good is None:
        yield "last good  never"
    else:
        when = _moment(last_good.as_of or last_good.finished)
        yield f"last good  {when}, run {last_good.id}: {last_good.note}"


def _moment(written: str | None) -> str:
    """A moment to the minute.

    Examples
    --------
    >>> _moment("2026-11-30T22:32:56.358Z"), _moment("2013-12-30")
    ('2026-11-30 22:32 UTC', '2013-12-30')
    """
    if not written or "T" not in written:
        return written or "unknown"
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        return f"{moment:%Y-%m-%d %H:%M}"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _figures(result: Mapping[str, Any]) -> Iterator[str]:
    metrics: Mapping[str, Mapping[str, Any]] = result.get("metrics") or result.get("overall") or {}
    for name, figures in metrics.items():
        if figures.get("value") is None:
            yield f"  {name:<20} none: {figures.get('reason') or 'could not be computed'}"
        else:
            yield f"  {name:<20} {_number(figures['value'])}{_interval(figures)}{_count(figures)}"


def _failures(result: Mapping[str, Any]) -> Iterator[str]:
    """What failed: requirements, cases, or partitions; the newest few."""
    failed = [_failure(each) for each in result.get("failed") or ()]
    failed += [
        f"{each.get('partition')}: {each['verdict']}"
        for each in result.get("partitions") or ()
        if each.get("verdict") in ("warn", "fail", "error")
    ]
    if len(failed) > _SHOWN:
        yield f"  … {len(failed) - _SHOWN} more"
    yield from (f"  {line}" for line in failed[-_SHOWN:])


def _failure(failed: Any) -> str:
    if not isinstance(failed, Mapping):
        return str(failed)
    what = f"case {failed['case']}: " if failed.get("case") is not None else ""
    return f"{what}{failed.get('reason') or failed.get('metric')}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _interval(figures: Mapping[str, Any]) -> str:
    if figures.get("low") is None or figures.get("high") is None:
        return ""
    return f"  [{_number(figures['low'])}, {_number(figures['high'])}]"


def _count(figures: Mapping[str, Any]) -> str:
    return f"  {figures['n']} rows" if figures.get("n") is not None else ""


def _commands(alert: Alert, run: Run | None, can_go_back: bool) -> Iterator[str]:
    model = alert.model
    if model is not None and alert.kind == "trial":
        # what serves is not in doubt: a version on trial was withdrawn, or does better
        yield f"incumbent trial status {model} --all"
        yield f"incumbent production history {model}"
        yield f"incumbent alert ack {alert.id}"
        return
    if run is not None:
        yield f"incumbent run show {run.id}"
    if model is not None:
        check = f" --check {run.kind}" if run is not None else ""
        yield f"incumbent history {model}{check}"
        yield f"incumbent version list {model}"
        if can_go_back:
            yield f"incumbent production rollback {model}"
    yield f"incumbent alert ack {alert.id}"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
