"""A model's data source: what it holds, and its rows by partition or by stretch of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.catalogue import Catalogue, read_catalogue
from core.data.checks import check_two_classes
from core.data.convert import to_columns, to_frame
from core.data.hashing import fingerprint_of
from core.data.index import SourceIndex
from core.data.last_known import last_known, last_known_name
from core.data.pieces import PieceReader, Stretch
from core.data.records import Described, Partition
from core.data.scan import count_classes, labelled
from core.data.slices import Slicing, micros, moment_of, times_of
from core.spec import ModelSpec
from core.timeline import TICK, Duration, Window, label_known_by, parse_moment, trailing, window_length
from incumbent.columns import Array

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


class Source:
    """The rows of one model.

    Made by :func:`core.data.open_source`. The files are looked at when something is first asked; what has not
    changed since they were last read is not read again. ``since`` is inclusive, ``until`` and ``as_of`` are
    exclusive. As of a moment, later rows do not exist and labels not known by then are null.

    Every method raises :class:`~incumbent.errors.DataError` where the source is missing, damaged, or not what
    the spec says.
    """

    def __init__(self, spec: ModelSpec, root: Path, cache: Path, index: SourceIndex) -> None:
        self.spec = spec
        self.root = root
        self.cache = cache
        self.index = index
        self.slicing = Slicing.of(spec)
        self._delay = None if spec.label_delay is None else Duration.parse(spec.label_delay)
        #: A column that may be asked for beside the data's own: the last label known at each row's time.
        self.last_known = last_known_name(spec.target)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What is known of every file, after reading those that are new or changed."""
        return read_catalogue(self.spec, self.root, self.cache, self.index)

    def describe(self) -> Described:
        """Columns with their kinds, size, time range, classes, partitions, fingerprint."""
        return self.catalogue.described

    def check_classes(self, as_of: datetime | None = None) -> None:
        """Raise where the target has more classes than the spec's positive and another.

        As of a moment, only rows whose label was known by then are asked: a third class that comes later is
        found when it has come.
        """
        classes = dict(self.describe().classes)
        if as_of is not None and self.slicing.time is not None and len(classes) > 2:
            target = self.spec.target
            known = self.read_table(None, None, as_of, [target], labelled_only=True).column(target)
            classes = count_classes(known)
        check_two_classes(self.spec, classes)

    def moment(self, text: str, what: str = "time") -> datetime:
        """What a person wrote (``--as-of``, ``--since``, ``--until``) as a moment on this data's clock."""
        zoned = self.describe().zoned
        return parse_moment(text, zoned=zoned, timezone=self.spec.timezone, what=what)

    def list_partitions(
        self, since: datetime | None = None, until: datetime | None = None, as_of: datetime | None = None
    ) -> tuple[Partition, ...]:
        """The partitions that overlap a stretch, empty ones between others included; no row is read.

        A partition that the stretch cuts is listed with its bounds and counts as they are uncut. After the
        last row of the stretch nothing is listed: an empty partition there would tell of rows to come.
        """
        end = _earlier(until, as_of)
        found = [p for p in self.describe().partitions if _overlaps(p, since, end)]
        if end is not None and self.slicing.time is not None:
            begun = [p.rows > 0 and self._begins(p.label) < end for p in found]
            if self.slicing.period is None:
                found = [p for p, has_rows in zip(found, begun, strict=True) if has_rows]
            while self.slicing.period is not None and begun and not begun[-1]:
                begun.pop()
            found = found[: len(begun)]
        return tuple(found)

    def tables(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[tuple[Partition, pa.Table]]:
        """Partition after partition, oldest first, as typed Arrow tables.

        Rows are in time order, equal times in the source's order. Memory holds one partition and the row
        groups at its edges. The partition's counts are those of the rows given, and so are the bounds where
        partitions are not periods.
        """
        reader = self._reader()
        for partition in self.list_partitions(since, until, as_of):
            stretch = self._stretch(since, _earlier(until, as_of), partition)
            found = self._read(reader, stretch, as_of, columns)
            yield found.partition(partition, self.slicing), found.rows

    def partitions(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[tuple[Partition, pd.DataFrame]]:
        """Partition after partition as pandas frames; see :meth:`tables`."""
        for partition, table in self.tables(since, until, as_of, columns):
            yield partition, to_frame(table)

    def columns(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[tuple[Partition, dict[str, Array]]]:
        """Partition after partition as ``Columns``; see :meth:`tables`."""
        for partition, table in self.tables(since, until, as_of, columns):
            yield partition, to_columns(table)

    def read_table(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        labelled_only: bool = False,
    ) -> pa.Table:
        """Every row of a stretch in one table, in time order.

        ``labelled_only`` leaves out the rows whose target is null, or not known as of the moment.
        """
        stretch = self._stretch(since, _earlier(until, as_of), None)
        found = self._read(self._reader(), stretch, as_of, columns)
        return found.rows.filter(found.known) if labelled_only else found.rows

    def read(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        labelled_only: bool = False,
    ) -> pd.DataFrame:
        """Every row of a stretch as one pandas frame; see :meth:`read_table`."""
        return to_frame(self.read_table(since, until, as_of, columns, labelled_only))

    def read_columns(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        labelled_only: bool = False,
    ) -> dict[str, Array]:
        """Every row of a stretch as ``Columns``; see :meth:`read_table`."""
        return to_columns(self.read_table(since, until, as_of, columns, labelled_only))

    def partition_columns(
        self,
        label: str,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[str, Array]:
        """The rows of one partition, or of a stretch of it, as ``Columns``; none for an unknown label."""
        known = {p.label: p for p in self.describe().partitions}
        if label not in known:
            return self.read_columns(until=datetime.min, columns=columns)
        stretch = self._stretch(since, _earlier(until, as_of), known[label])
        return to_columns(self._read(self._reader(), stretch, as_of, columns).rows)

    def counted(
        self,
        partition: Partition,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
    ) -> Partition:
        """A partition with the counts of those rows that a stretch and a moment leave of it.

        Where it is no period, its bounds are theirs too. Nothing is read of a partition that neither cuts.
        """
        masked = self.fingerprint(partition.label, as_of) != self.fingerprint(partition.label)
        if not masked and not _cuts(partition, since, until):
            return partition
        stretch = self._stretch(since, _earlier(until, as_of), partition)
        found = self._read(self._reader(), stretch, as_of, [self.spec.target])
        return found.partition(partition, self.slicing)

    def newest_labelled(self, as_of: datetime | None = None) -> datetime | None:
        """The time of the newest row whose label is known as of a moment; None without such a row."""
        described = self.describe()
        if self.slicing.time is None or described.newest_labelled is None:
            return None
        if as_of is None or self.known_until(as_of) > described.newest_labelled:
            return described.newest_labelled
        known_until = self.known_until(as_of)
        reader = self._reader()
        for partition in reversed(described.partitions):
            if not partition.labelled or (partition.since is not None and partition.since >= known_until):
                continue
            found = self._read(reader, self._stretch(None, as_of, partition), as_of, [self.slicing.time])
            if found.known.any():
                assert found.times is not None
                newest = moment_of(int(found.times[found.known][-1]))
                if self.slicing.period is not None:
                    return newest
                return self._newest_of_all(as_of)
        return None

    def window(self, as_of: datetime | None = None, length: Duration | None = None) -> Window | None:
        """The now-test's window: of the spec's length, ending with the newest labelled row before as-of."""
        newest = self.newest_labelled(as_of)
        if newest is None:
            return None
        return trailing(newest, length or window_length(self.spec.window, self.spec.partition))

    def newest(
        self, count: int, as_of: datetime | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The newest rows before as-of (the last ones, without a time column), oldest first."""
        import pyarrow as pa

        reader = self._reader()
        found: list[pa.Table] = []
        have = 0
        partitions = self.list_partitions(as_of=as_of)
        if self.slicing.period is None:
            table = self.read_table(as_of=as_of, columns=columns)
            return table.slice(max(0, table.num_rows - count))
        for partition in reversed(partitions):
            rows = self._read(reader, self._stretch(None, as_of, partition), as_of, columns).rows
            found.insert(0, rows)
            have += rows.num_rows
            if have >= count:
                break
        if not found:
            return self.read_table(as_of=as_of, columns=columns)
        table = pa.concat_tables(found).unify_dictionaries()
        return table.slice(max(0, table.num_rows - count))

    def fingerprint(self, label: str, as_of: datetime | None = None) -> str:
        """What identifies a partition's content, without reading it.

        Equal rows give equal fingerprints. Where as-of hides rows or labels of the partition, the moments
        from which they are hidden are part of it.
        """
        parts = self.catalogue.parts.get(label, ())
        content = fingerprint_of(*(part.fingerprint for part in parts))
        ends = [datetime.fromisoformat(part.until) for part in parts if part.until is not None]
        if as_of is None or not ends:
            return content
        newest = max(ends) - TICK
        hidden = as_of if newest >= as_of else None
        masked = self.known_until(as_of) if newest >= self.known_until(as_of) else None
        return content if hidden is None and masked is None else fingerprint_of(content, hidden, masked)

    def range_fingerprint(
        self, since: datetime | None = None, until: datetime | None = None, as_of: datetime | None = None
    ) -> str:
        """What identifies the content of a stretch (a window, a training range), without reading it."""
        partitions = self.list_partitions(since, until, as_of)
        cut = [since, until] if any(_cuts(p, since, until) for p in partitions) else []
        return fingerprint_of(*(self.fingerprint(p.label, as_of) for p in partitions if p.rows), *cut)

    # -- inside --------------------------------------------------------------------------------------------

    def _reader(self) -> PieceReader:
        catalogue = self.catalogue
        return PieceReader(self.cache, catalogue.files, self.slicing, catalogue.kinds, catalogue.types)

    def _begins(self, label: str) -> datetime:
        """The time of a partition's first row."""
        return min(datetime.fromisoformat(str(part.since)) for part in self.catalogue.parts[label])

    def known_until(self, as_of: datetime) -> datetime:
        """Rows before this moment have known labels: the instant after the last such moment, or as-of."""
        known = label_known_by(as_of, self._delay)
        return as_of if known is None or known >= as_of else known + TICK

    def _stretch(
        self, since: datetime | None, until: datetime | None, partition: Partition | None
    ) -> Stretch:
        timed = self.slicing.time is not None
        label = None
        if partition is not None and self.slicing.period is not None:
            since = partition.since if since is None else max(since, partition.since or since)
            until = _earlier(until, partition.until)
        elif partition is not None:
            label = partition.label
        return Stretch(
            None if since is None or not timed else micros(since),
            None if until is None or not timed else micros(until),
            label,
        )

    def _read(
        self, reader: PieceReader, stretch: Stretch, as_of: datetime | None, columns: Sequence[str] | None
    ) -> _Rows:
        if columns is not None and self.last_known in columns:
            own = [c for c in columns if c != self.last_known]
            return self._with_last_known(self._read(reader, stretch, as_of, own), stretch)
        target, time = self.spec.target, self.slicing.time
        wanted = self.catalogue.check_columns(columns)
        extra = [c for c in (target, time) if c is not None and c not in wanted]
        table = reader.rows(stretch, [*wanted, *extra])
        if as_of is not None and time is not None:
            table = _masked(table, target, time, self.known_until(as_of))
        times = None if time is None else times_of(table, time).view("int64")
        return _Rows(table.select(wanted), labelled(table.column(target)), times)

    def _with_last_known(self, found: _Rows, stretch: Stretch) -> _Rows:
        """The rows with one column more: the label of the newest row whose label was known at their time."""
        import numpy as np
        import pyarrow as pa

        labels = np.full(found.rows.num_rows, np.nan)
        if found.times is not None and len(found.times):
            target, time = self.spec.target, str(self.slicing.time)
            before = self.newest_labelled(moment_of(int(found.times[0])))
            until = moment_of(int(found.times[-1])) + TICK
            known = self.read_table(before, until, None, [target, time], labelled_only=True)
            values = known.column(target).to_numpy().astype(np.float64)
            at = times_of(known, time).view(np.int64)
            labels = last_known(found.times, at, values, self._delay)
        rows = found.rows.append_column(self.last_known, pa.array(labels))
        return replace(found, rows=rows)

    def _newest_of_all(self, as_of: datetime) -> datetime | None:
        """Where partitions are not in time order, every row's time has to be looked at."""
        assert self.slicing.time is not None
        found = self._read(self._reader(), self._stretch(None, as_of, None), as_of, [self.slicing.time])
        assert found.times is not None
        times = found.times[found.known]
        return moment_of(int(times[-1])) if len(times) else None


@dataclass(frozen=True)
class _Rows:
    rows: pa.Table
    known: np.ndarray  # which rows' target is known
    times: np.ndarray | None  # in order, where there is a time column

    def partition(self, uncut: Partition, slicing: Slicing) -> Partition:
        """The partition with the counts of these rows, and their bounds where it is no period."""
        counted = replace(uncut, rows=self.rows.num_rows, labelled=int(self.known.sum()))
        if slicing.period is not None or self.times is None or not len(self.times):
            return counted
        first, last = (moment_of(int(self.times[place])) for place in (0, -1))
        return replace(counted, since=first, until=last + TICK)


def _masked(table: pa.Table, target: str, time: str, known_until: datetime) -> pa.Table:
    """The table with the targets of rows from a moment on made null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    unknown = times_of(table, time).view(np.int64) >= micros(known_until)
    if not unknown.any():
        return table
    place = table.column_names.index(target)
    column = table.column(target)
    rows = pc.if_else(pa.array(unknown), pa.scalar(None, pa.int64()), pa.array(np.arange(len(unknown))))
    return table.set_column(place, target, column.take(rows))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


def _overlaps(partition: Partition, since: datetime | None, until: datetime | None) -> bool:
    if partition.since is None or partition.until is None:
        return True
    return (until is None or partition.since < until) and (since is None or partition.until > since)


def _cuts(partition: Partition, since: datetime | None, until: datetime | None) -> bool:
    if partition.since is None or partition.until is None:
        return False
    return (since is not None and partition.since < since) or (until is not None and until < partition.until)
