"""Which versions a check runs through a staged site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.checks.subjects import BASELINE
from incumbent.errors import RefusedError
from store.records import Version

if TYPE_CHECKING:
    from core.runs import RunContext


def runnable_versions(context: RunContext) -> list[Version]:
    """The versions named in the run's ``versions``, else champion, challenger and every candidate.

    With ``serving`` (true) only the champion: unlike one that is named, its verdict is a word on production.
    Columns of recorded predictions cannot be run and are left out unless they are named.

    Raises
    ------
    UsageError
        For a version that there is not.
    RefusedError
        Where there is no version that can be run.
    """
    store, model = context.store, str(context.run.model)
    numbers = context.run.arguments.get("versions")
    if numbers:
        return [store.versions.get(model, number) for number in dict.fromkeys(numbers)]
    live = store.production.live(model)
    if context.run.arguments.get("serving") and live and live.champion is not None:
        return [store.versions.get(model, live.champion)]
    serving = {n for n in (live.champion, live.challenger) if n is not None} if live else set()
    found = {v.number: v for v in store.versions.list(model) if v.number != BASELINE}
    for number in serving - found.keys():  # archived, and serving all the same
        found[number] = store.versions.get(model, number)
    chosen = [v for v in found.values() if v.algorithm != "recorded"]
    if not chosen:
        raise RefusedError(
            f"{model} has no version that can be run",
            hint=f"make one: `incumbent version train {model}`, or `incumbent version register {model} FILE`",
        )
    return sorted(chosen, key=lambda v: v.number)
