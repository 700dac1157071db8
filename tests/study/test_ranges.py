"""Numbers of the study file at the ends of what their variable can be."""

from __future__ import annotations

import pytest
from drawn_study import BEGIN, parsed

from ehrivig.study import Study
from ehrivig.study.doubts.ranges import absurd_cuts, absurd_results, exact_numbers
from ehrivig.study.people import Band

PLAN = """
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "death_28d"
variables = [
  {{ name = "death_28d", label = "Death", from = "death", within_days = 28 }},
  {outcome}
]
[covariates]
window_hours = [-24, 24]
variables = [
  {{ name = "years", label = "Age", from = "age", unit = "y" }},
  {{ name = "male", label = "Male", from = "male" }},
  {{ name = "sofa", label = "SOFA", from = "score", unit = "points" }},
  {{ name = "apache_ii", label = "APACHE II", from = "score", unit = "points" }},
  {{ name = "kidney", label = "Creatinine", from = "lab", code = "creatinine", unit = "{unit}" }},
  {{ name = "warmth", label = "Temperature", from = "vital", code = "temperature", unit = "F" }},
]
[match]
covariates = ["years"]
exact = {exact}
[[analysis.subgroups]]
name = "s"
label = "S"
variable = "{variable}"
cut = {cut}
"""
AGED = 'criteria = [{ name = "adult", label = "Adult", rule = "age", min = 18 }]'


def study(
    variable: str = "years",
    cut: float = 50,
    unit: str = "umol/L",
    outcome: str = "",
    exact: str = "[]",
    ages: str = "min = 18",
) -> Study:
    begin = BEGIN.replace(AGED, AGED.replace("min = 18", ages))
    values = {"variable": variable, "cut": cut, "unit": unit, "outcome": outcome, "exact": exact}
    return parsed(begin + PLAN.format(**values))


@pytest.mark.parametrize(
    ("variable", "cut", "doubted"),
    [
        ("years", 18, True),  # of nobody below 18 who is let in
        ("years", 18.5, False),
        ("years", 120, False),
        ("years", 120.5, True),
        ("sofa", 0, True),
        ("sofa", 1, False),
        ("sofa", 24, False),
        ("sofa", 25, True),
        ("apache_ii", 71, False),
        ("apache_ii", 72, True),
        ("kidney", 5, True),  # umol/L
        ("kidney", 5.1, False),
        ("kidney", 5834, False),
        ("kidney", 5835, True),
        ("warmth", 77, True),  # 25 C
        ("warmth", 78, False),
        ("warmth", 112.9, False),
        ("warmth", 113.1, True),  # 45 C
    ],
)
def test_a_cut_beyond_what_the_variable_can_be(variable: str, cut: float, doubted: bool) -> None:
    found = list(absurd_cuts(study(variable, cut)))
    assert [one.path for one in found] == [("analysis", "subgroups", 0, "cut")] * doubted


@pytest.mark.parametrize(("cut", "doubted"), [(0.05, True), (0.06, False), (65, False), (66, True)])
def test_limits_are_those_of_the_unit_of_the_study(cut: float, doubted: bool) -> None:
    """5 to 5834 umol/L of creatinine are 0.0566 to 65.995 mg/dL."""
    found = list(absurd_cuts(study("kidney", cut, "mg/dL")))
    assert bool(found) is doubted
    if doubted:
        assert f"{cut:g} mg/dL is outside what kidney can be (0.0565611 to 65.9955 mg/dL)" in (
            found[0].text
        )


@pytest.mark.parametrize(
    ("ages", "cut", "doubted"),
    [
        ("min = 60", 60, True),
        ("min = 60", 61, False),
        ("max = 60", 60, False),
        ("max = 60", 61, True),
        ("max = 60", 1, False),
        ("min = 60, max = 70", 65, False),
        ("min = 60, max = 70", 71, True),
    ],
)
def test_ages_are_those_that_the_criteria_let_in(ages: str, cut: float, doubted: bool) -> None:
    assert bool(list(absurd_cuts(study("years", cut, ages=ages)))) is doubted


REACHED = '{{ name = "r", label = "R", from = "lab_reached", code = "creatinine", {} }},'


@pytest.mark.parametrize(
    ("limit", "who"),
    [
        ("at_least = 5", "whoever was measured"),
        ("at_least = 5.1", ""),
        ("at_least = 5834", ""),
        ("at_least = 5835", "nobody"),
        ("at_most = 4.9", "nobody"),
        ("at_most = 5", ""),
        ("at_most = 5833", ""),
        ("at_most = 5834", "whoever was measured"),
    ],
)
def test_a_result_that_all_or_none_reach(limit: str, who: str) -> None:
    found = list(absurd_results(study(outcome=REACHED.format(limit))))
    assert [one.path[-1] for one in found] == [limit.split()[0]] * bool(who)
    assert all(f"(5 to 5834 umol/L): {who} reaches it" in one.text for one in found)


@pytest.mark.parametrize(
    ("exact", "numbers"),
    [('["years"]', [0]), ('["male", "kidney"]', [1]), ('["sofa", "male"]', []), ("[]", [])],
)
def test_numbers_with_many_values_are_no_exact_match(exact: str, numbers: list[int]) -> None:
    found = list(exact_numbers(study(exact=exact)))
    assert [one.path for one in found] == [("match", "exact", number) for number in numbers]


@pytest.mark.parametrize(
    ("feature", "cut", "boundary", "opens", "doubted"),
    [
        ("total_g", 0, "low", 0, True),
        ("total_g", -1, "low", 0, True),
        ("total_g", 0.5, "high", 0, False),
        ("n_dose_days", 0, "low", -24, True),
        ("hours_to_first_dose", 0, "low", 0, False),  # who is dosed at time zero
        ("hours_to_first_dose", 0, "high", 0, True),
        ("hours_to_first_dose", 0, "high", -24, False),  # the window opens a day before
        ("hours_to_first_dose", -24, "high", -24, True),
        ("hours_to_first_dose", -25, "low", -24, True),
        ("days_from_onset_to_first_dose", -1, "high", 0, False),  # a dose before the onset
    ],
)
def test_a_band_below_which_nobody_is(
    feature: str, cut: float, boundary: str, opens: float, doubted: bool
) -> None:
    plan = study()
    band = Band(
        **{"name": "b", "feature": feature, "cut": cut, "boundary": boundary},  # type: ignore[arg-type]
        low_label="l",
        high_label="h",
    )
    changes = {"bands": (band,), "start_hours": opens}
    exposure = plan.exposure.model_copy(update=changes)
    found = list(absurd_cuts(plan.model_copy(update={"exposure": exposure})))
    assert [one.path for one in found] == [("exposure", "bands", 0, "cut")] * doubted
