"""What a caller sees: answers, the golden cases as a test, rows in and predictions out."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any


def decided(scores: Sequence[float], output: dict[str, Any]) -> Any:
    """The value of a row's scores: the number, or a class."""
    if output["task"] == "regression":
        return scores[0]
    classes, threshold = output["classes"], output["threshold"]
    if len(scores) == 1:
        return classes[1 if scores[0] > 0 else 0]
    if threshold is not None and output["positive"] in classes and len(classes) == 2:
        at = classes.index(output["positive"])
        return classes[at if scores[at] >= threshold else 1 - at]
    return classes[max(range(len(scores)), key=lambda i: scores[i])]


def answer(scores: list[float], output: dict[str, Any]) -> dict[str, Any]:
    """Scores as what is handed out: a value, and probabilities (or decision scores) where there are any."""
    if any(s != s for s in scores):
        raise ValueError("the model has no answer to this row")
    found: dict[str, Any] = {"value": decided(scores, output)}
    if output["scores"] == "probabilities":
        found["probabilities"] = {str(c): p for c, p in zip(output["classes"], scores)}
    elif output["scores"] == "decisions":
        found["decisions"] = list(scores)
    return found


def difference(found: Sequence[float], expected: Sequence[float]) -> float:
    """The largest difference, relative to the largest number involved."""
    if len(found) != len(expected):
        return math.inf
    scale = max([abs(v) for v in (*found, *expected)] or [0.0]) or 1.0
    apart = [0.0 if a == b else abs(a - b) for a, b in zip(found, expected)]
    return max([math.inf if d != d else d for d in apart] or [0.0]) / scale


def failures(golden: Sequence[Any], scores: Callable[..., list[float]], output: dict[str, Any]) -> list[str]:
    """What is wrong with the golden cases; nothing where all of them give their numbers."""
    found = []
    for number, (row, expected, value) in enumerate(golden, 1):
        try:
            got = scores(row)
        except ValueError as error:
            found.append(f"case {number}: {error}")
            continue
        apart = difference(got, expected)
        if not apart <= 1e-9:
            found.append(f"case {number}: {got!r}, expected {expected!r} (differs by {apart:.1e})")
        elif output["task"] != "regression" and decided(got, output) != value:
            found.append(f"case {number}: says {decided(got, output)!r}, expected {value!r}")
    return found


def run(provenance: dict[str, Any], golden: Sequence[Any], scores: Any, output: dict[str, Any]) -> int:
    """The command line: rows as JSON lines in, predictions out; or ``--test``."""
    named = "{} version {}".format(provenance["model"], provenance["version"])
    parser = argparse.ArgumentParser(description=f"Predictions of {named}: JSON lines in, JSON lines out.")
    parser.add_argument("--test", action="store_true", help="run the golden cases")
    if parser.parse_args().test:
        wrong = failures(golden, scores, output)
        for line in wrong:
            sys.stdout.write(line + "\n")
        right = len(golden) - len(wrong)
        sys.stdout.write(f"{named}: {right} of {len(golden)} golden cases give their numbers\n")
        return 1 if wrong or not golden else 0
    status = 0
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            found = answer(scores(json.loads(line)), output)
        except ValueError as error:
            found, status = {"error": str(error)}, 1
        sys.stdout.write(json.dumps(found) + "\n")
    return status
