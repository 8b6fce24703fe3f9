"""Carrying out an edge test: versions one after the other, each at a staged site of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.checks.edge.report import Tested, conclude
from core.checks.edge.session import Session
from core.checks.runnable import runnable_versions
from core.runs import Outcome, RunContext
from core.spec import ModelSpec
from core.staging import staged
from incumbent.errors import BundleError

if TYPE_CHECKING:
    from store.records import Version


def execute(context: RunContext) -> Outcome:
    """Carry out an edge run.

    Arguments: ``versions`` (list of numbers; by default champion, challenger and every candidate).
    """
    versions = runnable_versions(context)
    return conclude(context, list(_tested(context, versions)))


def _tested(context: RunContext, versions: Sequence[Version]) -> Iterator[Tested]:
    for done, version in enumerate(versions):
        context.check_cancelled()
        context.progress(done / len(versions), f"version {version.number}")
        yield _test(context, version)


def _test(context: RunContext, version: Version) -> Tested:
    model = version.model
    spec = ModelSpec.from_document(context.store.models.revision(model).document)
    try:
        with staged(context.workspace, context.store, model, version.number) as folder:
            return Session(context, version, folder, spec.python).run()
    except BundleError as error:
        return Tested.broken(version, str(error))
