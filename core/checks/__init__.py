"""Checks: what is measured and judged, one file a check."""
