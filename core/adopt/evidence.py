"""What a fitted model's file and a data set tell, before a person has been asked anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.workspace import Workspace
from incumbent.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

Task = Literal["classification", "regression"]

#: Distinct values of a column that are kept; more of them are no classes.
MOST_VALUES = 200


@dataclass(frozen=True)
class Model:
    """What the estimator in a file says of itself; None is "does not say"."""

    estimator: str | None
    task: Task | None
    reads: tuple[str, ...] | None
    width: int | None
    text: bool
    classes: tuple[str, ...] | None


@dataclass(frozen=True)
class Data:
    """What the data look like.

    Parameters
    ----------
    path : str
        As a spec has it.
    files : int
    kinds : mapping
        Column → kind, in the order of the data.
    values : mapping
        Column → its distinct values as text, of the first rows, where they are not many.
    """

    path: str
    files: int
    kinds: Mapping[str, str]
    values: Mapping[str, frozenset[str]]


def look_at_data(workspace: Workspace, path: str) -> Data:
    """Look at the first rows of a data set.

    Raises
    ------
    DataError
        Where there is none, or it cannot be read.
    """
    from core.data.kinds import infer_kinds
    from core.data.locate import locate
    from core.data.raw import column_names, tables
    from core.spec import ModelSpec

    written = workspace.relative(Path(path).expanduser())
    items = locate(written, workspace.root)
    names = column_names(items[0])
    if not names:
        raise DataError(f"{items[0].name} has no columns", hint="name a file with a header")
    first = next(tables(items[0], names), None)
    if first is None or not first.num_rows:
        raise DataError(f"{items[0].name} has no rows", hint="name a file with rows")
    kinds = infer_kinds(names, iter([first]), ModelSpec("adopted", "regression", "", "mae"))
    return Data(written, len(items), kinds, {name: _values(first, name) for name in names})


def _values(table: pa.Table, name: str) -> frozenset[str]:
    import pyarrow.compute as pc

    distinct = pc.unique(table.column(name))
    if len(distinct) > MOST_VALUES:
        return frozenset()
    return frozenset(str(v) for v in distinct.to_pylist() if v not in (None, ""))


def look_at_model(
    workspace: Workspace,
    path: Path,
    trust_pickle: bool,
    trust_types: Sequence[str] = (),
    log: Path | None = None,
) -> Model:
    """Let a child process load a model's file and tell what is in it.

    Raises
    ------
    RefusedError
        For a pickle that nobody trusts.
    FittingError
        Where it does not load.
    """
    from core.child import job_folder, run_job
    from core.versions.registering import accepted

    file = accepted(path, trust_pickle)
    with job_folder(workspace) as folder:
        job = {"job": "peek", "path": str(file.path), "trusted": {"types": list(trust_types)}}
        found: dict[str, Any] = run_job(workspace, folder, job, log=log)
    return Model(
        found["estimator"],
        found["task"],
        None if found["reads"] is None else tuple(found["reads"]),
        found["width"],
        bool(found["text"]),
        None if found["classes"] is None else tuple(found["classes"]),
    )
