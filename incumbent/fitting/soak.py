"""Does memory grow with every prediction, once all that is made once has been made?

At the end of a stress test, when every kind of load has been seen, the same number of predictions is made
again and again. After each piece the log is written, garbage is collected, and the memory is looked at: what
is imported, cached or waits in a buffer shows in the first pieces, and only a leak in all of them.
"""

from __future__ import annotations

import gc
from typing import Callable

#: Pieces of equal size.
PIECES = 8
#: Growth in the later half that is looked at again, with pieces of twice the size: a leak goes on.
DOUBTFUL = 1 << 18


def soak(
    send: "Callable[[], object]",
    look: "Callable[[], tuple[int, int]]",
    rest: "Callable[[], None]",
    size: int,
) -> "list[tuple[int, int]]":
    """Memory after each piece: of a second round, twice as long, where the first one leaves a doubt.

    Parameters
    ----------
    send : callable
        Makes one prediction.
    look : callable
        Predictions made so far, and bytes.
    rest : callable
        Waits until what was sent is done with.
    size : int
        Predictions of a piece.

    Returns
    -------
    list of (int, int)
        Predictions and bytes: before the first piece, and after each.
    """
    found = _round(send, look, rest, size)
    if found[-1][1] - found[PIECES // 2][1] >= DOUBTFUL:
        found = _round(send, look, rest, 2 * size)
    return found


def _round(
    send: "Callable[[], object]",
    look: "Callable[[], tuple[int, int]]",
    rest: "Callable[[], None]",
    size: int,
) -> "list[tuple[int, int]]":
    found = [_quiet(look, rest)]
    for _ in range(PIECES):
        for _ in range(size):
            send()
        found.append(_quiet(look, rest))
    return found


def _quiet(look: "Callable[[], tuple[int, int]]", rest: "Callable[[], None]") -> "tuple[int, int]":
    rest()
    gc.collect()
    return look()
