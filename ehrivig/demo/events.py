"""The tables of stays, diagnoses, findings, scores, procedures and RNA tests."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.demo import margins
from ehrivig.demo.margins import Flags, Floats, Ints
from ehrivig.demo.rows import clock, coded, numbers, table, within
from ehrivig.demo.sites import Part, Site

DAY = 1440
_COMORBIDITY = {
    "copd": "J44.9",
    "diabetes": "E11.9",
    "hypertension": "I10",
    "ischaemic": "I25.1",
    "heart_failure": "I50.9",
    "chronic_kidney_disease": "N18.4",
    "cirrhosis": "K74.6",
    "hepatitis": "K73.9",
    "stroke": "I69.4",
    "malignancy": "C34.9",
    "immunosuppression": "D84.9",
    "tuberculosis": "A15.0",
}
_COURSE = {
    "ards": "J80",
    "dic": "D65",
    "myocardial_injury": "I5A",
    "acute_hepatic_injury": "K72.0",
    "shock": "R57.9",
    "acute_kidney_injury": "N17.9",
}
_LATE_FROM = int(np.datetime64("2020-06-10", "m").astype(np.int64))
_LATE_TO = int(np.datetime64("2020-06-29", "m").astype(np.int64))
_DIE_LATE = 0.05  # assumed: of those who went home, within three months
_PRIMARY = ("J18.9", "U07.1")


def hospital(site: Site) -> pl.DataFrame:
    """Table hospital: its one row."""
    return pl.DataFrame(
        {
            "hospital_name": [f"Demo hospital {site.hospital_id} (synthetic)"],
            "timezone": ["Asia/Shanghai"],
            "country": ["CN"],
        }
    )


def patient(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table patient: one row per patient of the block; death_at null when alive.

    As in a register, some die weeks after they have left: after every follow-up of 28 days.
    """
    deaths = pl.col("death").filter(pl.col("death") >= 0).max().fill_null(-1).alias("death")
    home = (pl.col("status") == "alive").all() & (pl.col("ended").max() < _LATE_FROM)
    first = stays.group_by("patient_id", maintain_order=True).agg(
        pl.col("person", "male", "birth_day").first(), deaths, home.alias("home")
    )
    late = part.rng("late deaths")
    drawn = pl.Series(late.integers(_LATE_FROM, _LATE_TO, first.height))
    dies = pl.Series(late.random(first.height) < _DIE_LATE)
    first = first.with_columns(
        pl.when((pl.col("death") < 0) & pl.col("home") & dies)
        .then(drawn)
        .otherwise("death")
        .alias("death")
    )
    birth = first["birth_day"].to_numpy().astype(np.int32)
    return table(
        {
            "patient_id": first["patient_id"],
            "person_id": first["person"],
            "sex": coded(numbers(first, "male").astype(np.uint32), ["female", "male"]),
            "birth_date": pl.Series(birth, dtype=pl.Int32).cast(pl.Date),
            "death_at": clock(numbers(first, "death")),
        }
    )


def full_years(stays: pl.DataFrame) -> Ints:
    """Age in full years at admission, by the calendar."""
    born = numbers(stays, "birth_day").astype("datetime64[D]")
    day = (numbers(stays, "admitted") // DAY).astype("datetime64[D]")
    years = day.astype("datetime64[Y]").astype(int) - born.astype("datetime64[Y]").astype(int)

    def in_year(date: Ints) -> Ints:
        month = date.astype("datetime64[M]")
        return np.asarray(month.astype(int) % 12 * 31 + (date - month).astype(int))

    return np.asarray(years - (in_year(day) < in_year(born)))


def admission(part: Part, stays: pl.DataFrame, without_weight: float) -> pl.DataFrame:
    """Table admission; a proportion `without_weight` has no weight, 3% no date of onset."""
    rng = part.rng("admission")
    n = stays.height
    weight = np.where(rng.random(n) < without_weight, np.nan, numbers(stays, "weight_kg"))
    unknown = (rng.random(n) < 0.03) | numbers(stays, "readmitted")
    onset = np.where(unknown, -1, numbers(stays, "onset"))
    status = stays["status"].cast(pl.Enum(["alive", "died", "transferred"]))
    return table(
        {
            "admission_id": stays["admission_id"],
            "patient_id": stays["patient_id"],
            "admitted_at": clock(numbers(stays, "admitted")),
            "discharged_at": clock(numbers(stays, "ended")),
            "discharge_status": status,
            "symptom_onset_at": clock(onset),
            "age_years": full_years(stays).astype(np.float64),
            "weight_kg": pl.Series(weight).fill_nan(None),
            "height_cm": stays["height_cm"],
            "current_smoker": stays["smoking"],
        }
    )


def diagnosis(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table diagnosis: the main one, comorbidities on admission, complications during the stay."""
    rng = part.rng("diagnosis")
    n = stays.height
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    coronary = rng.random(n) < 0.6
    present = {name: numbers(stays, name) for name in _COMORBIDITY if name in stays.columns}
    present["ischaemic"] = numbers(stays, "chronic_cardiac_disease") & coronary
    present["heart_failure"] = numbers(stays, "chronic_cardiac_disease") & ~coronary
    present["hepatitis"] = numbers(stays, "chronic_liver_disease") & ~present["cirrhosis"]
    always = np.ones(n, dtype=np.bool_)
    courses = [numbers(stays, name) for name in _COURSE]
    chosen = np.column_stack([always, *(present[name] for name in _COMORBIDITY), *courses])
    row, kind = np.nonzero(chosen)
    codes = (*_PRIMARY, *_COMORBIDITY.values(), *_COURSE.values())
    later = kind > len(_COMORBIDITY)
    proportion = rng.uniform(0.15, 0.9, len(row))
    offset = np.where(
        later, proportion * length[row], within(40 + 100 * proportion, length[row], 0.1)
    )
    code = np.where(kind == 0, numbers(stays, "coded")[row], kind + 1)
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "code": coded(code, codes),
            "vocabulary": coded(np.zeros(len(row), dtype=np.uint32), ["ICD10"]),
            "present_on_admission": ~later,
            "diagnosed_at": clock(numbers(stays, "admitted")[row] + offset.astype(np.int64)),
        }
    )


def icu_stay(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table icu_stay: one stay for severe patients with ventilation, shock, CRRT or SOFA >= 5."""
    rng = part.rng("icu")
    needs = ("invasive_ventilation", "non_invasive_ventilation", "shock", "crrt", "ecmo")
    sick = stays.filter(pl.col("severe") & (pl.any_horizontal(needs) | (pl.col("sofa") >= 5)))
    length = numbers(sick, "ended") - numbers(sick, "admitted")
    start = within(numbers(sick, "qualified") + rng.uniform(30, 600, sick.height), length, 0.6)
    stop = start + (rng.uniform(0.3, 0.8, sick.height) * (length - start)).astype(np.int64)
    stop = np.where(numbers(sick, "status") == "died", length, stop)
    return _intervals(sick, start, stop)


def _intervals(stays: pl.DataFrame, start: Ints, stop: Ints) -> pl.DataFrame:
    """Admission and interval, from minutes after admission."""
    admitted = numbers(stays, "admitted")
    return table(
        {
            "admission_id": stays["admission_id"],
            "started_at": clock(admitted + start),
            "stopped_at": clock(admitted + stop),
        }
    )


def procedure(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table procedure: prone position, CRRT, ECMO, one interval each."""
    rng = part.rng("procedure")
    frames = []
    names = ["prone_position", "crrt", "ecmo"]
    for number, name in enumerate(names):
        chosen = stays.filter(pl.col(name))
        length = numbers(chosen, "ended") - numbers(chosen, "admitted")
        start = (rng.uniform(0.15, 0.6, chosen.height) * length).astype(np.int64)
        stop = start + (rng.uniform(0.1, 0.9, chosen.height) * (length - start)).astype(np.int64)
        frame = _intervals(chosen, start, stop)
        code = coded(np.full(chosen.height, number), names).alias("procedure_code")
        frames.append(frame.insert_column(1, code))
    return pl.concat(frames).sort("admission_id", "started_at", maintain_order=True)


def score(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table score: APACHE II and SOFA on the first day."""
    rng = part.rng("score")
    n = stays.height
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    value = np.column_stack([numbers(stays, "apache_ii"), numbers(stays, "sofa")])
    minutes = within(rng.uniform(60, 1200, n), length, 0.5) + numbers(stays, "admitted")
    return table(
        {
            "admission_id": numbers(stays, "admission_id").repeat(2),
            "score_code": coded(np.tile(np.arange(2), n), ["apache_ii", "sofa"]),
            "value": value.ravel().astype(np.float64),
            "scored_at": clock(minutes.repeat(2)),
        }
    )


def finding(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table finding: present or absent on admission; no row where it was not recorded."""
    rng = part.rng("finding")
    names = list(margins.FINDINGS)
    known = np.column_stack([numbers(stays, f"{name}_known") for name in names])
    present = np.column_stack([numbers(stays, name) for name in names])
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    offset = within(rng.uniform(10, 300, stays.height), length, 0.3)
    row, column = np.nonzero(known)
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "finding_code": coded(column, names),
            "present": present[row, column],
            "observed_at": clock((numbers(stays, "admitted") + offset)[row]),
        }
    )


def pathogen_test(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table pathogen_test: serial respiratory RNA tests, some stool and antibody tests.

    Confirmed patients are positive first and, most of those who leave alive, negative at the last
    two tests, more than 24 h apart. All others are negative throughout.
    """
    rng = part.rng("tests")
    n = stays.height
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    first = within(rng.uniform(30, 600, n), length, 0.2)
    gap = np.maximum(1.2 * DAY, (length - first - 120) / 4)
    minutes = (first[:, None] + gap[:, None] * np.arange(5)).astype(np.int64)
    taken = minutes < (length - 30)[:, None]
    taken[:, 0] = True
    last = taken.sum(axis=1) - 1
    cleared = rng.random(n) < np.where(numbers(stays, "status") == "died", 0.25, 0.9)
    cleared &= last >= 2  # a positive test and two negative ones
    turn = np.where(cleared, np.maximum(last - 1 - rng.integers(0, 2, n), 1), 99)
    positive = numbers(stays, "rna_positive")[:, None] & (np.arange(5) < turn[:, None])
    row, moment = np.nonzero(taken)
    rna = _tests(stays, row, minutes[row, moment], positive[row, moment], 0)
    some = [np.flatnonzero(rng.random(n) < 0.1), np.flatnonzero(rng.random(n) < 0.08)]
    extra = [
        _tests(stays, chosen, first[chosen] + 20, _extra_result(stays, chosen, kind, rng), kind)
        for kind, chosen in enumerate(some, start=1)
    ]
    return pl.concat([rna, *extra]).sort("admission_id", "collected_at", maintain_order=True)


def _extra_result(stays: pl.DataFrame, row: Ints, kind: int, rng: np.random.Generator) -> Flags:
    """Stool RNA agrees with the swab half the time; antibodies say nothing about infection now."""
    u: Floats = rng.random(len(row))
    return np.asarray(numbers(stays, "rna_positive")[row] & (u < 0.5) if kind == 1 else u < 0.4)


def _tests(
    stays: pl.DataFrame, row: Ints, minutes: Ints, positive: Flags, kind: int
) -> pl.DataFrame:
    """Rows of one kind: 0 respiratory RNA, 1 stool RNA, 2 blood antibody."""
    n = len(row)
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "organism_code": coded(np.zeros(n, dtype=np.uint32), ["sars_cov_2"]),
            "method": coded(np.full(n, int(kind == 2)), ["rna", "antibody"]),
            "specimen": coded(np.full(n, kind), ["respiratory", "stool", "blood"]),
            "result": coded(positive.astype(np.uint32), ["negative", "positive"]),
            "collected_at": clock(numbers(stays, "admitted")[row] + minutes),
        }
    )
