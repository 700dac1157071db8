"""Cases of the native layout."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from mutations.patients import Frames

from .case import SAME_PEOPLE, Case, Change, empty, null, of_table, rows_of

IVIG = pl.col("drug_code") == "J06BA02"
IN_ML = IVIG & (pl.col("dose_unit") == "mL")
FIVE_PERCENT = IVIG & (pl.col("concentration_g_per_l") == 50)
EVERY_SECOND = pl.int_range(pl.len()) % 2 == 1
GRAMS = pl.col("dose") * pl.col("concentration_g_per_l") / 1000


def _text(flag: str) -> Change:
    """Results in the column of texts alone."""
    number = pl.col("value").round(4).cast(pl.String)
    text = pl.format(flag, number).alias("value_text")
    return of_table("lab", text, pl.lit(None).alias("value"))


def _called(name: str) -> Change:
    """Products of 50 g/L under a name, without a concentration of their rows."""
    return of_table(
        "medication",
        pl.lit(name).alias("drug_name"),
        *null("concentration_g_per_l"),
        where=FIVE_PERCENT,
    )


def _no_person_for_half(frames: Frames) -> Frames:
    blank = pl.when(EVERY_SECOND).then(pl.lit("")).otherwise(pl.col("person_id").cast(pl.String))
    return frames | {"patient": frames["patient"].with_columns(person_id=blank)}


def _with_stops(frame: pl.DataFrame) -> pl.DataFrame:
    """After each administration the event that it was stopped, without a dose."""
    stops = frame.with_columns(
        medication_id=pl.col("medication_id") + 1_000_000,
        dose=pl.lit(None, pl.Float64),
        dose_unit=pl.lit(None, pl.String),
        status=pl.lit("stopped"),
        started_at=pl.coalesce("stopped_at", pl.col("started_at") + timedelta(hours=1)),
        stopped_at=pl.lit(None, pl.Datetime("us")),
    )
    return pl.concat([frame, stops])


def _in_pieces(frame: pl.DataFrame) -> pl.DataFrame:
    """Each infusion of immunoglobulin in two pieces of half its dose, the first of 5 minutes."""
    cut = pl.col("started_at") + timedelta(minutes=5)
    whole = (IVIG & (pl.col("stopped_at") > cut)).fill_null(False)
    half = frame.filter(whole).with_columns(pl.col("dose") / 2)
    second = half.with_columns(started_at=cut, medication_id=pl.col("medication_id") + 1_000_000)
    return pl.concat([frame.filter(~whole), half.with_columns(stopped_at=cut), second])


def _charted_twice(frame: pl.DataFrame) -> pl.DataFrame:
    """Each infusion of immunoglobulin again, two minutes later, under another key."""
    again = frame.filter(IVIG & pl.col("stopped_at").is_not_null()).with_columns(
        started_at=pl.col("started_at") + timedelta(minutes=2),
        medication_id=pl.col("medication_id") + 1_000_000,
    )
    return pl.concat([frame, again])


def _of_two_systems(frame: pl.DataFrame) -> pl.DataFrame:
    """Each dose of immunoglobulin again, seven minutes later, of another order."""
    seven = timedelta(minutes=7)
    again = frame.filter(IVIG).with_columns(
        pl.col("started_at") + seven,
        pl.col("stopped_at") + seven,
        pl.col("medication_id") + 1_000_000,
        pl.col("order_id") + 1_000_000,
    )
    return pl.concat([frame, again])


def _in_two_rows(frames: Frames) -> Frames:
    """Each long stay ends after a day, and goes on as another one at once."""
    stays, cut = frames["admission"], pl.col("admitted_at") + timedelta(days=1)
    long = (pl.col("discharged_at") > cut + timedelta(days=1)).fill_null(False)
    ward = pl.when(long).then(pl.lit("transferred")).otherwise("discharge_status")
    first = stays.with_columns(
        pl.when(long).then(cut).otherwise("discharged_at").alias("discharged_at"),
        ward.alias("discharge_status"),
    )
    second = stays.filter(long).with_columns(pl.col("admission_id") + 1_000_000, admitted_at=cut)
    return frames | {"admission": pl.concat([first, second])}


def _one_jaundiced(frames: Frames) -> Frames:
    """61 bilirubins of one patient in a few hours, all very high."""
    lab = frames["lab"]
    first = lab.filter(pl.col("lab_code").is_in(["1975-2", "14631-6"])).head(1)
    again = pl.concat([first] * 61).with_row_index("number")
    later = pl.col("collected_at") + pl.duration(minutes=pl.col("number") * 7)
    many = again.with_columns(
        value=400.0 + pl.col("number"),
        unit=pl.lit("umol/L"),
        collected_at=later,
        resulted_at=later + timedelta(minutes=30),
    )
    return frames | {"lab": pl.concat([lab, many.select(lab.columns)])}


def _born_with_a_stay(frames: Frames) -> Frames:
    """Four patients were in hospital in 1967 as well."""
    stays = frames["admission"]
    early = stays.unique("patient_id", keep="first", maintain_order=True).head(4).with_columns(
        admission_id=pl.col("admission_id") + 1_000_000,
        admitted_at=pl.lit(datetime(1967, 3, 1, 10)),
        discharged_at=pl.lit(datetime(1967, 3, 9, 10)),
        discharge_status=pl.lit("alive"),
        symptom_onset_at=pl.lit(None, pl.Datetime("us")),
        age_years=pl.lit(None, pl.Float64),
    )  # fmt: skip
    return frames | {"admission": pl.concat([stays, early])}


def _without(*tables: str) -> Change:
    return lambda frames: {name: f for name, f in frames.items() if name not in tables}


def _words(table: str, column: str, words: dict[str, str]) -> Change:
    return of_table(table, pl.col(column).replace(words).alias(column))


NO_AMOUNT = "doses of the exposure without an amount in grams"
CASES = (
    Case("D1", "drugs by name", of_table("medication", *null("drug_code", "vocabulary"))),
    Case("D1", "drugs by name, '' else", of_table("medication", *empty("drug_code", "vocabulary"))),
    Case(
        "D1", "drugs by code", of_table("medication", *null("drug_name"), where=IVIG), SAME_PEOPLE
    ),
    Case("D2", "no key of administrations", of_table("medication", *null("medication_id"))),
    Case("D3", "no route", of_table("medication", *null("route"), where=IVIG)),
    Case(
        "D3", "route unknown", of_table("medication", pl.lit("unknown").alias("route"), where=IVIG)
    ),
    Case("D4", "diagnoses of no vocabulary", of_table("diagnosis", *null("vocabulary"))),
    Case("D4", "labs of no vocabulary", of_table("lab", *null("vocabulary"))),
    Case("D4", "labs of vocabulary ''", of_table("lab", *empty("vocabulary"))),
    Case("D5", "Died", _words("admission", "discharge_status", {"died": "Died", "alive": "Alive"})),
    Case("D5", "expired", _words("admission", "discharge_status", {"died": "expired"})),
    Case("D5", "Positive", of_table("pathogen_test", pl.col("result").str.to_titlecase())),
    Case("D5", "SPO2", of_table("vital", pl.col("vital_code").str.to_uppercase())),
    Case("D5", "M and F", _words("patient", "sex", {"male": "M", "female": "F"})),
    Case("D6", "person '' for half", _no_person_for_half),
    Case("D6", "no person for half", of_table("patient", *null("person_id"), where=EVERY_SECOND)),
    Case("D10", "results with H", _text("{} H")),
    Case("D10", "results with an arrow", _text("{}↑")),
    Case("D10", "results after a blank", _text(" {}")),
    Case(
        "D11",
        "grams a dose",
        of_table(
            "medication", GRAMS.alias("dose"), pl.lit("g/dose").alias("dose_unit"), where=IN_ML
        ),
    ),
    Case("D12", "a stop after each dose", rows_of("medication", _with_stops), SAME_PEOPLE),
    Case(
        "D11",
        "concentrations in g/dL",
        of_table(
            "medication", (pl.col("concentration_g_per_l") / 10).alias("concentration_g_per_l")
        ),
        "study.dose_against_hospitals",
        ("is in another unit than it says",),
        alone=True,
    ),
    Case(
        "D13",
        "no moment of admission",
        of_table("admission", *null("admitted_at")),
        "admission.admitted_at_present",
        ("186 of 186 (100.0%, limit 5.0%): admitted_at is empty. Fill it in the extract.",),
    ),
    Case(
        "D14",
        "three tables that others send",
        _without("score", "procedure", "finding"),
        SAME_PEOPLE,
    ),
    Case("D15", "infusions in pieces", rows_of("medication", _in_pieces), SAME_PEOPLE),
    Case("D15", "infusions charted twice", rows_of("medication", _charted_twice), SAME_PEOPLE),
    Case(
        "D15",
        "doses of two systems",
        rows_of("medication", _of_two_systems),
        "medication.charted_once",
        ("Two systems may have charted each dose",),
    ),
    Case(
        "D16",
        "discharge in 9999",
        of_table("admission", pl.lit(datetime(9999, 12, 31)).alias("discharged_at")),
        "admission.discharged_at_placeholder",
        ("a placeholder such as 9999-12-31",),
    ),
    Case("D17", "one jaundiced patient", _one_jaundiced, SAME_PEOPLE),
    Case(
        "D18",
        "stays in 1967",
        _born_with_a_stay,
        SAME_PEOPLE,
        ("have an earlier stay that the gate set aside",),
    ),
    Case(
        "D18",
        "episodes in two rows",
        _in_two_rows,
        "admission.one_episode",
        ("one episode in several rows",),
    ),
    Case(
        "D20",
        "doses after death",
        of_table("patient", pl.col("death_at") - timedelta(days=2)),
        "medication.started_at_after_death",
        ("more than 24 h after death",),
    ),
    Case(
        "D34",
        "no doses",
        of_table("medication", *null("dose"), where=IVIG),
        "medication.amount_known",
        (NO_AMOUNT,),
    ),
    Case(
        "D34", "mL/dose", of_table("medication", pl.lit("mL/dose").alias("dose_unit"), where=IN_ML)
    ),
    Case(
        "D38",
        "vials without a strength",
        of_table(
            "medication",
            pl.lit("vial").alias("dose_unit"),
            pl.lit("IVIG").alias("drug_name"),
            *null("strength_g", "concentration_g_per_l"),
            where=IVIG,
        ),
        "medication.exposure_left",
        (NO_AMOUNT, "a dose in vials of unknown strength"),
    ),
    Case("D39", "Flebogamma 5%", _called("Flebogamma 5%")),
    Case("D39", "Gammagard S/D 5%", _called("Gammagard S/D 5%")),
    Case("D39", "immune globulin 5%", _called("immune globulin (intravenous) 5%")),
    Case("D39", "5 g in 100 mL", _called("immune globulin (intravenous) 5 g/100 mL")),
)
