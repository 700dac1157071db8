"""The cohort of all hospitals: who meets every criterion, with an attrition row for each."""

from __future__ import annotations

import polars as pl

from ehrivig.dataset import KEY
from ehrivig.study import Study
from ehrivig.study.registries import CRITERIA

ATTRITION_SCHEMA = {
    "step": pl.Int64,
    "criterion": pl.String,
    "label": pl.String,
    "hospital_id": pl.String,
    "patients": pl.Int64,
    "admissions": pl.Int64,
    "excluded": pl.Int64,
    "excluded_not_measured": pl.Int64,
}


def select(
    screened: pl.DataFrame | pl.LazyFrame, criterion: pl.DataFrame | pl.LazyFrame, study: Study
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cohort (rows of `screened` that meet every criterion in order) and its attrition.

    `screened`: one row per admission of every hospital; `criterion`: hospital_id, name,
    admission_id, met. Order of rows and of hospitals does not matter. An empty cohort keeps its
    columns. Of the admissions only keys are in memory, all columns of the cohort alone.
    """
    every, verdicts = screened.lazy(), criterion.lazy()
    left = every.select(*KEY, "person_id", "admitted_at").collect()
    nobody = left.head(0)
    steps = [_count(0, "read", "Admissions that the gate let through", left, left, nobody)]
    for number, rule in enumerate(study.cohort.criteria, start=1):
        if CRITERIA[rule.rule].network:
            met, unmeasured = _first_of_person(left), nobody
        else:
            judged = verdicts.filter(pl.col("name") == rule.name).select(*KEY, "met")
            known = judged.collect()
            met = left.join(known.filter("met"), on=KEY, how="semi")
            unknown = known.filter(pl.col("met").is_null())
            unmeasured = left.join(unknown, on=KEY, how="semi")
        steps.append(_count(number, rule.name, rule.label, left, met, unmeasured))
        left = met
    people = every.join(left.lazy().select(KEY), on=KEY, how="semi").collect()
    return people.sort(*KEY), pl.concat(steps)


def of_known_exposure(
    people: pl.DataFrame, attrition: pl.DataFrame, dosing: pl.DataFrame, study: Study
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cohort without whom nobody knows to be exposed or not, and its attrition.

    A last step of attrition says how many they are; where all are known there is none.
    `dosing`: hospital_id, admission_id, <exposure>_any of the candidates.
    """
    answer = dosing.select(*KEY, pl.col(f"{study.exposure.name}_any").alias("answer"))
    asked = people.join(answer, on=KEY, how="left", maintain_order="left")
    unknown = asked.filter(pl.col("answer").is_null()).drop("answer")
    if unknown.is_empty():
        return people, attrition
    known = asked.filter(pl.col("answer").is_not_null()).drop("answer")
    label = f"Known to be exposed to {study.exposure.label}, or not"
    last = int(attrition["step"].max()) + 1  # type: ignore[arg-type]
    step = _count(last, "exposure_known", label, people, known, unknown)
    return known, pl.concat([attrition, step])


def _first_of_person(admissions: pl.DataFrame) -> pl.DataFrame:
    """The earliest admission of each person; ties by hospital and admission id."""
    return admissions.sort("admitted_at", *KEY).unique(
        "person_id", keep="first", maintain_order=True
    )


def of_unknown_order(people: pl.DataFrame, screened: pl.LazyFrame) -> int:
    """Persons of a cohort with another stay that may have come first: no order tells which did.

    `screened`: every admission, of which those of one moment are of unknown order.
    """
    others = (pl.col(name).alias(f"other_{name}") for name in KEY)
    other = screened.select(*others, "person_id", "admitted_at")
    tied = people.lazy().join(other, on=["person_id", "admitted_at"])
    same = pl.all_horizontal(pl.col(name) == pl.col(f"other_{name}") for name in KEY)
    return int(tied.filter(~same).select(pl.col("person_id").n_unique()).collect().item())


def _count(
    step: int,
    name: str,
    label: str,
    before: pl.DataFrame,
    after: pl.DataFrame,
    unmeasured: pl.DataFrame,
) -> pl.DataFrame:
    """One attrition row per hospital and one for all of them ("all")."""
    had, kept, unknown = (_admissions(frame) for frame in (before, after, unmeasured))
    rows = [
        {
            "step": step,
            "criterion": name,
            "label": label,
            "hospital_id": hospital,
            "patients": kept.get(hospital, _NOBODY)[1],
            "admissions": kept.get(hospital, _NOBODY)[0],
            "excluded": had[hospital][0] - kept.get(hospital, _NOBODY)[0],
            "excluded_not_measured": unknown.get(hospital, _NOBODY)[0],
        }
        for hospital in [*sorted(set(had) - {"all"}), "all"]
    ]
    return pl.DataFrame(rows, schema=ATTRITION_SCHEMA)


_NOBODY = (0, 0)


def _admissions(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital (and "all") -> its admissions, and its persons."""
    persons = pl.col("person_id").n_unique().alias("persons")
    found = frame.group_by("hospital_id").agg(pl.len(), persons)
    by_hospital = {hospital: (n, persons) for hospital, n, persons in found.iter_rows()}
    return {**by_hospital, "all": (frame.height, frame["person_id"].n_unique())}


def admissions_read(attrition: pl.DataFrame) -> int:
    """Admissions of all hospitals before the first criterion."""
    first = attrition.filter((pl.col("step") == 0) & (pl.col("hospital_id") == "all"))
    return int(first["admissions"][0])


def empty_message(attrition: pl.DataFrame) -> str:
    """At which criterion the cohort became empty."""
    flow = attrition.filter(pl.col("hospital_id") == "all").sort("step")
    empty = flow.filter(pl.col("admissions") == 0).row(0, named=True)
    return (
        f"cohort: no admission is left after criterion {empty['criterion']!r} "
        f"({empty['excluded']:,} excluded there, {empty['excluded_not_measured']:,} of them not "
        "measured). Look at attrition.csv; mend the study file or the extract."
    )
