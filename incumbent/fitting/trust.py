"""What a bundle that runs a fitted estimator would load: its types, and its source files."""

from __future__ import annotations

from incumbent.bundle import Bundle
from incumbent.fitting import skops_file


def all_that_it_holds(bundle: Bundle) -> "dict[str, list[str]]":
    """Every type and source of a bundle that this very process has made, and so may load."""
    sources = bundle.manifest.pipeline
    names = [n for n in (sources["file"], *sources["modules"]) if n] if sources else []
    types = []
    if skops_file.FILE in bundle.manifest.files:
        types = skops_file.untrusted_types(bundle.path / skops_file.FILE)
    return {"types": types, "sources": [bundle.manifest.files[name] for name in names]}
