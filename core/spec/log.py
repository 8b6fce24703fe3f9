"""`private` and `[log]`: what is logged of the predictions, as it is written and as it is published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.spec.reader import Reader
from core.timeline import PERIODS, Duration
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.spec.model import ModelSpec

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b", re.IGNORECASE)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_KEYS = ("share", "keep", "size")


@dataclass(frozen=True)
class LogSpec:
    """``[log]``: the share of predictions whose rows are kept, for how long, in how many bytes at most."""

    share: float = 1.0
    keep: str | None = None
    size: str | None = None

    def document(self) -> dict[str, Any]:
        """Plain data, only what is not the default."""
        found = {"share": self.share, "keep": self.keep, "size": self.size}
        return {key: value for key, value in found.items() if value != getattr(LogSpec, key)}

    @property
    def keep_days(self) -> int | None:
        """Days that the log is kept; None for ever."""
        if self.keep is None:
            return None
        duration = Duration.parse(self.keep)
        return max(1, round(duration.months * 30.44 + duration.seconds / 86_400))

    @property
    def bytes(self) -> int | None:
        """Bytes that the log may take; None where nothing was said."""
        return None if self.size is None else parse_size(self.size)


def parse_size(text: str) -> int:
    """A size as people write it, in bytes; a kilobyte is 1,000 of them.

    Raises
    ------
    UsageError
        Where it is none.

    Examples
    --------
    >>> parse_size("1GB"), parse_size("2.5 MB"), parse_size("1 KiB")
    (1000000000, 2500000, 1024)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise UsageError(f"{text!r} is not a size", hint="write a number and a unit: 500MB, 1GB, 1.5GB")
    base = 1024 if "i" in text.lower() else 1000
    return int(float(found[1]) * base ** _UNITS[found[2].lower()])


def read_private(reader: Reader) -> tuple[str, ...]:
    """The names of columns that are never stored; what is wrong with them is noted."""
    value = reader.table.get("private")
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        reader.wrong("private", "a list of column names", 'write private = ["name", "email"]')
        return ()
    return tuple(dict.fromkeys(value))


def read_log(reader: Reader | None) -> LogSpec:
    """What ``[log]`` says; what is wrong with it is noted."""
    if reader is None:
        return LogSpec()
    reader.known(_KEYS)
    share = reader.number("share", lambda v: 0 <= v <= 1, "a number from 0 to 1")
    return LogSpec(
        share=1.0 if share is None else share,
        keep=_checked(reader, "keep", Duration.parse),
        size=_checked(reader, "size", parse_size),
    )


def _checked(reader: Reader, key: str, parse: Any) -> str | None:
    value = reader.text(key)
    if value is not None:
        try:
            parse(value)
        except UsageError as error:
            reader.mistakes.add(f"log.{key}: {error.message}", error.hint)
    return value


def published(spec: ModelSpec) -> Mapping[str, Any]:
    """What a published configuration says of the log: see :class:`incumbent.log.Settings`.

    Beside what versions read, the columns are kept that time, group, weight, partition and segments name: the
    checks want them of logged rows, too.
    """
    named = [spec.time, spec.group, spec.weight, *(r.segment for r in spec.requirements)]
    if spec.partition not in (*PERIODS, "file", "all"):
        named.append(spec.partition)
    also = [name for name in dict.fromkeys(named) if name is not None and name not in spec.private]
    return {
        "share": spec.log.share,
        "private": list(spec.private),
        "also": also,
        "keep_days": spec.log.keep_days,
        "size": spec.log.bytes,
    }
