"""Rows that a pipeline file collects by itself: ``collect(since, until)`` instead of ``data`` in the spec.

The function runs in a child process with the model's interpreter, each time that somebody wants rows. What it
gives is kept as one Parquet file in the cache, and read like any other file; the file stays as it is where
the same rows were collected again, so what was measured on them is not measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.child import job_folder, run_job
from core.process import Cancelled, never
from core.spec import DataSpec, ModelSpec
from core.workspace import Workspace
from incumbent.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from incumbent.columns import Array, Columns

_FILE = "rows.parquet"


def collected(
    workspace: Workspace,
    spec: ModelSpec,
    since: str | None = None,
    until: str | None = None,
    *,
    cancelled: Cancelled = never,
    log: Path | None = None,
) -> ModelSpec:
    """The spec with data to read: its own, or a file of what its pipeline file collects now.

    Parameters
    ----------
    since, until : str, optional
        As a person wrote them, passed to ``collect`` as ``datetime``, so that it need not fetch more. Without
        them it is asked for everything.

    Raises
    ------
    UsageError
        Where the spec names neither data nor a pipeline file.
    FittingError
        Where the pipeline file has no ``collect``, or it fails.
    """
    if spec.data is not None:
        return spec
    if spec.pipeline is None:
        raise UsageError(
            f"the model {spec.name} names no data",
            hint="set `data` in its spec, or `pipeline` to a file with a function `collect(since, until)`",
        )
    path = workspace.path(spec.pipeline)
    job = {
        "job": "collect",
        "pipeline": str(path),
        "user_folder": str(path.parent),
        "since": _iso(spec, since, "--since"),
        "until": _iso(spec, until, "--until"),
    }
    with job_folder(workspace) as folder:
        result = run_job(workspace, folder, job, python=spec.python, cancelled=cancelled, log=log)
        kept = _keep(workspace, job, folder / "out" / "columns", result["zoned"])
    return replace(spec, data=DataSpec(path=workspace.relative(kept)))


def _iso(spec: ModelSpec, text: str | None, what: str) -> str | None:
    from core.timeline import parse_moment

    if text is None:
        return None
    moment = parse_moment(text, timezone=spec.timezone, what=what)
    written = datetime.fromisoformat(text.strip())
    return (moment if written.tzinfo is None else written).isoformat()


def _keep(workspace: Workspace, job: Mapping[str, Any], folder: Path, zoned: Iterable[str]) -> Path:
    from incumbent.columns import read_columns
    from incumbent.files import write_where_new

    key = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()[:16]
    target = workspace.cache / "collected" / key / _FILE
    write_where_new(target, _parquet(read_columns(folder), set(zoned)))
    return target


def _parquet(columns: Columns, zoned: set[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: _arrow(column, name in zoned) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _arrow(column: Array, zoned: bool) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    from incumbent.columns import Coded

    if isinstance(column, Coded):
        codes = pa.array(np.asarray(column.codes), mask=np.asarray(column.codes) < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.values, pa.string()))
    array = np.asarray(column)
    if array.dtype.kind == "M":
        return pa.array(array, pa.timestamp("us", "UTC" if zoned else None))
    return pa.array(array, from_pandas=True)
