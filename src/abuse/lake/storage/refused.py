"""What boto3 says of a bucket, as one line an operator can act on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from abuse.address import bucket_and_key
from abuse.errors import LakeError

NOBODY = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound)
SILENT = (ConnectionError, HTTPClientError)
DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem")
UNKNOWN = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired")
ELSEWHERE = ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
LONGEST = 200  # characters of what was said that are passed on


@contextmanager
def one_line(address: str) -> Iterator[None]:
    """Raises LakeError for what boto3 raises inside."""
    try:
        yield
    except NOBODY as why:
        found, wanted = f"no AWS credentials ({_first(why)})", "credentials in AWS's standard chain"
        fix = "Set AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret, or run where a role is given."
        raise LakeError(address, found, wanted, fix) from None
    except SILENT as why:
        at = os.environ.get("AWS_ENDPOINT_URL")
        found = f"{at or 'S3'} cannot be reached ({type(why).__name__})"
        fix = "Correct AWS_ENDPOINT_URL, or start what listens there." if at else "Look at the network and AWS_REGION."
        raise LakeError(address, found, "an endpoint that answers", fix) from None
    except ClientError as why:
        raise _said(address, why) from None
    except BotoCoreError as why:
        raise LakeError(address, _first(why), "an answer of S3", "Mend it, then run it again.") from None


def _said(address: str, why: ClientError) -> LakeError:
    code = str(why.response.get("Error", {}).get("Code", ""))
    who = "`aws sts get-caller-identity` says who you are."
    if code == "NoSuchBucket":
        bucket = bucket_and_key(address)[0]
        return LakeError(address, f"no bucket {bucket}", "an existing bucket", "Create it, or correct the address.")
    if code in DENIED:
        wanted = "the right to list, read, write and remove there"
        return LakeError(address, f"access denied ({why.operation_name})", wanted, f"Give that role the right; {who}")
    if code in UNKNOWN:
        fix = f"Renew them, or name others; {who}"
        return LakeError(address, f"credentials that S3 does not take ({code})", "valid credentials", fix)
    if code in ELSEWHERE:
        return LakeError(address, f"the bucket is elsewhere ({code})", "its own region", "Set AWS_REGION to it.")
    return LakeError(address, f"{why.operation_name} failed ({_first(why)})", "an answer", "Run it again.")


def _first(why: Exception) -> str:
    """On one line, and nothing of it is ever a secret: boto3 names keys and places alone."""
    return " ".join(str(why).split())[:LONGEST]
