"""Which partition a row belongs to: by period of its time, by column, by its file, or one for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.spec import ModelSpec
from core.timeline import PeriodKind, as_period, bounds, label, ordinals, parse_label

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MISSING = "(missing)"
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Slicing:
    """How a model's rows are sliced: by ``period``, by ``column``, ``by_file``, or all in one."""

    time: str | None
    period: PeriodKind | None
    column: str | None
    by_file: bool

    @classmethod
    def of(cls, spec: ModelSpec) -> Slicing:
        """The slicing that a spec asks for."""
        period = as_period(spec.partition)
        named = period is None and spec.partition not in ("file", "all")
        return cls(spec.time, period, spec.partition if named else None, spec.partition == "file")

    def sliced(self, table: pa.Table, file_label: str) -> tuple[pa.Table, list[tuple[str, int, int]]]:
        """The table with each partition's rows together (in the table's order), and where they lie."""
        if self.period is None and self.column is None:
            return table, [(file_label if self.by_file else "all", 0, table.num_rows)]
        import numpy as np

        keys, names = self.keys(table)
        if not len(keys):
            return table, []
        if np.any(keys[1:] < keys[:-1]):
            order = np.argsort(keys, kind="stable")
            table, keys = table.take(order), keys[order]
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        ends = [*starts[1:].tolist(), len(keys)]
        return table, [(names(int(keys[a])), a, b) for a, b in zip(starts.tolist(), ends, strict=True)]

    def keys(self, table: pa.Table) -> tuple[np.ndarray, Any]:
        """An integer for every row's partition, and the function that turns one into a label."""
        if self.period is not None:
            kind = self.period
            return ordinals(times_of(table, str(self.time)), kind), lambda key: label(key, kind)
        from core.data.buffers import numpy_of
        from core.data.canonical import as_text
        from core.data.convert import single

        column = as_text(single(table.column(str(self.column))))
        codes = numpy_of(column.indices, null=-1)
        values = column.dictionary.to_pylist()
        return codes, lambda key: MISSING if key < 0 else values[key]

    def bounds(self, name: str) -> tuple[datetime, datetime] | None:
        """The bounds of a period's label; None where partitions are not periods."""
        return bounds(*parse_label(name)) if self.period is not None else None


def times_of(table: pa.Table, column: str) -> np.ndarray:
    """A time column as datetime64[us]."""
    from core.data.buffers import numpy_of

    return numpy_of(table.column(column))


def micros(moment: datetime) -> int:
    """Microseconds since 1970.

    Examples
    --------
    >>> micros(datetime(1970, 1, 1, 0, 0, 1))
    1000000
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(value: int) -> datetime:
    """The datetime that lies so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)
