"""``incumbent production``: the chain as a picture, and the ledger of swaps."""

from __future__ import annotations

from typing import Any

from cli.output import print_table, print_text
from cli.printing.times import day, minute
from core.wording import chain_words


def print_chain(found: dict[str, Any]) -> None:
    """Who answers, in which order; who is tried out; since when and why.

    The first line says it all for a champion alone; a challenger and shadows have lines of their own.
    """
    champion = "nothing" if found["champion"] is None else f"v{found['champion']}"
    chain = chain_words(found["fallback"], " → ")
    print_text(
        f"{found['model']} at {found['site']}: {champion}, then {chain}   (revision {found['revision']})"
    )
    for line in tried(found):
        print_text(line)
    forced = "  FORCED" if found["forced"] else ""
    print_text(f"since {minute(found['when'])} by {found['who']}: {found['why']}{forced}")
    if found["set_aside"] is not None:
        print_text(f"v{found['champion']} is set aside, the chain behind answers: {found['set_aside']}")
        print_text(f'it answers again: incumbent production limits {found["model"]} --restore --reason "..."')
    came = found.get("champion_forced")
    if came is not None and not found["forced"]:
        print_text(f"v{found['champion']} was FORCED past its gate by {came['who']}: {came['why']}")


def tried(found: dict[str, Any]) -> list[str]:
    """How the rows are shared between champion and challenger, and who answers unseen.

    Examples
    --------
    >>> for line in tried({"champion": 1, "challenger": 3, "share": 0.25, "shadows": [2]}):
    ...     print(line)
      keys ─┬─ 75 % ███████████████      v1 champion
            ├─ 25 % █████                v3 challenger
            └─ unseen                    v2 shadow
    >>> for line in tried({"champion": 1, "challenger": None, "shadows": [], "limits": {"control": 0.1}}):
    ...     print(line)
      keys ─┬─ 90 % ██████████████████   v1 champion
            └─ 10 % ██                   baseline, untreated control
    """
    shadows = [f"v{number}" for number in found["shadows"]]
    control = found.get("limits", {}).get("control", 0.0)
    if found["challenger"] is None and not shadows and not control:
        return []
    share = found["share"] * (1 - control) if found["challenger"] is not None else 0.0
    branches = [_branch(1 - control - share, f"v{found['champion']} champion")]
    if found["challenger"] is not None:
        branches.append(_branch(share, f"v{found['challenger']} challenger"))
    if control:
        branches.append(_branch(control, "baseline, untreated control"))
    branches += [("unseen", f"{shadow} shadow") for shadow in shadows]
    ends = ["─┬─", *["├─"] * (len(branches) - 2), "└─"]
    heads = ["  keys ", *["        "] * (len(branches) - 1)]
    return [
        f"{head}{end} {left:<25} {right}"
        for head, end, (left, right) in zip(heads, ends, branches, strict=True)
    ]


def _branch(share: float, who: str) -> tuple[str, str]:
    return f"{100 * share:.3g} % {_bar(share)}", who


def _bar(share: float) -> str:
    return "█" * round(20 * share)


def print_ledger(found: dict[str, Any]) -> None:
    """The sum in one sentence, then each swap."""
    print_text(found["sentence"])
    if not found["swaps"]:
        return
    rows = [
        [
            swap["revision"],
            day(swap["when"]),
            f"v{swap['before']} → v{swap['after']}",
            _figure(swap["promised"]),
            _figure(swap["gain"]),
            swap["gain"]["n"] if swap["gain"] else None,
            swap["verdict"],
            swap["reason"],
        ]
        for swap in found["swaps"]
    ]
    headers = ["REV", "WHEN", "SWAP", "PROMISED", "GAIN SINCE", "ROWS", "VERDICT", "WHY"]
    print_table(headers, rows, right=[0, 5])


def _figure(gain: dict[str, Any] | None) -> str:
    if gain is None or gain["value"] is None:
        return "–"
    shown = f"{gain['value']:+.4f}"
    return shown if gain["low"] is None else f"{shown} [{gain['low']:+.4f}, {gain['high']:+.4f}]"
