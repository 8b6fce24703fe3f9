"""Which kind a column is of, from its type or from the first rows.

Typed columns (Parquet, SQL, JSON): whole and real numbers are ``number``, booleans ``boolean``, dates and
timestamps ``time``; lists, structures and bytes are left out (``ignore``). Text is looked at in the
first rows (:data:`SAMPLE_ROWS`, and further where a column is still empty), in this order:

1. all ISO 8601 dates or times: ``time``;
2. all ``true``/``false`` in any case: ``boolean``;
3. all numbers, none with a leading zero as in ``00501``: ``number``;
4. nearly all times or numbers (of 20 different values at most one is none, and at most
   :data:`FEW_ODD`): the same kind, so that reading names the rows that do not fit instead of making every
   measurement a category;
5. four words or more on average, or 50 characters, and more than half of the values distinct: ``text``;
6. else ``category``. A column without any value is a ``number``.

The spec's ``[columns]`` come first; the target of a classification is never ``text``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.data.canonical import is_text, plain_text
from core.data.raw import NULLS
from core.spec import ColumnKind, ModelSpec

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 65_536
#: So many different values, and one of twenty at most, may be no numbers in what is still meant as numbers.
FEW_ODD = 3
FURTHEST_ROWS = 2_000_000
_TIME = r"^\s*\d{4}-\d{2}-\d{2}([T ]\d{2}(:?\d{2}){1,2}([.,]\d+)?)?\s*(Z|z|[+-]\d{2}(:?\d{2})?)?\s*$"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$|^\s*[+-]?(inf|Inf|infinity|Infinity)\s*$"
_NEARLY: dict[ColumnKind, str] = {"time": _TIME, "number": _NUMBER}
_PADDED = r"^\s*[+-]?0\d"


def infer_kinds(names: Iterable[str], chunks: Iterable[pa.Table], spec: ModelSpec) -> dict[str, ColumnKind]:
    """The kind of every column.

    Parameters
    ----------
    names : iterable of str
        The source's columns, in its order.
    chunks : iterable of Table
        Raw rows; no more of them are taken than needed.
    spec : ModelSpec
        Whose overrides and named columns (time, weight, target) come first.
    """
    kinds: dict[str, ColumnKind | None] = dict.fromkeys(names)
    for name, kind in spec.columns.items():
        if name in kinds:
            kinds[name] = kind
    if spec.time in kinds:
        kinds[spec.time] = "time"
    seen = 0
    for chunk in chunks:
        for name in [n for n, kind in kinds.items() if kind is None and n in chunk.column_names]:
            kinds[name] = kind_of(chunk.column(name))
        seen += chunk.num_rows
        if all(kinds.values()) or seen >= FURTHEST_ROWS:
            break
    if spec.task == "classification" and kinds.get(spec.target) == "text":
        kinds[spec.target] = "category"
    return {name: kind or "number" for name, kind in kinds.items()}


def kind_of(column: pa.ChunkedArray) -> ColumnKind | None:
    """The kind of one column of raw values; None while it has no value.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [kind_of(pa.chunked_array([c])) for c in (["1", "2.5"], ["007"], ["2013-07-01"], [True], [None])]
    ['number', 'category', 'time', 'boolean', None]
    """
    import pyarrow as pa

    kind = column.type
    if is_text(kind):
        return _kind_of_text(column.drop_null().slice(0, SAMPLE_ROWS))
    if column.null_count == len(column):
        return None
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_decimal(kind) or pa.types.is_duration(kind):
        return "number"
    if pa.types.is_dictionary(kind) or pa.types.is_time(kind):
        return "category"
    return "ignore"


def _kind_of_text(column: pa.ChunkedArray) -> ColumnKind | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    from core.data.buffers import text_array

    values = plain_text(column.combine_chunks())
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    distinct = values.unique()
    distinct = distinct.filter(pc.invert(pc.is_in(distinct, value_set=text_array(NULLS))))
    if not len(distinct):
        return None
    if _every(distinct, _TIME):
        return "time"
    if pc.all(pc.is_in(pc.utf8_lower(distinct), value_set=text_array(["true", "false"]))).as_py():
        return "boolean"
    if _every(distinct, _NUMBER):
        return "category" if pc.any(pc.match_substring_regex(distinct, pattern=_PADDED)).as_py() else "number"
    for kind, pattern in _NEARLY.items():
        if _nearly(distinct, pattern):
            return kind
    words = _mean(pc.count_substring_regex(values, pattern=r"\S+"))
    long = words >= 4 or _mean(pc.utf8_length(values)) >= 50
    return "text" if long and len(distinct) > len(values) / 2 else "category"


def _every(values: pa.Array, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(values, pattern=pattern)).as_py())


def _nearly(distinct: pa.Array, pattern: str) -> bool:
    """Whether all but a few of many different values match."""
    import pyarrow.compute as pc

    odd = pc.sum(pc.invert(pc.match_substring_regex(distinct, pattern=pattern))).as_py()
    padded = pattern is _NUMBER and pc.any(pc.match_substring_regex(distinct, pattern=_PADDED)).as_py()
    return odd <= FEW_ODD and 20 * odd <= len(distinct) and not padded


def _mean(values: pa.Array) -> float:
    import pyarrow.compute as pc

    return float(pc.mean(values).as_py() or 0.0)
