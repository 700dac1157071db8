"""What every case must keep to, whatever was mutated."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .case import IMAGE, MARK, NUMBER, SCRIPT, Case

ALLOWED = (0, 2, 3, 4, 5)
HOSTILE = (SCRIPT, IMAGE, "<script>zebra", "<img src=x onerror=zebra")
_NOISE = (
    "Traceback (most recent",
    "panicked at",
    "nanobind: leaked",
    "Segmentation",
    "core dumped",
)
_DIGITS = re.compile(r"(?<![\d.])\d{6,7}(?![\d.])")
SECONDS = 120.0


@dataclass(frozen=True)
class Ended:
    """How a call ended. `exit_code` is None when it had to be killed."""

    exit_code: int | None
    printed: str
    seconds: float


def earlier_run(out: Path) -> dict[str, bytes]:
    """A finished run in `out`, that a failing case must not touch."""
    out.mkdir(parents=True)
    (out / "manifest.json").write_text(json.dumps({"exit_code": 0, "earlier": True}))
    (out / "report.html").write_text("<p>the last good run</p>")
    return content(out)


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def problems(
    case: Case, place: Path, ended: Ended, before: dict[str, bytes], patients: frozenset[str]
) -> list[str]:
    """What is wrong with an ended case, in words; `place` held the earlier run before."""
    if ended.exit_code is None:
        return [f"hangs: killed after {SECONDS:.0f} s"]
    found = [f"prints {word!r}" for word in _NOISE if word in ended.printed]
    if ended.exit_code not in ALLOWED:
        found.append(f"exit code {ended.exit_code}")
    if ended.exit_code and "ehrivig: " not in ended.printed and "Error" not in ended.printed:
        found += [] if ended.exit_code in (3, 5) else ["no message"]
    found += _shown(ended.printed, patients)
    found += _places(case, place, ended.exit_code, before)
    return found + _pages(place)


def _shown(printed: str, patients: frozenset[str]) -> list[str]:
    """Values of patients in what was printed."""
    planted = [word for word in (MARK, str(NUMBER), str(int(NUMBER))) if word in printed]
    known = sorted(set(_DIGITS.findall(printed)) & patients)
    return [f"shows the patient-level value {word}" for word in planted + known[:1]]


def _places(case: Case, place: Path, exit_code: int, before: dict[str, bytes]) -> list[str]:
    """An earlier run that was touched, debris, or things written where they should not be."""
    runs = [p for p in place.iterdir() if not p.name.endswith(".last-attempt")]
    found = [f"debris {p.name}" for p in runs if p.name.startswith(".") and p != case.out]
    there = os.path.isdir(case.out)  # a name that is too long is no folder, and no error
    if case.out.parent == place and (exit_code or not there):
        if not there and len(case.out.name) < 200:
            found.append("the earlier run is gone")
        elif there and content(case.out) != before:
            found.append("the earlier run was touched")
    found += ["wrote zebra"] if list(case.place.rglob("zebra")) else []
    return found


def _pages(place: Path) -> list[str]:
    """Pages that hold hostile markup as markup."""
    found = []
    for path in sorted(place.rglob("*")):
        if path.suffix in (".html", ".svg") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.name} holds {word}" for word in HOSTILE if word in text]
    return found[:3]
