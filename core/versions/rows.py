"""The rows that a version learns from, read with the model's data source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.workspace import Workspace
from incumbent.errors import DataError, UsageError

if TYPE_CHECKING:
    from core.data import Source
    from core.data.hold_out import HoldOut
    from core.spec import ModelSpec
    from incumbent.columns import Columns
    from store import Store


#: How many of the newest rows stand for a model's data where its training range is not known.
REFERENCE_ROWS = 20_000


@dataclass(frozen=True)
class TrainingRows:
    """Labelled rows in time order, and what the lineage says of them.

    Parameters
    ----------
    columns : mapping of str to array
    kinds : mapping of str to str
        Kind of every column.
    since, until : str or None
        First row's time, and one past the last row's; None without a time column.
    collection : mapping
        The first step of the lineage.
    held_out : HoldOut or None
        Which rows are not among them, of a model without a time column.
    """

    columns: Columns
    kinds: Mapping[str, str]
    since: str | None
    until: str | None
    collection: Mapping[str, Any]
    held_out: HoldOut | None = None

    @property
    def count(self) -> int:
        from incumbent.columns import row_count

        return row_count(self.columns)


def spec_of(store: Store, model: str) -> ModelSpec:
    """The live spec of a model."""
    from core.spec import ModelSpec

    return ModelSpec.from_document(store.models.revision(model).document, model)


def source_of(
    workspace: Workspace, store: Store, spec: ModelSpec, since: str | None = None, until: str | None = None
) -> Source:
    """The data source of a model.

    Parameters
    ----------
    since, until : str, optional
        What will be asked of it at most; narrows what a pipeline file collects.

    Raises
    ------
    UsageError
        Where the spec names none, and no pipeline file that collects.
    """
    from core.collecting import collected
    from core.data import open_source

    return open_source(collected(workspace, spec, since, until), workspace.root, store.source_files)


def training_rows(
    workspace: Workspace,
    store: Store,
    spec: ModelSpec,
    since: str | None,
    until: str | None,
    held_out: HoldOut | None = None,
) -> TrainingRows:
    """Rows of a stretch whose label was known at its end; without a time column, all that are not held out.

    Parameters
    ----------
    since, until : str, optional
        As a person writes them; ``until`` is exclusive, and labels that arrive later do not exist.
    held_out : HoldOut, optional
        Instead of what follows from the spec.

    Raises
    ------
    DataError
        Where no such row has a label.
    """
    for option, asked in (("--since", since), ("--until", until)):
        if asked:
            spec.need_time(option)
    from core.data.hold_out import HoldOut

    source = source_of(workspace, store, spec, since, until)
    start = None if since is None else source.moment(since, "--since")
    end = None if until is None else source.moment(until, "--until")
    if start is not None and end is not None and start >= end:
        raise UsageError(f"--since {since} is not before --until {until}", hint="--until is exclusive")
    found = source.read_columns(start, end, end)
    return _labelled(source, spec, found, start, end, held_out or HoldOut.of(spec, source.describe()))


def newest_rows(
    workspace: Workspace, store: Store, spec: ModelSpec, most: int = REFERENCE_ROWS
) -> TrainingRows:
    """The newest labelled rows: what a model that was fitted elsewhere is looked at with.

    Without a time column those are left out that the model's own versions hold out: its baseline is made of
    the rest.
    """
    from core.data import to_columns
    from core.data.hold_out import HoldOut

    source = source_of(workspace, store, spec)
    held_out = HoldOut.of(spec, source.describe())
    return _labelled(source, spec, to_columns(source.newest(most)), None, None, held_out)


def _labelled(
    source: Source,
    spec: ModelSpec,
    found: Columns,
    start: datetime | None,
    end: datetime | None,
    held_out: HoldOut | None = None,
) -> TrainingRows:
    import numpy as np

    from core.timeline import TICK, text_of
    from incumbent.columns import row_count, take
    from incumbent.fitting.frame import known

    described = source.describe()
    source.check_classes(end)
    labelled = known(found[spec.target])
    rows = row_count(found)
    kept = labelled if held_out is None else labelled & ~held_out.mask(found)
    columns = found if kept.all() else take(found, np.flatnonzero(kept))
    count = row_count(columns)
    if not count and labelled.any() and held_out is not None:
        raise DataError(
            f"all {int(labelled.sum()):,} labelled rows are held out, none is left to train on",
            f"{', '.join(held_out.columns)} decides which: it has too few values; or set hold_out = 0",
        )
    if not count:
        stretch = f" between {start or 'the beginning'} and {end or 'the end'}" if start or end else ""
        held = f"the data hold {described.first} to {described.last}" if described.first else ""
        raise DataError(f"no row with a known {spec.target!r} to train on{stretch}", hint=held)
    first = last = None
    if spec.time is not None:
        times = np.asarray(columns[spec.time])
        first = text_of(times[0].astype(object), zoned=described.zoned)
        last = text_of(times[-1].astype(object) + TICK, zoned=described.zoned)
    collection = {
        "source": _source_document(spec),
        "fingerprint": source.range_fingerprint(start, end, end),
        "asked": {
            "since": text_of(start, zoned=described.zoned),
            "until": text_of(end, zoned=described.zoned),
        },
        "since": first,
        "until": last,
        "rows": count,
        "unlabelled": rows - int(labelled.sum()),
    }
    if held_out is not None:
        collection["held_out"] = {**held_out.document(), "rows": int(labelled.sum()) - count}
    kinds = {c.name: c.kind for c in described.columns}
    return TrainingRows(columns, kinds, first, last, collection, held_out)


def _source_document(spec: ModelSpec) -> dict[str, Any]:
    data = spec.data
    if data is None:
        return {"collect": spec.pipeline}
    if data.path is not None:
        return {"path": data.path}
    return {"url": data.url, "query": data.query}
