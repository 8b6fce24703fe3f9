"""Columns that a version was given and does not read, although somebody meant it to.

What no answer depends on is left out of a version's inputs when it is made, so that nobody has to send it. No
edge row can show that such a column is ignored; that the champion reads it, or that code of one's own names
it, can.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from core.checks.edge.holding import WeakSpot

KIND = "no influence"


def unread(
    lineage: Mapping[str, Any], read: Sequence[str], champion: Collection[str], source: str
) -> Iterator[WeakSpot]:
    """Each column that the version was given and ignores, and why that is strange.

    Parameters
    ----------
    lineage : mapping
        Of the version: ``preprocessing.unused`` are the columns that it was given and does not read.
    read : sequence of str
        Those that it reads.
    champion : collection of str
        Those that another version, which serves, reads.
    source : str
        The pipeline's code, where it is one's own; nothing where its structure says what it reads.

    Examples
    --------
    >>> lineage = {"preprocessing": {"unused": ["wind", "note", "sky"]}}
    >>> [spot.column for spot in unread(lineage, ["hour"], ["hour", "sky"], "NUMBERS = ['hour', 'wind']")]
    ['wind', 'sky']
    """
    given = (lineage.get("preprocessing") or {}).get("unused") or ()
    for column in given:
        if column in read:
            continue
        if column in champion:
            why = "the champion reads it"
        elif re.search(rf"""(["']){re.escape(column)}\1""", source):
            why = "the pipeline's code names it"
        else:
            continue
        yield WeakSpot(
            column,
            KIND,
            "warn",
            f"{column} has no influence: {why}, and no answer of this version depends on it",
            f"look why {column} is ignored, or leave it out of the pipeline",
        )
