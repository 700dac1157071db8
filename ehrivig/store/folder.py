"""The run folder: one run at a time, written aside, renamed at the end, never half."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ehrivig import interrupts
from ehrivig.errors import FolderBusy, UsageError
from ehrivig.store import StorePath, named_lock


@dataclass
class RunFolder:
    """The folder that a run writes into, and where it goes at the end."""

    path: Path
    earlier: Path
    exit_code: int = 0
    unchanged: bool = False

    @property
    def has_later_attempt(self) -> bool:
        """Whether a run that did not end well lies beside the good one."""
        return last_attempt(self.earlier).exists()


@contextmanager
def run_folder(out: Path) -> Iterator[RunFolder]:
    """A new folder to write a run into; it takes the place of `out` when the block ends.

    An error inside the block leaves `out` as it was. A run that ends with another exit code than 0
    never replaces one that ended with 0: it goes to `<out>.last-attempt` beside it. A block that
    sets `unchanged` writes nothing at all. Raises FolderBusy when another run holds `out`,
    UsageError when it cannot be written or holds something that is not a run.
    """
    if isinstance(out, StorePath):
        with _run_folder_in_store(out) as run:
            yield run
        return
    out = Path(os.path.realpath(out))
    refuse_foreign(out)
    with _writable(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with locked(out), _aside(out) as run:
            yield run


@contextmanager
def _run_folder_in_store(out: StorePath) -> Iterator[RunFolder]:
    """The same for a prefix of an object store: the run is put there when it is finished."""
    from ehrivig.store import runs

    home = runs.local_home(out)
    with locked(home):
        try:
            runs.fetch(out, home, last_attempt)
            with _writable(home), _aside(home) as run:
                yield run
            interrupts.refuse_told()
            if not run.unchanged:
                runs.put(out, home, last_attempt, good=run.exit_code == 0)
        finally:
            runs.abandon(out)
            runs.forget(out, home, last_attempt)


@contextmanager
def _aside(out: Path) -> Iterator[RunFolder]:
    """A new folder beside `out`, which takes its place at the end; gone after an error."""
    _recover(out)
    partial = _beside(out, "partial")
    before = os.umask(0o077)  # what a run writes is for its owner, and so is what it spills
    partial.mkdir()
    try:
        run = RunFolder(partial, out)
        yield run
        with interrupts.too_late():
            if not run.unchanged:
                _publish(partial, destination(out, run.exit_code))
            if run.exit_code == 0:
                shutil.rmtree(last_attempt(out), ignore_errors=True)
    finally:
        os.umask(before)
        shutil.rmtree(partial, ignore_errors=True)


def destination(out: Path, exit_code: int) -> Path:
    """Where a run with this exit code goes: `out`, unless that would hide a good run."""
    return last_attempt(out) if exit_code and _is_good(out) else out


def last_attempt(out: Path) -> Path:
    """Where a run goes that ended with 3 or 5 while `out` holds a good one."""
    return out.with_name(f"{out.name}.last-attempt")


def attempts_beside(out: Path) -> Path:
    """The folder with the record of all attempts, which no run replaces."""
    there = out if isinstance(out, StorePath) else Path(os.path.realpath(out))
    return there.with_name(f"{there.name}.attempts")


def refuse_overlap(out: Path, extract: Path) -> None:
    """UsageError when the run folder would lie in the extract, or the extract in the run folder."""
    run, data = Path(os.path.realpath(out)), Path(os.path.realpath(extract))
    if run.is_relative_to(data) or data.is_relative_to(run):
        raise UsageError(
            f"out: {out.name} and the extract {extract.name} lie one inside the other. "
            "Choose an --out beside the extract."
        )


def _is_good(out: Path) -> bool:
    """Whether `out` holds a run that ended with exit code 0."""
    try:
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("exit_code") == 0


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """Turns "no space", "read-only" and "not allowed" into a message."""
    try:
        yield
    except FolderBusy:
        raise
    except Exception as error:
        why = _why_not_written(error, out)
        if why is None:
            raise
        raise UsageError(
            f"out: cannot write {out.name}: {why}. "
            "Free space or choose another --out; the last good run is untouched."
        ) from error


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)


def _why_not_written(error: BaseException, out: Path) -> str | None:
    """What kept the run folder from being written; None when the error is another one.

    Engines wrap the system's error in one of their own, so its text is looked for in the chain. A
    full disk can only be met by writing; a refusal counts when it names a file of the run folder,
    for a file of the extract may be refused too.
    """
    link: BaseException | None = error
    seen: set[int] = set()  # an error may be named as its own cause
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        codes = _FULL + (_REFUSED if _names(link, out) else ())
        for code in codes:
            if getattr(link, "errno", None) == code or os.strerror(code) in str(link):
                return os.strerror(code)
        link = link.__cause__ or link.__context__
    return None


def _names(error: BaseException, out: Path) -> bool:
    """Whether an error is about `out`, what a run writes beside it, or a folder that holds it."""
    named = str(getattr(error, "filename", None) or out.root)
    return f".{out.name}." in str(error) or (named != out.root and out.is_relative_to(named))


def _beside(out: Path, kind: str) -> Path:
    """The hidden sibling of `out` that a run uses while it works."""
    return out.with_name(f".{out.name}.{kind}")


def refuse_foreign(out: Path) -> None:
    """Never replace what is not a run of this package."""
    if os.path.ismount(out):
        raise UsageError(
            f"out: {out.name or out} is a mount point, which cannot be replaced by a finished run. "
            "Choose a folder inside it."
        )
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise UsageError(f"out: {place.name} is a file. Choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise UsageError(
            f"out: {out.name} holds files that are not a run (no manifest.json). "
            "Choose an empty or new folder."
        )


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold `out` for this process; the lock ends with the process, also when it is killed."""
    path = _beside(out, "lock")
    try:
        handle = _locked(path, out.name)
    except OSError as error:
        if error.errno not in named_lock.NO_LOCKS:
            raise
        handle, path = None, path.with_name(f"{path.name}.held")
        named_lock.take(path, out.name)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def _locked(path: Path, name: str) -> int:
    """A locked handle on the file that `path` names now (not on one unlinked in between)."""
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in named_lock.NO_LOCKS:
                path.unlink(missing_ok=True)
            if not isinstance(error, BlockingIOError):
                raise
            raise FolderBusy(
                f"out: another run holds {name}. Wait for it, or choose another --out."
            ) from error
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            return handle
        os.close(handle)


def _recover(out: Path) -> None:
    """Remove what a killed run left, and put back the earlier run if the swap was cut in two."""
    for target in (out, last_attempt(out)):
        _recover_swap(target)
    partial = _beside(out, "partial")
    if partial.exists():
        shutil.rmtree(partial)


def _recover_swap(target: Path) -> None:
    """Finish or undo the swap of one folder: a run that is there whole is the newer one."""
    previous = _beside(target, "previous")
    if not previous.exists():
        return
    if (target / "manifest.json").is_file():
        shutil.rmtree(previous)
    else:
        shutil.rmtree(target, ignore_errors=True)
        previous.rename(target)


def _publish(partial: Path, out: Path) -> None:
    """Put the finished run in the place of the earlier one."""
    previous = _beside(out, "previous")
    shutil.rmtree(previous, ignore_errors=True)
    if out.exists():
        out.rename(previous)
    partial.rename(out)
    shutil.rmtree(previous, ignore_errors=True)
