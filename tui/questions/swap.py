"""Swap, accept, roll back: which version for which, what stands behind it, what the gate says, what rises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from core.challenge.gate import Gate, gate
from core.wording import clock_time, data_day
from incumbent.errors import IncumbentError
from store.records import ProductionRevision, Version
from tui.confirm import ActionDialog
from tui.findings.challenge import stage_title, stage_word
from tui.glyphs import CHALLENGED, cut

if TYPE_CHECKING:
    from core.actions import Action
    from tui.app import Panel
    from tui.selection import Selection


#: Cells for a sentence beside its name.
_WORDS = 54


class SwapDialog(ActionDialog):
    """A swap asks the gate; a way back does not."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "force", "force", show=False)]

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__(panel, action, chosen, given)
        self.title_of_dialog = f"{action.label} of {chosen.model} at site {chosen.site}"
        self._swaps = action.id != "production.rollback"
        self._gate: Gate | None = None  # None: nothing stands in the way
        self._force = False
        self.yes = "swap it" if self._swaps else "roll it back"

    def compose_question(self) -> ComposeResult:
        try:
            lines = self._changes()
        except IncumbentError as error:
            lines = [Text(error.message, style="red")]
        yield Static(Text("\n").join(lines), id="changes")
        yield from self.compose_entry("reason")
        if self._swaps:
            yield Static(self._force_line(), id="force")

    def answer(self) -> dict[str, Any] | str:
        if not self._swaps:
            return super().answer()
        refused = self._gate.refusal if self._gate is not None else ""
        if refused and not self._force:
            return (
                f"the gate refuses: it {cut(refused, 90)}. f forces it, with a reason that is kept for ever"
            )
        reason = self.typed("reason")
        if not reason and (refused or not self.brings_its_reason()):
            return "say why: it is kept with the revision"
        return {"reason": reason, "force": self._force}

    def brings_its_reason(self) -> bool:
        """Whether the version has been found better, so that nobody has to say why."""
        return self._gate is not None and self._gate.verdict == "better"

    def same_as(self) -> str:
        return super().same_as() + (" --force" if self._force else "")

    def action_force(self) -> None:
        """Swap although the gate refuses or a case fails, or not."""
        if self._swaps:
            self._force = not self._force
            self.query_one("#force", Static).update(self._force_line())
            self.changed()

    def _force_line(self) -> Text:
        mark = "[x]" if self._force else "[ ]"
        refused = self._gate is not None and not self._gate.opens
        although = "although the gate refuses" if refused else "although a case fails"
        style = "bold yellow" if self._force else "" if refused else "dim"
        said = f"  {mark} force: {although}; it is shown for ever"
        return Text.assemble(("f", "bold"), (said, style))

    # -- what changes

    def target(self) -> int | None:
        """The version that would be champion."""
        if self._swaps:
            return self._chosen.version
        store, model, site = self._owner.store, self._chosen.model or "", self._chosen.site
        return _before(list(store.production.history(model, site).rows), store.production.live(model, site))

    def _changes(self) -> list[Text]:
        store, model, site = self._owner.store, self._chosen.model or "", self._chosen.site
        live, target = store.production.live(model, site), self.target()
        versions = {v.number: v for v in store.versions.list(model, include_archived=True)}
        champion = live.champion if live else None
        lines = [changed("champion", _named(champion, versions), _named(target, versions))]
        chain = [*(f"v{n}" for n in (live.fallback if live else ()) if n != target)]
        chain += ["rules"] * bool(live and live.limits.get("rules"))
        lines.append(told("fallback", ", ".join([*chain, "baseline"])))
        if self._swaps and target is not None:
            lines += self._gate_lines(model, target, site)
            lines += self._rises(model, target, site)
        return lines

    def _gate_lines(self, model: str, target: int, site: str) -> list[Text]:
        store = self._owner.store
        local = store.production.live(model)
        if site != "local" and local is not None and local.champion == target:
            return [told("gate", "it serves at local already, and has been through it")]
        self._gate = gate(self._owner.workspace, store, model, target, look_at_data=False)
        return gate_lines(self._gate, self._challenged())

    def _challenged(self) -> str:
        run = self._gate.run if self._gate else None
        finished = None if run is None else self._owner.store.runs.get(run).finished
        if finished is None:
            return ""
        return f"challenged {clock_time(datetime.fromisoformat(finished), datetime.now().astimezone())}: "

    def _rises(self, model: str, target: int, site: str) -> list[Text]:
        from core.requirements import may_ratchet

        if site != "local":
            return []
        rises = may_ratchet(self._owner.store, model, target)
        if rises is None:  # nothing has compared the two
            return []
        shown = (
            f"{cut(', '.join(rises), _WORDS - 16)} may rise: r k" if rises else "no requirement rises by it"
        )
        return [told("after it", shown)]


class AcceptDialog(SwapDialog):
    """Accepting a trial is a swap to its version, with what the trial has found."""

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__(panel, action, chosen, given)
        assert chosen.trial is not None
        self._trial = chosen.trial
        self._standing = chosen.trial.standing or {}
        self.title_of_dialog = f"{action.label} of v{self._trial.version} of {chosen.model}"
        self.yes = "accept it"

    def compose_question(self) -> ComposeResult:
        reason = self._standing.get("reason", "the night has not looked at it yet")
        yield Static(told("trial", cut(reason, _WORDS)))
        yield Static(told("at", ", ".join(dict.fromkeys(["local", *self._trial.sites]))))
        yield from super().compose_question()

    def target(self) -> int | None:
        return self._trial.version

    def brings_its_reason(self) -> bool:
        return bool(self._standing.get("verdict") == "better")


def gate_lines(found: Gate, challenged: str) -> list[Text]:
    """The gate's word, why, and the stages in a row.

    Parameters
    ----------
    challenged : str
        When it was challenged, in words that a verdict follows.
    """
    word, style = CHALLENGED[found.verdict]
    opens = ("✓", "bold green") if found.opens else ("✗", "bold red")
    lines = [Text.assemble((f"{'gate':<11}", "dim"), opens, f" {challenged}", (word, style))]
    said = found.refusal if not found.opens and found.stale else found.reason
    if found.verdict != "unchallenged":
        lines.append(told("", cut(said, _WORDS)))
    else:
        lines[0].append(": r c challenges it", "dim")
    if found.stages:
        lines += [told("", line) for line in stage_lines(found.stages)]
    return lines


def stage_lines(stages: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Every stage with its glyph, as many in a line as the dialog is wide."""
    lines = [Text()]
    for stage in stages:
        word, style = stage_word(stage)
        told = Text.assemble(f"{stage_title(stage['stage'])} ", (word[0], style), "  ")
        if lines[-1].cell_len + told.cell_len - 2 > _WORDS:
            lines.append(Text())
        lines[-1].append_text(told)
    return lines


def changed(what: str, before: str, after: str) -> Text:
    """Something that will be different."""
    if before == after:
        return told(what, f"{after}   unchanged")
    return Text.assemble((f"{what:<11}", "dim"), before, ("  →  ", "bold"), (after, "bold"))


def told(what: str, words: str | Text) -> Text:
    """A fact with its name before it."""
    return Text.assemble((f"{what:<11}", "dim"), words)


def _named(number: int | None, versions: dict[int, Version]) -> str:
    if number is None:
        return "nothing"
    version = versions.get(number)
    trained = f" (to {data_day(version.trained_until)})" if version and version.trained_until else ""
    return f"v{number}{trained}"


def _before(history: list[ProductionRevision], live: ProductionRevision | None) -> int | None:
    if live is None:
        return None
    return next((r.champion for r in history if r.number < live.number and r.champion != live.champion), None)
