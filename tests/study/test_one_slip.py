"""One slip is one problem, with a cure that leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ehrivig import study
from ehrivig.analysis import own_lints
from ehrivig.errors import StudyError

TEXT = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
LAYOUT = 'layout = "native"\n'


def problems(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        study.load(path)
    return str(error.value).split("\n  ")[1:] or [str(error.value)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("caliper = 0.2", "caliper = nan"), "nan is no number that can be used. Write a number; "
         "left out it is 0.2."),
        (("window_hours = [-48, 6]", "window_hours = [nan, 6]"), "can be used. Write a number."),
        (("end_hours = 48", "end_hours = nan"), "Leave the key out for no limit."),
        (("cut = 65", "cut = nan"), "nan is no number that can be used. Write a number."),
        (('label = "Diabetes mellitus", from = "condition"',
          'label = "Diabetes mellitus", from = "conditon"'), "Did you mean 'condition'?"),
        (('{ name = "crrt"', '{ name = "age"'), "'age' is defined twice (as a covariate). Rename"),
        (("[cohort]", "[quality.thresholds]\nlab.unit_mixup = 0.1\n[cohort]"),
         'stands in quotation marks: "lab.unit_mixup" = ...'),
        (('label = "Age"', 'label = " "'), "covariates.age.label: is blank: write words."),
        (('label = "Age"', 'label = "A\\u202Ege"'), "holds a sign that nobody sees"),
        (('label = "Age"', 'label = "A\\u0000ge"'), "holds a sign that nobody sees"),
        ((LAYOUT, f'{LAYOUT}codelists = "none"\n'), "extract.codelists: no folder 'none' beside"),
    ],
)  # fmt: skip
def test_one_slip_is_one_problem(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (line,) = problems(tmp_path, change)
    assert line.startswith("line ")
    assert said in line


def test_a_missing_folder_of_lists_hides_nothing(tmp_path: Path) -> None:
    lists = (LAYOUT, f'{LAYOUT}codelists = "none"\n')
    own = ('code = "imv"', 'code = "imv", within_days = 3')
    assert len(problems(tmp_path, lists, own)) == 2


@pytest.mark.parametrize(
    ("change", "cure"),
    [
        (("seed = ", "seed = 1\nseed = "), "Remove one of the two."),
        (('title = "', "title = "), "Text stands in quotation marks"),
        (("[match]\n", "[match]\nratio\n"), "Write key = value."),
    ],
)
def test_what_is_no_toml_is_told_with_a_cure(
    tmp_path: Path, change: tuple[str, str], cure: str
) -> None:
    (said,) = problems(tmp_path, change)
    assert cure in said


def test_the_cure_of_a_late_window_followed_word_for_word_is_the_cure(tmp_path: Path) -> None:
    text = TEXT.replace('time_zero = "eligible"', 'time_zero = "admission"')
    text = text.replace("start_hours = 0", "start_hours = 24")
    (tmp_path / "late.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        study.load(tmp_path / "late.toml")
    cure = re.search(r"Add the criterion (\{.*?\})", str(error.value))
    assert cure is not None
    mended = text.replace('  { name = "index"', f'  {cure[1]},\n  {{ name = "index"', 1)
    (tmp_path / "mended.toml").write_text(mended, encoding="utf-8")
    plan = study.load(tmp_path / "mended.toml")
    (lint,) = own_lints._late_eligibility(plan)
    assert "Still in hospital" not in lint.message  # severity alone looks at the whole stay
    kept = tuple(one for one in plan.cohort.criteria if one.rule != "severity")
    cohort = plan.cohort.model_copy(update={"criteria": kept})
    assert own_lints._late_eligibility(plan.model_copy(update={"cohort": cohort})) == []
