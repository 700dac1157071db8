"""The memory of a run: what `--memory` allows the whole of it, and the part of it that DuckDB gets.

`--memory` is the limit of all processes of a run together. This is the only place where it becomes
DuckDB's own limit.
"""

from __future__ import annotations

import re

from ehrivig.errors import UsageError

MIB = 2**20
PYTHON_MIB = 600
"""What a process holds beside DuckDB: the interpreter with Polars, Great Expectations and SciPy
(about 330 MiB once imported) and the tables with a row for each of its million admissions."""
OVERSHOOT = 1.15
"""DuckDB keeps its buffers within its limit, but not the rest (code, Parquet decoders, allocator):
12% above the limit was measured while it spilled; a little more is assumed."""
SMALLEST_MIB = 200
"""Below this DuckDB cannot even hold the buffers of a Parquet scan on two threads."""
LEAST_MIB = 250
"""What one process must at least be given: less than its modules take makes no limit."""
ROWS_AT_ONCE = 60_000_000
"""Rows of a hospital that a process works on at once: larger parts are no cheaper."""
ROWS_OF_A_CREW = 40_000_000
"""The same where several processes share the work: smaller parts, so that all have some."""
ROWS_PER_MIB = 100_000
"""Rows of a hospital that DuckDB can work on with a MiB: what compares administrations with each
other, or joins them to stays, must hold one side of the join."""
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_TEXT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*", re.IGNORECASE)


def parse(text: str) -> int:
    """The bytes of a text such as "2GB" or "500 MiB"; UsageError for anything else."""
    found = _TEXT.fullmatch(text)
    unit = _UNITS.get(found.group(2).upper()) if found else None
    if found is None or unit is None:
        raise UsageError(f"memory: {text!r} is no amount. Write it such as 2GB or 500MB.")
    return int(float(found.group(1)) * unit)


def engine_limit(total: str | None, processes: int = 1) -> str | None:
    """DuckDB's memory limit in each of `processes` that share `total`; None when there is none.

    A total that is too small for Python itself leaves DuckDB its smallest limit: the run then
    takes a little more than asked instead of failing at once. Raises UsageError below `LEAST_MIB`
    for each process.
    """
    if total is None:
        return None
    mine = parse(total) / max(1, processes) / MIB
    if mine < LEAST_MIB:
        raise UsageError(
            f"memory: {total} is too small for {max(1, processes)} process(es). Give at least "
            f"{LEAST_MIB * max(1, processes)}MiB (2GB is comfortable), or fewer --workers."
        )
    return f"{max(SMALLEST_MIB, int((mine - PYTHON_MIB) / OVERSHOOT))}MiB"


def rows_at_once(limit: str | None, *, alone: bool) -> int:
    """Most rows of a hospital that one process works on at once; a larger hospital is split.

    `limit`: DuckDB's, as `engine_limit` gives it. `alone`: no other process has a part of the work.
    """
    rows = ROWS_AT_ONCE if alone else ROWS_OF_A_CREW
    return rows if limit is None else min(rows, ROWS_PER_MIB * parse(limit) // MIB)
