"""Rules of a production configuration, one by one: what a weak spot suggests, and adding one.

A rule answers rows that its condition holds for, instead of the model (``first``) or after every version of
the chain. What a condition may say stands in :mod:`incumbent.algorithms.rules`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.production import LOCAL
from core.production_limits import edit
from incumbent.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from core.workspace import Workspace

#: How kinds of edge rows begin whose value lies below what training had.
_BELOW = ("just below", "negative", "-", "a day before")


def add(
    workspace: Workspace,
    model: str,
    when: str,
    answer: Any,
    *,
    first: bool = False,
    site: str = LOCAL,
    reason: str,
    who: str | None = None,
) -> dict[str, Any]:
    """Add a rule after those that stand: an edit of limits, as :func:`core.production_limits.edit` makes it.

    Parameters
    ----------
    when : str
        The condition, as :class:`incumbent.algorithms.rules.Rules` takes it.
    answer : object
        A class of the model, or a number; as text it is read as JSON where it can be.
    first : bool
        Ask it before the model; else only where no version has answered.

    Raises
    ------
    RefusedError
        Where the rule stands already.
    """
    rule = rule_of(when, answer, first, reason)
    with workspace.store() as store:
        live = store.production.live(model, site)
    standing = list(live.limits.get("rules") or ()) if live is not None else []
    if any(dict(each) == rule for each in standing):
        raise RefusedError(f"this rule stands already: when {rule['when']} answer {rule['answer']}")
    return edit(workspace, model, rules=[*standing, rule], site=site, reason=reason, who=who)


def rule_of(when: str, answer: Any, first: bool, why: str) -> dict[str, Any]:
    """A rule as the configuration keeps it.

    Raises
    ------
    UsageError
        Where the condition or the answer is missing.

    Examples
    --------
    >>> rule_of("wind is None", "1", True, "no wind, no flight")
    {'when': 'wind is None', 'answer': 1, 'why': 'no wind, no flight', 'first': True}
    """
    if not when.strip():
        raise UsageError("the rule has no condition", hint="for example: distance > 5000")
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        raise UsageError("the rule has no answer", hint="a class of the model, or a number")
    return {
        "when": when.strip(),
        "answer": _value(answer),
        **({"why": why} if why else {}),
        **({"first": True} if first else {}),
    }


def condition(column: str, value: Any, kind: str = "") -> str:
    """A condition for rows like one that an edge test found weak: a beginning, for a person to better.

    Examples
    --------
    >>> condition("wind", None), condition("carrier", "ZZ"), condition("dep time", 1e9, "×1000")
    ('wind is None', "carrier == 'ZZ'", "row['dep time'] >= 1000000000.0")
    >>> condition("wind", -3.0, "just below the range"), condition("wind", "NaN", "NaN")
    ('wind <= -3.0', 'wind is None')
    """
    name = column if column.isidentifier() else f"row[{column!r}]"
    if value is None or kind == "NaN":
        return f"{name} is None"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name} {'<=' if kind.startswith(_BELOW) else '>='} {value!r}"
    return f"{name} == {value!r}"


def _value(answer: Any) -> Any:
    if not isinstance(answer, str):
        return answer
    try:
        return json.loads(answer)
    except ValueError:
        return answer
