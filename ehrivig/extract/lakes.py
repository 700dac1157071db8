"""Tables of a lake (Delta, Iceberg): the files that their log names now.

Only the log is read with the package of each; the files are Parquet and are read like all others.
Files that the log no longer names hold rows that were deleted or replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ehrivig.extract import delta, file_names, iceberg
from ehrivig.extract.part_checks import is_folder, part, refused
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

DELTA, ICEBERG = "a Delta", "an Iceberg"


def kind_of(folder: Path, inside: Sequence[Path]) -> str | None:
    """DELTA or ICEBERG by what lies inside a folder of this machine; None for any other folder."""
    if isinstance(folder, StorePath):
        return None
    if any(path.name == delta.LOG for path in inside):
        return DELTA
    logs = (path for path in inside if path.name == iceberg.LOG)
    return ICEBERG if any(iceberg.is_log(path) for path in logs) else None


def files(folder: Path, root: Path, leave_out: Callable[[Path, str], None]) -> Iterator[TableFile]:
    """The files of the current version of a table; all others go to `leave_out` with the reason.

    ExtractError for what would give other rows than the table has.
    """
    if (folder / delta.LOG).exists() and iceberg.is_log(folder / iceberg.LOG):
        raise refused(
            folder,
            root,
            f"is a Delta table and an Iceberg table at once. Begin the name of {delta.LOG} or of "
            f"{iceberg.LOG} with _ to read the other.",
        )
    lake = delta if (folder / delta.LOG).exists() else iceberg
    now = lake.current(folder, root)
    leave_out(folder / lake.LOG, now.told)
    missing = set(now.files)
    for path in sorted(folder.rglob("*")):
        steps = path.relative_to(folder).parts
        reason = next((told for step in steps if (told := file_names.why_left_out(step))), None)
        if steps[0] == lake.LOG or is_folder(path, root):
            continue
        if path in now.files:
            missing.remove(path)
            yield now.files[path]
        elif reason:
            leave_out(path, reason)
        else:
            leave_out(part(path, root), f"not of the current {now.state} of the table")
    if missing:
        raise refused(
            min(missing),
            root,
            f"is named by {now.log}, and is not there. Copy the table whole, or restore the file.",
        )
