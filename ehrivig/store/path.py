"""A path in an object store that answers like a folder: listing, size, bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PosixPath, PurePath, PurePosixPath
from typing import IO, Any

from ehrivig.errors import UsageError

SCHEME = "s3://"
_ROOT = "s3:"
_KNOWN: dict[str, Any] = {}
"""What the last listing told of each object: asking again costs a request for each."""


class StorePath(PosixPath):
    """s3://bucket/key. A folder is a prefix; what a listing told is not asked again."""

    def __str__(self) -> str:
        return SCHEME + self.key

    def __fspath__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self.parts)

    @property
    def key(self) -> str:
        """Bucket and key, as "bucket/key"."""
        return "/".join(self.parts[1:])

    @property
    def bucket(self) -> str:
        """The bucket."""
        return self.parts[1] if len(self.parts) > 1 else ""

    def is_absolute(self) -> bool:
        """Always: nothing of it depends on where a process was started."""
        return True

    def relative_to(self, *other: Any, **options: Any) -> PurePosixPath:  # type: ignore[override]
        """The part below another prefix: names only, of no store."""
        return PurePosixPath(*super().relative_to(*other, **options).parts)

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is an object, or anything below the prefix."""
        return bool(_info(self).type.value)

    def is_file(self, **_: Any) -> bool:
        """Whether it is an object."""
        return bool(_info(self).is_file)

    def is_dir(self, **_: Any) -> bool:
        """Whether there is anything below the prefix."""
        return self.exists() and not self.is_file()

    def iterdir(self) -> Iterator[StorePath]:  # type: ignore[override]
        """What lies directly below the prefix."""
        yield from _listed(self, recursive=False)

    def rglob(self, pattern: str, **_: Any) -> Iterator[StorePath]:  # type: ignore[override]
        """Everything below the prefix whose name fits a pattern."""
        yield from (path for path in _listed(self, recursive=True) if path.match(pattern))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Size and time of change (no other field)."""
        info = _info(self)
        if not info.is_file:
            raise FileNotFoundError(str(self))
        seconds = (info.mtime_ns or 0) // 10**9
        return os.stat_result((0, 0, 0, 0, 0, 0, info.size, seconds, seconds, seconds))

    def open(self, mode: str = "r", *args: Any, **options: Any) -> IO[Any]:  # type: ignore[override]
        """The bytes of an object, read by ranges."""
        if mode != "rb":
            raise ValueError(f"an object is opened with mode rb, not {mode}")
        found: IO[Any] = filesystem().open_input_file(self.key)
        return found

    def read_bytes(self) -> bytes:
        """All bytes of an object."""
        with self.open("rb") as stream:
            content: bytes = stream.read()
        return content

    def write_bytes(self, data: Any) -> int:
        """Put an object in one piece: a reader sees the old one or this."""
        with filesystem().open_output_stream(self.key) as stream:
            stream.write(data)
        _KNOWN.pop(self.key, None)
        return len(data)

    def read_text(self, encoding: str | None = None, errors: str | None = None, **_: Any) -> str:
        """All text of an object."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def mark(self) -> str:
        """What the store itself says of the content: the ETag of the object, as "etag:..."."""
        with filesystem().open_input_file(self.key) as stream:
            told: dict[str, bytes] = stream.metadata()
        return "etag:" + told["ETag"].decode().strip('"')


def place(where: str | PurePath) -> Path:
    """The path that a user means: a StorePath for s3://..., else a path of this machine.

    A `Path` that was made of "s3://bucket" has lost one slash; it is taken for the same. Raises
    UsageError for an address with credentials in it, which would stand in logs.
    """
    text = str(where)
    if not text.startswith(f"{_ROOT}/"):
        return Path(where)
    parts = [part for part in text.removeprefix(_ROOT).split("/") if part]
    if parts and {"@", ":"} & set(parts[0]):
        raise UsageError(
            "store: an address is s3://bucket/folder, without who is asking. Take the credentials "
            "out of it and set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    return StorePath(_ROOT, *parts)


@lru_cache(maxsize=1)
def filesystem() -> Any:
    """The S3 file system of the environment; one connection pool for the process."""
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return fs.S3FileSystem(
        endpoint_override=endpoint,
        region=region,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=5),
        connect_timeout=5,
        request_timeout=60,
    )


def _info(path: StorePath) -> Any:
    if path.key not in _KNOWN:
        _KNOWN[path.key] = filesystem().get_file_info(path.key)
    return _KNOWN[path.key]


def _listed(path: StorePath, *, recursive: bool) -> list[StorePath]:
    """The objects and prefixes below a prefix, sorted; a listing anew, not what was known."""
    from pyarrow import fs

    _KNOWN.clear()
    found = filesystem().get_file_info(fs.FileSelector(path.key, recursive=recursive))
    _KNOWN.update({info.path: info for info in found})
    return sorted(StorePath(_ROOT, *info.path.split("/")) for info in found)
