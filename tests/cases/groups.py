"""Whole groups of rows that a warehouse sends otherwise: half of a table, one arm, one sex."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
from mutations.patients import Frames

from .case import SAME_PEOPLE, Case, Change, null, of_table, rows_of

IVIG = pl.col("drug_code") == "J06BA02"
HALF = pl.col("admission_id") % 2 == 0
HALF_OF_PEOPLE = pl.col("patient_id") % 2 == 0
COVID = pl.col("code") == "U07.1"
WOMEN = pl.col("sex") == "female"
DEAD = pl.col("discharge_status") == "died"
EXPOSED = pl.col("exposed")
GERMAN = {"positive": "nachgewiesen", "negative": "nicht nachgewiesen"}
IN_PART = "next to nobody of one sex or age"
LESS_OFTEN = "far fewer have the other kind than at the other hospitals"


def _given(column: str, word: object, where: pl.Expr = HALF) -> Change:
    """A word in a column of the exposure's rows."""
    return of_table("medication", pl.lit(word).alias(column), where=IVIG & where)


def _tested(column: str, word: str | None) -> Change:
    """A word in a column of the tests of half of the stays."""
    return of_table("pathogen_test", pl.lit(word).alias(column), where=HALF)


def _coded(code: str, where: pl.Expr = HALF & COVID) -> Change:
    """Another code in the place of some."""
    return of_table("diagnosis", pl.lit(code).alias("code"), where=where)


def _born(day: date, share: pl.Expr = HALF_OF_PEOPLE) -> Change:
    """One birth date of some, where no age stands beside."""

    def change(frames: Frames) -> Frames:
        aged = of_table("admission", *null("age_years"))(frames)
        return of_table("patient", pl.lit(day).alias("birth_date"), where=share)(aged)

    return change


def _aged(years: float) -> Change:
    """One age of half of the stays, where no birth date stands beside."""

    def change(frames: Frames) -> Frames:
        unborn = of_table("patient", *null("birth_date"))(frames)
        return of_table("admission", pl.lit(years).alias("age_years"), where=HALF)(unborn)

    return change


def _without(table: str, who: pl.Expr) -> Change:
    """A table without the rows of some people."""

    def change(frames: Frames) -> Frames:
        treated = frames["medication"].filter(IVIG)["admission_id"].unique()
        stays = frames["admission"].join(frames["patient"], on="patient_id", how="left")
        exposed = stays.with_columns(exposed=pl.col("admission_id").is_in(treated.implode()))
        gone = exposed.filter(who)["admission_id"].implode()
        return frames | {table: frames[table].filter(~pl.col("admission_id").is_in(gone))}

    return change


def _later(hours: int, who: pl.Expr) -> Change:
    """Doses of the exposure so many hours later."""
    times = (pl.col(name) + timedelta(hours=hours) for name in ("started_at", "stopped_at"))
    return of_table("medication", *times, where=IVIG & who)


def _vitals_later(hours: int) -> Change:
    """Signs of half of the stays so many hours later."""
    later = pl.col("measured_at") + timedelta(hours=hours)
    return of_table("vital", later, where=HALF)


def _until(table: str, column: str) -> Change:
    """A table without what came in the last five weeks."""
    return rows_of(table, lambda frame: frame.filter(pl.col(column) < datetime(2020, 2, 25)))


_admitted_earlier = of_table("admission", pl.col("admitted_at") - timedelta(hours=8), where=HALF)


def _signs(code: str, value: float | None, share: pl.Expr = HALF) -> Change:
    """One value in the place of a sign of some stays; None: no row of it."""
    here = (pl.col("vital_code") == code) & share
    if value is None:
        return rows_of("vital", lambda frame: frame.filter(~here))
    return of_table("vital", pl.lit(value).alias("value"), where=here)


def _analyte(code: str, value: float | None) -> Change:
    """One value in the place of a result of half of the stays; None: no row of it."""
    here = (pl.col("lab_code") == code) & HALF
    if value is None:
        return rows_of("lab", lambda frame: frame.filter(~here))
    values = pl.lit(value).alias("value"), pl.lit(None).alias("value_text")
    return of_table("lab", *values, where=here)


def _without_doses(who: pl.Expr) -> Change:
    """No dose of the exposure of some people."""

    def change(frames: Frames) -> Frames:
        stays = frames["admission"].join(frames["patient"], on="patient_id", how="left")
        gone = stays.filter(who)["admission_id"].implode()
        kept = frames["medication"].filter(~(IVIG & pl.col("admission_id").is_in(gone)))
        return frames | {"medication": kept}

    return change


def _undated(share: pl.Expr) -> Change:
    """Some of the dead as alive, with no date of death."""

    def change(frames: Frames) -> Frames:
        hidden = frames["admission"].filter(DEAD & share)["patient_id"].implode()
        alive = pl.lit("alive").alias("discharge_status")
        stays = of_table("admission", alive, where=DEAD & share)(frames)
        return of_table("patient", *null("death_at"), where=pl.col("patient_id").is_in(hidden))(
            stays
        )

    return change


_every_second_dose = rows_of(
    "medication", lambda frame: frame.filter(~IVIG | (pl.int_range(pl.len()) % 2 == 0))
)


def _one_length(table: str, begin: str, end: str) -> Change:
    """One length of all stays."""
    return of_table(table, (pl.col(begin) + timedelta(days=9, minutes=11)).alias(end))


def _shifted(name: str) -> pl.Expr:
    """The values of a column, each of another row."""
    return pl.col(name).shift(37).fill_null(pl.col(name).first())


def _of_other_stays(table: str) -> Change:
    """Rows that name the stays of other rows."""
    return rows_of(table, lambda frame: frame.with_columns(pl.col("admission_id").shuffle(seed=1)))


def _beside_stays(frames: Frames, table: str) -> pl.DataFrame:
    moments = frames["admission"].select("admission_id", "admitted_at", "discharged_at")
    return frames[table].join(moments, on="admission_id", how="left", maintain_order="left")


def _all_at_admission(frames: Frames) -> Frames:
    """Every dose of the exposure begins with its stay."""
    begun = pl.when(IVIG).then("admitted_at").otherwise("started_at").alias("started_at")
    rows = _beside_stays(frames, "medication").with_columns(begun)
    return frames | {"medication": rows.select(frames["medication"].columns)}


def _at_discharge(frames: Frames) -> Frames:
    """Diagnoses of the moment of discharge."""
    rows = _beside_stays(frames, "diagnosis").with_columns(diagnosed_at="discharged_at")
    return frames | {"diagnosis": rows.select(frames["diagnosis"].columns)}


def _local(table: str, where: pl.Expr, word: str = "local") -> Change:
    """Codes of a vocabulary that says of them only that they are the hospital's own."""
    return of_table(table, pl.lit(word).alias("vocabulary"), where=where)


_other_sex = pl.col("sex").replace({"female": "male", "male": "female"})
_births = rows_of(
    "diagnosis",
    lambda frame: pl.concat(
        [frame, frame.unique("admission_id").with_columns(pl.lit("O80").alias("code"))]
    ),
)
_TALLER = "admission.height_of_sex"
ORDERED = "none was given, by status"
DENIED = "denies what drug_code or drug_name says"
NINES = "dose of nothing but nines"
CASES = (
    Case("orders", "exposure", _given("status", None), "medication.exposure_given", (ORDERED,)),
    Case("orders", "not given", _given("status", "not_given"), "medication.exposure_given"),
    Case("orders", "cancelled", _given("status", "cancelled"), "medication.exposure_given"),
    Case("route", "sc", _given("route", "sc"), "medication.exposure_route", (DENIED,)),
    Case("route", "po", _given("route", "po"), "medication.exposure_route", (DENIED,)),
    *(
        Case("product", code, _given("drug_code", code), "medication.exposure_products")
        for code in ("J06BA01", "J06BB04")
    ),
    Case("dose", "999", _given("dose", 999.0), "medication.dose_sentinel", (NINES,)),
    Case("dose", "9999", _given("dose", 9999.0), "medication.dose_sentinel", (NINES,)),
    Case("dose", "99", _given("dose", 99.0), "medication.dose_nines", ("99 in dose",)),
    Case(
        "organism",
        "unknown",
        _tested("organism_code", "unknown"),
        "pathogen_test.organism_code_present",
    ),
    *(
        Case("tests", what, _tested(column, word), "study.evidence_beside", (LESS_OFTEN,))
        for what, column, word in (
            ("a local organism", "organism_code", "VIR-17"),
            ("another virus", "organism_code", "influenza_a"),
            ("negative", "result", "negative"),
            ("not done", "result", "not_done"),
            ("antibodies", "method", "antibody"),
        )
    ),
    Case("codes", "suspected", _coded("Z03.8"), "diagnosis.ruled_out", ("code Z03",)),
    Case("codes", "suspected, of all", _coded("Z03.8", HALF), "diagnosis.ruled_out"),
    *(
        Case("codes", code, _coded(code), "study.evidence_beside", (LESS_OFTEN,))
        for code in ("Z20.8", "U07.2", "B34.2")
    ),
    Case("births", "in 1901", _born(date(1901, 1, 1)), "patient.birth_date_default"),
    Case("births", "of 110 years", _born(date(1901, 1, 1)), "admission.age_usual"),
    Case("births", "in 1970", _born(date(1970, 1, 1)), "patient.birth_date_default"),
    Case(
        "births",
        "in 1970 of a tenth",
        _born(date(1970, 1, 1), pl.col("patient_id") % 10 == 0),
        "patient.birth_date_default",
        ("stands for one that nobody knows",),
    ),
    Case("ages", "50", _aged(50.0), "admission.age_spike", ("one age of many stays",)),
    *(
        Case(who, table, _without(table, which), f"{table}.of_everybody", (IN_PART,))
        for who, which, tables in (
            ("women", WOMEN, ("diagnosis", "lab", "vital", "medication", "pathogen_test")),
            ("the old", pl.col("age_years") >= 65, ("lab", "vital", "medication")),
            ("the dead", DEAD, ("diagnosis", "lab", "vital", "medication", "score")),
            ("the exposed", EXPOSED, ("diagnosis", "lab", "vital", "respiratory_support")),
        )
        for table in tables
    ),
    *(
        Case("hours", f"{hours:+} of {name}", _later(hours, who), "medication.exposure_hours")
        for hours in (-8, 8)
        for name, who in (("half", HALF), ("all", pl.lit(True)))
    ),
    *(
        Case(
            "hours", f"{hours:+} of half of vital", _vitals_later(hours), "vital.begins_at_one_time"
        )
        for hours in (6, 8, 12)
    ),
    Case("hours", "-8 of half of admission", _admitted_earlier, "vital.begins_at_one_time"),
    Case("ends", "vital", _until("vital", "measured_at"), "vital.ends"),
    Case("ends", "medication", _until("medication", "started_at"), "medication.ends"),
    Case("harmless", "intensive care of the exposed", _without("icu_stay", ~EXPOSED), SAME_PEOPLE),
    *(
        Case("signs", f"no {code} of half", _signs(code, None), "vital.charted_for_all")
        for code in ("spo2", "respiratory_rate", "temperature", "sbp")
    ),
    *(
        Case("signs", f"{code} {value:g} of half", _signs(code, value), "vital.of_many_values")
        for code, value in (
            ("spo2", 100.0),
            ("respiratory_rate", 16.0),
            ("heart_rate", 80.0),
            ("temperature", 98.6),
            ("sbp", 120.0),
        )
    ),
    Case("results", "no creatinine of half", _analyte("14682-9", None), "lab.charted_for_all"),
    Case("results", "one creatinine of half", _analyte("14682-9", 80.0), "lab.of_many_values"),
    Case("results", "one D-dimer of half", _analyte("48065-7", 0.5), "lab.of_many_values"),
    Case("results", "one CRP of half", _analyte("1988-5", 5.0), "lab.of_many_values"),
    Case("results", "local codes of half", _local("lab", HALF)),
    Case("results", "another system of half", _local("lab", HALF, "LIS")),
    Case("drugs", "local codes of half", _local("medication", HALF)),
    Case("codes", "local codes of half", _local("diagnosis", HALF), "diagnosis.local_code"),
    Case(
        "scores",
        "one SOFA",
        of_table("score", pl.lit(3.0).alias("value"), where=pl.col("score_code") == "sofa"),
        "score.of_many_values",
    ),
    Case(
        "scores",
        "no SOFA of half",
        rows_of("score", lambda frame: frame.filter((pl.col("score_code") != "sofa") | HALF)),
        "score.charted_for_all",
    ),
    Case(
        "oxygen",
        "one device",
        of_table("respiratory_support", pl.lit("room_air").alias("device")),
        "respiratory_support.of_many_values",
    ),
    Case(
        "oxygen",
        "one FiO2",
        of_table("respiratory_support", pl.lit(0.21).alias("fio2")),
        "respiratory_support.of_many_values",
    ),
    Case(
        "oxygen",
        "no FiO2 of half",
        of_table("respiratory_support", *null("fio2"), where=HALF),
        "respiratory_support.charted_for_all",
    ),
    Case("sexes", "of half", of_table("patient", _other_sex, where=HALF_OF_PEOPLE), _TALLER),
    Case("sexes", "of all", of_table("patient", _other_sex), _TALLER),
    Case(
        "sexes",
        "all male",
        of_table("patient", pl.lit("male").alias("sex")),
        SAME_PEOPLE,
        ("Nearly all stays are of one sex",),
    ),
    Case("sexes", "of births", _births, "diagnosis.of_sex", ("of patients of the other",)),
    Case("deaths", "as alive", _undated(pl.lit(True)), "admission.deaths_recorded"),
    Case(
        "doses",
        "none of women",
        _without_doses(WOMEN),
        "medication.of_everybody",
    ),
    *(
        Case("bodies", what, of_table("admission", value, where=who), "admission.of_many_values")
        for what, value, who in (
            ("one weight", pl.lit(70.0).alias("weight_kg"), None),
            ("one weight of half", pl.lit(70.0).alias("weight_kg"), HALF),
            ("one height", pl.lit(170.0).alias("height_cm"), None),
            ("all smoke", pl.lit(True).alias("current_smoker"), None),
        )
    ),
    Case(
        "bodies",
        "nobody smokes",
        of_table("admission", pl.lit(False).alias("current_smoker")),
        SAME_PEOPLE,
        ("All stays with some have one value",),
    ),
    *(
        Case(
            "answers",
            f"all {answer} in {table}",
            of_table(table, pl.lit(answer).alias(column)),
            f"{table}.of_many_values",
        )
        for table, column, answer in (
            ("finding", "present", True),
            ("finding", "present", False),
            ("diagnosis", "present_on_admission", True),
            ("diagnosis", "present_on_admission", False),
            ("pathogen_test", "result", "positive"),
            ("pathogen_test", "specimen", "respiratory"),
        )
    ),
    Case(
        "lengths",
        "of stays",
        _one_length("admission", "admitted_at", "discharged_at"),
        "admission.of_many_values",
    ),
    Case(
        "lengths",
        "of ICU stays",
        _one_length("icu_stay", "started_at", "stopped_at"),
        "icu_stay.of_many_values",
    ),
    Case(
        "doses",
        "one of all",
        of_table(
            "medication", pl.lit(20.0).alias("dose"), pl.lit("g").alias("dose_unit"), where=IVIG
        ),
        "medication.of_many_values",
    ),
    Case("doses", "every second one", _every_second_dose, "medication.exposure_courses"),
    Case(
        "sexes",
        "half of the women as men",
        of_table("patient", pl.lit("male").alias("sex"), where=WOMEN & HALF_OF_PEOPLE),
        SAME_PEOPLE,
        ("Far fewer patients are of one sex",),
    ),
    *(
        Case(what, "exchanged", of_table(table, column), check)
        for what, table, column, check in (
            (
                "pressures",
                "vital",
                pl.col("vital_code").replace({"sbp": "dbp", "dbp": "sbp"}),
                "vital.systolic_above_diastolic",
            ),
            (
                "scores",
                "score",
                pl.col("score_code").replace({"sofa": "apache_ii", "apache_ii": "sofa"}),
                "score.apache_above_sofa",
            ),
            (
                "results",
                "pathogen_test",
                pl.col("result").replace({"positive": "negative", "negative": "positive"}),
                "pathogen_test.positive_first",
            ),
            (
                "answers of admission",
                "diagnosis",
                ~pl.col("present_on_admission"),
                "diagnosis.chronic_on_admission",
            ),
            (
                "smokers",
                "admission",
                ~pl.col("current_smoker"),
                "admission.of_many_values",
            ),
        )
    ),
    *(
        Case("other stays", table, _of_other_stays(table), check)
        for table, check in (
            ("diagnosis", "diagnosis.diagnosed_at_of_its_stay"),
            ("vital", "vital.measured_at_in_stay"),
        )
    ),
    Case(
        "other patients",
        "weights",
        rows_of("admission", lambda frame: frame.with_columns(_shifted("weight_kg"))),
        "admission.weight_of_height",
    ),
    Case("doses", "all at admission", _all_at_admission, "medication.exposure_not_duplicate"),
    Case(
        "oxygen",
        "FiO2 of room air",
        of_table("respiratory_support", pl.lit(0.21).alias("fio2"), where=HALF),
        "respiratory_support.fio2_of_device",
    ),
    *(
        Case("times", what, change, SAME_PEOPLE, (words,))
        for what, change, words in (
            (
                "of results without minutes",
                of_table("lab", pl.col("collected_at").dt.truncate("1h")),
                "collected_at are full hours",
            ),
            (
                "of onset at admission",
                of_table("admission", pl.col("admitted_at").alias("symptom_onset_at")),
                "symptom_onset_at is the moment of admission itself",
            ),
            (
                "of diagnoses at discharge",
                _at_discharge,
                "diagnosed_at is the moment of discharge",
            ),
        )
    ),
    Case("words", "German", of_table("pathogen_test", pl.col("result").replace(GERMAN))),
    Case("words", "CIM-10", of_table("diagnosis", pl.lit("CIM-10").alias("vocabulary"))),
)
