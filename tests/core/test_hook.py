"""The git hook: a push that a failing regression check stops, and a hook of somebody else's that stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core import hook
from core.workspace import Workspace
from incumbent.errors import RefusedError
from store.records import NewCase


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    who = {
        f"GIT_{role}_{what}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, env={**os.environ, **who}
    )


@pytest.fixture
def repository(house: Workspace, tmp_path: Path) -> Workspace:
    """The house in a repository with a commit to push."""
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(house.root, "init", "-q")
    git(house.root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(house.root, "add", "late.py")
    assert git(house.root, "commit", "-qm", "a pipeline").returncode == 0
    return house


def test_a_push_is_checked_and_a_failing_case_stops_it(repository: Workspace) -> None:
    assert not hook.status(repository).installed
    found = hook.install(repository)
    assert found.installed and found.path == repository.root / ".git" / "hooks" / "pre-push"
    assert hook.install(repository) == found, "harmless a second time"
    pushed = git(repository.root, "push", "-q", "origin", "HEAD:refs/heads/one")
    assert pushed.returncode == 0, pushed.stderr
    assert "late: v1: 32 of 32 cases pass" in pushed.stderr
    row = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}
    with repository.store() as store:
        store.cases.add_many("late", [NewCase("behavioural", row, {"max": 0.0, "class": "yes"})])
    stopped = git(repository.root, "push", "-q", "origin", "HEAD:refs/heads/two")
    assert stopped.returncode != 0 and "fail" in stopped.stderr and "--no-verify" in stopped.stderr
    assert hook.uninstall(repository).installed is False
    assert git(repository.root, "push", "-q", "origin", "HEAD:refs/heads/two").returncode == 0


def test_another_hook_is_kept_asked_first_and_put_back(repository: Workspace) -> None:
    other = repository.root / ".git" / "hooks" / "pre-push"
    other.parent.mkdir(exist_ok=True)
    other.write_text("#!/bin/sh\ncat > refs.txt\nexit 7\n")
    other.chmod(0o755)
    assert hook.status(repository).other
    assert hook.install(repository).kept
    pushed = git(repository.root, "push", "-q", "origin", "HEAD:refs/heads/one")
    assert pushed.returncode != 0 and "refs/heads/one" in (repository.root / "refs.txt").read_text()
    before = hook.uninstall(repository)
    assert before.other and not before.kept and "exit 7" in other.read_text()


def test_two_foreign_hooks_are_not_stacked(repository: Workspace) -> None:
    folder = repository.root / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in ("pre-push", hook.KEPT):
        (folder / name).write_text("#!/bin/sh\n")
    with pytest.raises(RefusedError, match="kept from before"):
        hook.install(repository)
    assert (folder / "pre-push").read_text() == "#!/bin/sh\n"


def test_the_folder_that_git_is_told_to_look_in_is_respected(repository: Workspace) -> None:
    git(repository.root, "config", "core.hooksPath", ".githooks")
    assert hook.install(repository).path == repository.root / ".githooks" / "pre-push"


def test_a_work_tree_without_the_workspace_pushes_freely(repository: Workspace, tmp_path: Path) -> None:
    hook.install(repository)
    tree = tmp_path / "tree"
    git(repository.root, "worktree", "add", "-q", str(tree), "-b", "side")
    pushed = git(tree, "push", "-q", "origin", "HEAD:refs/heads/side")
    assert pushed.returncode == 0 and "nothing is checked" in pushed.stderr


def test_without_a_repository_it_says_so(house: Workspace) -> None:
    with pytest.raises(RefusedError, match="no git work tree"):
        hook.install(house)
