"""Production's log as a model's newest data: what a model without a time column is now-tested on.

Its data say nothing of when a row came; its log does. Predictions whose outcome is known become a file of
rows, with the moment of the prediction as their time. A version has seen no row that was predicted after it
was made, and may have seen those before.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.checks.subjects import Subject
from core.spec import ColumnKind, DataSpec, ModelSpec
from core.traffic.places import copied_rows
from core.traffic.traffic import AT, Traffic
from core.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from core.data import Source
    from store import Store

_FILE = "rows.parquet"


def logged_spec(
    workspace: Workspace, store: Store, spec: ModelSpec, kinds: Mapping[str, ColumnKind]
) -> ModelSpec | None:
    """The spec of a model without a time column on the labelled rows of its log, of all sites.

    Parameters
    ----------
    kinds : mapping
        Of the columns of the model's own data: the log's are read as the same.

    Returns
    -------
    ModelSpec or None
        Ordered by the moment of the prediction, by weeks; None where no outcome is known yet.
    """
    frame = Traffic.open(workspace, store, spec.name, None).frame()
    if not len(frame):
        return None
    path = _kept(workspace, spec.name, frame)
    named = {key: name for key in ("key", "group", "weight") if (name := getattr(spec, key)) in frame.columns}
    return replace(
        spec,
        data=DataSpec(path=workspace.relative(path)),
        time=AT,
        partition="week",
        hold_out=None,
        key=named.get("key"),
        group=named.get("group"),
        weight=named.get("weight"),
        columns={name: kind for name, kind in kinds.items() if name in frame.columns},
    )


def _kept(workspace: Workspace, model: str, frame: pd.DataFrame) -> Path:
    from incumbent.files import write_where_new

    target = copied_rows(workspace, model) / _FILE
    frame = frame.assign(**{AT: frame[AT].dt.floor("us").dt.tz_localize("UTC")})
    content = io.BytesIO()
    frame.to_parquet(content, index=False, coerce_timestamps="us")
    write_where_new(target, content.getvalue())
    return target


def as_made(subject: Subject, created: str, source: Source) -> Subject:
    """A version as rows of its own log see it: shaped by nothing that was predicted after it was made."""
    return replace(subject, since=None, until=source.moment(created), known=True, held_out=None)
