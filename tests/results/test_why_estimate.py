"""What is said of one row of effects.csv: which is meant, its counts, keys and neighbours."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.results.why import estimate
from ehrivig.results.why.made_by import functions, keys, statements

ROW = {"role": "safe", "analysis": "main", "contrast": "a vs b", "outcome": "death"}
ROW |= {"event_label": "deaths", "model": "logistic", "measure": "OR", "population": "all"}
ROW |= {"estimate": 1.5, "lo": 0.5, "hi": 2.5, "note": None}
COUNTS = {"n_exposed": 1200, "events_exposed": 30, "n_control": 40, "events_control": None}


def effects(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of effects.csv, numbered from 1."""
    frame = pl.DataFrame([ROW | COUNTS | row for row in rows], infer_schema_length=None)
    return frame.with_row_index("row", offset=1)


TABLE = effects(
    {"role": "primary", "population": "matched"},
    {"outcome": "death_28d"},
    {"outcome": "aki", "model": "Firth's logistic", "event_label": None},
    {"outcome": "aki", "measure": "RD", "contrast": "c vs d"},
    {"outcome": "imv", "contrast": "c vs d (x)", "event_label": "tubes"},
)


def meant(row: str) -> int:
    return int(estimate._meant(TABLE, row)["row"])


@pytest.mark.parametrize(
    ("row", "number"),
    [
        *(("1", 1), (" 4 ", 4), ("primary", 1), ("PRIMARY", 1), ("matched", 1), ("RD", 4)),
        *(("aki/or", 3), ("aki / c vs d", 4), ("/28d/", 2), ("firth", 3), ("death", 1)),
        *(("death/main/matched", 1), ("c vs d (x", 5)),
    ],
)
def test_a_row_by_its_number_or_by_words_of_it(row: str, number: int) -> None:
    """A word that is a whole cell means that cell alone: "death" is not "death_28d"."""
    assert meant(row) == number


@pytest.mark.parametrize("row", ["0", "6", "9" * 40, "9" * 5000])
def test_a_number_that_no_row_has(row: str) -> None:
    with pytest.raises(UsageError, match=r"why: effects.csv has rows 1 to 5, no row \d+"):
        meant(row)


@pytest.mark.parametrize("row", ["", "/", " / ", "nobody", "aki/matched"])
def test_words_that_no_row_has(row: str) -> None:
    with pytest.raises(UsageError, match=r"no row of effects.csv is .* or words of its role, "):
        meant(row)


@pytest.mark.parametrize(("n", "more"), [(2, None), (15, None), (16, 1), (40, 25)])
def test_words_of_several_rows_list_the_first_fifteen(n: int, more: int | None) -> None:
    table = effects(*[{}] * n)
    with pytest.raises(UsageError) as refused:
        estimate._meant(table, "main")
    first, *lines = str(refused.value).splitlines()
    assert first == f"why: 'main' means {n} rows. Give one number:"
    assert lines[:2] == [
        f"  {number}: safe, main, death, all, logistic: OR 1.50 (0.50 to 2.50)" for number in (1, 2)
    ]
    assert lines[min(n, 15) :] == ([f"  and {more} more"] if more else [])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "OR 1.50 (0.50 to 2.50)"),
        ({"measure": "RD", "estimate": -0.1234, "lo": -0.2, "hi": 0.01}, "RD -0.123 (-0.2"),
        ({"estimate": None, "note": "few"}, "no estimate (few)"),
        ({"estimate": None}, "no estimate (not told why)"),
        ({"lo": None}, "OR 1.50"),
    ],
)
def test_an_answer_in_a_line(told: dict[str, Any], said: str) -> None:
    assert estimate._estimate(ROW | told).startswith(said)


def test_a_row_says_all_but_its_counts_and_what_it_lacks() -> None:
    found = dict(estimate._cells({"row": 3, **ROW, **COUNTS, "event_label": None}))
    assert found.keys() == {"answer", *ROW} - {"event_label", "note"}
    assert next(iter(found)) == "answer"
    assert (found["outcome"], found["lo"]) == ("death", "0.5")


def run_of(tmp_path: Path, *, local: bool = True, **other: Any) -> Run:
    """Of four people one exposed died; nobody knows it of one control; two are matched."""
    people = {"hospital_id": ["A"] * 4, "admission_id": [1, 2, 3, 4]}
    analysis = pl.DataFrame(
        people | {"exposed": [True, True, False, False], "death": [True, False, None, False]}
    )
    matched = pl.DataFrame({name: values[1:3] for name, values in people.items()})
    made = SimpleNamespace(
        folder=tmp_path, local=local, analysis=analysis, matched=matched, manifest={}, **other
    )
    return cast(Run, made)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "all: of analysis.parquet: 2 exposed and 1 others with a known death"),
        ({"analysis": "outcomes"}, "all: of analysis.parquet: 2 exposed and 1 others"),
        (
            {"population": "matched"},
            "matched: of analysis.parquet, the rows of matched.parquet: 1 exposed and 0 others",
        ),
        ({"analysis": "weighting"}, None),
        ({"population": "hospital A"}, None),
        ({"n_exposed": None}, None),
        ({"outcome": "aki"}, None),
    ],
)
def test_people_of_a_plain_comparison_are_counted_anew(
    row: dict[str, Any], said: str | None, tmp_path: Path
) -> None:
    found = dict(estimate._counts(run_of(tmp_path), ROW | COUNTS | row))
    assert found.get("rows of people", "").startswith(said or "")
    assert ("rows of people" in found) == (said is not None)
    assert found["from"] == "the run itself: local"
    assert found["n_control"].startswith("40 (")
    assert found["events_control"].startswith("not shown: few people, or not counted (")
    if row.get("n_exposed", 1):
        assert found["n_exposed"].startswith("1,200 (")
    of_release = dict(estimate._counts(run_of(tmp_path, local=False), ROW | COUNTS | row))
    assert of_release["from"] == "its release"
    assert "rows of people" not in of_release


def test_keys_are_told_as_the_study_or_else_the_protocol_has_them(tmp_path: Path) -> None:
    study = {
        "match": {"ratio": 2, "exact": [], "caliper": None},
        "outcomes": {"variables": [{"name": "aki"}, {"name": "death", "from": "death", "x": None}]},
        "analysis": {"adjust": ["age", "sex"], "bands": [{"low": 1, "high": [2, 3]}]},
    }
    names = ["match.ratio", "match.exact", "match.caliper", "outcomes.variables.death"]
    names += ["analysis.adjust", "analysis.bands", "analysis.nothing", "nothing.at.all"]
    run = run_of(tmp_path)
    run.manifest["study_file"] = study
    assert estimate._settings(run, names) == [
        ("match.ratio", "2"),
        ("outcomes.variables.death", "name death, from death"),
        ("analysis.adjust", "age, sex"),
        ("analysis.bands", "low 1, high 2, 3"),
    ]
    told = {"match.exact": '["sex"]', "match.caliper": "0.2", "nothing.at.all": ""}
    (tmp_path / "protocol.json").write_text(json.dumps({"settings": told}))
    assert ("match.caliper", "0.2") in estimate._settings(run, names)
    assert ("match.exact", "sex") not in estimate._settings(run, names)  # the study says none


def test_rows_of_the_same_question_those_of_the_same_contrast_and_role_first() -> None:
    table = effects(
        {"contrast": "other"},
        {},
        {"role": "other"},
        {"contrast": None, "role": "primary"},
        {"outcome": "aki"},
        {"role": "primary"},
        {"role": "other"},
    )
    found = estimate._same_question(table, table.row(1, named=True))
    assert [int(number) for number, _ in found] == [6, 3, 7, 1, 4]
    assert found[1][1] == "other, main, death, all, logistic: OR 1.50 (0.50 to 2.50)"


@pytest.mark.parametrize(("others", "more"), [(15, None), (16, "1"), (1016, "1,001")])
def test_no_more_than_fifteen_rows_of_the_same_question(others: int, more: str | None) -> None:
    table = effects(*[{}] * (others + 1))
    found = estimate._same_question(table, table.row(0, named=True))
    assert len(found) == 15 + (more is not None)
    assert dict(found).get("more") == (f"{more} in effects.csv" if more else None)


@pytest.mark.parametrize(
    ("model", "measure", "names"),
    [
        (None, "OR", [("none", "the row has no number: its note says why")]),
        (
            "2x2 table, Wald",
            "RR",
            [("ehrivig.stats.tables.two_by_two.risk_ratio", "2x2 table, Wald")],
        ),
        ("2x2 table", "RD", [("ehrivig.stats.tables.two_by_two.risk_difference", "2x2 table")]),
        ("2x2 table", "X", [("ehrivig.stats.tables.two_by_two.risk_difference", "2x2 table")]),
        ("something else", "OR", []),
    ],
)
def test_functions_behind_a_row(model: str | None, measure: str, names: list[Any]) -> None:
    row = {"analysis": "main", "model": model, "measure": measure}
    asks, *found = functions(row)
    assert asks == ("ehrivig.analysis.main_effects", "asks for the row")
    assert found == names
    assert functions(row | {"analysis": None})[0][0] == "ehrivig.analysis"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("clone-censor-weight over dose plans", "dose_plans.clone_censor_weight"),
        ("clone-censor-weight", "timezero.clone_censor_weight.clone_censor_weight"),
        ("sequential trials, pooled logistic", "timezero.sequential.sequential_trials"),
        ("time-dependent Cox", "timezero.time_dependent.time_dependent_cox"),
        ("landmark, Cox", "timezero.landmark.landmark"),
        ("naive ever vs never, Cox", "timezero.naive.ever_vs_never"),
        ("AIPW, cross-fitted: lasso", "weighting.cross_fitted"),
        ("TMLE, cross-fitted: lasso", "weighting.cross_fitted"),
        ("AIPW: logistic", "regression.standardise.aipw"),
        ("g-computation, logistic", "regression.standardise.g_computation"),
        ("weighted: Cox", "weighting"),
        ("conditional logistic", "regression.conditional.conditional_logistic"),
        ("logistic with interaction", "regression.interaction"),
        ("logistic, Firth", "regression.logistic.logistic"),
        ("Fine-Gray", "survival.fine_gray.fine_gray"),
        ("Cox", "survival.cox.cox"),
        ("area under the Kaplan-Meier curve", "survival.rmst"),
    ],
)
def test_a_method_is_told_by_the_words_that_name_it_first(model: str, name: str) -> None:
    """Of "landmark, Cox" the landmark: what is named later is a part of it."""
    found = functions({"analysis": "main", "model": model, "measure": "HR"})
    assert found[1] == (f"ehrivig.stats.{name}", model)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("pooled over 20 imputations", "ehrivig.stats.imputation"),
        ("empirically calibrated", "ehrivig.analysis.sensitivity.negative_controls"),
        ("random effects of 4 hospitals", "ehrivig.meta"),
        ("common effect over 2 hospitals", "ehrivig.meta"),
    ],
)
def test_what_was_done_beside_a_method_is_told(words: str, name: str) -> None:
    found = functions({"analysis": "main", "model": f"Cox, {words}", "measure": "HR"})
    assert [one for one, _ in found[1:]] == ["ehrivig.stats.survival.cox.cox", name]


ALWAYS = ["study.estimand.analysis", "study.estimand.measure", "study.estimand.target"]
ALWAYS += ["outcomes.variables.death", "exposure.codelist", "exposure.routes"]
ALWAYS += ["exposure.start_hours", "exposure.end_hours"]
LAST = ["analysis.multiplicity", "report.smallest_cell"]


@pytest.mark.parametrize(
    ("analysis", "contrast", "own"),
    [
        ("", "", []),
        ("table_s2", "", ["analysis.adjust", "analysis.missing"]),
        ("", "a by 24 h vs not yet (landmark)", ["analysis.landmark_hours"]),
        (
            "dose",
            "a within 48 h vs not (clone-censor-weight)",
            [
                *("analysis.dose_plans", "analysis.dose_metric", "analysis.time_varying"),
                *("analysis.grace_hours", "analysis.bootstrap", "study.seed"),
            ],
        ),
        ("negative_control", "", ["analysis.negative_controls", "analysis.sensitivity"]),
    ],
)
def test_keys_that_decide_a_row(analysis: str, contrast: str, own: list[str]) -> None:
    assert keys(analysis, "death", contrast) == [*ALWAYS, *own, *LAST]


def test_matching_decides_what_compares_the_matched() -> None:
    match = [f"match.{key}" for key in ("covariates", "distance", "method", "caliper")]
    match += [f"match.{key}" for key in ("caliper_scale", "ratio", "replace", "exact")]
    for analysis in ("main", "outcomes", "subgroup", "interaction", "table3", "numbers"):
        assert [key for key in keys(analysis, "x", "") if key.startswith("match.")] == match
    assert not [key for key in keys("missing_data", "x", "") if key.startswith("match.")]


def test_statements_behind_a_row() -> None:
    study = {
        "cohort": {
            "severity": "china_v6",
            "criteria": [{"name": "ill", "rule": "severity"}, {"name": "old", "rule": "age"},
                         {"name": "odd", "rule": "unheard"}],
        },
        "outcomes": {"variables": [{"name": "d", "from": "death"}, {"name": "n", "from": "none"}]},
        "covariates": {"variables": [{"from": "lab"}, {"from": "lab"}, {"from": None}]},
    }  # fmt: skip
    found = dict(statements(study, "main", "d"))
    assert found["exposure"] == "sql/concept/medication/administration.sql"
    assert found["criterion ill"] == "sql/concept/severity/severe_china_v6.sql"
    assert found["criterion old"] == "sql/cohort/rule_age.sql"
    assert found["outcome d"] == "sql/concept/course/death.sql"
    assert "criterion odd" not in found
    assert "outcome n" not in dict(statements(study, "main", "n"))
    assert [name for name, _ in statements({}, "main", "d")] == ["exposure"]
