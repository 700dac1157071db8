"""Regimens: each series was drawn and judged by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import UsageError
from ehrivig.study import regimen
from ehrivig.use.adherence import Adherence, adherence, adherence_tables
from ehrivig.use.cycles import Dose, Patient

DAY_0 = date(2020, 1, 6)
ADULT = Patient(weight_kg=50.0)


def series(*doses: tuple[int, float | None], drug: str = "ivig", **more: str) -> list[Dose]:
    """Doses as (day, grams)."""
    return [Dose(DAY_0 + timedelta(days=day), grams, drug, **more) for day, grams in doses]


def judged(name: str, doses: list[Dose], patient: Patient = ADULT) -> Adherence:
    return adherence(doses, regimen.load(name), patient, "ivig")


def findings(result: Adherence) -> list[str]:
    return [cycle.finding for cycle in result.cycles]


def cycles(*weeks: float, grams: float = 100.0) -> list[Dose]:
    """One cycle of two equal days at each of these weeks."""
    days = [(round(week * 7) + extra, grams / 2) for week in weeks for extra in (0, 1)]
    return series(*days)


def test_the_named_regimens_ship_and_describe_themselves() -> None:
    assert regimen.packaged() == [
        "ambd",
        "anca_resistant",
        "anca_vasculitis",
        "cidp",
        "covid19_cao",
        "desensitisation",
        "desensitisation_adapted",
        "gbs",
        "igma_sepsis",
        "kawasaki",
        "myasthenia",
        "pemphigus_rituximab",
        "sepsis_japan",
    ]
    for name in regimen.packaged():
        loaded = regimen.load(name)
        assert (loaded.name, "ivig" in loaded.drugs) == (name, True)
    assert [str(step) for step in regimen.load("cidp").step] == [
        "2 g/kg over 2-5 days",
        "1 g/kg, 3 weeks after the last cycle",
    ]
    assert str(regimen.load("igma_sepsis").step[0]) == "0.25 g/kg/day on 3 days of igma_enriched"
    assert regimen.load("ambd").lookback_days == 16 * 7 + 7
    assert regimen.load("gbs").lookback_days == 0
    assert regimen.load("desensitisation").lookback_days == 5 * 7 + 7


# ---------------------------------------------------------------- one cycle


@pytest.mark.parametrize(
    ("doses", "verdict", "finding"),
    [
        ([(d, 20.0) for d in range(5)], "adherent", "as_planned"),
        ([(d, 22.0) for d in range(5)], "adherent", "as_planned"),
        ([(d, 18.0) for d in range(5)], "adherent", "as_planned"),
        ([(d, 22.001) for d in range(5)], "deviates", "dose_high"),
        ([(d, 17.999) for d in range(5)], "deviates", "dose_low"),
        ([(d, 25.0) for d in range(4)], "deviates", "days_few"),
        ([(d, 20.0) for d in range(6)], "deviates", "days_many"),
        ([(0, 20.0), (3, 20.0), (6, 20.0), (9, 20.0), (12, 20.0)], "adherent", "as_planned"),
        ([(d, 20.0) for d in range(4)] + [(4, None)], "not_assessable", "unknown_dose"),
        ([(0, 10.0), (0, 10.0)] + [(d, 20.0) for d in range(1, 5)], "adherent", "as_planned"),
    ],
)
def test_gbs(doses: list[tuple[int, float | None]], verdict: str, finding: str) -> None:
    result = judged("gbs", series(*doses))
    assert (result.verdict, findings(result)[0]) == (verdict, finding)
    deviation = finding if verdict == "deviates" else None
    assert result.first_deviation == deviation


def test_doses_four_days_apart_are_two_cycles() -> None:
    result = judged("gbs", series(*[(d, 20.0) for d in range(5)], (8, 20.0)))
    assert findings(result) == ["as_planned", "extra_cycle"]
    assert result.first_deviation_on == DAY_0 + timedelta(days=8)
    assert [cycle.planned for cycle in result.cycles] == [
        str(regimen.load("gbs").step[0]),
        "nothing more",
    ]
    assert result.cycles[1].gap_days == 8
    assert (
        judged("gbs", series(*[(d, 20.0) for d in range(5)], (7, 20.0))).cycles[0].n_dose_days == 6
    )


@pytest.mark.parametrize(
    ("onset_day", "grams", "verdict", "finding"),
    [
        (-10, 100.0, "adherent", "as_planned"),
        (-11, 100.0, "deviates", "late_start"),
        (-11, None, "deviates", "late_start"),
        (0, None, "not_assessable", "unknown_dose"),
        (0, 90.0, "adherent", "as_planned"),
        (0, 89.0, "deviates", "dose_low"),
        (1, 100.0, "not_assessable", "unknown_onset"),
        (None, 100.0, "not_assessable", "unknown_onset"),
    ],
)
def test_kawasaki_within_ten_days_of_onset(
    onset_day: int | None, grams: float | None, verdict: str, finding: str
) -> None:
    onset = None if onset_day is None else DAY_0 + timedelta(days=onset_day)
    result = judged("kawasaki", series((0, grams)), Patient(weight_kg=50.0, onset_on=onset))
    assert (result.verdict, findings(result)) == (verdict, [finding])


@pytest.mark.parametrize(
    ("doses", "verdict"),
    [
        ([(0, 50.0), (1, 50.0)], "adherent"),
        ([(0, 50.0), (4, 50.0)], "deviates"),
        ([(0, 25.0), (2, 50.0), (4, 25.0)], "adherent"),
        ([(0, 100.0)], "deviates"),
        ([(0, 50.0), (2, 25.0), (5, 25.0)], "deviates"),
    ],
)
def test_myasthenia_over_two_to_five_days(doses: list[tuple[int, float]], verdict: str) -> None:
    assert judged("myasthenia", series(*doses)).verdict == verdict


def test_anca_is_a_single_course_of_any_length() -> None:
    assert judged("anca_vasculitis", series((0, 100.0))).verdict == "adherent"
    assert judged("anca_vasculitis", series(*[(d, 20.0) for d in range(5)])).verdict == "adherent"
    again = judged("anca_vasculitis", cycles(0, 4))
    assert (again.verdict, again.first_deviation) == ("deviates", "extra_cycle")


@pytest.mark.parametrize(
    ("name", "doses", "verdict", "findings_"),
    [
        ("covid19_cao", [(d, 25.0) for d in range(5)], "adherent", ["as_planned"]),
        ("covid19_cao", [(d, 22.5) for d in range(5)], "adherent", ["as_planned"]),
        ("covid19_cao", [(d, 10.0) for d in range(5)], "deviates", ["dose_low"]),
        ("covid19_cao", [(d, 25.0) for d in range(4)], "deviates", ["days_few"]),
        ("covid19_cao", [(0, 5.0), (1, 45.0), (2, 25.0), (3, 25.0), (4, 25.0)], "deviates",
         ["dose_low"]),
        ("sepsis_japan", [(d, 5.0) for d in range(3)], "adherent", ["as_planned"]),
        ("sepsis_japan", [(d, 10.0) for d in range(3)], "deviates", ["dose_high"]),
        ("sepsis_japan", [(d, 5.0) for d in range(3)] + [(9, 5.0)], "deviates",
         ["as_planned", "extra_cycle"]),
        ("anca_resistant", [(d, 30.0) for d in range(5)], "adherent", ["as_planned"]),
        ("anca_resistant", [(d + at, 30.0) for at in (0, 20, 95) for d in range(5)], "adherent",
         ["as_planned"] * 3),
        ("anca_resistant", [(d + at, 30.0) for at in (0, 20) for d in range(5)] + [(60, 30.0)],
         "deviates", ["as_planned", "as_planned", "days_few"]),
    ],
)  # fmt: skip
def test_grams_a_day_need_no_weight(
    name: str, doses: list[tuple[int, float]], verdict: str, findings_: list[str]
) -> None:
    """Of every dose day, as the papers give them: the total alone would not tell."""
    result = judged(name, series(*doses), Patient())
    assert (result.verdict, findings(result)) == (verdict, findings_)
    assert result.cycles[0].amount == pytest.approx(
        sum(g for d, g in doses if d < 9) / sum(d < 9 for d, _ in doses)
    )


def test_the_adapted_desensitisation_has_one_dose_of_rituximab() -> None:
    immunoglobulin = cycles(0, 5)
    once = judged("desensitisation_adapted", immunoglobulin + series((28, 1.0), drug="rituximab"))
    assert (once.verdict, once.completed) == ("adherent", True)
    both = series((21, 1.0), (28, 1.0), drug="rituximab")
    twice = judged("desensitisation_adapted", immunoglobulin + both)
    assert (twice.verdict, twice.first_deviation) == ("deviates", "extra_cycle")
    usual = judged("desensitisation", immunoglobulin + series((28, 1.0), drug="rituximab"))
    assert usual.verdict == "deviates"


@pytest.mark.parametrize(
    ("product", "verdict", "finding"),
    [
        ("igma_enriched", "adherent", "as_planned"),
        ("standard", "deviates", "product"),
        ("mixed", "deviates", "product"),
        ("unknown", "not_assessable", "unknown_product"),
    ],
)
def test_igma_enriched_needs_the_product(product: str, verdict: str, finding: str) -> None:
    doses = series((0, 12.5), (1, 12.5), (2, 12.5), product_type=product)
    result = judged("igma_sepsis", doses)
    assert (result.verdict, findings(result)) == (verdict, [finding])
    assert result.cycles[0].amount == 0.25


# ---------------------------------------------------------------- many cycles


def cidp(*days: tuple[int, float]) -> list[Dose]:
    return series((0, 50.0), (1, 50.0), *days)


@pytest.mark.parametrize(
    ("doses", "verdict", "expected"),
    [
        (cidp((21, 50.0), (42, 50.0)), "adherent", ["as_planned"] * 3),
        (cidp((14, 50.0), (42, 50.0)), "adherent", ["as_planned"] * 3),
        (cidp((13, 50.0)), "deviates", ["as_planned", "interval"]),
        (cidp((28, 50.0)), "adherent", ["as_planned"] * 2),
        (cidp((29, 50.0)), "deviates", ["as_planned", "interval"]),
        (cidp((21, 50.0), (42, 100.0)), "deviates", ["as_planned", "as_planned", "dose_high"]),
        (cidp(), "deviates", ["as_planned", "missing_cycle"]),
    ],
)
def test_cidp_has_a_loading_and_a_maintenance_dose(
    doses: list[Dose], verdict: str, expected: list[str]
) -> None:
    result = judged("cidp", doses)
    assert (result.verdict, findings(result)) == (verdict, expected)
    assert result.completed is False


def test_ambd_may_stay_at_four_weeks_as_long_as_needed() -> None:
    weeks = [0, 4, 8, 12, 18, 26, 36, 48, 62, 78]
    result = judged("ambd", cycles(*weeks))
    assert (result.verdict, result.completed) == ("adherent", True)
    assert [c.gap_days for c in result.cycles] == [None, 28, 28, 28, 42, 56, 70, 84, 98, 112]
    quick = judged("ambd", cycles(0, 6, 14, 24, 36, 50, 66))
    assert (quick.verdict, quick.completed) == ("adherent", True)


def test_ambd_follows_every_reading_of_an_ambiguous_interval() -> None:
    """5 weeks fit 4 and 6; only the rest of the series tells which: each stays open until then."""
    assert judged("ambd", cycles(0, 5, 9, 15, 23, 33, 45, 59, 75)).verdict == "adherent"
    assert judged("ambd", cycles(0, 5, 13, 23, 35, 49, 65)).verdict == "adherent"


@pytest.mark.parametrize(
    ("weeks", "finding", "number"),
    [
        ([0, 4, 12], "interval", 3),
        ([0, 4, 10, 14], "interval", 4),
        ([0, 4, 10, 18, 28, 40, 54, 70, 86], "extra_cycle", 9),
        ([0, 4, 10, 18], "missing_cycle", 5),
    ],
)
def test_ambd_first_deviation(weeks: list[int], finding: str, number: int) -> None:
    result = judged("ambd", cycles(*weeks))
    assert (result.verdict, result.first_deviation) == ("deviates", finding)
    first = next(c for c in result.cycles if c.finding != "as_planned")
    assert (first.number, result.first_deviation_on) == (number, first.started_on)
    assert f"ivig cycle {number}: {finding.replace('_', ' ')}" in result.reason


def test_a_missing_cycle_is_overdue_a_week_after_it_was_due() -> None:
    due = DAY_0 + timedelta(weeks=18 + 10, days=7)
    seen = cycles(0, 4, 10, 18)
    for until, verdict in ((due - timedelta(days=1), "adherent"), (due, "deviates")):
        patient = Patient(weight_kg=50.0, observed_until=until)
        result = judged("ambd", seen, patient)
        assert (result.verdict, result.completed) == (verdict, False)


def desensitised(*rituximab: tuple[int, float], second: int = 35) -> list[Dose]:
    return series((0, 100.0), (second, 100.0)) + series(*rituximab, drug="rituximab")


@pytest.mark.parametrize(
    ("doses", "verdict", "finding"),
    [
        (desensitised((21, 1.0), (28, 1.0)), "adherent", None),
        (desensitised((14, 1.1), (35, 0.9)), "adherent", None),
        (desensitised((13, 1.0), (28, 1.0)), "deviates", "interval"),
        (desensitised((21, 0.5), (28, 1.0)), "deviates", "dose_low"),
        (desensitised((28, 1.0)), "deviates", "missing_cycle"),
        (desensitised(), "deviates", "missing_cycle"),
        (desensitised((21, 1.0), (28, 1.0), second=43), "deviates", "interval"),
        (desensitised((21, 1.0), (28, 1.0), (33, 1.0)), "deviates", "extra_cycle"),
    ],
)
def test_desensitisation_with_rituximab(
    doses: list[Dose], verdict: str, finding: str | None
) -> None:
    result = judged("desensitisation", doses)
    assert (result.verdict, result.first_deviation) == (verdict, finding)


def test_pemphigus_doses_rituximab_by_body_surface() -> None:
    tall = Patient(weight_kg=50.0, height_cm=162.0)  # 1.5 m2: sqrt(50 * 162 / 3600)
    weeks = (0, 1, 2, 4, 5, 6, 11, 15, 19, 23)
    rituximab = series(*[(7 * week, 0.5625) for week in weeks], drug="rituximab")
    ivig = series(*[(7 * week, 100.0) for week in (3, 7, 11, 15, 19, 23)])
    result = judged("pemphigus_rituximab", ivig + rituximab, tall)
    assert (result.verdict, result.completed) == ("adherent", True)
    assert {c.amount for c in result.cycles if c.drug == "rituximab"} == {0.375}
    result = judged("pemphigus_rituximab", ivig + rituximab, ADULT)
    assert (result.verdict, result.reason) == ("not_assessable", "unknown dose")


# ---------------------------------------------------------------- not assessable


def test_without_weight_or_dose_nothing_can_be_said() -> None:
    for weight in (None, 0.0, float("nan")):
        result = judged("gbs", series((0, 500.0)), Patient(weight_kg=weight))
        assert (result.verdict, result.reason) == ("not_assessable", "weight missing")
        assert result.cycles[0].amount is None
    for doses in ([], series((0, 1.0), drug="rituximab")):
        result = judged("desensitisation", doses)
        assert (result.verdict, result.reason, result.cycles) == ("not_assessable", "no dose", ())


@pytest.mark.parametrize(
    ("observed_days_before", "verdict"), [(27, "not_assessable"), (28, "adherent")]
)
def test_a_series_that_may_have_begun_before_observation(
    observed_days_before: int, verdict: str
) -> None:
    since = DAY_0 - timedelta(days=observed_days_before)
    result = judged("cidp", cidp((21, 50.0)), Patient(weight_kg=50.0, observed_from=since))
    assert result.verdict == verdict
    assert result.reason == ("left-truncated" if verdict == "not_assessable" else "")


@pytest.mark.parametrize(
    ("since", "until", "finding"),
    [
        (None, None, "days_few"),
        (-3, 6, "days_few"),
        (-2, None, "cut_off"),
        (None, 5, "cut_off"),
    ],
)
def test_a_short_cycle_at_the_edge_of_observation_is_no_deviation(
    since: int | None, until: int | None, finding: str
) -> None:
    """Four days of five, from day 0 to day 3; a cycle may go on for 3 more days."""
    patient = Patient(
        weight_kg=50.0,
        observed_from=None if since is None else DAY_0 + timedelta(days=since),
        observed_until=None if until is None else DAY_0 + timedelta(days=until),
    )
    result = judged("gbs", series(*[(d, 20.0) for d in range(4)]), patient)
    assert findings(result) == [finding]
    over = judged("gbs", series(*[(d, 40.0) for d in range(5)]), patient)
    assert findings(over) == ["dose_high"]


# ---------------------------------------------------------------- tables, files


def test_tables_hold_one_verdict_per_patient_and_one_row_per_cycle() -> None:
    doses = pl.DataFrame(
        {
            "patient_id": [1] * 5 + [2],
            "day": [DAY_0 + timedelta(days=d) for d in range(5)] + [DAY_0],
            "dose_g": [20.0] * 6,
            "complete": [True] * 5 + [False],
        }
    )
    patients = pl.DataFrame({"patient_id": [3, 2, 1], "weight_kg": [50.0] * 3})
    verdicts, table = adherence_tables(doses, patients, regimen.load("gbs"))
    assert verdicts.select("patient_id", "verdict", "n_cycles", "completed").rows() == [
        (1, "adherent", 1, True),
        (2, "deviates", 1, True),
        (3, "not_assessable", 0, False),
    ]
    assert table.select(
        "patient_id", "drug", "number", "n_dose_days", "dose_g", "finding"
    ).rows() == [
        (1, "ivig", 1, 5, 100.0, "as_planned"),
        (2, "ivig", 1, 1, None, "days_few"),
    ]
    none, no_cycles = adherence_tables(doses.clear(), patients.clear(), regimen.load("gbs"))
    assert (none.schema, no_cycles.schema) == (verdicts.schema, table.schema)
    assert none.height == no_cycles.height == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from([None, 20.0, 50.0, 100.0]))),
    st.sampled_from(regimen.packaged()),
    st.randoms(use_true_random=False),
)
def test_the_order_of_doses_never_matters_and_their_sum_is_kept(
    doses: list[tuple[int, float | None]], name: str, chance: object
) -> None:
    drawn = series(*doses)
    result = judged(name, drawn)
    shuffled = list(drawn)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judged(name, shuffled) == result
    seen = [c for c in result.cycles if c.n_dose_days]
    assert sum(c.n_dose_days for c in seen) == len({day for day, _ in doses})
    if all(grams is not None for _, grams in doses):
        assert sum(c.dose_g or 0 for c in seen) == sum(grams or 0 for _, grams in doses)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'x'\nlabel = 'x'\n", "step: missing. Write at least one"),
        ("name = 'x'\nlabel = 'x'\nspeed = 1\n[[step]]\ndose = 1\nbasis = 'g'\n", "speed"),
        (
            "name = 'x'\nlabel = 'x'\n[[step]]\ndose = 1\nbasis = 'mL'\n",
            r"line 5: step\.\(1\)\.basis: 'mL' is none of g/kg, g/kg/day",
        ),
        ("name = 'x'\nlabel = 'x'\n[[step]]\ndose = 1\nbasis = 'g/kg/day'\n", "needs dose_days"),
        (
            "name = 'x'\nlabel = 'x'\n[[step]]\ndose = 1\nbasis = 'g'\n"
            "dose_days = 9999999999999999999",
            "line 6: step.*dose_days: 9999999999999999999 is not at most 366",
        ),
        (
            "name = 'x'\nlabel = 'x'\n[[step]]\ndose = 1\nbasis = 'g'\n[[step]]\ndose = 1\n"
            "basis = 'g'\n",
            "needs gap_weeks",
        ),
        ("name = ", "not TOML"),
    ],
)
def test_a_regimen_file_with_a_mistake_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own regimen.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        regimen.load(path)


def test_an_unknown_regimen_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="there are: ambd, anca_resistant, anca_vasculitis"):
        regimen.load("nothing")
