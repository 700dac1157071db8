"""Run every R script again and compare what it writes with what is stored (`make parity`).

A script writes its files beside itself; here it runs in a copy of this folder, so that the stored
files stay as they are. `--write` keeps the new ones instead. Exit code 1 when a number differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RELATIVE, ABSOLUTE = 1e-8, 1e-10  # R's own optimisers stop at about 1e-9
NOT_A_SCRIPT = {"survival_common.R"}
UNCOMPARED = {"versions"}  # says which R wrote the stored file


def main() -> int:
    """Regenerate everything; the number of scripts that failed or differ decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the new files")
    keep = parser.parse_args().write
    if shutil.which("Rscript") is None:
        print("parity: Rscript is not here. Install R with survival, cmprsk, metafor, sandwich.")
        return 1
    with tempfile.TemporaryDirectory() as place:
        work = Path(place) / "parity"
        shutil.copytree(HERE, work)
        shutil.copytree(HERE.parent / "laws" / "data", Path(place) / "laws" / "data")
        results = [_run(work, path, keep) for path in sorted(work.glob("*.R"))]
        results.append(_clifpy(work, keep))
    print(f"{sum(results)} script(s) differ or failed")
    return 1 if any(results) else 0


def _run(work: Path, script: Path, keep: bool) -> bool:
    """Run one script; whether it failed or wrote other numbers than are stored."""
    if script.name in NOT_A_SCRIPT:
        return False
    before = {path: path.read_bytes() for path in _outputs(work)}
    done = subprocess.run(
        ["Rscript", script.name], cwd=work, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        needs = "packageVersion" in done.stderr or "there is no package" in done.stderr
        print(f"{'not run' if needs else 'FAILED'}: {script.name}: {lines[0]}")
        return not needs
    written = [p for p in _outputs(work) if p.read_bytes() != before.get(p)]
    worst = max((_difference(p, HERE / p.name) for p in written), default=0.0)
    print(f"{'same' if worst <= 1 else 'DIFFERS'}: {script.name} ({len(written)} file(s) changed)")
    if keep:
        for path in written:
            shutil.copy2(path, HERE / path.name)
    return worst > 1


def _clifpy(work: Path, keep: bool) -> bool:
    """SOFA by clifpy, where a Python with it is here (this one, or $CLIFPY_PYTHON); as `_run`."""
    python = os.environ.get("CLIFPY_PYTHON", sys.executable)
    demo = HERE.parents[2] / "shared" / "data" / "clif_demo" / "2.1"
    script = work / "sofa_clifpy.py"
    done = subprocess.run([python, script, demo], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"not run: {script.name}: {last} (needs clifpy 2.1; CLIFPY_PYTHON names its Python)")
        return False
    stored = HERE / "sofa_clifpy.json"
    new = work / stored.name
    new.write_text(done.stdout, encoding="utf-8")
    worst = _difference(new, stored)
    print(f"{'same' if worst <= 1 else 'DIFFERS'}: {script.name}")
    if keep:
        shutil.copy2(new, stored)
    return worst > 1


def _outputs(work: Path) -> list[Path]:
    return sorted([*work.glob("*.json"), *work.glob("*.csv")])


def _difference(new: Path, stored: Path) -> float:
    """The largest difference of two files, in units of the tolerance; infinite without a twin."""
    if not stored.is_file():
        return math.inf
    pairs = list(zip(_leaves(_content(new)), _leaves(_content(stored)), strict=False))
    if len(list(_leaves(_content(new)))) != len(list(_leaves(_content(stored)))):
        return math.inf
    return max((_gap(a, b) for a, b in pairs), default=0.0)


def _content(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else list(csv.reader(text.splitlines()))


def _leaves(content: Any) -> Iterator[Any]:
    """Every number and text of nested lists and objects, in a fixed order."""
    if isinstance(content, dict):
        for key in sorted(content):
            if key not in UNCOMPARED:
                yield from _leaves(content[key])
    elif isinstance(content, list):
        for item in content:
            yield from _leaves(item)
    else:
        yield content


def _gap(a: Any, b: Any) -> float:
    """How far apart two leaves are, in units of the tolerance."""
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return 0.0 if a == b else math.inf
    if math.isnan(x) and math.isnan(y):
        return 0.0
    return abs(x - y) / (ABSOLUTE + RELATIVE * abs(y))


if __name__ == "__main__":
    sys.exit(main())
