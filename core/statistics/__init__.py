"""How Incumbent judges: blocks, intervals, limits, comparisons, suggested limits, sequential tests.

Each file holds one rule, with its sources. ``estimate``, ``limits`` and ``comparison`` import nothing heavy.
"""
