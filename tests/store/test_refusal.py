"""Why a store refused, in words: each kind of refusal with its cure."""

from __future__ import annotations

import pytest

from ehrivig.errors import ExtractError, UsageError
from ehrivig.store.path import StorePath
from ehrivig.store.refusal import reason, unreadable, writing

PLACE = StorePath("s3://bucket/extract")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        *((mark, "access is denied. Grant s3:ListBucket and s3:GetObject") for mark in (
            "AWS Error ACCESS_DENIED", "Access Denied", "HTTP status 403", "code 403"
        )),
        *((mark, "there is no bucket 'bucket'") for mark in (
            "AWS Error NO_SUCH_BUCKET", "The bucket does not exist"
        )),
        *((mark, "the credentials are refused. Renew them") for mark in (
            "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "EXPIRED_TOKEN", "ExpiredToken"
        )),
        *((mark, "the store does not answer. Look at the network") for mark in (
            "NETWORK_CONNECTION", "curlCode: 28", "REQUEST_TIMEOUT"
        )),
    ],
)  # fmt: skip
def test_each_refusal_has_its_cure(said: str, told: str) -> None:
    found = reason(OSError(said), PLACE)
    assert found is not None
    assert found.startswith(told)
    assert str(unreadable(OSError(said), PLACE)).startswith(f"extract: {PLACE} cannot be read: ")


def chained(length: int) -> OSError:
    """An error with a refusal so many links behind it."""
    error = OSError("ACCESS_DENIED")
    for number in range(length):
        later = OSError(f"wrapped {number}")
        later.__cause__ = error
        error = later
    return error


def test_a_refusal_is_found_behind_other_errors() -> None:
    assert reason(chained(3), PLACE) is not None
    assert reason(chained(9), PLACE) is not None
    assert reason(chained(10), PLACE) is None
    try:
        try:
            raise OSError("NO_SUCH_BUCKET")
        except OSError:
            raise ValueError("unreadable")  # noqa: B904
    except ValueError as error:
        assert "no bucket" in str(reason(error, PLACE))  # noqa: PT017
    assert reason(OSError("disk on fire"), PLACE) is None
    assert "Look at its log" in str(unreadable(OSError("disk on fire"), PLACE))


def test_what_keeps_a_run_from_being_written() -> None:
    rights = r"out: cannot write .*s3:PutObject and s3:DeleteObject"
    with pytest.raises(UsageError, match=rights), writing(PLACE):
        raise OSError("Access Denied")
    with pytest.raises(OSError, match="disk on fire"), writing(PLACE):
        raise OSError("disk on fire")
    with pytest.raises(ExtractError, match="lab"), writing(PLACE):
        raise ExtractError("lab: cut off")
