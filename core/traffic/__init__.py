"""Traffic: the prediction log as core reads it and keeps it, across processes, days and sites.

Sites write SQLite (:mod:`incumbent.log`). Days that are over come home every night: as Parquet, with a
small summary beside it, in ``.incumbent/traffic/<model>/<site>/``. :class:`Traffic` reads both as one. What
the panel draws comes from :func:`summary`, which needs neither pandas nor pyarrow.
"""

from __future__ import annotations

from core.traffic.summary import HourTraffic, Rate, Summary, VersionTraffic, summary
from core.traffic.traffic import Batch, Traffic

__all__ = ["Batch", "HourTraffic", "Rate", "Summary", "Traffic", "VersionTraffic", "summary"]
