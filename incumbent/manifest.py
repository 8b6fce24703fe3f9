"""A bundle's manifest: what ``bundle.json`` says, and the hash that is the bundle's identity.

To raise the format: add one to :data:`FORMAT`, keep reading the old form in :func:`read_manifest`, and keep a
bundle of the old form under ``tests/incumbent``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Mapping

from incumbent.errors import BundleError
from incumbent.files import sha256_bytes
from incumbent.schema import InputSchema, OutputSchema

FORMAT = 1
MANIFEST = "bundle.json"
LINEAGE = "lineage.json"
PROFILE = "profile.json"


@dataclass(frozen=True)
class Manifest:
    """What ``bundle.json`` says.

    Parameters
    ----------
    model, algorithm, task : str
    input : InputSchema
    output : OutputSchema
    agreement : mapping
        ``max_difference``, ``rows``, ``reference``, ``edge``, ``refused``: algorithm against estimator.
    tried : sequence of mapping
        ``algorithm``, ``accepted``, ``max_difference``, ``reason``, in the order tried.
    files : mapping of str to str
        sha256 by relative name, all files but the manifest.
    pipeline : mapping, optional
        ``module``, ``file`` and ``modules``: the source that the estimator's own classes come from.
    """

    model: str
    algorithm: str
    task: str
    input: InputSchema
    output: OutputSchema
    agreement: Mapping[str, Any]
    tried: "tuple[Mapping[str, Any], ...]"
    files: Mapping[str, str]
    pipeline: "Mapping[str, Any] | None" = None

    @property
    def hash(self) -> str:
        """The bundle's identity."""
        document = self._content()
        document["files"] = {name: sha for name, sha in document["files"].items() if name != LINEAGE}
        return sha256_bytes(_canonical(document))

    @property
    def why(self) -> str:
        """One sentence: why this algorithm runs."""
        refused = [t for t in self.tried if not t.get("accepted")]
        if not refused:
            difference = self.agreement.get("max_difference")
            if difference is None:
                return "the only algorithm for a model of this kind"
            if difference == 0:
                return "agrees with the original estimator exactly"
            return f"agrees with the original estimator to {difference:.1e}"
        return "; ".join(f"{t['algorithm']}: {t['reason']}" for t in refused)

    def document(self) -> "dict[str, Any]":
        """Plain data, as ``bundle.json`` has it."""
        return {**self._content(), "hash": self.hash}

    def _content(self) -> "dict[str, Any]":
        content = {
            "format": FORMAT,
            "model": self.model,
            "algorithm": self.algorithm,
            "task": self.task,
            "input": self.input.document(),
            "output": self.output.document(),
            "agreement": dict(self.agreement),
            "tried": [dict(t) for t in self.tried],
            "files": dict(self.files),
        }
        if self.pipeline is not None:
            content["pipeline"] = dict(self.pipeline)
        return content


def readable(document: Mapping[str, Any]) -> bytes:
    """JSON for people and for diffs: indented, keys sorted, no NaN."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8", "surrogatepass")


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle's folder, checked against its own hash.

    Raises
    ------
    BundleError
        Where there is none, or it is damaged, altered or of a newer format.
    """
    path = folder / MANIFEST
    hint = "restore the folder from a backup, or register the version again"
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at {folder}", hint)
    if path.is_symlink():
        raise BundleError(f"the file {MANIFEST} of the bundle {folder} is a link", hint)
    try:
        written_bytes = path.read_bytes()
        document = json.loads(written_bytes.decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}", hint) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}", hint) from None
    _check_format(document, path)
    if not written_bytes.endswith(b"\n"):
        raise BundleError(f"{path} is truncated: its last line does not end", hint)
    try:
        manifest = Manifest(
            model=document["model"],
            algorithm=document["algorithm"],
            task=document["task"],
            input=InputSchema.from_document(document["input"]),
            output=OutputSchema.from_document(document["output"]),
            agreement=document["agreement"],
            tried=tuple(document["tried"]),
            files={_safe_name(name, path): str(sha) for name, sha in document["files"].items()},
            pipeline=document.get("pipeline"),
        )
        written, found = document["hash"], manifest.hash
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BundleError(f"{path} is not a whole manifest: {type(error).__name__} {error}", hint) from None
    if written != found:
        raise BundleError(f"{path} has been altered: its content does not have the hash that it states", hint)
    return manifest


def _check_format(document: Any, path: Path) -> None:
    number = document.get("format") if isinstance(document, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BundleError(f"{path} is not a bundle's manifest: it has no format number")
    if number > FORMAT:
        raise BundleError(
            f"{path} has the format {number}; this Incumbent reads formats up to {FORMAT}",
            hint="the bundle was made by a newer Incumbent: update this one",
        )


def _safe_name(name: str, path: Path) -> str:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or (os.sep != "/" and os.sep in name):
        raise BundleError(f"{path} names a file outside the bundle: {name}", hint="do not use this bundle")
    return name
