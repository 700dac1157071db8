"""Cases of the OMOP layout."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from mutations.patients import Frames

from .case import SAME_ANSWERS, SAME_PEOPLE, Case, Change, null, of_table, rows_of

OTHER_VISIT = 5_000_000
CREATININE = 3016723


def _zero(table: str, *names: str) -> Change:
    """The concept or key 0, of nothing."""
    return of_table(table, *(pl.lit(0).alias(name) for name in names))


def _route_in_words(word: str) -> Change:
    def changed(frame: pl.DataFrame) -> pl.DataFrame:
        none = pl.lit(0, pl.Int32).alias("route_concept_id")
        return frame.with_columns(none, route_source_value=pl.lit(word))

    return lambda frames: frames | {"drug_exposure": changed(frames["drug_exposure"])}


def _codes_as_text(prefix: str) -> Change:
    code = pl.lit(prefix) + pl.col("condition_source_value")
    nothing = pl.lit(0).alias("condition_source_concept_id")
    return of_table("condition_occurrence", code.alias("condition_source_value"), nothing)


def _nobody_knows_who_died(frames: Frames) -> Frames:
    nowhere = pl.lit(0, pl.Int32).alias("discharged_to_concept_id")
    visits = frames["visit_occurrence"].with_columns(nowhere)
    return frames | {"death": frames["death"].head(0), "visit_occurrence": visits}


def _two_deaths(frame: pl.DataFrame) -> pl.DataFrame:
    """Each death again, a day later."""
    a_day = (pl.col(name).dt.offset_by("1d") for name in ("death_date", "death_datetime"))
    return pl.concat([frame, frame.with_columns(*a_day)])


def _creatinine_of_an_outpatient_visit(frames: Frames) -> Frames:
    """The creatinines belong to outpatient visits of an hour within the stays."""
    visits, results = frames["visit_occurrence"], frames["measurement"]
    hours = (pl.col("visit_start_datetime") + timedelta(hours=n) for n in (1, 2))
    begin, end = hours
    seen = visits.with_columns(
        pl.col("visit_occurrence_id") + OTHER_VISIT,
        visit_concept_id=pl.lit(9202, pl.Int32),
        visit_start_datetime=begin,
        visit_end_datetime=end,
        visit_end_date=pl.col("visit_start_date"),
    )
    visit = pl.col("visit_occurrence_id")
    of_it = pl.when(pl.col("measurement_concept_id") == CREATININE).then(visit + OTHER_VISIT)
    return frames | {
        "visit_occurrence": pl.concat([visits, seen]),
        "measurement": results.with_columns(visit_occurrence_id=of_it.otherwise(visit)),
    }


MIDNIGHT = pl.col("visit_end_datetime").dt.truncate("1d")
CASES = (
    Case("D25", "routes by the product", _zero("drug_exposure", "route_concept_id")),
    Case("D25", "route IVPB", _route_in_words("IVPB")),
    Case("D25", "route IV infusion", _route_in_words("IV infusion")),
    Case("D26", "codes in the source value", _codes_as_text("")),
    Case("D26", "ICD10CM: before codes", _codes_as_text("ICD10CM:")),
    Case(
        "D27",
        "days of measurements",
        of_table("measurement", *null("measurement_datetime")),
        SAME_PEOPLE,
        ("dates without a time of day",),
    ),
    Case(
        "D27",
        "stays that end at midnight",
        of_table("visit_occurrence", MIDNIGHT.alias("visit_end_datetime")),
        SAME_PEOPLE,
        ("ends of visits (visit_end_datetime) without a time of day",),
    ),
    Case(
        "D28",
        "nobody knows who died",
        _nobody_knows_who_died,
        SAME_PEOPLE,
        ("nobody knows how the stay ended: discharge_status is empty or unknown",),
        alone=True,
    ),
    Case(
        "D29",
        "two deaths a day apart",
        rows_of("death", _two_deaths),
        SAME_ANSWERS,
        ("several dates of death (death_date) of one person",),
    ),
    Case("D30", "visit 0 of measurements", _zero("measurement", "visit_occurrence_id")),
    Case("D30", "visit 0 of drugs", _zero("drug_exposure", "visit_occurrence_id")),
    Case("D30", "creatinine of another visit", _creatinine_of_an_outpatient_visit, SAME_PEOPLE),
    Case(
        "D30",
        "drugs of other people",
        rows_of(
            "drug_exposure",
            lambda frame: frame.with_columns(pl.col("person_id").shift(40, fill_value=1)),
        ),
        "admission.person_of_visit",
        ("another than that of the visit",),
    ),
    Case(
        "D34",
        "no quantity",
        of_table("drug_exposure", *null("quantity")),
        "medication.amount_known",
        ("doses of the exposure without an amount in grams",),
    ),
)
