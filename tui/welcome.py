"""What a workspace without a model says: how one comes into it."""

from __future__ import annotations

from rich.text import Text

NO_MODEL = Text.assemble(
    ("\n There is no model in this workspace yet.\n\n", "bold"),
    "   incumbent adopt FILE DATA         take in a fitted model that you have\n",
    "   incumbent model apply SPEC.toml   describe one, then train or register\n",
    "   incumbent demo DIR                a workspace on a year of real flights\n",
)
