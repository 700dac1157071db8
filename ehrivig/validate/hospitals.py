"""What only shows when the hospitals meet: the checks that no hospital can make alone.

Before the cohort: the set of hospitals, units against the other hospitals, drift against the
earlier run. After it: transfers counted twice, and quarantine that takes more from one arm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import codes, validate
from ehrivig.dataset import KEY
from ehrivig.runs.hospital import HospitalResult
from ehrivig.study import Study
from ehrivig.validate import Measurement, across, episodes

ALL = "all"


def before_cohort(
    study: Study,
    expected: Sequence[str],
    results: list[HospitalResult],
    unreadable: Sequence[str],
    before: list[Measurement],
) -> list[Measurement]:
    """Measurements over all hospitals that need no cohort.

    `expected`: the hospitals that the study file, or else the extract, names; `before`: what the
    run before measured, which drift is held against.
    """
    found = [*(result.hospital_id for result in results), *unreadable]
    measured = across.hospital_set(expected, found) + across.post_baseline(study)
    medians = pl.concat([_of(result, "lab_median") for result in results], how="vertical_relaxed")
    measured += across.unit_against_hospitals(medians, _factors())
    measured += across.transfers_seen(stays_of_known_persons(results))
    if before:
        now = [m for result in results for m in result.measurements]
        measured += across.drift(now, before)
    return measured


def expected_hospitals(study: Study, root: Path) -> tuple[str, ...]:
    """The hospitals that there should be: of the study file, or else of the extract's own list."""
    listed = root / "extract.json"
    if study.extract.hospitals or not listed.is_file():
        return study.extract.hospitals
    try:
        content = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    named = content.get("hospitals", ()) if isinstance(content, dict) else ()
    return tuple(str(name) for name in named) if isinstance(named, list) else ()


def _factors() -> dict[str, list[float]]:
    """Analyte -> the conversion factors of its units."""
    units = codes.list_frame("units", ("variable", "factor"))
    grouped = units.group_by("variable").agg(pl.col("factor").cast(pl.Float64))
    return {variable: list(factors) for variable, factors in grouped.iter_rows()}


def _of(result: HospitalResult, name: str) -> pl.DataFrame:
    """One small table that a hospital's gate left, with the hospital's id."""
    frame = pl.read_parquet(Path(result.folder) / "quality" / f"{name}.parquet")
    return frame.with_columns(pl.lit(result.hospital_id).alias("hospital_id"))


def stays_of_known_persons(results: list[HospitalResult]) -> pl.DataFrame:
    """Stays of persons with a network-wide id: hospital_id, admission_id, person_id, times."""
    parts = [_of(result, "known_person") for result in results]
    ids = pl.col("admission_id", "person_id").cast(pl.String)  # hospitals may differ in their type
    return pl.concat([part.with_columns(ids) for part in parts])


def after_cohort(
    study: Study,
    results: list[HospitalResult],
    stays: pl.DataFrame,
    scope: pl.DataFrame,
    dosing: pl.DataFrame,
    table: pl.DataFrame,
) -> list[Measurement]:
    """Measurements that need the cohort and its arms.

    `stays`: every admission that the gate let through; `scope`: KEY, n_rows that passed; `dosing`:
    KEY, n_administrations of the candidates; `table`: the analysis table (KEY, exposed).
    """
    return [
        *across.transfers_counted_twice(stays, table.select(KEY)),
        *episodes.death_known_elsewhere(stays, table),
        *episodes.exposed_after_transfer(stays, table, dosing),
        _arm_difference(study, results, scope, table),
    ]


def _arm_difference(
    study: Study, results: list[HospitalResult], scope: pl.DataFrame, table: pl.DataFrame
) -> Measurement:
    """Rows set aside, of the arm that lost the larger share; violated only beyond the limit."""
    arms = table.select(*KEY, "exposed")
    kept = _by_arm(arms, scope.group_by(KEY).agg(pl.col("n_rows").sum()))
    lost = _by_arm(arms, rejected_rows(results, arms.schema["admission_id"]))
    read = {arm: kept[arm] + lost[arm] for arm in (True, False)}
    limit = study.quality.arm_difference_points
    found = validate.arm_difference(lost[True], read[True], lost[False], read[False], limit)
    worse = found.share_exposed >= found.share_unexposed
    return Measurement(
        ALL,
        "study",
        "study.arm_difference",
        "block",
        lost[worse] if found.blocked else 0,
        read[worse],
    )


def _by_arm(arms: pl.DataFrame, counts: pl.DataFrame) -> dict[bool, int]:
    """Rows of the exposed and of the unexposed."""
    joined = arms.join(counts, on=KEY, how="left").with_columns(pl.col("n_rows").fill_null(0))
    return {
        arm: int(joined.filter(pl.col("exposed") == arm)["n_rows"].sum()) for arm in (True, False)
    }


def rejected_rows(results: list[HospitalResult], key: pl.DataType) -> pl.DataFrame:
    """Quarantined rows per admission: KEY and n_rows; ids in the type of the analysis table."""
    parts = [
        pl.DataFrame(schema={"hospital_id": pl.String, "admission_id": key, "n_rows": pl.Int64})
    ]
    for result in results:
        for path in sorted((Path(result.folder) / "quarantine").glob("*.parquet")):
            rows = pl.scan_parquet(path)
            if "admission_id" in rows.collect_schema().names():
                counted = rows.group_by("admission_id").agg(pl.len().cast(pl.Int64).alias("n_rows"))
                parts.append(
                    counted.select(
                        pl.lit(result.hospital_id).alias("hospital_id"),
                        pl.col("admission_id").cast(key, strict=False),
                        "n_rows",
                    ).collect()
                )
    return pl.concat(parts).group_by(KEY).agg(pl.col("n_rows").sum())
