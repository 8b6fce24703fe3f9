"""The demo: the main job on real flights, from an empty folder to a year of history.

Every figure in it is computed here and now, by the same actions that a maintainer uses. A second run finds
what is there and makes only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from core import models, production, requirements
from core.runs import run_here
from core.workspace import Workspace
from incumbent.errors import IncumbentError, Interrupted, WorkError
from store.records import Run

Progress = Callable[["float | None", str], None]
Step = tuple[str, Callable[[], object]]  # what it does, for people, and how

WHY = "demo"
FIRST_WEEK, LAST_WEEK = date(2013, 4, 15), date(2013, 12, 30)
NIGHT = timedelta(days=7)
STRESS_SECONDS = 4
BASELINE_AS_OF = "2013-07-15"


@dataclass(frozen=True)
class Recipe:
    """A version that the demo trains."""

    parameters: Mapping[str, Any]
    until: str


@dataclass(frozen=True)
class Story:
    """A sample model, the versions that it gets, and which of them serves."""

    name: str
    files: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    reason: str
    force: bool = False  # it serves although its challenge says no, as what was there before challenges does


STORIES = (
    Story(
        "flights",
        ("flights.toml", "flights.py"),
        (
            Recipe({"kind": "linear"}, "2013-04-01"),
            Recipe({"kind": "boosted"}, "2013-04-01"),
            Recipe({"kind": "boosted"}, "2013-07-01"),
        ),
        "simple, and its coefficients can be read",
    ),
    Story(
        "air_time",
        ("air_time.toml", "air_time.py"),
        (Recipe({"kind": "linear"}, "2013-04-01"), Recipe({"kind": "linear"}, "2013-09-01")),
        "the first one that we had: it served before it was challenged",
        force=True,
    ),
)


def make(
    folder: str | Path,
    progress: Progress = lambda fraction, note: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Make the demo's workspace, or complete it.

    Returns
    -------
    dict
        ``path``, and a model's versions, champion, verdicts and alerts for each model.

    Raises
    ------
    WorkError
        Where the package with the flights is not installed.
    """
    workspace = Workspace.create(folder)
    progress(0.0, "writing a year of flights")
    _copy_samples(workspace)
    _side_by_side([list(_steps(workspace, story)) for story in STORIES], progress, cancelled)
    progress(1.0, "done")
    return summary(workspace)


def _side_by_side(
    stories: Sequence[Sequence[Step]], progress: Progress, cancelled: Callable[[], bool]
) -> None:
    """Carry out each model's steps in order, the models beside one another: training has a core each."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    total = sum(map(len, stories))
    stopped = Event()
    done: list[str] = []

    def carry_out(steps: Sequence[Step]) -> None:
        for note, act in steps:
            if stopped.is_set() or cancelled():
                raise _stopped()
            progress(0.05 + 0.95 * len(done) / total, note)
            try:
                act()
            except BaseException:
                stopped.set()
                raise
            done.append(note)

    with ThreadPoolExecutor(len(stories)) as pool:
        try:
            outcomes = [pool.submit(carry_out, steps) for steps in stories]
            for outcome in outcomes:
                outcome.result()
        except KeyboardInterrupt:
            raise _stopped() from None
        finally:
            stopped.set()


def _stopped() -> Interrupted:
    return Interrupted("the demo was stopped", hint="run it again: it goes on where it was")


def summary(workspace: Workspace) -> dict[str, Any]:
    """What the demo's workspace holds."""
    found = []
    with workspace.store() as store:
        open_alerts = store.alerts.list(open_only=True)
        for story in STORIES:
            live = store.production.live(story.name)
            last = store.runs.last_per_check(story.name)
            found.append(
                {
                    "model": story.name,
                    "versions": len(store.versions.list(story.name)),
                    "champion": live.champion if live else None,
                    "requirements": len(store.requirements.live(story.name)),
                    "checks": {kind: {"verdict": r.verdict, "note": r.note} for kind, r in last.items()},
                    "alerts": [a.message for a in open_alerts if a.model == story.name],
                }
            )
    return {"path": str(workspace.root), "models": found}


def _copy_samples(workspace: Workspace) -> None:
    import sample_models

    try:
        from sample_models.flights.data import make as make_data

        make_data(workspace.root / "data")
    except ImportError as error:
        raise WorkError(
            f"the demo's flights are in a package that is not installed: {error.name}",
            hint="pip install 'incumbent[samples]'",
        ) from None
    home = Path(sample_models.__path__[0])
    for story in STORIES:
        for name in story.files:
            target = workspace.root / name
            if not target.exists():
                target.write_bytes((home / story.name / name).read_bytes())


def _steps(workspace: Workspace, story: Story) -> Iterator[Step]:
    """What is still to do for a model, in order."""
    name = story.name
    state = _state(workspace, name)
    if not state.known:
        yield f"{name}: applying its spec", lambda: models.apply(workspace, workspace.root / f"{name}.toml")
    for recipe in story.recipes[state.versions :]:
        shown = ", ".join(str(v) for v in recipe.parameters.values())
        yield f"{name}: training a {shown} version to {recipe.until}", _training(workspace, name, recipe)
    if not state.suggested:
        yield f"{name}: requirements from v1", _suggesting(workspace, name)
    if not state.serves:
        yield f"{name}: v1 challenged", _challenging(workspace, name, 1)
        yield f"{name}: v1 into production", _swapping(workspace, story)
    for week in _weeks():
        if week not in state.weeks:
            yield f"{name}: now-test as of {week}", _running(workspace, name, "nowtest", week)
    for kind in ("regression", "backtest"):
        if kind not in state.checks:
            yield f"{name}: {kind}", _running(workspace, name, kind)


@dataclass(frozen=True)
class _State:
    """What is there of a model already."""

    known: bool = False
    versions: int = 0
    serves: bool = False
    suggested: bool = False
    weeks: frozenset[str | None] = frozenset()
    checks: frozenset[str] = frozenset()


def _state(workspace: Workspace, name: str) -> _State:
    with workspace.store() as store:
        if store.models.find(name) is None:
            return _State()
        return _State(
            known=True,
            versions=len(store.versions.list(name, include_archived=True)),
            serves=store.production.live(name) is not None,
            suggested=any(r.why.startswith("suggested") for r in store.requirements.history(name)),
            weeks=frozenset(
                run.as_of
                for run in store.runs.page(name, kind="nowtest", limit=1000).rows
                if run.verdict is not None  # one that was interrupted is made again
            ),
            checks=frozenset(store.runs.last_per_check(name)),
        )


def _weeks() -> Iterator[str]:
    day = FIRST_WEEK
    while day <= LAST_WEEK:
        yield day.isoformat()
        day += NIGHT


def _suggesting(workspace: Workspace, name: str) -> Callable[[], object]:
    """What v1 had shown by summer becomes the baseline that autumn is held against."""
    return lambda: requirements.suggest(workspace, name, 1, as_of=BASELINE_AS_OF, apply=True)


def _training(workspace: Workspace, name: str, recipe: Recipe) -> Callable[[], Run]:
    arguments = {"parameters": dict(recipe.parameters), "until": recipe.until}
    return lambda: _run(workspace, name, "train", arguments)


def _challenging(workspace: Workspace, name: str, version: int) -> Callable[[], Run]:
    return lambda: _run(workspace, name, "challenge", {"version": version, "seconds": STRESS_SECONDS})


def _swapping(workspace: Workspace, story: Story) -> Callable[[], object]:
    return lambda: production.swap(workspace, story.name, 1, reason=story.reason, force=story.force)


def _running(workspace: Workspace, name: str, kind: str, as_of: str | None = None) -> Callable[[], Run]:
    return lambda: _run(workspace, name, kind, {}, as_of)


def _run(
    workspace: Workspace, name: str, kind: str, arguments: Mapping[str, Any], as_of: str | None = None
) -> Run:
    errors: list[IncumbentError] = []
    run = run_here(workspace, name, kind, arguments, why=WHY, as_of=as_of, on_error=errors.append)
    if errors:
        raise errors[0]
    if run.state != "done":
        raise WorkError(
            f"run {run.id} ({kind} of {name}) is {run.state}", hint=f"incumbent run show {run.id}"
        )
    return run
