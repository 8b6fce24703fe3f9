"""The published folder: what production reads, written so that no reader ever sees half of it.

    production/local/flights/
      current.json                the pointer: which revision is live, and the sha256 of its file
      revisions/000007.json       one configuration a file, never changed once written
      bundles/<hash>/             the bundles that the configurations name

A swap copies the bundles that are new, syncs them, writes the next configuration, syncs it, and renames one
small file over ``current.json``. All files are byte-stable: the folder can be kept in git or synchronised.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

from incumbent.errors import BundleError, WorkError
from incumbent.files import atomic_write, copy_tree, forget_leftovers

FORMAT = 1


@dataclass(frozen=True)
class Link:
    """One version that may answer: its number, and the content hash of its bundle."""

    version: int
    hash: str


@dataclass(frozen=True)
class Baseline:
    """The last link of the chain: an answer that needs no bundle.

    Parameters
    ----------
    value : object
        A number, or a class.
    probabilities : tuple of float
        One a class (classification).
    classes : tuple
        In the champion's class order.
    """

    value: Any
    probabilities: "tuple[float, ...]" = ()
    classes: "tuple[Any, ...]" = ()


@dataclass(frozen=True)
class Configuration:
    """One revision of what a site runs for one model."""

    model: str
    site: str
    revision: int
    champion: "Link | None"
    challenger: "Link | None" = None
    share: float = 0.0
    shadows: "tuple[Link, ...]" = ()
    fallback: "tuple[Link, ...]" = ()
    baseline: "Baseline | None" = None
    limits: "Mapping[str, Any]" = field(default_factory=dict)
    trusted: "Mapping[str, Any]" = field(default_factory=dict)
    key: "str | None" = None  # the column that splits traffic and joins outcomes
    log: "Mapping[str, Any]" = field(default_factory=dict)  # what incumbent.log.Settings reads
    when: str = ""
    who: str = ""
    why: str = ""

    def links(self) -> "tuple[Link, ...]":
        """Every version that the configuration names, once each."""
        named = [self.champion, self.challenger, *self.shadows, *self.fallback]
        return tuple(dict.fromkeys(link for link in named if link is not None))

    def document(self) -> "dict[str, Any]":
        """Plain data, as the configuration's file has it."""
        return {
            "format": FORMAT,
            "model": self.model,
            "site": self.site,
            "revision": self.revision,
            "champion": _written(self.champion),
            "challenger": _written(self.challenger),
            "share": self.share,
            "shadows": [_written(link) for link in self.shadows],
            "fallback": [_written(link) for link in self.fallback],
            "baseline": None
            if self.baseline is None
            else {
                "value": self.baseline.value,
                "probabilities": list(self.baseline.probabilities),
                "classes": list(self.baseline.classes),
            },
            "limits": dict(self.limits),
            "trusted": dict(self.trusted),
            "key": self.key,
            "log": dict(self.log),
            "when": self.when,
            "who": self.who,
            "why": self.why,
        }

    @classmethod
    def from_document(cls, document: "Mapping[str, Any]") -> "Configuration":
        """The configuration that a file holds.

        Raises
        ------
        BundleError
            For a file of a newer format, or one that is no configuration.
        """
        if document.get("format", 0) > FORMAT:
            raise BundleError(
                f"the production configuration is of format {document['format']}, this code reads {FORMAT}",
                hint="update the incumbent-runtime package at this site",
            )
        try:
            baseline = document.get("baseline")
            return cls(
                model=document["model"],
                site=document["site"],
                revision=document["revision"],
                champion=_link(document["champion"]),
                challenger=_link(document.get("challenger")),
                share=document.get("share", 0.0),
                shadows=_links(document.get("shadows", ())),
                fallback=_links(document.get("fallback", ())),
                baseline=baseline
                and Baseline(baseline["value"], tuple(baseline["probabilities"]), tuple(baseline["classes"])),
                limits=document.get("limits", {}),
                trusted=document.get("trusted", {}),
                key=document.get("key"),
                log=document.get("log", {}),
                when=document.get("when", ""),
                who=document.get("who", ""),
                why=document.get("why", ""),
            )
        except (KeyError, TypeError) as error:
            raise BundleError(f"not a production configuration: {error!r} is missing or wrong") from None


def _written(link: "Link | None") -> "dict[str, Any] | None":
    return None if link is None else {"version": link.version, "hash": link.hash}


def _link(written: "Mapping[str, Any] | None") -> "Link | None":
    return None if written is None else Link(written["version"], written["hash"])


def _links(written: "Sequence[Mapping[str, Any]]") -> "tuple[Link, ...]":
    return tuple(Link(w["version"], w["hash"]) for w in written)


def bundle_path(folder: Path, link: Link) -> Path:
    """Where a published folder keeps the bundle of a link."""
    return folder / "bundles" / link.hash


def stage(folder: Path, configuration: Configuration, bundles: "Mapping[str, Path]") -> Path:
    """Put everything in place but the pointer; what is live does not change.

    A bundle that is there already, but is not what it should be, is replaced.

    Parameters
    ----------
    folder : Path
        The model's folder at the site.
    configuration : Configuration
    bundles : mapping of hash to Path
        Where the bundles that the configuration names are now.

    Returns
    -------
    Path
        The configuration's file, to hand to :func:`point`.
    """
    for link in configuration.links():
        place_bundle(folder, link, bundles[link.hash])
    content = _bytes(configuration.document())
    path = folder / "revisions" / f"{configuration.revision:06d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() != content:  # of a swap that was killed: the pointer may name it
        path = path.with_name(f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}.json")
    atomic_write(path, content)
    return path


def place_bundle(folder: Path, link: Link, source: Path) -> Path:
    """Put a bundle where a published folder keeps it; one that is there but damaged is replaced.

    Raises
    ------
    BundleError
        Where the bundle to copy is damaged itself; the message names the file.
    """
    from incumbent.bundle import Bundle

    target = bundle_path(folder, link)
    if target.exists() and _is_sound(target, link):
        return target
    Bundle.open(source, expect=link.hash)
    if target.exists():
        _discard(target)
    copy_tree(source, target)
    return target


def _is_sound(target: Path, link: Link) -> bool:
    from incumbent.bundle import Bundle

    try:
        Bundle.open(target, expect=link.hash)
    except BundleError:
        return False
    return True


def _discard(target: Path) -> None:
    """Take a folder away under its name at once, then its files: whoever has them open keeps them."""
    aside = target.with_name(f".damaged-{target.name}-{os.getpid()}")
    os.rename(target, aside)
    shutil.rmtree(aside)


def point(folder: Path, staged: Path) -> None:
    """Make a staged configuration the live one: one rename. Remains of swaps that were killed go, too."""
    content = staged.read_bytes()
    pointer = {
        "format": FORMAT,
        "revision": json.loads(content)["revision"],
        "configuration": f"revisions/{staged.name}",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    atomic_write(folder / "current.json", _bytes(pointer))
    for place in (folder, folder / "revisions", folder / "bundles"):
        forget_leftovers(place)


def read(folder: "str | Path") -> Configuration:
    """The live configuration of a published folder.

    Raises
    ------
    WorkError
        Where nothing is published there.
    BundleError
        Where a file is missing, damaged or edited by hand; the message names it.
    """
    folder = Path(folder)
    try:
        pointer = json.loads((folder / "current.json").read_bytes())
    except FileNotFoundError:
        raise WorkError(
            f"nothing is published at {folder}: there is no current.json",
            hint="`incumbent production swap MODEL VERSION --reason ...` publishes a version there",
        ) from None
    except OSError as error:
        raise WorkError(
            f"{folder / 'current.json'} cannot be read: {error.strerror}", hint="mend the folder"
        ) from None
    except ValueError:
        pointer = None
    if not isinstance(pointer, dict):
        raise BundleError(
            f"{folder / 'current.json'} is damaged: not a pointer to a configuration",
            hint="publish it again, or roll back",
        )
    path = folder / str(pointer.get("configuration"))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != pointer.get("sha256"):
        raise BundleError(
            f"{path} is not what was published: it was edited by hand or damaged",
            hint="publish it again, or roll back",
        )
    return Configuration.from_document(json.loads(content))


def _bytes(document: "Mapping[str, Any]") -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
