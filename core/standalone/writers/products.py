"""Models that multiply: linear ones, projections, networks, discriminants, naive Bayes; and constants."""

from __future__ import annotations

from typing import Any

from core.standalone.code import Code, Value
from core.standalone.writers import made, writes
from incumbent.native.constant import Constant
from incumbent.native.linear import Linear
from incumbent.native.naive_bayes import BernoulliBayes, CategoricalBayes, GaussianBayes
from incumbent.native.neural import Network
from incumbent.native.project import Project
from incumbent.native.quadratic import Quadratic

#: The part that reads raw scores, by the name of the answer; those that are not here hand them on.
ANSWERS = {
    "exp": "exponential_answer",
    "logistic": "logistic_answer",
    "softmax": "softmax_answer",
    "modified_huber": "modified_huber_answer",
    "posterior": "posterior_answer",
    "half_logistic": "half_logistic_answer",
    "samme": "samme_answer",
}


def answered(answer: str, scores: str, code: Code) -> Value:
    """Raw scores, read."""
    part = ANSWERS.get(answer)
    return Value(scores if part is None else code.assign("answer_row", code.call(part, scores)), 0)


def products(x: Value, weights: Any, intercepts: Any, code: Code, hint: str = "weights") -> str:
    """The expression of ``weights · x + intercepts``."""
    table = code.table(hint, weights.tolist(), x.names)
    starts = code.numbers("intercepts", intercepts)
    return code.assign("z", code.call("sparse_linear" if x.sparse else "linear", x.text, table, starts))


@writes(Linear)
def linear(step: Linear, x: Value, code: Code) -> Value:
    return answered(step.answer, products(x, step.coefficients, step.intercepts, code), code)


@writes(Project)
def project(step: Project, x: Value, code: Code) -> Value:
    z = products(x, step.components, [0.0] * len(step.offset), code, "components")
    text = code.call("projected", z, code.numbers("offset", step.offset), code.numbers("scale", step.scale))
    return made(step, x, code.assign("projected_row", text))


@writes(Network)
def network(step: Network, x: Value, code: Code) -> Value:
    z = products(x, step.weights[0].T, step.biases[0], code)
    for weights, biases in zip(step.weights[1:], step.biases[1:], strict=True):
        table, starts = code.table("weights", weights.T.tolist()), code.numbers("biases", biases)
        z = code.assign("z", code.call("hidden", z, repr(step.activation), table, starts))
    return answered(step.answer, z, code)


@writes(Quadratic)
def quadratic(step: Quadratic, x: Value, code: Code) -> Value:
    x = code.dense(x)
    classes = []
    for start, mean, whitening in zip(step.starts, step.means, step.whitenings, strict=True):
        axes = code.table("axes", whitening.T.tolist(), x.names)
        classes.append(f"({code.number(start)}, {code.numbers('means', mean, x.names)}, {axes})")
    listed = code.constant("classes", code.listing(classes))
    joint = code.assign("joint", code.call("quadratic", x.text, listed))
    if not step.as_decisions:
        return answered("softmax", joint, code)
    return Value(f"[{joint}[1] - {joint}[0]]" if len(classes) == 2 else joint, 0)


@writes(GaussianBayes)
def gaussian_bayes(step: GaussianBayes, x: Value, code: Code) -> Value:
    x = code.dense(x)
    classes = []
    for start, mean, variance in zip(step.starts, step.means, step.variances, strict=True):
        means = code.numbers("means", mean, x.names)
        classes.append(f"({code.number(start)}, {means}, {code.numbers('variances', variance, x.names)})")
    listed = code.constant("classes", code.listing(classes))
    return answered("posterior", code.assign("joint", code.call("gaussian", x.text, listed)), code)


@writes(BernoulliBayes)
def bernoulli_bayes(step: BernoulliBayes, x: Value, code: Code) -> Value:
    yes = code.step("above", code.dense(x), code.number(step.threshold))
    return linear(step.linear, yes, code)


@writes(CategoricalBayes)
def categorical_bayes(step: CategoricalBayes, x: Value, code: Code) -> Value:
    tables = [code.table("categories", t.T.tolist()) for t in step.tables]
    listed = code.constant("tables", code.listing(tables))
    priors = code.numbers("priors", step.priors)
    joint = code.assign("joint", code.call("categorical", code.dense(x).text, listed, priors))
    return answered("posterior", joint, code)


@writes(Constant)
def constant(step: Constant, x: Value, code: Code) -> Value:
    return Value(f"list({code.numbers('answer', step.values, step.labels)})", 0)
