"""``booster``: XGBoost and LightGBM files, evaluated by treelite (the extra ``boosters``).

LightGBM computes in float64, and so do we, to the last bits. XGBoost itself rounds inputs, leaves and sums to
float32; treelite does the same but adds in another order, so scores differ by about 1e-6 of their size (more
where large leaves cancel).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.algorithms.base import Raised
from incumbent.algorithms.sklearn import score_width
from incumbent.columns import Array, Coded, Columns
from incumbent.errors import BundleError
from incumbent.native.answers import softmax_many, two_classes

if TYPE_CHECKING:
    from incumbent.schema import InputSchema, OutputSchema

#: Names that the model file has in a bundle: XGBoost's JSON and binary JSON, LightGBM's text.
FILES = ("model.json", "model.ubj", "model.txt")
#: Rows that are evaluated together.
CHUNK = 65_536
#: Numbers from here on are infinite once rounded to float32; XGBoost refuses them.
TOO_LARGE = 2.0**128 - 2.0**103
_REFUSED = Raised("ValueError: a number is infinite, or too large for XGBoost", refusal=True)

#: treelite's task types.
_TASKS = {0: "classification", 1: "regression", 2: "classification"}
_LINKS = ("identity", "sigmoid", "softmax", "multiclass_ova", "exponential")


@dataclass(frozen=True)
class Booster:
    """A model file that has been read.

    Parameters
    ----------
    library : str
        ``xgboost`` or ``lightgbm``.
    model : treelite.Model
    task, scores : str
        As in :class:`incumbent.schema.OutputSchema`.
    classes : int
        0 for a regression.
    features : tuple of str
        Names in the file, or ``f0``, ``f1``, … where it has none.
    link : str
    categories : mapping of int to sequence
        For features that were pandas categories: their values, in the order of their codes (LightGBM).
    """

    library: str
    model: Any
    task: str
    scores: str
    classes: int
    features: "tuple[str, ...]"
    link: str
    categories: "Mapping[int, Sequence[Any]]"

    @property
    def precision(self) -> str:
        """What the library itself computes in: ``float32`` or ``float64``."""
        return "float32" if self.library == "xgboost" else "float64"


def read_booster(path: "str | Path") -> Booster:
    """Read an XGBoost (``.json``, ``.ubj``) or LightGBM (``.txt``, ``.model``) file.

    Raises
    ------
    BundleError
        Where treelite is missing, or the file is none of these, damaged, or of a kind that treelite lacks.
    """
    path = Path(path)
    try:
        import treelite
    except ImportError:
        raise BundleError(
            f"{path} needs treelite, which is not installed here",
            hint="pip install 'incumbent[boosters]'",
        ) from None
    try:
        head = path.read_bytes()[:64]
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    is_lightgbm = head.lstrip().startswith(b"tree")
    try:
        model = _lightgbm(treelite, path) if is_lightgbm else _xgboost(treelite, path, head)
    except (treelite.TreeliteError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        raise BundleError(
            f"treelite cannot read {path}: {reason}",
            hint="save it with Booster.save_model as .json (XGBoost) or .txt (LightGBM), then register again",
        ) from error
    return _described(path, "lightgbm" if is_lightgbm else "xgboost", model)


def _lightgbm(treelite: Any, path: Path) -> Any:
    return treelite.frontend.load_lightgbm_model(path)


def _xgboost(treelite: Any, path: Path, head: bytes) -> Any:
    text = head[:1] == b"{" and head[1:2] in b' "\n\r\t'
    return treelite.frontend.load_xgboost_model(path, format_choice="json" if text else "ubjson")


def _described(path: Path, library: str, model: Any) -> Booster:
    header = model.get_header_accessor()
    task, link = _TASKS.get(int(header.get_field("task_type")[0])), header.get_field("postprocessor")
    if task is None or link not in _LINKS or header.get_field("num_target")[0] != 1:
        raise BundleError(
            f"{path} is a {library} model of a kind that is not covered (link {link})",
            hint="regression, binary and multiclass models with one target are",
        )
    classes = 0 if task == "regression" else max(2, int(header.get_field("num_class")[0]))
    scores = "numbers" if task == "regression" else "decisions" if link == "identity" else "probabilities"
    names, categories = _features(path, library, int(header.get_field("num_feature")[0]))
    return Booster(library, model, task, scores, classes, names, link, categories)


def _features(path: Path, library: str, count: int) -> "tuple[tuple[str, ...], dict[int, Sequence[Any]]]":
    """Names of the features, and the values of those that were pandas categories."""
    if library == "lightgbm":
        lines = path.read_text("utf-8").splitlines()
        names = _line(lines, "feature_names=").split(" ")
        listed: "list[list[Any]]" = json.loads(_line(lines, "pandas_categorical:") or "null") or []
        ranges = _line(lines, "feature_infos=").split(" ")
        positions = [i for i, info in enumerate(ranges) if not info.startswith("[")]
        if listed and len(positions) != len(listed):
            raise BundleError(
                f"{path} has {len(listed)} category columns, and does not tell which features they are",
                hint="turn the categories into numbers before LightGBM (OrdinalEncoder), and train again",
            )
        return tuple(names), dict(zip(positions, listed))
    names = []
    if path.suffix == ".json":
        names = json.loads(path.read_text("utf-8"))["learner"].get("feature_names") or []
    return tuple(names) or tuple(f"f{i}" for i in range(count)), {}


def _line(lines: Sequence[str], start: str) -> str:
    return next((line[len(start) :] for line in lines if line.startswith(start)), "")


class BoosterModel:
    """Scores rows with a booster.

    Parameters
    ----------
    booster : Booster
    inputs : InputSchema
        As many columns as the booster has features, in its order.
    output : OutputSchema
    """

    name = "booster"

    def __init__(self, booster: Booster, inputs: "InputSchema", output: "OutputSchema") -> None:
        import treelite

        self._booster = booster
        self._inputs = inputs
        self._width = score_width(output)
        self._evaluate: "Callable[..., np.ndarray]" = treelite.gtil.predict
        self._type = np.float32 if booster.library == "xgboost" else np.float64
        self._codes = {i: {v: float(at) for at, v in enumerate(c)} for i, c in booster.categories.items()}

    def predict(self, columns: Columns, rows: int) -> np.ndarray:
        """Scores of many rows; NaN where XGBoost refuses an infinite value."""
        return self.explained(columns, rows)[0]

    def explained(self, columns: Columns, rows: int) -> "tuple[np.ndarray, dict[int, Raised]]":
        """The same, and why rows are refused."""
        out = np.empty((rows, *self._width))
        raised: "dict[int, Raised]" = {}
        for start in range(0, rows, CHUNK):
            part = slice(start, min(start + CHUNK, rows))
            matrix = np.empty((part.stop - start, len(self._inputs.columns)))
            for i, name in enumerate(self._inputs.names):
                matrix[:, i] = self._numbers(i, columns[name], part)
            out[part], refused = self._scores(matrix)
            raised |= {start + at: _REFUSED for at in np.flatnonzero(refused).tolist()}
        return out, raised

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row."""
        numbers = [self._number(i, row[name]) for i, name in enumerate(self._inputs.names)]
        return [float(score) for score in self._scores(np.array([numbers]))[0].ravel()]

    def _numbers(self, i: int, values: Array, part: slice) -> np.ndarray:
        codes = self._codes.get(i)
        if isinstance(values, Coded):
            table = np.array([self._number(i, v) for v in values.values] + [math.nan])
            return np.asarray(table[values.codes[part]])
        if codes is None:
            return np.asarray(values[part], dtype=np.float64)
        return np.array([codes.get(v, math.nan) for v in values[part].tolist()])

    def _number(self, i: int, value: Any) -> float:
        codes = self._codes.get(i)
        if codes is not None:
            return codes.get(value, math.nan)
        return math.nan if value is None or isinstance(value, str) else float(value)

    def _scores(self, matrix: np.ndarray) -> "tuple[np.ndarray, np.ndarray]":
        """Scores, and which rows are refused."""
        booster = self._booster
        refused = np.zeros(len(matrix), dtype=bool)
        if booster.library == "xgboost":
            refused = (np.abs(matrix) >= TOO_LARGE).any(axis=1)
            matrix = np.where(refused[:, None], 0.0, matrix)
        given = np.ascontiguousarray(matrix, dtype=self._type)
        own = booster.link == "softmax"  # treelite's softmax rounds to float32
        found = self._evaluate(booster.model, given, nthread=1, pred_margin=own)
        found = np.asarray(found, dtype=np.float64).reshape(len(matrix), -1)
        if own:
            found = softmax_many(found)
        elif booster.scores == "probabilities" and found.shape[1] == 1:
            found = two_classes(found[:, 0])
        found[refused] = math.nan
        return found.reshape(len(matrix), *self._width), refused


def open_booster(
    folder: Path, inputs: "InputSchema", output: "OutputSchema", manifest: Mapping[str, Any]
) -> BoosterModel:
    """The booster of a bundle's folder.

    Raises
    ------
    BundleError
        For a missing package or file, or a file that does not fit the manifest.
    """
    present = [folder / name for name in FILES if (folder / name).is_file()]
    if len(present) != 1:
        raise BundleError(
            f"the bundle {folder} holds {len(present)} booster files; one of {', '.join(FILES)} is needed",
            hint="restore the bundle from a backup, or register the version again",
        )
    booster = read_booster(present[0])
    if len(booster.features) != len(inputs.columns):
        raise BundleError(
            f"{present[0]} takes {len(booster.features)} features, "
            f"the manifest names {len(inputs.columns)} columns",
            hint="register the version again with the columns that it was trained on",
        )
    if (booster.scores, booster.classes) != (output.scores, len(output.classes)):
        raise BundleError(
            f"{present[0]} computes {booster.scores} of {booster.classes} classes, "
            f"the manifest says {output.scores} of {len(output.classes)}",
            hint="register the version again",
        )
    for i, found in enumerate(inputs.columns):
        if found.takes_text and i not in booster.categories:
            raise BundleError(
                f"{present[0]} takes {booster.features[i]!r} as a number, and {found.name!r} is text",
                hint="register the version again with the columns that it was trained on",
            )
    return BoosterModel(booster, inputs, output)
