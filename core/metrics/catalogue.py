"""The catalogue of metrics: names, aliases, which way is better, what each needs.

Names and aliases are those of scikit-learn's functions and scorers, and the short names that people write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", float, "NDArray[Any]")

Direction = Literal["higher", "lower", "zero", "none"]
Needs = Literal["labels", "scores", "probabilities", "numbers", "nothing"]
Kind = Literal["quality", "count", "description", "operational", "custom"]
Task = Literal["binary", "multiclass", "regression"]
Bounds = tuple[float | None, float | None]

UNIT: Bounds = (0.0, 1.0)
POSITIVE: Bounds = (0.0, None)
FREE: Bounds = (None, None)


@dataclass(frozen=True)
class Metric:
    """One way of saying how good predictions are.

    Parameters
    ----------
    name : str
        Canonical name.
    direction : "higher", "lower", "zero" or "none"
        Which way is better; "zero" means nearer to ``ideal``, "none" that neither is.
    needs : str
        What of a prediction it is computed from.
    tasks : tuple of "binary", "multiclass", "regression"
    bounds : pair of float or None
        The values that it can take; decides on which scale an interval is symmetric.
    about : str
        One line for people.
    aliases : tuple of str
    kind : str
        "quality" is a value per row on average, "count" grows with the rows, "description" describes and
        does not judge, "operational" is measured where predictions are made, "custom" by the user's own
        function.
    smooth : bool
        Whether leaving out a block says something about its precision (not so for a maximum).
    ideal : float
        The best value where ``direction`` is "zero".

    Examples
    --------
    >>> resolve("rmse").loss(2.5), resolve("roc_auc").loss(0.7), resolve("bias").loss(-3.0)
    (2.5, -0.7, 3.0)
    """

    name: str
    direction: Direction
    needs: Needs
    tasks: tuple[Task, ...]
    bounds: Bounds = FREE
    about: str = ""
    aliases: tuple[str, ...] = ()
    kind: Kind = "quality"
    smooth: bool = True
    ideal: float = 0.0

    def loss(self, value: Number) -> Number:
        """The value (or an array of them) turned so that lower is better; unchanged where neither way is."""
        if self.direction == "higher":
            return -value
        return abs(value - self.ideal) if self.direction == "zero" else value


BINARY: tuple[Task, ...] = ("binary",)
CLASSES: tuple[Task, ...] = ("binary", "multiclass")
NUMBERS: tuple[Task, ...] = ("regression",)
EVERY: tuple[Task, ...] = ("binary", "multiclass", "regression")


def _averaged(name: str, about: str) -> list[Metric]:
    kinds = {
        "macro": "mean over classes",
        "weighted": "mean over classes, weighted by their rows",
        "micro": "over all classes together",
    }
    return [
        Metric(f"{name}_{kind}", "higher", "labels", CLASSES, UNIT, f"{about}, {what}")
        for kind, what in kinds.items()
    ]


_METRICS: tuple[Metric, ...] = (
    Metric(
        "roc_auc",
        "higher",
        "scores",
        BINARY,
        UNIT,
        "chance that a positive row is ranked above a negative one",
        ("auc", "roc_auc_score"),
    ),
    Metric(
        "roc_auc_ovr",
        "higher",
        "probabilities",
        CLASSES,
        UNIT,
        "ROC AUC of each class against the rest, mean over classes",
    ),
    Metric(
        "roc_auc_ovr_weighted",
        "higher",
        "probabilities",
        CLASSES,
        UNIT,
        "ROC AUC of each class against the rest, weighted by its rows",
    ),
    Metric(
        "average_precision",
        "higher",
        "scores",
        BINARY,
        UNIT,
        "precision averaged over the recalls",
        ("ap", "pr_auc", "average_precision_score"),
    ),
    Metric(
        "log_loss",
        "lower",
        "probabilities",
        CLASSES,
        POSITIVE,
        "minus the log of the probability given to what happened",
        ("logloss", "cross_entropy"),
    ),
    Metric(
        "brier",
        "lower",
        "probabilities",
        CLASSES,
        (0.0, 2.0),
        "squared error of the probabilities",
        ("brier_score", "brier_score_loss"),
    ),
    Metric(
        "calibration_error",
        "lower",
        "probabilities",
        CLASSES,
        UNIT,
        "distance of stated from observed shares over ten bins",
        ("ece", "expected_calibration_error"),
    ),
    Metric(
        "calibration_slope",
        "zero",
        "probabilities",
        BINARY,
        FREE,
        "slope of the outcome on the log-odds: below 1 is overconfident",
        ideal=1.0,
    ),
    Metric(
        "calibration_in_the_large",
        "zero",
        "probabilities",
        BINARY,
        FREE,
        "shift of the log-odds that would make the mean right",
        ("calibration_intercept",),
    ),
    Metric(
        "accuracy", "higher", "labels", CLASSES, UNIT, "share of rows that are right", ("accuracy_score",)
    ),
    Metric(
        "error_rate", "lower", "labels", CLASSES, UNIT, "share of rows that are wrong", ("zero_one_loss",)
    ),
    Metric(
        "balanced_accuracy",
        "higher",
        "labels",
        CLASSES,
        UNIT,
        "recall, mean over classes",
        ("balanced_accuracy_score",),
    ),
    Metric(
        "precision",
        "higher",
        "labels",
        BINARY,
        UNIT,
        "share of predicted positives that are right",
        ("precision_score", "ppv"),
    ),
    Metric(
        "recall",
        "higher",
        "labels",
        BINARY,
        UNIT,
        "share of positives that are found",
        ("recall_score", "sensitivity", "tpr"),
    ),
    Metric(
        "specificity",
        "higher",
        "labels",
        BINARY,
        UNIT,
        "share of negatives that are left alone",
        ("tnr", "selectivity"),
    ),
    Metric("f1", "higher", "labels", BINARY, UNIT, "harmonic mean of precision and recall", ("f1_score",)),
    *_averaged("precision", "precision"),
    *_averaged("recall", "recall"),
    *_averaged("f1", "F1"),
    Metric(
        "mcc",
        "higher",
        "labels",
        CLASSES,
        (-1.0, 1.0),
        "correlation of predicted and actual classes",
        ("matthews_corrcoef",),
    ),
    Metric("cost", "lower", "labels", BINARY, POSITIVE, "cost of false positives and negatives, a row"),
    Metric("errors", "lower", "labels", CLASSES, POSITIVE, "rows that are wrong", kind="count"),
    Metric(
        "false_positives",
        "lower",
        "labels",
        BINARY,
        POSITIVE,
        "negatives that were called positive",
        ("fp",),
        "count",
    ),
    Metric(
        "false_negatives", "lower", "labels", BINARY, POSITIVE, "positives that were missed", ("fn",), "count"
    ),
    Metric(
        "positive_rate",
        "none",
        "labels",
        BINARY,
        UNIT,
        "share of rows predicted positive",
        kind="description",
    ),
    Metric(
        "target_rate",
        "none",
        "nothing",
        BINARY,
        UNIT,
        "share of rows that are positive",
        ("prevalence", "base_rate"),
        "description",
    ),
    Metric("mae", "lower", "numbers", NUMBERS, POSITIVE, "mean absolute error", ("mean_absolute_error",)),
    Metric("mse", "lower", "numbers", NUMBERS, POSITIVE, "mean squared error", ("mean_squared_error",)),
    Metric(
        "rmse",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "root of the mean squared error",
        ("root_mean_squared_error",),
    ),
    Metric(
        "rmsle",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "root of the mean squared error of the logarithms",
        ("root_mean_squared_log_error",),
    ),
    Metric(
        "medae", "lower", "numbers", NUMBERS, POSITIVE, "median absolute error", ("median_absolute_error",)
    ),
    Metric("max_error", "lower", "numbers", NUMBERS, POSITIVE, "largest absolute error", smooth=False),
    Metric(
        "mape",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "mean absolute error as a share of the actual value",
        ("mean_absolute_percentage_error",),
    ),
    Metric("r2", "higher", "numbers", NUMBERS, (None, 1.0), "share of variance explained", ("r2_score",)),
    Metric(
        "explained_variance",
        "higher",
        "numbers",
        NUMBERS,
        (None, 1.0),
        "share of variance explained, apart from bias",
        ("explained_variance_score",),
    ),
    Metric(
        "bias",
        "zero",
        "probabilities",
        ("binary", "regression"),
        FREE,
        "mean of predicted minus actual",
        ("mean_error", "me"),
    ),
    Metric(
        "mean_poisson_deviance",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "deviance of counts",
        ("poisson_deviance",),
    ),
    Metric(
        "mean_gamma_deviance",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "deviance of positive amounts",
        ("gamma_deviance",),
    ),
    Metric(
        "mean_pinball_loss",
        "lower",
        "numbers",
        NUMBERS,
        POSITIVE,
        "pinball loss of the median: half the mean absolute error",
        ("pinball", "pinball_loss"),
    ),
    *(
        Metric(
            f"latency_{which}_ms",
            "lower",
            "nothing",
            EVERY,
            POSITIVE,
            f"{what} of the time that a prediction takes, in milliseconds",
            kind="operational",
        )
        for which, what in (("p50", "median"), ("p95", "95 % quantile"), ("p99", "99 % quantile"))
    ),
)

#: Every metric by its canonical name, in the order in which tables show them.
CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _METRICS}

_BY_ANY_NAME: dict[str, Metric] = {
    name: metric for metric in _METRICS for name in (metric.name, *metric.aliases)
}


def names(task: Task | None = None) -> tuple[str, ...]:
    """Canonical names, of one task or of all.

    Examples
    --------
    >>> "mae" in names("regression"), "mae" in names("binary")
    (True, False)
    """
    return tuple(name for name, metric in CATALOGUE.items() if task is None or task in metric.tasks)


def resolve(name: str, custom: Iterable[str] = ()) -> Metric:
    """The metric that a person means.

    Parameters
    ----------
    name : str
        A canonical name, or an alias (scikit-learn's function or scorer). What the person wrote stays the
        name that is shown; the metric's own ``name`` is the canonical one.
    custom : iterable of str
        Names of the user's own metrics; they come before the catalogue's.

    Raises
    ------
    UsageError
        Nothing is called that; the hint names what is close.

    Examples
    --------
    >>> resolve("matthews_corrcoef").name
    'mcc'
    >>> resolve("accurracy")
    Traceback (most recent call last):
    incumbent.errors.UsageError: no metric is called 'accurracy' (did you mean 'accuracy'?)
    """
    own = tuple(custom)
    if name in own:
        return Metric(name, "none", "nothing", EVERY, about="the model's own metric", kind="custom")
    if name in _BY_ANY_NAME:
        return _BY_ANY_NAME[name]
    if name.startswith("neg_") and name[4:] in _BY_ANY_NAME:
        raise UsageError(
            f"{name!r} is a scorer with its sign turned",
            hint=f"write {name[4:]!r}: losses are shown as they are, and lower is known to be better",
        )
    close = get_close_matches(name, [*own, *_BY_ANY_NAME], n=3, cutoff=0.75)
    hint = f"did you mean {' or '.join(repr(c) for c in close)}?" if close else f"known: {', '.join(names())}"
    raise UsageError(f"no metric is called {name!r}", hint=hint)


def check_metrics(wanted: Iterable[str], task: Task, custom: Iterable[str] = ()) -> None:
    """Refuse metrics that do not exist or that make no sense for a task.

    Raises
    ------
    UsageError
        Names the metric and what fits the task instead.

    Examples
    --------
    >>> check_metrics(["roc_auc", "log_loss"], "binary")
    >>> check_metrics(["f1"], "multiclass")
    Traceback (most recent call last):
    incumbent.errors.UsageError: 'f1' is not a metric of a multiclass task (did you mean 'f1_macro'?)
    """
    own = tuple(custom)
    for name in wanted:
        metric = resolve(name, own)
        if task in metric.tasks:
            continue
        fitting = names(task)
        close = [n for n in fitting if n.startswith(metric.name)] or get_close_matches(metric.name, fitting)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(fitting)}"
        raise UsageError(f"{name!r} is not a metric of a {task} task", hint=hint)
