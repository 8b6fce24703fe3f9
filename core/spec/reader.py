"""Reading checked values out of a table, collecting every mistake on the way."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from incumbent.errors import UsageError


class Mistakes:
    """What is wrong with one file; raised together at the end."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[tuple[str, str]] = []

    def add(self, message: str, hint: str = "") -> None:
        """Remember one mistake."""
        self.found.append((message, hint))

    def raise_any(self) -> None:
        """Raise what was found as one :class:`UsageError`, if anything."""
        if not self.found:
            return
        if len(self.found) == 1:
            message, hint = self.found[0]
            raise UsageError(f"{self.where}: {message}", hint=hint)
        lines = [f"{m} ({h})" if h else m for m, h in self.found]
        raise UsageError(
            f"{self.where}: {len(lines)} mistakes:\n" + "\n".join(f"  {line}" for line in lines),
            hint="mend them and apply the file again",
        )


def closest(word: str, words: Iterable[str]) -> str | None:
    """The word most like a mistyped one."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return found[0] if found else None


class Reader:
    """One table of the file; ``prefix`` names it in messages (``requirements.roc_auc``)."""

    def __init__(self, table: Mapping[str, Any], mistakes: Mistakes, prefix: str = "") -> None:
        self.table = table
        self.mistakes = mistakes
        self.prefix = f"{prefix}." if prefix else ""

    def wrong(self, key: str, expected: str, hint: str = "") -> None:
        """Note that a key's value is not what was expected, and show the value."""
        self.mistakes.add(f"{self.prefix}{key} must be {expected}, not {self.table.get(key)!r}", hint)

    def known(self, keys: Iterable[str]) -> None:
        """Note every key that is not one of these."""
        keys = list(keys)
        for key in self.table:
            if key not in keys:
                like = closest(str(key), keys)
                hint = f"did you mean {like!r}?" if like else "known here: " + ", ".join(keys)
                self.mistakes.add(f"{self.prefix}{key} is not a key of a model's spec", hint)

    def required(self, key: str, what: str) -> None:
        """Note that a key is missing."""
        if key not in self.table and closest(key, self.table) is None:
            self.mistakes.add(f"{self.prefix}{key} is missing", f"write {key} = {what}")
        elif key not in self.table:
            self.mistakes.add(f"{self.prefix}{key} is missing")

    def text(self, key: str) -> str | None:
        """A text that is not empty."""
        value = self.table.get(key)
        if key not in self.table:
            return None
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            self.wrong(key, "a text")
            return None
        return value

    def one_of(self, key: str, choices: Iterable[str]) -> str | None:
        """One of some words."""
        choices = list(choices)
        value = self.text(key)
        if value is None or value in choices:
            return value
        like = closest(value, choices)
        self.wrong(key, " or ".join(choices), f"did you mean {like!r}?" if like else "")
        return None

    def number(
        self, key: str, check: Callable[[float], bool] | None = None, what: str = "a number"
    ) -> float | None:
        """A finite number that passes a check."""
        value = self.table.get(key)
        if key not in self.table:
            return None
        if value is not None and is_number(value) and (check is None or check(float(value))):
            return float(value)
        self.wrong(key, what)
        return None

    def inner(self, key: str) -> Reader | None:
        """A table inside this one."""
        value = self.table.get(key)
        if key not in self.table:
            return None
        if not isinstance(value, Mapping):
            self.wrong(key, "a table")
            return None
        return Reader(value, self.mistakes, f"{self.prefix}{key}")


def is_number(value: Any) -> bool:
    """A finite int or float, not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
