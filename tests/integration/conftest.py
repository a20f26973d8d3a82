"""A gateway on the real servers for a module's tests, and the ways in: a tenant, the typed client, bare HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from infra.cli.client import Client
from infra.embedded.stack import Endpoints
from tests.fixtures.gateway import RunningGateway, own_gateway


@pytest.fixture(scope="module")
def gateway(database_template: Endpoints) -> Iterator[RunningGateway]:
    with own_gateway(database_template) as running:
        yield running


@pytest.fixture
def tenant(gateway: RunningGateway) -> str:
    return gateway.tenant()


@pytest.fixture
def client(gateway: RunningGateway, tenant: str) -> Iterator[Client]:
    with gateway.client(gateway.key(tenant)) as client:
        yield client


@pytest.fixture
def http(gateway: RunningGateway, tenant: str) -> Iterator[httpx.Client]:
    with gateway.http(gateway.key(tenant)) as http:
        yield http
