"""What workers tell each other and the one that keeps them: a few numbers each, in shared memory."""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

_SLOT = struct.Struct("dddd")
_CONNECTIONS = struct.Struct("d")  # the second of them


class Standing(NamedTuple):
    """How a worker does: whether it is there, its connections, how busy it is, requests under way."""

    alive: float = 0.0
    connections: float = 0.0
    busy: float = 0.0
    under_way: float = 0.0


class Board:
    """A slot for each worker; made before the first one is forked.

    Parameters
    ----------
    slots : int

    Examples
    --------
    >>> board = Board(2)
    >>> board.write(1, Standing(1, 12, 0.5, 3))
    >>> board.living()
    [Standing(alive=1.0, connections=12.0, busy=0.5, under_way=3.0)]
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._memory = mmap.mmap(-1, slots * _SLOT.size)

    def write(self, slot: int, standing: Standing) -> None:
        """Say how the worker of a slot does."""
        _SLOT.pack_into(self._memory, slot * _SLOT.size, *standing)

    def connected(self, slot: int, connections: int) -> None:
        """Say how many connections the worker of a slot has now."""
        _CONNECTIONS.pack_into(self._memory, slot * _SLOT.size + _CONNECTIONS.size, connections)

    def clear(self, slot: int) -> None:
        """The worker of a slot is gone."""
        self.write(slot, Standing())

    def living(self, but: "int | None" = None) -> "list[Standing]":
        """Every worker that is there, but that of one slot."""
        slots = (slot for slot in range(self.slots) if slot != but)
        found = [Standing(*_SLOT.unpack_from(self._memory, slot * _SLOT.size)) for slot in slots]
        return [standing for standing in found if standing.alive]
