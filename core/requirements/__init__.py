"""Requirements: what good means. Set and taken away with history; suggested; raised by the ratchet.

Examples
--------
>>> from core import requirements
>>> requirements.set_requirement.__name__
'set_requirement'
"""

from core.requirements.keeping import document, history, listing, set_requirement, unset
from core.requirements.ratcheting import may_ratchet, ratchet
from core.requirements.suggesting import suggest

__all__ = [
    "document",
    "history",
    "listing",
    "may_ratchet",
    "ratchet",
    "set_requirement",
    "suggest",
    "unset",
]
