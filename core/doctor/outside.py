"""What the workspace depends on: data, interpreters, somebody who keeps the night, ways to tell people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.doctor.finding import Finding, problem
from core.leases import keeper_of
from core.present import present
from core.secrets import masked, resolve
from core.spec import ModelSpec
from incumbent.errors import IncumbentError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


def data(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether each model's data, pipeline and metrics files are there."""
    for spec in _specs(store):
        try:
            _reach(workspace, spec)
        except IncumbentError as error:
            yield problem(f"data of {spec.name}", error)
        for key, path in (("pipeline", spec.pipeline), ("metrics", spec.metrics)):
            if path is not None and not workspace.path(path).is_file():
                hint = f"put it back, or change `{key}` in the spec and apply it"
                yield Finding(spec.name, "problem", f"there is no {key} file {path}", hint)


def _reach(workspace: Workspace, spec: ModelSpec) -> None:
    """Find the data, without reading rows."""
    if spec.data is None:
        return
    if spec.data.path is not None:
        from core.data.locate import locate

        locate(spec.data.path, workspace.root)
    elif spec.data.url is not None:
        from core.data.sql import locate_query, query_columns

        query_columns(locate_query(spec.data.url, spec.data.query or "", workspace.root))


def interpreters(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether the interpreters that models name are there."""
    from core.runtime import interpreter

    for spec in _specs(store):
        try:
            interpreter(workspace, spec.python)
        except IncumbentError as error:
            yield problem(f"interpreter of {spec.name}", error)


def night(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether what is scheduled will ring."""
    ringing = [schedule for schedule in store.schedules.list() if not schedule.paused]
    if ringing and keeper_of(store, present()) is None:
        yield Finding(
            "night",
            "notice",
            f"nobody keeps the night: {len(ringing)} schedules do not ring",
            "incumbent daemon, or for good: incumbent daemon install",
        )


def deliveries(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether the people who are to be told can be told."""
    failing = {d.target: d for d in store.notify.page(unsent_only=True).rows if d.error}
    for target in store.notify.targets():
        subject = f"target {target.id} ({masked(target.url)})"
        hint = f"mend it, then try: incumbent notify test {target.id}"
        try:
            resolve(target.url)
        except IncumbentError as error:
            yield problem(subject, error)
            continue
        if target.id in failing:
            found = failing[target.id]
            times = "once" if found.tries == 1 else f"{found.tries} times"
            message = f"a delivery has failed {times}: {found.error}"
            yield Finding(subject, "problem", message, hint)


def _specs(store: Store) -> Iterator[ModelSpec]:
    for model in store.models.list():
        yield ModelSpec.from_document(store.models.revision(model.name).document, model.name)
