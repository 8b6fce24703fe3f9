"""``incumbent trial``: how a trial stands, the verdict first."""

from __future__ import annotations

from typing import Any

from cli.output import print_table, print_text
from cli.printing.requirements import print_ratchet
from cli.printing.times import day
from cli.printing.words import verdict_words
from core.statistics.wording import plural
from incumbent.errors import UsageError

VERDICTS = {
    "better": "✓ better",
    "worse": "✗ worse",
    "undecided": "? cannot tell yet",
    "invalid": "✗ INVALID",
}
OUTCOMES = {
    "accepted": "✓ accepted",
    "withdrawn": "✗ WITHDRAWN",
    "stopped": "– stopped",
    "finished": "– finished",
    "overtaken": "– overtaken",
}
_LOSSES = {"brier": "Brier score", "wrong": "share of wrong answers", "absolute error": "mean absolute error"}


def guard(text: str) -> tuple[str, float | None]:
    """A guard rail as people write it.

    Examples
    --------
    >>> guard("errors=0.02"), guard("latency")
    (('errors', 0.02), ('latency', None))
    """
    name, equals, margin = text.partition("=")
    if not equals:
        return name.strip(), None
    try:
        return name.strip(), float(margin)
    except ValueError:
        raise UsageError(f"{text!r}: the margin is no number", hint="e.g. errors=0.02") from None


def print_started(found: dict[str, Any]) -> None:
    """What runs now, and what to do next."""
    print_text(f"{_who(found)}, {_how(found)}; {_end(found)}")
    print_text(f"how it stands, any day: incumbent trial status {found['model']}")


def print_stopped(found: dict[str, Any]) -> None:
    """That it is over, and how it stood."""
    print_text(f"{OUTCOMES[found['outcome']]}  {_who(found)}: {found['ended_why']}")
    if found["standing"]:
        print_text(f"as the last look found it: {found['standing']['reason']}")


def print_accepted(found: dict[str, Any]) -> None:
    """What serves now, and what followed."""
    now = found["production"]
    print_text(
        f"✓ {found['model']} v{found['version']} serves (revision {now['revision']} at {now['site']}): "
        f"{now['why']}"
    )
    if now.get("forced"):
        print_text("FORCED past its gate: revision, journal and screens say so for ever")
    raised = found.get("ratchet")
    if raised is not None and raised["moves"]:
        print_ratchet(raised, waits=False)
    elif raised is not None:
        kept = "; ".join(f"{one['metric']} stays: {one['reason']}" for one in raised.get("kept", ()))
        why = kept or raised.get("reason")
        print_text(f"no requirement rises{f': {why}' if why else ''}")
    if "shadow" in found:
        print_text(
            f"v{found['shadow']['version']} shadows on; what the swap was worth: "
            f"incumbent production ledger {found['model']}"
        )


def print_status(found: list[dict[str, Any]]) -> None:
    """Each trial: verdict, figures, guard rails, notes."""
    for at, trial in enumerate(found):
        if at:
            print_text("")
        _print_one(trial)


def _print_one(trial: dict[str, Any]) -> None:
    standing = trial["standing"]
    over = trial["state"] == "ended"
    if over:
        print_text(f"{OUTCOMES[trial['outcome']]}  {_who(trial)}: {trial['ended_why']}")
    if standing is None:
        print_text(f"{_who(trial)}: nobody has looked at it yet, {_how(trial)}")
        return
    if not over:
        print_text(f"{VERDICTS[standing['verdict']]}  {_who(trial)}: {standing['reason']}")
    print_text(f"{_how(trial)}; {_end(trial)}")
    if standing["champion_loss"] is not None and standing["challenger_loss"] is not None:
        _print_figures(trial, standing)
    for line in _remarks(trial, standing):
        print_text(line)
    if standing["guards"]:
        rows = [
            [g["guard"], verdict_words(g["verdict"]), g["margin"], g["reason"]] for g in standing["guards"]
        ]
        print_table(["GUARD", "VERDICT", "MARGIN", "WHY"], rows, right=[2])
    for said in trial["notes"]:
        where = f" at {said['site']}" if said["site"] else ""
        print_text(f"{day(said['when'])} {said['who']}{where}: {said['note']}")
    if not over and standing["verdict"] == "better":
        print_text(f"put it in production: incumbent trial accept {trial['model']}")


def _print_figures(trial: dict[str, Any], standing: dict[str, Any]) -> None:
    scale = standing["scale"]
    name = _LOSSES[standing["loss"]]
    interval = "–" if standing["low"] is None else f"{standing['low']:.4f} to {standing['high']:.4f}"
    print_table(
        [name.upper(), f"v{trial['champion']}", f"v{trial['version']}", "GAIN", "INTERVAL, ANY DAY"],
        [
            [
                "absolute, as a share of " + f"{scale:.4g}" if standing["loss"] == "absolute error" else "",
                f"{standing['champion_loss']:.4f}",
                f"{standing['challenger_loss']:.4f}",
                f"{standing['effect']:+.4f}" if standing["effect"] is not None else "–",
                interval,
            ]
        ],
        right=[1, 2, 3],
    )


def _remarks(trial: dict[str, Any], standing: dict[str, Any]) -> list[str]:
    units, days = plural(standing["units"], standing["unit"]), plural(standing["days"], "day")
    lines = [
        f"{standing['judged']:,} of {standing['rows']:,} rows judged, {standing['waiting']:,} wait for their "
        f"outcome; {units} on {days}"
    ]
    more = standing["days_to_tell"]
    if trial["state"] == "running" and standing["verdict"] == "undecided":
        if more is not None:
            lines.append(f"if the effect is what it seems, it can tell in {plural(more, 'day')}")
        elif standing["days"]:
            lines.append("an effect as small as it seems cannot be told in ten years")
    if standing["detectable"] is not None and standing["verdict"] == "undecided":
        lines.append(f"a difference of {standing['detectable']:.2g} could be told by its end")
    ratio = standing["ratio"]
    if ratio is not None and ratio["found"] is not None:
        state = "BROKEN" if ratio["broken"] else "as it should be"
        lines.append(
            f"share of {standing['unit']}s: {ratio['found']:.2%}, set to {ratio['expected']:.2%}: {state}"
        )
    control = standing.get("control")
    if control is not None:
        loss = "–" if control["loss"] is None else f"{control['loss']:.4f}"
        lines.append(f"untreated control: {loss} by the baseline, on {control['judged']:,} rows")
    if standing["missed"]:
        lines.append(f"{standing['missed']:,} rows were not shadowed")
    lines += [f"nothing of it in the log of {site} yet" for site in standing["silent"]]
    return lines


def _who(trial: dict[str, Any]) -> str:
    return f"{trial['model']} v{trial['version']} against v{trial['champion']}"


def _how(trial: dict[str, Any]) -> str:
    share = f"on {100 * trial['share']:g} % of the keys"
    words = {"shadow": "in shadow", "site": "on all rows", "share": share}[trial["mode"]]
    return f"{words} at {', '.join(trial['sites'])} since {day(trial['since'])}"


def _end(trial: dict[str, Any]) -> str:
    if trial["ended"] is not None:
        return f"ended {day(trial['ended'])}"
    return "for ever" if trial["until"] is None else f"until {day(trial['until'])}"
