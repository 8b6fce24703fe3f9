"""What is remembered: one SQLite file, and the only SQL in the project.

``Store.open(path)`` gives a :class:`Store`, whose attributes are one class per family of tables; what they
take and give are the frozen dataclasses of :mod:`store.records`. The store remembers; it does not judge and
does not draw.
"""

from store.store import Store

__all__ = ["Store"]
