"""The checks over hospitals: each with hospitals drawn by hand, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from defects import catalogue

from ehrivig import study, validate
from ehrivig.study import Study
from ehrivig.study.registries.checks import OVER_HOSPITALS
from ehrivig.validate import Measurement, arms, gate, hospitals, judgement
from ehrivig.validate.measurement import ALL, Check
from ehrivig.validate.network import Network, Studied, expected_hospitals
from ehrivig.validate.result import HospitalResult
from ehrivig.validate.suite import suites

START = datetime(2020, 2, 1)
SCHEMA = {
    "hospital_id": pl.String,
    "admission_id": pl.Int64,
    "patient_id": pl.String,
    "person_id": pl.String,
    "admitted_at": pl.Datetime("us"),
    "discharged_at": pl.Datetime("us"),
    "discharge_status": pl.String,
    "death_at": pl.Datetime("us"),
}


def stays(*rows: tuple[str, int, str, int, str, int | None]) -> pl.DataFrame:
    """Hospital, admission, person, first day (five days each), status, day of death."""
    full: list[dict[str, Any]] = [
        {
            "hospital_id": hospital,
            "admission_id": number,
            "patient_id": f"p{number}",
            "person_id": person,
            "admitted_at": START + timedelta(days=day),
            "discharged_at": START + timedelta(days=day + 5),
            "discharge_status": status,
            "death_at": None if death is None else START + timedelta(days=death),
        }
        for hospital, number, person, day, status, death in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA)


def cohort(*rows: tuple[str, int, bool]) -> pl.DataFrame:
    names = ["hospital_id", "admission_id", "exposed"]
    return pl.DataFrame(rows, schema=names, orient="row")


def dosing(*rows: tuple[str, int, int]) -> pl.DataFrame:
    names = ["hospital_id", "admission_id", "n_administrations"]
    return pl.DataFrame(rows, schema=names, orient="row")


PLAN = study.load("ivig_covid19")
BEGUN = ("n_timed", "n_before", "n_prompt", "n_at_once", "n_between", "n_late")
STAYS = ("n_covered", *BEGUN)
NOTHING: dict[str, dict[str, Any]] = {
    "lab_median": {
        "analyte": pl.String,
        "n": pl.Int64,
        "median": pl.Float64,
        "n_stays": pl.Int64,
    },
    "unread_exposure": {"n": pl.Int64},
    "dose_unit": {"n": pl.Int64},
    "month": {"table": pl.String, "month": pl.Int64, "n": pl.Int64},
    "covered": {"table": pl.String, **dict.fromkeys(STAYS, pl.Int64)},
    "covered_by": {
        **dict.fromkeys(("table", "item", "stratum", "part"), pl.String),
        **dict.fromkeys(("n_stays", "n_covered"), pl.Int64),
    },
    "charted": {
        **dict.fromkeys(("table", "item", "what", "value"), pl.String),
        "n": pl.Int64,
    },
    "died_of": {
        "age": pl.String,
        "ventilated": pl.Boolean,
        **dict.fromkeys(("n_stays", "n_died"), pl.Int64),
    },
    "exposure_hour": {"hour": pl.Int64, "n": pl.Int64},
    "dose_of_unit": {"dose_unit": pl.String, "bin": pl.Int64, "n": pl.Int64},
    "course": dict.fromkeys(("n_stays", "n_days", "n_several", "n_dosed", "n_span"), pl.Int64),
    "clock": {"table": pl.String, **dict.fromkeys(("hour", "weekday", "n"), pl.Int64)},
    "stay_month": dict.fromkeys(("month", "n"), pl.Int64),
    "evidence_beside": {
        **dict.fromkeys(("kind", "other"), pl.String),
        **dict.fromkeys(("n_met", "n_both"), pl.Int64),
    },
    "known_person": {
        "admission_id": pl.Int64,
        "person_id": pl.String,
        "admitted_at": pl.Datetime("us"),
        "discharged_at": pl.Datetime("us"),
    },
}
REJECTED = {"admission_id": pl.Int64, "reason": pl.String}
REJECTED_STAY = {**REJECTED, "patient_id": pl.String, "admitted_at": pl.Datetime("us")}


@dataclass(frozen=True)
class Drawn:
    """One hospital whose gate left some small tables, empty unless given."""

    name: str
    measured: list[Measurement] = field(default_factory=list)
    left: dict[str, pl.DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> pl.DataFrame:
        """A small table by its name, hospital_id in front."""
        folder, _, stem = name.partition("/")
        rejected = REJECTED_STAY if stem == "admission" else REJECTED
        schema = rejected if folder == "quarantine" else NOTHING[stem]
        frame = self.left.get(stem, pl.DataFrame(schema=schema))
        return frame.select(pl.lit(self.name).alias("hospital_id"), pl.all())


def hospital(name: str, measured: list[Measurement] | None = None, **left: pl.DataFrame) -> Drawn:
    return Drawn(name, measured or [], left)


def network(
    *drawn: Drawn,
    plan: Study = PLAN,
    expected: tuple[str, ...] = (),
    unreadable: tuple[str, ...] = (),
    before: tuple[Measurement, ...] = (),
    studied: Studied | None = None,
) -> Network:
    def scan(name: str, hospitals: Sequence[str]) -> pl.LazyFrame:
        return pl.concat([one.table(name) for one in drawn if one.name in hospitals]).lazy()

    results = [HospitalResult(one.name, one.measured, {}, {}) for one in drawn]
    return Network(plan, expected, results, unreadable, before, scan, studied)


def found(network: Network, check: str) -> list[tuple[str, int, int]]:
    """hospital, violated and denominator of one check."""
    return [
        (m.hospital_id, m.violated, m.denominator)
        for m in hospitals.measure(network)
        if m.check == check
    ]


def among(
    seen: pl.DataFrame,
    cohort: pl.DataFrame,
    dosing: pl.DataFrame | None = None,
    scope: pl.DataFrame | None = None,
    plan: Study = PLAN,
    **left: pl.DataFrame,
) -> Network:
    """Two hospitals of which the cohort stands; `left`: of the first."""
    given = pl.DataFrame(schema={"hospital_id": pl.String, "admission_id": pl.Int64})
    given = given.with_columns(n_administrations=pl.lit(0))
    rows = given.select("hospital_id", "admission_id", n_rows="n_administrations")
    if "eligible_undated" not in cohort.columns:
        cohort = cohort.with_columns(eligible_undated=pl.lit(False))
    if dosing is not None and "mean_daily_g" not in dosing.columns:
        dosing = dosing.with_columns(mean_daily_g=pl.lit(None, pl.Float64))
    given = given.with_columns(mean_daily_g=pl.lit(None, pl.Float64))
    pieces = dosing if dosing is not None else given, scope if scope is not None else rows
    return network(
        hospital("A", **left),
        hospital("B"),
        plan=plan,
        studied=Studied(seen, pieces[1], pieces[0], cohort),
    )


def test_the_set_of_hospitals_is_held_against_the_study() -> None:
    there = [hospital(name) for name in "AB"]
    check = "study.hospital_set"
    assert found(network(*there), check) == []
    assert found(network(*there, expected=("A", "B")), check) == [(ALL, 0, 2)]
    assert found(network(*there, expected=("A", "C")), check) == [(ALL, 2, 3)]
    # a hospital that could not be read is there all the same
    known = network(*there, expected=("A", "B", "C"), unreadable=("C",))
    assert found(known, check) == [(ALL, 0, 3)]
    other = network(*there, expected=("A", "C", *(f"D{i:02}" for i in range(30))))
    told = hospitals.notes(other, [check])[check]
    assert told.startswith("Named, but not there: C, D00, D01, ")
    assert told.endswith("D18 and 11 more. There, but not named: B.")
    # hospitals are no patients: how many are missing is told, however few
    line = judgement.line_of(Check(ALL, "study", check, "block", 2, 3, 0.0, "fail"), smallest=5)
    assert "2 of 3 (66.7%, limit 0.0%)" in line


def test_rows_of_nobody_are_told_of_the_table_with_the_largest_part() -> None:
    check = hospitals.BY_CHECK["study.rows_placed"]
    lost = SimpleNamespace(unplaced=[("vital", 6, 100), ("lab", 5, 10), ("score", 1, 9)])
    assert list(check.measure(lost)) == [(ALL, 5, 10)]  # type: ignore[arg-type]
    assert check.told is not None
    assert check.told(lost) == "Tables: lab, score, vital."  # type: ignore[arg-type]
    none = SimpleNamespace(unplaced=[])
    assert list(check.measure(none)) == []  # type: ignore[arg-type]
    assert check.told(none) == ""  # type: ignore[arg-type]


def test_of_what_failed_the_names_are_told_without_a_table() -> None:
    named = PLAN.model_copy(
        update={"extract": PLAN.extract.model_copy(update={"hospitals": ("A", "B", "C")})}
    )
    failed = ["study.hospital_set", "lab.at_all_hours"]
    said = hospitals.notes_of_names(named, ["A"], ["B"], failed)
    assert said == {"study.hospital_set": "Named, but not there: C."}
    assert hospitals.notes_of_names(named, ["A"], ["B"], ["lab.at_all_hours"]) == {}


def test_the_extract_may_say_which_hospitals_there_are(tmp_path: Path) -> None:
    assert expected_hospitals(PLAN, tmp_path) == ()
    (tmp_path / "extract.json").write_text('{"hospitals": ["A", "B"]}')
    assert expected_hospitals(PLAN, tmp_path) == ("A", "B")
    (tmp_path / "extract.json").write_text("no json")
    assert expected_hospitals(PLAN, tmp_path) == ()


def test_a_variable_after_time_zero_is_in_the_score_by_name_only() -> None:
    there, check = hospital("A"), "study.post_baseline_covariate"
    course = PLAN.outcomes.variables[0].name
    wrong = PLAN.match.model_copy(update={"covariates": ("age", course)})
    allowed = wrong.model_copy(update={"allow_post_baseline": (course,)})
    for match, violated in ((wrong, 1), (allowed, 0)):
        plan = PLAN.model_copy(update={"match": match})
        assert found(network(there, plan=plan), check) == [(ALL, violated, 2)]


def medians(**values: tuple[int, float]) -> pl.DataFrame:
    rows = [(analyte, n, median, 10) for analyte, (n, median) in values.items()]
    return pl.DataFrame(rows, schema=["analyte", "n", "median", "n_stays"], orient="row")


def test_a_median_away_by_the_factor_between_two_units() -> None:
    here = {
        "A": medians(crp=(50, 70.0), creatinine=(50, 80.0)),
        "B": medians(crp=(50, 65.0), creatinine=(50, 75.0)),
        "C": medians(crp=(50, 7.0), creatinine=(50, 90.0)),  # mg/dL for mg/L
        "D": medians(crp=(19, 7.0), creatinine=(50, 85.0)),  # too few to say
    }
    there = [hospital(name, lab_median=frame) for name, frame in here.items()]
    expected = [("A", 0, 2), ("B", 0, 2), ("C", 1, 2), ("D", 0, 1)]
    assert found(network(*there), "study.unit_against_hospitals") == expected


def test_two_hospitals_are_too_few_to_tell_which_unit_is_wrong() -> None:
    there = [
        hospital(name, lab_median=medians(crp=(50, value)))
        for name, value in (("A", 70.0), ("B", 7.0))
    ]
    assert found(network(*there), "study.unit_against_hospitals") == [("A", 0, 0), ("B", 0, 0)]


def daily(**hospitals: tuple[int, float]) -> pl.DataFrame:
    """Per hospital so many people with doses around a median."""
    rows = [
        (name, number, 3, median * (0.9 + 0.2 * (number % 2)))
        for name, (n, median) in hospitals.items()
        for number in range(n)
    ]
    names = ["hospital_id", "admission_id", "n_administrations", "mean_daily_g"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        (daily(A=(20, 20.0), B=(20, 12.0), C=(20, 30.0)), [("A", 0), ("B", 0), ("C", 0)]),
        (daily(A=(20, 20.0), B=(20, 2.0), C=(20, 25.0)), [("A", 0), ("B", 20), ("C", 0)]),
        (daily(A=(20, 20.0), B=(20, 100.0), C=(20, 20.0)), [("A", 0), ("B", 20), ("C", 0)]),
        (daily(A=(20, 20.0), B=(20, 2.0)), [("A", 20), ("B", 20)]),  # one of them is wrong
        (daily(A=(20, 20.0), B=(9, 2.0), C=(20, 25.0)), [("A", 0), ("C", 0)]),  # too few
        (daily(A=(20, 20.0)), [("A", 0)]),
        (daily(A=(20, 0.0)), []),
    ],
)
def test_doses_several_times_those_of_other_hospitals(
    doses: pl.DataFrame, expected: list[tuple[str, int]]
) -> None:
    who = cohort(("A", 1, True), ("B", 2, True), ("C", 3, True))
    seen = found(among(stays(), who, doses), "study.dose_against_hospitals")
    assert [(name, wrong) for name, wrong, _ in seen] == expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"B": [0.3]}, {"A": 0, "B": 1}),  # g that were read as mL
        ({"B": [0.5, 999.0]}, {"A": 0, "B": 0}),
        ({"B": [1500.0]}, {"A": 0, "B": 1}),
        ({"A": [0.3]}, {"A": 1}),
    ],
)
def test_a_person_with_a_fiftieth_of_the_usual_dose(
    own: dict[str, list[float]], expected: dict[str, int]
) -> None:
    doses = pl.concat([daily(A=(20, 20.0)), *(daily(**{h: (1, g)}) for h in own for g in own[h])])
    who = cohort(("A", 1, True), ("B", 2, True))
    seen = found(among(stays(), who, doses), "study.dose_of_its_size")
    assert {name: wrong for name, wrong, _ in seen} == expected
    assert found(among(stays(), who, daily(A=(9, 20.0), B=(1, 0.2))), "study.dose_of_its_size") == [
        ("A", 0, 9),
        ("B", 1, 1),
    ]
    assert (
        found(among(stays(), who, daily(A=(8, 20.0), B=(1, 0.2))), "study.dose_of_its_size") == []
    )


def test_transfers_are_counted_among_known_persons() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),
        ("B", 1, "p", 5, "alive", None),
        ("B", 2, "q", 5, "alive", None),
    )
    there = [
        hospital(
            name,
            known_person=seen.filter(pl.col("hospital_id") == name).select(
                NOTHING["known_person"].keys()
            ),
        )
        for name in "AB"
    ]
    assert found(network(*there), "study.transfer") == [(ALL, 1, 3)]
    nobody = [hospital(name) for name in "AB"]
    assert found(network(*nobody), "study.transfer") == []


def shares(hospital_id: str, **violated: int) -> list[Measurement]:
    return [Measurement(hospital_id, "lab", name, "warn", n, 100) for name, n in violated.items()]


def test_drift_is_a_share_that_moved_by_more_than_five_points() -> None:
    there = hospital("A", shares("A", x=16, y=15, new=90))
    before = (*shares("A", x=10, y=10), *shares("B", x=1))
    assert found(network(there, before=before), "study.drift") == [("A", 1, 2)]
    assert found(network(there), "study.drift") == []


def test_both_stays_of_a_transfer_in_the_cohort_are_one_episode_twice() -> None:
    seen = stays(("A", 1, "p", 0, "transferred", None), ("B", 1, "p", 5, "alive", None))
    both = cohort(("A", 1, False), ("B", 1, True))
    check = "study.transfer_counted_once"
    assert found(among(seen, both), check) == [(ALL, 1, 2)]
    assert found(among(seen, both.head(1)), check) == [(ALL, 0, 1)]


def test_quarantine_that_takes_more_from_one_arm() -> None:
    both = cohort(("A", 1, True), ("A", 2, False))
    passed = pl.DataFrame(
        {"hospital_id": ["A", "A"], "admission_id": [1, 2], "n_rows": [90, 99]},
    )
    rejected = pl.DataFrame({"admission_id": [1] * 10 + [2], "reason": "hard_range"})
    given = among(stays(), both, scope=passed, lab=rejected)
    assert found(given, "study.arm_difference") == [(ALL, 10, 100)]  # 10% against 1%
    passed = passed.with_columns(n_rows=pl.Series([99, 85]))  # 1% against 15%
    rejected = pl.DataFrame({"admission_id": [1] + [2] * 15, "reason": "hard_range"})
    given = among(stays(), both, scope=passed, lab=rejected)
    assert found(given, "study.arm_difference") == [(ALL, 15, 100)]


def test_arms_may_differ_as_much_as_the_study_says() -> None:
    both = cohort(("A", 1, True), ("A", 2, False))
    passed = pl.DataFrame(
        {"hospital_id": ["A", "A"], "admission_id": [1, 2], "n_rows": [90, 99]},
    )
    rejected = pl.DataFrame({"admission_id": [1] * 10 + [2], "reason": "hard_range"})
    wide = PLAN.quality.model_copy(update={"arm_difference_points": 9.5})
    plan = PLAN.model_copy(update={"quality": wide})
    given = among(stays(), both, scope=passed, plan=plan, lab=rejected)
    assert found(given, "study.arm_difference") == [(ALL, 0, 100)]


HARMLESS = next(check.reason for check in suites()["medication"] if check.harmless)


def test_a_row_that_says_itself_that_it_is_no_loss_is_none() -> None:
    rejected = pl.DataFrame(
        {
            "admission_id": [1, 1, 1, 2],
            "reason": [HARMLESS, f"{HARMLESS};hard_range", "hard_range;unit", "hard_range"],
        }
    )
    lost = arms.lost_rows(network(hospital("A", medication=rejected)), pl.Int64())
    assert lost.sort("reason", "admission_id").rows() == [
        ("A", 1, "medication: hard_range", 1),
        ("A", 2, "medication: hard_range", 1),
        ("A", 1, "medication: hard_range, unit", 1),
    ]


@pytest.mark.parametrize("dated", [True, False])
def test_stays_that_were_set_aside_for_a_fault(dated: bool) -> None:
    """Of an extract without dates nobody knows when they were."""
    harmless = next(check.reason for check in suites()["admission"] if check.harmless)
    rejected = pl.DataFrame(
        {
            "admission_id": [1, 2, 3],
            "reason": [harmless, "no patient", f"{harmless};no patient"],
            "patient_id": ["p1", "p2", "p3"],
            "admitted_at": [START] * 3 if dated else ["0 d"] * 3,
        }
    )
    found = arms.lost_admissions(network(hospital("A", admission=rejected)), stays())
    when = START if dated else None
    assert found.rows() == [("A", "p2", when), ("A", "p3", when)]


def failed(hospital_id: str, check: str = "lab.unit_mixup") -> validate.Check:
    return validate.Check(hospital_id, "lab", check, "block", 1, 10, 0.0, "fail")


def policy(block: str, **hospitals: str) -> Study:
    quality = PLAN.quality.model_copy(update={"block": block, "hospitals": hospitals})
    return PLAN.model_copy(update={"quality": quality})


@pytest.mark.parametrize(
    ("plan", "failing", "unreadable", "dropped", "blocked"),
    [
        (policy("block_run"), (), (), (), False),
        (policy("block_run"), ("A",), (), ("A",), True),
        (policy("drop_hospital"), ("A",), (), ("A",), False),
        (policy("drop_hospital"), ("A", "B"), (), ("A", "B"), True),  # nobody is left
        (policy("drop_hospital"), ("A",), ("B",), ("A", "B"), True),
        (policy("drop_hospital", A="block_run"), ("A",), (), ("A",), True),
        (policy("block_run", A="drop_hospital"), ("A",), (), ("A",), False),
        (policy("drop_hospital"), (ALL,), (), (), True),  # no hospital that could be dropped
    ],
)
def test_one_policy_decides(
    plan: Study,
    failing: tuple[str, ...],
    unreadable: tuple[str, ...],
    dropped: tuple[str, ...],
    blocked: bool,
) -> None:
    made = gate.decide([failed(name) for name in failing], plan, ("A", "B"), unreadable)
    assert (made.failing, made.dropped, made.blocked) == (failing, dropped, blocked)
    assert bool(made.message) == blocked


def test_a_death_that_only_the_second_hospital_recorded() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),  # died at B, unknown to A
        ("B", 1, "p", 5, "died", None),
        ("A", 2, "q", 0, "transferred", 8),  # the same, and A knows
        ("B", 2, "q", 5, "died", 8),
        ("A", 3, "r", 0, "alive", None),  # lives
        ("B", 3, "r", 5, "alive", None),
        ("A", 4, "s", 0, "died", None),  # died at A
    )
    studied = cohort(("A", 1, False), ("A", 2, False), ("A", 3, True), ("A", 4, True))
    assert found(among(seen, studied), "study.death_known_elsewhere") == [(ALL, 1, 4)]


def test_a_death_of_somebody_who_is_not_studied_is_no_finding() -> None:
    seen = stays(("A", 1, "p", 0, "transferred", None), ("B", 1, "p", 5, "died", None))
    given = among(seen, cohort(("B", 1, True)))
    assert found(given, "study.death_known_elsewhere") == [(ALL, 0, 1)]


def test_people_who_met_a_criterion_at_no_known_time() -> None:
    who = cohort(("A", 1, True), ("A", 2, False), ("B", 3, True))
    undated = who.with_columns(eligible_undated=pl.Series([True, False, False]))
    assert found(among(stays(), undated), "study.eligible_undated") == [("A", 1, 2), ("B", 0, 1)]


def test_the_drug_given_after_the_move() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),
        ("B", 1, "p", 5, "alive", None),
        ("A", 2, "q", 0, "transferred", None),
        ("B", 2, "q", 5, "alive", None),
        ("A", 3, "r", 0, "alive", None),  # comes back three weeks later: no transfer
        ("B", 3, "r", 26, "alive", None),
    )
    studied = cohort(("A", 1, False), ("A", 2, True), ("A", 3, False))
    given = dosing(("A", 2, 3), ("B", 1, 2), ("B", 2, 2), ("B", 3, 1), ("A", 3, 0))
    both = among(seen, studied, given)
    assert found(both, "study.exposed_after_transfer") == [(ALL, 1, 2)]


def test_the_drug_given_in_the_next_row_of_an_episode() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),
        ("A", 2, "p", 5, "alive", None),  # follows within a day
        ("A", 3, "q", 0, "alive", None),
        ("A", 4, "q", 3, "alive", None),  # overlaps
        ("A", 5, "r", 0, "alive", None),
        ("A", 6, "r", 26, "alive", None),  # another episode
        ("B", 7, "p", 5, "alive", None),  # another hospital: a transfer
        ("A", 8, "s", 0, "alive", None),
        ("A", 9, "s", 5, "alive", None),  # not given there
    ).with_columns(patient_id="person_id")
    studied = cohort(("A", 1, False), ("A", 3, False), ("A", 5, False), ("A", 8, False))
    given = dosing(("A", 2, 3), ("A", 4, 2), ("A", 6, 2), ("B", 7, 1), ("A", 9, 0))
    both = among(seen, studied, given)
    assert found(both, "study.exposed_in_next_stay") == [("A", 2, 4)]


def test_a_death_that_only_another_stay_tells() -> None:
    seen = stays(
        ("A", 1, "p", 0, "alive", None),
        ("A", 2, "p", 9, "died", None),
        ("A", 3, "q", 0, "alive", 12),  # dated
        ("A", 4, "q", 9, "died", 12),
        ("A", 5, "r", 0, "died", None),  # in the stay itself
    ).with_columns(patient_id="person_id")
    studied = cohort(("A", 1, False), ("A", 3, False), ("A", 5, True))
    assert found(among(seen, studied), "study.death_in_other_stay") == [("A", 1, 3)]


def test_every_entry_of_the_registry_is_in_the_catalogue_and_says_how_to_mend() -> None:
    listed = catalogue.table()
    for one in hospitals.CHECKS:
        assert one.message.endswith(".")
        assert validate.judgement.message_of(one.check) == one.message
        rows = listed.filter(pl.col("check") == one.check)
        assert sorted(rows["kind"]) == sorted(one.kinds)
        assert set(rows["severity"]) <= {one.severity}


def test_a_study_may_name_each_check_over_hospitals_and_no_other() -> None:
    ids = [one.check for one in hospitals.CHECKS]
    assert len(ids) == len(set(ids)) == len(hospitals.BY_CHECK)
    assert sorted(ids) == sorted(OVER_HOSPITALS)
