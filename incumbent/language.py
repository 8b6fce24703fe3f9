"""Which language a text is probably in, and which scripts its letters are of: enough to notice a change.

A text is given to the language whose commonest function words make up most of it. That is coarse for one
short text and steady over a column of them, which is what a distribution needs.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Sequence

_WORD = re.compile(r"\w+")
_SCRIPTS = (
    ("latin", ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF))),
    ("greek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("cyrillic", ((0x400, 0x52F),)),
    ("hebrew", ((0x590, 0x5FF),)),
    ("arabic", ((0x600, 0x6FF), (0x750, 0x77F))),
    ("devanagari", ((0x900, 0x97F),)),
    ("cjk", ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF))),
)
#: Function words by language, those that tell it from its neighbours.
_FUNCTION_WORDS = {
    "danish": "og det er ikke jeg på af til den som med har ved hvor blev",
    "dutch": "de het een en van ik niet dat zijn met voor op aan ook maar",
    "english": "the and of to is was with it that for this not are were from",
    "french": "le la les et des est une dans pas que pour du sur avec il",
    "german": "der die das und ist nicht ein eine ich zu den mit sich auf auch",
    "italian": "il di che è non una per con sono della gli anche ma nel alla",
    "polish": "i w nie się na jest że do z to jak po ale od przez",
    "portuguese": "o que não uma do da em para com os é mais mas foi ao",
    "spanish": "el la de que y en los las una por con para no es del",
    "swedish": "och att det är inte jag på av för som med har till men ett",
    "turkish": "ve bir bu için ile çok değil daha ne gibi ama var olarak en da",
}
_LANGUAGES: "dict[str, tuple[str, ...]]" = {}
for _language, _words in _FUNCTION_WORDS.items():
    for _word in _words.split():
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _language)


def words_of(text: str) -> "list[str]":
    """The words of a text, in lower case.

    >>> words_of("Struck a gull; no damage.")
    ['struck', 'a', 'gull', 'no', 'damage']
    """
    return _WORD.findall(text.lower())


def language_of(words: Sequence[str]) -> str:
    """The language of a text, given as its words; the script where it is not Latin; ``unknown``.

    Examples
    --------
    >>> language_of(words_of("The bird was not seen"))
    'english'
    >>> language_of(words_of("Der Vogel ist nicht zu sehen")), language_of(words_of("Птица не видна"))
    ('german', 'cyrillic')
    >>> language_of(["boeing", "737"])
    'unknown'
    """
    votes: "dict[str, float]" = {}
    for word in words:
        candidates = _LANGUAGES.get(word, ())
        for language in candidates:
            votes[language] = votes.get(language, 0.0) + 1 / len(candidates)
    if votes:
        most = max(votes.values())
        return min(language for language, n in votes.items() if n == most)
    scripts = script_shares(words)
    script = max(scripts, key=scripts.__getitem__, default="latin")
    return "unknown" if script in ("latin", "other") else script


def language_shares(texts: "Sequence[Sequence[str]]", times: Sequence[int]) -> "dict[str, float]":
    """Shares of languages over texts, each given as its words and how often it occurs; commonest first."""
    found: "Counter[str]" = Counter()
    for words, n in zip(texts, times):
        found[language_of(words)] += n
    total = sum(found.values())
    return {name: n / total for name, n in sorted(found.items(), key=lambda e: (-e[1], e[0]))}


def script_shares(texts: Sequence[str]) -> "dict[str, float]":
    """Which scripts the letters are of, as shares, commonest first."""
    letters = Counter("".join(texts))
    found: "Counter[str]" = Counter()
    for letter, n in letters.items():
        if letter.isalpha():
            found[_script(ord(letter))] += n
    total = sum(found.values())
    return {name: n / total for name, n in found.most_common()} if total else {}


def _script(point: int) -> str:
    for name, ranges in _SCRIPTS:
        if any(a <= point <= b for a, b in ranges):
            return name
    return "other"
