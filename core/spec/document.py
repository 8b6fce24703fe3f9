"""Plain data ↔ spec: the one place where every key is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from core.spec.drift import read_drift, write_drift
from core.spec.log import read_log, read_private
from core.spec.model import ColumnKind, Cost, DataSpec, ModelSpec, Task
from core.spec.reader import Mistakes, Reader
from core.spec.requirements import read_requirements, write_requirements
from core.timeline import PERIODS, Duration, zone
from incumbent.errors import UsageError

_PLAIN = (
    "name", "task", "target", "positive", "time", "partition", "metric", "worth", "threshold", "key", "group",
    "weight", "window", "hold_out", "label_delay", "timezone", "metrics", "pipeline", "python",
)  # fmt: skip
KEYS = (*_PLAIN, "data", "cost", "requirements", "software", "columns", "private", "log", "drift")
_SOFTWARE = ("test", "folder", "timeout")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def spec_of(document: Mapping[str, Any], where: str) -> ModelSpec:
    """The spec that plain data describe; every mistake in one UsageError."""
    mistakes = Mistakes(where)
    reader = Reader(document, mistakes)
    reader.known(KEYS)
    for key, what in (("name", '"flights"'), ("task", '"classification"'), ("target", '"late"')):
        reader.required(key, what)
    if "data" not in document and "pipeline" not in document:
        reader.required("data", '"data/rows-*.csv"')
    task = reader.one_of("task", get_args(Task)) or "classification"
    positive = _positive(reader)
    time = reader.text("time")
    spec = ModelSpec(
        name=check_name(reader),
        task=task,  # type: ignore[arg-type]
        target=reader.text("target") or "",
        metric=reader.text("metric") or default_metric(task, positive),
        positive=positive,
        time=time,
        partition=_partition(reader, time),
        data=_data(reader),
        worth=reader.number("worth", lambda v: v >= 0, "a number, 0 or more"),
        threshold=reader.number("threshold", lambda v: 0 <= v <= 1, "a number from 0 to 1"),
        cost=_cost(reader),
        key=reader.text("key"),
        group=reader.text("group"),
        weight=reader.text("weight"),
        window=_duration(reader, "window"),
        hold_out=reader.number("hold_out", lambda v: 0 <= v <= 0.9, "a share of the rows, 0 to 0.9"),
        label_delay=_duration(reader, "label_delay"),
        timezone=_timezone(reader),
        metrics=reader.text("metrics"),
        pipeline=reader.text("pipeline"),
        python=reader.text("python"),
        requirements=read_requirements(reader.inner("requirements")),
        **_software(reader.inner("software")),
        columns=_columns(reader.inner("columns")),
        drift=read_drift(reader.inner("drift")),
        private=read_private(reader),
        log=read_log(reader.inner("log")),
    )
    _check_together(spec, mistakes)
    mistakes.raise_any()
    return spec


def document_of(spec: ModelSpec) -> dict[str, Any]:
    """The spec as plain data, of the shape of the file."""
    document = {key: getattr(spec, key) for key in _PLAIN if getattr(spec, key) is not None}
    if spec.data is not None and spec.data.path is not None:
        document["data"] = spec.data.path
    elif spec.data is not None:
        document["data"] = {"url": spec.data.url, "query": spec.data.query}
    if spec.cost is not None:
        document["cost"] = {"fp": spec.cost.fp, "fn": spec.cost.fn}
    if spec.requirements:
        document["requirements"] = write_requirements(spec.requirements)
    if spec.software_test is not None:
        document["software"] = {
            key: value for key in _SOFTWARE if (value := getattr(spec, f"software_{key}")) is not None
        }
    if spec.columns:
        document["columns"] = dict(spec.columns)
    if spec.drift:
        document["drift"] = write_drift(spec.drift)
    if spec.private:
        document["private"] = list(spec.private)
    if spec.log.document():
        document["log"] = spec.log.document()
    return document


def default_metric(task: str, positive: Any) -> str:
    """The primary metric where the spec names none: roc_auc with a positive class, log_loss without, mae."""
    if task == "regression":
        return "mae"
    return "log_loss" if positive is None else "roc_auc"


def check_name(reader: Reader) -> str:
    """A model's name: it is also a folder's, so no separators and no leading dot."""
    name = reader.text("name")
    if name is not None and not _NAME.fullmatch(name):
        reader.wrong("name", "letters, digits, _ . and -, not starting with a dot or a dash")
    return name or ""


def _positive(reader: Reader) -> str | int | float | bool | None:
    value = reader.table.get("positive")
    if value is None or (isinstance(value, str | int | float) and value == value):
        return value
    reader.wrong("positive", "a value of the target")
    return None


def _partition(reader: Reader, time: str | None) -> str:
    value = reader.text("partition")
    if value is None:
        return "month" if time else "all"
    if value in PERIODS and not time:
        reader.mistakes.add(
            f"partition = {value!r} needs a time column",
            'write time = "…", or partition by a column or "file"',
        )
    return value


def _data(reader: Reader) -> DataSpec | None:
    if not isinstance(reader.table.get("data"), Mapping):
        path = reader.text("data")
        if path is not None and "://" in path:
            reader.wrong(
                "data", "a path, or a table with url and query", 'data = { url = "…", query = "select …" }'
            )
        return None if path is None else DataSpec(path=path)
    inner = reader.inner("data")
    assert inner is not None
    inner.known(("url", "query"))
    inner.required("url", '"sqlite:///file.db"')
    inner.required("query", '"select * from rows"')
    url, query = inner.text("url"), inner.text("query")
    if url is not None and not re.match(r"[a-z][a-z0-9_+]*://", url):
        inner.wrong(
            "url", "an SQLAlchemy URL", "such as sqlite:///file.db or postgresql://user:${PASSWORD}@host/db"
        )
    return DataSpec(url=url, query=query)


def _cost(reader: Reader) -> Cost | None:
    inner = reader.inner("cost")
    if inner is None:
        return None
    inner.known(("fp", "fn"))
    inner.required("fp", "1")
    inner.required("fn", "5")
    fp, fn = (inner.number(k, lambda v: v >= 0, "a number, 0 or more") for k in ("fp", "fn"))
    return None if fp is None or fn is None else Cost(fp, fn)


def _duration(reader: Reader, key: str) -> str | None:
    value = reader.text(key)
    if value is not None:
        try:
            Duration.parse(value)
        except UsageError as error:
            reader.mistakes.add(f"{key}: {error.message}", error.hint)
    return value


def _timezone(reader: Reader) -> str | None:
    value = reader.text("timezone")
    if value is not None:
        try:
            zone(value)
        except UsageError as error:
            reader.mistakes.add(f"timezone: {error.message}", error.hint)
    return value


def _software(reader: Reader | None) -> dict[str, str | None]:
    if reader is None:
        return {}
    reader.known(_SOFTWARE)
    reader.required("test", '"pytest ../app/tests"')
    return {
        "software_test": reader.text("test"),
        "software_folder": reader.text("folder"),
        "software_timeout": _duration(reader, "timeout"),
    }


def _columns(reader: Reader | None) -> dict[str, ColumnKind]:
    if reader is None:
        return {}
    kinds = get_args(ColumnKind)
    return {name: reader.one_of(name, kinds) or "ignore" for name in reader.table}  # type: ignore[misc]


def _check_together(spec: ModelSpec, mistakes: Mistakes) -> None:
    if spec.threshold is not None and spec.cost is not None:
        mistakes.add("threshold and cost exclude each other", "keep threshold, or cost to have it tuned")
    if spec.task == "regression":
        for key in ("positive", "threshold", "cost"):
            if getattr(spec, key) is not None:
                mistakes.add(f"{key} has no meaning in a regression", f"remove {key}")
    for key in ("time", "key", "weight"):
        if spec.target and getattr(spec, key) == spec.target:
            mistakes.add(f"{key} and target name the same column {spec.target!r}")
    if spec.columns.get(spec.target) == "ignore":
        mistakes.add(f"columns.{spec.target}: the target cannot be ignored")
    if spec.time is not None and spec.columns.get(spec.time, "time") != "time":
        mistakes.add(f"columns.{spec.time}: the time column is of kind time", "remove that line")
    if spec.label_delay is not None and spec.time is None:
        mistakes.add("label_delay needs a time column", 'write time = "…"')
    if spec.hold_out is not None and spec.time is not None:
        mistakes.add(
            "hold_out is for models without a time column",
            "remove it: later rows judge a version that was trained with --until",
        )
