"""``native``: our own exact float64 predictions from readable coefficients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from incumbent.errors import BundleError
from incumbent.native.model import NativeModel

if TYPE_CHECKING:
    from incumbent.schema import InputSchema, OutputSchema


def open_native(
    folder: Path, inputs: "InputSchema", output: "OutputSchema", manifest: Mapping[str, Any]
) -> NativeModel:
    """The algorithm of a bundle's folder.

    Raises
    ------
    BundleError
        Where the coefficients are damaged, or compute something else than the manifest says.
    """
    model = NativeModel.load(folder, inputs)
    if model.step.scores != output.scores:
        raise BundleError(
            f"{folder}: the coefficients compute {model.step.scores}, the manifest says {output.scores}",
            hint="restore the bundle from a backup, or register the version again",
        )
    return model
