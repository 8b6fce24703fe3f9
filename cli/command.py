"""What every command shares: ``--workspace``, ``--json``, ``--debug``, how it answers and how it fails.

A command is a function of a :class:`Context` and its own parameters that returns an :class:`Answer`; it
neither prints nor exits. The decorator :func:`command` adds the shared options and does both.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import click
import typer

from cli import exits, narration, output
from cli.help import ARGUMENTS, Command
from incumbent.errors import IncumbentError, Interrupted, WorkError, reason_of

if TYPE_CHECKING:
    from core.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The workspace (default: found upward from here)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


@dataclass(frozen=True)
class Answer:
    """What a command found.

    Parameters
    ----------
    document : object
        What ``--json`` prints.
    text : callable or str, optional
        How people see it: a function that prints through ``cli.output``, or the text itself.
    exit : int
    lines : iterable, optional
        Instead of ``document``: documents that are printed one a line, as they come.
    """

    document: Any = None
    text: Callable[[], None] | str | None = None
    exit: int = exits.DONE
    lines: Iterable[Any] | None = None


@dataclass
class Context:
    """What a command stands in."""

    folder: Path | None
    as_json: bool
    debug: bool
    _workspace: Workspace | None = field(default=None)

    @property
    def workspace(self) -> Workspace:
        """The workspace, found when it is first asked for."""
        if self._workspace is None:
            from core.workspace import Workspace

            self._workspace = Workspace.find(explicit=self.folder)
        return self._workspace

    def progress(self, title: str, lines: bool = False) -> Any:
        """A progress bar on a terminal: a context manager that yields ``progress(fraction, note)``.

        With ``lines`` a line now and then elsewhere, too: for what takes a minute and more.
        """
        return narration.progress(title, lines and not self.as_json)


Function = TypeVar("Function", bound=Callable[..., Any])


def command(app: typer.Typer, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
    """Make a function of (context, parameters…) → Answer a command of ``app``."""

    def decorate(function: Function) -> Function:
        app.command(name, cls=Command, **settings)(_with_shared_options(function))
        return function

    return decorate


def _with_shared_options(function: Callable[..., Answer]) -> Callable[..., None]:
    @functools.wraps(function)
    def run(ctx: typer.Context, *, workspace: Path | None, json: bool, debug: bool, **own: Any) -> None:
        context = standing(ctx, workspace, json, debug)
        raise typer.Exit(finish(context, lambda: function(context, **own)))

    own = [_completed(p) for p in list(inspect.signature(function, eval_str=True).parameters.values())[1:]]
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        inspect.Parameter("workspace", keyword, default=None, annotation=WorkspaceOption),
        inspect.Parameter("json", keyword, default=False, annotation=JsonOption),
        inspect.Parameter("debug", keyword, default=False, annotation=DebugOption),
    ]
    parameters = [*(p.replace(kind=keyword) for p in own), *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    setattr(run, ARGUMENTS, {p.name: text for p in own if (text := _explanation(p))})
    del run.__wrapped__
    return run


def _explanation(parameter: inspect.Parameter) -> str | None:
    """What stands in a parameter's annotation of its meaning."""
    _kind, *information = get_args(parameter.annotation)
    return next((found for each in information if (found := getattr(each, "help", None))), None)


def _completed(parameter: inspect.Parameter) -> inspect.Parameter:
    """The parameter; one that names a model or a version completes with those that there are."""
    if parameter.name not in _COMPLETED:
        return parameter
    kind, information, *rest = get_args(parameter.annotation)
    completing = copy.copy(information)
    completing.autocompletion = _COMPLETED[parameter.name]
    return parameter.replace(annotation=Annotated[(kind, completing, *rest)])


def model_names(incomplete: str) -> list[str]:
    """The models of the workspace here that begin so; none where there is no workspace."""
    from core.workspace import Workspace

    try:
        with Workspace.find().store() as store:
            return [model.name for model in store.models.list() if model.name.startswith(incomplete)]
    except IncumbentError:
        return []


def version_numbers(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The versions of the model that stands before it, with what runs each."""
    from core.workspace import Workspace

    try:
        with Workspace.find().store() as store:
            versions = store.versions.list(_named_model(ctx))
    except IncumbentError:
        return []
    numbers = [(str(version.number), version.algorithm) for version in versions]
    return [(number, what) for number, what in numbers if number.startswith(incomplete)]


def _named_model(ctx: typer.Context) -> str:
    """The model that stands before what is completed. Before the value of an option click keeps what it has
    read so far among the arguments that are left."""
    return str(ctx.params.get("model") or next(iter(ctx.args), ""))


#: What parameters of these names are completed with.
_COMPLETED = {
    "model": model_names,
    **dict.fromkeys(("version", "versions", "a", "b"), version_numbers),
}


def standing(ctx: typer.Context, workspace: Path | None, json: bool, debug: bool) -> Context:
    """What a command stands in: its own shared options, or those of ``incumbent --workspace DIR command``."""
    folder = workspace or said_before(ctx, "workspace")
    return Context(
        None if folder is None else Path(folder),
        json or bool(said_before(ctx, "json")),
        debug or bool(said_before(ctx, "debug")),
    )


def said_before(ctx: typer.Context, option: str) -> Any:
    """The value of an option that stands before the command; None where it was not given."""
    parent = ctx.parent
    while parent is not None:
        if parent.params.get(option):
            return parent.params[option]
        parent = parent.parent
    return None


def finish(context: Context, act: Callable[[], Answer]) -> int:
    """Act, show the answer or the error, and give the exit code."""
    try:
        answer = act()
        _show(context, answer)
        return answer.exit
    except IncumbentError as problem:
        if context.debug:
            raise
        narration.error(problem, context.as_json)
        return exits.of_error(problem)
    except (KeyboardInterrupt, click.Abort):  # the latter at a question
        narration.error(Interrupted("interrupted"), context.as_json)
        return exits.INTERRUPTED
    except OSError as problem:  # a disk or a permission, which a person can mend
        if context.debug:
            raise
        narration.error(_of_the_system(problem), context.as_json)
        return exits.UNDONE
    except Exception as unforeseen:  # people get a sentence, whoever mends it the traceback
        if context.debug:
            raise
        bug = WorkError(
            f"{type(unforeseen).__name__}: {unforeseen}",
            hint="nobody foresaw this: please report it with what the same command says with --debug",
        )
        narration.error(bug, context.as_json)
        return exits.UNDONE


def _of_the_system(problem: OSError) -> WorkError:
    """What the operating system refuses, in words.

    Examples
    --------
    >>> import errno
    >>> _of_the_system(OSError(errno.EROFS, "Read-only file system", "a.tar")).message
    'a.tar cannot be used: Read-only file system'
    >>> _of_the_system(OSError(errno.ENOSPC, "No space left on device", "from", None, "to")).message
    'to cannot be used: No space left on device'
    """
    what = problem.filename2 or problem.filename or "a file, or standard output,"  # of a copy, where it goes
    hint = "look at its folder: does it exist, may you write there, is there room on the disk?"
    return WorkError(f"{what} cannot be used: {reason_of(problem)}", hint)


def _show(context: Context, answer: Answer) -> None:
    if answer.lines is not None:
        for document in answer.lines:
            output.print_json_line(document)
    elif context.as_json:
        output.print_json(answer.document)
    elif callable(answer.text):
        answer.text()
    elif answer.text:
        output.print_text(answer.text)
