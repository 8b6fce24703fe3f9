"""Whether the parts of a rule's condition can be compared at all: text with text, numbers with numbers.

Over values of the wrong kind a condition does not hold, whatever the row: that is found here when it is
written. Times, which come as text or as times, may be compared with anything.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from incumbent.algorithms.rules import ROW, parsed
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from incumbent.schema import InputSchema

_NUMBER, _TEXT = "a number", "text"
_KINDS = {"float64": _NUMBER, "int64": _NUMBER, "bool": _NUMBER, "text": _TEXT}
#: What a function takes, and what it gives.
_FUNCTIONS = {
    "abs": (_NUMBER, _NUMBER),
    "round": (_NUMBER, _NUMBER),
    "len": (_TEXT, _NUMBER),
    "lower": (_TEXT, _TEXT),
    "starts": (_TEXT, _NUMBER),
}


def check_kinds(rules: "Sequence[Mapping[str, Any]]", schema: "InputSchema") -> None:
    """Refuse rules over values of the wrong kind.

    Parameters
    ----------
    rules : sequence of mapping
        Of which the conditions parse.
    schema : InputSchema
        Of the rows.

    Raises
    ------
    UsageError
        Which names the rule, the column and its kind.

    Examples
    --------
    >>> from incumbent.schema import InputColumn, InputSchema
    >>> schema = InputSchema((InputColumn("branch", "category", "text"),))
    >>> check_kinds([{"when": "branch > 5"}], schema)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    incumbent.errors.UsageError: rules[0].when: branch > 5 means nothing: branch is text, 5 is a number (...
    >>> check_kinds([{"when": "branch == '5'"}], schema)
    """
    kinds = {column.name: _KINDS.get(column.dtype) for column in schema.columns}
    for at, rule in enumerate(rules):
        where = f"rules[{at}]"
        _Condition(where, kinds).of(parsed(where, str(rule["when"])))


class _Condition:
    """What is known of the kinds of values in one condition; None where nothing is."""

    def __init__(self, where: str, kinds: "Mapping[str, str | None]") -> None:
        self._where = where
        self._kinds = kinds

    def of(self, node: ast.AST) -> "str | None":
        """The kind of what an expression gives."""
        known = getattr(self, f"_{type(node).__name__.lower()}", None)
        if known is not None:
            found: "str | None" = known(node)
            return found
        for part in ast.iter_child_nodes(node):
            self.of(part)
        return None

    def _expr(self, node: ast.Expr) -> "str | None":
        return self.of(node.value)

    def _constant(self, node: ast.Constant) -> "str | None":
        if node.value is None:
            return None
        return _TEXT if isinstance(node.value, str) else _NUMBER

    def _name(self, node: ast.Name) -> "str | None":
        return self._kinds.get(node.id)

    def _subscript(self, node: ast.Subscript) -> "str | None":
        named = isinstance(node.value, ast.Name) and node.value.id == ROW
        return self._kinds.get(str(getattr(node.slice, "value", ""))) if named else None

    def _unaryop(self, node: ast.UnaryOp) -> "str | None":
        kind = self.of(node.operand)
        if isinstance(node.op, ast.Not):
            return _NUMBER
        self._need(node, _NUMBER, (node.operand, kind))
        return _NUMBER

    def _binop(self, node: ast.BinOp) -> "str | None":
        left, right = (node.left, self.of(node.left)), (node.right, self.of(node.right))
        if isinstance(node.op, ast.Add):
            self._same(node, left, right)
            return left[1] or right[1]
        if isinstance(node.op, (ast.Mult, ast.Mod)) and _TEXT in (left[1], right[1]):
            return _TEXT  # repeated, or filled in
        self._need(node, _NUMBER, left, right)
        return _NUMBER

    def _call(self, node: ast.Call) -> "str | None":
        given = [(each, self.of(each)) for each in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("min", "max"):
            for each in given[1:]:
                self._same(node, given[0], each)
            return next((kind for _, kind in given if kind), None)
        if name not in _FUNCTIONS:
            return None
        takes, gives = _FUNCTIONS[name]
        self._need(node, takes, *given)
        return gives

    def _compare(self, node: ast.Compare) -> str:
        left = (node.left, self.of(node.left))
        for operator, comparator in zip(node.ops, node.comparators):
            right = (comparator, self.of(comparator))
            if isinstance(operator, (ast.In, ast.NotIn)):
                if isinstance(comparator, (ast.List, ast.Tuple)):
                    for each in comparator.elts:
                        self._same(node, left, (each, self.of(each)))
                else:  # one text within another
                    self._need(node, _TEXT, left, right)
            elif not isinstance(operator, (ast.Is, ast.IsNot)):
                self._same(node, left, right)
            left = right
        return _NUMBER

    def _same(
        self, node: ast.AST, left: "tuple[ast.AST, str | None]", right: "tuple[ast.AST, str | None]"
    ) -> None:
        if left[1] and right[1] and left[1] != right[1]:
            self._refuse(node, f"{_said(left)}, {_said(right)}")

    def _need(self, node: ast.AST, kind: str, *given: "tuple[ast.AST, str | None]") -> None:
        for each in given:
            if each[1] and each[1] != kind:
                self._refuse(node, _said(each))

    def _refuse(self, node: ast.AST, why: str) -> None:
        raise UsageError(
            f"{self._where}.when: {ast.unparse(node)} means nothing: {why}",
            "text stands in quotes, a number does not: branch == '5', distance > 5",
        )


def _said(given: "tuple[ast.AST, str | None]") -> str:
    return f"{ast.unparse(given[0])} is {given[1]}"
