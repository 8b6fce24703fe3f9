"""Reports: what a run found, or how a model's week went, as one file that needs nothing beside it.

:func:`report_of_run` and :func:`report_of_week` read the store alone and give a :class:`Report`: headings,
sentences, tables and pictures as records. :mod:`core.report.html` and :mod:`core.report.markdown` write it.
:mod:`core.report.kinds` has a module for each kind of run.
"""

from __future__ import annotations

from core.report.blocks import Report
from core.report.of_run import report_of_run
from core.report.of_week import report_of_week
from core.report.writing import ENDINGS, Form, Written, form_of, keep_run, keep_week, make, render, save

__all__ = [
    "ENDINGS",
    "Form",
    "Report",
    "Written",
    "form_of",
    "keep_run",
    "keep_week",
    "make",
    "render",
    "report_of_run",
    "report_of_week",
    "save",
]
