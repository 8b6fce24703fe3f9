"""What two bundles say of themselves, side by side."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from incumbent.bundle import Bundle

#: How many of the coefficients that moved most are listed.
MOVERS = 30
#: Parts of a coefficients file that say which way a model works rather than what it learned.
_NOT_LEARNED = ("positions", "format", "prefix")


def compare_bundles(a: Bundle, b: Bundle) -> dict[str, Any]:
    """Data, parameters, source, schema, features, coefficients, trees, algorithm, threshold, packages."""
    before, after = a.lineage(), b.lineage()
    coefficients, trees = _coefficients(a, b)
    return {
        "data": _data(before, after),
        "parameters": _changed(before.get("parameters", {}), after.get("parameters", {})),
        "source": _source(a, b),
        "schema": _schema(a, b),
        "features": _features(before, after),
        "coefficients": coefficients,
        "trees": trees,
        "algorithm": {"a": a.manifest.algorithm, "b": b.manifest.algorithm},
        "threshold": {"a": a.output.threshold, "b": b.output.threshold},
        "packages": _changed(_libraries(before), _libraries(after)),
        "validation": {"a": before.get("validation"), "b": after.get("validation")},
    }


def _data(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    first, second = _learned_from(before), _learned_from(after)
    return {
        "changed": first.get("fingerprint") != second.get("fingerprint"),
        "a": {key: first.get(key) for key in ("source", "since", "until", "rows", "unlabelled")},
        "b": {key: second.get(key) for key in ("source", "since", "until", "rows", "unlabelled")},
    }


def _learned_from(lineage: Mapping[str, Any]) -> dict[str, Any]:
    """What a version learned from; of a file whose range nobody has named, only what the file itself says.

    The rows that such a file was compared on are no training rows.

    Examples
    --------
    >>> registered = {"origin": "registered", "collection": {"rows": 534, "fingerprint": "ab"}}
    >>> _learned_from({**registered, "trained": {"since": None, "until": None, "rows_at_least": 300}})
    {'rows': 300, 'source': None}
    >>> _learned_from({**registered, "trained": {"since": None, "until": "2024-05-30"}})["rows"]
    534
    """
    collection = dict(lineage.get("collection", {}))
    claimed = lineage.get("trained") or {}
    if lineage.get("origin") != "registered" or claimed.get("since") or claimed.get("until"):
        return collection
    return {"rows": claimed.get("rows_at_least"), "source": collection.get("source")}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = sorted({*before, *after})
    return [
        {"name": name, "a": before.get(name), "b": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    ]


def _libraries(lineage: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(lineage.get("packages", {}))
    if "python" in lineage:
        found["python"] = lineage["python"]
    return found


def _source(a: Bundle, b: Bundle) -> dict[str, Any]:
    """A unified diff of the pipeline file and its modules."""
    names = sorted({*_source_files(a), *_source_files(b)})
    told: list[str] = []
    changed = []
    for name in names:
        first, second = _text(a, name), _text(b, name)
        if first != second:
            changed.append(name)
            told += difflib.unified_diff(
                first.splitlines(), second.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
            )
    return {"changed": bool(changed), "files": changed, "diff": "\n".join(told)}


def _source_files(bundle: Bundle) -> list[str]:
    pipeline = bundle.manifest.pipeline
    return [n for n in (pipeline["file"], *pipeline["modules"]) if n] if pipeline else []


def _text(bundle: Bundle, name: str) -> str:
    if name not in bundle.manifest.files:
        return ""
    return (bundle.path / name).read_text("utf-8", "replace")


def _schema(a: Bundle, b: Bundle) -> dict[str, Any]:
    first = {c.name: c for c in a.input.columns}
    second = {c.name: c for c in b.input.columns}
    both = [name for name in first if name in second]
    return {
        "added": [name for name in second if name not in first],
        "removed": [name for name in first if name not in second],
        "changed": [
            {"name": n, "a": f"{first[n].kind} {first[n].dtype}", "b": f"{second[n].kind} {second[n].dtype}"}
            for n in both
            if (first[n].kind, first[n].dtype) != (second[n].kind, second[n].dtype)
        ],
        "new_categories": {
            n: new for n in both if (new := [c for c in second[n].categories if c not in first[n].categories])
        },
    }


def _features(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What feature selection kept in one and not in the other."""
    first = {name for step in before.get("selection", ()) for name in step["kept"]}
    second = {name for step in after.get("selection", ()) for name in step["kept"]}
    return {"added": sorted(second - first), "removed": sorted(first - second), "kept": len(first & second)}


def _coefficients(a: Bundle, b: Bundle) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second = _numbers(a), _numbers(b)
    both = [name for name in first if name in second]
    movers: list[dict[str, Any]] = [
        {
            "name": name,
            "a": first[name],
            "b": second[name],
            "change": second[name] - first[name],
            "relative": _relative(first[name], second[name]),
        }
        for name in both
        if first[name] != second[name]
    ]
    movers.sort(key=lambda m: (-abs(m["relative"]), m["name"]))
    largest = sorted(movers, key=lambda m: (-abs(m["change"]), m["name"]))
    only_a, only_b = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    compared = {
        "compared": len(both),
        "moved": len(movers),
        "absent": {"a": len(only_b), "b": len(only_a)},
        "only_a": only_a[:MOVERS],
        "only_b": only_b[:MOVERS],
        "movers": movers[:MOVERS],
        "largest": largest[:MOVERS],
    }
    return compared, {"a": _trees(a), "b": _trees(b)}


def _relative(a: float, b: float) -> float:
    """Change as a share of the larger of the two, from -2 to 2."""
    return (b - a) / max(abs(a), abs(b))


def _document(bundle: Bundle) -> Any:
    if "coefficients.json" not in bundle.manifest.files:
        return {}
    return json.loads((bundle.path / "coefficients.json").read_text("utf-8"))


def _numbers(bundle: Bundle) -> dict[str, float]:
    """Every learned number that stands readable in a coefficients file, by where it stands."""
    return {name: value for name, value in _walk(_document(bundle), "") if value == value}


def _walk(part: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(part, bool) or part is None:
        return
    if isinstance(part, int | float):
        yield name, float(part)
    elif isinstance(part, Mapping):
        for key, value in part.items():
            if key not in _NOT_LEARNED:
                yield from _walk(value, _joined(name, key))
    elif isinstance(part, list):
        for at, value in enumerate(part):
            label = value.get("name", str(at)) if isinstance(value, Mapping) else str(at)
            yield from _walk(value, _joined(name, label))


def _joined(name: str, key: str) -> str:
    if key in ("model", "steps", "parts"):
        return name
    return f"{name}/{key}" if name else str(key)


def _trees(bundle: Bundle) -> list[dict[str, Any]]:
    """Of each step that has trees: its estimator, how many, how deep, what they ask how often."""
    found: list[dict[str, Any]] = []
    waiting = [_document(bundle)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if part.get("step") == "trees":
                found.append({"model": part.get("model"), **part.get("summary", {})})
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found
