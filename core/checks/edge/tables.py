"""Tables of categories: do those that a bundle's encoders list fit what training saw?

An encoder that learns its categories lists just those of training. A table that was written by hand can be
misspelt, and nothing complains: every row is encoded as unknown. Other sources than readable coefficients
are not looked at.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.checks.edge.holding import WeakSpot

#: Encoders by their name in a coefficients file.
_ENCODERS = frozenset({"one_hot", "ordinal"})
#: How much of its letters a misspelt category shares with the right one (difflib's ratio).
_RESEMBLES = 0.75
_MOST_SHOWN = 3


def listed_categories(bundle: Path) -> dict[str, tuple[str, ...]]:
    """Input column → the categories that the encoders of a native bundle list for it, those of all together.

    Parameters
    ----------
    bundle : Path
        The bundle's folder; without readable coefficients nothing is found.
    """
    path = bundle / "coefficients.json"
    if not path.is_file():
        return {}
    found: dict[str, dict[str, None]] = {}
    for step in _steps(json.loads(path.read_text(encoding="utf-8"))):
        for entry in step["columns"]:
            if isinstance(entry, Mapping) and isinstance(entry.get("categories"), list):
                texts = [c for c in entry["categories"] if isinstance(c, str)]
                found.setdefault(str(entry.get("column")), {}).update(dict.fromkeys(texts))
    return {column: tuple(texts) for column, texts in found.items()}


def _steps(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        if document.get("step") in _ENCODERS and isinstance(document.get("columns"), list):
            yield document
        for part in document.values():
            yield from _steps(part)
    elif isinstance(document, list):
        for part in document:
            yield from _steps(part)


def judge_table(
    column: str, listed: Sequence[str], counts: Mapping[str, int], row: Mapping[str, Any]
) -> list[WeakSpot]:
    """What is certainly wrong with one column's table: nothing of training is in it, or a spelling is off.

    A category that is missing for a reason (rare, dropped) resembles none that training never had, and is
    let be.

    Parameters
    ----------
    counts : mapping of str to int
        The categories of training.
    row : mapping
        An ordinary row, to show one of them in.

    Examples
    --------
    >>> spots = judge_table("ground", ["dry", "soft", "Wett"], {"dry": 5, "wet": 4, "soft": 1}, {})
    >>> spots[0].reason
    "'wet' was in training and is not in the table of ground, which lists 'Wett'"
    >>> judge_table("ground", ["dry", "wet"], {"dry": 5, "wet": 4, "soft": 1}, {})
    []
    """
    strange = [category for category in listed if category not in counts]
    missing = [category for category in counts if category not in listed]
    if not listed or not strange or not missing:
        return []
    hint = f"compare the pipeline's table of {column} with the data; without one the encoder learns it"
    if len(strange) == len(listed):
        reason = f"no category of training is in the table of {column}: it lists {_shown(strange)}"
        reason += f", training had {_shown(missing)}"
        return [_wrong(column, reason, hint, missing[0], row)]
    plain = {category.strip().casefold(): category for category in reversed(strange)}
    spots = []
    for category in missing:
        near = difflib.get_close_matches(category.strip().casefold(), plain, n=1, cutoff=_RESEMBLES)
        if near:
            reason = f"{category!r} was in training and is not in the table of {column}, "
            reason += f"which lists {plain[near[0]]!r}"
            spots.append(_wrong(column, reason, hint, category, row))
    return spots


def _wrong(column: str, reason: str, hint: str, category: str, row: Mapping[str, Any]) -> WeakSpot:
    return WeakSpot(column, "category table", "fail", reason, hint, {**row, column: category})


def _shown(categories: Sequence[str]) -> str:
    rest = len(categories) - _MOST_SHOWN
    return ", ".join(map(repr, categories[:_MOST_SHOWN])) + (f" and {rest} more" if rest > 0 else "")
