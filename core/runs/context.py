"""What a handler is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from incumbent.errors import Interrupted
from store.records import Measurement, Run, Verdict

if TYPE_CHECKING:
    from core.runs.pulse import Pulse
    from core.workspace import Workspace
    from store import Store

#: Told how far a run is: a fraction between 0 and 1 (None: not known) and what it is doing.
Progress = Callable[[float | None, str], None]


class Finding(NamedTuple):
    """One thing that an outcome says about production: it opens, keeps or closes one alert.

    ``suffix`` tells the findings of one check apart (a segment, a site); empty for the check itself.
    ``message`` is for people: what is wrong, with figures, in one line. One that does not ``opens`` says how
    an alert stands that is open already, and is silent where none is.
    """

    suffix: str
    verdict: Verdict
    message: str
    opens: bool = True


class JournalLine(NamedTuple):
    """What the journal keeps of a run that changed something."""

    action: str
    subject: str
    detail: Mapping[str, Any]
    undo: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    Parameters
    ----------
    verdict : Verdict or None
        None for work that is not judged (a training).
    note : str
        The outcome in one line, for people.
    result : mapping
        The JSON document that the command prints; ``"run"`` is filled in when it is stored.
    measurements : tuple of Measurement
        Written in the same transaction as the verdict.
    alerts : tuple of Finding, or None
        What it says about production. None: the check itself, judged by what the document says of the
        champion; an empty tuple: nothing.
    journal : JournalLine, optional
        What to write into the journal.
    repeats : int, optional
        An earlier run whose document and measurements are this one's too; ``result`` is not looked at.
    """

    verdict: Verdict | None
    note: str
    result: Mapping[str, Any]
    measurements: tuple[Measurement, ...] = ()
    alerts: tuple[Finding, ...] | None = None
    journal: JournalLine | None = None
    repeats: int | None = None


class RunContext:
    """The run as its handler sees it: what was asked for, and where to report.

    Attributes
    ----------
    workspace, store : the workspace and its open store
    run : Run
        The row as it was claimed: model, kind, arguments, as-of.
    log_path : Path
        The run's log; child processes may append to it.
    """

    def __init__(self, workspace: Workspace, store: Store, run: Run, pulse: Pulse, log_path: Path) -> None:
        self.workspace = workspace
        self.store = store
        self.run = run
        self.log_path = log_path
        self._pulse = pulse

    def progress(self, fraction: float | None, note: str) -> None:
        """Say how far the work is, 0 to 1, and what it does now. Cheap: call it as often as you like."""
        self._pulse.report(fraction, note)

    def cancelled(self) -> bool:
        """Whether a person or a signal asked to stop."""
        return self._pulse.stopping

    def check_cancelled(self) -> None:
        """Raise :class:`Interrupted` if a person or a signal asked to stop: call it between units of work."""
        if self._pulse.stopping:
            raise Interrupted(f"run {self.run.id} was asked to stop", hint=self._pulse.reason)

    @property
    def pulse(self) -> Pulse:
        """The run's heartbeat, for a run that is a part of this one."""
        return self._pulse

    def log(self, text: str) -> None:
        """Add lines to the run's log."""
        append_log(self.log_path, text)


def append_log(path: Path, text: str) -> None:
    """Append lines to a log, each with the time in UTC."""
    from store.clock import now

    stamp = now()
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.writelines(f"{stamp} {line}\n" for line in text.splitlines() or [""])
