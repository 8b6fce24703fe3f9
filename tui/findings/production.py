"""What a site runs, as a picture: who answers which share, who stands behind, who predicts in shadow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from core.production_limits import flat
from core.wording import data_day
from store.records import ProductionRevision, Version
from tui.glyphs import cut, padded

if TYPE_CHECKING:
    from core.traffic.summary import Summary

_LABEL = 36


def chain_text(
    live: ProductionRevision,
    versions: Mapping[int, Version],
    traffic: Summary | None,
    forced: ProductionRevision | None,
    width: int,
) -> Text:
    """The way of a row: shares, the chain behind, shadows; with what each answered in the last day.

    Parameters
    ----------
    traffic : Summary or None
        None: nothing is known of it.
    forced : ProductionRevision or None
        With which the champion came, where that was past its gate.
    """
    text = Text(no_wrap=True)
    answered = _Answered(traffic)
    control = float(live.limits.get("control") or 0.0)
    share = live.share * (1 - control) if live.challenger is not None else 0.0
    text.append(" rows ─┬─", "dim").append(f"{1 - control - share:>5.0%}", "bold").append(" ─▶ ", "dim")
    _link(text, live.champion, "champion", "●", "bold green", versions)
    text.append(answered.words(live.champion, "champion") + "\n", "dim")
    if live.challenger is not None and share > 0:
        text.append("       ├─", "dim").append(f"{share:>5.0%}", "bold").append(" ─▶ ", "dim")
        _link(text, live.challenger, "challenger", "◐", "cyan", versions)
        text.append(answered.words(live.challenger, "challenger") + "\n", "dim")
    if control:
        text.append("       ├─", "dim").append(f"{control:>5.0%}", "bold").append(" ─▶ ", "dim")
        text.append(f"{'○ baseline, untreated control':<{_LABEL}}", "cyan")
        text.append(answered.words(None, "control") + "\n", "dim")
    for number in live.shadows:
        text.append("       ├┄ copies ┄▶ ", "dim")
        _link(text, number, "in shadow", "◌", "cyan", versions)
        text.append(answered.words(number, "shadow") + "\n", "dim")
    chain = " ─▶ ".join(_chain(live))
    text.append("       └─ else ──▶ ", "dim").append(chain)
    text.append(f"   {cut(answered.fallbacks, max(20, width - 22 - len(chain)))}\n", "dim")
    if live.set_aside is not None:
        text.append(f" ✗ v{live.champion} is set aside: {cut(live.set_aside, width - 20)}\n", "bold red")
        text.append("   the chain behind answers; x e lets the champion answer again\n", "dim")
    if forced is not None:
        said = cut(forced.why, max(20, width - 40))
        text.append(f" ! FORCED past its gate by {forced.who}: {said}\n", "bold yellow")
    came = f" revision {live.number} by {live.who}: "
    text.append(f"\n{came}{cut(live.why, max(20, width - len(came)))}\n", "dim")
    if live.published is None:
        text.append(" ! its files are not in place: incumbent doctor says more\n", "yellow")
    return text


def sites_text(everywhere: Sequence[tuple[str, ProductionRevision | None]], shown: str) -> Text:
    """What each site runs, where there are several: the one that is shown first, the others by name."""
    text = Text(no_wrap=True)
    if len(everywhere) < 2:
        return text
    text.append("\n what each site runs\n", "bold")
    for site, live in sorted(everywhere, key=lambda each: (each[0] != shown, each[0])):
        text.append(f" {padded(site, 14)} ", "" if site == shown else "dim")
        if live is None or live.champion is None:
            text.append("nothing\n", "dim")
            continue
        text.append(f"● v{live.champion}", "bold green")
        if live.challenger is not None and live.share:
            text.append(f"  ◐ v{live.challenger} {live.share:.0%}", "cyan")
        text.append("".join(f"  ◌ v{number}" for number in live.shadows), "cyan")
        text.append(f"  revision {live.number}", "dim")
        text.append("\n" if live.published else "  ! its files are not in place\n", "yellow")
    return text


def _link(
    text: Text, number: int | None, role: str, glyph: str, style: str, versions: Mapping[int, Version]
) -> None:
    if number is None:
        text.append(f"{'nothing':<{_LABEL}}", "dim")
        return
    version = versions.get(number)
    until = f", to {data_day(version.trained_until)}" if version and version.trained_until else ""
    name = f"v{number}" if number else "baseline"
    text.append(f"{glyph} {f'{name} {role}{until}':<{_LABEL - 2}}", style)


def _chain(live: ProductionRevision) -> list[str]:
    rules = len(live.limits.get("rules") or ())
    return [*(f"v{n}" for n in live.fallback), *([f"rules ({rules})"] if rules else []), "baseline"]


class _Answered:
    """What the log says of each link."""

    def __init__(self, traffic: Summary | None) -> None:
        self._traffic = traffic
        self._by_route = {} if traffic is None else {(v.version, v.route): v for v in traffic.versions}

    def words(self, number: int | None, route: str) -> str:
        """Predictions in the last day, and the latency of the slowest hundredth."""
        found = self._by_route.get((number, route))
        if found is None:
            return ""
        return f"{found.predictions:>9,}" + ("" if found.p99 is None else f"  p99 {milliseconds(found.p99)}")

    @property
    def fallbacks(self) -> str:
        """How many the one who was meant did not answer, who did, and why."""
        if self._traffic is None or not self._traffic.predictions:
            return ""
        if not self._traffic.fallbacks:
            return "0 in a day"
        behind = [v for v in self._traffic.versions if v.route in ("fallback", "rules", "baseline")]
        by = " and ".join(dict.fromkeys(_name(v.version, v.route) for v in behind))
        why = ", ".join(f"{reason} {count:,}" for reason, count in self._traffic.reasons[:3])
        return f"{self._traffic.fallbacks:,} in a day by {by}" + (f": {why}" if why else "")


def _name(version: int | None, route: str) -> str:
    """Who answered: a version (the champion, too, where a challenger did not), the rules or the baseline."""
    return route if version is None else f"v{version}"


def milliseconds(seconds: float) -> str:
    """A latency.

    >>> milliseconds(0.00042), milliseconds(1.5)
    ('0.42 ms', '1,500 ms')
    """
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.2g} ms"


def limits_text(live: ProductionRevision) -> Text:
    """Everything that was set, one a line; then the rules."""
    limits: dict[str, Any] = json.loads(json.dumps(dict(live.limits)))
    rules = limits.pop("rules", ())
    text = Text()
    for name, value in sorted(flat(limits)):
        text.append(f" {name:<40} ").append(f"{json.dumps(value, ensure_ascii=False)}\n", "bold")
    for at, rule in enumerate(rules):
        text.append(f" rule {at}  ", "dim").append("first, " if rule.get("first") else "", "dim")
        text.append(f"when {rule['when']} answer {rule['answer']}")
        text.append(f"   {rule.get('why', '')}\n", "dim")
    if not text.plain:
        text.append(" nothing is set: every value passes to the model, and the defaults hold\n", "dim")
    return text.append("\n x l edits them, and shows the difference first; x f edits the chain\n", "dim")
