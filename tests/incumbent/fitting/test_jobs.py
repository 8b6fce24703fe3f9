"""How failures of a user's code become words."""

from __future__ import annotations

from pathlib import Path

import pytest

from incumbent.fitting.jobs import user_frames


@pytest.mark.parametrize("text", ["import nothing_of_this_name", "def build(: pass"])
def test_only_frames_of_the_users_own_files_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    monkeypatch.chdir(tmp_path)  # where the import system's own frames would seem to lie
    path = tmp_path / "rides.py"
    path.write_text(text)
    spec = spec_from_file_location("rides", path)
    assert spec is not None and spec.loader is not None
    with pytest.raises((ImportError, SyntaxError)) as caught:
        spec.loader.exec_module(module_from_spec(spec))
    told = user_frames(caught.value, str(tmp_path))
    assert len(told) == 1 and told[0].startswith("rides.py, line 1")
