"""What a source's files make together: its partitions in order, its size, its range, its classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from core.data.checks import check_zones
from core.data.hashing import fingerprint_of
from core.data.layout import FileLayout
from core.data.locate import natural
from core.data.records import DataColumn, Described, Partition
from core.data.slices import Slicing, moment_of
from core.spec import ColumnKind, ModelSpec
from core.timeline import TICK, PeriodKind, bounds, label, parse_label
from store.records import SourcePartition

#: Empty partitions between others are listed unless there are more than these.
MOST_EMPTY = 20_000


def describe(
    spec: ModelSpec,
    files: Sequence[FileLayout],
    parts: Mapping[str, Sequence[SourcePartition]],
    kinds: Mapping[str, ColumnKind],
    types: Mapping[str, str],
) -> Described:
    """Join what is known of every file.

    Raises
    ------
    DataError
        Where files contradict each other.
    """
    slicing = Slicing.of(spec)
    zoned = check_zones(files, spec.time)
    partitions = _periods(parts, slicing.period) if slicing.period else _named(parts, slicing)
    spans = [(p.since, p.until) for several in parts.values() for p in several if p.since and p.until]
    newest = [f.newest_labelled for f in files if f.newest_labelled is not None]
    columns = [DataColumn(n, k, types.get(n, "")) for n, k in kinds.items()]
    return Described(
        columns=tuple(columns),
        rows=sum(p.rows for p in partitions),
        labelled=sum(p.labelled for p in partitions),
        files=len(files),
        first=min((datetime.fromisoformat(a) for a, _ in spans), default=None),
        last=max((datetime.fromisoformat(b) - TICK for _, b in spans), default=None),
        newest_labelled=moment_of(max(newest)) if newest else None,
        zoned=zoned,
        classes=_classes(files),
        partitions=partitions,
        fingerprint=fingerprint_of(*(p.fingerprint for _, ps in sorted(parts.items()) for p in ps)),
    )


def _counts(parts: Sequence[SourcePartition]) -> tuple[int, int]:
    return sum(p.rows for p in parts), sum(p.labelled for p in parts)


def _periods(parts: Mapping[str, Sequence[SourcePartition]], kind: PeriodKind) -> tuple[Partition, ...]:
    numbers = sorted(parse_label(name)[0] for name in parts)
    if not numbers:
        return ()
    if numbers[-1] - numbers[0] - len(numbers) < MOST_EMPTY:
        numbers = list(range(numbers[0], numbers[-1] + 1))
    found = []
    for number in numbers:
        name = label(number, kind)
        found.append(Partition(name, *bounds(number, kind), *_counts(parts.get(name, ()))))
    return tuple(found)


def _named(parts: Mapping[str, Sequence[SourcePartition]], slicing: Slicing) -> tuple[Partition, ...]:
    found = []
    for name in sorted(parts, key=natural):
        spans = [(p.since, p.until) for p in parts[name] if p.since and p.until]
        since = min((datetime.fromisoformat(a) for a, _ in spans), default=None)
        until = max((datetime.fromisoformat(b) for _, b in spans), default=None)
        found.append(Partition(name, since, until, *_counts(parts[name])))
    return tuple(found)


def _classes(files: Sequence[FileLayout]) -> tuple[tuple[str, int], ...]:
    total: dict[str, int] = {}
    for file in files:
        for name, count in file.classes.items():
            total[name] = total.get(name, 0) + count
    return tuple(sorted(total.items(), key=lambda entry: natural(entry[0])))
