"""Evaluating an expression with SQLite, in memory: how a written one is proved."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from core.standalone.sql.text import identifier
from incumbent.schema import InputSchema


def evaluate(
    expression: str, inputs: InputSchema, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """The values of an expression (or several, separated by commas) for rows.

    Parameters
    ----------
    expression : str
    inputs : InputSchema
        The columns that become a table.
    rows : sequence of mapping

    Returns
    -------
    list of tuple
        One a row, one value an expression.
    """
    connection = sqlite3.connect(":memory:")
    try:
        _functions(connection)
        types = {c.name: "TEXT" if c.takes_text or c.dtype == "time" else "NUMERIC" for c in inputs.columns}
        columns = ", ".join(f"{identifier(n)} {t}" for n, t in types.items()) or '"none" NUMERIC'
        connection.execute(f"CREATE TABLE asked ({columns})")
        marks = ", ".join("?" * max(len(types), 1))
        listed = [[row[n] for n in types] if types else [None] for row in rows]
        connection.executemany(f"INSERT INTO asked VALUES ({marks})", listed)
        return connection.execute(f"SELECT {expression} FROM asked ORDER BY rowid").fetchall()
    finally:
        connection.close()


def _functions(connection: sqlite3.Connection) -> None:
    """Mathematical functions, for a SQLite that was built without them."""
    try:
        connection.execute("SELECT EXP(1e0), LN(1e0), SQRT(1e0)")
    except sqlite3.OperationalError:
        for name, function in (("EXP", math.exp), ("LN", math.log), ("SQRT", math.sqrt)):
            connection.create_function(name, 1, _null_without(function), deterministic=True)


def _null_without(function: Any) -> Any:
    def called(value: Any) -> Any:
        try:
            return None if value is None else function(value)
        except OverflowError:
            return math.inf
        except ValueError:
            return None

    return called
