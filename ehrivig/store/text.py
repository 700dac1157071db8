"""A small text file that is replaced as a whole, on this machine or in a store.

On this machine it and the folder that is held for it are for their owner alone, whatever the umask.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ehrivig.store.named_lock import NO_LOCKS
from ehrivig.store.path import StorePath


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    content = text.encode("utf-8")
    if isinstance(path, StorePath):
        path.write_bytes(content)
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    with open(aside, "xb", opener=_for_its_owner) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
    os.replace(aside, path)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder, and hold it against other processes of this machine; a store holds nothing."""
    if isinstance(folder, StorePath):
        yield
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(PermissionError):  # of a folder that is another user's
        folder.chmod(0o700)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Lock what a handle is of; where the file system knows no lock, nothing is held."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
