"""Drift: is today's data still the data that a version learned from?

A window of the newest rows is held against the training profile (``profile.json``), column by column: sizes
of differences, not p-values. What counts as large is what past windows of the same length have shown (rule
10).

>>> import numpy as np
>>> from incumbent.profile import profile
>>> trained = profile({"wind": np.linspace(0.0, 20.0, 5000)})["columns"]
>>> found = WindowMeter(trained, None).measure({"wind": np.linspace(5.0, 25.0, 800)})
>>> round(found.columns["wind"]["ks"], 2), round(found.columns["wind"]["outside"], 2)
(0.25, 0.25)
"""

from core.drift.compare import compare
from core.drift.measuring import PREDICTION, Measured, WindowMeter
from core.drift.reference import NumberReference

__all__ = ["PREDICTION", "Measured", "NumberReference", "WindowMeter", "compare"]
