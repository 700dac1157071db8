"""The cases S1 to S9: what a study file once did in silence, and is told before a file is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_text import Change, changed_text

from ehrivig import study
from ehrivig.errors import StudyError

TOCI = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
MALE = '  { name = "male", '
LAB = 'name = "crp", label = "C-reactive protein", from = "lab", unit = "mg/L"'
CASES = [
    pytest.param(
        TOCI,
        [('"Hypertension", from = "condition"',
          '"Hypertension", from = "condition", code = "hypertensoin"')],
        "covariates.hypertension.code: 'hypertensoin' is none of the conditions. Did you mean "
        "'hypertension'?",
        id="S1-condition",
    ),
    pytest.param(
        TOCI,
        [('code = "glucocorticoid"', 'code = "glucocorticoids"')],
        "'glucocorticoids' is none of the drug lists. Did you mean 'glucocorticoid'?",
        id="S1-drug",
    ),
    pytest.param(
        TOCI,
        [(MALE, '  { name = "asthma", label = "Asthma", from = "condition" },\n' + MALE)],
        "covariates.asthma.name: 'asthma' is none of the conditions.",
        id="S2",
    ),
    pytest.param(
        TOCI,
        [('codelist = "tocilizumab"', 'codelist = "sarilumab"')],
        "Or bring a list of your own: `ehrivig codelist new`, and codelists = \"lists\" under "
        "[extract].",
        id="S3",
    ),
    pytest.param(
        TOCI,
        [('adjust = ["age"', 'adjust = ["death_28d", "age"')],
        "analysis.adjust: 'death_28d' is the primary outcome: it cannot be adjusted for",
        id="S5-adjust",
    ),
    pytest.param(
        TOCI,
        [('variable = "diabetes"', 'variable = "death_in_hospital"')],
        "analysis.subgroups.diabetes.variable: 'death_in_hospital'",
        id="S5-subgroup",
    ),
    pytest.param(
        TOCI,
        [(LAB, f"{LAB}, window_hours = [48, 120]")],
        "match.covariates: 'crp' is known only after time zero (its window opens 48 h after",
        id="S6",
    ),
    pytest.param(
        TOCI,
        [("start_hours = 0", "start_hours = 96"), ("end_hours = 48", "end_hours = 240")],
        "exposure.start_hours: the exposure window opens 96 h after time zero. Whoever dies or "
        "leaves before then can only be unexposed",
        id="S7",
    ),
    pytest.param(
        TOCI,
        [("caliper = 0.2", "calliper = 0.2")],
        "match.calliper: unknown key. Did you mean 'caliper'?",
        id="S9-key",
    ),
    pytest.param(
        TOCI,
        [(LAB, LAB.replace('name = "crp"', 'name = "crpp"'))],
        "covariates.crpp.name: 'crpp' is none of the analytes. Did you mean 'crp'?",
        id="S9-variable",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "said"), CASES)
def test_it_is_told_with_line_name_and_cure(
    tmp_path: Path, text: str, changes: list[Change], said: str
) -> None:
    path = changed_text(text, changes, tmp_path)
    with pytest.raises(StudyError) as error:
        study.load(path)
    assert error.value.exit_code == 2
    told = [line for line in str(error.value).splitlines() if said in line]
    assert len(told) == 1, str(error.value)
    assert told[0].startswith("  line ")


def test_s4_the_keys_that_were_never_read_are_read() -> None:
    """That each key has a reader is asked of all of them in `test_keys`."""
    plan = study.load("ivig_covid19")
    assert plan.analysis.repeat_anchor == "time_zero"
    assert plan.report.authors == ""


@pytest.mark.parametrize(
    "outcome", ["hospital_los_days", "icu_los_days", "invasive_ventilation", "crrt"]
)
def test_s8_any_outcome_can_be_primary(tmp_path: Path, outcome: str) -> None:
    """With the model of its kind, as `tests/analysis/test_any_outcome_primary` runs it."""
    changes = [
        ('primary = "death_28d"', f'primary = "{outcome}"'),
        ('analysis = "clone_censor_weight"\nmeasure = "RD"\n', ""),
        ('sensitivity = ["landmark", "sequential_trials", "clone_censor_weight", "iptw", ',
         'sensitivity = ["iptw", '),
    ]  # fmt: skip
    assert study.load(changed_text(TOCI, changes, tmp_path)).primary.name == outcome
