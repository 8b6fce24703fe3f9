"""Who a long piece of work answers to: who is told how far it is, may stop it, and keeps what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.child import Progress, no_progress
from core.process import Cancelled, never

if TYPE_CHECKING:
    from core.runs import RunContext


@dataclass(frozen=True)
class Attendance:
    """What training, registering and reproducing have in common.

    Parameters
    ----------
    progress : callable
        Told a fraction and what is done now.
    cancelled : callable
        Says whether the work is to stop.
    run : int, optional
        The run that this is the work of.
    log : Path, optional
        Where the child's output goes.
    time_limit : float, optional
        Seconds for the child.
    """

    progress: Progress = no_progress
    cancelled: Cancelled = never
    run: int | None = None
    log: Path | None = None
    time_limit: float | None = None

    @classmethod
    def of(cls, context: RunContext) -> Attendance:
        """That of a run; its argument ``time_limit`` is the child's."""
        run = context.run
        return cls(
            context.progress, context.cancelled, run.id, context.log_path, run.arguments.get("time_limit")
        )


#: Nobody looks on, and nobody stops it.
ALONE = Attendance()
