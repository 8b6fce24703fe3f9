"""The prediction log: what was asked, what was answered, and what turned out to be true.

The side of it that runs in production, over the standard library alone. ``Log.write`` hands a prediction to a
thread of the process and returns; the thread writes SQLite files, one for each process and day
(``docs/LOG.md`` describes them). What core reads and keeps for years is in ``core/traffic``.
"""

from __future__ import annotations

from incumbent.log.log import Log, LogStatus
from incumbent.log.settings import Settings

__all__ = ["Log", "LogStatus", "Settings"]
