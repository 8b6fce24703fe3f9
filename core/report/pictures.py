"""Pictures as data: what is drawn, not how. Each says in words what it shows, for those who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A value and its interval; ``counts`` is False for rows that shaped the version."""

    value: float | None
    low: float | None = None
    high: float | None = None
    counts: bool = True
    verdict: str | None = None


@dataclass(frozen=True)
class Curve:
    """One value for each label; ``quiet`` draws it as what the others are compared with."""

    name: str
    marks: tuple[Mark | None, ...]
    quiet: bool = False


@dataclass(frozen=True)
class Series:
    """Curves along labels, the limits as lines, labels that shaped the version shaded.

    Parameters
    ----------
    limits : tuple of (str, float)
        What a line is called, and where it lies.
    shaded : tuple of bool
        For each label whether its rows shaped the version that the picture is about.
    """

    title: str
    words: str
    labels: tuple[str, ...]
    curves: tuple[Curve, ...]
    limits: tuple[tuple[str, float], ...] = ()
    shaded: tuple[bool, ...] = ()
    shade: str = ""


@dataclass(frozen=True)
class Line:
    """Points joined in order; ``name`` stands at its end."""

    name: str
    points: tuple[tuple[float, float], ...]
    quiet: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines over two axes of numbers; ``limits`` are levels, ``marks`` places on the horizontal axis."""

    title: str
    words: str
    across: str
    up: str
    lines: tuple[Line, ...]
    limits: tuple[tuple[str, float], ...] = ()
    marks: tuple[tuple[str, float], ...] = ()
    logarithmic: bool = False


@dataclass(frozen=True)
class Interval:
    """One row of :class:`Intervals`."""

    name: str
    value: float
    low: float
    high: float
    verdict: str | None = None


@dataclass(frozen=True)
class Intervals:
    """Values and their intervals one below the other, about a line that means "no difference"."""

    title: str
    words: str
    rows: tuple[Interval, ...]
    lines: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Strip:
    """One row of :class:`Strips`: where the present stands, and where the past stood."""

    name: str
    value: float
    past: tuple[float, ...]
    verdict: str | None = None


@dataclass(frozen=True)
class Strips:
    """Present and past one below the other, each in units of its own limit, which is 1."""

    title: str
    words: str
    rows: tuple[Strip, ...]


@dataclass(frozen=True)
class Histograms:
    """Two distributions of a number over the same bins."""

    title: str
    words: str
    edges: tuple[float, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]
    verdict: str | None = None


@dataclass(frozen=True)
class Bars:
    """Two distributions over the same categories."""

    title: str
    words: str
    names: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]
    verdict: str | None = None


Picture = Series | Lines | Intervals | Strips | Histograms | Bars
