"""The whole Python file: provenance, parts, constants, the pipeline, golden cases, command line."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.standalone.code import Code, Value, printable
from core.standalone.library import library
from core.standalone.writers import write
from incumbent.native.step import Step
from incumbent.schema import InputColumn, InputSchema, OutputSchema

#: The oldest Python whose syntax the files keep to.
OLDEST = (3, 8)
#: Categories that the header lists of a column.
SHOWN = 8

Golden = tuple[Mapping[str, Any], Sequence[float], Any]


@dataclass(frozen=True)
class Provenance:
    """Where the file comes from.

    Parameters
    ----------
    model : str
    version : int or str
    hash : str
        The bundle's identity.
    trained : mapping
        ``since``, ``until`` and ``rows``.
    writer : str
        Who wrote the file, with its version.
    """

    model: str
    version: "int | str"
    hash: str
    trained: Mapping[str, Any] = field(default_factory=dict)
    writer: str = "Incumbent"

    def document(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "model": self.model,
            "version": self.version,
            "hash": self.hash,
            "trained": dict(self.trained),
            "writer": self.writer,
        }


def standalone_source(
    step: Step,
    inputs: InputSchema,
    output: OutputSchema,
    provenance: Provenance,
    golden: Sequence[Golden] = (),
) -> str:
    """The text of ``model.py``.

    Parameters
    ----------
    step : Step
        The fitted pipeline. A transformer is written too; its ``scores`` are the features that it makes.
    inputs, output : InputSchema, OutputSchema
    provenance : Provenance
    golden : sequence of (row, scores, value)
        What the file's own test runs.

    Returns
    -------
    str
        Python 3.8 and later, standard library only.

    Raises
    ------
    NotWritten
        For a step that has no standalone form.
    """
    code = Code()
    used = [code.use(name) for name in ("read", "answer", "run")]
    result = code.dense(write(step, Value("x", len(inputs.names), inputs.names), code))
    imports, parts = library().copied({*code.used, *used})
    sections = [
        _header(inputs, output, provenance),
        "from __future__ import annotations\n\n" + "\n".join(imports),
        "\n\n\n".join(parts),
        _constants(inputs, output, provenance, code),
        *code.functions,
        _scores(code, result),
        _PREDICT,
        _golden(golden, code),
        _MAIN,
    ]
    text = "\n\n\n".join(s.rstrip() for s in sections if s.strip()) + "\n"
    ast.parse(text, feature_version=OLDEST)
    return text


def _header(inputs: InputSchema, output: OutputSchema, provenance: Provenance) -> str:
    trained = provenance.trained
    stretch = f"{trained.get('since') or '?'} to {trained.get('until') or '?'}"
    rows = f", {trained['rows']} rows" if trained.get("rows") else ""
    lines = [
        f"{provenance.model}, version {provenance.version}",
        "",
        f"bundle   {provenance.hash}",
        f"trained  {stretch}{rows}",
        f"written  by {provenance.writer}; needs Python 3.8 or later and nothing else",
        "",
        "    python model.py --test           run the golden cases",
        "    python model.py < rows.jsonl     predictions, one JSON object a line",
        "    from model import predict        predict({...}): a dictionary with the value",
        "",
        "What comes in (null, None and NaN are values that are not known; a malformed row is a ValueError):",
        *(f"    {_described(c)}" for c in inputs.columns),
        "What comes out:",
        f"    {_answer(output)}",
    ]
    return "\n".join(f"# {printable(line)}".rstrip() for line in lines)


def _described(column: InputColumn) -> str:
    found = f"{column.name}: {column.kind}"
    if column.minimum is not None and column.maximum is not None:
        found += f", {column.minimum:g} to {column.maximum:g} in training"
    if column.categories:
        more = len(column.categories) - SHOWN
        found += f": {', '.join(map(str, column.categories[:SHOWN]))}" + (
            f" and {more} more" if more > 0 else ""
        )
    return found


def _answer(output: OutputSchema) -> str:
    if output.task == "regression":
        return "value: a number"
    found = f"value: one of {', '.join(output.labels[:20])}"
    if output.threshold is not None:
        found += f" ({output.positive} from a probability of {output.threshold:g})"
    return f"{found}; {output.scores}: one a class"


def _constants(inputs: InputSchema, output: OutputSchema, provenance: Provenance, code: Code) -> str:
    columns = code.listing(f"({c.name!r}, {_kind(c)!r})" for c in inputs.columns)
    described = {
        "task": output.task,
        "scores": output.scores,
        "classes": list(output.classes),
        "positive": output.positive,
        "threshold": output.threshold,
    }
    lines = [
        f"PROVENANCE = {_mapping(provenance.document())}",
        f"COLUMNS = {columns}",
        f"OUTPUT = {_mapping(described)}",
        *code.constants,
    ]
    return "\n\n".join(lines)


def _mapping(document: Mapping[str, Any]) -> str:
    return "\n".join(["{", *(f"    {k!r}: {v!r}," for k, v in document.items()), "}"])


def _kind(column: InputColumn) -> str:
    if column.takes_text:
        return "text"
    return {"time": "time", "int64": "whole"}.get(column.dtype, "number")


def _scores(code: Code, result: Value) -> str:
    body = "\n".join(f"    {line}" for statement in code.lines for line in statement.split("\n"))
    return f'''def scores(row):
    """The raw answer to a row: one number, or one a class. Raises ValueError where there is none."""
    x = read(row, COLUMNS)
{body}
    return {result.text}'''.replace("\n\n    return", "\n    return")


_PREDICT = '''def predict(row):
    """The answer to a row (a mapping of column names to values): a dictionary with its ``value``.

    Raises ValueError for a malformed row, and for one that the model does not take.
    """
    return answer(scores(row), OUTPUT)'''

_MAIN = """if __name__ == "__main__":
    sys.exit(run(PROVENANCE, GOLDEN, scores, OUTPUT))"""


def _golden(golden: Sequence[Golden], code: Code) -> str:
    cases = []
    for row, found, value in golden:
        plain = "{" + ", ".join(f"{k!r}: {_literal(v)}" for k, v in row.items()) + "}"
        cases.append(f"({plain}, [{', '.join(map(_literal, found))}], {_literal(value)}),")
    listed = "\n".join(["[", *(f"    {case}" for case in cases), "]"]) if cases else "[]"
    return f"# Rows, the scores that this model gave them, and the values that follow.\nGOLDEN = {listed}"


def _literal(value: Any) -> str:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f"float({str(value)!r})"
    return repr(value)
