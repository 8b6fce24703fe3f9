"""Models: applied from a spec file, shown, exported, renamed, archived, deleted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.metrics import check_metrics, custom_metrics, resolve
from core.metrics.custom import PREFIX
from core.person import person
from core.requirements.keeping import check_reach
from core.requirements.lowering import need_reason, weakenings
from core.spec import ModelSpec, dump, load
from core.traffic.places import copied_rows, home_of
from core.wording import requirement_words
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from core.metrics.catalogue import Task
    from core.spec import RequirementSpec
    from store import Store
    from store.records import Requirement


def apply(workspace: Workspace, path: str | Path, who: str | None = None, reason: str = "") -> dict[str, Any]:
    """Create or update the model that a spec file describes.

    The requirements in the file are set, with history; those that an earlier state of the file had set and
    that are gone from it are taken away. A new model gets a sensible night.

    Parameters
    ----------
    reason : str
        Why; needed where the file asks less than stands.

    Returns
    -------
    dict
        ``model``, ``revision``, ``created`` and ``changed`` (the keys that differ from the revision before).

    Raises
    ------
    UsageError
        With every mistake in the file.
    RefusedError
        For a requirement that asks less than before, without a reason.
    """
    path = Path(path)
    spec = load(path).relative_to(path.absolute().parent, workspace.root)
    return apply_spec(workspace, spec, who or person(), f"applied {path.name}", reason)


def apply_spec(workspace: Workspace, spec: ModelSpec, who: str, why: str, reason: str = "") -> dict[str, Any]:
    """Create or update a model from a spec whose paths are relative to the workspace."""
    from core.schedules import default_night

    check_spec(spec, workspace.root)
    with workspace.store() as store, store.transaction():
        before = store.models.find(spec.name)
        old = None if before is None else _spec(store, spec.name)
        revision = store.models.apply(spec.name, spec.document(), who, why)
        changed = _changed(old, spec)
        _set_requirements(workspace, store, spec, old, who, reason)
        if changed:
            store.journal.add(
                who,
                "model.apply",
                f"{spec.name}: {', '.join(changed) if old else 'new'}",
                model=spec.name,
                detail={"revision": revision.number, "changed": changed},
            )
    if before is None:
        default_night(workspace, spec.name)
    elif {"key", "private", "log", "time", "group", "weight", "partition", "requirements"} & set(changed):
        from core.publishing import tell_sites

        with workspace.store() as store:  # what is private is private at once, and everywhere
            tell_sites(workspace, store, spec.name)
    return {
        "model": spec.name,
        "name": spec.name,
        "revision": revision.number,
        "created": before is None,
        "changed": changed,
    }


def check_spec(spec: ModelSpec, root: Path) -> None:
    """What a spec says of metrics must make sense for its task.

    Parameters
    ----------
    spec : ModelSpec
    root : Path
        What its paths are relative to.

    Raises
    ------
    UsageError
        Naming the metric and what fits instead.
    """
    custom = custom_metrics(spec, root)
    names = [spec.metric, *(r.metric for r in spec.requirements)]
    tasks: list[Task] = ["regression"] if spec.task == "regression" else ["binary", "multiclass"]
    if spec.positive is not None and spec.task == "classification":
        tasks = ["binary"]
    for name in names:
        problems = []
        for task in tasks:
            try:
                check_metrics([name], task, custom)
            except UsageError as error:
                problems.append(error)
        if len(problems) == len(tasks):
            raise problems[0]
    for r in spec.requirements:
        check_reach(resolve(r.metric, custom), min=r.min, max=r.max, mean=r.mean, range=r.range)
    if resolve(spec.metric, custom).kind == "custom" and resolve(spec.metric, custom).direction == "none":
        raise UsageError(
            f"{spec.metric} cannot be the primary metric: nobody says whether more of it is better",
            hint=f"say it in {Path(custom.path).name}: GREATER_IS_BETTER = "
            f'{{"{spec.metric.removeprefix(PREFIX)}": True}}',
        )


def first_step(workspace: Workspace, model: str) -> str:
    """The command that makes the first version of a model."""
    with workspace.store() as store:
        trains = _spec(store, model).pipeline is not None
    return f"incumbent version train {model}" if trains else f"incumbent version register {model} FILE"


def show(workspace: Workspace, model: str) -> dict[str, Any]:
    """A model with its spec, versions, requirements and what serves."""
    from core.versions import list_versions

    with workspace.store() as store:
        found = store.models.get(model)
        revision = store.models.revision(model)
        live = store.production.live(model)
        requirements = store.requirements.live(model)
    return {
        "name": found.name,
        "model": found.name,
        "created": found.created,
        "archived": found.archived,
        "revision": revision.number,
        "spec": dict(revision.document),
        "champion": live.champion if live else None,
        "requirements": len(requirements),
        "versions": [
            {"version": v["version"], "state": v["state"], "algorithm": v["algorithm"]}
            for v in list_versions(workspace, model)
        ],
    }


def listing(workspace: Workspace, include_archived: bool = False) -> list[dict[str, Any]]:
    """The models, with what serves."""
    with workspace.store() as store:
        live = {r.model: r.champion for r in store.production.all_live("local")}
        rows = []
        for model in store.models.list(include_archived):
            spec = _spec(store, model.name)
            rows.append(
                {
                    "name": model.name,
                    "task": spec.task,
                    "target": spec.target,
                    "metric": spec.metric,
                    "champion": live.get(model.name),
                    "versions": len(store.versions.list(model.name)),
                    "revision": model.revision,
                    "archived": model.archived,
                }
            )
        return rows


def export(workspace: Workspace, model: str) -> str:
    """The model's spec as TOML, with the requirements that stand; applying it again changes nothing."""
    from dataclasses import replace

    from core.spec import RequirementSpec

    with workspace.store() as store:
        spec = _spec(store, model)
        live = store.requirements.live(model)
    requirements = tuple(RequirementSpec(r.metric, r.min, r.max, r.mean, r.range, r.segment) for r in live)
    return dump(replace(spec, requirements=requirements))


def rename(workspace: Workspace, model: str, new: str, who: str | None = None) -> dict[str, Any]:
    """Give a model another name; its history goes with it.

    Raises
    ------
    RefusedError
        While it is in production: the published folder carries its name.
    """
    from dataclasses import replace

    with workspace.store() as store, store.transaction():
        spec = _spec(store, model)
        _refuse_while_serving(store, model, "renamed")
        renamed = ModelSpec.from_document(replace(spec, name=new).document(), "rename")
        store.models.rename(model, new)
        if home_of(workspace, model).is_dir():
            home_of(workspace, model).rename(home_of(workspace, new))
        shutil.rmtree(copied_rows(workspace, model), ignore_errors=True)
        store.models.apply(new, renamed.document(), who or person(), f"renamed from {model}")
        store.journal.add(
            who or person(),
            "model.rename",
            f"{model} → {new}",
            model=new,
            undo={"action": "model.rename", "arguments": {"model": new, "new": model}},
        )
    return {"name": new, "model": new, "was": model}


def archive(workspace: Workspace, model: str, who: str | None = None) -> dict[str, Any]:
    """Take a model out of the overview and the night; everything is kept."""
    with workspace.store() as store, store.transaction():
        store.models.get(model)
        _refuse_while_serving(store, model, "archived")
        found = store.models.archive(model)
        store.journal.add(
            who or person(),
            "model.archive",
            model,
            model=model,
            undo={"action": "model.unarchive", "arguments": {"model": model}},
        )
    return {"name": model, "model": model, "archived": found.archived}


def unarchive(workspace: Workspace, model: str, who: str | None = None) -> dict[str, Any]:
    """Bring an archived model back."""
    with workspace.store() as store, store.transaction():
        store.models.get(model)
        store.models.unarchive(model)
        store.journal.add(who or person(), "model.unarchive", model, model=model)
    return {"name": model, "model": model, "archived": None}


def delete(workspace: Workspace, model: str, confirmed: str | None, who: str | None = None) -> dict[str, Any]:
    """Delete a model with its whole history. Its data files and published folders stay.

    Parameters
    ----------
    confirmed : str
        The model's name once more.

    Raises
    ------
    RefusedError
        Without the name, or while it is in production.
    """
    with workspace.store() as store, store.transaction():
        store.models.get(model)
        if confirmed != model:
            raise RefusedError(
                f"deleting {model} takes its versions, measurements and history for ever",
                hint=f"say its name to go ahead: incumbent model delete {model} --yes {model}",
            )
        _refuse_while_serving(store, model, "deleted")
        store.journal.add(who or person(), "model.delete", model, model=model)
        store.models.delete(model)
        for logged in (home_of(workspace, model), copied_rows(workspace, model)):
            shutil.rmtree(logged, ignore_errors=True)
    return {"name": model, "model": model, "deleted": True}


def _refuse_while_serving(store: Store, model: str, what: str) -> None:
    serving = [r.site for r in store.production.all_live() if r.model == model and r.champion is not None]
    if serving:
        raise RefusedError(
            f"{model} is in production at {', '.join(serving)} and cannot be {what}",
            hint="software reads its published folder by this name",
        )


def _spec(store: Store, model: str) -> ModelSpec:
    return ModelSpec.from_document(store.models.revision(model).document, model)


def _changed(old: ModelSpec | None, new: ModelSpec) -> list[str]:
    before = {} if old is None else old.document()
    after = new.document()
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _set_requirements(
    workspace: Workspace, store: Store, spec: ModelSpec, old: ModelSpec | None, who: str, reason: str
) -> None:
    """What the file says of requirements, where it says something new.

    A line that stands in the file as it did before is no news: a limit that was raised elsewhere since (by
    hand, by the ratchet) stays raised.
    """
    before = {_key(r): r for r in (old.requirements if old else ())}
    live = {(r.metric, r.segment): r for r in store.requirements.live(spec.name)}
    news = [r for r in spec.requirements if before.get(_key(r)) != r or _key(r) not in live]
    gone = [live[key] for key in before.keys() - set(map(_key, spec.requirements)) if key in live]
    need_reason("the file", _lowered(workspace, spec, news, gone, live), reason)
    for r in news:
        store.requirements.set(
            spec.name, r.metric, r.segment, min=r.min, max=r.max, mean=r.mean, range=r.range, who=who,
            why=reason or "spec",
        )  # fmt: skip
    for requirement in gone:
        store.requirements.unset(
            spec.name, requirement.metric, requirement.segment, who=who, why=reason or "gone from the spec"
        )


def _key(r: RequirementSpec) -> tuple[str, str | None]:
    return r.metric, r.segment


def _lowered(
    workspace: Workspace,
    spec: ModelSpec,
    news: Sequence[RequirementSpec],
    gone: Sequence[Requirement],
    live: Mapping[tuple[str, str | None], Requirement],
) -> list[str]:
    """What the file would ask less of than stands, in words."""
    custom = custom_metrics(spec, workspace.root)
    found = []
    for r in news:
        standing = live.get(_key(r))
        if standing is not None:
            weaker = weakenings(standing, r, resolve(r.metric, custom).direction)
            found += [f"{r.metric} {what}" for what in weaker]
    return [*found, *(f"{requirement_words(r)} taken away" for r in gone)]
