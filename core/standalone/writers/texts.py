"""Texts: terms, counts, weights."""

from __future__ import annotations

from dataclasses import replace

from core.standalone.code import Code, Value
from core.standalone.writers import made, writes
from incumbent.native.analyzer import Analyzer
from incumbent.native.text import Hashed, Texts, Vocabulary
from incumbent.native.weighting import Weigh, Weighting

_STRIP = {"ascii": "ascii_only", "unicode": "without_accents"}


@writes(Vocabulary)
def vocabulary(step: Vocabulary, x: Value, code: Code) -> Value:
    terms = _terms(step.analyzer, x, code)
    found = code.call("counted", terms, code.vocabulary(step.vocabulary), step.binary)
    return _weighed(step, made(step, x, code.assign("counts", found), sparse=True), code)


@writes(Hashed)
def hashed(step: Hashed, x: Value, code: Code) -> Value:
    terms = _terms(step.analyzer, x, code)
    found = code.call("hashed", terms, step.terms, step.signed, step.binary)
    return _weighed(step, Value(code.assign("counts", found), step.terms, None, sparse=True), code)


def _weighed(step: Texts, x: Value, code: Code) -> Value:
    return _weights(step.weighting, x, code)


@writes(Weigh)
def weigh(step: Weigh, x: Value, code: Code) -> Value:
    if x.sparse:
        code.lines.append(code.call("check", f"{x.text}.values()"))
    else:
        x = replace(x, text=code.assign("counts", code.call("nonzero", x.text)), sparse=True)
    return _weights(step.weighting, x, code)


def _weights(weighting: Weighting, x: Value, code: Code) -> Value:
    if weighting.sublinear:
        x = code.step("logarithmic", x)
    if weighting.idf is None and weighting.norm is None:
        return x
    idf = "None" if weighting.idf is None else code.numbers("idf", weighting.idf, x.names)
    return code.step("weighed", x, idf, repr(weighting.norm))


def _terms(analyzer: Analyzer, x: Value, code: Code) -> str:
    text = code.call("text_of", f"{x.text}[0]")
    if analyzer.lowercase:
        text += ".lower()"
    text = code.assign("text", text)
    if analyzer.accents is not None:
        text = code.call(_STRIP[analyzer.accents], text)
    low, high = analyzer.lengths
    if analyzer.unit == "char":
        return code.assign("terms", code.call("characters", text, low, high))
    if analyzer.unit == "char_wb":
        return code.assign("terms", code.call("characters_within_words", text, low, high))
    code.used.add("re")
    pattern = code.constant("word", f"re.compile({analyzer.pattern!r})")
    stop = "()"
    if analyzer.stop_words:
        stop = code.constant("stop_words", code.listing(map(repr, sorted(analyzer.stop_words)), "{}"))
    return code.assign("terms", code.call("words", text, pattern, stop, low, high))
