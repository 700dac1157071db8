"""Thousands of mutated extracts and study files: `make fuzz`, or `python -m tests.fuzz --help`.

Prints a table of kinds x runs x exit codes, and every case that broke a rule, with the command that
repeats it. Exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from .run import KINDS, Result, bases, kind_of
from .workers import Plan, run_all


def main() -> int:
    """Exit code of the whole fuzz."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="ehrivig-fuzz-base-") as place:
        base = Path(place)
        bases(base)
        numbers = options.case or list(range(options.first, options.first + options.cases))
        if options.kind:
            numbers = [n for n in numbers if options.kind in kind_of(n)]
        results = []
        for result in run_all(numbers, Plan(options.seed, base, options.workers, options.keep)):
            results.append(result)
            _report(result, options, len(results), len(numbers))
    _table(results)
    wrong = [r for r in results if r.problems]
    print(f"{len(results)} cases, {len(wrong)} broke a rule")
    return int(bool(wrong)) | (_kills(options.kills) if options.kills else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=2200, help="how many (2200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--case", type=int, action="append", help="only this number")
    parser.add_argument("--kind", help="only kinds whose name holds this")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 0))
    parser.add_argument("--keep", type=Path, help="folder that keeps cases that broke a rule")
    parser.add_argument("--kills", type=int, default=100, help="killed runs at the end (100)")
    return parser.parse_args()


def _report(result: Result, options: argparse.Namespace, done: int, all_: int) -> None:
    """Progress, and a case that broke a rule with the command that repeats it."""
    if done % 100 == 0:
        print(f"... {done} of {all_}", file=sys.stderr, flush=True)
    for problem in result.problems:
        print(
            f"case {result.number} ({result.kind}): {problem}\n"
            f"  python -m tests.fuzz --seed {options.seed} --case {result.number} --kills 0\n"
            f"  {' / '.join(result.printed.strip().splitlines()[-3:])[:600]}",
            flush=True,
        )


def _table(results: list[Result]) -> None:
    """Kinds x runs x exit codes."""
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_kind[result.kind].append(result)
    codes = sorted({str(r.exit_code) for r in results})
    head = ["kind", "runs", "outside", *(f"exit {c}" for c in codes), "broke", "slowest s"]
    rows = []
    for kind in KINDS:
        found = by_kind.get(kind, [])
        if found:
            rows.append(_row(kind, found, codes))
    rows.append(_row("all", results, codes))
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [
            row[0].ljust(widths[0]),
            *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells))


def _row(kind: str, found: list[Result], codes: list[str]) -> list[str]:
    ended = Counter(str(r.exit_code) for r in found)
    return [
        kind,
        str(len(found)),
        str(sum(r.outside for r in found)),
        *(str(ended[code] or "") for code in codes),
        str(sum(bool(r.problems) for r in found) or ""),
        f"{max((r.seconds for r in found), default=0):.1f}",
    ]


def _kills(number: int) -> int:
    """Runs killed at random moments, each followed by a normal one."""
    print(f"{number} kills at random moments", flush=True)
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:xdist",
        "tests/runs/test_killed.py",
        "-k",
        "random",
    ]
    done = subprocess.run(tests, env={**os.environ, "EHRIVIG_KILLS": str(number)}, check=False)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
