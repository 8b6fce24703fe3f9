"""``version register``."""
from __future__ import annotations


def register(*a, **k): raise NotImplementedError
def execute_register(context): raise NotImplementedError
