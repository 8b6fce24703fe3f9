"""Erasing one key from everything that was logged, at home and at the sites."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.person import person
from core.reaching import away
from core.spec import ModelSpec
from core.traffic.locking import alone
from core.traffic.parts import Part, Rows, parts
from core.traffic.places import Place, copied_rows, places
from incumbent.errors import RefusedError, WorkError
from incumbent.files import sync_folder
from incumbent.log.erasing import erase as erase_in_file
from incumbent.log.erasing import ids_of

if TYPE_CHECKING:
    import pyarrow as pa

    from core.workspace import Workspace
    from store import Store


Found = TypeVar("Found")


@dataclass(frozen=True)
class Erased:
    """How many predictions and outcomes were erased, and the files that could not be changed."""

    predictions: int
    outcomes: int
    problems: tuple[str, ...] = ()


def erase(workspace: Workspace, store: Store, model: str, key: str, who: str | None = None) -> Erased:
    """Erase every logged prediction of a key, with its outcomes, at every site.

    Counts of traffic stay: they tell of no key. The journal keeps that it was done, and the key's hash.

    Raises
    ------
    RefusedError
        Where keys are private, and so were never stored; or while the log is being rolled.
    """
    spec = ModelSpec.from_document(store.models.revision(model).document)
    if spec.key is not None and spec.key in spec.private:
        raise RefusedError(
            f"the key column {spec.key!r} of {model} is private: its log holds no keys",
            hint="rows that were logged before it became private go with `incumbent log prune`",
        )
    with alone(store, model):
        there = places(workspace, store, model)
        done = _erase_everywhere(there, key)
        shutil.rmtree(copied_rows(workspace, model), ignore_errors=True)
        unseen = [away(workspace, store, place.site) for place in there]
        problems = tuple(f"{why}; its log may still hold it: repeat it then" for why in unseen if why)
        done = replace(done, problems=done.problems + problems)
    store.journal.add(
        who or person(),
        "log.erase",
        f"{model}: {done.predictions} predictions of one key",
        model=model,
        detail={
            "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
            "predictions": done.predictions,
            "outcomes": done.outcomes,
            "problems": len(done.problems),
        },
    )
    return done


def _erase_everywhere(all_places: tuple[Place, ...], key: str) -> Erased:
    problems: list[str] = []
    files = [path for place in all_places for path in place.files()]
    kept = [part for place in all_places for part in parts(place.home) if not part.pruned]
    ids: set[str] = set()
    for path in files:
        ids |= _tried(partial(ids_of, path, key), problems) or set()
    for part in kept:
        ids |= _ids_in(part, key)
    predictions = outcomes = 0
    for path in files:
        found = _tried(partial(erase_in_file, path, key, ids), problems) or (0, 0)
        predictions, outcomes = predictions + found[0], outcomes + found[1]
    for part in kept:
        found = _erase_in_part(part, key, ids)
        predictions, outcomes = predictions + found[0], outcomes + found[1]
    return Erased(predictions, outcomes, tuple(problems))


def _tried(act: Callable[[], Found], problems: list[str]) -> Found | None:
    try:
        return act()
    except WorkError as error:
        problems.append(str(error))
        return None


def _ids_in(part: Part, key: str) -> set[str]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if part.predictions is None:
        return set()
    table = pq.read_table(part.predictions_path, columns=["id", "key"])
    return set(table.filter(pc.equal(table.column("key"), key)).column("id").to_pylist())


def _erase_in_part(part: Part, key: str, ids: set[str]) -> tuple[int, int]:
    """Outcomes go first: without the predictions, nobody would know any more whose they were."""
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = pa.array(sorted(ids), pa.string())

    def of_the_key(table: pa.Table) -> pa.Array:
        return pc.fill_null(pc.equal(table.column("key"), key), False)

    def of_its_outcomes(table: pa.Table) -> pa.Array:
        return pc.or_(of_the_key(table), pc.is_in(table.column("id"), value_set=listed))

    predictions, outcomes = part.predictions, part.outcomes
    erased = [0, 0]
    if outcomes is not None:
        outcomes, erased[1] = _rewrite(part.outcomes_path, outcomes, of_its_outcomes)
    if predictions is not None:
        predictions, erased[0] = _rewrite(part.predictions_path, predictions, of_the_key)
    reasons = tuple(row for row in part.reasons if key not in row[2])
    if any(erased) or len(reasons) < len(part.reasons):
        replace(part, predictions=predictions, outcomes=outcomes, reasons=reasons).write()
    return erased[0], erased[1]


def _rewrite(path: Path, rows: Rows, doomed: Callable[[pa.Table], pa.Array]) -> tuple[Rows, int]:
    """Write a Parquet file again without some rows, and put it in the place of the old one."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        found = [doomed(file.read_row_group(g, ["id", "key"])) for g in range(file.num_row_groups)]
        count = sum(pc.sum(mask).as_py() or 0 for mask in found)
        if not count:
            return rows, 0
        beside = path.with_name(f".{path.name}.new")
        with pq.ParquetWriter(beside, file.schema_arrow, compression="zstd") as writer:
            for group, mask in enumerate(found):
                writer.write_table(file.read_row_group(group).filter(pc.invert(mask)))
    handle = os.open(beside, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(beside, path)
    sync_folder(path.parent)
    return replace(rows, count=rows.count - count), count
