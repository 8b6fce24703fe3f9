"""The ledger of decisions: what each swap has gained or lost since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from core.wording import figure, interval
from tui.glyphs import cut
from tui.model_rows import moment

_VERDICTS = {
    "gained": ("✓ gained", "green"), "lost": ("✗ LOST", "bold red"), "cannot tell": ("~ cannot tell", "cyan"),
    "no data": ("· no data", "dim"),
}  # fmt: skip


def ledger_text(found: Mapping[str, Any], width: int) -> Text:
    """The sum in a sentence, then each swap, the newest first: what was promised, what came of it."""
    text = Text(f" {found['sentence']}\n\n", style="bold")
    for swap in reversed(found["swaps"]):
        word, style = _VERDICTS.get(swap["verdict"], (str(swap["verdict"]), ""))
        text.append(f" v{swap['before']} → v{swap['after']}  ", "bold").append(f"{word}", style)
        text.append(f"   {moment(swap['when'])} by {swap['who']}: {cut(swap['why'], max(20, width - 50))}")
        text.append("   FORCED\n" if swap["forced"] else "\n", "bold yellow")
        for name in ("promised", "gain"):
            told = swap.get(name)
            if told and told.get("value") is not None:
                shown = interval(told["value"], told.get("low"), told.get("high"))
                text.append(f"     {'promised' if name == 'promised' else 'since':<10}", "dim").append(
                    f"{shown}\n"
                )
        if swap.get("relative") is not None:
            text.append(f"     {'relative':<10}", "dim").append(f"{swap['relative']:+.1%}\n")
        if swap.get("reason"):
            text.append(f"     {swap['reason']}\n", "dim")
    if found.get("total") is not None:
        text.append(f"\n in all {figure(found['total'])} of {found['metric']}\n", "bold")
    return text
