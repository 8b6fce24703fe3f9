"""What a notification says: what is wrong, where, since when, and what to do next. Plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.runs.handlers import title
from store.records import Alert, Run

_SUBJECT_LENGTH = 150


def subject_of(alert: Alert) -> str:
    """The subject of an alert's mail: ``[incumbent] FAIL flights now-test: roc_auc 0.641, needs ≥ 0.65``."""
    line = f"[incumbent] {alert.severity.upper()} {readable(alert)}: {_first_line(alert.message)}"
    return line if len(line) <= _SUBJECT_LENGTH else line[: _SUBJECT_LENGTH - 1] + "…"


def readable(alert: Alert) -> str:
    """What an alert is about, with checks called as people call them."""
    return " ".join(title(word) for word in alert.subject.split(" "))


def body_of(alert: Alert, run: Run | None, last_good: Run | None) -> str:
    """The text of an alert's mail.

    Parameters
    ----------
    run : Run, optional
        The run that found it, with its result.
    last_good : Run, optional
        The last run of the same check that passed.
    """
    paragraphs = [
        f"{alert.severity.upper()}: {readable(alert)}\n{alert.message}",
        "\n".join(_facts(alert, run, last_good)),
        "\n".join(_figures(run)),
        "What to do next:\n" + "\n".join(f"  {command}" for command in _commands(alert, run)),
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


def _facts(alert: Alert, run: Run | None, last_good: Run | None) -> Iterator[str]:
    yield f"since      {alert.opened}"
    if run is None:
        return
    result = run.result or {}
    if result.get("version") is not None:
        yield f"version    {result['version']}"
    window = result.get("window")
    if isinstance(window, Mapping):
        yield f"window     {window.get('since')} to {window.get('until')}, {window.get('n')} rows"
    yield f"found by   run {run.id}, {run.why}, {run.finished or run.started or run.queued}" + (
        ", late" if run.late else ""
    )
    if run.as_of is not None:
        yield f"as of      {run.as_of}"
    if last_good is None:
        yield "last good  never"
    else:
        yield f"last good  {last_good.as_of or last_good.finished}, run {last_good.id}: {last_good.note}"


def _figures(run: Run | None) -> Iterator[str]:
    metrics = _metrics((run.result if run else None) or {})
    for name, figures in metrics.items():
        if figures.get("value") is None:
            yield f"  {name:<20} none: {figures.get('reason') or 'could not be computed'}"
        else:
            yield f"  {name:<20} {_number(figures['value'])}{_interval(figures)}{_count(figures)}"


def _metrics(result: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The figures of a now-test, or the champion's overall figures of a back-test."""
    if "metrics" in result:
        found = result["metrics"]
    else:
        versions = result.get("versions") or [{}]
        champion = next(
            (v for v in versions if (v.get("comparison") or {}).get("champion") == v.get("version")), None
        )
        found = (champion or versions[0]).get("overall")
    return found if isinstance(found, Mapping) else {}


def _number(value: float) -> str:
    return f"{value:.4g}"


def _interval(figures: Mapping[str, Any]) -> str:
    if figures.get("low") is None or figures.get("high") is None:
        return ""
    return f"  [{_number(figures['low'])}, {_number(figures['high'])}]"


def _count(figures: Mapping[str, Any]) -> str:
    return f"  {figures['n']} rows" if figures.get("n") is not None else ""


def _commands(alert: Alert, run: Run | None) -> Iterator[str]:
    model = alert.model
    if run is not None:
        yield f"incumbent run show {run.id}"
    if model is not None:
        check = f" --check {run.kind}" if run is not None else ""
        yield f"incumbent history {model}{check}"
        yield f"incumbent version list {model}"
        yield f"incumbent production rollback {model}"
    yield f"incumbent alert ack {alert.id}"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
