"""Pictures as SVG, drawn here: they take the page's colours, light, dark and on paper.

They also say in words what they show. A plotting library would draw for one background, write its letters as
outlines that no screen reader can read, and take longer to be imported than a report to be made.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from core.report.pictures import Bars, Histograms, Intervals, Lines, Picture, Series
from core.report.svg import lines, rows, series, shares


def draw(picture: Picture, number: int) -> Element:
    """A picture as an ``svg`` element; ``number`` is its own on the page."""
    if isinstance(picture, Series):
        return series.draw(picture, number)
    if isinstance(picture, Lines):
        return lines.draw(picture, number)
    if isinstance(picture, Intervals):
        return rows.draw_intervals(picture, number)
    if isinstance(picture, Histograms):
        return shares.draw_histograms(picture, number)
    if isinstance(picture, Bars):
        return shares.draw_bars(picture, number)
    return rows.draw_strips(picture, number)
