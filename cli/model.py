"""``incumbent model``: models and their specs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text

app = group("Models and their specs.")

Name = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]


@command(app, "apply")
def apply(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The spec: a TOML file.")],
    reason: Annotated[
        str,
        typer.Option("--reason", "--why", metavar="WHY", help="Why, where it asks less than before."),
    ] = "",
) -> Answer:
    """Create or update the model that a spec file describes."""
    from core import models

    found = models.apply(context.workspace, file, reason=reason)
    name = found["model"]
    if found["created"]:
        text = f"{name} is new. Next: {models.first_step(context.workspace, name)}"
    elif found["changed"]:
        text = f"{name}: revision {found['revision']}, changed {', '.join(found['changed'])}"
    else:
        text = f"{name} is unchanged"
    return Answer(found, text)


@command(app, "list")
def list_models(
    context: Context,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
) -> Answer:
    """The models, and what serves."""
    from core import models

    rows = models.listing(context.workspace, archived)
    if not rows:
        return Answer(rows, "There is no model yet. Write a spec and apply it: incumbent model apply FILE")
    shown = [
        [
            r["name"],
            r["task"],
            r["target"],
            r["metric"],
            None if r["champion"] is None else f"v{r['champion']}",
            r["versions"],
        ]
        for r in rows
    ]
    headers = ["MODEL", "TASK", "TARGET", "METRIC", "SERVES", "VERSIONS"]
    return Answer(rows, lambda: print_table(headers, shown, right=[5]))


@command(app, "show")
def show(context: Context, model: Name) -> Answer:
    """A model with its spec, versions and what serves."""
    from core import models

    found = models.show(context.workspace, model)
    return Answer(found, lambda: _print(found))


@command(app, "export")
def export(context: Context, model: Name) -> Answer:
    """The model's spec as TOML, with the requirements that stand."""
    from core import models

    text = models.export(context.workspace, model)
    return Answer({"name": model, "toml": text}, text)


@command(app, "rename")
def rename(
    context: Context, model: Name, new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]
) -> Answer:
    """Give a model another name."""
    from core import models

    return Answer(models.rename(context.workspace, model, new), f"{model} is now {new}")


@command(app, "archive")
def archive(
    context: Context,
    model: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back.")] = False,
) -> Answer:
    """Take a model out of the overview and the night; everything is kept."""
    from core import models

    if undo:
        return Answer(models.unarchive(context.workspace, model), f"{model} is back")
    return Answer(models.archive(context.workspace, model), f"{model} is archived (--undo brings it back)")


@command(app, "delete")
def delete(
    context: Context,
    model: Name,
    yes: Annotated[str | None, typer.Option("--yes", metavar="NAME", help="The name once more.")] = None,
) -> Answer:
    """Delete a model with its whole history."""
    from core import models

    return Answer(models.delete(context.workspace, model, yes), f"{model} is deleted")


def _print(found: dict[str, Any]) -> None:
    spec = found["spec"]
    print_text(f"{found['name']}: {spec['task']} of {spec['target']}, metric {spec['metric']}")
    serves = "nothing" if found["champion"] is None else f"v{found['champion']}"
    print_text(f"serves {serves}; {found['requirements']} requirements; spec revision {found['revision']}")
    print_table(
        ["VERSION", "STATE", "ALGORITHM"],
        [[v["version"] or "baseline", v["state"], v["algorithm"]] for v in found["versions"]],
    )
