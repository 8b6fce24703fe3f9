"""What answers say of one another: a row alone and in company, columns without influence, categories that are
answered like unseen ones, answers that jump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.edge.asking import Answer, Ask
from core.checks.edge.holding import SAME, WeakSpot, largest_change, same_answer, shown, stood_in
from core.checks.edge.rows import EdgeRow
from core.checks.edge.values import UNSEEN, bounds, known_categories

if TYPE_CHECKING:
    from incumbent.schema import InputColumn, OutputSchema

Row = Mapping[str, Any]

#: Answers of one column's values that differ by no more are equal: the column has no influence.
NO_CHANGE = 1e-12
#: A change of a probability, or of a number as a share of the target's range, that is wild for a small cause.
WILD = 0.25
#: So many ordinary rows must jump at a step of one training quantile before the column is told.
JUMPS = 2
#: Categories that are compared with unseen ones: the commonest.
MOST_CATEGORIES = 30
#: A category that is answered like unseen ones is told when the others, differing from unseen ones as often
#: as they do, would be equal in all rows with no more than this chance.
CHANCE = 0.01
#: The share of rows in which all other categories are told from unseen ones, where the table is surely wrong.
NEARLY_ALWAYS = 0.9
#: Numbers whose products overflow: in them the order of a sum decides.
_NOT_COMPARED = ("1e308", "−1e308", "infinity", "−infinity")
_TINY = 1e-6


@dataclass(frozen=True)
class Variant:
    """An ordinary row (by position) with one column changed."""

    base: int
    value: Any
    kind: str


# -- a row alone and in company


def company(rows: Sequence[EdgeRow], ordinary: Row) -> Ask:
    """The batch in which well-formed edge rows of one column are asked again, with ordinary neighbours."""
    listed = [each for row in rows for each in (row.row, row.row)]  # duplicated: each row beside its twin
    return {"rows": [ordinary, *listed, ordinary]}


def compared(row: EdgeRow) -> bool:
    """Whether an edge row is asked in company too."""
    return not row.malformed and isinstance(row.row, Mapping)


def judge_company(
    rows: Sequence[EdgeRow],
    alone: Sequence[Answer],
    ordinary: Answer,
    batch: Answer,
    rounding: float = SAME,
) -> Iterator[WeakSpot]:
    """Rows that are answered otherwise in a batch than alone."""
    singles = [each for answer in alone for each in (answer, answer)]
    expected = [ordinary, *singles, ordinary]
    if "answers" not in batch:
        if "unasked" not in batch and all("answers" in answer for answer in alone):
            said = batch.get("refused") or batch.get("raised") or batch.get("died")
            reason = f"rows that are answered one by one are not answered together: {said}"
            yield WeakSpot(rows[0].column, "batch", "fail", reason, "let the pipeline take many rows at once")
        return
    asked = [None, *(each for row in rows for each in (row, row)), None]
    for row, answer, got in zip(asked, expected, batch["answers"], strict=True):
        if "answers" not in answer or (row is not None and row.kind in _NOT_COMPARED):
            continue
        single = answer["answers"][0]
        if same_answer(single, got, rounding):
            continue
        if row is None:
            kinds = ", ".join(dict.fromkeys(r.kind for r in rows))
            reason = f"an ordinary row says {shown(got)} beside edge rows ({kinds}), {shown(single)} alone"
        else:
            reason = f"it says {shown(got)} in a batch, {shown(single)} alone"
        yield WeakSpot(
            rows[0].column, row.kind if row else "batch", "fail", reason,
            "let no row of a batch depend on its neighbours", row.row if row else None, got,
        )  # fmt: skip
        return  # one row shows it; the others say the same


# -- influence


def usual_values(column: InputColumn, known: Mapping[str, Any], rows: Sequence[Row]) -> list[Any]:
    """Values of training that span a column: what it does to the answer shows between them."""
    categories = known_categories(column, known)
    if categories:
        return [*categories[:MOST_CATEGORIES], UNSEEN] if column.dtype == "text" else _numeric(categories)
    if column.dtype == "bool":
        return [False, True]
    if column.dtype == "text":
        return [*dict.fromkeys(str(row[column.name]) for row in rows), "", UNSEEN]
    if column.dtype == "time":
        return [t for t in (known.get("min"), known.get("max"), "1990-01-01T00:00:00") if t]
    low, high = bounds(column, known)
    quantiles = [q for q in known.get("quantiles", ()) if q is not None]
    inner = [quantiles[int(s * (len(quantiles) - 1))] for s in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)] if (
        quantiles
    ) else [low + s * (high - low) for s in (0.25, 0.5, 0.75)]  # fmt: skip
    found = [low, *inner, high]
    return [int(v) for v in found] if column.dtype == "int64" else found


def _numeric(categories: Sequence[str]) -> list[Any]:
    found = [float(c) for c in categories[:MOST_CATEGORIES]]
    return [*found, max(found) + 1000.5]


def influence(column: str, values: Sequence[Any], rows: Sequence[Row]) -> Ask:
    """Every ordinary row with every one of the values in the column."""
    return {"rows": [{**row, column: value} for row in rows for value in values]}


def judge_influence(
    column: InputColumn,
    known: Mapping[str, Any],
    values: Sequence[Any],
    rows: Sequence[Row],
    answer: Answer,
    excused: bool = False,
    own_code: bool = False,
) -> tuple[float, list[WeakSpot]]:
    """How far the answers move with the column, and what is strange about it.

    Parameters
    ----------
    excused : bool
        Whether the pipeline is of a kind that answers its first category like an unseen one (it drops a
        reference level, or numbers categories).
    own_code : bool
        Whether it is code of one's own, of which nothing else tells what it does with categories.

    Returns
    -------
    float
        The largest change of a probability, or of a number relative to itself.
    list of WeakSpot
    """
    if "answers" not in answer or not rows:
        return 1.0, []
    table = [answer["answers"][i * len(values) : (i + 1) * len(values)] for i in range(len(rows))]
    pairs = [(line[0], got) for line in table for got in line[1:] if not stood_in(line[0]) | stood_in(got)]
    if not pairs:
        return 1.0, []
    moved = max(largest_change(one, other) for one, other in pairs)
    if moved <= NO_CHANGE:
        reason = f"{column.name} has no influence: none of {len(values)} values changes any answer"
        hint = f"leave {column.name} out of the pipeline, or look why it is ignored"
        return moved, [WeakSpot(column.name, "no influence", "warn", reason, hint, dict(rows[0]))]
    if not known_categories(column, known):
        return moved, []
    return moved, _like_unseen(column, known, values, rows, table, excused, own_code)


def _like_unseen(
    column: InputColumn,
    known: Mapping[str, Any],
    values: Sequence[Any],
    rows: Sequence[Row],
    table: Sequence[Sequence[Mapping[str, Any]]],
    excused: bool,
    own_code: bool,
) -> list[WeakSpot]:
    differs = {
        value: sum(largest_change(line[at], line[-1]) > NO_CHANGE for line in table)
        for at, value in enumerate(values[:-1])
    }
    same = [value for value, rows_that_differ in differs.items() if not rows_that_differ]
    others = [rows_that_differ / len(table) for rows_that_differ in differs.values() if rows_that_differ]
    if not others or (1 - sum(others) / len(others)) ** len(table) > CHANCE:
        return []  # a column that matters in few rows, such as to a small tree: equal by chance
    told = [v for v in same if _common(str(v), known)]
    sure = own_code and _only_one(told, same, others, known)
    if excused and [str(v) for v in told] == [min(known_categories(column, known))]:
        return []
    return [
        WeakSpot(
            column.name,
            "category like unseen",
            "fail" if sure else "warn",
            f"{value!r} is answered like a category that was never seen, though training had it",
            f"compare the pipeline's table of {column.name} with the data; if it drops a reference level or "
            "gathers rare ones, this is meant",
            {**rows[0], column.name: value},
        )
        for value in told
    ]


def _only_one(
    told: Sequence[Any], same: Sequence[Any], others: Sequence[float], known: Mapping[str, Any]
) -> bool:
    """Whether all categories but one are told from unseen ones, nearly always, and that one never.

    Of the first and of the commonest category it may be meant: levels are numbered from the first on, and
    unseen ones are often taken for the commonest.
    """
    listed = _rows_of(known)
    return (
        len(told) == len(same) == 1
        and len(others) > 1
        and min(others) >= NEARLY_ALWAYS
        and str(told[0]) not in (min(listed), max(listed, key=lambda c: listed[c]))
    )


def _rows_of(known: Mapping[str, Any]) -> Mapping[str, int]:
    """The categories of training, with their rows."""
    found: Mapping[str, int] = known.get("categories") or {"": 0}
    return found


def _common(category: str, known: Mapping[str, Any]) -> bool:
    """Whether a category is no rare one (encoders gather those): at least half of its even share."""
    counts = known.get("categories") or {}
    total = sum(counts.values())
    return not total or counts.get(category, 0) >= 0.5 * total / len(counts)


# -- steadiness


def small_steps(column: InputColumn, known: Mapping[str, Any], rows: Sequence[Row]) -> list[Variant]:
    """Ordinary rows with one number changed a little: by a millionth, and to the next training quantile.

    Whole numbers have nothing a millionth away.
    """
    whole = column.dtype == "int64"
    quantiles = sorted({q for q in known.get("quantiles", ()) if q is not None})
    low, high = bounds(column, known)
    stride = (
        max(1, -(-1000 // known["count"])) if known.get("count") else 1
    )  # few rows: no finer than they lie
    found = []
    for base, row in enumerate(rows):
        value = row[column.name]
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            continue
        if not whole:
            step = abs(value) * _TINY or (high - low) * _TINY or _TINY
            found.append(Variant(base, value + step, "a millionth"))
        above = [q for q in quantiles if q > value]
        if above:
            found.append(Variant(base, above[min(stride, len(above)) - 1], "one training quantile"))
    return found


def steps(column: str, variants: Sequence[Variant], rows: Sequence[Row]) -> Ask:
    """The changed rows as a batch."""
    return {"rows": [{**rows[v.base], column: v.value} for v in variants]}


def judge_steps(
    column: str,
    variants: Sequence[Variant],
    rows: Sequence[Row],
    before: Sequence[Mapping[str, Any]],
    answer: Answer,
    output: OutputSchema,
) -> tuple[float, list[WeakSpot]]:
    """The largest jump, and the column as a weak spot where small changes make large ones."""
    if "answers" not in answer:
        return 0.0, []
    jumps = [
        (jump(before[v.base], got, output), v, got)
        for v, got in zip(variants, answer["answers"], strict=True)
        if not stood_in(got)
    ]
    found = []
    for kind, enough in (("a millionth", 1), ("one training quantile", JUMPS)):
        wild = [each for each in jumps if each[1].kind == kind and each[0] > WILD]
        if len(wild) >= enough:
            _, variant, got = max(wild, key=lambda each: each[0])
            was = shown(before[variant.base])
            reason = (
                f"{kind} more of {column} ({_apart(rows[variant.base][column], variant.value)}) "
                f"turns {was} into {shown(got)}"
            )
            hint = f"smooth what the model makes of {column}, or look whether it was learned from few rows"
            row = {**rows[variant.base], column: variant.value}
            given = rows[variant.base][column]
            found.append(WeakSpot(column, f"jump at {kind}", "warn", reason, hint, row, got, before=given))
    return max((size for size, _, _ in jumps), default=0.0), found


def _apart(one: float, other: float) -> str:
    """Two numbers with as many digits as tell them apart.

    >>> _apart(17.0, 17.000017), _apart(2.5, 3.25)
    ('17 to 17.00002', '2.5 to 3.25')
    """
    digits = next((d for d in range(6, 17) if f"{one:.{d}g}" != f"{other:.{d}g}"), 17)
    return f"{one:.{digits}g} to {other:.{digits}g}"


def jump(one: Mapping[str, Any], other: Mapping[str, Any], output: OutputSchema) -> float:
    """How far an answer moved: in probability, or as a share of the range of the training target."""
    if output.task == "regression" and output.low is not None and output.high is not None:
        span = (output.high - output.low) or 1.0
        return abs(float(one["value"]) - float(other["value"])) / span
    return largest_change(one, other) if one["probabilities"] or output.task == "regression" else 0.0
