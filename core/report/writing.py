"""Reports as files: which report, in which form, under which name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.present import present
from core.report.blocks import Report
from core.report.of_run import report_of_run
from core.report.of_week import report_of_week
from core.traffic.summary import summary
from incumbent.errors import UsageError, WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace

Form = Literal["html", "markdown"]

#: Ending of a file → the form that is written into it.
ENDINGS: dict[str, Form] = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}


@dataclass(frozen=True)
class Written:
    """A report as text."""

    name: str  # what its file is called without an ending: "flights-challenge-36"
    form: Form
    report: Report
    text: str


def make(
    workspace: Workspace,
    subject: str,
    form: Form = "html",
    *,
    until: datetime | None = None,
    days: int = 7,
) -> Written:
    """The report of a run or of a model's days, as text.

    Parameters
    ----------
    subject : str
        A run's number, or a model's name.
    form : str
        "html" or "markdown".
    until : datetime, optional
        Of a model: the end of the days, with a time zone; the present by default.
    days : int
        Of a model: how many days.

    Raises
    ------
    UsageError
        If there is no such run or model, or ``until`` goes with a run.
    """
    with workspace.store() as store:
        if subject.isdigit():
            if until is not None:
                raise UsageError(
                    "a run is what it is at any time: --until goes with a model", hint="leave it out"
                )
            report = report_of_run(store, int(subject))
            run = store.runs.get(int(subject))
            name = "-".join(str(part) for part in (run.model, run.kind, run.id) if part is not None)
        else:
            end = until or present()
            store.models.get(subject)
            # what has been logged is counted back from now: of weeks that are over, nobody knows it any more
            traffic = summary(workspace, store, subject, None, days) if until is None else None
            report = report_of_week(store, subject, end, days, traffic)
            name = f"{subject}-week-{end:%Y-%m-%d}"
    return Written(name, form, report, render(report, form))


def render(report: Report, form: Form) -> str:
    """A report as text of one form."""
    if form == "markdown":
        from core.report.markdown import to_markdown

        return to_markdown(report)
    from core.report.html import to_html

    return to_html(report)


def form_of(file: Path) -> Form:
    """The form that a file's ending asks for.

    Raises
    ------
    UsageError
        For another ending.

    Examples
    --------
    >>> form_of(Path("week.md")), form_of(Path("week.HTML"))
    ('markdown', 'html')
    """
    try:
        return ENDINGS[file.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{file}: a report is written as {', '.join(ENDINGS)}",
            hint="name the file report.html or report.md",
        ) from None


def keep_run(workspace: Workspace, run: int) -> Path:
    """Write a run's report among the reports of the workspace. Where it lies."""
    return _keep(workspace, str(run))


def keep_week(workspace: Workspace, model: str) -> Path:
    """Write the report of a model's last seven days among the reports of the workspace. Where it lies."""
    return _keep(workspace, model)


def _keep(workspace: Workspace, subject: str) -> Path:
    folder = workspace.marker / "reports"
    folder.mkdir(exist_ok=True)
    return save(make(workspace, subject), folder)


def save(written: Written, file: Path) -> Path:
    """Write a report, whole or not at all; into a folder under its own name. Where it lies now.

    Raises
    ------
    WorkError
        If it cannot be written there.
    """
    from incumbent.files import atomic_write

    if file.is_dir():
        file = file / f"{written.name}.{'md' if written.form == 'markdown' else 'html'}"
    try:
        atomic_write(file, written.text.encode("utf-8"))
    except OSError as problem:
        raise WorkError(
            f"the report cannot be written to {file}: {problem.strerror or problem}",
            hint="name a file in a folder that exists and may be written to",
        ) from None
    return file
