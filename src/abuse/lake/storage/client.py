"""The client of S3: AWS's standard chain of credentials, and AWS_ENDPOINT_URL for a store that is not AWS's."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from abuse.address import SCHEME
from abuse.lake.storage.refused import one_line


def endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL", "")


def client() -> Any:
    """Safe to share among threads, not with a forked child."""
    return _client(endpoint(), os.getpid())


@cache
def _client(url: str, _process: int) -> Any:
    own: dict[str, Any] = {"retries": {"mode": "standard", "max_attempts": 4}, "connect_timeout": 10}
    own |= {"ignore_configured_endpoint_urls": True}  # delta-rs, Arrow and Spark know the environment's alone
    if url:  # stores that are not AWS's may know neither buckets as host names nor checksums that nobody asked for
        sums = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
        own |= {"s3": {"addressing_style": "path"}} | sums
    with one_line(SCHEME):
        return boto3.session.Session().client("s3", endpoint_url=url or None, config=Config(**own))


def region_of(bucket: str) -> str:
    """Of a bucket that answers; the first time, it is asked. Raises LakeError in one line."""
    return _region(bucket, endpoint())


@cache
def _region(bucket: str, _url: str) -> str:
    with one_line(f"{SCHEME}{bucket}"):
        said = client().list_objects_v2(Bucket=bucket, MaxKeys=1)
    theirs = said["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    ours = client().meta.region_name
    return str(theirs or (ours if ours not in (None, "aws-global") else "us-east-1"))
