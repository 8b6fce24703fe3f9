"""The loss of each logged answer: bounded, so that a trial may be looked at every day (rule 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.traffic.reading import matrix

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.workspace import Workspace
    from store import Store

Floats = NDArray[np.float64]
LossName = Literal["brier", "wrong", "absolute error"]


@dataclass(frozen=True)
class Losses:
    """How wrong an answer was.

    Parameters
    ----------
    name : str
        ``brier``: half the squared distance of the probabilities from what happened (for two classes the
        squared error of one probability). ``wrong``: 1 for another class, where a version of the two has no
        probabilities. ``absolute error``: of numbers, in the target's unit.
    classes : mapping of int to sequence of str
        The classes of each version, in its order.
    champion : int
        Whose order of classes the baseline's probabilities have.
    """

    name: LossName
    classes: Mapping[int, Sequence[str]]
    champion: int

    def of(self, meta: pd.DataFrame) -> Floats:
        """The loss of each row of a batch's ``meta``; NaN where it is not known what happened, or no answer.

        Parameters
        ----------
        meta : DataFrame
            With ``version``, ``value``, ``probabilities`` and ``actual``, as a batch of traffic has them.
        """
        found = np.full(len(meta), np.nan)
        known = (meta["actual"].notna() & meta["value"].notna()).to_numpy()
        if not known.any():
            return found
        rows = meta[known]
        if self.name == "absolute error":
            told = pd.to_numeric(rows["value"], errors="coerce")
            actual = pd.to_numeric(rows["actual"], errors="coerce")
            found[known] = (told - actual).abs().to_numpy(dtype=np.float64)
            return found
        actual_text = texts(rows["actual"])
        losses = (texts(rows["value"]) != actual_text).astype(np.float64)
        if self.name == "brier":
            self._squared(rows, actual_text, losses)
        found[known] = losses
        return found

    def _squared(self, rows: pd.DataFrame, actual: NDArray[np.object_], losses: Floats) -> None:
        """Replace the losses of rows that have probabilities."""
        versions = rows["version"].fillna(self.champion).to_numpy(dtype=np.int64)
        for version in np.unique(versions):
            classes = self.classes.get(int(version), self.classes[self.champion])
            its = np.flatnonzero(versions == version)
            stated = matrix(rows["probabilities"].iloc[its], len(classes))
            told = np.isfinite(stated).all(axis=1)
            at, stated = its[told], stated[told]
            place = {label: i for i, label in enumerate(classes)}
            happened = np.array([place.get(label, -1) for label in actual[at]], dtype=np.int64)
            squares = np.square(stated).sum(axis=1)
            # what happened may be no class that the version knows: then all of its probability is wrong
            right = np.where(happened >= 0, stated[np.arange(len(at)), happened], 0.0)
            losses[at] = (squares - 2 * right + 1.0) / 2


def losses_of(
    workspace: Workspace, store: Store, spec: ModelSpec, versions: Sequence[int], champion: int
) -> Losses:
    """How versions of a model are compared.

    Parameters
    ----------
    versions : sequence of int
        Those that are compared; rows may be answered by others, too.
    """
    if spec.task == "regression":
        return Losses("absolute error", {}, champion)
    classes: dict[int, Sequence[str]] = {}
    stated = True
    for version in store.versions.list(spec.name, include_archived=True, include_baseline=True):
        folder = workspace.bundle_path(version.hash)
        if not folder.is_dir():
            continue
        output = workspace.bundle(version.hash, verify=False).output
        classes[version.number] = [text_of(label) for label in output.classes]
        if version.number in versions and output.scores != "probabilities":
            stated = False
    return Losses("brier" if stated else "wrong", classes, champion)


def texts(values: pd.Series) -> NDArray[np.object_]:
    """Classes as text, however a source writes them."""
    known = {value: text_of(value) for value in values.unique()}
    return values.map(known).to_numpy(dtype=object)


def text_of(value: Any) -> str:
    """A class as text: whole numbers without a fraction, however a file has typed its column.

    Examples
    --------
    >>> text_of(1), text_of(1.0), text_of("late"), text_of(True)
    ('1', '1', 'late', 'True')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)
