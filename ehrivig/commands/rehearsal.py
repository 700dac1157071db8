"""What a run with a layout would find: whom each criterion leaves, and every check that blocks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ehrivig.errors import many
from ehrivig.store import cells
from ehrivig.study import Study


@dataclass(frozen=True)
class Rehearsal:
    """Lines for a reader, and the exit code that the gate would give a run: 0 or 3."""

    lines: tuple[str, ...]
    exit_code: int


def rehearse(plan: Study, extract: Path, sample: int | None = None) -> Rehearsal:
    """Count the people of a study at each criterion and ask the whole gate, without a run.

    `plan` names the layout. Counts are as `study check` hides them; the gate speaks as `check`
    does, of every hospital and every check that blocks at once. Nothing is kept. `sample`: of so
    many hospitals, evenly spread over their names.
    """
    from ehrivig import pipeline
    from ehrivig.runs import preview, preview_lines
    from ehrivig.runs.state import Options

    plan, of = _sampled(plan, extract, sample)
    people = preview_lines.lines(preview.preview(plan, extract, Options()))
    with TemporaryDirectory(prefix="ehrivig-") as place:
        found = pipeline.check(plan, extract, Path(place) / "gate", options=Options())
        blocks = _blocks(Path(found.out) / "quality" / "checks.csv")
    said = [found.message] if found.exit_code else []
    if not blocks:
        said.append("gate: no check blocks a hospital")
    else:
        dropped = len(found.dropped_hospitals)
        said += [
            f"gate: {dropped} of {many(len(found.hospitals), 'hospital')} would be dropped",
            *blocks,
        ]
    warned = ", ".join(found.warned_checks) or "none"
    lines = (*of, *people, "", *said, f"warned checks: {warned}")
    return Rehearsal(lines, found.exit_code)


def _sampled(plan: Study, extract: Path, sample: int | None) -> tuple[Study, list[str]]:
    """The study of some of its hospitals, and the line that says so."""
    from ehrivig.extract import inspect

    if sample is None:
        return plan, []
    with TemporaryDirectory(prefix="ehrivig-") as copies:
        names = inspect(extract, plan, Path(copies)).hospitals
    if sample >= len(names):
        return plan, [f"sample: all {many(len(names), 'hospital')}"]
    chosen = [names[number * len(names) // sample] for number in range(sample)]
    section = plan.extract.model_copy(update={"hospitals": chosen})
    return plan.model_copy(update={"extract": section}), [
        f"sample: {sample} of {many(len(names), 'hospital')}; what is asked between hospitals is "
        "asked of these"
    ]


def _blocks(path: Path) -> list[str]:
    """Each check that fails somewhere and is no warning, with the number of its hospitals."""
    checks = cells.read(path)
    failed = checks.filter((pl.col("verdict") == "fail") & (pl.col("severity") != "warn"))
    counted = failed.group_by("check", "severity").agg(pl.col("hospital_id").n_unique())
    return [
        f"  {check} ({severity}): {hospitals} hospital{'' if hospitals == 1 else 's'}"
        for check, severity, hospitals in counted.sort("check").iter_rows()
    ]
