"""What `study check` warns of and a run has among its lints, each on one changed study."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_text import changed_text
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.study.admitted import admitted
from ehrivig.study.doubts import doubts_of

TEXT = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
AGE = '  { name = "age", label = "Age"'
USED = 'covariates = [\n  "age"'
SEPSIS = f'  {{ name = "sepsis", label = "Sepsis", from = "condition" }},\n{AGE}'
REACHED = (
    '  { name = "reached", label = "Reached", from = "lab_reached", code = "creatinine", LIMIT },\n'
    '  { name = "fracture"'
)
CUT = 'variable = "age", cut = 65 },'
DOUBTS = [
    (
        [('layout = "native"', 'layout = "native"\nperiod = [2020-01-01, 2020-06-30]')],
        "extract.period: period of [extract] is applied by no criterion",
    ),
    (
        [('layout = "native"', 'layout = "native"\ndrug_types_given = [32869]')],
        "extract.drug_types_given: the layout native does not read drug_types_given",
    ),
    (
        [("caliper = 0.2\n", 'caliper = 0.2\nallow_post_baseline = ["glucocorticoid"]\n')],
        "match.allow_post_baseline: nothing uses 'glucocorticoid'",
    ),
    (
        [("caliper = 0.2\n", 'caliper = 0.2\nallow_post_baseline = ["age"]\n')],
        "match.allow_post_baseline: 'age' is known at time zero and needs no admission",
    ),
    (
        [("bootstrap = 500", 'bootstrap = 500\nallow_post_baseline = ["crp"]')],
        "analysis.allow_post_baseline: nothing uses 'crp'",
    ),
    (
        [("caliper = 0.2\n", 'caliper = 0.2\nexact = ["crp"]\n')],
        "match.exact: 'crp' is a number with many values",
    ),
    (
        [(AGE, SEPSIS), (USED, f'{USED}, "sepsis"')],
        "match.covariates: 'sepsis' is matched on, and sepsis is a condition of an acute kind",
    ),
    (
        [("bootstrap = 500", "bootstrap = 60")],
        "analysis.bootstrap: the interval of the answer has its limits from 60 samples",
    ),
    ([(CUT, CUT.replace("65", "650"))], "analysis.subgroups.age.cut: 650 y is outside what age"),
    *(
        (
            [('  { name = "fracture"', REACHED.replace("LIMIT", limit))],
            f"outcomes.reached.{limit.split()[0]}: {said}",
        )
        for limit, said in (
            (
                "at_most = 1.5",
                "1.5 umol/L is outside what creatinine can be (5 to 5834 umol/L): nobody",
            ),
            (
                "at_least = 1.5",
                "1.5 umol/L is outside what creatinine can be (5 to 5834 umol/L): whoever",
            ),
            (
                "at_most = 6e3",
                "6000 umol/L is outside what creatinine can be (5 to 5834 umol/L): whoever",
            ),
            (
                "at_least = 6e3",
                "6000 umol/L is outside what creatinine can be (5 to 5834 umol/L): nobody",
            ),
        )
    ),
    (
        [(CUT, f'{CUT}\n  {{ name = "s", label = "SOFA", variable = "sofa", cut = 70 }},')],
        "analysis.subgroups.s.cut: 70 points is outside what sofa can be (0 to 24 points)",
    ),
    (
        [(CUT, f'{CUT}\n  {{ name = "k", label = "K", variable = "creatinine", cut = 1.2 }},')],
        "analysis.subgroups.k.cut: 1.2 umol/L is outside what creatinine can be (5 to 5834 umol/L)",
    ),
]


def changed(tmp_path: Path, changes: list[tuple[str, str]]) -> Path:
    return changed_text(TEXT, changes, tmp_path)


@pytest.mark.parametrize(("changes", "said"), DOUBTS, ids=[said[:40] for _, said in DOUBTS])
def test_a_doubt_is_told_with_its_line_and_is_a_lint(
    tmp_path: Path, changes: list[tuple[str, str]], said: str
) -> None:
    path = changed(tmp_path, changes)
    done = CliRunner().invoke(app, ["study", "check", str(path)])
    assert done.exit_code == 0
    head, warning = done.stderr.splitlines()
    assert head.endswith("no problem, 1 warning.")
    number, _, text = warning.removeprefix("  warning: line ").partition(": ")
    assert text.startswith(said)
    place = said.partition(":")[0].rpartition(".")[2]
    line = path.read_text(encoding="utf-8").splitlines()[int(number) - 1]
    assert place in line or "variable" in line or "covariates" in line or "age" in line
    (doubt,) = doubts_of(study.load(path))
    assert text.startswith(f"{text.partition(': ')[0]}: {doubt.text[:30]}")


def test_words_that_name_another_time_than_the_keys_are_errors(tmp_path: Path) -> None:
    """The head of the report is made of both."""
    longer = [("within_days = 28, event_label", "within_days = 90, event_label")]
    shorter = [("grace_hours = 48\n", "grace_hours = 6\n")]
    found = []
    landed = [('analysis = "clone_censor_weight"', 'analysis = "landmark"')]
    for changes in (longer, shorter, landed, [*longer, ('"28-day mortality"', '"Death by 90 d"')]):
        doubts = doubts_of(study.load(changed(tmp_path, changes)))
        assert all(d.code == "words_and_keys" and d.severity == "error" for d in doubts)
        found.append([d.path[-1] for d in doubts])
    assert found == [
        ["label", "event_label", "outcome"],
        ["treatment", "comparator"],
        ["treatment", "comparator"],
        ["event_label", "outcome"],
    ]


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        (
            [
                ('primary = "death_28d"', 'primary = "invasive_ventilation"'),
                ('analysis = "clone_censor_weight"', 'analysis = "iptw"'),
            ],
            "outcome",
            "is a death, and the primary outcome invasive_ventilation is none",
        ),
        (
            [('measure = "RD"', 'measure = "RR"')],
            "contrast",
            "'difference in risk, standardised to everybody' names another measure than the "
            "answer has (RR)",
        ),
        (
            [('contrast = "difference in risk, ', 'contrast = "hazard ratio, ')],
            "contrast",
            "names another measure than the answer has (RD)",
        ),
    ],
)
def test_words_that_ask_another_question_are_errors(
    tmp_path: Path, changes: list[tuple[str, str]], place: str, said: str
) -> None:
    doubts = doubts_of(study.load(changed(tmp_path, changes)))
    (found,) = (doubt for doubt in doubts if doubt.code == "words_and_keys")
    assert found.path == ("study", "estimand", place)
    assert said in found.text
    assert found.severity == "error"


def test_a_limit_is_brought_to_the_unit_of_the_study(tmp_path: Path) -> None:
    unit = ('from = "lab", unit = "umol/L"', 'from = "lab", unit = "mg/dL"')
    row = f'{CUT}\n  {{ name = "k", label = "K", variable = "creatinine", cut = 1.2 }},'
    assert study.doubted(changed(tmp_path, [unit, (CUT, row)])) == []


def test_an_acute_condition_that_is_declared_is_said_in_its_rows(tmp_path: Path) -> None:
    used = [(AGE, SEPSIS), (USED, f'{USED}, "sepsis"')]
    named = [("caliper = 0.2\n", 'caliper = 0.2\nallow_post_baseline = ["sepsis"]\n')]
    for changes, doubts in ((used, 1), (used + named, 0)):
        path = changed(tmp_path, changes)
        assert len(study.doubted(path)) == doubts
        said = admitted(study.load(path)).matched
        assert said == "uses acute conditions, which may follow it: sepsis"


@pytest.mark.parametrize("name", study.packaged())
def test_no_packaged_study_is_in_doubt(name: str) -> None:
    """One is, and says why: no analysis of a coded event follows people to its moment."""
    said = study.doubted(name)
    if name == "ivig_safety_covid19":
        assert "immortal time" in study.locate(name).read_text(encoding="utf-8")
        (said_of_the_answer,) = said
        assert "whoever dies early cannot be exposed (immortal time)" in said_of_the_answer
    else:
        assert said == []


def test_a_condition_nearly_called_as_a_shipped_one_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "conditions.csv").write_text(
        "condition,vocabulary,match,code\nhypertensoin,ICD10,prefix,I10\nasthma,ICD10,prefix,J45\n"
    )
    path = changed(tmp_path, [('layout = "native"', 'layout = "native"\ncodelists = "lists"')])
    (said,) = study.doubted(path)
    assert said.startswith("conditions.csv, line 2: 'hypertensoin' is a condition of its own")
    assert "Did you mean that?" in said
    assert "'hypertension'" in said
    done = CliRunner().invoke(app, ["codelist", "check", str(tmp_path / "lists")])
    assert done.exit_code == 0
    assert done.stderr.splitlines()[1] == f"  warning: {said}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("end_hours = 48", "end_hours = 0", "[0, 0) holds no moment"),
        ("end_hours = 48", "end_hours = -1", "[0, -1) holds no moment"),
        ("window_hours = [-48, 6]", "window_hours = [6, 6]", "[6, 6) holds no moment"),
        ("bootstrap = 500", "bootstrap = 500\nrepeat_hours = [72, 72]", "[72, 72) holds no"),
        ("grace_hours = 48", "grace_hours = -48", "-48 is not above 0"),
        ("landmark_hours = [24, 48]", "landmark_hours = [-24]", "-24 is not above 0"),
    ],
)
def test_a_window_that_holds_nothing_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(study.file.StudyError) as error:
        study.load(changed(tmp_path, [(old, new)]))
    assert said in str(error.value)
