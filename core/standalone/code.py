"""The Python source of one model while it is written: constants, statements, and which parts they use."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.standalone.library import library
from incumbent.errors import RefusedError

#: Lists of more numbers than this are packed instead of written out.
READABLE = 5_000
#: Vocabularies of more terms than this are packed.
READABLE_TERMS = 20_000
#: Tables of up to so many rows have no name of their own.
FEW_ROWS = 3
#: Constants of up to so many characters stand on one line.
SHORT = 88
#: Characters of a line of packed text.
LINE = 108


class NotWritten(RefusedError):
    """A step that has no standalone form.

    Parameters
    ----------
    what : str
        The step.
    hint : str
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} has no standalone form", hint=hint)


@dataclass(frozen=True)
class Value:
    """A row at some point of the pipeline, as an expression of the file.

    Parameters
    ----------
    text : str
    width : int
        How many values it has.
    names : tuple of str, or None
        What they are called; None where there are too many to write beside numbers.
    sparse : bool
        Whether it is a dictionary of values by position (all others zero) instead of a list.
    """

    text: str
    width: int
    names: "tuple[str, ...] | None" = None
    sparse: bool = False


class Code:
    """Collects what a file needs.

    Attributes
    ----------
    constants, lines, functions : list of str
        Assignments, statements of the function ``scores``, and functions written for this model.
    used : set of str
        Names of parts.
    """

    def __init__(self) -> None:
        self.constants: list[str] = []
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.used: set[str] = {"Refused"}
        self._taken = {*library().pieces, *library().imports, "scores", "predict", "row"}

    def unique(self, hint: str) -> str:
        """A name that nothing else has."""
        name, count = hint, 1
        while name in self._taken:
            count += 1
            name = f"{hint}_{count}"
        self._taken.add(name)
        return name

    def use(self, name: str) -> str:
        """The name of a part, which will be in the file."""
        if name not in library().pieces:
            raise KeyError(f"no part is called {name}")
        self.used.add(name)
        return name

    def call(self, function: str, *arguments: Any, **named: Any) -> str:
        """A call of a part; arguments are expressions."""
        listed = [str(a) for a in arguments] + [f"{k}={v}" for k, v in named.items()]
        return f"{self.use(function)}({', '.join(listed)})"

    def assign(self, hint: str, expression: str) -> str:
        """A statement that gives an expression a name."""
        name = self.unique(hint)
        self.lines.append(f"{name} = {expression}")
        return name

    def named(self, hint: str, expression: str) -> str:
        """A name for an expression: itself where it is one already."""
        return expression if expression.isidentifier() else self.assign(hint, expression)

    def comment(self, text: str) -> None:
        """A line that says what the next statements are."""
        self.lines.append(f"# {printable(text)}")

    def step(self, function: str, x: Value, *arguments: Any, **named: Any) -> Value:
        """A statement that turns a row into another one of the same width and names."""
        return replace(
            x, text=self.assign(variable(function), self.call(function, x.text, *arguments, **named))
        )

    def dense(self, x: Value) -> Value:
        """The same row as a list."""
        if not x.sparse:
            return x
        return replace(x, text=self.call("dense", x.text, x.width), sparse=False)

    def constant(self, hint: str, literal: str, about: str = "") -> str:
        """An assignment of a constant, with a comment about it; answers its name."""
        name = self.unique(hint.upper())
        comment = f"# {printable(about)}\n" if about else ""
        self.constants.append(f"{comment}{name} = {literal}")
        return name

    def numbers(self, hint: str, values: Any, names: "Sequence[str] | None" = None) -> str:
        """A constant list of numbers, beside what they belong to."""
        listed = [float(v) for v in values]
        if len(listed) > READABLE:
            return self.constant(hint, self.packed("d", values))
        if names is None or len(names) != len(listed):
            return self.constant(hint, self.listing([self.number(v) for v in listed]))
        lines = [f"    {self.number(v)},  # {printable(n)}" for v, n in zip(listed, names, strict=True)]
        return self.constant(hint, "\n".join(["[", *lines, "]"]) if lines else "[]")

    def table(self, hint: str, rows: Any, names: "Sequence[str] | None" = None) -> str:
        """An expression of a list of lists of numbers: one constant a row, or a block where they are many."""
        size = sum(len(r) for r in rows)
        if size > READABLE:
            width = len(rows[0])
            if any(len(r) != width for r in rows):
                raise ValueError("a large table with rows of different lengths")
            packed = self.packed("d", [v for r in rows for v in r])
            return self.constant(hint, self.call("rows_of", packed, width))
        parts = [self.numbers(hint, row, names) for row in rows]
        listed = self.listing(parts)
        return listed if len(parts) <= FEW_ROWS else self.constant(f"{hint}_rows", listed)

    def packed(self, code: str, values: Any) -> str:
        """The expression of many numbers, as packed text."""
        import numpy as np

        little = np.ascontiguousarray(values).astype(np.dtype(code).newbyteorder("<"))
        return self.call("block", repr(code), packed_text(little.tobytes()))

    def number(self, value: float) -> str:
        """A number as Python writes it."""
        value = float(value)
        if math.isfinite(value):
            return repr(value)
        name = self.use("NAN" if value != value else "INF")
        return f"-{name}" if value < 0 else name

    def literal(self, value: Any) -> str:
        """Text, a number, a boolean or None."""
        return self.number(value) if isinstance(value, float) else repr(value)

    def listing(self, items: Iterable[str], ends: str = "[]") -> str:
        """Expressions as a list, on as many lines as they need."""
        listed = list(items)
        line = ends[0] + ", ".join(listed) + ends[1]
        if len(line) <= SHORT and "\n" not in line:
            return line
        return "\n".join([ends[0], *(f"    {row}" for row in _rows(listed)), ends[1]])

    def positions(self, positions: Sequence[int]) -> str:
        """A list of positions, as a constant where it is long."""
        text = self.listing(map(str, positions))
        return text if "\n" not in text else self.constant("positions", text)

    def vocabulary(self, terms: Sequence[str]) -> str:
        """A constant dictionary from terms to positions."""
        if len(terms) <= READABLE_TERMS:
            return self.constant("terms", self.listing((f"{t!r}: {i}" for i, t in enumerate(terms)), "{}"))
        packed = packed_text(json.dumps(list(terms)).encode())
        return self.constant("terms", self.call("packed_terms", packed))


def packed_text(data: bytes) -> str:
    """A literal of many lines: base64 of zlib of some bytes."""
    text = base64.b64encode(zlib.compress(data, 6)).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    return '"""\n' + "\n".join(lines) + '\n"""'


def _rows(items: list[str]) -> list[str]:
    rows, line = [], ""
    for item in items:
        if line and len(line) + len(item) > SHORT + 8:
            rows.append(line.rstrip())
            line = ""
        line += f"{item}, "
    return [*rows, line.rstrip()]


def printable(text: str) -> str:
    """Text that a comment can hold.

    >>> printable("a\\nb")
    "'a\\\\nb'"
    """
    found = str(text)
    return found if found.isprintable() else ascii(found)


def variable(function: str) -> str:
    """A name for what a part returns: no part's own."""
    return {"check": "checked"}.get(function, f"{function}_row")
