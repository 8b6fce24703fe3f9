"""The lineage of a model that came as a file."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from incumbent.files import sha256_file
from incumbent.fitting import lineage, skops_file
from incumbent.fitting.formats import ModelFile
from incumbent.schema import InputSchema


def story(
    job: Mapping[str, Any],
    file: ModelFile,
    schema: InputSchema,
    estimator: Any,
    how: Any,
    warned: Sequence[str],
    seen: "Optional[int]" = None,
) -> "dict[str, Any]":
    """What is known of it: the file, who made it, its parameters and steps, the rows."""
    parameters: "dict[str, Any]" = {}
    steps: "list[Any]" = []
    if hasattr(estimator, "get_params"):
        final = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
        parameters = lineage.plain(final.get_params(deep=False)) if hasattr(final, "get_params") else {}
        steps = lineage.steps(estimator)
    made_with = dict(file.made_with)
    if file.format == "skops":
        made_with = {**skops_file.made_with(file.path), **made_with}
    return {
        "format": lineage.FORMAT,
        "origin": "registered",
        "file": {"name": file.path.name, "format": file.format, "sha256": sha256_file(file.path)},
        "made_with": made_with,
        "collection": job["collection"],
        "preprocessing": {"columns": list(schema.names), "form": schema.form, "unused": [], "steps": steps},
        "selection": lineage.selections(estimator),
        "validation": {"method": "none", "reason": "the model was fitted elsewhere"},
        "threshold": how,
        "parameters": parameters,
        "trained": {**job["trained"], "rows_at_least": seen},
        "warnings": list(warned),
        **lineage.environment(),
    }
