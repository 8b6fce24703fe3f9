"""The fallback chain, drilled: link after link is taken away, and what is left must answer.

A chain that nobody needs for a year is a chain that nobody knows to work. So what production runs is staged
and asked for ordinary rows: the champion has to answer, within the limits that hold there. Then its bundle is
removed as a disk would lose it, and the next link asked; then that one is removed too, down to the baseline.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.behaviour import kept_away
from core.checks.published_cases import ask_published
from core.staging import staged
from incumbent.errors import BundleError
from incumbent.production import bundle_path, read
from store.records import Version

if TYPE_CHECKING:
    from core.checks.edge.asking import Answer
    from core.runs import RunContext

#: Ordinary rows that each link is asked for.
ROWS = 8
_BASELINE = 0
#: Routes that answer a row whatever the state of the chain.
_AS_CONFIGURED = ("rules", "control")


@dataclass(frozen=True)
class Drilled:
    """What the chain said when some of its links were gone.

    Parameters
    ----------
    lost : tuple of int
        Versions that were taken away, the champion first; none where the champion itself was asked.
    expected : int
        The version that has to answer then; 0 is the baseline.
    rows, answered : int
        Rows that were asked, and those that it answered.
    reason : str
        Why it did not answer the first one that it did not.
    """

    lost: tuple[int, ...]
    expected: int
    rows: int
    answered: int
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether every row was answered by the link that has to."""
        return self.answered == self.rows

    @property
    def sentence(self) -> str:
        """What went wrong, for people."""
        lost = ", ".join(f"v{number}" for number in self.lost)
        who = f"v{self.expected}" if self.expected else "the baseline"
        said = f"{who} answers {self.answered} of {self.rows} rows: {self.reason}"
        return f"without {lost}, {said}" if lost else said

    def document(self) -> dict[str, Any]:
        """As the check's document has it."""
        return {
            "without": list(self.lost),
            "expected": self.expected,
            "rows": self.rows,
            "answered": self.answered,
            "reason": self.reason or None,
        }


def drill(context: RunContext, champion: Version, python: str | None) -> tuple[Drilled, ...]:
    """Ask the champion, then take the links of its live chain away, one after the other.

    Parameters
    ----------
    champion : Version
        The one in production.
    python : str, optional
        The interpreter that the model's spec names.

    Returns
    -------
    tuple of Drilled
        One for the champion, unless it is set aside, and for each link that has to stand in, the baseline
        last; none where no golden row can be asked.
    """
    try:
        return tuple(_links(context, champion, python))
    except BundleError as error:  # one of the chain is damaged: it could not be put in place
        links = context.store.production.live(champion.model)
        first = links.fallback[0] if links is not None and links.fallback else _BASELINE
        return (Drilled((champion.number,), first, 1, 0, str(error)),)


def _links(context: RunContext, champion: Version, python: str | None) -> Iterator[Drilled]:
    with staged(context.workspace, context.store, champion.model, champion.number) as folder:
        configuration = read(folder)
        links = configuration.links()
        for gone in range(len(links) + 1):
            if gone:
                shutil.rmtree(bundle_path(folder, links[gone - 1]))
            elif configuration.limits.get("demoted"):
                continue
            expected = links[gone].version if gone < len(links) else _BASELINE
            rows = _rows(context, champion, expected)
            if not rows:
                continue
            context.check_cancelled()
            answers = ask_published(context, folder, rows, None, python)[: len(rows)]
            reasons = list(unanswered(answers, expected))
            lost = tuple(each.version for each in links[:gone])
            answered = len(rows) - len(reasons)
            yield Drilled(lost, expected, len(rows), answered, reasons[0] if reasons else "")


def _rows(context: RunContext, champion: Version, expected: int) -> list[Mapping[str, Any]]:
    """Golden rows of the version that stands in, with what the champion reads beside; whole ones.

    They lie within what the version has seen, so no input policy has a reason to keep them from it.
    """
    store, model = context.store, champion.model
    own = store.cases.list(model, champion.number, "golden")
    others = store.cases.list(model, expected, "golden") if expected else own
    beside: Mapping[str, Any] = own[0].row if own else {}
    rows: list[Mapping[str, Any]] = [{**beside, **case.row} for case in others or own]
    return [row for row in rows if None not in row.values()][:ROWS]


def unanswered(answers: Sequence[Answer], expected: int) -> Iterator[str]:
    """Why each row that the expected link did not answer was not answered by it."""
    for answer in answers:
        if "answers" not in answer:
            yield "; ".join(f"{what}: {said}" for what, said in answer.items())
            continue
        (got,) = answer["answers"]
        if got["route"] in _AS_CONFIGURED or kept_away(got):
            continue
        by_baseline = got["route"] == "baseline"
        if by_baseline if not expected else (not by_baseline and got["version"] == expected):
            continue
        yield f"{got['route']} answered ({got['reason']})"
