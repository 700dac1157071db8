"""Why a store did not do what it was asked, in words, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.store.path import StorePath, filesystem

_REASONS = (
    (
        ("ACCESS_DENIED", "Access Denied", "HTTP status 403", "code 403"),
        "access is denied. Grant s3:ListBucket and {right}, or give other credentials "
        "(AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)",
    ),
    (
        ("NO_SUCH_BUCKET", "bucket does not exist"),
        "there is no bucket {bucket!r}. Mend its name, or set AWS_REGION or AWS_ENDPOINT_URL",
    ),
    (
        ("INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "EXPIRED_TOKEN", "ExpiredToken"),
        "the credentials are refused. Renew them (AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY)",
    ),
    (
        ("NETWORK_CONNECTION", "curlCode", "REQUEST_TIMEOUT"),
        "the store does not answer. Look at the network, AWS_REGION and AWS_ENDPOINT_URL",
    ),
)


def reason(error: BaseException, path: StorePath, right: str = "s3:GetObject") -> str | None:
    """What to tell of an error of a store; None for an error of another kind."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return None
        for marks, told in _REASONS:
            if any(mark in str(link) for mark in marks):
                return told.format(bucket=path.bucket, right=right)
        link = link.__cause__ or link.__context__
    return None


def refuse_unreadable(root: StorePath) -> None:
    """ExtractError when the prefix of an extract cannot be listed or is a single object."""
    from pyarrow import fs

    single = False
    try:
        single = root.is_file()
        filesystem().get_file_info(fs.FileSelector(root.key))
    except FileNotFoundError:
        pass  # no such prefix: told by whoever looks for the tables
    except OSError as error:
        raise unreadable(error, root) from error
    if single:
        raise ExtractError(
            f"extract: {root} is one object. Give the prefix of Parquet files; a DuckDB file is "
            "read from this machine only."
        )


def unreadable(error: BaseException, path: StorePath) -> ExtractError:
    """The error that tells why an object or a prefix of the extract cannot be read."""
    told = reason(error, path) or "the store refused. Look at its log"
    return ExtractError(f"extract: {path} cannot be read: {told}.")


@contextmanager
def writing(out: StorePath) -> Iterator[None]:
    """Turns what keeps a run from being written to a store into a UsageError."""
    try:
        yield
    except EhrivigError:
        raise
    except OSError as error:
        told = reason(error, out, "s3:GetObject, s3:PutObject and s3:DeleteObject")
        if told is None:
            raise
        raise UsageError(f"out: cannot write {out}: {told}.") from error
