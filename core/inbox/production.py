"""Rows of production's log, as the inbox looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.inbox.seen import Seen
from core.traffic.reading import matrix
from core.traffic.traffic import Batch, Traffic

if TYPE_CHECKING:
    from core.workspace import Workspace
    from incumbent.bundle import Bundle
    from incumbent.schema import OutputSchema
    from store import Store

#: Rows whose truth may still come: older ones are not looked at again.
LATEST_TRUTH = timedelta(days=92)


def logged(
    workspace: Workspace, store: Store, model: str, since: datetime | None, until: datetime, champion: Bundle
) -> Iterator[Seen]:
    """What was logged, or became known, in a stretch of time, at all sites.

    A row is seen when it was predicted, and once more, with what turned out to be true, when that is known.

    Parameters
    ----------
    since : datetime or None
        UTC, without a zone; None: from the beginning.
    champion : Bundle
        Whose columns a row names.
    """
    traffic = Traffic.open(workspace, store, model, site=None)
    bundles: dict[int, Bundle | None] = {}
    for batch in traffic.read(None if since is None else since - LATEST_TRUTH, until):
        for part in _fresh(batch, since, until):
            for number, rows in _by_version(part):
                if number is not None and number not in bundles:
                    version = store.versions.find(model, number)
                    bundles[number] = (
                        None if version is None else workspace.bundle(version.hash, verify=False)
                    )
                bundle = None if number is None else bundles[number]
                yield _seen(rows, number, bundle, champion, traffic.spec.private)


def _fresh(batch: Batch, since: datetime | None, until: datetime) -> Iterator[Batch]:
    """Rows predicted since, without their truth; and rows whose truth came since."""
    meta = batch.meta
    kept = meta["route"] != "shadow"
    new = kept if since is None else kept & (meta["at"] >= since)
    known = kept & meta["actual"].notna() & (meta["known"] < until)
    known = known if since is None else known & (meta["known"] >= since)
    if new.any():
        yield Batch(meta[new].assign(actual=None), batch.inputs[new])
    if known.any():
        # what happened to these rows besides has been told: only their truth is news
        yield Batch(meta[known].assign(truth=True), batch.inputs[known])


def _by_version(batch: Batch) -> Iterator[tuple[int | None, Batch]]:
    numbers = batch.meta["version"]
    for number in numbers.unique():
        which = numbers.isna() if pd.isna(number) else (numbers == number).fillna(False)
        yield None if pd.isna(number) else int(number), Batch(batch.meta[which], batch.inputs[which])


def _seen(
    batch: Batch, number: int | None, bundle: Bundle | None, champion: Bundle, private: tuple[str, ...]
) -> Seen:
    meta = batch.meta
    output = None if bundle is None else bundle.output
    inputs = batch.inputs.drop(columns=[n for n in private if n in batch.inputs.columns])
    return Seen(
        source="log",
        version=number,
        output=output,
        inputs=inputs,
        value=meta["value"].to_numpy(dtype=object),
        probabilities=_probabilities(meta["probabilities"], output),
        route=meta["route"].to_numpy(dtype=object),
        reason=meta["reason"].to_numpy(dtype=object),
        actual=_objects(meta["actual"]),
        at=np.array([f"{moment.isoformat(timespec='milliseconds')}Z" for moment in meta["at"]], dtype=object),
        asked=champion.input.names,
        truth_only="truth" in meta,
    )


def _objects(column: pd.Series) -> np.ndarray:
    found: np.ndarray = column.astype(object).where(column.notna(), None).to_numpy(dtype=object)
    return found


def _probabilities(column: pd.Series, output: OutputSchema | None) -> np.ndarray | None:
    """One line a row; None where the version gives none."""
    if output is None or output.scores != "probabilities":
        return None
    return matrix(column, len(output.classes))
