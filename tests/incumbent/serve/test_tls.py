"""TLS: a certificate, and another one in its place, without a connection refused."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incumbent.errors import UsageError, WorkError
from incumbent.serve import Settings
from incumbent.serve.tls import Certificate
from incumbent.serve.validity import trouble_with
from tests.incumbent.serve.house import Running, running
from tests.incumbent.sites import ROW


def pem_of(kind: str, content: str) -> str:
    """Text as PEM has it."""
    return f"-----BEGIN {kind}-----\n{content.strip()}\n-----END {kind}-----\n"


#: For `localhost`, signed by itself, good for a hundred years; its key is known to everybody.
CERTIFICATE = pem_of(
    "CERTIFICATE",
    """
MIIBljCCATugAwIBAgIUOs0wTdaMPa/H/pBhUYH8QF5PZegwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIzMDc0MVoYDzIxMjYxMTA2
MjMwNzQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASDf7tMJBH9vS8qzf646yGSeaWbNi8bVjGNzIB+vKbO6R6vnlg/Z/d6
nPHxG7jb79phreDmTHpCXKB5pPCXyNa6o2kwZzAdBgNVHQ4EFgQUEgWSh4ocjMY2
c/xlzM8CMvBa1LQwHwYDVR0jBBgwFoAUEgWSh4ocjMY2c/xlzM8CMvBa1LQwFAYD
VR0RBA0wC4IJbG9jYWxob3N0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SQAwRgIhANmI/oxduE3K9YZsU96Qppyg2MC5n11RH0ruzY7B/4z2AiEAvXIDW33U
vmwsjAiiEDHoL+g/xy3X5j7/SKTDKWp5URI=
""",
)
#: The same, good for January 2020.
EXPIRED = pem_of(
    "CERTIFICATE",
    """
MIIBTjCB9KADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAeFw0yMDAxMDEwMDAwMDBaFw0yMDAyMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxv
Y2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIN/u0wkEf29LyrN/rjr
IZJ5pZs2LxtWMY3MgH68ps7pHq+eWD9n93qc8fEbuNvv2mGt4OZMekJcoHmk8JfI
1rqjNzA1MBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAdBgNVHQ4EFgQUEgWSh4ocjMY2
c/xlzM8CMvBa1LQwCgYIKoZIzj0EAwIDSQAwRgIhAPcgiSYmEwI5GL3eSDzs5cf8
dB+OoyrqAftRxbI7/eldAiEAv49aUHz/N9kz2ZtXOfz25k3hXEkbU+sjtFJ04RFl
7C8=
""",
)
KEY = pem_of(
    "EC PRIVATE KEY",
    """
MHcCAQEEIASDqEiUqWs6Ie4VlW3iA/L0lkmBrm1zB9H8mnA9F3Q6oAoGCCqGSM49
AwEHoUQDQgAEg3+7TCQR/b0vKs3+uOshknmlmzYvG1YxjcyAfrymzuker55YP2f3
epzx8Ru42+/aYa3g5kx6QlygeaTwl8jWug==
""",
)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A folder with a certificate and its key."""
    folder = tmp_path / "pem"
    folder.mkdir()
    (folder / "certificate.pem").write_text(CERTIFICATE)
    (folder / "key.pem").write_text(KEY)
    return folder


def status(service: Running, pem: Path) -> int:
    """Of a prediction asked for by a caller who looks at the certificate."""
    context = ssl.create_default_context(cafile=str(pem / "certificate.pem"))
    connection = http.client.HTTPSConnection("localhost", service.port, timeout=30, context=context)
    try:
        connection.request(
            "POST", "/models/late/predict", json.dumps(ROW), {"content-type": "application/json"}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def test_callers_speak_tls_and_nothing_else(site: Path, pem: Path) -> None:
    settings = {"certificate": pem / "certificate.pem", "key": pem / "key.pem"}
    assert Settings(site, **settings).scheme == "https"
    with running(site, **settings) as service:
        assert status(service, pem) == 200
        assert b"200" not in service.say(b"GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert status(service, pem) == 200


def test_one_file_may_hold_both(site: Path, pem: Path) -> None:
    both = pem / "both.pem"
    both.write_text(KEY + CERTIFICATE)
    with running(site, certificate=both) as service:
        assert status(service, pem) == 200


def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(pem: Path) -> None:
    found = Certificate(pem / "certificate.pem", pem / "key.pem")
    first = found.context
    found.renew()
    assert found.context is first
    (pem / "certificate.pem").write_text("half of i")
    found.renew()
    assert found.context is first
    (pem / "certificate.pem").write_text(CERTIFICATE)
    found.renew()
    assert found.context is not first


@pytest.mark.parametrize("wrong", ["absent", "no PEM", "key absent"])
def test_what_cannot_be_used_is_said_at_once(pem: Path, wrong: str) -> None:
    if wrong == "no PEM":
        (pem / "certificate.pem").write_text("no certificate")
    else:
        (pem / ("key.pem" if wrong == "key absent" else "certificate.pem")).unlink()
    with pytest.raises(WorkError, match=r"certificate\.pem"):
        Certificate(pem / "certificate.pem", pem / "key.pem")
    with pytest.raises(UsageError, match="no certificate"):
        Settings(".", key="key.pem")


@pytest.mark.parametrize(
    ("when", "trouble"),
    [
        ("2019-12-31T23:59:59", "is not valid before 01 Jan 2020"),
        ("2020-01-05", ""),
        ("2020-01-20", "expires on 01 Feb 2020 00:00 UTC: renew it"),
        ("2020-02-01", "expired on 01 Feb 2020"),
    ],
)
def test_a_certificate_says_how_long_it_is_good_for(when: str, trouble: str) -> None:
    now = datetime.fromisoformat(when).replace(tzinfo=UTC)
    found = trouble_with(KEY + EXPIRED + CERTIFICATE, now)
    assert found.startswith(trouble) and bool(found) is bool(trouble)
    assert trouble_with(CERTIFICATE, datetime(2120, 1, 1, tzinfo=UTC)) == ""
    assert trouble_with(KEY, now) == trouble_with(pem_of("CERTIFICATE", "MAA="), now) == ""


def test_an_expired_certificate_is_said_when_the_service_starts(site: Path, pem: Path) -> None:
    (pem / "certificate.pem").write_text(EXPIRED)
    files = ["--certificate", str(pem / "certificate.pem"), "--key", str(pem / "key.pem")]
    with subprocess.Popen(
        [sys.executable, "-m", "incumbent.serve", str(site), "--port", "0", *files],
        stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said = [process.stderr.readline(), process.stderr.readline()]
        process.terminate()
    assert "certificate.pem expired on 01 Feb 2020" in said[0] and said[1].startswith("serving at https")


def test_a_caller_who_says_no_goodbye_does_not_hold_the_service_up(site: Path, pem: Path) -> None:
    context = ssl.create_default_context(cafile=str(pem / "certificate.pem"))
    with (
        running(site, certificate=pem / "certificate.pem", key=pem / "key.pem") as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=30) as line,
        context.wrap_socket(line, server_hostname="localhost") as caller,
    ):
        caller.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert caller.recv(65_536).startswith(b"HTTP/1.1 200")
        service.stop()
        service.wait()
