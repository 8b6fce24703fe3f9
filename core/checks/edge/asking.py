"""Asking a staged site in a process of its own, which may die or hang and is then told from the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.child import job_folder, run_job
from incumbent.errors import FittingError
from incumbent.fitting.values import write_value

if TYPE_CHECKING:
    from core.runs import RunContext

#: One ask: ``{"row": …}`` or ``{"rows": […]}``.
Ask = Mapping[str, Any]
#: Its answer: ``answers`` (a list), or ``refused``, ``raised`` or ``died`` with what was said.
Answer = Mapping[str, Any]

#: Seconds that one row or batch may take.
LONGEST = 20.0
#: Exit code of a process that ended itself because an ask took too long (incumbent.fitting.probe).
TOO_LONG = 75
#: After so many deaths the rest is not asked.
MOST_DEATHS = 5


def ask_all(
    context: RunContext,
    folder: Path,
    asks: Sequence[Ask],
    ordinary: Mapping[str, Any] | None,
    python: str | None,
    longest: float = LONGEST,
    log: bool = True,
) -> list[Answer]:
    """Ask a published folder, in order; a process that dies is started again behind the ask that killed it.

    Parameters
    ----------
    folder : Path
        The model's folder at the staged site.
    ordinary : mapping, optional
        A row that the champion can answer.
    python : str, optional
        The interpreter that the model's spec names.
    longest : float
        Seconds that one ask may take.
    log : bool
        Whether the predictions are logged in the folder.

    Returns
    -------
    list of Answer
        One an ask; ``{"unasked": why}`` for those behind the last death that was tolerated.

    Raises
    ------
    FittingError
        Where the process does not even begin to answer.
    Interrupted
        Where the run was asked to stop.
    """
    answers: list[Answer] = []
    deaths = 0
    while len(answers) < len(asks) and deaths < MOST_DEATHS:
        found, died = _ask(context, folder, asks[len(answers) :], ordinary, python, longest, log)
        answers += found
        if died:
            answers.append({"died": died})
            deaths += 1
    unasked = {"unasked": f"the process died {deaths} times: the rest was not asked"}
    return answers + [unasked] * (len(asks) - len(answers))


def _ask(
    context: RunContext,
    folder: Path,
    asks: Sequence[Ask],
    ordinary: Mapping[str, Any] | None,
    python: str | None,
    longest: float,
    log: bool,
) -> tuple[list[Answer], str]:
    """The answers of one process, and how it died (nothing where it answered all)."""
    with job_folder(context.workspace) as job:
        lines = (json.dumps(write_value(ask)) for ask in asks)
        (job / "asks.jsonl").write_text("\n".join(lines), "utf-8")
        wanted = {
            "job": "probe",
            "production": str(folder),
            "ordinary": write_value(ordinary),
            "seconds": longest,
            "log": log,
        }
        try:
            run_job(
                context.workspace, job, wanted, python=python, log=context.log_path,
                cancelled=context.cancelled,
            )  # fmt: skip
        except FittingError as error:
            if (job / "result.json").exists():  # it ended by itself, and says why
                raise
            too_long = f"exit code {TOO_LONG} " in error.message
            return _read(job), f"no answer within {longest:g} seconds" if too_long else error.message
        return _read(job), ""


def _read(job: Path) -> list[Answer]:
    path = job / "out" / "answers.jsonl"
    if not path.exists():
        return []
    lines = path.read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]
