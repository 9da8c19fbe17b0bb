"""Where things lie: a path of this machine, or `s3a://bucket/key`. `s3://` is taken too and means the same."""

from __future__ import annotations

import posixpath
import re

from abuse.errors import InputError

SCHEME = "s3a://"
S3 = re.compile(r"s3a?://([A-Za-z0-9][\w.-]+)(?:/+(.*))?")


def is_remote(address: str) -> bool:
    return address.startswith(SCHEME)


def parse_address(text: str, where: str) -> str:
    """The address as all of us write it. Raises InputError for storage we do not know."""
    if "://" not in text:
        return text
    found = S3.fullmatch(text)
    if found is None:
        wanted = "a path of this machine, or s3a://bucket/prefix"
        raise InputError(where, repr(text), wanted, "Correct it, or copy what is there to S3 or to this machine.")
    key = posixpath.normpath(f"/{found[2] or ''}").lstrip("/")
    return f"{SCHEME}{found[1]}/{key}".rstrip("/")


def bucket_and_key(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return bucket, key
