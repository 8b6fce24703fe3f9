"""``rules``: hard-coded answers, conditions and results that a person wrote down.

A rule is ``{"when": "distance > 5000 and carrier == 'XX'", "answer": 1, "why": "..."}``. The first whose
condition holds answers; a row for which none holds has no score (NaN), and goes on down the chain. Conditions
name columns (``row["dep time"]`` where a name is no word), compare, calculate and call a few functions; they
are parsed and evaluated by simpleeval (the extra ``rules``), never by ``eval``, and only what is listed here
gets through. A condition over a null, or over values that do not compare, does not hold.
"""

from __future__ import annotations

import ast
import json
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Mapping, NamedTuple, Sequence

from incumbent.columns import value_of
from incumbent.errors import BundleError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns
    from incumbent.schema import InputSchema, OutputSchema

#: Where a bundle keeps its rules.
FILE = "rules.json"

_FUNCTIONS = {
    "abs": abs, "len": len, "min": min, "max": max, "round": round,
    "lower": lambda text: text.lower(), "starts": lambda text, with_: text.startswith(with_),
}  # fmt: skip
_NODES = (
    ast.Expr, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.BinOp, ast.Add,
    ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE,
    ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.Name, ast.Load, ast.Constant, ast.List,
    ast.Tuple, ast.Call, ast.Subscript,
)  # fmt: skip
#: What conditions call the row.
ROW = "row"
_LONGEST = 2_000  # characters of a condition


class Answered(NamedTuple):
    """What a rule says of a row: scores as a model's, the value, and why."""

    scores: "list[float]"
    value: Any
    why: str


@dataclass(frozen=True)
class Rule:
    """One rule, parsed.

    Parameters
    ----------
    when : str
    tree : object
        The parsed condition, as simpleeval takes it.
    columns : frozenset of str
        The columns that the condition names.
    answered : Answered
    """

    when: str
    tree: Any
    columns: "frozenset[str]"
    answered: Answered


class Rules:
    """Answers by the first rule that holds. May be used from several threads at once.

    Parameters
    ----------
    rules : sequence of mapping
        ``when`` and ``answer``; optionally ``probabilities`` (class to number) and ``why``.
    columns : iterable of str, optional
        The columns that conditions may name; None where they are not known.
    output : OutputSchema
        Of the model that the rules stand beside: answers must be its classes, or numbers.

    Raises
    ------
    UsageError
        For a condition that does not parse or names an unknown column, or an answer that cannot be.
    BundleError
        Where simpleeval is not installed.

    Examples
    --------
    >>> from incumbent.schema import OutputSchema
    >>> output = OutputSchema("classification", "probabilities", (0, 1), 1)
    >>> rules = Rules([{"when": "distance > 5000 or row['dep time'] is None", "answer": 1}],
    ...               ["distance", "dep time"], output)
    >>> rules.answer({"distance": 9000, "dep time": 4}).value
    1
    >>> rules.answer({"distance": 10, "dep time": 4}) is None
    True
    """

    name = "rules"

    def __init__(
        self, rules: "Sequence[Mapping[str, Any]]", columns: "Iterable[str] | None", output: "OutputSchema"
    ) -> None:
        known = None if columns is None else frozenset(columns)
        self.output = output
        self._names = _Names()
        self._evaluator = _evaluator(self._names)
        self.rules = tuple(_rule(at, rule, known, output) for at, rule in enumerate(rules))
        self.columns = frozenset().union(*(rule.columns for rule in self.rules))
        self._none = [math.nan] * _width(output)

    def answer(self, row: Mapping[str, Any]) -> "Answered | None":
        """What the first rule that holds says; None where none does."""
        values = {name: _plain(value_of(row, name)) for name in self.columns}
        self._names.values = {**values, ROW: values}
        for rule in self.rules:
            if self._holds(rule):
                return rule.answered
        return None

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row; NaN where no rule holds."""
        found = self.answer(row)
        return list(found.scores if found else self._none)

    def predict(self, columns: "Columns", rows: int) -> "np.ndarray":
        """Scores of many rows, one after the other."""
        import numpy as np

        from incumbent.columns import row_values

        needed = {name: columns[name] for name in self.columns}
        found = np.array([self.predict_row(row_values(needed, at)) for at in range(rows)], dtype=np.float64)
        found = found.reshape(rows, len(self._none))
        return found[:, 0] if len(self._none) == 1 else found

    def _holds(self, rule: Rule) -> bool:
        from simpleeval import InvalidExpression

        try:
            return bool(self._evaluator.eval(rule.when, rule.tree))
        except (TypeError, ValueError, ArithmeticError, AttributeError, InvalidExpression):
            return False  # a comparison with null, or of text with a number


class _Names(threading.local):
    """The values of the row that a thread is about: one evaluator serves all threads."""

    def __init__(self) -> None:
        self.values: "dict[str, Any]" = {}

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def open_rules(
    folder: Path, inputs: "InputSchema", output: "OutputSchema", manifest: Mapping[str, Any]
) -> Rules:
    """The rules of a bundle's folder.

    Raises
    ------
    BundleError
        Where they are damaged, or simpleeval is not installed.
    """
    path = Path(folder) / FILE
    try:
        listed = json.loads(path.read_text("utf-8"))
        return Rules(listed, inputs.names, output)
    except (OSError, ValueError, TypeError, AttributeError, UsageError) as error:
        raise BundleError(f"{path} is damaged: {error}", hint="restore the bundle from a backup") from None


def _evaluator(names: _Names) -> Any:
    try:
        from simpleeval import DEFAULT_OPERATORS, EvalWithCompoundTypes
    except ImportError:
        raise BundleError(
            "rules need the package simpleeval, which is not installed here",
            hint="pip install 'incumbent-runtime[rules]'",
        ) from None
    return EvalWithCompoundTypes(operators=DEFAULT_OPERATORS, functions=dict(_FUNCTIONS), names=names)


def _rule(at: int, rule: Mapping[str, Any], known: "frozenset[str] | None", output: "OutputSchema") -> Rule:
    where = f"rules[{at}]"
    when = str(rule["when"])
    tree = parsed(where, when)
    columns = _columns(where, tree, known)
    value = _possible(where, rule["answer"], output)
    scores = _scores(where, value, rule.get("probabilities"), output)
    why = str(rule.get("why") or when)
    return Rule(when, tree, columns, Answered(scores, value, why))


def parsed(where: str, when: str) -> Any:
    """A condition as a tree.

    Raises
    ------
    UsageError
        For one that does not parse, or has what none may have.
    """
    hint = "write a condition over columns, e.g. \"distance > 5000 and carrier == 'XX'\""
    if len(when) > _LONGEST:
        raise UsageError(f"{where}.when is longer than {_LONGEST:,} characters", hint)
    try:
        body = ast.parse(when.strip(), mode="exec").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise UsageError(f"{where}.when does not parse: {error}", hint) from None
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise UsageError(f"{where}.when is not one expression: {when!r}", hint)
    for node in ast.walk(body[0]):
        if not isinstance(node, _NODES):
            raise UsageError(f"{where}.when may not have {type(node).__name__}: {when!r}", hint)
    return body[0]


def _columns(where: str, tree: ast.AST, known: "frozenset[str] | None") -> "frozenset[str]":
    """The columns that a condition names; everything else in it must be known too."""
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    rows = {node.value for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.keywords:
            raise UsageError(f"{where}.when names an argument", "functions take their arguments by position")
        if isinstance(node, ast.Subscript):
            named = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not (isinstance(node.value, ast.Name) and node.value.id == ROW and isinstance(named, str)):
                raise UsageError(f'{where}.when: only row["a column"] has brackets')
            found.add(named)
        elif isinstance(node, ast.Name) and node in functions:
            if node.id not in _FUNCTIONS:
                raise UsageError(f"{where}.when: no function {node.id}", f"there are {', '.join(_FUNCTIONS)}")
        elif isinstance(node, ast.Name) and node not in rows:
            found.add(node.id)
    if any(not isinstance(function, ast.Name) for function in functions):
        raise UsageError(f"{where}.when calls something that is no function")
    for name in sorted(found - known if known is not None else ()):
        assert known is not None
        raise UsageError(f"{where}.when: no column {name!r}", _nearest(name, known))
    return frozenset(found)


def _nearest(name: str, known: "frozenset[str]") -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(known), 1)
    return f"did you mean {close[0]!r}?" if close else f"columns: {', '.join(sorted(known))}"


def _possible(where: str, answer: Any, output: "OutputSchema") -> Any:
    if output.task == "regression":
        if isinstance(answer, bool) or not isinstance(answer, (int, float)) or not math.isfinite(answer):
            raise UsageError(f"{where}.answer is {answer!r}: a regression's answer is a number")
        return float(answer)
    for one in output.classes:
        if answer == one and isinstance(answer, bool) == isinstance(one, bool):
            return one
    raise UsageError(
        f"{where}.answer is {answer!r}, which is no class", f"classes: {', '.join(output.labels)}"
    )


def _width(output: "OutputSchema") -> int:
    """How many scores a row has."""
    if output.task == "regression" or (output.scores == "decisions" and len(output.classes) == 2):
        return 1
    return len(output.classes)


def _scores(where: str, value: Any, given: Any, output: "OutputSchema") -> "list[float]":
    """Scores that stand for an answer: the number, the probabilities, or all the weight on one class."""
    if output.task == "regression":
        return [value]
    if output.scores == "decisions" and len(output.classes) == 2:
        return [1.0 if value == output.classes[1] else -1.0]
    if given is None:
        return [1.0 if one == value else 0.0 for one in output.classes]
    wrong = UsageError(
        f"{where}.probabilities must have one for each of {', '.join(output.labels)}, in all 1"
    )
    if not isinstance(given, Mapping) or set(map(str, given)) != set(output.labels):
        raise wrong
    by_label = {str(label): share for label, share in given.items()}
    shares = [by_label[label] for label in output.labels]
    if not all(isinstance(s, (int, float)) and 0 <= s <= 1 for s in shares) or abs(sum(shares) - 1) > 1e-9:
        raise wrong
    return [float(share) for share in shares]


def _plain(value: Any) -> Any:
    """A value as a condition sees it: null is None, a number of numpy one of Python."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
