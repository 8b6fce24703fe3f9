"""A bundle: the folder that a version is, and never changes.

``bundle.json`` is the manifest: one format integer, what goes in and comes out, which algorithm runs and why,
and the sha256 of every other file. The identity of a bundle is a hash of the manifest without
``lineage.json``, so that training the same thing from another git commit is the same version. A bundle never
says whom to trust.

The format is raised in :mod:`incumbent.manifest`.
"""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from incumbent.algorithms.base import Algorithm, kind
from incumbent.errors import BundleError
from incumbent.files import copy_tree, file_names, new_folder, sha256_tree
from incumbent.manifest import LINEAGE, MANIFEST, PROFILE, Manifest, read_manifest, readable
from incumbent.schema import InputSchema, OutputSchema

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns


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
        manifest = read_manifest(folder)
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
        row = self.manifest.input.plain_row(row)
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
