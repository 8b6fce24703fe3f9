"""The spec of a model as frozen records: what its maintainer wrote, checked, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from core.spec.log import LogSpec
from core.spec.paths import rewrite_path, rewrite_url
from incumbent.errors import UsageError

Task = Literal["classification", "regression"]
ColumnKind = Literal["number", "category", "text", "time", "boolean", "ignore"]


@dataclass(frozen=True)
class DataSpec:
    """Where the rows are: ``path`` (a file, a glob or a folder) or ``url`` and ``query``.

    The path is relative to the workspace where it lies inside. The URL's secrets are ``${NAME}`` references.
    """

    path: str | None = None
    url: str | None = None
    query: str | None = None


@dataclass(frozen=True)
class RequirementSpec:
    """One line of ``[requirements]``: limits of one metric, of all rows or of a segment's."""

    metric: str
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    range: tuple[float, float] | None = None
    segment: str | None = None


@dataclass(frozen=True)
class Cost:
    """What a false positive and a false negative cost; the decision threshold is tuned to it."""

    fp: float
    fn: float


@dataclass(frozen=True)
class ModelSpec:
    """A model as its maintainer writes it. Keys are those of the TOML file; None is "not set".

    Examples
    --------
    >>> spec = ModelSpec("flights", "classification", "late", "roc_auc", pipeline="flights.py")
    >>> spec.document()["target"], ModelSpec.from_document(spec.document()) == spec
    ('late', True)
    """

    name: str
    task: Task
    target: str
    metric: str
    positive: str | int | float | bool | None = None
    time: str | None = None
    partition: str = "all"  # day, week, month, quarter, year; "file"; "all"; else a column's name
    data: DataSpec | None = None
    worth: float | None = None
    threshold: float | None = None
    cost: Cost | None = None
    key: str | None = None
    group: str | None = None
    weight: str | None = None
    window: str | None = None
    hold_out: float | None = None  # share of rows held out of training, without a time column
    label_delay: str | None = None
    timezone: str | None = None
    metrics: str | None = None
    pipeline: str | None = None
    python: str | None = None
    requirements: tuple[RequirementSpec, ...] = ()
    software_test: str | None = None  # a command line
    software_folder: str | None = None  # where it runs; None: the workspace
    software_timeout: str | None = None  # a duration
    columns: Mapping[str, ColumnKind] = field(default_factory=dict)
    drift: Mapping[str, str | Mapping[str, float]] = field(default_factory=dict)
    private: tuple[str, ...] = ()  # columns that the prediction log never stores
    log: LogSpec = field(default_factory=LogSpec)

    def document(self) -> dict[str, Any]:
        """The spec as plain JSON data, of the same shape as the TOML file, only what is set."""
        from core.spec.document import document_of

        return document_of(self)

    @staticmethod
    def from_document(document: Mapping[str, Any], where: str = "spec") -> ModelSpec:
        """The spec that :meth:`document` described, checked as a file is.

        Raises
        ------
        UsageError
            With every mistake in it.
        """
        from core.spec.document import spec_of

        return spec_of(document, where)

    def need_time(self, option: str) -> None:
        """Refuse an option that goes by the time of rows where those of the model have none.

        Raises
        ------
        UsageError
        """
        if self.time is None:
            raise UsageError(
                f"{option} goes by the time of rows, and those of {self.name} have none",
                hint='name the column in the spec (time = "…"), or leave the option out',
            )

    def relative_to(self, folder: Path, root: Path) -> ModelSpec:
        """The same spec with its paths, relative to ``folder``, rewritten relative to the workspace ``root``.

        A path that lies outside the workspace becomes absolute. A bare command such as ``python3`` stays.
        """
        data = self.data
        if data is not None and data.path is not None:
            data = replace(data, path=rewrite_path(data.path, folder, root))
        elif data is not None and data.url is not None:
            data = replace(data, url=rewrite_url(data.url, folder, root))
        python = self.python
        if python is not None and "/" in python:
            python = rewrite_path(python, folder, root)
        return replace(
            self,
            data=data,
            python=python,
            metrics=None if self.metrics is None else rewrite_path(self.metrics, folder, root),
            pipeline=None if self.pipeline is None else rewrite_path(self.pipeline, folder, root),
            software_folder=self._software_folder(folder, root),
        )

    def _software_folder(self, folder: Path, root: Path) -> str | None:
        """Where the test command runs: as written, else where the spec lies (None: the workspace itself)."""
        if self.software_test is None:
            return None
        found = rewrite_path(self.software_folder or ".", folder, root)
        return None if found == "." else found
