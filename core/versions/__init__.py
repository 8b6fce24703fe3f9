"""Versions: made by training or registering, listed, shown, exported, reproduced, archived.

A version is a bundle in ``.incumbent/bundles/<hash>`` and a row in the store. The bundle is put in its place
first; the row, the golden cases and the baseline follow in one transaction, so nothing is ever half there.
"""

from __future__ import annotations

from core.versions.listing import archive, export, list_versions, show, unarchive
from core.versions.registering import execute_register, register
from core.versions.reproducing import execute_reproduce, reproduce
from core.versions.training import execute_train, train

__all__ = [
    "archive",
    "execute_register",
    "execute_reproduce",
    "execute_train",
    "export",
    "list_versions",
    "register",
    "reproduce",
    "show",
    "train",
    "unarchive",
]
