"""The page of a run: what it draws from which table, and what it says of what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig import report
from ehrivig.analysis.effects import SCHEMA as EFFECTS
from ehrivig.report import figures, flow
from ehrivig.study import Study, load

LIU = load("ivig_covid19")
MANIFEST = {
    **{"package": "ehrivig", "version": "9.9", "study_hash": "f" * 64, "synthetic": True},
    **{"exit_code": 0, "message": "", "hospitals": ["A", "B", "C"], "engines": {"duckdb": "1"}},
    **{"layout": "native", "seed": 7, "code": {"sql": {}, "suites": {}, "codelists": {}}},
}
ARMS = ("exposed", "control")
EFFECT = {
    **{"contrast": "IVIG", "population": "matched", "event_label": "death", "model": "crude"},
    **{"measure": "OR", "estimate": 0.5, "lo": 0.2, "hi": 1.2, "p": 0.04, "p_holm": 0.08},
    **{"n_exposed": 100, "events_exposed": 10, "n_control": 90, "events_control": 9, "note": ""},
    "adjusted": True,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    """Name of the drawing -> what it was drawn from."""
    found: dict[str, tuple[Any, ...]] = {}

    def recorder(name: str) -> Callable[..., None]:
        def draw(*values: Any, **options: Any) -> None:
            path = next(value for value in reversed(values) if isinstance(value, Path))
            found[path.stem] = (name, *(v for v in values if v is not path), options)
            path.write_text(f"<?xml?><svg >{path.stem} drawn</svg>")

        return draw

    for name in ("love_plot", "overlap", "curves", "forest", "dosing_histograms"):
        monkeypatch.setattr(figures, name, recorder(name))
    monkeypatch.setattr(flow, "flow_chart", recorder("flow_chart"))
    return found


def written(folder: Path, study: Study = LIU, dropped: tuple[str, ...] = ()) -> str:
    report.write(folder, study, dropped=list(dropped))
    return (folder / "report.html").read_text(encoding="utf-8")


def facts(html: str) -> dict[str, str]:
    """The head counts at the top of the page."""
    return {
        name: number for number, name in re.findall(r"<li><b>(.*?)</b><span>(.*?)</span>", html)
    }


def test_a_run_without_tables_still_has_its_page(folder: Path, drawn: dict[str, Any]) -> None:
    html = written(folder)
    assert drawn == {}
    assert [path.name for path in (folder / "figures").iterdir()] == ["design.svg"]
    assert facts(html) == {"matched pairs": "not counted", "hospitals": "3", "lints": "0"}
    assert "<p>None.</p>" in html
    assert "No time-zero-safe analysis was asked for" in html


def test_a_run_that_ended_before_says_nothing_of_what_it_did_not_look_for(
    folder: Path, drawn: dict[str, Any]
) -> None:
    told = MANIFEST | {"exit_code": 3, "message": "gate: blocked"}
    (folder / "manifest.json").write_text(json.dumps(told))
    html = written(folder, dropped=("A", "B"))
    assert facts(html) == {"hospital that the gate let through": "1"}
    assert "<b>No answer: the data gate blocked this run.</b> gate: blocked" in html
    assert html.count("<p>The run ended before.</p>") == 2  # population and lints
    for said in ("None.", "No time-zero-safe analysis", "Baseline and balance", "All rows"):
        assert said not in html
    contents = re.findall(r'<a href="#([a-z]+)"', html)
    assert "flow" in contents
    assert all(f'id="{name}"' in html for name in contents)
    pl.DataFrame({"exposed": [True, False]}).head(0).write_parquet(folder / "cohort.parquet")
    assert facts(written(folder))["admissions in the cohort"] == "0"


def test_head_counts_and_who_was_left_out(folder: Path, drawn: dict[str, Any]) -> None:
    pl.DataFrame({"exposed": [True] * 1200 + [False] * 300}).write_parquet(
        folder / "cohort.parquet"
    )
    assert facts(written(folder))["matched pairs"] == "0"
    pairs = {"pair_id": [1, 1, 2, 2, 3, 3], "exposed": [True, False] * 3}
    pl.DataFrame(pairs).write_parquet(folder / "matched.parquet")
    (folder / "lints.csv").write_text("code,severity,message\nL1,warn,<few>\n")
    html = written(folder, dropped=("C",))
    assert facts(html) == {
        "admissions in the cohort": "1,500",
        "given IVIG": "1,200",
        "matched pairs": "few",
        "hospitals that the gate let through": "2",
        "lint": "1",
    }
    assert "<b>Hospitals left out by the data gate:</b> C." in html
    assert '<p class="lint warn"><b>L1</b>: &lt;few&gt;</p>' in html


def test_the_arms_at_the_foot_of_the_flow_chart(folder: Path, drawn: dict[str, Any]) -> None:
    pl.DataFrame({"exposed": [True] * 12 + [False] * 30}).write_parquet(folder / "cohort.parquet")
    pairs = {"pair_id": [1, 1, 2, 2, 3, 3], "exposed": [True, False] * 3}
    pl.DataFrame(pairs).write_parquet(folder / "matched.parquet")
    (folder / "attrition.csv").write_text("step,hospital_id\n0,all\n")
    html = written(folder, dropped=("C",))
    name, attrition, arms, unmatched, dropped, smallest, _ = drawn["flow"]
    assert name == "flow_chart"
    assert attrition.rows() == [(0, "all")]
    assert list(arms.items()) == [
        ("IVIG", "12"),
        ("no IVIG", "30"),
        ("IVIG, matched", "few"),
        ("no IVIG, matched", "few"),
    ]
    assert unmatched == "Not matched: not shown\nno partner in the caliper"
    assert (dropped, smallest) == (["C"], LIU.report.smallest_cell)
    assert '<figure id="figure-flow"><div class="scroll plot"><svg >flow drawn</svg></div>' in html


@pytest.mark.parametrize("answer", ["clone_censor_weight", "matched"])
def test_curves_under_the_headline_are_of_the_answer(
    folder: Path, drawn: dict[str, Any], answer: str
) -> None:
    """Those of clone-censor-weight stand there where it is the answer, else with the designs."""
    (folder / "curves.csv").write_text(
        f"curve,population,cause,time\nccw,all,{LIU.primary.name},1\n"
    )
    primary = EFFECT | {"analysis": "main", "contrast": "whole", "role": "primary"}
    primary |= {"outcome": LIU.primary.name, "se": 0.1, "variance": "model", "adjusted": True}
    primary |= {f"risk_{arm}{end}": 0.3 for arm in ARMS for end in ("", "_lo", "_hi")}
    primary |= {"estimand": "everybody", "family": "main", "p_bh": 0.1}
    pl.DataFrame([primary]).write_csv(folder / "effects.csv")
    estimand = LIU.study.estimand.model_copy(update={"analysis": answer})
    study = LIU.model_copy(
        update={"study": LIU.study.model_copy(update={"estimand": estimand, "reproduction": True})}
    )
    html = written(folder, study)
    assert html.count("strategies drawn") == 1
    below = html.index('id="timezero"') < html.index("strategies drawn")
    assert below == (answer == "matched")


def test_each_drawing_is_made_from_its_table(folder: Path, drawn: dict[str, Any]) -> None:
    rows = [
        EFFECT | {"analysis": "table3", "contrast": "dose"},
        EFFECT | {"analysis": "subgroup", "contrast": "women"},
        EFFECT | {"analysis": "time_zero", "contrast": "landmark"},
        EFFECT | {"analysis": "time_zero", "contrast": "survivors", "measure": "RMST"},
        EFFECT
        | {"analysis": "time_zero", "contrast": "clones", "measure": "HR", "adjusted": False},
        EFFECT | {"analysis": "time_zero", "contrast": "trials", "measure": "RR"},
        EFFECT | {"analysis": "main", "contrast": "whole"},
    ]
    pl.DataFrame(rows).write_csv(folder / "effects.csv")
    (folder / "curves.csv").write_text(
        "curve,population,cause,time\n"
        "km,matched,,1\nkm,all,,2\ncif,all,event,3\ncif,all,death,4\ncif,matched,event,5\n"
    )
    for name in ("overlap", "dosing_histogram"):
        (folder / f"{name}.csv").write_text(f"{name}\n1\n")
    html = written(folder)
    contrasts = {
        name: drawn[name][1]["contrast"].to_list() for name in ("table3", "subgroups", "time_zero")
    }
    assert contrasts == {
        "table3": ["dose"],
        "subgroups": ["women"],
        "time_zero": ["landmark", "clones, crude", "trials"],
    }
    times = {name: drawn[name][1]["time"].to_list() for name in ("survival", "clearance")}
    assert times == {"survival": [1], "clearance": [3]}
    assert {name: value[0] for name, value in drawn.items()} == {
        **{"table3": "forest", "subgroups": "forest", "time_zero": "forest"},
        **{"survival": "curves", "clearance": "curves"},
        **{"overlap": "overlap", "dosing": "dosing_histograms"},
    }
    assert all(f"<svg >{name} drawn</svg>" in html for name in drawn)
    assert drawn["survival"][-1]["y_label"] == "Survival"
    assert drawn["clearance"][-1]["x_label"] == "days from symptom onset"
    assert f"odds ratio of {LIU.primary.event_label} (log scale)" in drawn["table3"][-1]["label"]


@pytest.mark.parametrize(("end_hours", "immortal"), [(None, True), (48.0, True), (0.0, False)])
def test_immortal_time_is_told_under_each_drawing_that_has_it(
    folder: Path, drawn: dict[str, Any], end_hours: float | None, immortal: bool
) -> None:
    exposure = LIU.exposure.model_copy(update={"end_hours": end_hours})
    pl.DataFrame([EFFECT | {"analysis": "table3"}]).write_csv(folder / "effects.csv")
    (folder / "curves.csv").write_text("curve,population,cause,time\nkm,matched,,1\n")
    written(folder, LIU.model_copy(update={"exposure": exposure}))
    told = [drawn["table3"][-1]["label"], drawn["survival"][-1]["notes"]]
    assert [text.endswith("; contains immortal time") for text in told] == [immortal] * 2


def test_tables_and_methods_stand_on_the_page(folder: Path, drawn: dict[str, Any]) -> None:
    pl.DataFrame([EFFECT | {"analysis": "main"}]).write_csv(folder / "effects.csv")
    counts = "rows_read,rows_used,rows_out_of_scope,rows_quarantined"
    (folder / "ledger.csv").write_text(f"table,{counts}\nlab,1000,900,60,40\n")
    html = written(folder)
    csv = '<a class="file" href="effects.csv" download>CSV</a>'
    assert f"<caption>Effects on the primary outcome{csv}</caption>" in html
    assert '<td>lab</td><td class="number">1,000</td>' in html
    assert "<td>0.50 (0.20 to 1.20)</td>" in html  # a wide table has words
    assert " Population: adults admitted with confirmed COVID-19" in html
    assert "<b>Synthetic data.</b>" in html
    assert "No answer" not in html


def test_a_page_points_only_to_files_beside_it(folder: Path, drawn: dict[str, Any]) -> None:
    pl.DataFrame([EFFECT | {"analysis": "table3"}]).write_csv(folder / "effects.csv")
    html = written(folder)
    files = re.findall(r'class="file" href="([^"]+)"', html)
    assert "figures/table3.svg" in files
    assert all((folder / name).is_file() for name in files)


def test_every_entry_of_the_contents_is_on_the_page(folder: Path, drawn: dict[str, Any]) -> None:
    pl.DataFrame([EFFECT | {"analysis": "table3"}]).write_csv(folder / "effects.csv")
    html = written(folder)
    (contents,) = re.findall(r"<nav.*?</nav>", html, re.DOTALL)
    names = re.findall(r'href="#([^"]+)"', contents)
    assert len(names) > 10
    assert all(html.count(f'id="{name}"') == 1 for name in names)
    assert "published" in names


@pytest.mark.parametrize(
    ("name", "said"), [("ivig_covid19", "As published"), ("eicu_demo", "Ever against never")]
)
def test_only_a_reproduction_has_something_published(
    folder: Path, drawn: dict[str, Any], name: str, said: str
) -> None:
    pl.DataFrame([EFFECT | {"analysis": "table3"}]).write_csv(folder / "effects.csv")
    html = written(folder, load(name))
    assert f'<a href="#published">{said}</a>' in html
    assert f'<h2 id="published">{said}</h2>' in html
    assert ("As published" in html) == (said == "As published")


def test_the_balance_is_drawn_in_the_groups_of_table_1(
    folder: Path, drawn: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report.tables, "readable", lambda *_: {})
    (folder / "balance.csv").write_text("covariate,label\nage,Age\ncrp,CRP\nsite,Hospital\n")
    (folder / "table1.csv").write_text("variable,group\nage,\ncrp,Labs\n")
    written(folder)
    assert drawn["love_plot"][1]["group"].to_list() == ["", "Labs", ""]


def test_one_hospital_is_no_hospitals(folder: Path, drawn: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(MANIFEST | {"hospitals": ["A"]}))
    assert "<b>1</b><span>hospital</span>" in written(folder)


def test_the_head_says_of_when_the_extract_is(folder: Path, drawn: dict[str, Any]) -> None:
    assert f"extract of {LIU.extract.extract_date}" in written(folder)


def test_a_number_has_no_empty_columns_of_risks_and_no_empty_section(
    folder: Path, drawn: dict[str, Any]
) -> None:
    """What follows people to a death has no estimate of a number: the section says so."""
    outcomes = LIU.outcomes.model_copy(update={"primary": "hospital_los_days"})
    study = LIU.model_copy(update={"outcomes": outcomes})
    number = EFFECT | {"analysis": "main", "outcome": "hospital_los_days", "measure": "MD"}
    number |= {"role": "primary", "estimand": "ATT"}
    number |= {f"risk_{arm}{end}": None for arm in ARMS for end in ("", "_lo", "_hi")}
    none = number | {"analysis": "time_zero", "estimate": None, "lo": None, "hi": None, "p": None}
    pl.DataFrame([number, none | {"role": "safe"}]).write_csv(folder / "effects.csv")
    html = written(folder, study)
    assert "Risk given" not in html
    assert 'colspan="5"' in html
    assert "none of these analyses has an estimate to draw" in html


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (0.5, "No pair to compare; the answer needs none."),
        (None, "No answer: nobody to compare."),
    ],
)
def test_a_run_without_pairs_denies_no_answer_that_it_has(
    folder: Path, drawn: dict[str, Any], estimate: float | None, said: str
) -> None:
    told = MANIFEST | {"exit_code": 5, "message": "match: no matched pair"}
    (folder / "manifest.json").write_text(json.dumps(told))
    note = "" if estimate else "no estimate: there is no matched pair"
    risks = {f"risk_{arm}{end}": None for arm in ARMS for end in ("", "_lo", "_hi")}
    row = dict.fromkeys(EFFECTS) | EFFECT | risks
    row |= {"role": "primary", "analysis": "main", "estimate": estimate, "note": note}
    pl.DataFrame([row], schema=EFFECTS).write_csv(folder / "effects.csv")
    html = written(folder)
    assert f"<b>{said}</b> match: no matched pair" in html
    assert ("No answer" in html) == (estimate is None)
