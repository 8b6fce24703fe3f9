"""Once a day the logs come home: rolled, pruned as the specs say, and trials looked at by what they say.

    python -m core.traffic.housekeeping --workspace PATH [--look]

With ``--look``, which is every hour's, only at trials whose versions answer callers.

A process of its own does it. Whoever keeps the night asks :func:`start_if_due` at every tick. What a killed
process left undone, the next one does; what is done costs nothing to do again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.reaching import away
from core.spec import ModelSpec
from core.traffic.locking import alone
from core.traffic.places import places
from core.trial import night
from incumbent.errors import IncumbentError, RefusedError
from incumbent.files import atomic_write

if TYPE_CHECKING:
    from core.traffic.rolling import Rolled
    from core.workspace import Workspace
    from store import Store

#: After the UTC day has ended: by then, every process has begun its next file, and the last one is at rest.
AFTER = timedelta(minutes=15)
#: How long a failed attempt is left alone.
AGAIN = timedelta(hours=1)
#: Between two looks at trials whose versions answer callers.
LOOK_AGAIN = timedelta(hours=1)
#: How much its priority yields to what a person does at the machine.
NICENESS = 10


def keep(workspace: Workspace, store: Store) -> dict[str, Any]:
    """Bring every model's log home and prune it.

    Returns
    -------
    dict
        ``predictions`` and ``outcomes`` that came home, ``pruned`` predictions, ``problems`` in words.
    """
    done: dict[str, Any] = {"predictions": 0, "outcomes": 0, "pruned": 0, "problems": []}
    for model in store.models.list(include_archived=True):
        try:
            rolled, pruned = keep_model(workspace, store, model.name)
        except (IncumbentError, OSError) as error:  # a site that is away must not keep the others waiting
            done["problems"].append(f"{model.name}: {error}")
            continue
        done["predictions"] += rolled.predictions
        done["outcomes"] += rolled.outcomes
        done["pruned"] += pruned
        done["problems"] += [f"{model.name}: {problem}" for problem in rolled.problems]
    return done


def keep_model(
    workspace: Workspace,
    store: Store,
    model: str,
    site: str | None = None,
    everything: bool = False,
) -> tuple[Rolled, int]:
    """Bring one model's log home and prune it; what came, and how many predictions were pruned.

    Parameters
    ----------
    site : str, optional
        Of this site alone.
    everything : bool
        What was written today, too.
    """
    from core.traffic.pruning import prune
    from core.traffic.rolling import Rolled, roll

    spec = ModelSpec.from_document(store.models.revision(model).document)
    rolled = Rolled()
    with alone(store, model):
        for place in places(workspace, store, model, site):
            rolled += roll(place, everything=everything)
            why = away(workspace, store, place.site)
            if why is not None and store.production.live(model, place.site) is not None:
                rolled += Rolled(problems=(why,))
        pruned = prune(places(workspace, store, model), spec.log.keep_days, spec.log.bytes)
    return rolled, pruned.predictions


def is_due(workspace: Workspace, store: Store, now: datetime) -> bool:
    """Whether logs lie at sites that should have come home since the last UTC day ended, or trials run."""
    if not _wanted(_marked(workspace), now):
        return False
    if night.is_due(store):
        return True
    names = [model.name for model in store.models.list(include_archived=True)]
    return any(place.files() for name in names for place in places(workspace, store, name))


def is_look_due(workspace: Workspace, store: Store, now: datetime) -> bool:
    """Whether trials whose versions answer callers have not been looked at for an hour."""
    looked = _marked(workspace).get("looked")
    waited = looked is None or now.astimezone(UTC) - datetime.fromisoformat(looked) >= LOOK_AGAIN
    return waited and night.is_due(store, answering=True)


def start_if_due(workspace: Workspace, store: Store, now: datetime) -> int | None:
    """Start a process that brings the logs home, or looks at trials, if that is due; its id."""
    moment = now.astimezone(UTC).isoformat()
    if is_due(workspace, store, now):
        _mark(workspace, {**_marked(workspace), "attempted": moment, "looked": moment})
        return _start(workspace)
    if is_look_due(workspace, store, now):
        _mark(workspace, {**_marked(workspace), "looked": moment})
        return _start(workspace, "--look")
    return None


def _start(workspace: Workspace, *options: str) -> int:
    workspace.logs.mkdir(parents=True, exist_ok=True)
    # -P: the workspace may hold a folder named like one of ours
    command = [sys.executable, "-P", "-m", "core.traffic.housekeeping", "--workspace", str(workspace.root)]
    command += options
    with (workspace.logs / "housekeeping.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=workspace.root,
            start_new_session=True,
        )
    _started[:] = [p for p in _started if p.poll() is None] + [process]
    return process.pid


def is_at_work() -> bool:
    """Whether a process that was started here is still at it."""
    return any(process.poll() is None for process in _started)


def last_kept(workspace: Workspace) -> str | None:
    """The UTC day on which the logs last came home."""
    day: str | None = _marked(workspace).get("day")
    return day


#: Processes that were started here: kept so that ended ones are reaped.
_started: list[subprocess.Popen[bytes]] = []


def _wanted(marked: dict[str, Any], now: datetime) -> bool:
    moment = now.astimezone(UTC)
    if marked.get("day") == (moment - AFTER).strftime("%Y-%m-%d"):
        return False
    attempted = marked.get("attempted")
    return attempted is None or moment - datetime.fromisoformat(attempted) >= AGAIN


def _marker(workspace: Workspace) -> Path:
    return workspace.marker / "traffic" / "housekeeping.json"


def _marked(workspace: Workspace) -> dict[str, Any]:
    try:
        found = json.loads(_marker(workspace).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _mark(workspace: Workspace, document: dict[str, Any]) -> None:
    path = _marker(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, (json.dumps(document) + "\n").encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """What ``python -m core.traffic.housekeeping`` does."""
    from core.workspace import Workspace

    parser = argparse.ArgumentParser(prog="core.traffic.housekeeping", description="Bring the logs home.")
    parser.add_argument("--workspace", required=True, help="folder of the workspace")
    parser.add_argument("--look", action="store_true", help="only look at trials that answer callers")
    asked = parser.parse_args(arguments)
    os.nice(NICENESS)
    try:
        workspace = Workspace.open(asked.workspace)
        day = (datetime.now(UTC) - AFTER).strftime("%Y-%m-%d")
        with workspace.store() as store:
            done = {"problems": []} if asked.look else keep(workspace, store)
            tried = night.look_at_all(workspace, store, answering=asked.look)
        done |= {"trials": tried["looked"], "ended": tried["ended"]}
        done["problems"] += tried["problems"]
        if not done["problems"] and not asked.look:
            marked = _marked(workspace)
            _mark(workspace, {"day": day, **({"looked": marked["looked"]} if "looked" in marked else {})})
    except RefusedError:
        return 0
    except IncumbentError as error:
        print(f"housekeeping: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps({"day": day, **done}))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
