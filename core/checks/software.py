"""The software test: the maintainer's own tests of what uses the model, against a staged site.

``[software] test`` in the spec is a command line. It runs in the folder where the spec lies, with

* ``INCUMBENT_SITE``: the staged site's folder, which holds a folder named like the model;
* ``INCUMBENT_PRODUCTION``: that folder, for ``incumbent.open``;
* ``INCUMBENT_MODEL`` and ``INCUMBENT_VERSION``.

Exit code 0 is a pass, everything else a failure. What it printed is in the run's log, its end
in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.command import Ended, run_command
from core.checks.environment import environment_of
from core.checks.runnable import runnable_versions
from core.checks.whole import figure, speaker
from core.runs import Outcome, RunContext
from core.spec import ModelSpec
from core.staging import staged
from core.timeline import Duration
from incumbent.errors import BundleError, RefusedError, WorkError
from store.records import Measurement, Verdict, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds that the test may take where the spec says nothing.
TIME_LIMIT = 600.0


@dataclass(frozen=True)
class _Tested:
    version: Version
    ended: Ended | None
    broken: str = ""

    @property
    def verdict(self) -> Verdict:
        return "pass" if self.ended is not None and self.ended.passed else "fail"

    @property
    def note(self) -> str:
        return self.broken if self.ended is None else self.ended.note


def execute(context: RunContext) -> Outcome:
    """Carry out a software run.

    Arguments: ``versions`` (list of numbers; by default champion, challenger and every candidate), or
    ``serving`` (true: the champion alone).

    Raises
    ------
    RefusedError
        Where the spec names no test command.
    """
    model = str(context.run.model)
    spec = ModelSpec.from_document(context.store.models.revision(model).document)
    if spec.software_test is None:
        raise RefusedError(
            f"{model} names no test of the software that uses it",
            hint='write [software] test = "pytest ../app/tests" into its spec and apply it',
        )
    tested = list(_tested(context, spec, runnable_versions(context)))
    return _conclude(context, spec, tested)


def _tested(context: RunContext, spec: ModelSpec, versions: Sequence[Version]) -> Iterator[_Tested]:
    for done, version in enumerate(versions):
        context.check_cancelled()
        context.progress(done / len(versions), f"version {version.number}: {spec.software_test}")
        try:
            with staged(context.workspace, context.store, version.model, version.number) as folder:
                yield _Tested(version, _run(context, spec, version, folder))
        except BundleError as error:
            yield _Tested(version, None, str(error))


def _run(context: RunContext, spec: ModelSpec, version: Version, folder: Path) -> Ended:
    where = context.workspace.path(spec.software_folder or ".")
    if not where.is_dir():
        raise WorkError(
            f"the folder of the software test is gone: {where}",
            hint="set [software] folder in the spec, and apply it",
        )
    context.log(f"version {version.number} is staged at {folder}; in {where}: {spec.software_test}")
    return run_command(
        str(spec.software_test),
        where,
        {
            "INCUMBENT_SITE": str(folder.parent),
            "INCUMBENT_PRODUCTION": str(folder),
            "INCUMBENT_MODEL": version.model,
            "INCUMBENT_VERSION": str(version.number),
        },
        log=context.log_path,
        time_limit=_time_limit(spec),
        cancelled=context.cancelled,
    )


def _time_limit(spec: ModelSpec) -> float:
    return float(Duration.parse(spec.software_timeout).seconds) if spec.software_timeout else TIME_LIMIT


def _conclude(context: RunContext, spec: ModelSpec, tested: Sequence[_Tested]) -> Outcome:
    model = str(context.run.model)
    verdict, main = speaker(context, tested)
    versions = [_document(each) for each in tested]
    result = {
        "check": "software",
        "model": model,
        "version": main.version.number,
        "verdict": verdict,
        "command": spec.software_test,
        "folder": spec.software_folder or ".",
        "passed": sum(each.verdict == "pass" for each in tested),
        "failed": [failed for version in versions for failed in version["failed"]],
        "versions": versions,
        "environment": environment_of(context.workspace, spec),
    }
    rows = tuple(_measurement(context, each) for each in tested if each.ended is not None)
    return Outcome(verdict, f"v{main.version.number}: {main.note}", result, rows)


def _document(tested: _Tested) -> dict[str, Any]:
    ended: Mapping[str, Any] = {} if tested.ended is None else tested.ended.document()
    passed = tested.verdict == "pass"
    failure = {"case": None, "version": tested.version.number, "reason": tested.note, **ended}
    return {
        "version": tested.version.number,
        "verdict": tested.verdict,
        "note": tested.note,
        **ended,
        "passed": int(passed),
        "failed": [] if passed else [failure],
    }


def _measurement(context: RunContext, tested: _Tested) -> Measurement:
    assert tested.ended is not None
    return figure(
        context,
        tested.version,
        "software_seconds",
        tested.ended.seconds,
        1,
        verdict=tested.verdict,
        reason=tested.note,
    )
