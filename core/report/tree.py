"""Markup as a tree: escaped when it is written, so that nothing from data can become markup."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from core.visible import visible

#: What may stand between or inside elements; a number is written as short as it stays exact to a hundredth.
Attribute = str | int | float
Child = Element | str | None


def element(tag: str, *children: Child, **attributes: Attribute | None) -> Element:
    """An element; ``class_`` is the attribute ``class``, ``aria_label`` is ``aria-label``, None is left out.

    Examples
    --------
    >>> html(element("p", "5 < 6 & ", element("b", "<script>"), class_="note"))
    '<p class="note">5 &lt; 6 &amp; <b>&lt;script&gt;</b></p>'
    """
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.rstrip("_").replace("_", "-"), _written(value))
    for child in children:
        if isinstance(child, str):
            _append(made, visible(child))
        elif child is not None:
            made.append(child)
    return made


def code(text: str) -> Element:
    """Text that is shown whole, however long."""
    made = Element("code")
    made.text = visible(text, longest=None)
    return made


def html(root: Element) -> str:
    """The tree as HTML."""
    return tostring(root, encoding="unicode", method="html")


def _append(parent: Element, text: str) -> None:
    if len(parent) == 0:
        parent.text = (parent.text or "") + text
    else:
        parent[-1].tail = (parent[-1].tail or "") + text


def _written(value: Attribute) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return visible(str(value), longest=None)
