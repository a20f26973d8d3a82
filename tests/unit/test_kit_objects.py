"""Links to objects, signed without asking anybody."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.client import Config

from kit.objects import Objects, presigned_get
from kit.settings import ObjectSettings

KEYS = ("sha256/ab/abcdef.jpg", "exports/a b+c~d (1).zip", "größe/100%/&=?.json", "a//b")


def settings_of(endpoint: str) -> ObjectSettings:
    return ObjectSettings(
        endpoint="http://inside:9000",
        public_endpoint=endpoint,
        access_key="AKIDEXAMPLE/x",
        secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        bucket="sightline",
        region="eu-central-1",
    )


@cache
def client_of(endpoint: str) -> Any:
    settings = settings_of(endpoint)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.public_endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def by_boto3(settings: ObjectSettings, key: str, seconds: int, parameters: Mapping[str, str]) -> str:
    asked = {"Bucket": settings.bucket, "Key": key, **parameters}
    url: str = client_of(settings.public_endpoint).generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)
    return url


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9000",
        "https://s3.example.com",
        "https://s3.example.com:443",
        "https://example.com:8443/store/",
    ],
)
@pytest.mark.parametrize("filename", [None, 'report "1".pdf'])
def test_a_link_is_signed_as_the_sdk_signs_it(endpoint: str, key: str, filename: str | None) -> None:
    settings = settings_of(endpoint)
    disposition = f'attachment; filename="{filename}"'
    theirs = by_boto3(settings, key, 900, {} if filename is None else {"ResponseContentDisposition": disposition})
    asked = dict(parse_qsl(urlsplit(theirs).query))
    ours = presigned_get(
        settings,
        key,
        seconds=900,
        at=datetime.strptime(asked["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        response={} if filename is None else {"response-content-disposition": disposition},
    )
    assert dict(parse_qsl(urlsplit(ours).query)) == asked
    assert urlsplit(ours)._replace(query="") == urlsplit(theirs)._replace(query="")


def test_links_of_another_day_or_bucket_have_other_signatures() -> None:
    def signature(day: int, bucket_key: str) -> str:
        url = presigned_get(
            settings_of("http://a"), bucket_key, seconds=60, at=datetime(2026, 3, day, tzinfo=UTC), response={}
        )
        return dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"]

    assert len({signature(1, "x"), signature(2, "x"), signature(1, "y")}) == 3


def test_a_link_lives_as_long_as_it_is_said_to() -> None:
    url = Objects(settings_of("http://a")).signed_get("x", seconds=321)
    assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"] == "321"
