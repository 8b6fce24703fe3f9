"""What must hold of an answer: it comes from the champion, is finite, of the right shape and plausible."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.checks.edge.asking import Answer
from core.checks.edge.rows import EdgeRow, Severity

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema

#: Answers that must be equal are, relative to the larger one, to within this.
SAME = 1e-9
_STANDS_IN = ("fallback", "baseline")


@dataclass(frozen=True)
class WeakSpot:
    """Something that does not hold, with the row that shows it.

    ``kind`` says what was done to the row, ``suggestion`` what could be done about it, ``also`` what else
    shows the same, ``before`` the value of the column from which a small step made the answer jump.
    """

    column: str
    kind: str
    severity: Severity
    reason: str
    suggestion: str
    row: Any = None
    got: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    before: Any = None

    @property
    def count(self) -> int:
        """How many rows or comparisons show it."""
        return 1 + len(self.also)


def folded(spots: Iterable[WeakSpot]) -> tuple[WeakSpot, ...]:
    """Spots of one column that ask for the same to be done, as one: the first, and the kinds of the others.

    Examples
    --------
    >>> null = WeakSpot("wind", "null", "fail", "no answer", "impute it")
    >>> [(s.kind, s.also) for s in folded([null, replace(null, kind="NaN")])]
    [('null', ('NaN',))]
    """
    found: dict[tuple[str, str, str], WeakSpot] = {}
    for spot in spots:
        key = (spot.column, spot.severity, spot.suggestion)
        first = found.get(key)
        found[key] = spot if first is None else replace(first, also=(*first.also, spot.kind, *spot.also))
    return tuple(found.values())


@dataclass(frozen=True)
class Plausible:
    """The range of the training target, widened by its own span; everything where it is not known."""

    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, output: OutputSchema) -> Plausible:
        """The plausible range of a version's answers.

        Examples
        --------
        >>> from incumbent.schema import OutputSchema
        >>> Plausible.of(OutputSchema("regression", "numbers", low=10.0, high=30.0))
        Plausible(low=-10.0, high=50.0)
        """
        if output.task != "regression" or output.low is None or output.high is None:
            return cls()
        span = (output.high - output.low) or abs(output.high) or 1.0
        return cls(output.low - span, output.high + span)


def judge_answer(
    asked: EdgeRow,
    answer: Answer,
    ordinary: Answer,
    output: OutputSchema,
    limits: Mapping[str, Any],
    serving: bool = True,
    rounding: float = SAME,
) -> WeakSpot | None:
    """What is wrong with the answer to one edge row, or None.

    Parameters
    ----------
    ordinary : Answer
        What the unchanged row is answered.
    limits : mapping
        Of the production configuration; its ``columns`` hold the input policy.
    serving : bool
        Whether anything serves yet: only then is there a policy to edit.
    rounding : float
        How far probabilities may be from adding up to one.
    """
    broken = _broken(answer)
    if broken:
        return _spot(asked, "fail", broken, "mend the pipeline: this row breaks what serves it")
    if "refused" in answer:
        if asked.malformed:
            return None
        reason = f"a well-formed row is refused: {answer['refused']}"
        return _spot(asked, "fail", reason, "let the pipeline take what production will send")
    if "answers" not in answer:  # not asked: what came before says why
        return None
    (got,) = answer["answers"]
    if stood_in(got):
        return _unanswered(asked, got, limits, serving)
    wrong = wrong_shape(got, output, rounding)
    if wrong:
        return _spot(asked, "fail", wrong, "mend the model: no answer is better than this one", got)
    if asked.same and not same_answer(got, _only(ordinary)):
        return _spot(asked, "fail", f"it says {shown(got)}, {shown(_only(ordinary))} without that",
                     "take columns by name, never by position", got)  # fmt: skip
    plausible = Plausible.of(output)
    if output.task == "regression" and not plausible.low <= got["value"] <= plausible.high:
        reason = (
            f"it says {got['value']:.6g}, far from what it learned from "
            f"({output.low:.6g} to {output.high:.6g})"
        )
        return _spot(asked, asked.implausible, reason, _keep_out(asked, serving), got)
    return None


def stood_in(got: Mapping[str, Any]) -> bool:
    """Whether another link of the chain answered for the champion."""
    return got["route"] in _STANDS_IN


def _broken(answer: Answer) -> str:
    if "died" in answer:
        return f"it kills the process that predicts: {answer['died']}"
    return f"it raises instead of a clean refusal: {answer['raised']}" if "raised" in answer else ""


def _unanswered(
    asked: EdgeRow, got: Mapping[str, Any], limits: Mapping[str, Any], serving: bool
) -> WeakSpot | None:
    if asked.unanswered is None or as_configured(asked, limits):
        return None
    reason = f"the champion has no answer, the {got['route']} stands in: {got['reason']}"
    return _spot(asked, asked.unanswered, reason, _keep_out(asked, serving), got)


def as_configured(asked: EdgeRow, limits: Mapping[str, Any]) -> bool:
    """Whether the input policy itself sends such rows down the chain.

    Examples
    --------
    >>> row = EdgeRow("wind", "null", {}, policy="null")
    >>> as_configured(row, {"columns": {"wind": {"null": "fallback"}}})
    True
    """
    policies = limits.get("columns") or {}
    if not asked.policy:
        return False
    if asked.column:
        return {**policies.get("*", {}), **policies.get(asked.column, {})}.get(asked.policy) == "fallback"
    return any(policy.get(asked.policy) == "fallback" for policy in policies.values())


def _keep_out(asked: EdgeRow, serving: bool) -> str:
    way = asked.remedy or {
        "null": "impute it in the pipeline",
        "unseen": 'let the pipeline take it (handle_unknown="ignore")',
        "out_of_range": "clip it in the pipeline or at the door",
    }.get(asked.policy, "let the pipeline take it")
    keep = "such rows kept from the model"
    if asked.column:
        keep = f"the input policy of {asked.column} keep such rows from the model"
    return f"{way}, or have {keep}" if serving else f"{way} (or, once it serves, have {keep})"


def _spot(
    asked: EdgeRow, severity: Severity, reason: str, suggestion: str, got: Mapping[str, Any] | None = None
) -> WeakSpot:
    return WeakSpot(asked.column, asked.kind, severity, reason, suggestion, asked.row, got or {})


def wrong_shape(got: Mapping[str, Any], output: OutputSchema, rounding: float = SAME) -> str:
    """What is wrong with an answer as such, whatever was asked; nothing where it is sound."""
    value, probabilities = got["value"], got["probabilities"]
    if output.task == "regression":
        sound = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return "" if sound else f"it says {value!r}, which is no finite number"
    if str(value) not in output.labels:
        return f"it says {value!r}, which is none of its classes"
    if probabilities is None:
        return ""
    outside = [p for p in probabilities.values() if not -rounding <= p <= 1 + rounding]
    if outside:
        return f"it gives the probability {outside[0]:.6g}"
    total = math.fsum(probabilities.values())
    return "" if abs(total - 1) <= rounding else f"its probabilities add up to {total:.12g}"


def scores_of(got: Mapping[str, Any]) -> list[float]:
    """The numbers of an answer (a class without probabilities as one that stands for it); none where
    another than the champion gave it."""
    if stood_in(got):
        return []
    if got["probabilities"] is not None:
        return list(got["probabilities"].values())
    value = got["value"]
    return [float(value)] if isinstance(value, int | float) else [_number_of(str(value))]


def _number_of(text: str) -> float:
    """A number that stands for a class, the same in every process."""
    return float(int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:6], "big"))


def same_answer(one: Mapping[str, Any], other: Mapping[str, Any], rounding: float = SAME) -> bool:
    """Whether two answers are the same to within a rounding, from the same link of the chain."""
    return bool(one["route"] == other["route"]) and largest_change(one, other) <= rounding


def largest_change(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far two answers are apart: probabilities as they are, numbers relative to the larger.

    Classes without probabilities are 0 or 1 apart, and so are answers of which one is not the champion's.
    """
    first, second = scores_of(one), scores_of(other)
    if len(first) != len(second):
        return 1.0
    scale = 1.0 if one["probabilities"] else max(map(abs, (*first, *second, 1e-300)))
    return min(1.0, max((abs(a - b) / scale for a, b in zip(first, second, strict=True)), default=0.0))


def _only(answer: Answer) -> Mapping[str, Any]:
    (got,) = answer["answers"]
    found: Mapping[str, Any] = got
    return found


def shown(got: Mapping[str, Any]) -> str:
    """An answer in a few characters."""
    value = got["value"]
    if got["probabilities"]:
        likeliest = max(got["probabilities"].values())
        return f"{value} ({likeliest:.4g})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
