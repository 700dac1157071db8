"""What would answer the question by itself, or could not be told apart: refused with the cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from changed_text import Change, changed_text

from ehrivig import study
from ehrivig.errors import StudyError

TEXT = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
OUTCOMES = 'variables = [\n  { name = "death_28d"'
COVARIATES = '  { name = "age", label = "Age", from = "age"'
PRIMARY = 'primary = "death_28d"'
SHIPPED = TEXT[TEXT.index("negative_controls") : TEXT.index("[report]")]
CALIPER = "caliper = 0.2\n"
SUBGROUP = '{ name = "age", label = "Age >= 65 y"'
CRITERION = '{ name = "adult", label = "Aged 18 years or more", rule = "age", min = 18 }'
MATCHED = ('analysis = "clone_censor_weight"', 'analysis = "matched"')


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[..., str]:
    """Why the packaged study with some changes is refused; empty where it is not."""

    def ask(*changes: Change) -> str:
        path = changed_text(TEXT, changes, tmp_path)
        try:
            study.load(path)
        except StudyError as error:
            return str(error)
        return ""

    return ask


def outcome(name: str, source: str, more: str = "") -> Change:
    row = f'  {{ name = "{name}", label = "{name}", from = "{source}"{more} }},\n'
    return OUTCOMES, f"variables = [\n{row}{OUTCOMES[14:]}"


def controls(*names: str) -> Change:
    listed = ", ".join(f'"{name}"' for name in names)
    return SHIPPED, f"negative_controls = [{listed}]\n\n"


@pytest.mark.parametrize(
    ("name", "source", "more", "said"),
    [
        ("dead", "death", ", within_days = 28", "is a death, as is the primary outcome death_28d"),
        ("died", "in_hospital_death", "", "is a death, as is the primary outcome death_28d"),
        ("stay", "length_of_stay", "", "is a number (days): only what happens or not"),
    ],
)
def test_a_control_that_is_the_effect_itself_is_refused(
    refusal: Callable[..., str], name: str, source: str, more: str, said: str
) -> None:
    asked = refusal(outcome(name, source, more), controls(name))
    assert f"analysis.negative_controls: '{name}' {said}" in asked
    assert asked.endswith("Remove it.")


def test_a_control_by_another_name_counts_once(refusal: Callable[..., str]) -> None:
    twin = outcome("broken", "condition", ', code = "fracture"')
    said = refusal(twin, controls("fracture", "broken"))
    assert "'broken' is the control fracture under another name" in said
    assert refusal(controls("fracture", "hemorrhoids")) == ""


def test_what_sets_time_zero_is_no_outcome(refusal: Callable[..., str]) -> None:
    met = outcome("met", "concept", ', code = "severe_china_v6"')
    said = refusal(met, controls("met"))
    assert "outcomes.met: severe_china_v6 is what the criterion 'Severe: RR >= 30/min" in said
    assert "and sets time zero: who is in the study has it by that" in said
    sick = outcome("sick", "condition", ', code = "covid19"')
    assert "covid19 is among what the criterion 'Confirmed COVID-19" in refusal(
        sick, controls("sick")
    )
    assert refusal(met) == ""  # a row of a table answers nothing by it


def test_the_condition_of_the_effect_is_no_baseline(refusal: Callable[..., str]) -> None:
    asked = outcome("clot", "condition", ', code = "stroke"')
    before = '  { name = "clot_before", label = "B", from = "condition", code = "stroke" },\n'
    changes = [asked, controls("clot"), (COVARIATES, before + COVARIATES)]
    assert refusal(*changes) == ""
    used = ('covariates = [\n  "age"', 'covariates = [\n  "age", "clot_before"')
    said = refusal(*changes, used)
    assert "'clot_before' cannot be matched on: it is coded stroke, as is the outcome clot" in said


@pytest.mark.parametrize("key", ["ratio = 3", "replace = true", 'order = "data"'])
def test_optimal_pairs_read_no_key_of_the_nearest(refusal: Callable[..., str], key: str) -> None:
    said = refusal((CALIPER, f"{CALIPER}{key}\n"))
    name = key.split(" ")[0]
    assert f'match.{name}: method = "optimal" does not read {name}' in said
    assert refusal() == ""


@pytest.mark.parametrize(
    ("place", "row", "said"),
    [
        (
            SUBGROUP,
            '{ name = "old", label = "age >=  65 Y", variable = "age", cut = 70 }',
            "analysis.subgroups.age.label: 'Age >= 65 y' is the label of the subgroup old too",
        ),
        (
            COVARIATES.strip(),
            '{ name = "k", label = "Age", from = "lab", code = "crp", unit = "mg/L" }',
            "covariates.age.label: 'Age' is the label of the covariate k too",
        ),
        (
            CRITERION,
            '{ name = "elder", label = "Aged 18 years or more", rule = "age", min = 60 }',
            "cohort.criteria.adult.label: 'Aged 18 years or more' is the label of the criterion",
        ),
    ],
)
def test_equal_labels_cannot_be_told_apart(
    refusal: Callable[..., str], place: str, row: str, said: str
) -> None:
    assert said in refusal((place, f"{row},\n  {place}"))


@pytest.mark.parametrize("name", ["read", "all", "untreated_before"])
def test_a_criterion_has_no_name_of_another_row(refusal: Callable[..., str], name: str) -> None:
    said = refusal((CRITERION, CRITERION.replace('"adult"', f'"{name}"')))
    assert f"cohort.criteria.{name}.name: '{name}' is " in said
    assert said.endswith("Give it another name.")


def test_the_twin_of_a_group_is_of_a_death(refusal: Callable[..., str]) -> None:
    band = (
        'bands = [{ name = "dose", feature = "total_g", cut = 1, low_label = "low", '
        'high_label = "high" }]\n'
    )
    dosed = ("end_hours = 48", f"{band}end_hours = 48")
    assert refusal(dosed) == ""
    said = refusal(dosed, (PRIMARY, 'primary = "crrt"'), MATCHED)
    assert "exposure.bands.dose: 'dose' divides the exposed by what happens after time zero" in said
    assert "Name a death as primary outcome" in said


@pytest.mark.parametrize(
    ("name", "source", "more", "kind"),
    [
        ("imv", "device", "", "respiratory device"),
        ("prone_position", "procedure", "", "procedure"),
        ("lungs", "condition", ', code = "ards"', "coded complication"),
        ("kidneys", "concept", ', code = "aki_kdigo"', "clinical definition"),
    ],
)
def test_what_the_disease_brings_is_no_control(
    refusal: Callable[..., str], name: str, source: str, more: str, kind: str
) -> None:
    said = refusal(outcome(name, source, more), controls(name))
    assert f"analysis.negative_controls: '{name}' is an outcome of the disease ({kind})" in said
    assert "Name what the drug can neither bring nor spare, as fracture. Remove it" in said
    assert refusal(outcome("burn", "condition", ', code = "tuberculosis"'), controls("burn")) == ""
