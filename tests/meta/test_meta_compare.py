"""Our estimate under the published ones."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ehrivig.errors import UsageError
from ehrivig.meta import Plan, compare, evidence_path, pool, read_trials

TRIALS = evidence_path("laupland2007_trials")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


EFFECTS = """analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,p,p_holm
primary,any,death_28d,death within 28 days,conditional logistic,OR,0.95,0.62,1.47,0.82,
primary,any,death_28d,death within 28 days,marginal,RD,0.008,-0.081,0.097,0.86,
bands,high,death_28d,death within 28 days,logistic,OR,3.0,1.29,6.94,0.01,0.07
empty,any,death_28d,death within 28 days,logistic,OR,,,,,
"""


def effects(folder: Path, text: str = EFFECTS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "effects.csv").write_text(text, encoding="utf-8")
    return folder


def test_compare_by_hand(tmp_path: Path) -> None:
    run = effects(tmp_path / "run")
    summary = compare(run, TRIALS, tmp_path / "out", tau2="DL")
    (row,) = rows(tmp_path / "out" / "compare.csv")
    published = pool(read_trials(TRIALS).data, Plan("OR", "IV", "random", "DL"))
    assert float(row["difference"]) == pytest.approx(0.95 / published.estimate)
    se = math.hypot(math.log(1.47 / 0.62) / (2 * 1.959964), published.se)
    z = math.log(0.95 / published.estimate) / se
    assert float(row["p"]) == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-5)
    assert row["inside_prediction_interval"] == "true"
    assert summary.published == pytest.approx((published.estimate, published.lo, published.hi))
    figure = ElementTree.parse(tmp_path / "out" / "forest.svg").getroot()
    shown = " ".join(figure.itertext())
    assert "This study (not pooled)" in shown
    assert "0.95 [0.62, 1.47]" in shown


@pytest.mark.parametrize(
    ("method", "model", "tau2", "ci"),
    [
        ("MH", "common", "DL", "normal"),
        ("Peto", "common", "DL", "normal"),
        ("IV", "random", "DL", "hksj"),
        ("IV", "random", "PM", "normal"),
    ],
)
def test_the_trials_are_pooled_as_asked(
    tmp_path: Path, method: Any, model: Any, tau2: Any, ci: Any
) -> None:
    run, out = effects(tmp_path / "run"), tmp_path / "out"
    found = compare(run, TRIALS, out, method=method, model=model, tau2=tau2, ci=ci).published
    pooled = pool(read_trials(TRIALS).data, Plan("OR", method, model, tau2, ci))
    assert found == pytest.approx((pooled.estimate, pooled.lo, pooled.hi))
    options = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["options"]
    asked = {"method": method, "pool_model": model, "tau2": tau2, "ci": ci}
    assert {name: options[name] for name in asked} == asked


def test_compare_chooses_rows(tmp_path: Path) -> None:
    run = effects(tmp_path / "run")
    compare(run, TRIALS, tmp_path / "rd", measure="RD")
    assert [row["model"] for row in rows(tmp_path / "rd" / "compare.csv")] == ["marginal"]
    compare(run, TRIALS, tmp_path / "high", contrast="high")
    assert [row["estimate"] for row in rows(tmp_path / "high" / "compare.csv")] == ["3.0"]
    with pytest.raises(UsageError, match="no row of the run fits analysis = absent"):
        compare(run, TRIALS, tmp_path / "none", analysis="absent")
    with pytest.raises(UsageError, match="not an effects table"):
        compare(effects(tmp_path / "bad", "a,b\n1,2\n"), TRIALS, tmp_path / "none")
    assert not (tmp_path / "none").exists()


ANSWERS = """analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,p,p_holm,role,note
main,any,death_28d,death within 28 days,logistic,OR,0.95,0.62,1.47,0.82,,crude,immortal time
time_zero,starting now,death_28d,death within 28 days,trials,HR,1.1,0.9,1.3,0.2,,primary,
"""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("", ""), "it is HR, which is not compared here"),
        (("trials,HR,1.1,0.9,1.3", "trials,,,,"), "it has no estimate"),
    ],
)
def test_an_answer_that_stands_in_no_row_is_said(
    tmp_path: Path, change: tuple[str, str], why: str
) -> None:
    """A crude odds ratio beside the trials is not the answer of the study."""
    run = effects(tmp_path / "run", ANSWERS.replace(*change))
    assert compare(run, TRIALS, tmp_path / "out").lints == 1
    (found,) = rows(tmp_path / "out" / "lints.csv")
    assert (found["code"], found["severity"]) == ("answer_not_compared", "error")
    assert f"the declared answer of the run (starting now): {why}" in found["message"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert why in page
    assert "<strong></strong>" not in page  # it is of no row
    assert "crude, main, logistic: immortal time" in page


def test_compare_refuses_to_mix_up_events(tmp_path: Path) -> None:
    survival = EFFECTS.replace("death within 28 days", "survival to 28 days")
    compare(effects(tmp_path / "run", survival), TRIALS, tmp_path / "out")
    found = rows(tmp_path / "out" / "lints.csv")
    assert [(row["code"], row["severity"]) for row in found] == [("event_differs", "error")]
    assert json.loads(found[0]["numbers"]) == {"estimate": 0.95}
