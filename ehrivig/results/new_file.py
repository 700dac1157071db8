"""A new file or folder of results: whole or not there, for its owner alone, nothing overwritten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.store.path import SCHEME
from ehrivig.store.sealed import MANIFEST


@contextmanager
def new_file(path: Path, command: str) -> Iterator[Path]:
    """Where to write what becomes `path` at the end of the block, 0600 (a folder 0700).

    UsageError where `path` is there already or lies in a run, its folder is not there, or the disk
    refuses: what is local must not come into what may leave.
    """
    before = os.umask(0o077)
    aside = path.parent / f".{path.name[:200]}.{os.getpid()}"
    try:
        _refuse(path, command)
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL, 0o600))  # refused here, where by anybody
        aside.unlink()
        yield aside
        _for_its_owner(aside)
        os.replace(aside, path)
    except OSError as error:
        why = error.strerror or str(error) or "the disk refused"
        said = f"cannot write {path.name[:80]}: {why}. Choose another --out."
        raise UsageError(f"{command}: {said}") from error
    finally:
        os.umask(before)
        shutil.rmtree(aside, ignore_errors=True)
        for left in (aside, aside.with_name(f"{aside.name}.wal")):  # the log of a DuckDB file
            with suppress(OSError):
                left.unlink()


def _refuse(path: Path, command: str) -> None:
    """UsageError where nothing new can be made at a path."""
    if str(path).startswith(SCHEME.rstrip("/")):
        raise UsageError(f"{command}: --out is written on this machine. Name a file here.")
    if path.is_symlink() or path.exists():
        name = path.name or str(path)
        raise UsageError(f"{command}: {name} is there already. Choose another --out.")
    for folder in path.absolute().parents:
        if (folder / MANIFEST).is_file():
            said = f"{folder.name} is a finished run, or its release, and stays as it is"
            raise UsageError(f"{command}: {said}. Choose another --out.")
    if not path.parent.is_dir():
        said = f"no folder {path.parent.name!r} to write into. Make it first."
        raise UsageError(f"{command}: {said}")


def _for_its_owner(place: Path) -> None:
    """Files 0600 and folders 0700, whatever made them."""
    if place.is_dir():
        place.chmod(0o700)
        for path in place.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
    else:
        place.chmod(0o600)
