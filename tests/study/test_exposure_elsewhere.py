"""The exposure drug under another list: refused where it answers the question, else said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from changed_text import Change, changed_text

from ehrivig import study
from ehrivig.codes import SHIPPED, own
from ehrivig.codes.overlap import common, lies_within
from ehrivig.errors import StudyError

TEXT = study.locate("dexamethasone_covid19").read_text(encoding="utf-8")
INSIDE = (
    "the list 'glucocorticoid' includes the exposure drug, as does 'dexamethasone' (ATC H02AB02"
)
FIRST_OUTCOME = 'variables = [\n  { name = "death_28d"'
STEROID = '  { name = "steroid", label = "Steroid", from = "medication", code = "glucocorticoid"'


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """The packaged study of dexamethasone with some changes, as a file."""

    def change(*changes: Change) -> Path:
        return changed_text(TEXT, changes, tmp_path)

    return change


def refusal(path: Path) -> str:
    with pytest.raises(StudyError) as error:
        study.load(path)
    assert error.value.exit_code == 2
    return str(error.value)


def outcome(more: str = "") -> Change:
    return FIRST_OUTCOME, f"variables = [\n{STEROID}{more} }},\n{FIRST_OUTCOME[14:]}"


def covariate(window: str) -> Change:
    first = '  { name = "age", label = "Age"'
    return first, f"{STEROID}, window_hours = {window} }},\n{first}"


@pytest.mark.parametrize(
    "asks",
    [
        ('primary = "death_28d"', 'primary = "steroid"'),
        ("negative_controls = [\n", 'negative_controls = [\n  "steroid",\n'),
    ],
)
def test_it_is_no_outcome_and_no_control(written: Callable[..., Path], asks: Change) -> None:
    said = refusal(written(outcome(), asks))
    assert f"outcomes.steroid: {INSIDE}" in said
    assert "the effect of the drug would be asked on having it" in said


def test_as_a_secondary_outcome_it_is_said(written: Callable[..., Path]) -> None:
    (said,) = study.doubted(written(outcome(', group = "treatment"')))
    assert f"outcomes.steroid: {INSIDE}" in said
    assert "its row is no effect. Remove it" in said


@pytest.mark.parametrize("use", ['covariates = [\n  "age"', 'adjust = ["age"'])
def test_it_adjusts_for_nothing_where_windows_meet(written: Callable[..., Path], use: str) -> None:
    named = ("caliper = 0.2", 'caliper = 0.2\nallow_post_baseline = ["steroid"]')
    used = (use, use.replace('"age"', '"age", "steroid"'))
    said = refusal(written(covariate("[-48, 24]"), used, named))
    assert INSIDE in said
    assert "so that the exposure would explain itself. End its window at 0 h" in said
    assert study.load(written(covariate("[-48, 0]"), used)).exposure.name == "dexamethasone"


def test_as_a_part_of_a_variable_too(written: Callable[..., Path]) -> None:
    either = (
        '  { name = "age", label = "Age"',
        '  { name = "either", label = "E", from = "any_of", any_of = ["copd", "steroid"] },\n'
        '  { name = "age", label = "Age"',
    )
    named = ("caliper = 0.2", 'caliper = 0.2\nallow_post_baseline = ["either"]')
    used = ('covariates = [\n  "age"', 'covariates = [\n  "age", "either"')
    assert "'either' cannot be matched on: " in refusal(
        written(covariate("[-48, 24]"), either, named, used)
    )


def test_in_table_1_alone_it_is_said(written: Callable[..., Path]) -> None:
    (said,) = study.doubted(written(covariate("[-48, 24]")))
    assert "covariates.steroid: " in said
    assert "its row shows the exposure itself. End its window at 0 h" in said
    assert study.doubted(written(covariate("[-48, 0]"))) == []


@pytest.mark.parametrize(
    ("codelist", "refused"), [("dexamethasone", True), ("glucocorticoid", False)]
)
def test_nobody_is_both_treated_and_untreated_before(
    written: Callable[..., Path], codelist: str, refused: bool
) -> None:
    severe = '  { name = "severe"'
    row = '  { name = "index"'
    before = f'  {{ name = "b", label = "B", rule = "treated_before", codelist = "{codelist}" }},\n'
    assert severe in TEXT
    path = written((row, before + row))
    if refused:
        assert "no unexposed person can meet both" in refusal(path)
    else:
        (said,) = study.doubted(path)
        assert "a dose of the exposure by time zero meets this criterion too" in said


def test_a_list_of_ones_own_is_looked_into(written: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "lists" / "drugs" / "mine.csv"
    path.parent.mkdir(parents=True)
    path.write_text("verdict,vocabulary,match,value\ninclude,ATC,prefix,H02\n", encoding="utf-8")
    change = outcome()[0], outcome()[1].replace('"glucocorticoid"', '"mine"')
    lists = ('layout = "native"', 'layout = "native"\ncodelists = "lists"')
    asks = ('primary = "death_28d"', 'primary = "steroid"')
    assert "the list 'mine' includes the exposure drug" in refusal(written(change, lists, asks))


def test_lists_have_in_common_what_both_include_by_a_route(tmp_path: Path) -> None:
    assert "ATC H02AB02" in common(SHIPPED, "dexamethasone", "glucocorticoid", ("iv",))
    assert common(SHIPPED, "dexamethasone", "antibiotic", ("iv",)) == ()
    assert common(SHIPPED, "dexamethasone", "no_such_list", ("iv",)) == ()
    assert lies_within(SHIPPED, "dexamethasone", "glucocorticoid", ("iv",))
    assert not lies_within(SHIPPED, "glucocorticoid", "dexamethasone", ("iv",))
    head = "verdict,vocabulary,match,value,route"
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "eye.csv").write_text(f"{head}\ninclude,ATC,exact,H02AB02,other\n")
    (tmp_path / "drugs" / "not.csv").write_text(
        f"{head}\ninclude,ATC,prefix,H02,\nexclude,ATC,exact,H02AB02,\n"
    )
    lists = own.read(tmp_path)
    assert common(lists, "dexamethasone", "eye", ("iv",)) == ()
    assert common(lists, "dexamethasone", "eye", ("iv", "other")) == ("ATC H02AB02",)
    assert "ATC H02AB02" not in common(lists, "dexamethasone", "not", ("iv",))


def test_a_new_study_leaves_out_what_is_now_the_exposure(tmp_path: Path) -> None:
    from ehrivig.study.begin import begin

    said = begin(tmp_path / "a.toml", "norepinephrine", None, "vasopressin_septic_shock")
    assert any(
        line.startswith("left out of the criteria: norepinephrine, which wants norepinephrine")
        for line in said
    )
    assert any("the first dose of the exposure is time zero of many" in line for line in said)
    plan = study.load(tmp_path / "a.toml")
    assert [c.rule for c in plan.cohort.criteria if c.codelist] == []
    said = begin(tmp_path / "b.toml", "hydrocortisone", None, "tocilizumab_covid19")
    assert said[1] == "left out of [outcomes]: glucocorticoid, which includes hydrocortisone"
    assert study.doubted(tmp_path / "b.toml") == []
