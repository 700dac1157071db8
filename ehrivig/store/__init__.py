"""Object stores: `--extract s3://bucket/prefix` and `--out s3://bucket/prefix`.

`place` makes a path of what a user gave; a `StorePath` answers like a folder of this machine, so
that nobody else knows the difference. DuckDB reads the objects through `ObjectFiles`; a finished
run is put into a store by `runs.put`. Credentials, region and endpoint are those of the AWS
environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig.errors import UsageError
from ehrivig.store.path import StorePath, place

__all__ = ["StorePath", "object_files", "place"]


def object_files(folder: Path | None) -> Any:
    """The file system through which DuckDB reads objects (extra `s3`), keeping blocks in `folder`.

    Raises UsageError when the package that it builds on is not installed.
    """
    try:
        from ehrivig.store.files import ObjectFiles
    except ImportError as error:
        raise UsageError("s3: the package fsspec is missing. Install ehrivig[s3].") from error
    return ObjectFiles(folder)
