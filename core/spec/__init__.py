"""The model's spec: the TOML file that a maintainer writes, as a frozen record and back.

``parse`` and ``load`` name every mistake with its key; ``document`` is what the store keeps; ``dump`` writes
TOML that parses to the same spec.
"""

from __future__ import annotations

from pathlib import Path

from core.secrets import holds_secret
from core.spec.document import KEYS, default_metric
from core.spec.model import ColumnKind, Cost, DataSpec, ModelSpec, RequirementSpec, Task
from core.spec.reader import closest
from core.spec.toml import write_toml
from incumbent.errors import UsageError, reason_of

__all__ = [
    "KEYS", "ColumnKind", "Cost", "DataSpec", "ModelSpec", "RequirementSpec", "Task", "closest",
    "default_metric", "dump", "load", "parse",
]  # fmt: skip


def parse(text: str, where: str = "spec") -> ModelSpec:
    """Read a spec.

    Parameters
    ----------
    text : str
        TOML.
    where : str
        What messages call it: the file's name.

    Raises
    ------
    UsageError
        With every mistake in it, each with its key, what was expected and the closest right key.

    Examples
    --------
    >>> spec = parse('name = "rides"; task = "regression"'.replace("; ", chr(10)) + '''
    ... target = "count"
    ... time = "hour_at"
    ... data = "rides.csv.gz"
    ... ''')
    >>> spec.metric, spec.partition
    ('mae', 'month')
    """
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is not TOML: {error}", hint="mend that line") from None
    return ModelSpec.from_document(document, where)


def load(path: str | Path) -> ModelSpec:
    """Read a spec's file; its paths stay as written (see :meth:`ModelSpec.relative_to`).

    Raises
    ------
    UsageError
        Where the file is missing, not text, or has mistakes, or a password where a reference belongs.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        like = closest(path.name, beside)
        hint = f"did you mean {like!r}?" if like else "write the model's spec there first"
        raise UsageError(f"there is no file {path}", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {reason_of(error)}", hint="a spec is a UTF-8 text file"
        ) from None
    spec = parse(text, str(path))
    if spec.data is not None and spec.data.url is not None and holds_secret(spec.data.url):
        raise UsageError(
            f"{path}: data.url has a password in it, which is never stored",
            hint="write ${DB_PASSWORD} in its place, and put the value into that environment variable "
            "or the keyring (`keyring set incumbent DB_PASSWORD`)",
        )
    return spec


def dump(spec: ModelSpec) -> str:
    """The spec as TOML; parsing it again gives an equal spec."""
    return write_toml(spec.document(), ("requirements", "software", "log", "columns"))
