"""The table of metrics, in the order in which they are shown."""

from __future__ import annotations

from core.metrics.metric import FREE, POSITIVE, UNIT, Metric, Task

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


# fmt: off
METRICS: tuple[Metric, ...] = (
    Metric("roc_auc", "higher", "scores", BINARY, UNIT,
           "chance that a positive row is ranked above a negative one", ("auc", "roc_auc_score")),
    Metric("roc_auc_ovr", "higher", "probabilities", CLASSES, UNIT,
           "ROC AUC of each class against the rest, mean over classes"),
    Metric("roc_auc_ovr_weighted", "higher", "probabilities", CLASSES, UNIT,
           "ROC AUC of each class against the rest, weighted by its rows"),
    Metric("average_precision", "higher", "scores", BINARY, UNIT,
           "precision averaged over the recalls", ("ap", "pr_auc", "average_precision_score")),
    Metric("log_loss", "lower", "probabilities", CLASSES, POSITIVE,
           "minus the log of the probability given to what happened", ("logloss", "cross_entropy")),
    Metric("brier", "lower", "probabilities", CLASSES, (0.0, 2.0),
           "squared error of the probabilities", ("brier_score", "brier_score_loss")),
    Metric("d2_log_loss", "higher", "probabilities", CLASSES, (None, 1.0),
           "skill: share of the log loss of a constant answer that is saved", ("d2_log_loss_score",)),
    Metric("d2_brier", "higher", "probabilities", CLASSES, (None, 1.0),
           "skill: share of the Brier score of a constant answer that is saved", ("d2_brier_score",)),
    Metric("calibration_error", "lower", "probabilities", CLASSES, UNIT,
           "distance of stated from observed shares over ten bins", ("ece", "expected_calibration_error")),
    Metric("calibration_slope", "zero", "probabilities", BINARY, FREE,
           "slope of the outcome on the log-odds: below 1 is overconfident", ideal=1.0),
    Metric("calibration_in_the_large", "zero", "probabilities", BINARY, FREE,
           "shift of the log-odds that would make the mean right", ("calibration_intercept",)),
    Metric("accuracy", "higher", "labels", CLASSES, UNIT,
           "share of rows that are right", ("accuracy_score",)),
    Metric("error_rate", "lower", "labels", CLASSES, UNIT,
           "share of rows that are wrong", ("zero_one_loss",)),
    Metric("balanced_accuracy", "higher", "labels", CLASSES, UNIT,
           "recall, mean over classes", ("balanced_accuracy_score",)),
    Metric("precision", "higher", "labels", BINARY, UNIT,
           "share of predicted positives that are right", ("precision_score", "ppv")),
    Metric("recall", "higher", "labels", BINARY, UNIT,
           "share of positives that are found", ("recall_score", "sensitivity", "tpr")),
    Metric("specificity", "higher", "labels", BINARY, UNIT,
           "share of negatives that are left alone", ("tnr", "selectivity")),
    Metric("f1", "higher", "labels", BINARY, UNIT, "harmonic mean of precision and recall", ("f1_score",)),
    *_averaged("precision", "precision"),
    *_averaged("recall", "recall"),
    *_averaged("f1", "F1"),
    Metric("mcc", "higher", "labels", CLASSES, (-1.0, 1.0),
           "correlation of predicted and actual classes", ("matthews_corrcoef",)),
    Metric("cost", "lower", "labels", BINARY, POSITIVE, "cost of false positives and negatives, a row"),
    Metric("errors", "lower", "labels", CLASSES, POSITIVE, "rows that are wrong", kind="count"),
    Metric("false_positives", "lower", "labels", BINARY, POSITIVE,
           "negatives that were called positive", ("fp",), "count"),
    Metric("false_negatives", "lower", "labels", BINARY, POSITIVE,
           "positives that were missed", ("fn",), "count"),
    Metric("positive_rate", "none", "labels", BINARY, UNIT,
           "share of rows predicted positive", kind="description"),
    Metric("target_rate", "none", "nothing", BINARY, UNIT,
           "share of rows that are positive", ("prevalence", "base_rate"), "description"),
    Metric("mae", "lower", "numbers", NUMBERS, POSITIVE, "mean absolute error", ("mean_absolute_error",)),
    Metric("mse", "lower", "numbers", NUMBERS, POSITIVE, "mean squared error", ("mean_squared_error",)),
    Metric("rmse", "lower", "numbers", NUMBERS, POSITIVE,
           "root of the mean squared error", ("root_mean_squared_error",)),
    Metric("rmsle", "lower", "numbers", NUMBERS, POSITIVE,
           "root of the mean squared error of the logarithms", ("root_mean_squared_log_error",)),
    Metric("medae", "lower", "numbers", NUMBERS, POSITIVE,
           "median absolute error", ("median_absolute_error",)),
    Metric("max_error", "lower", "numbers", NUMBERS, POSITIVE, "largest absolute error", smooth=False),
    Metric("mape", "lower", "numbers", NUMBERS, POSITIVE,
           "mean absolute error as a share of the actual value", ("mean_absolute_percentage_error",)),
    Metric("r2", "higher", "numbers", NUMBERS, (None, 1.0), "share of variance explained", ("r2_score",)),
    Metric("d2_absolute_error", "higher", "numbers", NUMBERS, (None, 1.0),
           "skill: share of the absolute error of a constant answer that is saved",
           ("d2_absolute_error_score",)),
    Metric("explained_variance", "higher", "numbers", NUMBERS, (None, 1.0),
           "share of variance explained, apart from bias", ("explained_variance_score",)),
    Metric("bias", "zero", "probabilities", ("binary", "regression"), FREE,
           "mean of predicted minus actual", ("mean_error", "me")),
    Metric("mean_poisson_deviance", "lower", "numbers", NUMBERS, POSITIVE,
           "deviance of counts", ("poisson_deviance",)),
    Metric("mean_gamma_deviance", "lower", "numbers", NUMBERS, POSITIVE,
           "deviance of positive amounts", ("gamma_deviance",)),
    Metric("mean_pinball_loss", "lower", "numbers", NUMBERS, POSITIVE,
           "pinball loss of the median: half the mean absolute error", ("pinball", "pinball_loss")),
    *(
        Metric(f"latency_{which}_ms", "lower", "nothing", EVERY, POSITIVE,
               f"{what} of the time that a prediction takes, in milliseconds", kind="operational")
        for which, what in (("p50", "median"), ("p95", "95 % quantile"), ("p99", "99 % quantile"))
    ),
    Metric("throughput", "higher", "nothing", EVERY, POSITIVE,
           "predictions a second that one process answers", kind="operational"),
)
# fmt: on
