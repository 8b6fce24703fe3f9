"""What a challenge stands on: when any of it has changed, its word is old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.spec import ModelSpec

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Version


@dataclass(frozen=True)
class Standing:
    """The ground under a verdict.

    Parameters
    ----------
    bundle : str
        Hash of the version.
    champion : int or None
        Who was in production.
    requirements : tuple of int
        Ids of the requirements that were live.
    spec : int
        The spec's revision.
    data : str or None
        Fingerprint of the model's rows; None where nobody has looked.
    """

    bundle: str
    champion: int | None
    requirements: tuple[int, ...]
    spec: int
    data: str | None

    def document(self) -> dict[str, Any]:
        """Plain data, as a challenge's document keeps it."""
        return {
            "bundle": self.bundle,
            "champion": self.champion,
            "requirements": list(self.requirements),
            "spec": self.spec,
            "data": self.data,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Standing:
        """The record of what :meth:`document` gave."""
        return cls(
            document["bundle"], document["champion"], tuple(document["requirements"]), document["spec"],
            document["data"],
        )  # fmt: skip

    def changed(self, now: Standing) -> str:
        """What has changed since, in a few words; empty if nothing (data that nobody looked at is let be).

        Examples
        --------
        >>> then = Standing("abc", 1, (4, 7), 2, "f00")
        >>> then.changed(Standing("abc", 1, (4, 9), 2, None))
        'the requirements have changed'
        >>> then.changed(Standing("abc", 1, (4, 7), 2, "ba5"))
        'the data has changed'
        """
        if self.bundle != now.bundle:
            return "the version's content has changed"
        if self.champion != now.champion:
            return f"the champion was {_shown(self.champion)} and is {_shown(now.champion)}"
        if self.requirements != now.requirements:
            return "the requirements have changed"
        if self.spec != now.spec:
            return "the model's spec has changed"
        if now.data is not None and self.data != now.data:
            return "the data has changed"
        return ""


def _shown(champion: int | None) -> str:
    return "nobody" if champion is None else f"v{champion}"


def standing(store: Store, version: Version, data: str | None = None) -> Standing:
    """What a challenge of a version would stand on now.

    Parameters
    ----------
    data : str, optional
        As :func:`data_fingerprint` gives it.
    """
    live = store.production.live(version.model)
    return Standing(
        bundle=version.hash,
        champion=live.champion if live else None,
        requirements=tuple(sorted(r.id for r in store.requirements.live(version.model))),
        spec=store.models.revision(version.model).number,
        data=data,
    )


def data_fingerprint(workspace: Workspace, store: Store, model: str) -> str:
    """What identifies all rows of a model; files that have not changed are not read.

    Raises
    ------
    DataError
        Where the source is missing or damaged.
    """
    from core.checks.slices import open_model_source
    from core.collecting import collected

    spec = collected(workspace, ModelSpec.from_document(store.models.revision(model).document, model))
    return open_model_source(workspace, spec).range_fingerprint()
