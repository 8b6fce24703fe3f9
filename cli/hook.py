"""``incumbent hook``: the regression check before a git push."""

from __future__ import annotations

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_text

app = group("The regression check before a git push.")


@command(app, "install")
def install(context: Context) -> Answer:
    """Check every model that serves before a push; a hook that is there already is asked first."""
    from core import hook

    found = hook.install(context.workspace)
    kept = f"\nThe hook that was there is kept as {hook.KEPT} and asked first." if found.kept else ""
    text = f"{found.path} checks every model that serves before a push.{kept}\nNext: incumbent hook run"
    return Answer(found.document(), text)


@command(app, "uninstall")
def uninstall(context: Context) -> Answer:
    """Take the hook away, and put back what stood there before."""
    from core import hook

    found = hook.uninstall(context.workspace)
    return Answer(found.document(), "A push is not checked any more.")


@command(app, "status")
def status(context: Context) -> Answer:
    """Whether a push is checked."""
    from core import hook

    found = hook.status(context.workspace)
    if found.installed:
        text = f"A push is checked by {found.path}"
    elif found.other:
        text = f"A push is not checked: {found.path} is another hook. Next: incumbent hook install"
    else:
        text = "A push is not checked. Next: incumbent hook install"
    return Answer(found.document(), text)


@command(app, "run")
def run(context: Context) -> Answer:
    """What the hook does: the regression check of every model that serves."""
    from core import hook

    runs = hook.check_all(context.workspace)
    rows = [{"model": r.model, "verdict": r.verdict, "note": r.note, "run": r.id} for r in runs]
    codes = [exits.UNDONE if r.state != "done" else exits.of_verdict(r.verdict) for r in runs]

    def show() -> None:
        for each in runs:
            print_text(f"{each.verdict or each.state}  {each.model}: {each.note}")
        if not runs:
            print_text("no model serves: nothing to check")
        elif any(codes):
            print_text("the push is stopped; `git push --no-verify` pushes all the same")

    return Answer(rows, show, max(codes, default=exits.DONE))
