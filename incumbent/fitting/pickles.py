"""What a pickle or joblib file holds, found in its bytes without running any of it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from incumbent.errors import FittingError

_NAME = rb"[A-Za-z_][A-Za-z0-9_.]*"
#: Opcodes SHORT_BINUNICODE, MEMOIZE, SHORT_BINUNICODE, MEMOIZE, STACK_GLOBAL (protocol 4 and later).
_STACKED = re.compile(rb"\x8c(.)(" + _NAME + rb")\x94?\x8c(.)(" + _NAME + rb")\x94?\x93", re.DOTALL)
#: Opcode GLOBAL (earlier protocols).
_GLOBAL = re.compile(rb"c(" + _NAME + rb")\n(" + _NAME + rb")\n")
#: The key, perhaps a memo opcode, then SHORT_BINUNICODE or BINUNICODE with the value's length.
_VERSION = re.compile(rb"_sklearn_version(?:\x94|q.|r.{4})?(?:\x8c(.)|X(.{4}))", re.DOTALL)


@dataclass(frozen=True)
class Contents:
    """The classes and functions that a pickle imports (the first of each module), and who made it.

    Parameters
    ----------
    names : tuple of str
        Qualified, in order of appearance.
    sklearn_version : str or None
    """

    names: "tuple[str, ...]"
    sklearn_version: "str | None"

    @property
    def modules(self) -> "tuple[str, ...]":
        """Top-level modules, each once."""
        return tuple(dict.fromkeys(name.split(".")[0] for name in self.names))


def inspect(path: Path) -> Contents:
    """Look into a pickle or joblib file, compressed or not.

    The bytes are searched rather than parsed, since joblib writes arrays between the opcodes and a truncated
    file has no end.

    Raises
    ------
    FittingError
        Where its compression is damaged.
    """
    try:
        data = _plain_bytes(path.read_bytes())
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise FittingError(f"{path.name} is damaged: {error}", "copy the file again") from None
    found: "dict[int, str]" = {}
    for match in _STACKED.finditer(data):
        if (match[1][0], match[3][0]) == (len(match[2]), len(match[4])):
            found[match.start()] = f"{match[2].decode()}.{match[4].decode()}"
    for match in _GLOBAL.finditer(data):
        found[match.start()] = f"{match[1].decode()}.{match[2].decode()}"
    names = dict.fromkeys(found[at] for at in sorted(found))
    return Contents(tuple(names), _version(data))


def _version(data: bytes) -> "str | None":
    match = _VERSION.search(data)
    if match is None:
        return None
    length = int.from_bytes(match[1] or match[2], "little")
    return data[match.end() : match.end() + min(length, 40)].decode("ascii", "replace")


def _plain_bytes(data: bytes) -> bytes:
    openers = (
        (b"\x1f\x8b", gzip.decompress),
        (b"BZh", bz2.decompress),
        (b"\xfd7zXZ", lzma.decompress),
        (b"]\x00\x00", lzma.decompress),
    )
    for magic, opener in openers:
        if data.startswith(magic):
            return opener(data)
    if data[:1] == b"x" and data[1:2] in (b"\x9c", b"\x01", b"^", b"\xda"):
        return zlib.decompress(data)
    return data
