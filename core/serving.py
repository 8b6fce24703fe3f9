"""What a workspace serves over HTTP: which folder, to whom."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core.production import LOCAL
from core.secrets import resolve
from core.workspace import Workspace
from incumbent.errors import WorkError

if TYPE_CHECKING:
    from incumbent.serve.settings import Settings


def settings(
    workspace: Workspace, site: str = LOCAL, token_name: str | None = None, **further: Any
) -> Settings:
    """What the service of a site is told.

    Parameters
    ----------
    site : str
    token_name : str, optional
        The environment variable, or the name in the keyring, that holds the token. By default the variable
        ``INCUMBENT_TOKEN``, where there is one.
    **further
        As :class:`incumbent.serve.settings.Settings` has them.

    Raises
    ------
    WorkError
        Where the site or the token named is not to be found.
    RefusedError
        Where others could reach the service without a token.
    """
    from incumbent.serve.settings import TOKEN, Settings, is_loopback

    with workspace.store() as store:
        folder = workspace.path(store.sites.get(site).path)
    token = os.environ.get(TOKEN) or None
    if token_name is not None:
        token = _secret(token_name)
    elif token is None and not is_loopback(further.get("host", Settings.host)):
        try:
            token = _secret(TOKEN)
        except WorkError:
            token = None  # said below, with what to do
    found = Settings(folder, token=token, **further)
    found.check_reach()
    return found


def _secret(name: str) -> str:
    return resolve(f"${{{name}}}")[1][name]
