"""Predictors made of predictors: averages, one against the rest, stacks."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.answers import leading, leading_many, two_classes
from incumbent.native.blocks import Dense, Features
from incumbent.native.chain import PredictingChain
from incumbent.native.products import without
from incumbent.native.step import Arrays, Predictor, Refused, Step, build, register

Row = Callable[[Sequence[Any]], "list[float]"]


def fused_with(before: Step, member: Predictor) -> Row:
    """``member.predict_row(before.row(x))`` as one function."""
    found = member.fused(before)
    if found is not None:
        return found
    row, predict = before.row, member.predict_row
    return lambda x: predict(row(x))


def written(members: "Sequence[tuple[str, Predictor]]", arrays: Arrays, names: Sequence[str]) -> "list[Any]":
    """Documents of labelled members."""
    return [{"name": label, **member.document(arrays, names)} for label, member in members]


def read_members(documents: Sequence[Mapping[str, Any]], arrays: Arrays) -> "list[tuple[str, Predictor]]":
    """What :func:`written` wrote."""
    return [(d["name"], read_predictor(d, arrays)) for d in documents]


def read_predictor(document: Mapping[str, Any], arrays: Arrays) -> Predictor:
    """The predictor that a document describes.

    Raises
    ------
    ValueError
        Where it describes another kind of step.
    """
    found = build(document, arrays)
    if not isinstance(found, Predictor):
        raise ValueError(f"the step {document.get('step')!r} makes no predictions")
    return found


def decisions(step: Predictor) -> Predictor:
    """The predictor whose answers are what ``decision_function`` gives.

    Raises
    ------
    NotImplementedError
        Where the step has none.
    """
    if step.scores == "decisions":
        return step
    if isinstance(step, PredictingChain):
        return PredictingChain(step.before, decisions(step.last), step.label)
    make: "Callable[[], Predictor] | None" = getattr(step, "decisions", None)
    if make is None:
        raise NotImplementedError(f"the decisions of {step.kind} are not covered")
    return make()


@register
class Average(Predictor):
    """The weighted mean of several predictors' scores.

    Parameters
    ----------
    members : sequence of (label, Predictor)
        All with the same kind of scores.
    weights : sequence of float, optional
    """

    kind = "average"

    def __init__(
        self, members: "Sequence[tuple[str, Predictor]]", weights: "Sequence[float] | None" = None
    ) -> None:
        self.members = list(members)
        self.weights = None if weights is None else [float(w) for w in weights]
        self.scores = self.members[0][1].scores
        self._factors = self.weights or [1.0] * len(self.members)
        self._total = sum(self._factors)

    def predict(self, x: Features) -> np.ndarray:
        with np.errstate(all="ignore"):
            total = self.members[0][1].predict(x) * self._factors[0]
            for (_, member), factor in zip(self.members[1:], self._factors[1:], strict=True):
                total = total + member.predict(x) * factor
            return np.asarray(total / self._total)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        return self._mean([member.predict_row(x) for _, member in self.members])

    def fused(self, before: Step) -> Row:
        rows = [fused_with(before, member) for _, member in self.members]
        return lambda x: self._mean([row(x) for row in rows])

    def _mean(self, scores: "list[list[float]]") -> "list[float]":
        weighted = [[v * f for v in s] for s, f in zip(scores, self._factors, strict=True)]
        return [sum(column) / self._total for column in zip(*weighted, strict=True)]

    def decisions(self) -> "Average":
        """The mean of the members' decisions."""
        return Average([(label, decisions(member)) for label, member in self.members], self.weights)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "weights": self.weights,
            "members": written(self.members, arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Average":
        return cls(read_members(document["members"], arrays), document["weights"])


@register
class OneAgainstRest(Predictor):
    """A binary classifier a class; for two classes, one.

    Parameters
    ----------
    members : sequence of (class label, Predictor)
        With probabilities, or decisions.
    by_decisions : bool
        Whether of equally likely classes the one with the highest decision leads.
    """

    kind = "one_against_rest"

    def __init__(self, members: "Sequence[tuple[str, Predictor]]", by_decisions: bool = False) -> None:
        self.members = list(members)
        self.by_decisions = by_decisions
        self.scores = self.members[0][1].scores
        self._rivals = [decisions(m) if by_decisions else m for _, m in self.members]

    def predict(self, x: Features) -> np.ndarray:
        found = [member.predict(x) for _, member in self.members]
        if self.scores == "decisions":
            return found[0] if len(found) == 1 else np.stack(found, axis=1)
        if len(found) == 1:
            p = two_classes(found[0][:, 1])
        else:
            p = np.stack([f[:, 1] for f in found], axis=1)
        total = p.sum(axis=1, keepdims=True)
        np.divide(p, total, out=p, where=total != 0.0)
        tied = (p == p.max(axis=1, keepdims=True)).sum(axis=1) > 1 if len(found) > 1 else np.zeros(1, bool)
        return leading_many(p, self._winners(x, found)) if tied.any() else p

    def _winners(self, x: Features, found: "list[np.ndarray]") -> np.ndarray:
        rivals = [r.predict(x) for r in self._rivals] if self.by_decisions else [f[:, 1] for f in found]
        return np.asarray(np.stack(rivals, axis=1).argmax(axis=1))

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        p = [member.predict_row(x)[-1] for _, member in self.members]
        if self.scores == "decisions":
            return p
        if len(p) == 1:
            p = [1.0 - p[0], p[0]]
        total = sum(p)
        p = [v / total for v in p] if total != 0.0 else p
        if len(self.members) == 1 or p.count(max(p)) == 1:
            return p
        rivals = [rival.predict_row(x)[-1] for rival in self._rivals]
        return leading(p, rivals.index(max(rivals)))

    def decisions(self) -> "OneAgainstRest":
        """The same with the members' decisions."""
        return OneAgainstRest([(label, decisions(member)) for label, member in self.members])

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "by_decisions": self.by_decisions,
            "members": written(self.members, arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "OneAgainstRest":
        return cls(read_members(document["members"], arrays), document.get("by_decisions", False))


@register
class Stack(Predictor):
    """A last predictor over the scores of others.

    Parameters
    ----------
    members : sequence of (label, Predictor)
    columns : sequence of str
        What the members' scores are called as features of the last one.
    last : Predictor
    passthrough : bool
        Whether the last one sees the features too, after the scores.
    """

    kind = "stack"

    def __init__(
        self,
        members: "Sequence[tuple[str, Predictor]]",
        columns: Sequence[str],
        last: Predictor,
        passthrough: bool,
    ) -> None:
        self.members = list(members)
        self.columns = list(columns)
        self.last = last
        self.passthrough = passthrough
        self.scores = last.scores

    def predict(self, x: Features) -> np.ndarray:
        found = [_without_first(member.predict(x)) for _, member in self.members]
        refused = np.any([np.isnan(f).any(axis=1) for f in found], axis=0)
        blocks = [Dense(f) for f in found]
        answers = self.last.predict(x.with_blocks(*blocks, *(x.blocks if self.passthrough else ())))
        return without(answers, refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        features: list[Any] = []
        for _, member in self.members:
            found = member.predict_row(x)
            features += found[1:] if len(found) == 2 else found
        if any(map(math.isnan, features)):
            raise Refused("a member of the stack has no answer")
        return self.last.predict_row([*features, *x] if self.passthrough else features)

    def decisions(self) -> "Stack":
        """The same with the last predictor's decisions."""
        return Stack(self.members, self.columns, decisions(self.last), self.passthrough)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "passthrough": self.passthrough,
            "members": written(self.members, arrays, names),
            "columns": self.columns,
            "last": self.last.document(arrays, [*self.columns, *names] if self.passthrough else self.columns),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Stack":
        members = read_members(document["members"], arrays)
        last = read_predictor(document["last"], arrays)
        return cls(members, document["columns"], last, document["passthrough"])


def _without_first(scores: np.ndarray) -> np.ndarray:
    """Scores as features: one column is enough for the probabilities of two classes."""
    if scores.ndim == 1:
        return scores[:, None]
    return scores[:, 1:] if scores.shape[1] == 2 else scores
