"""The challenge: every chance to slip up, one verdict, and the gate that reads it.

A version goes through the stages of :mod:`core.challenge.stages` in order. Each that is a check is a run of
its own. What they find together is a verdict (:mod:`core.challenge.verdict`): ``unfit``, ``undecided``,
``fit`` or ``better``. What it stands on is kept (:mod:`core.challenge.standing`), so that
:mod:`core.challenge.gate` can say whether it still stands when somebody wants to swap.
"""
