"""Data sources as rows by partition: files and SQL queries, streamed, fingerprinted, as of a moment.

>>> import tempfile
>>> from core.data import MemoryIndex
>>> from core.spec import DataSpec, ModelSpec
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "rides.csv").write_text("at,count\\n2013-01-31,5\\n2013-02-01,7\\n2013-02-02,\\n")
>>> spec = ModelSpec("rides", "regression", "count", "mae", time="at", partition="month",
...                  data=DataSpec(path="rides.csv"))
>>> source = open_source(spec, folder, MemoryIndex())
>>> [(p.label, p.rows, p.labelled) for p in source.describe().partitions]
[('2013-01', 1, 1), ('2013-02', 2, 1)]
>>> [(partition.label, frame["count"].tolist()) for partition, frame in source.partitions()]
[('2013-01', [5]), ('2013-02', [7.0, nan])]
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.data.catalogue import source_key
    from core.data.convert import to_columns, to_frame
    from core.data.index import JsonIndex, MemoryIndex, SourceIndex
    from core.data.records import DataColumn, Described, Partition
    from core.data.source import Source
    from core.spec import ModelSpec

__all__ = [
    "DataColumn", "Described", "JsonIndex", "MemoryIndex", "Partition", "Source", "SourceIndex",
    "open_source", "source_key", "to_columns", "to_frame",
]  # fmt: skip

#: Where each name lies. Imported when it is first asked for: who only wants to know whether a file has
#: changed does not wait for numpy.
_PLACES = {
    "catalogue": ("source_key",),
    "convert": ("to_columns", "to_frame"),
    "index": ("JsonIndex", "MemoryIndex", "SourceIndex"),
    "records": ("DataColumn", "Described", "Partition"),
    "source": ("Source",),
}


def __getattr__(name: str) -> Any:
    for place, held in _PLACES.items():
        if name in held:
            return getattr(import_module(f"core.data.{place}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def open_source(spec: ModelSpec, workspace_root: Path | str, index: SourceIndex | None = None) -> Source:
    """A model's data source.

    Parameters
    ----------
    spec : ModelSpec
        Whose paths are relative to the workspace.
    workspace_root : path
        The workspace's folder; sorted runs are kept in its ``.incumbent/cache``.
    index : SourceIndex, optional
        Where it is remembered what files held: the store's ``source_files``. By default a file in the cache.

    Returns
    -------
    Source
        Nothing is read before something is asked of it.
    """
    from core.data.catalogue import source_key
    from core.data.index import JsonIndex
    from core.data.source import Source

    root = Path(workspace_root)
    cache = root / ".incumbent" / "cache" / source_key(spec)
    return Source(spec, root, cache, JsonIndex(cache / "index.json") if index is None else index)
