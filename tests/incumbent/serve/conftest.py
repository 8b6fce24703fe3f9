"""A site with two models, and the service of it without any network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from incumbent.serve import application
from incumbent.serve.app import Application
from tests.incumbent import sites


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[sites.Bundle]:
    """Two versions of a model."""
    folder = tmp_path_factory.mktemp("bundles")
    return [sites.native(folder, seed) for seed in (0, 1)]


@pytest.fixture
def site(tmp_path: Path, bundles: list[sites.Bundle]) -> Path:
    """A site's folder with one model, ``late``: version 1, and 2 in the chain."""
    sites.publish(tmp_path / "site" / "late", bundles, fallback=(2,))
    return tmp_path / "site"


@pytest.fixture
def app(site: Path) -> Application:
    """The service, with small bounds."""
    return application(site, body=20_000, rows=100)


@pytest.fixture
async def client(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
    app.service.close()
