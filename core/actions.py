"""Everything that a person can do to a workspace, once: its name, how dangerous it is, how it is undone.

Bindings, palette, help, confirmations and ``docs/KEYS.md`` come from this registry; each action names the
command that does the same. An action is done by :func:`perform`, which finds its function by name.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core import errand
from core.person import person
from incumbent.errors import RefusedError, UsageError
from store.records import JournalEntry

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

Danger = Literal["safe", "reversible", "dangerous", "irreversible"]
Ask = Literal["reason", "new", "cron", "limits", "duration", "to", "site", "note"]


@dataclass(frozen=True)
class Action:
    """One thing that can be done.

    Parameters
    ----------
    id : str
        As the journal writes it.
    label : str
        A few words, beginning with the verb.
    help : str
        One sentence.
    key : str
        In the panel; ``"x s"`` is x, then s. Empty: only in the palette.
    needs : tuple of str
        What must be selected: ``model``, ``version``, ``versions`` (two), ``run``, ``alert``, ``check`` (a
        schedule's), ``metric`` (a requirement's), ``case``, ``spot`` (a weak one of an edge test), ``trial``
        (the one that runs).
    danger : str
        "safe" changes nothing that serves, "reversible" is done at once and undone by ``u``, "dangerous"
        asks, "irreversible" asks for the name.
    undo : str
        The action that takes it back; empty if none does.
    cli : str
        The command that does the same.
    handler : str
        ``module:function``; called with the workspace and the arguments as keywords.
    asks : tuple of str
        What a person is asked before.
    apart : bool
        Done in a process of its own (:mod:`core.errand`), because it loads models.
    """

    id: str
    label: str
    help: str
    key: str
    needs: tuple[str, ...]
    danger: Danger
    undo: str
    cli: str
    handler: str
    asks: tuple[Ask, ...] = ()
    apart: bool = False


def _run(kind: str, label: str, help: str, key: str, cli: str, needs: tuple[str, ...] = ("model",)) -> Action:
    return Action(kind, label, help, key, needs, "safe", "run.cancel", cli, "core.actions:queue")


ACTIONS: tuple[Action, ...] = (
    _run("check.nowtest", "Now-test", "Judge production on the newest labelled rows.", "r n",
         "incumbent check nowtest {model}"),
    _run("check.backtest", "Back-test", "Judge all candidates over the history.", "r b",
         "incumbent check backtest {model}"),
    _run("check.drift", "Drift check", "Hold the newest rows against training.", "r d",
         "incumbent check drift {model}"),
    _run("check.regression", "Regression check", "Run every case through what production runs.", "r g",
         "incumbent check regression {model}"),
    _run("check.edge", "Edge test", "Ask for rows that training never had.", "r e",
         "incumbent check edge {model}"),
    _run("check.stress", "Stress test", "Many times the load that is expected.", "r l",
         "incumbent check stress {model}"),
    _run("check.software", "Software test", "Run your own tests against each version.", "r w",
         "incumbent check software {model}"),
    _run("check.challenge", "Challenge", "Every check, against the champion.", "r c",
         "incumbent challenge {model} {version}", ("model", "version")),
    _run("version.train", "Train a version", "As the model's pipeline file says.", "r t",
         "incumbent version train {model}"),
    _run("version.reproduce", "Reproduce the version", "Train it again: is it identical?", "r p",
         "incumbent version reproduce {model} {version}", ("model", "version")),
    _run("version.diff", "Compare two versions", "What changed between them, down to decisions.", "c",
         "incumbent version diff {model} {a} {b}", ("model", "versions")),
    Action("schedule.run", "Run it now", "Queue what it does, beside its times.", "r r",
           ("model", "check"), "safe", "run.cancel", "incumbent schedule run {model} {check}",
           "core.schedules:run_now"),
    Action("run.cancel", "Cancel the run", "What it has finished stays.", "x c",
           ("run",), "dangerous", "", "incumbent run cancel {run}", "core.actions:cancel"),
    Action("report.run", "Write the run's report", "One HTML file, whole by itself.", "r o", ("run",),
           "safe", "", "incumbent report {run} --out report.html", "core.report:keep_run"),
    Action("report.week", "Write the week's report", "The last seven days as one HTML file.", "r y",
           ("model",), "safe", "", "incumbent report {model} --out week.html", "core.report:keep_week"),
    Action("production.swap", "Swap production", "Put this version in production; live at once.", "x s",
           ("model", "version"), "dangerous", "production.rollback",
           "incumbent production swap {model} {version} --site {site} --reason {reason}",
           "core.actions:swap", ("reason",), apart=True),
    Action("production.rollback", "Roll back production", "Go back to the last other champion.",
           "x r", ("model",), "dangerous", "production.rollback",
           "incumbent production rollback {model} --site {site} --reason {reason}",
           "core.production:rollback", ("reason",), apart=True),
    Action("production.publish", "Publish to a site", "Copy what local runs to another site.", "x p",
           ("model",), "dangerous", "production.rollback",
           "incumbent production publish {model} --site {site}", "core.production:publish", ("site",),
           apart=True),
    Action("production.fallback", "Edit the fallback chain", "Who answers where the champion cannot.", "x f",
           ("model",), "dangerous", "production.rollback",
           "incumbent production fallback {model} --site {site} --reason {reason}",
           "core.production:set_fallback", ("reason",), apart=True),
    Action("production.limits", "Edit limits", "Input policy, budgets, a failed now-test.", "x l",
           ("model",), "dangerous", "production.rollback",
           "incumbent production limits {model} --site {site} --reason {reason}",
           "core.production_limits:edit", ("reason",), apart=True),
    Action("production.rule", "Add a rule", "A fixed answer for rows that it holds for.", "x w", ("model",),
           "dangerous", "production.rollback",
           "incumbent production limits {model} --add-rule {when} --answer {answer} --site {site} "
           "--reason {reason}", "core.rules:add", ("reason",), apart=True),
    Action("production.restore", "Restore the champion", "It answers again after it was set aside.", "x e",
           ("model",), "dangerous", "production.rollback",
           "incumbent production limits {model} --restore --site {site} --reason {reason}",
           "core.production_limits:restore", ("reason",), apart=True),
    Action("trial.start", "Try a version out", "Beside the champion: in shadow, or on a share.", "x t",
           ("model", "version"), "dangerous", "trial.stop",
           "incumbent trial start {model} {version} --reason {reason}", "core.actions:start_trial",
           ("reason",), apart=True),
    Action("trial.accept", "Accept the trial", "It becomes champion, through the gate.", "x v",
           ("model", "trial"), "dangerous", "production.rollback",
           "incumbent trial accept {model} --reason {reason}", "core.actions:accept_trial", ("reason",),
           apart=True),
    Action("trial.stop", "Stop the trial", "The champion answers everything again.", "x o",
           ("model", "trial"), "dangerous", "", "incumbent trial stop {model} --reason {reason}",
           "core.actions:stop_trial", ("reason",), apart=True),
    Action("trial.note", "Note on the trial", "What somebody says of it, perhaps at a site.", "",
           ("model", "trial"), "safe", "", "incumbent trial note {model} {note}",
           "core.actions:note_on_trial", ("note",), apart=True),
    Action("require.set", "Set a requirement", "Say what a metric must keep.", "i", ("model",), "reversible",
           "require.unset", "incumbent require set {model} {metric} …", "core.actions:require", ("limits",)),
    Action("require.unset", "Take a requirement away", "It binds no more; its history stays.", "x u",
           ("model", "metric"), "dangerous", "require.set",
           "incumbent require unset {model} {metric} --segment {segment} --reason {reason}",
           "core.actions:unset_requirement", ("reason",)),
    Action("require.suggest", "Suggest requirements", "Limits that the version kept; sets them.", "r s",
           ("model",), "reversible", "require.unset", "incumbent require suggest {model} --apply",
           "core.actions:suggest", apart=True),
    Action("require.ratchet", "Raise requirements", "By what the champion has surely gained.", "r k",
           ("model",), "dangerous", "require.set", "incumbent require ratchet {model} --yes",
           "core.actions:ratchet", apart=True),
    Action("schedule.set", "Edit the times", "When it runs by itself: five cron fields.", "i",
           ("model", "check"), "reversible", "schedule.set",
           "incumbent schedule set {model} {check} {cron}", "core.schedules:set_schedule", ("cron",)),
    Action("schedule.pause", "Pause the schedule", "It rings no more until it is resumed.", "a",
           ("model", "check"), "reversible", "schedule.resume",
           "incumbent schedule pause {model} {check}", "core.schedules:pause"),
    Action("schedule.resume", "Resume the schedule", "It rings again from its next time on.", "a",
           ("model", "check"), "reversible", "schedule.pause",
           "incumbent schedule resume {model} {check}", "core.schedules:resume"),
    Action("schedule.remove", "Remove the schedule", "Forget it; its runs stay.", "x d", ("model", "check"),
           "dangerous", "schedule.set", "incumbent schedule remove {model} {check}", "core.schedules:remove"),
    Action("alert.acknowledge", "Acknowledge the alert", "Somebody knows: it notifies no more.", "a",
           ("alert",), "reversible", "alert.unacknowledge", "incumbent alert ack {alert}",
           "core.alerts:acknowledge"),
    Action("alert.unacknowledge", "Take the acknowledgement back", "It notifies again.", "", ("alert",),
           "reversible", "alert.acknowledge", "incumbent alert ack {alert} --undo",
           "core.alerts:unacknowledge"),
    Action("alert.snooze", "Snooze the alert", "Silent for a while; 0 lets it speak again.", "n", ("alert",),
           "reversible", "alert.snooze", "incumbent alert snooze {alert} {duration}", "core.alerts:snooze",
           ("duration",)),
    Action("alert.mute", "Mute the model", "Nothing of it notifies; alerts still open.", "m",
           ("model",), "reversible", "alert.unmute", "incumbent alert mute {model}", "core.alerts:mute"),
    Action("alert.unmute", "Unmute the model", "It notifies again.", "m", ("model",), "reversible",
           "alert.mute", "incumbent alert mute {model} --undo", "core.alerts:unmute"),
    Action("version.archive", "Archive the version", "Out of listings and checks; its bundle stays.", "x a",
           ("model", "version"), "dangerous", "version.unarchive",
           "incumbent version archive {model} {version}", "core.actions:archive_version", apart=True),
    Action("version.unarchive", "Bring the version back", "Into listings and checks again.", "",
           ("model", "version"), "reversible", "version.archive",
           "incumbent version archive {model} {version} --undo", "core.actions:unarchive_version",
           apart=True),
    Action("inbox.accept", "Make it a case", "A surprising row becomes a case, with a note.", "a",
           ("model", "entry"), "reversible", "inbox.reopen",
           "incumbent case inbox {model} --accept {entry} --note {reason}", "core.inbox:accept", ("reason",)),
    Action("inbox.dismiss", "Dismiss it", "Never mind the row; it does not come back.", "d",
           ("model", "entry"), "reversible", "inbox.reopen",
           "incumbent case inbox {model} --dismiss {entry}", "core.inbox:dismiss"),
    Action("inbox.reopen", "Let it wait again", "Take back what was decided about a row.", "",
           ("model", "entry"), "reversible", "", "incumbent case inbox {model} --reopen {entry}",
           "core.inbox:reopen"),
    Action("edge.case", "Make it a case", "What the edge test found binds every version.", "a",
           ("model", "spot"), "reversible", "case.remove",
           "incumbent case add {model} --from-run {run} --entry {entry} --note {note}",
           "core.cases:add_from_run", ("note",), apart=True),
    Action("case.remove", "Remove the case", "Test with it no more; it stays on record.", "x d",
           ("model", "case"), "dangerous", "case.restore", "incumbent case remove {model} {case}",
           "core.cases:remove"),
    Action("case.restore", "Bring the case back", "Test with it again.", "", ("model", "case"), "reversible",
           "case.remove", "incumbent case restore {model} {case}", "core.cases:restore"),
    Action("case.review", "I have looked at it", "It is still right: ask again in a quarter.", "a",
           ("model", "case"), "safe", "", "incumbent case review {model} {case}", "core.cases:review"),
    Action("case.accept", "Accept changed answers", "Failed golden cases expect what it answers now.", "x k",
           ("model",), "dangerous", "case.accept", "incumbent case accept {model} --yes", "core.cases:accept",
           apart=True),
    Action("model.rename", "Rename the model", "Its history and its files stay.", "", ("model",),
           "reversible", "model.rename", "incumbent model rename {model} {new}", "core.models:rename",
           ("new",)),
    Action("model.archive", "Archive the model", "Out of the overview; nothing is lost.", "x h", ("model",),
           "dangerous", "model.unarchive", "incumbent model archive {model}", "core.models:archive"),
    Action("model.unarchive", "Bring the model back", "Into the overview again.", "", ("model",),
           "reversible", "model.archive", "incumbent model archive {model} --undo", "core.models:unarchive"),
    Action("model.delete", "Delete the model", "With all its history, for ever.", "x d", ("model",),
           "irreversible", "", "incumbent model delete {model}", "core.models:delete"),
)  # fmt: skip

#: What the command line alone does; its undo is done from here as well.
_ELSEWHERE = {
    "site.add": "core.sites:add",
    "site.remove": "core.sites:remove",
    "notify.add": "core.notify:add",
    "notify.remove": "core.notify:remove",
}

_BY_ID = {action.id: action for action in ACTIONS}


def find(action_id: str) -> Action:
    """An action by its id.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> find("production.swap").danger
    'dangerous'
    """
    try:
        return _BY_ID[action_id]
    except KeyError:
        raise UsageError(f"there is no action {action_id!r}") from None


def command(action: Action, arguments: Mapping[str, Any]) -> str:
    """The command line that does the same.

    Examples
    --------
    >>> command(find("production.swap"), {"model": "air_time", "version": 5, "reason": "holds since April"})
    "incumbent production swap air_time 5 --reason 'holds since April'"
    """
    words: list[str] = []
    for word in action.cli.split():
        if not word.startswith("{"):
            words.append(word)
            continue
        value = arguments.get(word[1:-1])
        default = word == "{site}" and value in (None, "local")
        if value is None or value == "" or default:
            if words[-1].startswith("--"):
                words.pop()
            continue
        words.append(shlex.quote(str(value)))
    return " ".join(words)


def perform(workspace: Workspace, action_id: str, arguments: Mapping[str, Any]) -> Any:
    """Do an action.

    Parameters
    ----------
    arguments : mapping
        Keywords of the action's function.

    Returns
    -------
    object
        What the function returns; plain data where it was done in a process of its own.

    Raises
    ------
    IncumbentError
        As the function does.
    """
    action = find(action_id)
    if action.handler == "core.actions:queue":
        arguments = {"action": action_id, **arguments}
    do = errand.send if action.apart else errand.call
    return do(action.handler, workspace, arguments)


def undoable(workspace: Workspace) -> JournalEntry | None:
    """The latest thing that can be taken back and has not been; what took something back is left alone,
    so that undoing twice goes two steps back."""
    with workspace.store() as store:
        return _undoable(store)


def undo(workspace: Workspace, entry: int | None = None) -> JournalEntry:
    """Take back the latest reversible action, or the one that a journal entry tells of.

    Returns
    -------
    JournalEntry
        The entry that was undone.

    Raises
    ------
    RefusedError
        If there is nothing to undo.
    """
    with workspace.store() as store:
        found = _undoable(store) if entry is None else store.journal.get(entry)
        if found is None or found.undo is None:
            raise RefusedError(
                "there is nothing to undo" if found is None else f"{found.action} cannot be undone",
                hint="the journal of a model shows what was done",
            )
        if found.undone_by is not None:
            raise RefusedError(f"{found.action} of {found.subject} has been undone already")
    arguments = dict(found.undo["arguments"])
    if str(found.undo["action"]) == "production.rollback":
        arguments["reason"] = f"undo of {found.subject}"
    if str(found.undo["action"]) in ("require.set", "require.unset"):
        said = "why" if found.undo["action"] == "require.set" else "reason"
        arguments[said] = f"undo of {found.subject}"
    if (elsewhere := _ELSEWHERE.get(str(found.undo["action"]))) is not None:
        errand.send(elsewhere, workspace, arguments)
    else:
        perform(workspace, str(found.undo["action"]), arguments)
    with workspace.store() as store:
        later = [e.id for e in store.journal.page(limit=20).rows if e.id > found.id]
        return store.journal.mark_undone(found.id, later[0]) if later else found


def _undoable(store: Store) -> JournalEntry | None:
    latest: tuple[JournalEntry, ...] = store.journal.page(limit=200).rows
    took_back = {entry.undone_by for entry in latest}
    standing = (e for e in latest if e.undo and e.undone_by is None and e.id not in took_back)
    return next(standing, None)


# -- functions whose keywords are not those of the verbs below


def queue(workspace: Workspace, action: str, model: str, **arguments: Any) -> Any:
    """Queue a run of a check, a training or a comparison, and see that somebody works."""
    from core import runs, worker

    kind = action.partition(".")[2]
    given = {name: value for name, value in arguments.items() if value is not None}
    run = runs.submit(workspace, model, kind, given, why="asked in the panel")
    worker.start(workspace)
    return run


def cancel(workspace: Workspace, run: int) -> Any:
    """Ask a run to stop."""
    from core import runs

    return runs.cancel(workspace, run)


def swap(
    workspace: Workspace, model: str, version: int, reason: str, site: str = "local", force: bool = False
) -> Any:
    """Put a version in production."""
    from core import production

    return production.swap(workspace, model, version, site=site, reason=reason, force=force)


def start_trial(workspace: Workspace, model: str, version: int, **arguments: Any) -> Any:
    """Try a version out beside the champion."""
    from core import trial

    return trial.start(workspace, model, version, **arguments)


def accept_trial(workspace: Workspace, model: str, trial: int, reason: str, force: bool = False) -> Any:
    """Put the version on trial in production."""
    from core import trial as trials

    return trials.accept(workspace, model, version=_on_trial(workspace, trial), reason=reason, force=force)


def stop_trial(workspace: Workspace, model: str, trial: int, reason: str) -> Any:
    """End a trial by hand."""
    from core import trial as trials

    return trials.stop(workspace, model, version=_on_trial(workspace, trial), reason=reason)


def note_on_trial(workspace: Workspace, model: str, trial: int, note: str) -> Any:
    """Keep what somebody says of a trial."""
    from core import trial as trials

    return trials.note(workspace, model, note, version=_on_trial(workspace, trial))


def _on_trial(workspace: Workspace, trial: int) -> int:
    with workspace.store() as store:
        version: int = store.trials.get(trial).version
        return version


def require(workspace: Workspace, **arguments: Any) -> Any:
    """Set a requirement; a range may be a list, as JSON has it."""
    from core import requirements

    if arguments.get("range") is not None:
        arguments["range"] = tuple(arguments["range"])
    return requirements.set_requirement(workspace, **arguments)


def unset_requirement(
    workspace: Workspace, model: str, metric: str, segment: str | None = None, reason: str = ""
) -> Any:
    """Take a requirement away."""
    from core import requirements

    return requirements.unset(workspace, model, metric, segment=segment, why=reason)


def ratchet(workspace: Workspace, model: str) -> Any:
    """Raise requirements after an accepted swap."""
    from core import requirements

    return requirements.ratchet(workspace, model, apply=True)


def suggest(workspace: Workspace, model: str) -> Any:
    """Suggest requirements and set them."""
    from core import requirements

    return requirements.suggest(workspace, model, apply=True)


def archive_version(workspace: Workspace, model: str, version: int) -> Any:
    """Take a version out of listings."""
    from core import versions

    return versions.archive(workspace, model, version, who=person())


def unarchive_version(workspace: Workspace, model: str, version: int) -> Any:
    """Bring a version back."""
    from core import versions

    return versions.unarchive(workspace, model, version, who=person())
