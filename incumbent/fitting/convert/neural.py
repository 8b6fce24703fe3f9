"""Multi-layer perceptrons."""

from __future__ import annotations

from typing import Any

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.native.neural import ACTIVATIONS, Network
from incumbent.native.step import Step

_MODULE = "sklearn.neural_network._multilayer_perceptron"


def _network(estimator: Any, answers: "dict[str, str]") -> Step:
    known(estimator, {"activation": tuple(ACTIVATIONS)})
    last = estimator.out_activation_
    require(last in answers, estimator, f"the output activation {last!r} is not covered")
    several = estimator.n_outputs_ > 1 and last != "softmax"
    require(not several, estimator, "several targets at once are not covered")
    return Network(estimator.coefs_, estimator.intercepts_, estimator.activation, answers[last])


@converts(f"{_MODULE}.MLPClassifier")
def classifier(estimator: Any, inputs: Inputs) -> Step:
    return _network(estimator, {"logistic": "logistic", "softmax": "softmax"})


@converts(f"{_MODULE}.MLPRegressor")
def regressor(estimator: Any, inputs: Inputs) -> Step:
    return _network(estimator, {"identity": "number", "exp": "exp"})
