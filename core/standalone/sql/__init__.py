"""A model as SQL expressions: linear models and trees, with their preprocessing.

Every number is written as a float, every column is quoted, a null is a value that is not known, and a row
that the estimator would refuse gets null. What cannot be said exactly in portable SQL has no expression.
"""

from __future__ import annotations

from core.standalone.code import printable
from core.standalone.source import Provenance
from core.standalone.sql.features import Feature, Guards, Number, Text
from core.standalone.sql.predictors import scored
from core.standalone.sql.text import NoExpression, identifier
from incumbent.native.step import Predictor
from incumbent.schema import InputColumn, InputSchema, OutputSchema

__all__ = ["MOST_CHARACTERS", "NoExpression", "expression_of", "sql_outputs", "standalone_sql"]

#: Longer statements are refused: many databases read no more.
MOST_CHARACTERS = 1_000_000


def standalone_sql(step: Predictor, inputs: InputSchema, output: OutputSchema, provenance: Provenance) -> str:
    """The text of ``model.sql``: an expression for a select list, with comments before it.

    Parameters
    ----------
    step : Predictor
    inputs, output : InputSchema, OutputSchema
    provenance : Provenance

    Returns
    -------
    str
        One expression: the value, the decision score, or the probability of the positive (else the last) of
        two classes. Of more classes one expression a class, each with its name, separated by commas.

    Raises
    ------
    NoExpression
        Why there is none.
    """
    outputs = sql_outputs(output)
    parts = []
    for position, (name, _) in enumerate(outputs):
        text = expression_of(step, inputs, outputs[position][1])
        parts.append(text if len(outputs) == 1 else f"({text}) AS {identifier(name)}")
    body = ",\n".join(parts)
    if len(body) > MOST_CHARACTERS:
        raise NoExpression(f"its {len(body):,} characters are more than many databases read")
    what = outputs[0][0] if len(outputs) == 1 else "the probability of each class"
    header = [
        f"{provenance.model}, version {provenance.version}: {what}",
        f"bundle {provenance.hash}, written by {provenance.writer}",
        "Paste it between SELECT and FROM. Columns keep their names; null is a value that is not known.",
        "A row that the model does not take gets null.",
    ]
    return "".join(f"-- {printable(line)}\n" for line in header) + body + "\n"


def sql_outputs(output: OutputSchema) -> "list[tuple[str, int]]":
    """What is computed: names, and positions among the scores."""
    if output.scores == "numbers":
        return [("value", 0)]
    if len(output.classes) <= 2:
        if output.scores == "decisions":
            return [("the decision score (above 0: the second class)", 0)]
        at = output.positive_index
        at = len(output.classes) - 1 if at is None else at
        return [(f"the probability of {output.labels[at] if output.labels else 'the class'}", at)]
    return [(label, k) for k, label in enumerate(output.labels)]


def expression_of(step: Predictor, inputs: InputSchema, position: int) -> str:
    """The expression of one score.

    Raises
    ------
    NoExpression
    """
    guards = Guards()
    x: list[Feature] = [_column(c) for c in inputs.columns]
    return guards.around(scored(step, x, position, guards))


def _column(column: InputColumn) -> Feature:
    name = identifier(column.name)
    if column.takes_text:
        return Text(name)
    if column.dtype == "bool":
        return Number(f"CASE WHEN {name} THEN 1e0 WHEN NOT {name} THEN 0e0 END", infinite=False)
    return Number(name)
