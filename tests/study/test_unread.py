"""Settings that nothing of the study reads: each is told by `study check`, and is a lint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from changed_text import Change, changed_text
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.errors import StudyError, UsageError
from ehrivig.study.doubts import doubts_of

TEXT = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
BOOTSTRAP = "bootstrap = 500\n"
END = "end_hours = 48"
LAYOUT = 'layout = "native"\n'
CRP = 'label = "C-reactive protein", from = "lab", unit = "mg/L"'
BAND = 'name = "p", low_label = "l", high_label = "h"'
MATCHED = ('analysis = "clone_censor_weight"', 'analysis = "aipw"')


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    def write(*changes: Change) -> Path:
        return changed_text(TEXT, changes, tmp_path)

    return write


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((BOOTSTRAP, f"{BOOTSTRAP}imputations = 50\n"), "imputations without multiple imputation"),
        ((BOOTSTRAP, f"{BOOTSTRAP}repeat_hours = [24, 48]\n"), "repeat_hours without repeat_labs"),
        ((BOOTSTRAP, f'{BOOTSTRAP}repeat_anchor = "admission"\n'), "repeat_anchor without repeat"),
        (
            (BOOTSTRAP, f'{BOOTSTRAP}learner = "boosting"\n'),
            "reads learner without aipw_cross_fitted or tmle_cross_fitted in sensitivity",
        ),
        (
            (BOOTSTRAP, f"{BOOTSTRAP}large_scale_until_hours = 24\n"),
            "reads large_scale_until_hours without large_scale_score in sensitivity",
        ),
        (
            (BOOTSTRAP, f"{BOOTSTRAP}large_scale_prevalence = 0.02\n"),
            "reads large_scale_prevalence without large_scale_score",
        ),
        (
            (BOOTSTRAP, f'{BOOTSTRAP}large_scale_leave_out = ["drug x"]\n'),
            "reads large_scale_leave_out without large_scale_score",
        ),
        ((LAYOUT, f'{LAYOUT}hospital_level = "source"\n'), "native does not read hospital_level"),
        (
            ("[cohort]", '[quality]\nthresholds = { "lab.unit_mixup" = 0.1 }\n'
             'severities = { "lab.unit_mixup" = "off" }\n[cohort]'),
            "quality.thresholds.lab.unit_mixup: the check lab.unit_mixup is off",
        ),
        (("[report]", "[utilisation]\nprice_per_g = {}\n[report]"), "holds no price"),
        (("landmark_hours = [24, 48]", "landmark_hours = [24, 672]"), "672 h is not before the"),
        (
            (BOOTSTRAP, f'{BOOTSTRAP}repeat_labs = ["crp"]\nrepeat_hours = [-72, -48]\n'),
            "from -72 h on, which is before that from which it is timed",
        ),
        ((", within_days = 28", ""), "'28-day mortality' counts a death at any later time"),
        (("start_hours = 0", "start_hours = -48"), "opens 48 h before time zero, and these may be"),
        ((CRP, CRP.replace(', unit = "mg/L"', "")), "C-reactive protein' is shown in mg/L, and"),
    ],
)  # fmt: skip
def test_what_nothing_reads_is_told(
    changed: Callable[..., Path], change: Change, said: str
) -> None:
    plan = study.load(changed(change))
    told = [doubt for doubt in doubts_of(plan) if said in doubt.text or said in str(doubt.path)]
    lines = [line for line in study.doubted(changed(change)) if said in line]
    assert len(lines) == 1, study.doubted(changed(change))
    assert lines[0].startswith("line ")
    assert lines[0].rstrip(".").split(". ")[-1][0].isupper()  # the cure
    assert len(told) <= 1
    assert study.doubted(changed()) == []


def test_keys_of_an_analysis_that_is_not_asked_for(changed: Callable[..., Path]) -> None:
    start = TEXT.index("sensitivity = [")
    listed = TEXT[start : TEXT.index("]", start) + 1]
    said = "\n".join(study.doubted(changed((listed, "sensitivity = []"), MATCHED)))
    assert "landmark_hours: nothing reads landmark_hours without landmark" in said
    assert "grace_hours: nothing reads grace_hours without clone_censor_weight" in said
    assert "bootstrap: nothing reads bootstrap without clone_censor_weight" in said


def test_a_design_that_follows_to_a_death_needs_one(changed: Callable[..., Path]) -> None:
    primary = ('primary = "death_28d"', 'primary = "crrt"')
    said = "\n".join(study.doubted(changed(primary, MATCHED)))
    assert "landmark follows people to a death, and the primary outcome crrt is none" in said


@pytest.mark.parametrize(
    ("feature", "cut", "said"),
    [
        ("standard", 0.5, "the standard product is what others are compared with"),
        ("igma_enriched", 7, "a cut at 7 leaves one group empty. Write 0.5"),
    ],
)
def test_products_that_divide_nobody(
    changed: Callable[..., Path], feature: str, cut: float, said: str
) -> None:
    drug = ('codelist = "tocilizumab"', 'codelist = "ivig"')
    band = f'bands = [{{ {BAND}, feature = "{feature}", cut = {cut} }}]\n'
    told = study.doubted(changed(drug, (END, f"{band}{END}")))
    assert any(said in line for line in told)


def test_a_severity_that_no_criterion_asks_for(tmp_path: Path) -> None:
    text = study.locate("omop_synthea").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("[cohort]\n", '[cohort]\nseverity = "sepsis"\n'), "utf-8")
    assert any("nothing reads severity" in line for line in study.doubted(path))


def test_from_has_one_name(changed: Callable[..., Path]) -> None:
    path = changed(('label = "Age", from = "age"', 'label = "Age", source = "age"'))
    with pytest.raises(StudyError, match=r"age\.source: unknown key\. Did you mean 'from'"):
        study.load(path)


@pytest.mark.parametrize("option", [["--json"], ["--layout", "omop"]])
def test_options_of_an_extract_need_one(option: list[str]) -> None:
    done = CliRunner().invoke(app, ["study", "check", "tocilizumab_covid19", *option])
    assert isinstance(done.exception, UsageError)
    assert f"{option[0]} is of an extract. Give --extract, or leave it out" in str(done.exception)


def test_an_empty_unit_is_no_unit(changed: Callable[..., Path]) -> None:
    with pytest.raises(StudyError) as error:
        study.load(changed((CRP, CRP.replace("mg/L", ""))))
    said = str(error.value).splitlines()[1]
    assert "covariates.crp.unit: is empty, and crp has a unit. Write one of mg/L, " in said
    assert said.startswith("  line ")
    ph = CRP.replace("C-reactive protein", "pH").replace("mg/L", "")
    study.load(changed((f'name = "crp", {CRP}', f'name = "ph", {ph}'), ('  "crp", ', '  "ph", ')))


CRITERION = ('  { name = "index"', '  { name = "more", label = "More", %s },\n  { name = "index"')
FEVER = '  { name = "male", '


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([(LAYOUT, f'{LAYOUT}local_names = {{ findings = ["anosmia"] }}\n')],
         "nothing of the study asks for 'anosmia', one of the findings. Remove it, or ask for it."),
        ([(LAYOUT, f'{LAYOUT}local_names = {{ findings = ["fever"] }}\n')],
         "'fever' is one of the shipped findings: it needs no declaration. Remove it."),
        ([(LAYOUT, f'{LAYOUT}local_names = {{ findings = ["feverr"] }}\n'),
          (FEVER, f'  {{ name = "feverr", label = "F", from = "finding" }},\n{FEVER}')],
         "'feverr' is nearly called as the shipped 'fever'. Is it another?"),
        ([("[report]", "[utilisation]\nprice_per_g = { igma_enriched = 3.0 }\n[report]")],
         "tocilizumab includes no product 'igma_enriched', so nothing has this price. Name one of"),
        ([("cut = 65", "cut = 18")], "18 y is outside what age can be (18 to 120 y): one side"),
        ([(CRITERION[0], CRITERION[1] % 'rule = "index_admission"')],
         "who is left is of one admission already: it excludes nobody. Remove it."),
    ],
)  # fmt: skip
def test_what_is_declared_for_nothing_is_told(
    changed: Callable[..., Path], changes: list[Change], said: str
) -> None:
    told = study.doubted(changed(*changes))
    assert len(told) == 1
    assert said in told[0]
    assert told[0].startswith("line ")


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        ('rule = "age", max = 17', "nobody can meet it and 'adult' as well: at most 17, and at le"),
        ('rule = "any_of", any_of = [{ condition = "copd" }, { condition = "copd" }]',
         "cohort.criteria.more.any_of.(2): this evidence is listed twice. Remove one."),
    ],
)  # fmt: skip
def test_criteria_that_contradict_are_refused(
    changed: Callable[..., Path], criterion: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        study.load(changed((CRITERION[0], CRITERION[1] % criterion)))
    assert said in str(error.value)
    assert "has 1 problem" in str(error.value)


def test_a_hospital_has_a_name(changed: Callable[..., Path]) -> None:
    with pytest.raises(StudyError, match=r"extract.hospitals: is empty: write it"):
        study.load(changed((LAYOUT, f'{LAYOUT}hospitals = ["A", ""]\n')))


CRP_2 = '  { name = "crp_2", label = "CRP", from = "lab", code = "crp", unit = "mg/dL" },\n'
ANY = '  { name = "lung", label = "Lung", from = "any_of", any_of = ["copd"] },\n'
OTHER = CRP_2.replace('mg/dL"', 'mg/dL", window_hours = [-96, 0]')


@pytest.mark.parametrize(
    ("variable", "score", "refused"),
    [
        (CRP_2, '"crp_2", "crp", ', "'crp' is 'crp_2' again, by another name or in another unit"),
        (ANY, '"copd", "lung", "crp", ', "'lung' is 'copd' again"),
        (CRP_2, '"crp", ', ""),
        (OTHER, '"crp_2", "crp", ', ""),
        (ANY, '"lung", "crp", ', ""),
    ],
)
def test_one_thing_is_in_a_model_once(
    changed: Callable[..., Path], variable: str, score: str, refused: str
) -> None:
    path = changed((FEVER, f"{variable}{FEVER}"), ('  "crp", ', f"  {score}"))
    if not refused:
        study.load(path)
        return
    with pytest.raises(StudyError) as error:
        study.load(path)
    assert refused in str(error.value)
    assert "match.covariates: " in str(error.value)
