"""The limits of a production configuration: what a person has set, read with every mistake named.

{"timeout_ms": 2000, "memory_mb": 4096, "breaker": {"failures": 5, "pause_s": 30},
 "columns": {"*": {"out_of_range": "pass"}, "distance": {"out_of_range": "clip", "null": "fallback"}},
 "rules": [{"when": "distance > 9000", "answer": 1, "why": "nothing flies that far", "first": true}],
 "control": 0.02, "on_failed_nowtest": "fallback"}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

#: What may be done with a number outside the range of the training rows, and with a category not among them.
OUT_OF_RANGE = ("pass", "clip", "null", "fallback", "rules")
UNSEEN = ("pass", "null", "fallback", "rules")
NULL = ("pass", "fill", "fallback", "rules")
#: What happens when the champion fails its now-test.
ON_FAILED_NOWTEST = ("alert", "fallback")

#: What a policy of a column may say.
POLICY_KEYS = ("out_of_range", "unseen", "null", "min", "max", "categories", "fill")
_RULE_KEYS = ("when", "answer", "probabilities", "why", "first")


@dataclass(frozen=True)
class Limits:
    """What bounds a model at a site.

    Parameters
    ----------
    timeout : float
        Seconds that a link in a child process has for up to 1,000 rows (more rows: in proportion).
    start : float
        Seconds that such a process has to load its bundle.
    memory : int
        MiB that it may take beyond what the interpreter itself needs; 0 for no limit.
    isolate : bool
        Whether what is not our own code runs in a child process at all.
    failures, pause : int, float
        Of the circuit breaker: failures in a row until it opens, seconds until it probes.
    columns : mapping
        Input policy by column; ``*`` is the default.
    rules : tuple of mapping
        Hard-coded answers.
    on_failed_nowtest : str
        ``alert``, or ``fallback`` where a person has authorised it beforehand.
    control : float
        Share of the keys that no version answers: they get the baseline, marked as the untreated control.
    demoted : mapping
        ``version`` and ``why`` of a champion that must not answer.
    """

    timeout: float = 2.0
    start: float = 60.0
    memory: int = 4096
    isolate: bool = True
    failures: int = 5
    pause: float = 30.0
    columns: "Mapping[str, Mapping[str, Any]]" = field(default_factory=dict)
    rules: "tuple[Mapping[str, Any], ...]" = ()
    on_failed_nowtest: str = "alert"
    control: float = 0.0
    demoted: "Mapping[str, Any]" = field(default_factory=dict)

    def rules_that(self, first: bool) -> "list[Mapping[str, Any]]":
        """The rules that are asked before the model, or those that are asked after every version."""
        return [rule for rule in self.rules if bool(rule.get("first")) is first]


def read_limits(document: "Mapping[str, Any]") -> "tuple[Limits, tuple[str, ...]]":
    """Limits, and what is wrong with them: a wrong one is left out and named.

    Examples
    --------
    >>> limits, mistakes = read_limits({"timeout_ms": 500, "columns": {"x": {"null": "ignore"}}})
    >>> limits.timeout, limits.columns
    (0.5, {})
    >>> mistakes
    ("columns.x.null is 'ignore': it must be one of pass, fill, fallback, rules",)
    """
    mistakes: "list[str]" = []
    known: "dict[str, Any]" = {}
    for key, value in document.items():
        reader = _READERS.get(key)
        if reader is None:
            mistakes.append(f"{key!r} is no limit: there are {', '.join(sorted(_READERS))}")
        else:
            known.update(reader(value, mistakes))
    return Limits(**known), tuple(mistakes)


def _number(
    name: str, to: str, scale: float, least: float = 0.0, whole: bool = False
) -> "Callable[[Any, list[str]], dict[str, Any]]":
    def read(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value < 1e12
        if not fits or (whole and value != int(value)):
            what = "whole number" if whole else "number"
            mistakes.append(f"{name} is {value!r}: it must be a {what}, {least:g} or more")
            return {}
        return {to: int(value) if whole else value * scale}

    return read


def _isolate(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(value, bool):
        mistakes.append(f"isolate is {value!r}: it must be true or false")
        return {}
    return {"isolate": value}


def _breaker(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(value, dict) or not set(value) <= {"failures", "pause_s"}:
        mistakes.append(f"breaker is {value!r}: it has failures and pause_s")
        return {}
    found: "dict[str, Any]" = {}
    if "failures" in value:
        found.update(_number("breaker.failures", "failures", 1, 1, True)(value["failures"], mistakes))
    if "pause_s" in value:
        found.update(_number("breaker.pause_s", "pause", 1)(value["pause_s"], mistakes))
    return found


def _columns(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(value, dict):
        mistakes.append(f"columns is {value!r}: it maps column names to policies")
        return {}
    kept: "dict[str, dict[str, Any]]" = {}
    for column, policy in value.items():
        found = _policy(column, policy, mistakes)
        if found:
            kept[column] = found
    return {"columns": kept}


def _policy(column: str, policy: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(policy, dict):
        mistakes.append(f"columns.{column} is {policy!r}: it has {', '.join(POLICY_KEYS)}")
        return {}
    found: "dict[str, Any]" = {}
    for key, value in policy.items():
        choices = {"out_of_range": OUT_OF_RANGE, "unseen": UNSEEN, "null": NULL}.get(key)
        if key not in POLICY_KEYS:
            mistakes.append(f"columns.{column}.{key} is no policy: there are {', '.join(POLICY_KEYS)}")
        elif choices and value not in choices:
            mistakes.append(f"columns.{column}.{key} is {value!r}: it must be one of {', '.join(choices)}")
        elif key in ("min", "max") and (isinstance(value, bool) or not isinstance(value, (int, float))):
            mistakes.append(f"columns.{column}.{key} is {value!r}: it must be a number")
        elif key == "categories" and not isinstance(value, (list, tuple)):
            mistakes.append(f"columns.{column}.categories is {value!r}: it must be a list")
        else:
            found[key] = value
    return found


def _rules(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(value, (list, tuple)):
        mistakes.append(f"rules is {value!r}: it must be a list")
        return {}
    kept = []
    for at, rule in enumerate(value):
        if not isinstance(rule, dict):
            mistakes.append(f"rules[{at}] is {rule!r}: it must have when and answer")
        elif lacking := {"when", "answer"} - set(rule):
            mistakes.append(f"rules[{at}] has no {' and no '.join(sorted(lacking, reverse=True))}")
        elif unknown := [str(key) for key in rule if key not in _RULE_KEYS]:
            mistakes.append(f"rules[{at}] has {', '.join(unknown)}: there are only {', '.join(_RULE_KEYS)}")
        elif not isinstance(rule["when"], str):
            mistakes.append(f"rules[{at}].when is {rule['when']!r}: it must be an expression as text")
        else:
            kept.append(rule)
    return {"rules": tuple(kept)}


def _on_failed_nowtest(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if value not in ON_FAILED_NOWTEST:
        mistakes.append(f"on_failed_nowtest is {value!r}: it must be one of {', '.join(ON_FAILED_NOWTEST)}")
        return {}
    return {"on_failed_nowtest": value}


def _control(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        mistakes.append(f"control is {value!r}: it must be a share of the keys, 0 or more, below 1")
        return {}
    return {"control": float(value)}


def _demoted(value: Any, mistakes: "list[str]") -> "dict[str, Any]":
    if not isinstance(value, dict) or (value and not isinstance(value.get("version"), int)):
        mistakes.append(f"demoted is {value!r}: it has version and why")
        return {}
    return {"demoted": value}


_READERS: "dict[str, Callable[[Any, list[str]], dict[str, Any]]]" = {
    "timeout_ms": _number("timeout_ms", "timeout", 1e-3, 1),
    "start_s": _number("start_s", "start", 1, 1),
    "memory_mb": _number("memory_mb", "memory", 1, 0, True),
    "isolate": _isolate,
    "breaker": _breaker,
    "columns": _columns,
    "rules": _rules,
    "on_failed_nowtest": _on_failed_nowtest,
    "control": _control,
    "demoted": _demoted,
}
