"""Passwords and tokens of URLs (mail, databases): named there as ``${NAME}``, read when they are used.

The store, backups of it and every listing hold the name only. The value comes from the environment, else from
the keyring (service ``incumbent``), where the optional package is installed.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from urllib.parse import parse_qsl, quote, urlsplit

from core.apprise_log import captured
from incumbent.errors import UsageError, WorkError

SERVICE = "incumbent"

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TELLING = re.compile(r"pass|pwd|token|secret|apikey|authorization", re.IGNORECASE)
_HOW = (
    "write ${SMTP_PASSWORD} in its place and put the value into the environment variable SMTP_PASSWORD "
    f"or the keyring (`keyring set {SERVICE} SMTP_PASSWORD`)"
)


def references(url: str) -> tuple[str, ...]:
    """The names that a URL refers to.

    >>> references("mailtos://ann:${SMTP_PASSWORD}@mail.example.org")
    ('SMTP_PASSWORD',)
    """
    return tuple(dict.fromkeys(_REFERENCE.findall(url)))


def resolve(url: str) -> tuple[str, dict[str, str]]:
    """A URL with its references replaced, and what they stand for.

    Raises
    ------
    WorkError
        If a name is neither in the environment nor in the keyring.
    """
    values = {name: _value(name) for name in references(url)}
    return _REFERENCE.sub(lambda match: quote(values[match[1]], safe=""), url), values


def scrubbed(text: str, values: dict[str, str]) -> str:
    """A text in which every secret value is its reference again.

    >>> scrubbed("535 no such password: s3cret!", {"SMTP_PASSWORD": "s3cret!"})
    '535 no such password: ${SMTP_PASSWORD}'
    """
    for name, value in values.items():
        for form in {value, quote(value, safe=""), quote(value)} - {""}:
            text = text.replace(form, f"${{{name}}}")
    return text


def masked(url: str) -> str:
    """A URL as it may be shown: references as they stand, a password that is none as stars.

    >>> masked("mailto://ann:hunter2@mail.example.org?to=bob@example.org")
    'mailto://ann:****@mail.example.org?to=bob@example.org'
    """
    password = urlsplit(url).password
    if password and _REFERENCE.sub("", password):
        return url.replace(f":{password}@", ":****@", 1)
    return url


def holds_secret(url: str) -> bool:
    """Whether a URL has a password or the like in it that is no reference.

    >>> holds_secret("postgresql://ann:hunter2@db/rides"), holds_secret("postgresql://ann:${PW}@db/rides")
    (True, False)
    """
    parts = urlsplit(url)
    named = [(n, v) for n, v in parse_qsl(parts.query) if _TELLING.search(n)]
    values = [parts.password or "", *(value for _, value in named)]
    return any(_REFERENCE.sub("", value) for value in values)


def refuse_literal_secrets(url: str) -> None:
    """Refuse a URL that has a password or token in it.

    What a service takes for a secret is asked of Apprise: the parts of the URL that it would not show.

    Raises
    ------
    UsageError
        Where a secret is not a reference, or Apprise knows no such service.
    """
    parts = urlsplit(url)
    if not parts.scheme:
        raise UsageError(
            "this is no notification URL", hint="write one like mailto://mail.example.org?to=me@example.org"
        )
    if parts.password and _REFERENCE.sub("", parts.password):
        raise UsageError(f"the {parts.scheme} URL has a password in it, which is never stored", hint=_HOW)
    for name, value in parse_qsl(parts.query):
        if _TELLING.search(name) and _REFERENCE.sub("", value):
            raise UsageError(
                f"the {parts.scheme} URL has a secret in it ({name}), which is never stored", hint=_HOW
            )
    _refuse_what_apprise_hides(url, parts.scheme)


def _refuse_what_apprise_hides(url: str, scheme: str) -> None:
    import apprise
    from apprise.plugins import N_MGR

    named = references(url)
    stand_ins = {name: f"{number}" * 24 for number, name in enumerate(named, start=1)}
    filled = _REFERENCE.sub(lambda match: stand_ins[match[1]], url)
    with captured():
        service = apprise.Apprise.instantiate(filled, suppress_exceptions=True)
    if service is None:
        if named and scheme.lower() in N_MGR.schemas():  # type: ignore[no-untyped-call]
            return  # it wants tokens of a form of their own; `notify test` will tell
        raise UsageError(
            f"this {scheme} URL is not understood",
            hint="the forms are described at https://appriseit.com/services/",
        )
    shown, whole = (
        _pieces(service.url(privacy=privacy))  # type: ignore[no-untyped-call]
        for privacy in (True, False)
    )
    hidden = {piece for piece in whole - shown if piece not in stand_ins.values()}
    if hidden:
        raise UsageError(f"the {scheme} URL has a token in it, which is never stored", hint=_HOW)


def _pieces(url: str) -> set[str]:
    return set(re.split(r"[/:@?&=]+", url))


def look_up(name: str) -> str | None:
    """What a name stands for in the environment, else in the keyring; None where it is in neither."""
    if name in os.environ:
        return os.environ[name]
    try:
        import keyring
    except ImportError:
        return None
    return _from_keyring(keyring, name)


def absent(name: str) -> str:
    """That a name is nowhere, and where it was looked for."""
    if find_spec("keyring") is None:
        return f"${{{name}}} is not in the environment, and the package keyring is not installed"
    return f"${{{name}}} is neither in the environment nor in the keyring"


def _value(name: str) -> str:
    found = look_up(name)
    if found is None:
        raise WorkError(absent(name), hint=f"set the variable {name} for the process that sends")
    return found


def _from_keyring(keyring: object, name: str) -> str | None:
    get_password = keyring.get_password  # type: ignore[attr-defined]
    try:
        found: str | None = get_password(SERVICE, name)
    except RuntimeError:  # keyring's word for a machine without any vault
        return None
    return found
