"""How ``incumbent version diff`` is shown: like the review of a pull request, decisions last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cli.output import cell, print_table, print_text
from core.data.slices import MISSING
from core.wording import data_time

#: Rows of each kind that are shown; ``--json`` has the rest.
SHOWN = 8
EXAMPLES = 5

Document = Mapping[str, Any]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:")


def print_diff(document: Document) -> None:
    """Print what changed from one version to another."""
    print_text(f"{document['model']}: v{document['a']} → v{document['b']}")
    if document["identical"]:
        print_text("they are the same version")
        return
    _print_facts(document)
    _print_source(document["source"])
    _print_schema(document["schema"], document["features"])
    _print_coefficients(document["coefficients"])
    _print_measurements(document["measurements"])
    _print_partitions(document["measurements"], document["metric"])
    if document["decisions"] is None:
        print_text(f"\ndecisions were not compared: {document['reason']}")
    else:
        _print_decisions(document["decisions"])


def _print_facts(document: Document) -> None:
    rows: list[list[Any]] = []
    a, b = (document["data"][side] for side in "ab")
    for name in ("rows", "since", "until"):
        if a[name] != b[name]:
            rows.append([f"trained {name}", _short(a[name]), _short(b[name])])
    if document["data"]["changed"] and not rows:
        rows.append(["data", "changed", "changed"])
    rows += [[p["name"], p["a"], p["b"]] for p in (*document["parameters"], *document["packages"])]
    for name in ("algorithm", "threshold"):
        if document[name]["a"] != document[name]["b"]:
            rows.append([name, document[name]["a"], document[name]["b"]])
    trees = [_trees(document["trees"][side]) for side in "ab"]
    if any(trees) and trees[0] != trees[1]:
        rows.append(["trees", *trees])
    if rows:
        print_table(["WHAT", f"V{document['a']}", f"V{document['b']}"], rows)
    else:
        print_text("same data, parameters, packages and algorithm")


def _trees(summaries: Sequence[Document]) -> str | None:
    """The plain facts of a version's trees.

    Examples
    --------
    >>> _trees([{"model": "RandomForestClassifier", "trees": 120, "deepest": 9}])
    'model RandomForestClassifier, trees 120, deepest 9'
    """
    plain = ({k: v for k, v in s.items() if isinstance(v, str | int | float)} for s in summaries)
    return "; ".join(", ".join(f"{k} {v}" for k, v in facts.items()) for facts in plain) or None


def _print_source(source: Document) -> None:
    if source["changed"]:
        print_text(f"\n{source['diff']}")


def _print_schema(schema: Document, features: Document) -> None:
    for sign, names in (("+", schema["added"]), ("-", schema["removed"])):
        for name in names:
            print_text(f"{sign} column {name}")
    for change in schema["changed"]:
        print_text(f"  column {change['name']}: {change['a']} → {change['b']}")
    for name, new in schema["new_categories"].items():
        print_text(f"+ {len(new)} categories of {name}: {', '.join(map(str, new[:SHOWN]))}")
    for sign, names in (("+", features["added"]), ("-", features["removed"])):
        if names:
            print_text(f"{sign} selected {_some(names)}")


def _print_coefficients(found: Document) -> None:
    if not found["moved"] and not found["only_a"] and not found["only_b"]:
        return
    if found["compared"]:
        moved = (
            f"\n{found['moved']:,} of {found['compared']:,} learned numbers moved; furthest for their size:"
        )
        print_text(moved)
        shown = [[m["name"], m["a"], m["b"], m["change"]] for m in found["movers"][:SHOWN]]
        print_table(["NUMBER", "FROM", "TO", "CHANGE"], shown, right=[1, 2, 3])
    else:
        print_text("\nno learned number of the one stands in the other:")
    for sign, side, names in (("+", "a", found["only_b"]), ("-", "b", found["only_a"])):
        if names:
            print_text(f"{sign} {found['absent'][side]:,} numbers, among them {', '.join(names[:3])}")


def _some(names: Sequence[Any]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(str, names[:SHOWN])) + more


def _print_measurements(found: Sequence[Document]) -> None:
    overall = [m for m in found if m["partition"] is None]
    if not overall:
        return
    print_text("\nlast back-tests, overall (each on the rows that count for it):")
    print_table(["METRIC", "FROM", "TO"], [[m["metric"], _figure(m["a"]), _figure(m["b"])] for m in overall])


def _print_partitions(found: Sequence[Document], metric: str) -> None:
    """The primary metric where both versions were measured on the same rows that neither had seen."""
    shown = [
        [m["partition"], _figure(m["a"]), _figure(m["b"]), cell(m["b"]["value"] - m["a"]["value"])]
        for m in found
        if m["partition"] is not None
        and m["metric"] == metric
        and all(m[side]["in_sample"] == "no" and m[side]["value"] is not None for side in "ab")
        and m["a"]["n"] == m["b"]["n"]
    ]
    if shown:
        print_text(f"\n{metric}, where neither had seen the rows:")
        print_table(["PARTITION", "FROM", "TO", "CHANGE"], shown, right=[3])


def _figure(measured: Document) -> str:
    value, low, high = measured["value"], measured["low"], measured["high"]
    return cell(value) if low is None else f"{cell(value)} [{cell(low)}, {cell(high)}]"


def _print_decisions(found: Document) -> None:
    stretch = f", {_short(found['since'])} to {_short(found['until'])}" if found["since"] else ""
    if found["flips"] is None:
        print_text(
            f"\non the newest {found['rows']:,} rows{stretch}: predictions differ by "
            f"{cell(found['mean_difference'])} on average, {cell(found['largest_difference'])} at most"
        )
    else:
        counted = f"{found['flips']:,} of the newest {found['rows']:,} decisions"
        print_text(f"\n{counted} flip ({found['share']:.1%}){stretch}")
        for outcome in found["outcomes"][:SHOWN]:
            print_text(f"  {outcome['rows']:>6,}  {outcome['a']} → {outcome['b']}")
    _print_segments(found)
    _print_examples(found["examples"])


def _print_segments(found: Document) -> None:
    segments = found["segments"][:SHOWN]
    if segments:
        print_text("most in:")
        shown = [
            [f"{s['column']}={MISSING if s['value'] is None else s['value']}", s["rows"], s["share"]]
            for s in segments
        ]
        header = "MEAN DIFFERENCE" if found["flips"] is None else "SHARE"
        print_table(["SEGMENT", "ROWS", header], shown, right=[1, 2])


def _print_examples(examples: Sequence[Document]) -> None:
    for example in examples[:EXAMPLES]:
        row = ", ".join(f"{k}={_short(v)}" for k, v in example["row"].items())
        scores = f"{cell(example['a_score'])} → {cell(example['b_score'])}"
        print_text(f"  {example['a']} → {example['b']} ({scores}), truth {example['actual']}: {row}")
    if len(examples) > EXAMPLES:
        print_text(f"  {len(examples) - EXAMPLES} more examples with --json")


def _short(value: Any) -> str:
    """A value; of a moment the day, and the minute where there is one.

    Examples
    --------
    >>> _short("2024-03-01T00:00:00"), _short("2024-02-29T22:30:00.000001"), _short(938)
    ('2024-03-01', '2024-02-29 22:30', '938')
    """
    text = cell(value)
    return data_time(text) if _MOMENT.match(text) else text
