"""docs/study.md says of every key what holds: its default, its limits, the names it may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import reference
from drawn_study import BEGIN, asking, parsed

from ehrivig.errors import StudyError, UsageError
from ehrivig.study.data import Extract
from ehrivig.study.declared import held
from ehrivig.study.doubts.exposure_drug import exposure_in_tables
from ehrivig.study.known_names import known_names
from ehrivig.study.mappings import problems_of
from ehrivig.study.registries.sensitivity import SENSITIVITY, safe_designs

ASKED = f"""{BEGIN}
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "d"
variables = [{{ name = "d", label = "D", from = "death", within_days = 28 }}]
[covariates]
window_hours = [-24, 24]
"""
PLAN = asking('from = "length_of_stay"')


def test_the_page_is_as_it_is_made() -> None:
    """Defaults, limits and names are promises; `tests.study.reference` tells them anew."""
    page = reference.PAGE.read_text(encoding="utf-8")
    assert reference.renewed(page) == page


TAKEN = (
    *("hospital_id", "admission_id", "patient_id", "person_id", "time_zero", "exposed"),
    *("eligible_at", "eligible_undated", "time_days", "event", "days_to_death"),
    *("discharge_status", "discharge_days", "stay_days", "stay_end", "known_anywhere"),
)


@pytest.mark.parametrize("name", TAKEN)
def test_no_variable_is_called_like_a_column_of_the_analysis_table(name: str) -> None:
    own = f'{{ name = "age", label = "Age", from = "age" }}, {{ name = "{name}", label = "X", '
    own += 'from = "lab", code = "crp", unit = "mg/L" }'
    text = f"""variables = [{own}]
[match]
covariates = ["age"]
"""
    with pytest.raises(StudyError, match=name):
        parsed(ASKED + text)


@pytest.mark.parametrize(
    ("splines", "said"),
    [
        ('["crp"]', "crp is not matched on"),
        ('["male"]', "male is yes or no: there is no curve"),
        ('["age"]', ""),
    ],
)
def test_curves_are_of_numbers_that_the_score_has(splines: str, said: str) -> None:
    text = f"""variables = [
  {{ name = "age", label = "Age", from = "age" }},
  {{ name = "male", label = "Male", from = "male" }},
  {{ name = "crp", label = "CRP", from = "lab", unit = "mg/L" }},
]
[match]
covariates = ["age", "male"]
splines = {splines}
"""
    if not said:
        assert parsed(ASKED + text).match.splines == ("age",)
        return
    with pytest.raises(StudyError, match=said):
        parsed(ASKED + text)


@pytest.mark.parametrize("content", [[], {}, {"protocol_hash": 5}, {"settings": {}}, "x", None])
def test_a_file_that_is_no_protocol_is_told(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError, match="is no protocol"):
        held(PLAN, str(path))


def test_why_a_file_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file: No such file or directory"):
        held(PLAN, str(tmp_path / "gone.json"))


def test_what_is_wrong_in_signed_mappings_is_told_in_the_order_of_lines(tmp_path: Path) -> None:
    entry = '[[code]]\nhospital_id = "{}"\nvocabulary = "local"\ncode = "K{}"\nanalyte = "crp"\n'
    entry += 'signed_by = "A. S."\nsigned_on = 2020-07-02\nreason = "The laboratory said so."\n'
    path = tmp_path / "signed.toml"
    path.write_text("".join(entry.format(name, n) for n, name in enumerate("AQQ")))
    known = known_names(Extract(), tmp_path)
    lines = [one.partition(":")[0] for one in problems_of(path, known, ["A"])]
    assert lines == ["line 9", "line 17"]


def test_a_layout_may_have_a_name_of_one_letter() -> None:
    assert Extract(layout="x").layout == "x"


@pytest.mark.parametrize(
    ("source", "primary", "doubted"),
    [("medication", False, True), ("medication", True, False), ("condition", False, False)],
)
def test_a_secondary_outcome_that_is_the_exposure_itself(
    source: str, primary: bool, doubted: bool
) -> None:
    first, other = PLAN.outcomes.variables
    own = other.model_copy(update={"source": source, "code": "ivig"})
    changes = {"variables": (first, own), "primary": own.name if primary else first.name}
    plan = PLAN.model_copy(update={"outcomes": PLAN.outcomes.model_copy(update=changes)})
    found = [one.path for one in exposure_in_tables(plan)]
    assert found == [("outcomes", "variables", 1)] * doubted


def test_the_designs_free_of_immortal_time() -> None:
    for name in ("landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight"):
        assert name in safe_designs()
        assert SENSITIVITY[name].calibrated  # the simulated worlds know their truth
