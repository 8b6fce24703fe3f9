"""The trivial baseline of a model, as a bundle: version 0."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incumbent.bundle import Bundle, write_bundle
from incumbent.schema import InputSchema, OutputSchema

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.versions.rows import TrainingRows


def write_baseline_bundle(folder: Path, spec: ModelSpec, output: OutputSchema, rows: TrainingRows) -> Bundle:
    """Write ``folder/bundle``: prior or median of the target of these rows, with the classes of ``output``."""
    raise NotImplementedError
