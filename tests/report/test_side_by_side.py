"""The two tables of the front part: everybody beside the matched, analyses beside the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.report.baseline_table import Variable, side_by_side
from ehrivig.report.effect_summary import summary
from ehrivig.report.table import RunTables, signed, typeset
from ehrivig.study import load

LIU = load("ivig_covid19")
ONE: dict[str, Any] = {
    **{"group": "Labs", "variable": "crp", "label": "CRP", "unit": "ug/mL", "kind": "continuous"},
    **{"text_exposed": "9 [8, 10]", "text_control": "7 [6, 8]", "smd": 0.42, "n_all": 90},
}
BALANCE: dict[str, Any] = {
    **{"covariate": "crp", "smd_matched": -0.2, "in_score": True},
    **{"mean_exposed_matched": 9.1234, "mean_control_matched": 10.0},
}


def variables(folder: Path, *rows: dict[str, Any], balance: dict[str, Any]) -> list[Variable]:
    pl.DataFrame(rows).write_csv(folder / "table1.csv")
    pl.DataFrame([balance]).write_csv(folder / "balance.csv")
    return side_by_side(RunTables(folder), LIU)


def test_a_number_before_and_after(tmp_path: Path) -> None:
    everybody = ONE | {"variable": "age", "label": "Age", "unit": "y", "n_all": 120}
    one, age = variables(tmp_path, ONE, everybody, balance=BALANCE)
    assert (one.label, one.group, one.in_score) == ("CRP, \u00b5g/mL", "Labs", True)
    assert (one.exposed, one.control, one.smd) == ("9 [8, 10]", "7 [6, 8]", "0.42")
    assert (one.matched_exposed, one.matched_control, one.matched_smd) == (
        "9.1",
        "10.0",
        "\u22120.20",
    )
    assert one.missing == "25.0%"  # 30 of the 120 of whom most is known
    assert "doubtful" in one.drawn  # 0.2 is above 0.1
    assert (age.missing, age.matched_exposed, age.matched_smd, age.in_score) == ("0", "", "", False)


def test_a_share_after_matching_is_a_percentage(tmp_path: Path) -> None:
    after = BALANCE | {"mean_exposed_matched": 0.25, "mean_control_matched": None}
    (one,) = variables(tmp_path, ONE | {"kind": "binary"}, balance=after | {"smd_matched": 0.05})
    assert (one.matched_exposed, one.matched_control) == ("25.0%", "")
    assert "sound" in one.drawn


def test_few_without_a_value_are_told_as_few(tmp_path: Path) -> None:
    rows = [ONE | {"n_all": n, "variable": f"v{n}"} for n in (120, 117, 115)]
    found = variables(tmp_path, *rows, balance=BALANCE)
    assert [one.missing for one in found] == ["0", "<5 people", "4.2%"]


def test_a_run_without_table_1_has_none(tmp_path: Path) -> None:
    assert side_by_side(RunTables(tmp_path), LIU) == []


def effect(**values: Any) -> dict[str, Any]:
    return {
        **{"analysis": "time_zero", "contrast": "clones", "outcome": LIU.primary.name},
        **{"model": "m", "measure": "RD", "population": "all", "adjusted": True, "p": 0.2},
        **{"estimate": 0.05, "lo": -0.1, "hi": 0.2, "role": "primary"},
        **{"risk_exposed": 0.4, "risk_control": 0.35},
        **values,
    }


def test_the_answer_stands_first_with_its_ratio_of_another_role() -> None:
    rows = [
        effect(contrast="ever", analysis="main", role="reproduction", adjusted=False, p=0.01),
        effect(),
        effect(measure="RR", estimate=1.14, lo=0.8, hi=1.6, role="sensitivity", p=0.3),
        effect(contrast="trials", role="sensitivity", measure="HR", estimate=0.9, lo=0.8, hi=1),
        effect(contrast="landmark", role="crude", estimate=None),
        effect(outcome="other"),
        effect(analysis="subgroup"),
        effect(analysis="hospital", population="hospital A"),
    ]
    groups = summary(pl.DataFrame(rows), LIU)
    assert [group.name for group in groups] == [
        *("Answer", "Beside the answer", "As published: contains immortal time"),
    ]
    ((answer,), (trials,), (ever,)) = (group.lines for group in groups)
    assert answer.difference == "+5.0 (\u221210.0 to +20.0)"
    assert (answer.exposed, answer.control, answer.ratio) == (
        "40.0%",
        "35.0%",
        "RR 1.14 (0.80-1.60)",
    )
    assert answer.p == "0.200"  # of the difference that is shown
    assert "sound" in answer.drawn
    assert (trials.difference, trials.drawn, trials.ratio) == ("", "", "HR 0.90 (0.80-1.00)")
    assert "doubtful" in ever.drawn
    assert (ever.name, ever.detail) == ("ever", "crude")


@pytest.mark.parametrize(
    ("end_hours", "name"),
    [
        (48.0, "Crude, or ever against never: contains immortal time"),
        (0.0, "Crude, or ever against never"),
    ],
)
def test_what_is_adjusted_is_not_called_crude_alone(end_hours: float, name: str) -> None:
    """Ever against never has that role too in a study that repeats none, adjusted or not."""
    plan = load("eicu_demo")
    exposure = plan.exposure.model_copy(update={"end_hours": end_hours})
    rows = [effect(outcome=plan.primary.name, role="crude", adjusted=True)]
    (group,) = summary(pl.DataFrame(rows), plan.model_copy(update={"exposure": exposure}))
    assert group.name == name
    assert group.lines[0].detail == "adjusted"


def test_the_p_of_the_answer_is_its_own() -> None:
    """Also where it is a ratio: the sentence above and the line say the same."""
    rows = [
        effect(role="sensitivity", p=0.039),
        effect(measure="OR", estimate=1.62, lo=1.04, hi=2.55, p=0.035),
        effect(contrast="ever", analysis="main", role="crude", p=0.01),
        effect(contrast="ever", analysis="main", role="crude", measure="OR", p=0.02),
    ]
    (answer,), (ever,) = (group.lines for group in summary(pl.DataFrame(rows), LIU))
    assert (answer.p, answer.difference[:4], answer.ratio[:7]) == ("0.035", "+5.0", "OR 1.62")
    assert ever.p == "0.010"


def test_models_of_one_contrast_are_lines_of_their_own() -> None:
    rows = [
        effect(analysis="weighting", model=model, measure=measure, role="sensitivity")
        for model in ("iptw", "overlap")
        for measure in ("RD", "RR")
    ]
    (group,) = summary(pl.DataFrame(rows), LIU)
    assert [line.detail for line in group.lines] == ["iptw", "overlap"]


def test_the_scale_is_that_of_the_answer() -> None:
    """One wild interval leaves the others readable: it ends in an arrow."""
    rows = [effect(), effect(contrast="wild", role="sensitivity", lo=-5.0, hi=5.0)]
    answer, wild = (group.lines[0].drawn for group in summary(pl.DataFrame(rows), LIU))
    assert "<path" not in answer
    assert wild.count("<path") == 2


def test_a_run_without_roles_has_no_summary() -> None:
    assert summary(pl.DataFrame(), LIU) == []
    assert summary(pl.DataFrame({"analysis": ["main"]}), LIU) == []


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("10^9/L", "10\u2079/L"),
        ("10^12/L", "10\u00b9\u00b2/L"),
        ("ug/mL", "\u00b5g/mL"),
        ("umol/L", "\u00b5mol/L"),
        ("/uL", "/\u00b5L"),
        ("U/L", "U/L"),
        ("mmHg", "mmHg"),
        ("unit", "unit"),
    ],
)
def test_units_are_typeset(unit: str, text: str) -> None:
    assert typeset(unit) == text


def test_minus_is_as_long_as_plus() -> None:
    assert (signed(-1.25, ".1f"), signed(2.0, ".3g")) == ("\u22121.2", "+2")


def test_a_difference_of_means_has_as_many_digits_as_its_limits() -> None:
    rows = [effect(measure="MD", estimate=4.4, lo=-0.2, hi=5.91), effect(measure="HR", hi=None)]
    (group,) = summary(pl.DataFrame(rows), LIU)
    assert group.lines[0].difference == "+4.40 (\u22120.20 to +5.91)"
    assert group.lines[0].ratio == "HR 0.050"
