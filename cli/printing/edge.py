"""An edge test: the verdict, a line a version, and the weak spots by column with what to do."""

from __future__ import annotations

from typing import Any

from cli.output import print_text
from cli.printing.words import verdict_words

#: Weak spots that are printed; `--json` has them all.
MOST = 20


def print_edge(document: dict[str, Any], note: str) -> None:
    """The verdict, a line a version, the first weak spots."""
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    for version in document["versions"]:
        became = ", ".join(f"{count} {_BECAME[word]}" for word, count in version["became"].items())
        print_text(f"  v{version['version']} {verdict_words(version['verdict'])}: {version['rows']} rows"
                   + (f" ({became})" if became else ""))  # fmt: skip
        if version["columns_left_out"]:
            print_text(f"    of a wide table {version['columns_left_out']} columns were not changed")
    spots = _alike(document["failed"])
    for spot in spots[:MOST]:
        entry = document["failed"].index(spot[0]) + 1
        where = f"{spot[0]['severity']}  v{spot[0]['version']} {_where(spot)}"
        print_text(f"  {entry}. {where}: {spot[0]['reason']}")
        print_text(f"        {spot[0]['suggestion']}")
    more = len(spots) - MOST + sum(version["more"] for version in document["versions"])
    if more > 0:
        print_text(f"  and {more} more")
    if document["failed"]:
        command = f"incumbent case add {document['model']} --from-run {document['run']} --entry N"
        print_text(f"  one of them as a case: {command}")


def _alike(failed: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Weak spots that differ in nothing but the column, together."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for spot in failed:
        named = spot["column"] or ""
        key = (spot["version"], spot["severity"], spot["kind"], *spot["also"], spot["reason"])
        told = tuple(part.replace(named, "") if named and isinstance(part, str) else part for part in key)
        found.setdefault(told, []).append(spot)
    return list(found.values())


def _where(alike: list[dict[str, Any]]) -> str:
    columns = [spot["column"] for spot in alike if spot["column"]]
    shown = columns[:3] if len(columns) <= 4 else [*columns[:2], f"{len(columns) - 2} more columns"]
    return ", ".join([*shown, alike[0]["kind"], *alike[0]["also"][:3]])


_BECAME = {
    "answered": "answered",
    "stood_in": "answered by the chain behind",
    "refused": "refused",
    "broken": "broke it",
    "unasked": "not asked",
}
