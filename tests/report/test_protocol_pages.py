"""The protocol as a document and the checklists: complete, of the study file, with places that are.

The table of contents is that of HARPER (Wang et al. 2023, table 3).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fuzz.base import short_study, small_extract
from typer.testing import CliRunner

from ehrivig import cli, pipeline
from ehrivig import study as studies
from ehrivig.analysis.main_effects import is_event
from ehrivig.figures import windows
from ehrivig.report import methods, protocol
from ehrivig.report.protocol import design, hours
from ehrivig.report.protocol.checklists import GUIDELINES, checklist
from ehrivig.study.protocol import protocol as fixed

HARPER = [
    *map(str, range(1, 8)),
    *("7.1", "7.2", "7.3", "7.3.1", "7.3.2", "7.3.3"),
    *("7.4", "7.4.1", "7.4.2", "7.4.3", "7.4.4", "7.5", "7.6", "7.7", "7.8", "7.9"),
    *map(str, range(8, 13)),
]
ITEMS = {"target": 39, "strobe": 34, "record_pe": 28}
TARGET = [
    *("1a", "1b", "1c", "2", "3", "4", "5", *(f"6{letter}" for letter in "abcdefgh")),
    *(f"7{letter}" for letter in "abcdef"),
    *("7g(i)", "7g(ii)", "7h(i)", "7h(ii)", *map(str, range(8, 22))),
]


def run_command(*words: object) -> Any:
    return CliRunner().invoke(cli.app, ["protocol", *map(str, words)])


def changed(study: studies.Study, section: str, **values: Any) -> studies.Study:
    part = getattr(study, section).model_copy(update=values)
    return study.model_copy(update={section: part})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, with the study file beside it."""
    folder = tmp_path_factory.mktemp("protocol")
    plan = short_study(folder / "study.toml")
    done = pipeline.run(plan, small_extract(folder / "x"), folder / "out")
    assert done.exit_code == 0, done.message
    return folder / "out"


@pytest.mark.parametrize("name", studies.packaged())
def test_every_section_and_table_of_harper_is_there(name: str) -> None:
    plan = studies.load(name)
    found = protocol.sections(plan, fixed(plan))
    assert [one.number for one in found] == HARPER
    captions = " ".join(table.caption for one in found for table in one.tables)
    numbers = {int(n) for n in re.findall(r"Table (\d+)\.", captions)}
    without = {5} if not any(c.rule == "untreated_before" for c in plan.cohort.criteria) else set()
    without |= {13} if plan.primary.unit else set()
    assert numbers == set(range(1, 14)) - without
    for one in found:
        assert one.said or one.tables or one.drawn or one.number in ("7", "7.3", "7.4")
        for table in one.tables:
            assert table.rows
            assert all(len(row) == len(table.head) for row in table.rows)


def test_the_windows_of_the_design() -> None:
    plan = studies.load("ivig_covid19")
    rows = {(b.label, b.start, b.end) for b in design.bars(plan)}
    assert rows == {
        ("Eligibility", 0.0, 0.0),
        ("Eligibility looked for in the whole stay", 0.0, None),
        ("Covariates of the record", None, 0.0),
        ("Covariates measured", -24.0, 24.0),
        ("Exposure window", 0.0, None),
        ("Grace period", 0.0, 48.0),
        ("Follow-up", 0.0, 28 * 24.0),
    }
    later = {b.label: b for b in design.bars(studies.load("vasopressin_septic_shock"))}
    assert (later["Eligibility"].start, later["Eligibility"].end) == (None, 0.0)
    assert "Eligibility looked for in the whole stay" not in later
    assert (later["Washout"].start, later["Washout"].end) == (None, 0.0)


def test_where_an_hour_stands_keeps_their_order() -> None:
    plan = studies.load("ivig_covid19")
    scale = windows._Scale(design.bars(plan))
    places = [scale.x(hour) for hour in (-24, -6, 0, 6, 24, 48, 672)]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert scale.x(10**6) == pytest.approx(windows._RIGHT)


@pytest.mark.parametrize("name", studies.packaged())
def test_a_phone_shows_the_whole_design(name: str) -> None:
    plan = studies.load(name)
    width = re.search(r'viewBox="0 0 ([0-9.]+) ', design.diagram(plan))
    assert width is not None
    assert float(width[1]) <= 320  # points: 8 of them are 8.7 px where 350 px are there
    assert max(len(bar.words) for bar in design.bars(plan)) * windows._LETTER <= windows._WIDTH
    page = protocol.html(plan)
    assert "min-width: 40rem" not in page
    assert '<table class="narrow"><caption>Study</caption>' in page
    assert page.count('data-head="Emulation"') == len(fixed(plan)["items"])


def test_one_criterion_is_one() -> None:
    words = [bar.words for bar in design.bars(studies.load("eicu_demo"))]
    assert "1 criterion, also after time zero" in words


@pytest.mark.parametrize("name", studies.packaged())
def test_the_words_of_the_drawing_are_words(name: str) -> None:
    plan = studies.load(name)
    svg = design.diagram(plan)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    for label in ("Exposure window", "Follow-up", plan.exposure.label.split()[0]):
        assert label in words
    assert svg == design.diagram(plan)


def test_words_of_a_study_are_no_markup(tmp_path: Path) -> None:
    evil = "<b>$x_1$</b> a|b [l](u)"
    plan = changed(studies.load("ivig_covid19"), "exposure", label=evil)
    page = protocol.html(plan)
    assert "<b>$x_1$" not in page
    assert "&lt;b&gt;$x_1$" in page
    protocol.document(plan, tmp_path / "p.md")
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    assert "<b>" not in text.replace("\\<", "")
    for block in text.split("\n\n"):
        rows = [line for line in block.split("\n") if line.startswith("| ")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"start_hours": -24.0, "end_hours": 0.0}, "[-24 h, time zero)"),
        ({"start_hours": 0.0, "end_hours": None}, "[time zero, end of the stay)"),
        ({"start_hours": 6.0, "end_hours": 240.0}, "[6 h, 10 d)"),
    ],
)
def test_a_window_in_words(values: dict[str, Any], said: str) -> None:
    assert hours.window(values["start_hours"], values["end_hours"]) == said


@pytest.mark.parametrize("name", GUIDELINES)
def test_every_item_has_a_place_in_a_run_or_is_left_to_the_authors(run: Path, name: str) -> None:
    pages = {page: (run / page).read_text("utf-8") for page in ("report.html", "protocol.html")}
    found = checklist(name, pages)
    assert len(found) == ITEMS[name]
    assert max(Counter(one.item for one in found).values()) == 1
    if name == "target":
        assert [one.item for one in found] == TARGET
    for one in found:
        assert one.places or one.authors, one.item
        for place in one.places:
            assert f'id="{place.part}"' in pages[place.page]
    page = (run / "checklists.html").read_text(encoding="utf-8")
    links = re.findall(r'href="((?:report|protocol)\.html)#([^"]+)"', page)
    assert len(links) > 100
    assert all(f'id="{part}"' in pages[where] for where, part in links)


@pytest.mark.parametrize("name", GUIDELINES)
def test_no_place_is_misspelt(run: Path, name: str) -> None:
    """What this short run has not is a table or figure of a longer one, by its name there."""
    pages = {page: (run / page).read_text("utf-8") for page in ("report.html", "protocol.html")}
    later = {
        *("effects follow up", "effects negative control", "figure incidence", "effects hospital"),
        "effects time zero",
    }
    for one in checklist(name, pages):
        assert {words.removeprefix("Report, ") for words in one.absent} <= later


def test_an_item_without_its_place_says_so() -> None:
    found = {one.item: one for one in checklist("strobe", {"report.html": "", "protocol.html": ""})}
    assert found["13c"].places == ()
    assert found["13c"].absent == ("Report, figure flow",)


def test_a_run_repeats_the_document(run: Path, tmp_path: Path) -> None:
    study = run.parent / "study.toml"
    done = run_command(study, "--out", tmp_path / "p.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "p.html").read_bytes()
    assert (run / "release" / "protocol.html").read_bytes() == page
    told = json.loads((run / "protocol.json").read_text(encoding="utf-8"))["protocol_hash"]
    assert told in page.decode()
    assert told in done.output


def test_the_document_by_its_ending(tmp_path: Path) -> None:
    assert run_command("ivig_covid19", "--out", tmp_path / "p.md").exit_code == 0
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    assert "![Design of the study](p.svg)" in text
    assert "### 7.1 Study design" in text
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert run_command("ivig_covid19", "--out", tmp_path / "q.svg").exit_code == 0
    assert (tmp_path / "q.svg").read_bytes() == (tmp_path / "p.svg").read_bytes()


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("p.docx", (), "write it as .html, .md, .json or .svg"),
        ("there.html", (), "exists. Choose another name"),
        ("there.md", (), "exists. Choose another name"),
        ("gone/p.html", (), "No such file or directory"),
        ("p.html", ("--json",), "Give one of them"),
    ],
)
def test_a_document_that_cannot_be_written(
    tmp_path: Path, name: str, more: tuple[str, ...], said: str
) -> None:
    for there in ("there.html", "there.md"):
        (tmp_path / there).write_text("mine")
    done = run_command("ivig_covid19", "--out", tmp_path / name, *more)
    assert isinstance(done.exception, Exception)
    assert said in str(done.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.html", "there.md"]
    assert (tmp_path / "there.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("smallest", "said"),
    [
        (0, "Every count is shown."),
        (1, "Every count is shown."),
        (2, "Counts of 1 are not shown, nor what they could be computed from."),
        (5, "Counts of 1 to 4 are not shown, nor what they could be computed from."),
    ],
)
def test_hidden_counts_in_words(smallest: int, said: str) -> None:
    plan = studies.load("ivig_covid19")
    shown = plan.report.model_copy(update={"smallest_cell": smallest})
    assert methods.hidden_counts(plan.model_copy(update={"report": shown})) == said


def test_what_is_not_asked_is_not_said() -> None:
    """Optimal matching has no order; no criterion of severity, no definition of it."""
    liu, tocilizumab = studies.load("ivig_covid19"), studies.load("tocilizumab_covid19")
    assert "from the largest score down" in methods._matching(liu)
    assert "matchit" not in methods._matching(tocilizumab)
    assert "the least distance over all pairs" in methods._matching(tocilizumab)
    assert "Severity follows" in methods._population(liu)
    assert "Severity follows" not in methods._population(studies.load("omop_synthea"))


def test_what_follows_time_zero_is_not_known_at_it() -> None:
    liu = studies.load("ivig_covid19")
    matched = liu.study.estimand.model_copy(update={"analysis": "matched", "target": "ATT"})
    plan = liu.model_copy(update={"study": liu.study.model_copy(update={"estimand": matched})})
    (item,) = [one for one in fixed(plan)["items"] if one["part"] == "Assignment"]
    assert "glucocorticoid, antiviral also by what came after it" in item["emulation"]


def rows_of(plan: studies.Study, number: str, caption: str) -> dict[str, str]:
    """The rows of a table of facts."""
    (section,) = [one for one in protocol.sections(plan, fixed(plan)) if one.number == number]
    (table,) = [one for one in section.tables if one.caption == caption]
    return {row[0]: row[1] for row in table.rows}


def test_other_outcomes_are_said_as_they_are_computed() -> None:
    plan = studies.load("ivig_covid19")
    rows = rows_of(plan, "6", "Table 2. Secondary questions")
    by = {what.split(":")[0]: labels.split("; ") for what, labels in rows.items()}
    outcomes = {v.label: v for v in plan.outcomes.variables if v.name != plan.primary.name}
    odds = by.pop("Ever given against never, among the matched, unadjusted")
    cleared = by.pop("Ever given against never, among all and among the matched, unadjusted")
    described = by["Described in each arm, and tested for a difference; no effect is estimated"]
    assert all(is_event(outcomes[label]) for label in odds)
    assert {outcomes[label].source for label in cleared} == {"clearance"}
    controls = {plan.outcome(name).label for name in plan.analysis.negative_controls}
    assert {*odds, *cleared, *described} == set(outcomes) - controls
    assert "Immortal time: ever against never" in rows["What they are"]
    before = changed(plan, "exposure", start_hours=-24.0, end_hours=0.0)
    told = rows_of(before, "6", "Table 2. Secondary questions")["What they are"]
    assert told.strip() == "None has the design of the answer."


def test_what_a_value_must_reach_stands_in_the_definition() -> None:
    plan = studies.load("vasopressin_septic_shock")
    limits = {"at_least": 0.5, "times_baseline_at_most": 0.5}
    asked = [
        one.model_copy(update=limits) if one.source == "lab_reached" else one
        for one in plan.outcomes.variables
    ]
    plan = changed(plan, "outcomes", variables=tuple(asked))
    (section,) = [one for one in protocol.sections(plan, fixed(plan)) if one.number == "7.4.2"]
    (row,) = [row for row in section.tables[0].rows if row[2] == "Laboratory value reached"]
    assert row[3:] == [
        "lactate, 0.5 or more, 2 or less, 0.5 times the baseline or less",
        "3 d",
    ]


@pytest.mark.parametrize("name", studies.packaged())
def test_design_washout_and_entry_say_the_same(name: str) -> None:
    """Nobody is a new user where use before is not looked for."""
    plan = studies.load(name)
    (design_,) = [one for one in protocol.sections(plan, fixed(plan)) if one.number == "7.1"]
    rows = rows_of(plan, "7.3.1", "Table 3. Operational definition of time zero")
    washed = any(c.rule == "untreated_before" for c in plan.cohort.criteria)
    both = any(c.rule == "treated_before" for c in plan.cohort.criteria)
    assert ("new users" in design_.said[0]) == (washed and not both)
    assert rows["Washout"].startswith("none: use before the stay is not looked for") != washed
    assert rows["Type of entry"].startswith("incident in the stay")
