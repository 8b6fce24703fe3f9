"""What is logged: the part of a published configuration that the prediction log reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Settings:
    """What is logged, and for how long a site keeps it by itself.

    Parameters
    ----------
    share : float
        Share of the predictions whose rows are kept, 0 to 1, chosen by a stable hash of the key (of the id,
        without one). All are counted.
    private : frozenset of str
        Columns that are never stored.
    also : tuple of str
        Columns to keep that no version reads (the time, a segment), where a row has them.
    key : str, optional
        The column whose value is a prediction's key. Where it is private, no key is stored.
    keep_days : int, optional
        Closed days older than this are deleted by the site itself.
    size : int, optional
        Bytes that the folder may take; the oldest closed days go first.

    Examples
    --------
    >>> Settings.of({"share": 0.1, "private": ["name"]}, key="order").private
    frozenset({'name'})
    """

    share: float = 1.0
    private: "frozenset[str]" = frozenset()
    also: "tuple[str, ...]" = ()
    key: "str | None" = None
    keep_days: "int | None" = None
    size: "int | None" = None

    @classmethod
    def of(cls, document: "Mapping[str, Any]", key: "str | None" = None) -> "Settings":
        """The settings that a published configuration holds (``Configuration.log`` and ``.key``)."""
        return cls(
            share=float(document.get("share", 1.0)),
            private=frozenset(document.get("private", ())),
            also=tuple(document.get("also", ())),
            key=key if key is not None else document.get("key"),
            keep_days=document.get("keep_days"),
            size=document.get("size"),
        )

    def kept(self, columns: "tuple[str, ...]") -> "tuple[str, ...]":
        """Of the columns that versions read, those that are stored, and those that are wanted beside them."""
        return tuple(
            name
            for name in dict.fromkeys((*columns, *self.also))
            if name not in self.private and name != self.key
        )

    @property
    def keeps_keys(self) -> bool:
        """Whether keys are stored: not where their column is private."""
        return self.key is None or self.key not in self.private
