"""Links to objects, on the real object store."""

import httpx
import pytest

from infra.embedded.stack import Endpoints
from kit.objects import Objects
from kit.settings import ObjectSettings


@pytest.fixture
def objects(servers: Endpoints) -> Objects:
    return Objects(
        ObjectSettings(
            endpoint=servers.s3_endpoint,
            public_endpoint=servers.s3_endpoint,
            access_key=servers.s3_access_key,
            secret_key=servers.s3_secret_key,
            bucket=servers.s3_bucket,
            region=servers.s3_region,
        )
    )


@pytest.mark.parametrize("key", ["sha256/ab/abcd.jpg", "exports/größe 100% & more/a+b~(1).txt"])
def test_a_link_opens_its_object_alone(objects: Objects, key: str) -> None:
    objects.put_at(key, b"what was seen", content_type="text/plain")
    objects.put_at(f"{key}.other", b"something else", content_type="text/plain")
    link = objects.signed_get(key, seconds=60, filename='a "b".txt')
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, b"what was seen")
    assert "attachment" in answer.headers["content-disposition"]
    path, _, query = link.partition("?")
    assert httpx.get(f"{path}.other?{query}").status_code == 403
    assert httpx.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")).status_code == 403
