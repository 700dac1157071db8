"""The tables of the report: the run's numbers as a reader sees them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from ehrivig.report import doses, methods, notes, tables, use
from ehrivig.report.table import RunTables, Table, with_unit
from ehrivig.study import Study, load

LIU = load("ivig_covid19")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(folder / name)


def table(folder: Path, name: str, study: Study = LIU) -> Table:
    return tables.readable(RunTables(folder), study)[name]


def test_a_run_without_tables_has_none(folder: Path) -> None:
    (folder / "ledger.csv").write_text("")
    (folder / "table1.csv").write_text("\n")
    assert tables.readable(RunTables(folder), LIU) == {}
    assert use.readable(RunTables(folder), LIU) == {}
    (folder / "ab.csv").write_text("a\n")
    assert RunTables(folder).read("ab.csv").columns == ["a"]


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, ""), (0.0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.00105, "0.001")],
)
def test_p_values(p: float | None, text: str) -> None:
    assert tables.p_text(p) == text


DESCRIBED = {
    "group": "",
    "unit": "",
    "text_all": "60%",
    "text_control": "58%",
    "text_exposed": "61%",
}


def test_table_1_has_headings_units_and_differences(folder: Path) -> None:
    none = {"text_all": None}
    write(
        folder,
        "table1.csv",
        [
            DESCRIBED | {"label": "Age", "unit": "years", "p": 0.04, "smd": 0.123},
            DESCRIBED | {"label": "Male", "group": "Sex", "p": None, "smd": None},
            DESCRIBED | {"label": "Female", "group": "Sex", "p": None, "smd": -0.2} | none,
            DESCRIBED | {"label": "CRP", "group": "Labs", "p": 0.5, "smd": 0.0},
        ],
    )  # fmt: skip
    found = table(folder, "table1")
    assert found.caption == "Table 1. Baseline by exposure to IVIG"
    assert found.head == ["", "All", "No IVIG", "IVIG", "p", "SMD"]
    assert found.rows == [
        ["Age, years", "60%", "58%", "61%", "0.040", "0.12"],
        ["Sex"],
        ["Male", "60%", "58%", "61%", "", ""],
        ["Female", "", "58%", "61%", "", "-0.20"],
        ["Labs"],
        ["CRP", "60%", "58%", "61%", "0.500", "0.00"],
    ]
    assert found.wide is False


@pytest.mark.parametrize("name", ["table2", "table_s4", "table_unmatched"])
def test_only_baseline_has_differences(folder: Path, name: str) -> None:
    write(folder, f"{name}.csv", [DESCRIBED | {"label": "Death", "p": 0.04, "smd": 0.1}])
    found = table(folder, name)
    assert found.head[-1] == "p"
    assert found.rows == [["Death", "60%", "58%", "61%", "0.040"]]


def test_dosing_by_outcome(folder: Path) -> None:
    rows = [
        DESCRIBED | {"label": "Dose", "unit": "g", "p": 0.04},
        DESCRIBED | {"label": "Days", "unit": None, "p": None, "text_exposed": None},
    ]
    write(folder, "table_s1.csv", rows)
    found = table(folder, "table_s1")
    assert found.rows == [["Dose, g", "60%", "58%", "61%", "0.040"], ["Days", "60%", "58%", "", ""]]
    assert found.head[1] == "All given IVIG"


TERM = {"label": "Age", "odds_ratio": 1.0456, "lo": 1.01, "hi": 1.08, "p": 0.01, "n": 1440}


def test_terms_of_a_model(folder: Path) -> None:
    none = dict.fromkeys(("odds_ratio", "lo", "hi", "p"))
    rows = [
        TERM | {"events": 1075, "note": ""},
        TERM | none | {"events": 1075, "note": "constant"},
        TERM | none | {"events": 1075, "note": None},
    ]
    write(folder, "table_s2.csv", rows)
    found = table(folder, "table_s2")
    assert found.rows == [["Age", "1.05 (1.01 to 1.08)", "0.010"], ["constant"], ["no estimate"]]
    assert found.note == "n 1,440, events 1,075."
    write(folder, "table_s3.csv", [TERM | none | {"n": None, "events": None, "note": "too few"}])
    assert table(folder, "table_s3").note == ""


LABS = {
    **{"label": "CRP", "unit": "mg/L", "arm": "IVIG", "n_pairs": 1200, "median_day1": 80.4},
    **{"median_day3": 40.0, "shift": -12.34, "shift_lo": -20.0, "shift_hi": -5.0},
    **{"p_wilcoxon": 0.0001, "ancova_p": 0.3, "note": ""},
}


def test_repeated_labs(folder: Path) -> None:
    dust = LABS | {"shift": -1e-12, "shift_lo": -1.0, "shift_hi": 1.0}
    none = LABS | dict.fromkeys(("n_pairs", "shift"))
    rows = [LABS, dust, LABS | {"shift": None}, none | {"note": "fewer than 5"}, none]
    write(folder, "table_s5.csv", rows)
    usual = ["CRP, mg/L", "IVIG", "1,200", "80.4", "40.0"]
    assert table(folder, "table_s5").rows == [
        [*usual, "\u221212.3 (\u221220.0 to \u22125.0)", "<0.001", "0.300"],
        [*usual, "0 (\u22121 to 1)", "<0.001", "0.300"],
        [*usual, "", "<0.001", "0.300"],
        ["CRP", "IVIG", "fewer than 5", "", "", "", "", ""],
        ["CRP", "IVIG", "", "", "", "", "", ""],
    ]


def test_quality_counts_by_hospital_and_severity(folder: Path) -> None:
    def check(hospital: str, severity: str, verdict: str, violated: int) -> dict[str, Any]:
        names = ("hospital_id", "severity", "verdict", "violated")
        return dict(zip(names, (hospital, severity, verdict, violated), strict=True))

    rows = [
        check("B", "warn", "warn", 70),
        check("B", "block", "pass", 3),
        check("A", "quarantine", "fail", 1000),
        check("A", "quarantine", "pass", 234),
        check("B", "warn", "fail", 1),
        check("B", "warn", "pass", 0),
    ]
    write(folder, "quality.csv", rows)
    assert table(folder, "quality").rows == [
        ["A", "quarantine", "2", "1", "0", "1,234"],
        ["B", "block", "1", "0", "0", "<5"],
        ["B", "warn", "3", "1", "1", "0"],
    ]


def test_of_many_hospitals_those_without_a_failure_are_one_line(folder: Path) -> None:
    names = ["all", *(str(n) for n in range(101, 121))]
    rows = [
        {"hospital_id": name, "severity": severity, "verdict": verdict, "violated": 10}
        for name in names
        for severity, verdict in (
            ("block", "fail" if name == "107" else "pass"),
            ("warn", "warn"),
        )
    ]
    write(folder, "quality.csv", rows)
    found = table(folder, "quality")
    assert found.rows == [
        ["107", "block", "1", "1", "0", "10"],
        ["all", "block", "1", "0", "0", "10"],
        ["all", "warn", "1", "0", "1", "0"],
        ["19 others", "block", "19", "0", "0", "190"],
        ["20 others", "warn", "20", "0", "20", "0"],
    ]
    assert found.note.endswith("no check of a severity fails are one line.")
    rows[-2]["violated"] = None
    write(folder, "quality.csv", rows)
    assert table(folder, "quality").rows[3][-1] == "suppressed"


def test_the_ledger_adds_up_the_hospitals(folder: Path) -> None:
    counts = {
        "rows_read": 1000,
        "rows_used": 600,
        "rows_out_of_scope": 300,
        "rows_quarantined": 100,
    }
    rows = [{"hospital_id": h, "table": t, **counts} for h in "AB" for t in ("patient", "lab")]
    write(folder, "ledger.csv", rows)
    assert table(folder, "ledger").rows == [
        ["patient", "2,000", "1,200", "600", "200"],
        ["lab", "2,000", "1,200", "600", "200"],
    ]


@pytest.mark.parametrize("rounded", [True, False])
def test_the_ledger_says_whether_its_rows_are_rounded(folder: Path, rounded: bool) -> None:
    counts = ("rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined")
    row = {"hospital_id": "A", "table": "lab", **dict.fromkeys(counts, 5)}
    write(folder, "ledger.csv", [row | ({"rounded_down_to": 5} if rounded else {})])
    note = table(folder, "ledger").note
    assert ("rounded down in each hospital" in note) is rounded
    assert ("exactly" in note) is not rounded


@pytest.mark.parametrize("name", ["ledger", "quality"])
def test_counts_of_which_none_is_released(folder: Path, name: str) -> None:
    """A column that is empty in every row of the file is read as text."""
    counts = ("rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined", "violated")
    row: dict[str, Any] = {"hospital_id": "A", "table": "lab", **dict.fromkeys(counts)}
    row |= {"severity": "block", "verdict": "pass"}
    write(folder, f"{name}.csv", [row])
    assert table(folder, name).rows[0][-1] == "suppressed"


EFFECT = {
    **{"analysis": "main", "contrast": "IVIG", "population": "matched", "event_label": "death"},
    **{"model": "logistic", "measure": "OR", "estimate": 0.51234, "lo": 0.2, "hi": 1.2},
    **{"p": 0.04, "p_holm": 0.08, "p_bh": 0.06, "n_exposed": 1000, "events_exposed": 100},
    **{"n_control": 90, "events_control": None, "note": "crude"},
}


def test_an_effect_alone_keeps_its_columns(folder: Path) -> None:
    write(folder, "effects.csv", [EFFECT])
    found = table(folder, "effects_main")
    first = ["IVIG", "matched", "death", "logistic", "OR", "0.51 (0.20 to 1.20)", "0.040", "0.080"]
    assert found.rows == [[*first, "100 / 1,000", "... / 90", "crude"]]
    assert found.note == ""
    assert found.wide is True


def test_effects_are_adjusted_as_the_study_says(folder: Path) -> None:
    write(folder, "effects.csv", [EFFECT])
    plan = LIU.analysis.model_copy(update={"multiplicity": "bh"})
    found = table(folder, "effects_main", LIU.model_copy(update={"analysis": plan}))
    assert found.rows[0][found.head.index("adj. p")] == "0.060"


def test_what_every_row_says_is_said_once_under_the_table(folder: Path) -> None:
    rows = [
        EFFECT | {"note": "crude; few events"},
        EFFECT | {"contrast": "dose", "estimate": None, "lo": None, "note": "one; crude"},
        EFFECT | {"contrast": "days", "hi": None, "n_control": None, "note": "crude; few events"},
    ]
    write(folder, "effects.csv", rows)
    found = table(folder, "effects_main")
    first = ["Contrast", "Estimate (95% CI)", "p", "adj. p", "Events / n exposed"]
    assert found.head == [*first, "Events / n unexposed", "Note"]
    assert [[row[0], row[1], row[-2], row[-1]] for row in found.rows] == [
        ["IVIG", "0.51 (0.20 to 1.20)", "... / 90", "few events"],
        ["dose", "not shown", "... / 90", "one"],
        ["days", "0.51", "", "few events"],
    ]
    assert found.note == "Every row: matched, death, logistic, OR. Crude."


def test_a_note_ends_once(folder: Path) -> None:
    long = "prefer fixed effects of the clusters, of which there are few."
    rows = [EFFECT | {"note": f"crude.; {long}"}, EFFECT | {"note": f"crude.; {long}; one"}]
    write(folder, "effects.csv", [*rows, EFFECT | {"note": "crude."}])
    note = table(folder, "effects_main").note
    assert f"Crude. a: {long}" in note
    assert ".." not in note


def test_risks_stand_beside_what_was_counted(folder: Path) -> None:
    """Weighted risks are none of the events over people beside them."""
    risks = {"risk_exposed": 0.402, "risk_exposed_lo": 0.27, "risk_exposed_hi": 0.5}
    write(folder, "effects.csv", [EFFECT | risks | {"risk_control": 0.357}])
    found = table(folder, "effects_main")
    row = dict(zip(found.head, found.rows[0], strict=True))
    assert row["Risk exposed"] == "40.2% (27.0% to 50.0%)"
    assert row["Risk unexposed"] == "35.7%"


def test_columns_that_differ_or_are_empty(folder: Path) -> None:
    none = dict.fromkeys(("population", "event_label", "model", "measure", "contrast", "note"))
    write(folder, "effects.csv", [EFFECT | none, EFFECT | none | {"model": "cox"}, EFFECT | none])
    found = table(folder, "effects_main")
    assert "Contrast" not in found.head
    assert "Note" not in found.head
    assert found.note == "Every row: cox."
    write(folder, "effects.csv", [EFFECT, EFFECT | {"model": "cox"}])
    found = table(folder, "effects_main")
    assert [row[found.head.index("Model")] for row in found.rows] == ["logistic", "cox"]
    assert found.note == "Every row: matched, death, OR. Crude."


def test_each_kind_of_analysis_is_a_table_of_its_own(folder: Path) -> None:
    names = ("table3", "main", "outcomes", "interaction", "time_zero", "unheard of")
    write(folder, "effects.csv", [EFFECT | {"analysis": name} for name in names])
    assert set(tables.readable(RunTables(folder), LIU)) == {
        *("table3", "effects_main", "effects_outcomes", "effects_interaction", "effects_time_zero")
    }


USED = {
    **{"dimension": "all", "level": "all", "courses": 1200, "patients": 1100, "grams": 12345.67},
    **{"grams_per_kg": 1.987, "share_without_amount": 0.0123, "cost": 99999.6, "suppressed": False},
}


def test_use_has_a_heading_for_each_dimension_and_hides_small_rows(folder: Path) -> None:
    unknown = dict.fromkeys(("courses", "patients", "grams", "grams_per_kg", "cost"))
    rows = [
        USED,
        USED | {"dimension": "hospital_id", "level": "A"},
        USED | {"dimension": "hospital_id", "level": "B", "suppressed": True},
        USED | unknown | {"dimension": "month", "level": "2020-02", "share_without_amount": None},
    ]
    write(folder, "utilisation.csv", rows)
    found = use.readable(RunTables(folder), LIU)["utilisation"]
    numbers = ["1,200", "1,100", "12,345.7", "1.99", "1.2%", "100,000"]
    assert found.rows == [
        ["all", *numbers],
        ["By hospital"],
        ["A", *numbers],
        ["B", *["not shown"] * 6],
        ["By month of the first day"],
        ["2020-02", "not shown", "not shown", "0.0", "", "", ""],
    ]
    assert all(len(row) in (1, len(found.head)) for row in found.rows)
    assert "fewer than 5 patients" in found.note


def test_indications(folder: Path) -> None:
    row = {
        **{"indication_label": "ITP", "indication_class": "off_label", "courses": 1200},
        **{"patients": 1100, "suppressed": False, "indication_rule": "nearest"},
    }
    again = row | {"courses": None}  # few had the drug more than once
    write(folder, "indications.csv", [row, row | {"suppressed": True}, again])
    found = use.readable(RunTables(folder), LIU)["indications"]
    assert found.rows == [
        ["ITP", "off label", "1,200", "1,100"],
        ["ITP", "off label", "not shown", "not shown"],
        ["ITP", "off label", "not shown", "1,100"],
    ]
    assert found.note.endswith("Rule: nearest.")


def test_regimens(folder: Path) -> None:
    row = {
        **{"regimen": "high dose", "verdict": "not_adherent", "reason": "dose_low"},
        **{"persons": 1200, "suppressed": False},
    }
    other = row | {"regimen": "low dose", "reason": None, "suppressed": True}
    write(folder, "regimens.csv", [row, row | {"verdict": "adherent", "reason": None}, other])
    assert use.readable(RunTables(folder), LIU)["regimens"].rows == [
        ["high dose"],
        ["not adherent", "dose low", "1,200"],
        ["adherent", "", "1,200"],
        ["low dose"],
        ["not adherent", "", "not shown"],
    ]


def test_the_methods_say_what_the_study_asks() -> None:
    population, exposure, _, *_, matching, analysis = methods.paragraphs(LIU)
    assert "Time zero is admission. " in population
    assert "from 0 h after time zero to the end of the stay." in exposure
    assert "<=10 g/day against >10 g/day (exactly 10 counts as <=10 g/day)" in exposure
    assert f"within a caliper of {LIU.match.caliper:g}" in matching
    assert "without replacement" in matching
    assert "adjusted by Holm" in analysis
    assert f"Counts of 1 to {LIU.report.smallest_cell - 1} are not shown" in analysis


def test_the_methods_follow_another_study() -> None:
    def other(section: str, **changes: object) -> Study:
        return LIU.model_copy(update={section: getattr(LIU, section).model_copy(update=changes)})

    assert (
        "first moment of severity"
        in methods.paragraphs(other("cohort", time_zero="severity_onset"))[0]
    )
    assert "to 48 h." in methods.paragraphs(other("exposure", end_hours=48.0))[1]
    assert "Groups:" not in methods.paragraphs(other("exposure", bands=()))[1]
    high = LIU.exposure.bands[0].model_copy(update={"boundary": "high"})
    text = methods.paragraphs(other("exposure", bands=(high,)))[1]
    assert "(exactly 10 counts as >10 g/day)" in text
    assert "without a caliper" in methods.paragraphs(other("match", caliper=None))[-2]
    assert ", with replacement" in methods.paragraphs(other("match", replace=True))[-2]
    names = (LIU.match.covariates[0],)
    assert "after time zero" in methods.paragraphs(other("match", allow_post_baseline=names))[-2]
    early = other("match", allow_post_baseline=())
    plain = early.analysis.model_copy(update={"allow_post_baseline": ()})
    none = methods.paragraphs(early.model_copy(update={"analysis": plain}))[-2]
    assert "after time zero" not in none


def test_what_several_rows_say_stands_once() -> None:
    """Of all rows without a mark, of some with a letter; what a row alone says stays in it."""
    long = "immortal time: ever against never"
    given = [
        f"late; {long}; few",
        f"late; {long}",
        "late; few",
        "late; a sentence of one row alone",
    ]
    cells, below = notes.said_once(given)
    assert cells == ["a; few", "a", "few", "a sentence of one row alone"]
    assert below == f"Late. a: {long}."
    assert notes.said_once(["late; crude"]) == (["late; crude"], "")
    assert notes.said_once([]) == ([], "")


def test_a_number_has_people_and_no_events(folder: Path) -> None:
    number = EFFECT | {"measure": "MD", "estimate": 1.4, "lo": -0.673, "hi": 3.46}
    write(folder, "effects.csv", [number])
    found = table(folder, "effects_main")
    assert found.head[-3:] == ["n exposed", "n unexposed", "Note"]
    assert found.rows[0][-3:] == ["1,000", "90", "crude"]
    assert "1.40 (\u22120.67 to 3.46)" in found.rows[0]


UNSEEN = "Deaths after discharge are unknown"
FOLLOWED = {
    **{"arm": "control", "outcome": "Death", "n": 1200, "unknown": 12, "transferred": 0},
    **{"share_unknown": 0.01, "median_days": 28.0, "q1_days": 9.25, "q3_days": 28.0},
    **{"after_discharge": "linked", "evidence": "a registry"},
}


def test_how_long_each_arm_was_followed(folder: Path) -> None:
    hidden = dict.fromkeys(("n", "unknown", "transferred", "share_unknown", "median_days"))
    write(folder, "follow_up.csv", [FOLLOWED, FOLLOWED | {"arm": "exposed"} | hidden])
    found = table(folder, "follow_up")
    assert found.head[3:] == ["Death unknown", "Share", "Transferred"]
    label = LIU.exposure.label
    assert found.rows == [
        [f"No {label}", "1,200", "28 [9.25, 28]", "12", "1.0%", "0"],
        [label, "suppressed", "", "suppressed", "not shown", "suppressed"],
    ]
    assert found.note == "Deaths after discharge count as known: a registry."


@pytest.mark.parametrize(
    ("after", "evidence", "note"),
    [
        ("in_hospital", None, f"{UNSEEN}, and the answer is of the stay."),
        ("unknown", "x", f"{UNSEEN}, and who stays is weighted for who left: x."),
        (None, "x", "x."),
        (None, None, ""),
    ],
)  # fmt: skip
def test_what_is_known_after_the_discharge(
    folder: Path, after: str | None, evidence: str | None, note: str
) -> None:
    write(folder, "follow_up.csv", [FOLLOWED | {"after_discharge": after, "evidence": evidence}])
    assert table(folder, "follow_up").note == note


def test_diagnostics_have_their_limits_and_which_decides(folder: Path) -> None:
    row = {"diagnostic": "effective_sample_size", "value": 123.456, "threshold": 0.5}
    row |= {"verdict": "fail", "decides": True, "meaning": "m", "source": "s", "follows": "f"}
    none: dict[str, Any] = {"value": None, "threshold": None, "source": None, "follows": None}
    rows = [row, row | {"verdict": "pass"}, row | {"decides": False} | none]
    write(folder, "diagnostics.csv", rows)
    found = table(folder, "diagnostics")
    assert found.rows == [
        ["effective sample size", "123", "0.5", "fail (decides)", "m", "s", "f"],
        ["effective sample size", "123", "0.5", "pass", "m", "s", "f"],
        ["effective sample size", "", "", "fail", "m", "", ""],
    ]
    assert found.wide
    assert not table_of_terms(folder).wide


def table_of_terms(folder: Path) -> Table:
    terms = {"label": "Age", "odds_ratio": 1.234, "lo": 1.0, "hi": 1.5, "p": 0.04, "n": 10}
    write(folder, "table_s2.csv", [terms | {"events": 3, "note": ""}])
    return table(folder, "table_s2")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"days_at_least": 0, "days_at_most": 0}, "Plan (no dose)"),
        ({"days_at_least": 1}, "Plan (on 1 day running at least)"),
        (
            {"days_at_least": 3, "days_at_most": 5},
            "Plan (on 3 days running at least, on 5 days at most)",
        ),
        (
            {"days_at_least": 3, "grams_per_day_at_least": 10.0, "grams_per_day_at_most": 25.5},
            "Plan (on 3 days running at least, 10 g a day or more, 25.5 g a day or less)",
        ),
    ],
)
def test_a_plan_of_doses_in_words(values: dict[str, Any], said: str) -> None:
    asked = {"label": "Plan", "name": "plan", "days_at_most": None}
    asked |= {"grams_per_day_at_least": None, "grams_per_day_at_most": None} | values
    assert doses.described(SimpleNamespace(**asked)) == said  # type: ignore[arg-type]
    unlabelled = SimpleNamespace(**(asked | {"label": ""}))
    assert doses.described(unlabelled).startswith("plan (")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "unit", "said"),
    [
        ("Age", "y", "Age, y"),
        ("Length of stay, days", "days", "Length of stay, days"),
        ("Days", "days", "Days, days"),
        ("Lymphocytes", "10^9/L", "Lymphocytes, 10\u2079/L"),
        ("Fever", None, "Fever"),
        ("Fever", "", "Fever"),
    ],
)
def test_a_unit_is_said_once(label: str, unit: str | None, said: str) -> None:
    assert with_unit(label, unit) == said
