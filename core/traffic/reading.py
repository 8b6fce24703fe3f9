"""From parts and files to batches: read, cut to a stretch, joined with what turned out to be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.data.convert import to_frame
from core.traffic.parts import Part
from core.traffic.snapshot import Snapshot
from core.traffic.tables import (
    INPUT,
    outcome_schema,
    outcome_table,
    prediction_schema,
    prediction_table,
    times,
    unify,
)
from core.traffic.traffic import AT, Batch
from incumbent.log.tally import SHADOW

if TYPE_CHECKING:
    from core.spec import ModelSpec

#: Rows of a batch, roughly.
BATCH_ROWS = 250_000

META = ("id", "at", "key", "version", "route", "reason", "value", "scores", "seconds", "chance")


def outcomes_of(found: Snapshot) -> pa.Table | None:
    """All outcomes, the latest first; None without any."""
    tables = [pq.read_table(part.outcomes_path) for part in found.parts if part.outcomes is not None]
    for reader, _, after in found.files:
        rows = reader.outcomes(after)
        if rows:
            tables.append(outcome_table(rows, outcome_schema([reader])))
    if not tables:
        return None
    whole = unify(tables)
    return whole.take(pc.sort_indices(whole, [("at", "descending")])) if whole.num_rows else None


def batches(
    found: Snapshot,
    outcomes: pa.Table | None,
    bounds: tuple[int | None, int | None],
    columns: Sequence[str] | None,
) -> Iterator[Batch]:
    """What a snapshot holds of a stretch of time, outcomes joined."""
    wanted = None if columns is None else [INPUT + name for name in columns]
    for table in _tables(found, bounds, wanted):
        if table.num_rows:
            yield _batch(table, outcomes)


def _tables(
    found: Snapshot, bounds: tuple[int | None, int | None], wanted: Sequence[str] | None
) -> Iterator[pa.Table]:
    for part in found.parts:
        if part.predictions is not None and part.predictions.overlaps(*bounds):
            yield from _part_tables(part, bounds, wanted)
    for reader, after, _ in found.files:
        last, _ = reader.last()
        schema = prediction_schema([reader])
        for piece in reader.pieces(after, *bounds, upto=last):
            table = prediction_table(piece, schema)
            yield table if wanted is None else _only(table, wanted)


def _part_tables(
    part: Part, bounds: tuple[int | None, int | None], wanted: Sequence[str] | None
) -> Iterator[pa.Table]:
    with pq.ParquetFile(part.predictions_path) as file:
        names = file.schema_arrow.names
        columns = None if wanted is None else [n for n in names if n in META or n in wanted]
        waiting: list[pa.Table] = []
        for group in range(file.num_row_groups):
            waiting.append(_cut(file.read_row_group(group, columns), part, bounds))
            if sum(table.num_rows for table in waiting) >= BATCH_ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _only(table: pa.Table, wanted: Sequence[str]) -> pa.Table:
    return table.select([name for name in table.column_names if name in META or name in wanted])


def _cut(table: pa.Table, part: Part, bounds: tuple[int | None, int | None]) -> pa.Table:
    since, until = bounds
    assert part.predictions is not None
    if since is not None and part.predictions.first < since:
        table = table.filter(pc.greater_equal(table.column("at").cast(pa.int64()), since))
    if until is not None and part.predictions.last >= until:
        table = table.filter(pc.less(table.column("at").cast(pa.int64()), until))
    return table


def _batch(table: pa.Table, outcomes: pa.Table | None) -> Batch:
    schema = table.schema
    own = [name for name in schema.names if name.startswith(INPUT)]
    inputs = to_frame(table.select(own).rename_columns([name.removeprefix(INPUT) for name in own]))
    if not own:
        inputs.index = pd.RangeIndex(table.num_rows)
    for name in times(table.select(own).schema):
        inputs[name] = _moments(inputs[name])
    meta = to_frame(table.select([name for name in META if name != "scores"]))
    if "chance" not in meta:  # a part from before chances were logged
        meta["chance"] = np.nan
    meta["at"] = meta["at"].dt.tz_localize(None)
    meta["version"] = table.column("version").to_pandas(types_mapper=lambda _: pd.Int32Dtype())
    meta["probabilities"] = pd.arrays.ArrowExtensionArray(table.column("scores").combine_chunks())
    actual, known = _joined(table, outcomes)
    meta["actual"] = actual.to_pandas()
    meta["known"] = known.to_pandas().dt.tz_localize(None)
    return Batch(meta, inputs)


def _moments(texts: pd.Series) -> pd.Series:
    found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
    return found.astype("datetime64[ns]")  # a column without any would be in seconds


def matrix(probabilities: pd.Series, classes: int) -> NDArray[np.float64]:
    """Probabilities of a batch, a line a row; NaN where there are none, or not as many as classes.

    Examples
    --------
    >>> matrix(pd.Series([[0.25, 0.75], None, [1.0]]), 2)
    array([[0.25, 0.75],
           [ nan,  nan],
           [ nan,  nan]])
    """
    lists = pa.array(probabilities, pa.list_(pa.float64()))
    fits = pc.equal(pc.list_value_length(lists), classes).fill_null(False)
    found = np.full((len(lists), classes), np.nan)
    own = lists.filter(fits).flatten().to_numpy(zero_copy_only=False)  # NaN is null in the log
    found[fits.to_numpy(zero_copy_only=False)] = own.reshape(-1, classes)
    return found


def _joined(table: pa.Table, outcomes: pa.Table | None) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The latest outcome of each row, by its id or by its key, and when it was told."""
    if outcomes is None:
        return pa.nulls(table.num_rows, pa.float64()), pa.nulls(table.num_rows, pa.timestamp("ns", "UTC"))
    places = [
        pc.index_in(table.column(name), value_set=outcomes.column(name), skip_nulls=True)
        for name in ("id", "key")
        if outcomes.column(name).null_count < outcomes.num_rows
    ]
    latest = places[0] if len(places) == 1 else pc.min_element_wise(*places)
    return outcomes.column("actual").take(latest), outcomes.column("at").take(latest)


def _as_told(actual: pd.Series) -> pd.Series:
    """Outcomes that were whole numbers, and became floats because others are not known yet, as such again."""
    whole = actual.dtype == float and actual.notna().all() and (actual % 1 == 0).all()
    return actual.astype("int64") if whole else actual


def source_frame(batch: Batch, spec: ModelSpec, labelled: bool) -> pd.DataFrame:
    """A batch as rows of the model's data source: see :meth:`core.traffic.Traffic.frame`."""
    meta = batch.meta
    kept = meta["route"] != SHADOW
    if labelled:
        kept &= meta["actual"].notna()
    frame = batch.inputs[kept].copy()
    told = meta[kept]
    if spec.key is not None:
        frame[spec.key] = told["key"]
    time = spec.time or AT
    frame[time] = told["at"] if time not in frame else _moments(frame[time]).fillna(told["at"])
    frame[spec.target] = _as_told(told["actual"])
    return frame.reset_index(drop=True)
