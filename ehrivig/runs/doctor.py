"""Whether a planned run has what it needs: versions, memory, disk, files, places to write to."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ehrivig import __version__, extract
from ehrivig.errors import EhrivigError, UsageError
from ehrivig.runs.fingerprint import engines
from ehrivig.runs.memory import LEAST_MIB, MIB, parse
from ehrivig.store import StorePath, folder, place, runs
from ehrivig.study import Study

_CGROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_EXTRAS = {
    "cluster": "distributed",
    "delta": "deltalake",
    "docx": "docx",
    "export": "xlsxwriter",
    "iceberg": "pyiceberg",
    "postgresql": "adbc_driver_postgresql",
    "review": "openpyxl",
    "s3": "fsspec",
    "view": "altair",
}
"""Extra of the package -> the module that it brings."""
_SPILL = 3
"""How often the bytes of an extract may be needed again on disk: quarantine, what is spilled."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `exit_code`: 0, or that which a run would end with."""

    what: str
    said: str
    exit_code: int = 0
    warn: bool = False

    @property
    def line(self) -> str:
        """The finding with its mark: ok, warn or fail."""
        mark = "fail" if self.exit_code else "warn" if self.warn else "ok"
        return f"{mark:4}  {self.what}: {self.said.removeprefix(f'{self.what}: ')}"


def doctor(
    study: Study | None = None,
    data: Path | None = None,
    out: Path | None = None,
    memory: str | None = None,
) -> list[Finding]:
    """What a run of `study` on `data` into `out` would meet; each may be None: not looked at."""
    found = [*_versions(), _memory(memory), *_temporary()]
    size = None
    if data is not None and study is not None:
        reading, size = _extract(data, study)
        found.append(reading)
    if out is not None:
        found += _out(out, data, size)
    return found


def _versions() -> Iterator[Finding]:
    yield Finding("python", platform.python_version())
    yield Finding("ehrivig", __version__)
    yield Finding("engines", ", ".join(f"{name} {v}" for name, v in engines().items()))
    there = [name for name, module in _EXTRAS.items() if find_spec(module)]
    missing = sorted(set(_EXTRAS) - set(there))
    said = ", ".join(there) or "none"
    yield Finding("extras", said + (f" (not installed: {', '.join(missing)})" if missing else ""))


def _memory(asked: str | None) -> Finding:
    """What the machine, or the container, has; against what --memory asks for."""
    has = _available() // MIB
    said = f"{has:,} MiB"
    if asked is None:
        few = has < 2 * LEAST_MIB
        return Finding("memory", said, warn=few)
    wanted = parse(asked) // MIB
    if wanted < LEAST_MIB:
        return Finding("memory", f"--memory {asked} is below {LEAST_MIB} MiB. Give more.", 2)
    if wanted > has:
        return Finding("memory", f"{said}, less than --memory {asked}. Ask for less.", warn=True)
    return Finding("memory", f"{said}; --memory {asked} fits")


def _available() -> int:
    """Bytes of memory of this machine, or of the group of processes that this one is in."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CGROUPS:
        text = path.read_text(encoding="ascii").strip() if path.is_file() else "max"
        limits += [int(text)] if text.isdigit() else []
    return min(limits)


def _temporary() -> Iterator[Finding]:
    place = Path(tempfile.gettempdir())
    free = shutil.disk_usage(place).free // MIB
    yield Finding("temporary folder", f"{free:,} MiB free", warn=free < 1024)


def _extract(data: Path, study: Study) -> tuple[Finding, int | None]:
    """Whether the extract can be opened, what it holds, and its bytes."""
    try:
        source = extract.inspect(data, study)
    except EhrivigError as error:
        return Finding("extract", str(error), error.exit_code), None
    files = [one.path for parts in source.parts.values() for one in parts] or [source.root]
    size = sum(path.stat().st_size for path in {*files} if path.is_file())
    said = (
        f"{len(source.hospitals):,} hospital(s), {len(files):,} file(s) of {len(source.parts)} "
        f"tables, {-(-size // MIB):,} MiB, layout {source.layout}"
    )
    return Finding("extract", said), size


def _out(out: Path, data: Path | None, size: int | None) -> Iterator[Finding]:
    """Whether a run can be written to `out`, and whether the disk for it is large enough."""
    try:
        out = place(out)
        if data is not None:
            folder.refuse_overlap(out, place(data))
        there = _tried(out)
    except EhrivigError as error:
        yield Finding("out", str(error), error.exit_code)
        return
    except OSError as error:
        said = f"cannot write into {_beside(out).name or '/'}: {error.strerror}. Choose another."
        yield Finding("out", said, UsageError.exit_code)
        return
    free = shutil.disk_usage(there).free
    need = _SPILL * size if size else 0
    said = f"{free // MIB:,} MiB free"
    if isinstance(out, StorePath):
        said = f"may be written; {said} in the temporary folder, where the run is made"
    if need > free:
        said += f"; the run may need {need // MIB:,} MiB. Free space, or choose another --out."
    yield Finding("out", said, warn=need > free)


def _tried(out: Path) -> Path:
    """Write where a run would, and leave nothing; the folder whose disk it needs.

    Raises what a run would: UsageError, FolderBusy; OSError for a folder that cannot be written.
    """
    if isinstance(out, StorePath):
        runs.try_writing(out)
        return Path(tempfile.gettempdir())
    out = Path(os.path.realpath(out))
    folder.refuse_foreign(out)
    there = _beside(out)
    os.rmdir(tempfile.mkdtemp(prefix=".ehrivig-", dir=there))
    if there == out.parent:
        with folder.locked(out):
            pass
    return there


def _beside(out: Path) -> Path:
    """The folder in which a run is written aside, or the nearest above it that is there."""
    return next(folder for folder in Path(os.path.realpath(out)).parents if folder.is_dir())
