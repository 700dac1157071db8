"""The law of the mutations: how it is judged, and a sample of `make mutations` that keeps it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from . import one_stay
from .catalogue import WITHIN_THE_STAY, of_layout
from .mutation import Mutation
from .network import Trials
from .patients import Clean, make
from .trial import Seen
from .verdict import judge

SAMPLE = {
    "native": (
        "medication drug_name full width",
        "medication status the word NULL",
        "medication rows backwards",
        "medication status null in half",
        "admission admitted_at 8 hours earlier",
        "diagnosis every row twice",
        "diagnosis no row",
        "icu_stay stopped_at at midnight",
        "pathogen_test specimen a word nobody knows",
        "patient death_at as date",
        "medication dose as decimal",
        "medication started_at in UTC",
        "medication half a file",
        "lab collected_at left out",
        "lab in two parts",
        "lab value as float32",
        "lab unit upper case",
        "vital columns in capitals",
        "diagnosis code lower case",
        "hospital gone",
        "procedure no row",
    ),
    "omop": (
        "measurement unit_source_value upper case",
        "measurement rows backwards",
        "person year_of_birth null in half",
        "person month_of_birth zero",
        "death death_datetime in 1900",
        "drug_exposure drug_exposure_start_datetime 8 hours earlier",
        "measurement visit_occurrence_id null",
        "measurement visit_occurrence_id zero",
        "visit_occurrence every row twice",
        "drug_exposure visit_occurrence_id a number nobody knows",
        "death rows backwards",
        "care_site care_site_name null",
    ),
    "clif": (
        "clif_labs reference_unit blanks around",
        "clif_labs rows backwards",
        "clif_vitals measured_dttm at midnight",
        "clif_hospitalization admission_dttm null",
        "clif_medication_admin_intermittent med_name a word nobody knows",
        "clif_labs lab_specimen_category upper case",
        "clif_vitals vital_category title case",
        "clif_hospitalization discharge_category full width",
        "clif_patient sex_category upper case",
        "clif_microbiology_nonculture result_category blanks around",
        "clif_medication_admin_intermittent med_name full width",
    ),
}
"""Mutations by name, all tried side by side: each layout costs about one small run."""
OF_ONE_STAY = {
    "native": (
        "respiratory_support device null",
        "respiratory_support device a word nobody knows",
        "respiratory_support started_at in 1900",
        "admission discharge_status a word nobody knows",
        "admission discharged_at in 1900",
        "diagnosis code a word nobody knows",
        "diagnosis vocabulary a word nobody knows",
        "icu_stay stopped_at null",
        "medication medication_id zero",
        "medication route a word nobody knows",
        "medication started_at in 1900",
        "medication drug_code null",
        "medication status null",
    ),
    "omop": ("death death_date in 1900", "death person_id null"),
    "clif": (
        "clif_respiratory_support device_category a word nobody knows",
        "clif_medication_admin_intermittent hospitalization_id null",
    ),
}
"""Changes of one stay that were silent once; a sample of all others is tried beside them."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clean]:
    return make(tmp_path_factory.mktemp("mutations") / "made", patients=200)


@pytest.mark.parametrize("layout", SAMPLE)
def test_nothing_of_the_sample_is_silent(
    clean: dict[str, Clean], layout: str, tmp_path: Path
) -> None:
    known = {one.name: one for one in of_layout(clean[layout])}
    wanted = [known[name] for name in SAMPLE[layout]]
    silent = [v for v in Trials(clean[layout], tmp_path).verdicts(wanted) if v.what == "silent"]
    assert [f"{v.mutation.name}: {v.note}" for v in silent] == []


@pytest.mark.parametrize("layout", SAMPLE)
def test_no_answer_of_one_stay_is_silently_another(
    clean: dict[str, Clean], layout: str, tmp_path: Path
) -> None:
    """Few rows that nobody can read stop no hospital; of their stay they make nothing certain."""
    trials = one_stay.Trials(clean[layout], tmp_path)
    every = trials.changes()
    named = [one for one in every if one.mutation.name in OF_ONE_STAY[layout]]
    assert {one.mutation.name for one in named} == set(OF_ONE_STAY[layout])
    found = list(trials.found([*named, *every[::11]]))
    assert [one_stay.line(one) for one in found if one.what == "silent"] == []
    assert sum(one.what == "unknown" for one in found) > 1


def test_there_are_many_mutations_in_every_layout(clean: dict[str, Clean]) -> None:
    assert all(len(of_layout(one)) > 120 for one in clean.values())
    for one in clean.values():
        names = [mutation.name for mutation in of_layout(one)]
        assert len(set(names)) == len(names)


STAY = {
    "native": ("admission", "admission_id", "admitted_at", "discharged_at"),
    "clif": ("clif_hospitalization", "hospitalization_id", "admission_dttm", "discharge_dttm"),
}
SHIFT = {"a day later": timedelta(days=1), "8 hours earlier": timedelta(hours=-8)}
END = {"started_at": "stopped_at", "in_dttm": "out_dttm"}


@pytest.mark.parametrize(("table", "column"), WITHIN_THE_STAY)
def test_a_shift_that_is_not_tried_leaves_next_to_all_moments_in_their_stays(
    clean: dict[str, Clean], table: str, column: str
) -> None:
    """And before the end of their row, where there is one: nothing contradicts it."""
    layout = "clif" if table.startswith("clif") else "native"
    stays, key, begin, end = STAY[layout]
    own = clean[layout].own
    rows = own[table].join(own[stays].select(key, begin, end), on=key)
    for what in WITHIN_THE_STAY[table, column]:
        moved = pl.col(column) + SHIFT[what]
        last = pl.min_horizontal(end, END[column]) if END.get(column) in rows.columns else end
        inside = moved.is_between(pl.col(begin) - timedelta(days=1), last)
        assert rows.select(inside.mean()).item() > 0.9


MUTATION = Mutation("native", "medication", "route", "null")
CLEAN = Seen(
    0,
    (),
    {"medication.orders": (3, "medication: hospital A: route: 3 of 9")},
    {
        "cohort": pl.DataFrame(
            {"exposed": [True, False], "time_zero": [1, 2], "discharge_status": ["died", "alive"]}
        ),
        "analysis": pl.DataFrame({"exposed": [True, False], "age": [50.0, 60.0]}),
        "dosing": pl.DataFrame({"total_g": [20.0, 0.0]}),
        "ledger": pl.DataFrame({"table": ["medication"], "rows_read": [9]}),
    },
)


def seen(code: int = 0, *said: str, warned: int = 3, **tables: pl.DataFrame) -> Seen:
    rows = {"medication.orders": (warned, f"medication: hospital A: route: {warned} of 9")}
    return Seen(code, said, rows, CLEAN.tables | tables)


UNTREATED = pl.DataFrame({"exposed": [False, False], "age": [50.0, 60.0]})
UNKNOWN = CLEAN.tables["cohort"].with_columns(
    discharge_status=pl.Series(["unknown", "alive"], dtype=pl.String)
)
ALIVE = CLEAN.tables["cohort"].with_columns(discharge_status=pl.lit("alive"))
OLDER = pl.DataFrame({"exposed": [True, False], "age": [50.0, 61.0]})


@pytest.mark.parametrize(
    ("case", "what"),
    [
        (seen(), "equal"),
        (seen(warned=9), "equal"),  # nothing changed, whatever is warned of
        (seen(analysis=UNTREATED), "silent"),
        (seen(analysis=UNTREATED, warned=9), "silent"),  # a warning excuses no lost treatment
        (seen(analysis=OLDER), "silent"),
        (seen(analysis=OLDER, warned=9), "said"),
        (seen(cohort=UNKNOWN), "silent"),
        (seen(cohort=UNKNOWN, warned=9), "said"),  # an end that became unknown is no wrong one
        (seen(cohort=ALIVE, warned=9), "silent"),
        (seen(dosing=pl.DataFrame({"total_g": [10.0, 0.0]}), warned=9), "silent"),
        (seen(3, "medication: hospital A: medication.route_known: 9 of 9"), "said"),
        (seen(3, "medication: hospital A: medication.dose_positive: 9 of 9"), "silent"),
        (seen(3, "lab: hospital A: a route to nowhere"), "silent"),
        (seen(1, "medication.route: TypeError"), "silent"),
        (seen(5), "silent"),
    ],
)
def test_verdicts(case: Seen, what: str) -> None:
    assert judge(MUTATION, CLEAN, case).what == what


def test_a_verdict_says_what_changed() -> None:
    found = judge(MUTATION, CLEAN, seen(analysis=UNTREATED))
    assert found.note == ("analysis 2 rows, exposed 1 (0 unknown) -> 2 rows, exposed 0 (0 unknown)")
