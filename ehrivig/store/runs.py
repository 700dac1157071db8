"""A run folder in an object store: worked on in a folder of this machine, put there at the end.

The earlier run is fetched first, so that a run in a store knows what a run in a folder would. The
finished one is uploaded aside (`.<name>.partial/`), then copied into place inside the store; a
prefix without `manifest.json`, which is taken away first and comes last, is not a finished run. A
copy that was cut off is finished by the next run.

Two runs of one user of one machine exclude each other by the lock of the local folder. A store has
no lock that every machine sees: do not let two machines write to one prefix at a time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ehrivig import resources
from ehrivig.errors import UsageError
from ehrivig.store.path import StorePath, filesystem
from ehrivig.store.refusal import writing

MANIFEST = "manifest.json"
AT_A_TIME = 8


def local_home(out: Path) -> Path:
    """Where on this machine the run of `out` is worked on: `out` itself, unless it is in a store.

    Raises UsageError when the folder for temporary files belongs to somebody else.
    """
    if not isinstance(out, StorePath):
        return out
    private = Path(tempfile.gettempdir()) / f"ehrivig-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.is_symlink() or private.stat().st_uid != os.getuid():
        raise UsageError(f"out: {private.name} in the temporary folder is not yours. Set TMPDIR.")
    private.chmod(0o700)
    return private / f"{resources.digest(out.key.encode())[:16]}-{out.name}"


def fetch(out: Path, home: Path, last_attempt: Callable[[Path], Path]) -> None:
    """Bring the earlier run of a store to its local home, after a cut off copy was finished.

    Raises UsageError when the store cannot be written, or the prefix holds what is no run.
    """
    if not isinstance(out, StorePath):
        return
    forget(out, home, last_attempt)
    with writing(out):
        for target in (out, _sibling(out, last_attempt)):
            _recover(target)
        _put(f"{_aside(out)}/begun", b"")  # better refused now than after hours
        _download(out, home)
        _download(_sibling(out, last_attempt), last_attempt(home))


def try_writing(out: StorePath) -> None:
    """Write one object where a run would be put aside, and take it away again.

    Raises UsageError when the store refuses.
    """
    beside = out.with_name(f".{out.name}.asked").key
    with writing(out):
        _put(f"{beside}/begun", b"")
        _remove(beside)


def put(out: Path, home: Path, last_attempt: Callable[[Path], Path], *, good: bool) -> None:
    """Put the finished run at home into the store; a good run takes the later attempt away."""
    if not isinstance(out, StorePath):
        return
    target = _sibling(out, last_attempt) if not good and last_attempt(home).is_dir() else out
    source = last_attempt(home) if target != out else home
    with writing(out):
        _remove(_aside(target))
        names = [p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()]
        _each(
            lambda name: _put(f"{_aside(target)}/{name}", (source / name).read_bytes()),
            _manifest_last(names),
        )
        _swap(target)
        if good:
            _remove(_sibling(out, last_attempt).key)


def forget(out: Path, home: Path, last_attempt: Callable[[Path], Path]) -> None:
    """Leave nothing of a run on this machine, nor aside in the store."""
    if not isinstance(out, StorePath):
        return
    for folder in (home, last_attempt(home)):
        shutil.rmtree(folder, ignore_errors=True)


def abandon(out: Path) -> None:
    """Take away what an unfinished run left aside in the store, as far as the store lets us."""
    if isinstance(out, StorePath):
        try:
            _recover(out)
        except OSError:
            return


def _sibling(out: StorePath, last_attempt: Callable[[Path], Path]) -> StorePath:
    found = last_attempt(out)
    assert isinstance(found, StorePath)
    return found


def _aside(out: StorePath) -> str:
    """The prefix that an unfinished upload uses."""
    return out.with_name(f".{out.name}.partial").key


def _recover(out: StorePath) -> None:
    """Finish a copy that was cut off; remove an upload that was."""
    if _names(_aside(out)) and MANIFEST in _names(_aside(out)):
        _swap(out)
    _remove(_aside(out))


def _swap(out: StorePath) -> None:
    """Copy what was uploaded aside into place, and take away what is no longer of the run."""
    store, aside, names = filesystem(), _aside(out), _names(_aside(out))
    stale = set(_names(out.key)) - set(names)
    if MANIFEST in _names(out.key):
        store.delete_file(f"{out.key}/{MANIFEST}")
    _each(
        lambda name: store.copy_file(f"{aside}/{name}", f"{out.key}/{name}"), _manifest_last(names)
    )
    _each(lambda name: store.delete_file(f"{out.key}/{name}"), [sorted(stale), []])
    store.delete_file(f"{aside}/{MANIFEST}")
    _remove(aside)


def _manifest_last(names: Iterable[str]) -> list[list[str]]:
    found = sorted(names)
    return [[n for n in found if n != MANIFEST], [n for n in found if n == MANIFEST]]


def _each(work: Callable[[str], Any], batches: list[list[str]]) -> None:
    """Do some work for every name; a batch begins when the one before is done."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for batch in batches:
            list(pool.map(work, batch))


def _names(prefix: str) -> list[str]:
    """The objects below a prefix, relative to it, sorted."""
    from pyarrow import fs

    selector = fs.FileSelector(prefix, allow_not_found=True, recursive=True)
    found = filesystem().get_file_info(selector)
    return sorted(info.path.removeprefix(f"{prefix}/") for info in found if info.is_file)


def _put(key: str, content: bytes) -> None:
    with filesystem().open_output_stream(key) as stream:
        stream.write(content)


def _download(run: StorePath, folder: Path) -> None:
    """Bring a run to a folder; UsageError for a prefix that holds something else."""
    names = _names(run.key)
    if names and MANIFEST not in names:
        raise UsageError(
            f"out: {run} holds objects that are not a run (no {MANIFEST}). Choose an empty prefix."
        )

    def bring(name: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with filesystem().open_input_stream(f"{run.key}/{name}") as stream:
            (folder / name).write_bytes(stream.read())

    _each(bring, [names])


def _remove(prefix: str) -> None:
    """Remove all objects below a prefix."""
    if _names(prefix):
        filesystem().delete_dir(prefix)
