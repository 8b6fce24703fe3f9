"""What a model's cases may be: rows that its versions take, and expectations that they can meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.expectations import changed_rows, check_expectation
from core.workspace import Workspace
from incumbent.errors import InputError, RefusedError, UsageError
from incumbent.plain import TooLarge
from store.records import NewCase

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from incumbent.schema import InputColumn
    from store import Store

Origin = Literal["sampled", "contrived", "incident"]
ORIGINS: tuple[Origin, ...] = ("sampled", "contrived", "incident")


@dataclass(frozen=True)
class Taking:
    """What a model takes as a case.

    Parameters
    ----------
    model : str
    bundle : Bundle or None
        The champion's, else the newest version's; None where the model has no version yet.
    private : tuple of str
        Columns whose values are stored nowhere.
    """

    model: str
    bundle: Bundle | None
    private: tuple[str, ...]

    @classmethod
    def of(cls, workspace: Workspace, store: Store, model: str) -> Taking:
        """What a model of a workspace takes."""
        from core.spec import ModelSpec

        spec = ModelSpec.from_document(store.models.revision(model).document)
        return cls(model, _bundle(workspace, store, model), spec.private)

    @property
    def columns(self) -> Mapping[str, InputColumn]:
        """The columns that the model reads, by name; empty where nobody knows yet."""
        return {} if self.bundle is None else {c.name: c for c in self.bundle.input.columns}

    def case(
        self,
        row: Mapping[str, Any],
        expect: Mapping[str, Any],
        origin: str = "contrived",
        note: str = "",
        blocking: bool = True,
    ) -> NewCase:
        """A behavioural case, checked.

        Raises
        ------
        UsageError
            For an expectation that makes no sense.
        InputError
            For a row that the model's versions cannot take.
        RefusedError
            For a value of a private column.
        """
        if origin not in ORIGINS:
            raise UsageError(f"{origin!r} is no origin of a case", hint=f"there are {', '.join(ORIGINS)}")
        if not row:
            raise InputError("the row is empty", hint="name its columns and values")
        input = None if self.bundle is None else self.bundle.input
        found = check_expectation(expect, None if self.bundle is None else self.bundle.output, input)
        for each in (row, *changed_rows(row, found)):
            self._refuse_private(each)
            for name, value in each.items():
                if isinstance(value, TooLarge):
                    raise InputError(f"column {name!r}: {value!r:.60} is larger than any float64")
            if input is not None:
                input.check_row(each)
        return NewCase("behavioural", dict(row), found, origin=origin, note=note, blocking=blocking)

    def _refuse_private(self, row: Mapping[str, Any]) -> None:
        for name in self.private:
            if row.get(name) is not None:
                raise RefusedError(
                    f"{name} is a private column of {self.model}: its values are stored nowhere",
                    hint=f"give null for {name}, if the versions can do without",
                )


def typed(workspace: Workspace, model: str, column: str, cells: Sequence[str]) -> list[Any]:
    """Values as somebody types them, as the model's column has them; an empty one is null.

    Raises
    ------
    UsageError
        Where the model reads no such column.
    """
    with workspace.store() as store:
        columns = Taking.of(workspace, store, model).columns
    if columns and column not in columns:
        raise UsageError(f"{model} reads no column {column!r}", hint=f"it reads {', '.join(columns)}")
    return [plain_cell(columns.get(column), cell) for cell in cells]


def plain_cell(column: InputColumn | None, cell: str) -> Any:
    """A cell as the value of a case's row: like :func:`core.predicting.cell_value`, a time as text."""
    from core.predicting import cell_value

    found = cell_value(column, cell)
    return found.isoformat() if hasattr(found, "isoformat") else found


def _bundle(workspace: Workspace, store: Store, model: str) -> Bundle | None:
    live = store.production.live(model)
    if live is not None and live.champion is not None:
        return workspace.bundle(store.versions.get(model, live.champion).hash, verify=False)
    listed = store.versions.list(model)
    return workspace.bundle(listed[0].hash, verify=False) if listed else None
