"""A bundle: the folder that a version is, and never changes.

``bundle.json`` is the manifest: one format integer, what goes in and comes out, which algorithm runs and why,
and the sha256 of every other file. The identity of a bundle is a hash of the manifest without
``lineage.json``, so that training the same thing from another git commit is the same version. A bundle never
says whom to trust.

To raise the format: add one to :data:`FORMAT`, keep reading the old form in :func:`_read_manifest`, and keep
a bundle of the old form under ``tests/incumbent``.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from incumbent.algorithms.base import Algorithm, kind
from incumbent.errors import BundleError
from incumbent.files import copy_tree, file_names, new_folder, sha256_bytes, sha256_tree
from incumbent.schema import InputSchema, OutputSchema

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns

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


class Bundle:
    """One opened bundle: its manifest, and its algorithm once something asks for a prediction.

    May be used from several threads at once.
    """

    def __init__(self, path: Path, manifest: Manifest, trusted: "Mapping[str, Any] | None" = None) -> None:
        self.path = path
        self.manifest = manifest
        self._trusted = dict(trusted or {})
        self._algorithm: "Algorithm | None" = None
        self._opening = threading.Lock()

    @classmethod
    def open(
        cls,
        path: "str | Path",
        verify: bool = True,
        expect: "str | None" = None,
        trusted: "Mapping[str, Any] | None" = None,
    ) -> "Bundle":
        """Open the bundle in a folder.

        Parameters
        ----------
        path : path
        verify : bool
            Compare every file with its sha256, and refuse files that the manifest does not name.
        expect : str, optional
            The hash that it must have (the store's, or the production configuration's).
        trusted : mapping, optional
            What a person has trusted beyond the built-in types: ``types`` (qualified names) and ``sources``
            (sha256 of source files). From the workspace's store or the site's configuration.

        Raises
        ------
        BundleError
            Naming the file that is missing, altered, superfluous or of a newer format.
        """
        folder = Path(path)
        manifest = _read_manifest(folder)
        bundle = cls(folder, manifest, trusted)
        if expect is not None and manifest.hash != expect:
            raise BundleError(
                f"the bundle {folder} is not the one asked for: "
                f"{MANIFEST} has the hash {manifest.hash[:12]}, not {expect[:12]}",
                hint="restore the folder from a backup, or register the version again",
            )
        if verify:
            bundle.verify()
        return bundle

    @property
    def hash(self) -> str:
        """The bundle's identity: a content hash."""
        return self.manifest.hash

    @property
    def labels(self) -> "tuple[str, ...]":
        """Classes as text, in class order (empty for a regression)."""
        return self.manifest.output.labels

    @property
    def input(self) -> InputSchema:
        """What goes in."""
        return self.manifest.input

    @property
    def output(self) -> OutputSchema:
        """What comes out."""
        return self.manifest.output

    def verify(self) -> None:
        """Compare every file with the manifest.

        Raises
        ------
        BundleError
            Naming the first file at fault.
        """
        present = set(file_names(self.path)) - {MANIFEST}
        listed = set(self.manifest.files)
        hint = "restore the folder from a backup, or register the version again"
        for name in sorted(listed - present):
            raise BundleError(f"the bundle {self.path} lacks the file {name}", hint)
        for name in sorted(present - listed):
            raise BundleError(f"the bundle {self.path} holds a file that it does not name: {name}", hint)
        for name in sorted(listed):
            if (self.path / name).is_symlink():
                raise BundleError(f"the file {name} of the bundle {self.path} is a link", hint)
        for name, sha in sha256_tree(self.path).items():
            if name != MANIFEST and self.manifest.files[name] != sha:
                raise BundleError(f"the file {name} of the bundle {self.path} has been altered", hint)

    def algorithm(self) -> Algorithm:
        """The algorithm, opened when first asked for.

        Raises
        ------
        BundleError
            For coefficients that cannot be read, a missing package, or types that nobody trusted.
        """
        if self._algorithm is None:
            with self._opening:
                if self._algorithm is None:
                    self._algorithm = self._open_algorithm()
        return self._algorithm

    def _open_algorithm(self) -> Algorithm:
        chosen = kind(self.manifest.algorithm)
        described = self.manifest.document()
        if chosen.runs_user_code:
            return chosen.open(self.path, self.input, self.output, described, self._trusted)
        return chosen.open(self.path, self.input, self.output, described)

    def predict(self, columns: "Columns", rows: "int | None" = None) -> "np.ndarray":
        """Scores of many rows (NaN where the original estimator would refuse the row).

        Parameters
        ----------
        columns : mapping of str to array
            More columns than needed are welcome.
        rows : int, optional
            How many there are; asked for only where a model reads no column at all.

        Raises
        ------
        InputError
            For columns that are absent or of another kind.
        """
        from incumbent.columns import row_count

        checked = self.input.check_columns(columns)
        if rows is None:
            rows = row_count(checked or columns)
        return self.algorithm().predict(checked, rows)

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row.

        Raises
        ------
        InputError
            For a malformed row.
        """
        self.manifest.input.check_row(row)
        return (self._algorithm or self.algorithm()).predict_row(row)

    def decide(self, scores: Any) -> Any:
        """Values of many rows' scores: numbers, or class positions (-1 where the scores are NaN)."""
        return self.output.decide(scores)

    def lineage(self) -> "dict[str, Any]":
        """Where the version comes from (empty where nobody recorded it)."""
        return self._json(LINEAGE)

    def profile(self) -> "dict[str, Any]":
        """The training distribution of every column (empty where nobody recorded it)."""
        return self._json(PROFILE)

    def _json(self, name: str) -> "dict[str, Any]":
        if name not in self.manifest.files:
            return {}
        try:
            found: "dict[str, Any]" = json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"the file {name} of the bundle {self.path} cannot be read: {error}") from None
        return found


def write_bundle(
    folder: "str | Path",
    *,
    model: str,
    algorithm: str,
    input: InputSchema,
    output: OutputSchema,
    contents: "str | Path",
    agreement: "Mapping[str, Any] | None" = None,
    tried: "Sequence[Mapping[str, Any]]" = (),
    profile: "Mapping[str, Any] | None" = None,
    lineage: "Mapping[str, Any] | None" = None,
    pipeline: "Mapping[str, Any] | None" = None,
) -> Bundle:
    """Write a bundle; the folder appears only when it is whole. The same arguments give the same bytes.

    Parameters
    ----------
    folder : path
        Where it shall lie; must not exist.
    contents : path
        Folder with the files that the algorithm reads (and ``pipeline.py``), copied as they are.
    agreement, tried, pipeline
        As in :class:`Manifest`.
    profile, lineage : mapping, optional
        Written as ``profile.json`` and ``lineage.json``.
    """
    target = Path(folder)
    if target.exists():
        raise BundleError(f"there is something at {target} already", hint="write bundles to new folders")
    with new_folder(target) as building:
        for name in file_names(contents):
            (building / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(contents) / name, building / name)
        for name, document in ((PROFILE, profile), (LINEAGE, lineage)):
            if document is not None:
                (building / name).write_bytes(readable(document))
        manifest = Manifest(
            model=model,
            algorithm=algorithm,
            task=output.task,
            input=input,
            output=output,
            agreement=agreement or {},
            tried=tuple(tried),
            files=sha256_tree(building),
            pipeline=pipeline,
        )
        (building / MANIFEST).write_bytes(readable(manifest.document()))
    return Bundle.open(target)


def install_bundle(source: "str | Path", bundles: "str | Path") -> Bundle:
    """Verify a bundle and keep it as ``bundles/<hash>``; one that is there already stays as it is.

    Raises
    ------
    BundleError
        Where the bundle, or the one already there, is damaged.
    """
    found = Bundle.open(source)
    place = Path(bundles) / found.hash
    if not place.is_dir():
        copy_tree(source, place)
    return Bundle.open(place, expect=found.hash)


def readable(document: Mapping[str, Any]) -> bytes:
    """JSON for people and for diffs: indented, keys sorted, no NaN."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8", "surrogatepass")


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    hint = "restore the folder from a backup, or register the version again"
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at {folder}", hint)
    try:
        document = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}", hint) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}", hint) from None
    _check_format(document, path)
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
