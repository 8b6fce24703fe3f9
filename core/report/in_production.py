"""What production did in the days of a report: how much, by whom, how fast, and how trials stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.report.blocks import Block, Cell, Paragraph, table
from core.report.words import moment, short

if TYPE_CHECKING:
    from core.traffic.summary import Summary
    from store.records import Trial

_MOST_REASONS = 5


def in_production(traffic: Summary | None, trials: Sequence[Trial]) -> Iterator[Block]:
    """Traffic by version and route, why others answered, and each trial in a line.

    Parameters
    ----------
    traffic : Summary or None
        Of these days at all sites; None where nobody knows.
    trials : sequence of Trial
        Those that ran in these days.
    """
    if traffic is not None and traffic.predictions:
        yield from _traffic(traffic)
    if trials:
        rows: list[list[Cell | str]] = [_of_trial(trial) for trial in trials]
        headers = ("Trial", "Verdict", "How it stands", "Rows judged", "Since", "State")
        yield table("Versions held against the champion", headers, rows, (3,))


def _traffic(traffic: Summary) -> Iterator[Block]:
    share = traffic.fallbacks / traffic.predictions
    lost = f"; {short(traffic.lost)} could not be logged" if traffic.lost else ""
    yield Paragraph(
        f"{traffic.predictions:,} predictions; {traffic.fallbacks:,} of them ({share:.2%}) were not the "
        f"champion's, the challenger's or the control's{lost}."
    )
    rows: list[list[Cell | str]] = [
        [
            found.route,
            "" if found.version is None else f"v{found.version}",
            short(found.predictions),
            _milliseconds(found.p50),
            _milliseconds(found.p99),
        ]
        for found in traffic.versions
    ]
    headers = ("Route", "Version", "Predictions", "Half within, ms", "99 % within, ms")
    yield table("Who answered", headers, rows, (2, 3, 4))
    if traffic.reasons:
        reasons: list[list[Cell | str]] = [[why, short(count)] for why, count in traffic.reasons]
        yield table("Why another one answered", ("Reason", "Predictions"), reasons, (1,), _MOST_REASONS)


def _of_trial(trial: Trial) -> list[Cell | str]:
    standing: dict[str, Any] = dict(trial.standing or {})
    verdict = str(standing.get("verdict", "undecided"))
    return [
        f"v{trial.version} against v{trial.champion}, {trial.mode}",
        {"undecided": "cannot tell yet"}.get(verdict, verdict),
        str(standing.get("reason", "nobody has looked at it yet")),
        short(standing.get("judged", 0)),
        moment(trial.since),
        "running" if trial.ended is None else f"{trial.outcome}: {trial.ended_why}",
    ]


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.3g}"
