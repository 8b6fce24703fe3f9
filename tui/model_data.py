"""What is read of a model, for the tab of it that is shown. Called in threads; touches no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core import history, status
from store.records import Run, Version
from tui.model_rows import run_row
from tui.plotting import Chosen
from tui.tabs import ModelData, Shown, Tab

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Challenges that are looked through for the newest of each version.
_CHALLENGES = 50


def first_model(store: Store) -> str | None:
    """The model that is shown where none was chosen."""
    models = store.models.list()
    return models[0].name if models else None


def read_model(
    workspace: Workspace,
    store: Store,
    name: str,
    tab: str,
    tabs: Mapping[str, Tab],
    chosen: Chosen,
    focus: Version | None,
) -> ModelData:
    """What every tab needs, and what this one does.

    Parameters
    ----------
    focus : Version or None
        Whose lineage is read on that tab; None for the version that the status shows.
    """
    found = ModelData(
        name,
        tab,
        status.read(workspace, store, name).models[0],
        store.versions.list(name, include_archived=True, include_baseline=True),
        history.backtest_pictures(store, name),
        better=status.better_versions(store, name),
        trial=next(iter(store.trials.running(name)), None),
    )
    more: dict[str, Any] = {}
    if tab in tabs:
        more = {"shown": tabs[tab].fetch(workspace, store, found)}
    elif tab == "nowtests":
        page = store.runs.page(name, "nowtest")
        picture = history.nowtest_picture(store, name, chosen.metric(found), chosen.versions(found))
        shown = Shown(tuple(map(run_row, page.rows)), more=page.after is not None)
        more = {"shown": shown, "nowtests": picture}
    elif tab == "versions":
        more = {"challenges": _newest_challenges(store, name)}
    elif tab == "lineage":
        wanted = focus or next((v for v in found.versions if v.number == found.status.shown), None)
        more = {"lineage": history.lineage(workspace, wanted.hash) if wanted else {}, "read": wanted}
    return replace(found, **more)


def _newest_challenges(store: Store, model: str) -> dict[int, Run]:
    """The last challenge of each version that has ended, with what it found."""
    found: dict[int, Run] = {}
    for run in store.runs.page(model, kind="challenge", limit=_CHALLENGES).rows:
        number = run.arguments.get("version")
        if isinstance(number, int) and number not in found and run.state == "done":
            found[number] = store.runs.get(run.id)
    return found
