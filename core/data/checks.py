"""What a source must be for its spec, said before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.data.layout import FileLayout
from core.spec import ModelSpec, closest
from incumbent.errors import DataError


def needed_columns(spec: ModelSpec) -> dict[str, str]:
    """Every column that the spec names, and what for."""
    needed = {spec.target: "target"}
    for key in ("time", "key", "group", "weight"):
        name = getattr(spec, key)
        if name is not None:
            needed.setdefault(name, key)
    from core.data.slices import Slicing

    column = Slicing.of(spec).column
    if column is not None:
        needed.setdefault(column, "partition")
    return needed


def check_columns(wanted: Iterable[str], have: Sequence[str], where: str, why: str) -> None:
    """Raise for the first column that is not there, naming the closest."""
    for name in wanted:
        if name not in have:
            like = closest(name, have)
            hint = f"did you mean {like!r}?" if like else "it has: " + ", ".join(have[:20])
            raise DataError(f"{where} has no column {name!r} ({why})", hint=hint)


def check_spec_columns(spec: ModelSpec, have: Sequence[str], where: str) -> None:
    """Raise where a column that the spec needs is missing from a file."""
    for name, key in needed_columns(spec).items():
        check_columns([name], have, where, f"the spec's {key}")


def check_kinds(spec: ModelSpec, kinds: Mapping[str, str]) -> None:
    """Raise where a column is not of the kind that its part needs."""
    check_columns(spec.columns, list(kinds), "the data", "under [columns] in the spec")
    for name, key in needed_columns(spec).items():
        if kinds[name] == "ignore":
            raise DataError(f"column {name!r} is ignored, but it is the spec's {key}", hint="give it a kind")
    numbers = {"weight": spec.weight, "target": spec.target if spec.task == "regression" else None}
    for key, column in numbers.items():
        if column is not None and kinds[column] not in ("number", "boolean"):
            raise DataError(
                f"the spec's {key} {column!r} is a {kinds[column]}, not a number",
                hint='write task = "classification", or mend the column'
                if key == "target"
                else "name another",
            )


def check_zones(files: Iterable[FileLayout], time: str | None) -> bool:
    """Whether the times carry a zone; raise where some files' do and others' do not."""
    seen: dict[bool, str] = {}
    for file in files:
        if file.zoned is not None:
            seen.setdefault(file.zoned, file.path)
    if len(seen) == 2:
        raise DataError(
            f"times (column {time!r}) carry a zone in {seen[True]} and none in {seen[False]}",
            hint="write all of them with a zone, or none",
        )
    return seen.popitem()[0] if seen else False


def check_positive(spec: ModelSpec, classes: Mapping[str, int]) -> None:
    """Raise where the positive class is no value of the target."""
    if spec.task == "regression" or spec.positive is None or not classes:
        return
    if class_of(spec.positive, classes) is None:
        raise DataError(
            f"target {spec.target!r} has no value {spec.positive!r}, the spec's positive",
            hint=f"it has: {_counted(classes)}",
        )


def check_two_classes(spec: ModelSpec, classes: Mapping[str, int]) -> None:
    """Raise where there are more classes than a positive one and another."""
    if spec.task == "regression" or spec.positive is None or len(classes) <= 2:
        return
    found = _counted(classes)
    raise DataError(
        f"target {spec.target!r} has {len(classes)} classes where positive asks for two: {found}",
        hint="remove positive to treat them all, or correct the rows",
    )


def _counted(classes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in list(classes.items())[:8])


def class_of(value: str | int | float | bool, classes: Iterable[str]) -> str | None:
    """The class, as text, that a spec's value means: ``1``, ``1.0`` and ``"1"`` are one, and so is ``true``
    where the target is boolean.

    Examples
    --------
    >>> class_of(1, ["0", "1"]), class_of(True, ["false", "true"]), class_of(1, ["false", "true"])
    ('1', 'true', 'true')
    """
    known = set(classes)
    if isinstance(value, bool):
        forms = [str(value).lower(), str(value), str(int(value))]
    elif isinstance(value, int | float):
        forms = [str(value), f"{value:.0f}" if value == int(value) else str(value)]
        forms += ["false"] if value == 0 else ["true"] if value == 1 else []
    else:
        forms = [value]
    return next((form for form in forms if form in known), None)
