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
    for failed in document["failed"][:MOST]:
        where = ", ".join(
            [*([failed["column"]] if failed["column"] else []), failed["kind"], *failed["also"][:3]]
        )
        print_text(f"  {failed['severity']}  v{failed['version']} {where}: {failed['reason']}")
        print_text(f"        {failed['suggestion']}")
    more = len(document["failed"]) - MOST + sum(version["more"] for version in document["versions"])
    if more > 0:
        print_text(f"  and {more} more")


_BECAME = {
    "answered": "answered",
    "stood_in": "answered by the chain behind",
    "refused": "refused",
    "broken": "broke it",
    "unasked": "not asked",
}
