"""Objects of S3, by boto3.

A put shows whole or not at all, so it needs no file aside. `put_if` is what a lock rests on: of two who put under the
same condition, S3 lets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from io import BufferedReader
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from pyarrow.fs import FileSystem, S3FileSystem

from abuse.address import SCHEME, bucket_and_key
from abuse.lake.storage.client import client, endpoint, region_of
from abuse.lake.storage.interface import Entry
from abuse.lake.storage.refused import one_line

PIECE = 1 << 16
MOST_KEYS = 1000
"""Keys that S3 removes at one request."""
LOST = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict", "404", "NoSuchKey")
"""How S3 says that a condition does not hold, or that another is being judged."""
ABSENT = ("404", "NoSuchKey")


class Seen(NamedTuple):
    """An object as it was read: `age_s` by S3's own clock, so that no two machines' clocks are compared."""

    content: bytes
    etag: str
    age_s: float


class S3:
    """See `Storage`."""

    def read(self, path: str) -> bytes | None:
        found = self.seen(path)
        return None if found is None else found.content

    def seen(self, path: str) -> Seen | None:
        """The object with what a condition is made of; None where there is none."""
        with one_line(path):
            try:
                found = client().get_object(**_at(path))
                content = found["Body"].read()
            except ClientError as why:
                if _code(why) in ABSENT:
                    return None
                raise
        now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Seen(content, found["ETag"], (now - found["LastModified"]).total_seconds())

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        with one_line(path):
            body = client().get_object(**_at(path))["Body"]
            try:
                yield cast("BinaryIO", BufferedReader(body, PIECE))
            finally:
                body.close()

    def write(self, path: str, content: bytes) -> None:
        with one_line(path):
            client().put_object(**_at(path), Body=content)

    def put_if(self, path: str, content: bytes, etag: str | None) -> str | None:
        """Puts the object in the place of the one with this etag (None: of no object); its own etag, or None where
        another stands there.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        with one_line(path):
            try:
                return str(client().put_object(**_at(path), Body=content, **condition)["ETag"])
            except ClientError as why:
                if _code(why) in LOST:
                    return None
                raise

    def remove_if(self, path: str, etag: str) -> None:
        """The object, unless another took its place."""
        with one_line(path):
            try:
                client().delete_object(**_at(path), IfMatch=etag)
            except ClientError as why:
                if _code(why) not in LOST:
                    raise

    def remove(self, paths: Iterable[str]) -> None:
        gone = [bucket_and_key(path) for path in paths]
        for at in range(0, len(gone), MOST_KEYS):
            some = gone[at : at + MOST_KEYS]
            with one_line(f"{SCHEME}{some[0][0]}"):
                keys = {"Objects": [{"Key": key} for _, key in some], "Quiet": True}
                said = client().delete_objects(Bucket=some[0][0], Delete=keys)
                for error in said.get("Errors", [])[:1]:
                    raise ClientError({"Error": error}, "DeleteObjects")

    def remove_tree(self, folder: str) -> None:
        bucket, _ = bucket_and_key(folder)
        self.remove([f"{SCHEME}{bucket}/{found['Key']}" for found in self._objects(folder)])

    def names(self, folder: str) -> list[str]:
        return [name for name in self._level(folder) if not name.endswith("/")]

    def folders(self, folder: str) -> list[str]:
        return sorted(f"{folder}/{name.rstrip('/')}" for name in self._level(folder) if name.endswith("/"))

    def files(self, folder: str) -> list[Entry]:
        start = len(_below(folder))
        found = [f for f in self._objects(folder) if not f["Key"].endswith("/")]
        entries = [Entry(f["Key"][start:], f["Size"], f["LastModified"].timestamp()) for f in found]
        return sorted(entries, key=lambda entry: entry.path.split("/"))

    def below(self, folder: str) -> list[str]:
        return [f"{folder}/{entry.path}" for entry in self.files(folder)]

    def is_file(self, path: str) -> bool:
        with one_line(path):
            try:
                client().head_object(**_at(path))
            except ClientError as why:
                if _code(why) in ABSENT:
                    return False
                raise
        return True

    def mark(self, path: str) -> tuple[str, float]:
        with one_line(path):
            found = client().head_object(**_at(path))
        return f"{found['ContentLength']} {found['ETag']} {found['LastModified'].isoformat()}", 0.0

    def matching(self, pattern: str) -> list[str]:
        region_of(bucket_and_key(pattern)[0])
        if "*" not in pattern:
            return [pattern] if self.is_file(pattern) or self._level(pattern) else []
        bucket, key = bucket_and_key(pattern)
        found = [f"{SCHEME}{bucket}"]
        for part in key.split("/"):
            is_plain = not set(part) & set("*?[")
            found = [f"{at}/{name}" for at in found for name in ([part] if is_plain else self._named(at, part))]
        if is_plain:
            found = [at for at in found if self.is_file(at) or self._level(at)]
        return sorted(found, key=lambda at: at.split("/"))

    def table_options(self, uri: str) -> dict[str, str]:
        options = {"AWS_CONDITIONAL_PUT": "etag", "AWS_REGION": region_of(bucket_and_key(uri)[0])}
        if url := endpoint():
            options |= {"AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": str(url.startswith("http:")).lower()}
        return options

    def arrow(self, uri: str) -> tuple[FileSystem, str]:
        url = urlsplit(endpoint())
        own = {"endpoint_override": url.netloc, "scheme": url.scheme} if url.netloc else {}
        return S3FileSystem(region=region_of(bucket_and_key(uri)[0]), **own), uri.partition("://")[2]

    def _named(self, folder: str, pattern: str) -> list[str]:
        names = [name.rstrip("/") for name in self._level(folder)]
        return [n for n in names if fnmatchcase(n, pattern) and (pattern.startswith(".") or not n.startswith("."))]

    def _level(self, folder: str) -> list[str]:
        """Names right below; those of folders end with a slash."""
        start = len(_below(folder))
        found = self._pages(folder, Delimiter="/")
        names = [each["Key"] for page in found for each in page.get("Contents", [])]
        names += [each["Prefix"] for page in found for each in page.get("CommonPrefixes", [])]
        return sorted(name[start:] for name in names if name[start:])

    def _objects(self, folder: str) -> list[dict[str, Any]]:
        return [each for page in self._pages(folder) for each in page.get("Contents", [])]

    def _pages(self, folder: str, **more: str) -> list[dict[str, Any]]:
        with one_line(folder):
            pages = client().get_paginator("list_objects_v2")
            return list(pages.paginate(Bucket=bucket_and_key(folder)[0], Prefix=_below(folder), **more))


def _at(path: str) -> dict[str, str]:
    bucket, key = bucket_and_key(path)
    return {"Bucket": bucket, "Key": key}


def _below(folder: str) -> str:
    """What the keys below a folder begin with."""
    key = bucket_and_key(folder)[1].rstrip("/")
    return f"{key}/" if key else ""


def _code(why: ClientError) -> str:
    return str(why.response.get("Error", {}).get("Code", ""))
