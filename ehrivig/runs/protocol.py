"""The study itself, from the hospitals' small tables: cohort -> match -> analyse."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig import analysis, cohort, use
from ehrivig.errors import EmptyResult
from ehrivig.match import comparison
from ehrivig.runs import tables
from ehrivig.runs.state import Run
from ehrivig.validate import gate, ledger


def investigate(this: Run) -> dict[str, int]:
    """Leave the study's tables in the run folder; return the numbers of the summary.

    Raises GateBlocked when the arms differ in what was set aside, EmptyResult without a cohort or a
    matched pair; what could be computed is then on disk.
    """
    study, folder = this.study, this.folder
    kept = [r for r in this.results if r.hospital_id not in this.dropped]
    this.progress("cohort")
    screened, criterion = (tables.scan(kept, name) for name in ("screened", "criterion"))
    people, attrition = cohort.select(screened, criterion, study)
    attrition.write_csv(folder / "attrition.csv")
    spent = ledger.spend(this.results, people, tables.gather(kept, "scope"))
    spent.write_csv(folder / "ledger.csv")
    use.write(folder, lambda name: tables.gather(kept, name), study)
    table = tables.analysis_table(this, kept, people)
    gate.judge_arms(this, kept, table)
    if table.is_empty():
        raise EmptyResult(_empty_message(attrition))
    this.progress("matching")
    arms = comparison.compare(table, study)
    _write_comparison(folder, arms)
    this.progress("analysis")
    found = analysis.analyse(
        table,
        arms.matched_rows(table),
        arms.score,
        study,
        lambda other: comparison.match_again(other, study),
    )
    for name, result in found.tables.items():
        result.write_csv(folder / f"{name}.csv")
    numbers = {
        "admissions": _admissions_read(attrition),
        "cohort": table.height,
        "exposed": int(table["exposed"].sum()),
        "pairs": arms.n_pairs,
        "lints": found.tables["lints"].height,
    }
    if not arms.n_pairs:
        raise EmptyResult(f"match: no matched pair: {arms.why_none}")
    return numbers


def _admissions_read(attrition: pl.DataFrame) -> int:
    """Admissions of all hospitals before the first criterion."""
    first = attrition.filter((pl.col("step") == 0) & (pl.col("hospital_id") == "all"))
    return int(first["admissions"][0])


def _empty_message(attrition: pl.DataFrame) -> str:
    """At which criterion the cohort became empty."""
    flow = attrition.filter(pl.col("hospital_id") == "all").sort("step")
    empty = flow.filter(pl.col("admissions") == 0).row(0, named=True)
    return (
        f"cohort: no admission is left after criterion {empty['criterion']!r} "
        f"({empty['excluded']} excluded there, {empty['excluded_not_measured']} of them not "
        "measured). Look at attrition.csv; mend the study file or the extract."
    )


def _write_comparison(folder: Path, arms: comparison.Comparison) -> None:
    arms.matched.write_parquet(folder / "matched.parquet")
    arms.balance.write_csv(folder / "balance.csv")
    arms.overlap.write_csv(folder / "overlap.csv")
    arms.positivity.write_csv(folder / "positivity.csv")
