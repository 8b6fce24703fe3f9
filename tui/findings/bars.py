"""Two distributions side by side, as bars: a line a bin or a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from core.wording import figure
from tui.glyphs import cut

#: Lines of a drawing, at most.
MOST_LINES = 14
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Share(NamedTuple):
    """One bin or level: its name, its share in training, its share in the window, what is remarkable."""

    name: str
    reference: float
    window: float
    remark: str = ""


def block(share: float, most: float, width: int) -> str:
    """A share as a bar; the largest fills the width.

    >>> block(0.5, 1.0, 4), block(0.0, 1.0, 4), block(0.001, 1.0, 4)
    ('██  ', '    ', '▏   ')
    """
    eighths = round(share / most * width * 8) if most else 0
    if share > 0:
        eighths = max(1, eighths)
    full, part = divmod(min(eighths, width * 8), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)


def shares_of(reference: Mapping[str, Any], window: Mapping[str, Any], most: int = MOST_LINES) -> list[Share]:
    """The lines of a drawing, from the two halves that the drift check keeps of a column.

    Examples
    --------
    >>> shares_of({"levels": ["a"], "shares": [1.0]}, {"levels": ["a", "b"], "shares": [0.5, 0.5]})[1]
    Share(name='b', reference=0.0, window=0.5, remark='new')
    """
    if "length" in reference:
        return shares_of(reference["length"], window.get("length", {}), most)
    if "levels" in reference:
        return _levels(reference, window, most)
    return _bins(reference, window, most)


def side_by_side(shares: Sequence[Share], width: int) -> Text:
    """Training on the left, the window on the right, the same scale on both sides."""
    text = Text(no_wrap=True)
    if not shares:
        return text
    named = min(max(8, max(len(share.name) for share in shares)), max(8, width // 3))
    remarks = max(len(share.remark) for share in shares) + 1
    bar = max(4, (width - named - 2 * 6 - remarks - 1) // 2)
    most = max(max(share.reference, share.window) for share in shares)
    text.append(f"{'':<{named}} {'training':<{bar + 6}} window\n", "dim")
    for share in shares:
        text.append(f"{cut(share.name, named):>{named}} ", "bold yellow" if share.remark else "dim")
        text.append(block(share.reference, most, bar), "cyan").append(f"{_percent(share.reference)} ", "dim")
        text.append(block(share.window, most, bar), "green").append(_percent(share.window), "dim")
        text.append(f" {share.remark}\n" if share.remark else "\n", "yellow")
    return text


def _percent(share: float) -> str:
    """In five cells."""
    if share == 0:
        return "    –"
    return f"{share:5.0%}" if share >= 0.0995 else f"{share:5.1%}"


def _levels(reference: Mapping[str, Any], window: Mapping[str, Any], most: int) -> list[Share]:
    trained = dict(zip(map(str, reference["levels"]), reference["shares"], strict=False))
    now = dict(zip(map(str, window.get("levels", ())), window.get("shares", ()), strict=False))
    names = list(dict.fromkeys([*trained, *now]))
    shares = [
        Share(name, trained.get(name, 0.0), now.get(name, 0.0), _remark(trained.get(name), now.get(name)))
        for name in names
    ]
    if len(shares) <= most:
        return shares
    # the commonest, and the new ones: those are what one looks for
    ranked = sorted(shares, key=lambda s: (s.remark != "new", -max(s.reference, s.window)))
    chosen = set(ranked[: most - 1])
    rest = [share for share in shares if share not in chosen]
    pooled = Share(f"{len(rest)} others", sum(s.reference for s in rest), sum(s.window for s in rest))
    return [*(share for share in shares if share in chosen), pooled]


def _remark(trained: float | None, now: float | None) -> str:
    return "new" if now and not trained else ""


def _bins(reference: Mapping[str, Any], window: Mapping[str, Any], most: int) -> list[Share]:
    edges, trained = reference.get("edges") or [], reference.get("shares") or []
    now = window.get("shares") or [0.0] * len(trained)
    if len(edges) < 2:
        return []
    beyond = [Share(f"< {figure(edges[0])}", 0.0, window["below"], "beyond")] if window.get("below") else []
    above = [Share(f"> {figure(edges[-1])}", 0.0, window["above"], "beyond")] if window.get("above") else []
    step = -(-len(trained) // max(1, most - len(beyond) - len(above)))
    return [
        *beyond,
        *(
            Share(
                f"{figure(edges[at])} to {figure(edges[min(at + step, len(trained))])}",
                sum(trained[at : at + step]),
                sum(now[at : at + step]),
            )
            for at in range(0, len(trained), step)
        ),
        *above,
    ]
