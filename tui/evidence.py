"""Documents as text: a run and what it found, a version and where it came from, an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from core.expectations import words
from core.runs.handlers import title
from core.wording import data_time, figure, interval
from store.records import Alert, Case, Run
from tui.findings import drawn
from tui.glyphs import outcome, verdict

_INDENT = "  "
_MOST_ROWS = 60
#: What a comparison shows first, and what it need not show.
_DIFF_ORDER = (
    "decisions",
    "measurements",
    "parameters",
    "data",
    "features",
    "coefficients",
    "trees",
    "source",
)
_UNSAID = ("run", "model", "identical", "reason")


def run_text(run: Run, width: int = 76) -> Text:
    """A run: what became of it, what it found (drawn, for checks), who wanted it and why.

    Parameters
    ----------
    width : int
        Of the drawing, in cells.
    """
    if run.kind == "diff" and run.result:
        return diff_text(run)
    if (found := drawn(run, width)) is not None:
        word, style = outcome(run)
        text = Text.assemble((word, style), f"   {title(run.kind)} of {run.model}, run {run.id}\n\n")
        text.append_text(found).append("\n")
        _mapping(text, _facts(run), "")
        return text
    word, style = outcome(run)
    text = Text()
    text.append(f"{word}", style).append(
        f"   {title(run.kind)} of {run.model or 'the workspace'}, run {run.id}\n\n"
    )
    if run.note:
        text.append(f"{run.note}\n\n")
    _mapping(text, _facts(run), "")
    if run.result:
        hidden = ("run", "check", "model", "as_of", "verdict")
        text.append("\nWhat it found\n", "bold")
        _mapping(text, {k: v for k, v in run.result.items() if k not in hidden}, "")
    return text


def _facts(run: Run) -> dict[str, Any]:
    facts = {
        "why": f"{run.why}, by {run.who}", "as of": run.as_of and data_time(run.as_of),
        "due": written(run.due), "late": run.late or None, "queued": written(run.queued),
        "started": written(run.started), "finished": written(run.finished), "error": run.error,
        "arguments": dict(run.arguments) or None,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value is not None}


def diff_text(run: Run) -> Text:
    """A comparison of two versions: decisions first, then what explains them; what is equal is left out."""
    document = dict(run.result or {})
    a, b = document.pop("a", "?"), document.pop("b", "?")
    decisions = dict(document.get("decisions") or {})
    examples = decisions.pop("examples", ())
    document["decisions"] = decisions
    text = Text()
    text.append(f"from v{a} to v{b}", "bold").append(f"   {run.model}, run {run.id}\n\n{run.note}\n\n")
    for name in (*_DIFF_ORDER, *sorted(set(document) - set(_DIFF_ORDER) - set(_UNSAID))):
        part = document.get(name)
        if not part or (isinstance(part, Mapping) and len(part) == 2 and part.get("a") == part.get("b")):
            continue
        text.append(f"{name.capitalize()}\n", "bold")
        if isinstance(part, Mapping):
            _mapping(text, part, _INDENT)
        else:
            _mapping(text, {"": part}, _INDENT)
        text.append("\n")
    if examples:
        text.append(f"Examples: v{a} → v{b}, and the row\n", "bold")
        for example in examples:
            text.append(f"{_INDENT}{_plain(example.get('a'))} → {_plain(example.get('b'))}", "bold")
            text.append(f"   actual {_plain(example.get('actual'))}\n")
            text.append(f"{_INDENT * 2}{_plain(example.get('row'))}\n", "dim")
    return text


def alert_text(alert: Alert, run: Run | None) -> Text:
    """An alert, and the run that found it."""
    word, style = verdict(alert.severity)
    text = Text()
    text.append(word, style).append(f"   {alert.subject}\n\n{alert.message}\n\n")
    facts = {
        "opened": written(alert.opened), "last confirmed": written(alert.seen),
        "closed": written(alert.closed),
        "acknowledged": alert.acknowledged and f"{written(alert.acknowledged)} by {alert.acknowledged_by}",
        "snoozed until": written(alert.snoozed_until), "notified": written(alert.notified) or "nobody yet",
    }  # fmt: skip
    _mapping(text, {name: value for name, value in facts.items() if value}, "")
    if run is not None:
        text.append("\n").append_text(run_text(run))
    return text


def case_text(case: Case) -> Text:
    """A case: its row and what is expected."""
    text = Text(f"{case.kind} case {case.id}\n\n")
    binding = "every version" if case.version is None else f"v{case.version}"
    facts = {
        "binds": binding, "expects": words(case.expect, case.kind), "origin": case.origin,
        "note": case.note or None, "blocking": case.blocking, "created": written(case.created),
        "last looked at": written(case.looked),
    }  # fmt: skip
    _mapping(text, {name: value for name, value in facts.items() if value is not None}, "")
    text.append("\nRow\n", "bold")
    _mapping(text, case.row, "")
    return text


def written(moment: str | None) -> str | None:
    """A wall-clock moment in the reader's zone, to the second."""
    if moment is None:
        return None
    return f"{datetime.fromisoformat(moment).astimezone():%a %d %b %Y %H:%M:%S}"


def document_text(document: Mapping[str, Any]) -> Text:
    """Any document."""
    text = Text()
    _mapping(text, document, "")
    return text


def _mapping(text: Text, document: Mapping[str, Any], indent: str) -> None:
    width = min(24, max((len(str(name)) for name in document), default=0))
    for name, value in document.items():
        label = f"{indent}{str(name).replace('_', ' '):<{width}}  "
        if isinstance(value, Mapping) and _is_figure(value):
            text.append(label, "dim").append(f"{_figure(value)}\n")
        elif isinstance(value, Mapping) and value:
            text.append(f"{label.rstrip()}\n", "bold")
            _mapping(text, value, indent + _INDENT)
        elif _is_table(value):
            text.append(f"{label.rstrip()}\n", "bold")
            _table(text, value, indent + _INDENT)
        elif (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and any(isinstance(v, Mapping) for v in value)
        ):
            text.append(f"{label.rstrip()}\n", "bold")
            for each in value:
                _mapping(text, each, indent + _INDENT)
                text.append("\n")
        else:
            text.append(label, "dim")
            _value(text, str(name), value)


def _value(text: Text, name: str, value: Any) -> None:
    if name in ("verdict", "outcome") and isinstance(value, str):
        word, style = verdict(value)
        text.append(f"{word if word != '–' else value}\n", style)
    elif isinstance(value, str) and "\n" in value:
        text.append("\n" + "\n".join(f"    {line}" for line in value.splitlines()) + "\n")
    else:
        text.append(f"{_plain(value)}\n")


def _table(text: Text, rows: Sequence[Mapping[str, Any]], indent: str) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[_plain(row.get(name)) for name in names] for row in rows[:_MOST_ROWS]]
    widths = [min(40, max(len(name), *(len(line[i]) for line in lines))) for i, name in enumerate(names)]
    text.append(
        indent + "  ".join(f"{n:<{w}}" for n, w in zip(names, widths, strict=True)).rstrip() + "\n", "dim"
    )
    for line in lines:
        text.append(
            indent + "  ".join(f"{v:<{w}}" for v, w in zip(line, widths, strict=True)).rstrip() + "\n"
        )
    if len(rows) > _MOST_ROWS:
        text.append(f"{indent}{_MOST_ROWS} of {len(rows)} shown\n", "dim")


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) > 0
        and all(isinstance(row, Mapping) and all(not _nested(v) for v in row.values()) for row in value)
    )


def _nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and not _is_figure(value)
    return isinstance(value, Sequence) and not isinstance(value, str) and any(_nested(v) for v in value)


def _is_figure(value: Mapping[str, Any]) -> bool:
    return {"low", "high"} <= set(value) and ("value" in value or "difference" in value)


def _figure(value: Mapping[str, Any]) -> str:
    centre = value.get("value", value.get("difference"))
    shown = interval(centre, value["low"], value["high"])
    rows = f"   {value['n']:,} rows" if value.get("n") else ""
    better = {True: "   ✓ better", False: "   ✗ worse"}.get(value.get("better", None), "")
    reason = f"   {value['reason']}" if value.get("reason") else ""
    return shown + rows + better + reason


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, Mapping):
        return (
            _figure({**value, "n": None})
            if _is_figure(value)
            else ", ".join(f"{k} {_plain(v)}" for k, v in value.items()) or "–"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_plain(each) for each in value) or "–"
    return str(value)
