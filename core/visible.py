"""Text from data that cannot mislead the eye, nor whoever shows it: a terminal, a page."""

from __future__ import annotations

import re

#: Characters that a text shows at most; the rest is counted.
LONGEST = 600

#: Controls, and characters that turn the direction of the text around them or are not shown at all.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str, longest: int | None = LONGEST) -> str:
    """The text with everything in it that is not seen, or that turns its surroundings around, spelled out.

    Line breaks and tabs stay. A text that is too long is cut, and says how long it was.

    Examples
    --------
    >>> visible("abc" + chr(0x202e) + "def" + chr(0)), visible("a" * 1000, 10)
    ('abc\\\\u202edef\\\\x00', 'aaaaaaaaaa… (1,000 characters)')
    """
    cut = text if longest is None or len(text) <= longest else text[:longest]
    shown = _UNSEEN.sub(_spelled, cut.replace("\r\n", "\n"))
    return shown if len(cut) == len(text) else f"{shown}… ({len(text):,} characters)"


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def on_one_line(text: str) -> str:
    """The same where a line has to stay one: in a table.

    Examples
    --------
    >>> on_one_line("two\\nlines" + chr(27) + "[2J")
    'two ⏎ lines\\\\x1b[2J'
    """
    return " ⏎ ".join(visible(text, None).splitlines()) if text else text
