"""A folder held by a file that names its process, where the file system knows no lock.

Some network drives refuse `flock`. The file says machine, boot, process and when that one began,
so that it is stale once the machine was started again, or the number is that of another process.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from ehrivig.errors import FolderBusy

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
"""What a file system answers that knows no lock."""
_MOMENT = 0.05


def take(path: Path, name: str) -> None:
    """Make the file for this process; FolderBusy where a living one has it, or nobody can say."""
    for _ in range(3):
        if _made(path):
            time.sleep(_MOMENT)  # two that found the same stale file: the last one has it
            if _read(path) == _me():
                return
        elif not _is_stale(_read(path)):
            break
        else:
            path.unlink(missing_ok=True)
    raise FolderBusy(
        f"out: another run holds {name}. Wait for it, or choose another --out; when none is there "
        f"any more, remove {path.name}."
    )


def _made(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(_me(), file)
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _me() -> dict[str, Any]:
    """This process, told apart from every other one."""
    process = os.getpid()
    return {
        "host": socket.gethostname(),
        "boot": _text("/proc/sys/kernel/random/boot_id"),
        "process": process,
        "began": _began(process),
    }


def _is_stale(told: dict[str, Any]) -> bool:
    """Whether the process that a file tells of is gone; of another machine nobody can say."""
    me = _me()
    if told.get("host") != me["host"] or not isinstance(told.get("process"), int):
        return False
    if told.get("boot") != me["boot"]:
        return True
    return told.get("began") != _began(told["process"])


def _began(process: int) -> str:
    """When a process began, in ticks since the start of the machine; empty where there is none."""
    fields = _text(f"/proc/{process}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
