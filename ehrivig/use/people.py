"""Use of the exposure drug by every admission that the gate let through, not only by the cohort.

A hospital leaves its courses with their indication and its dose days (`prepare`); when the
hospitals meet, a person is one in all of them, and use and regimens are counted (`write`). Tables
with a row per course or person are Parquet; the CSV beside them holds counts only, small cells
suppressed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from ehrivig.database import Database
from ehrivig.features import courses, dosing
from ehrivig.study import Exposure, Study
from ehrivig.use import indication
from ehrivig.use.adherence import adherence_tables
from ehrivig.use.utilisation import guarded, utilisation

_WHO = "SELECT *, admitted_at AS time_zero FROM screened"
_GIVEN = "given_"
_BEFORE_ANY_STAY = -1e6
"""Hours: doses count from here on, for use has no time zero; they end with the stay."""
Gather = Callable[[str], pl.DataFrame]
Keep = Callable[[pl.DataFrame, str], int]


def prepare(db: Database, study: Study, folder: Path, keep: Keep) -> int:
    """Keep tables `course` and `dose_day` of some hospitals; how many courses there are.

    `keep` is given a table and its name; `folder` is a place for what is needed meanwhile. Nothing
    for a study without the sections. Reads `medication`, `diagnosis`, `admission`, `screened`.
    """
    n_courses = 0
    if study.utilisation is not None:
        n_courses = keep(_courses(db, study, folder), "course")
    if study.regimen is not None:
        days = [_dose_days(db, study, drug, folder) for drug in study.regimen.drugs]
        keep(pl.concat(days), "dose_day")
    for path in folder.glob(f"{_GIVEN}*.parquet"):
        path.unlink()
    return n_courses


def write(folder: Path, gather: Gather, study: Study) -> list[str]:
    """Write the tables of use of a run; their names. `gather` gives one table of all hospitals."""
    tables: dict[str, pl.DataFrame] = {}
    if study.utilisation is not None:
        tables |= _of_courses(gather("course"), study)
    if study.regimen is not None:
        tables |= _of_regimens(gather("dose_day"), gather("screened"), study)
    for name, table in tables.items():
        if name.endswith(".parquet"):
            table.write_parquet(folder / name)
        else:
            table.write_csv(folder / name)
    return list(tables)


def _courses(db: Database, study: Study, folder: Path) -> pl.DataFrame:
    """One row per course of the exposure drug, with its most likely indication."""
    plan = study.utilisation
    assert plan is not None
    who = db.frame(
        "SELECT hospital_id, admission_id, patient_id, person_id, age_years, weight_kg "
        "FROM screened"
    )
    given, exposure = _given(db, study.exposure, folder)
    found = courses.courses(given, who.lazy(), exposure).collect()
    person = who.select("admission_id", "person_id", "age_years")
    found = found.join(person, on="admission_id", how="left", maintain_order="left")
    rule = indication.Rule(plan.days_before, plan.days_after)
    listed = indication.code_list(study.lists)
    coded = indication.diagnoses(db, listed)
    return indication.assign(found, coded, listed, rule).drop("age_years")


def _dose_days(db: Database, study: Study, drug: str, folder: Path) -> pl.DataFrame:
    """One row per admission and day with a dose of one drug of the regimens, by vein."""
    plan = study.exposure
    if plan.codelist != drug:
        plan = plan.model_copy(update={"codelist": drug, "routes": ("iv",)})
    given, exposure = _given(db, plan, folder)
    days = courses.daily_doses(given, exposure).with_columns(pl.lit(drug).alias("drug")).collect()
    return days.select("admission_id", "drug", "day", "dose_g", "complete", "product_type")


def _given(db: Database, exposure: Exposure, folder: Path) -> tuple[pl.LazyFrame, Exposure]:
    """The administrations of a drug to everybody, and the exposure that takes all of them."""
    path = folder / f"{_GIVEN}{exposure.codelist}.parquet"
    if not path.exists():
        dosing.given_to(db, exposure, _WHO, path)
    wide = {"start_hours": _BEFORE_ANY_STAY, "end_hours": None}
    return pl.scan_parquet(path), exposure.model_copy(update=wide)


def _of_courses(found: pl.DataFrame, study: Study) -> dict[str, pl.DataFrame]:
    """courses.parquet, utilisation.csv and indications.csv."""
    plan = study.utilisation
    assert plan is not None
    counted = utilisation(
        found,
        smallest_cell=study.report.smallest_cell,
        price_per_g=plan.price_per_g,
        dimensions=plan.by,
    )
    tables = {
        "courses.parquet": found.sort("hospital_id", "admission_id", "course"),
        "utilisation.csv": counted,
    }
    if "indication" in plan.by:
        listed = indication.code_list(study.lists)
        tables["indications.csv"] = _indications(found, counted, listed)
    return tables


def _indications(found: pl.DataFrame, counted: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """One row per indication: its label, class, counts as the utilisation shows them, the rule."""
    named = found.select(
        pl.col("indication").fill_null(indication.NONE_FOUND),
        pl.col("indication_label").fill_null("no listed diagnosis near the course"),
        "indication_class",
        "indication_rule",
    ).unique()
    rows = counted.filter(pl.col("dimension") == "indication").rename({"level": "indication"})
    shown = ("indication", "courses", "patients", "suppressed")
    order = indication.rank(pl.col("indication_class"), listed)
    return (
        rows.select(shown)
        .join(named, on="indication", how="left")
        .sort(order, "indication")
        .select("indication", "indication_label", "indication_class", *shown[1:], "indication_rule")
    )


def _of_regimens(days: pl.DataFrame, stays: pl.DataFrame, study: Study) -> dict[str, pl.DataFrame]:
    """regimens.parquet, regimen_cycles.parquet, and their counts as CSV."""
    plan, smallest = study.regimen, study.report.smallest_cell
    assert plan is not None
    key = ["hospital_id", "admission_id"]
    known = stays.select(*key, "person_id", "admitted_at")
    series = days.join(known, on=key, how="inner").sort("person_id", "day", "drug", *key)
    people = _people(series, stays, study)
    verdicts, cycles = [], []
    judged = study.exposure.codelist
    for regimen in plan.regimens:
        said, seen = adherence_tables(series, people, regimen, "person_id", judged)
        verdicts.append(said)
        cycles.append(seen.with_columns(regimen=pl.lit(regimen.name)))
    by_person, by_cycle = pl.concat(verdicts), pl.concat(cycles)
    reason = pl.coalesce("first_deviation", "reason")
    return {
        "regimens.parquet": by_person,
        "regimen_cycles.parquet": by_cycle.select("regimen", pl.exclude("regimen")),
        "regimens.csv": _counted(
            by_person.with_columns(reason=reason), ["regimen"], ["verdict", "reason"], smallest
        ).rename({"n": "persons"}),
        "regimen_cycles.csv": _counted(
            by_cycle, ["regimen", "drug", "number"], ["finding"], smallest
        ).rename({"n": "cycles"}),
    }


def _people(series: pl.DataFrame, stays: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Who is judged: persons with a dose of the exposure drug, and what their doses are judged by.

    Weight, height and onset are those of the first admission with a dose. Doses are seen from the
    first admission of the extract to its date (without one, its last discharge), or to death.
    """
    first = (
        series.filter(pl.col("drug") == study.exposure.codelist)
        .sort("day", "admitted_at", "hospital_id", "admission_id")
        .unique("person_id", keep="first", maintain_order=True)
        .select("hospital_id", "admission_id")
    )
    end = pl.lit(study.extract.extract_date, pl.Date)
    last = stays.select(pl.max_horizontal("discharged_at", "admitted_at").max()).item()
    until = pl.coalesce(end, pl.lit(last).cast(pl.Date))
    since = pl.lit(stays["admitted_at"].min()).cast(pl.Date)
    return (
        stays.join(first, on=["hospital_id", "admission_id"], how="semi")
        .select(
            "person_id",
            "weight_kg",
            "height_cm",
            pl.col("symptom_onset_at").dt.date().alias("onset_on"),
            since.alias("observed_from"),
            pl.min_horizontal(until, pl.col("death_at").dt.date()).alias("observed_until"),
        )
        .sort("person_id")
    )


def _counted(rows: pl.DataFrame, group: list[str], parts: list[str], smallest: int) -> pl.DataFrame:
    """How many rows each part of a group has: `n`, null where `suppressed`."""
    counts = rows.group_by(*group, *parts).agg(pl.len().cast(pl.Int64).alias("n"))
    counts = counts.sort(*group, *parts, nulls_last=False)
    pieces = [
        piece.with_columns(suppressed=guarded(piece["n"].to_list(), smallest, alone=False))
        for piece in counts.partition_by(*group, maintain_order=True)
    ]
    if not pieces:
        return counts.with_columns(suppressed=pl.lit(False))
    shown = pl.when(~pl.col("suppressed")).then(pl.col("n")).alias("n")
    return pl.concat(pieces).with_columns(shown)
