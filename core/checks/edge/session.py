"""One version's edge test: what is asked, in one go, and what the answers say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.edge import comparing
from core.checks.edge.asking import Answer, Ask, ask_all
from core.checks.edge.holding import WeakSpot, folded, judge_answer, stood_in, wrong_shape
from core.checks.edge.ordinary import ordinary_rows
from core.checks.edge.report import ColumnSeen, Tested
from core.checks.edge.rows import EdgeRow, chosen_columns, edge_rows
from core.checks.edge.tables import judge_table, listed_categories
from core.checks.edge.unread import unread
from incumbent.algorithms.base import kind

if TYPE_CHECKING:
    from core.runs import RunContext
    from incumbent.schema import InputColumn
    from store.records import Version

#: Pipelines that answer their first category like an unseen one, and mean it.
_FIRST_LIKE_UNSEEN = re.compile(rb'\bdrop\s*=|OrdinalEncoder|"ordinal|HistGradientBoosting')


@dataclass(frozen=True)
class _Question:
    """Rows and batches that are asked, and what their answers, which alone ``judge`` is given, show."""

    asks: Sequence[Ask]
    judge: Callable[[Sequence[Answer]], Iterable[WeakSpot]]


class Session:
    """Asks a staged version everything at once, then judges.

    Parameters
    ----------
    folder : Path
        The model's folder at the staged site.
    python : str, optional
        The interpreter that the model's spec names.
    """

    def __init__(self, context: RunContext, version: Version, folder: Path, python: str | None) -> None:
        from incumbent.production import read

        bundle = context.workspace.bundle(version.hash, verify=False)
        self._context, self._version, self._folder, self._python = context, version, folder, python
        self._schema, self._output = bundle.input, bundle.output
        self._profile: Mapping[str, Any] = bundle.profile().get("columns", {})
        self._limits = read(folder).limits
        self._serving = context.store.production.live(version.model) is not None
        self._excused = _first_like_unseen(bundle.path)
        self._tables = listed_categories(bundle.path)
        self._rounding = kind(bundle.manifest.algorithm).rounding
        self._own_code = "" if bundle.manifest.algorithm == "native" else _source(bundle.path)
        self._unread = list(
            unread(bundle.lineage(), self._schema.names, self._champions_columns(), self._own_code)
        )
        self._rows = ordinary_rows(context.store, version.model, version.number, self._schema, self._profile)
        chosen = set(chosen_columns(self._schema))
        self._columns = [c for c in self._schema.columns if c.name in chosen]
        self._edge = list(edge_rows(self._schema, self._profile, self._rows[0]))
        self._usual: Sequence[Answer] = ()
        self._tally: Counter[str] = Counter()
        self._moved: dict[str, float] = {}
        self._jumped: dict[str, float] = {}

    def run(self) -> Tested:
        """Ask and judge."""
        questions = [*self._edge_questions(), *self._influence_questions(), *self._step_questions()]
        usual: list[Ask] = [{"row": row} for row in self._rows]
        asks = [*usual, *(ask for question in questions for ask in question.asks)]
        answers = ask_all(self._context, self._folder, asks, self._rows[0], self._python)
        self._usual = answers[: len(usual)]
        spots = list(self._judge_usual())
        if not spots:  # where ordinary rows fail, nothing else means anything
            spots += [*self._judge_tables(), *self._unread]
            at = len(usual)
            for question in questions:
                spots += question.judge(answers[at : at + len(question.asks)])
                at += len(question.asks)
        return Tested(
            self._version, folded(spots), len(self._edge), dict(self._tally),
            tuple(map(self._seen, self._columns)), len(self._schema.columns) - len(self._columns),
        )  # fmt: skip

    def _seen(self, column: InputColumn) -> ColumnSeen:
        name = column.name
        rows = sum(each.column == name for each in self._edge)
        return ColumnSeen(name, column.kind, rows, self._moved.get(name), self._jumped.get(name))

    def _known(self, column: InputColumn) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._profile.get(column.name, {})
        return found

    def _judge_usual(self) -> Iterator[WeakSpot]:
        """Ordinary rows have to be answered by the champion, soundly."""
        for row, answer in zip(self._rows, self._usual, strict=True):
            got = answer["answers"][0] if "answers" in answer else None
            if got is None:
                reason = str(next(iter(answer.values())))
            elif stood_in(got):
                reason = f"the champion has no answer, the {got['route']} stands in: {got['reason']}"
            else:
                reason = wrong_shape(got, self._output, self._rounding)
            if reason:
                yield WeakSpot(
                    "", "ordinary row", "fail", reason, "mend the model: it does not do its work",
                    row, got or {},
                )  # fmt: skip
                return

    def _judge_tables(self) -> Iterator[WeakSpot]:
        for column in self._schema.columns:
            counts = self._known(column).get("categories")
            if column.kind == "category" and counts and not self._known(column).get("other"):
                yield from judge_table(column.name, self._tables.get(column.name, ()), counts, self._rows[0])

    # -- questions

    def _edge_questions(self) -> Iterator[_Question]:
        groups: dict[str, list[EdgeRow]] = {}
        for each in self._edge:
            groups.setdefault(each.column, []).append(each)
        for rows in groups.values():
            together = [each for each in rows if comparing.compared(each)]
            alone: list[Ask] = [{"row": each.row} for each in rows]
            yield _Question(
                [*alone, comparing.company(together, self._rows[0])],
                lambda answers, rows=rows: self._judge_edge(rows, answers),  # type: ignore[misc]
            )

    def _judge_edge(self, rows: Sequence[EdgeRow], answers: Sequence[Answer]) -> Iterator[WeakSpot]:
        *alone, batch = answers
        for each, answer in zip(rows, alone, strict=True):
            self._tally[_became(answer)] += 1
            spot = judge_answer(
                each, answer, self._usual[0], self._output, self._limits, self._serving, self._rounding
            )
            if spot is not None:
                yield spot
        pairs = [pair for pair in zip(rows, alone, strict=True) if comparing.compared(pair[0])]
        yield from comparing.judge_company(
            [row for row, _ in pairs], [answer for _, answer in pairs], self._usual[0], batch, self._rounding
        )

    def _influence_questions(self) -> Iterator[_Question]:
        for column in self._columns:
            values = comparing.usual_values(column, self._known(column), self._rows)
            yield _Question(
                [comparing.influence(column.name, values, self._rows)],
                lambda answers, c=column, v=values: self._judge_influence(c, v, answers[0]),  # type: ignore[misc]
            )

    def _judge_influence(self, column: InputColumn, values: Sequence[Any], answer: Answer) -> list[WeakSpot]:
        self._moved[column.name], spots = comparing.judge_influence(
            column, self._known(column), values, self._rows, answer, self._excused, bool(self._own_code)
        )
        return spots

    def _champions_columns(self) -> tuple[str, ...]:
        """What another version, which serves, reads."""
        store, model = self._context.store, self._version.model
        live = store.production.live(model)
        if live is None or not live.champion or live.champion == self._version.number:
            return ()
        champion = store.versions.get(model, live.champion)
        return tuple(self._context.workspace.bundle(champion.hash, verify=False).input.names)

    def _step_questions(self) -> Iterator[_Question]:
        for column in self._columns:
            if column.kind != "number" or column.dtype == "text":
                continue
            variants = comparing.small_steps(column, self._known(column), self._rows)
            yield _Question(
                [comparing.steps(column.name, variants, self._rows)],
                lambda answers, n=column.name, v=variants: self._judge_steps(n, v, answers[0]),  # type: ignore[misc]
            )

    def _judge_steps(
        self, column: str, variants: Sequence[comparing.Variant], answer: Answer
    ) -> list[WeakSpot]:
        before = [usual["answers"][0] for usual in self._usual]
        self._jumped[column], spots = comparing.judge_steps(
            column, variants, self._rows, before, answer, self._output
        )
        return spots


def _became(answer: Answer) -> str:
    """What became of an edge row: ``answered``, ``stood_in``, ``refused``, ``broken`` or ``unasked``."""
    if "answers" in answer:
        return "stood_in" if stood_in(answer["answers"][0]) else "answered"
    return next((word for word in ("refused", "unasked") if word in answer), "broken")


def _source(bundle: Path) -> str:
    """The pipeline's code; nothing where the version came without."""
    path = bundle / "pipeline.py"
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""


def _first_like_unseen(bundle: Path) -> bool:
    """Whether a version's source or coefficients speak of an encoder that drops or numbers its categories."""
    return any(
        _FIRST_LIKE_UNSEEN.search((bundle / name).read_bytes())
        for name in ("pipeline.py", "coefficients.json")
        if (bundle / name).is_file()
    )
