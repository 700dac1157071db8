"""What may be sent: the estimates of hospitals, and with --aggregate-only nothing of a person."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz.base import short_study, small_extract
from fuzz.quick_pages import quick_pages
from typer.testing import CliRunner

from ehrivig import cli, release
from ehrivig.errors import UsageError
from ehrivig.meta import compare, pool_aggregates, read_aggregate
from ehrivig.runs import aggregate
from ehrivig.store.sealed import seal

OF_A_PERSON = {
    *("cohort.parquet", "analysis.parquet", "dosing.parquet", "matched.parquet"),
    *("courses.parquet", "regimens.parquet", "regimen_cycles.parquet"),
    *("hospitals", "quarantine"),
}
IDS = {"admission_id", "patient_id", "person_id", "medication_id"}


def row(**changed: Any) -> dict[str, Any]:
    """A row of effects.csv."""
    return {
        "analysis": "hospital",
        "contrast": "any against none",
        "outcome": "death_28d",
        "population": "hospital A",
        "event_label": "death within 28 days",
        "model": "logistic",
        "measure": "OR",
        "estimate": 0.8,
        "lo": 0.5,
        "hi": 1.3,
        "se": 0.24,
        "n_exposed": 50,
        "events_exposed": 12,
        "n_control": 60,
        "events_control": None,
        "note": None,
        **changed,
    }


def test_the_shown_estimate_of_each_hospital_and_no_other() -> None:
    effects = pl.DataFrame(
        [
            row(),
            row(population="hospital North hospital 2", estimate=1.2, note="few events"),
            row(population="hospital B", estimate=None),
            row(population="all"),
            row(analysis="primary"),
            row(analysis="pooled", population="hospital A"),
        ],
        schema_overrides={"events_control": pl.Int64, "note": pl.String},
    )
    found = aggregate.of_run(effects)
    assert [effect.hospital_id for effect in found] == ["A", "North hospital 2"]
    first, second = found
    assert (first.estimate, first.lo, first.hi, first.se) == (0.8, 0.5, 1.3, 0.24)
    assert (first.n_exposed, first.events_exposed) == (50, 12)
    assert (first.n_control, first.events_control) == (60, None)
    assert (first.analysis, first.measure, first.outcome) == ("hospital", "OR", "death_28d")
    assert (first.note, second.note) == ("", "few events")


@pytest.mark.parametrize("rows", [None, [row(population="all")]])
def test_a_run_without_hospitals_writes_no_file(tmp_path: Path, rows: Any) -> None:
    if rows is not None:
        pl.DataFrame(rows).write_csv(tmp_path / "effects.csv")
    aggregate.write(tmp_path)
    assert not (tmp_path / "aggregate.csv").exists()


@pytest.mark.parametrize(
    ("result", "decides", "said"),
    [
        ("pass", True, ""),
        ("fail", False, "Read with care: lost to follow up (0 of 1 diagnostics pass)"),
        ("not assessed", False, ""),
        ("not assessed", True, "nobody can say of lost to follow up"),
    ],
)
def test_the_answer_carries_what_is_in_doubt(
    tmp_path: Path, result: str, decides: bool, said: str
) -> None:
    pl.DataFrame([row(population="all", role="primary")]).write_csv(tmp_path / "effects.csv")
    one = {"diagnostic": "lost_to_follow_up", "verdict": result, "decides": decides}
    pl.DataFrame([one]).write_csv(tmp_path / "diagnostics.csv")
    (tmp_path / "manifest.json").write_text('{"hospitals": ["A"], "dropped_hospitals": []}')
    aggregate.write(tmp_path)
    (first,) = read_aggregate(tmp_path)
    assert said in first.note if said else first.note == ""
    assert not first.note.endswith(".")


@pytest.mark.parametrize(
    ("hospitals", "name"),
    [
        (["A", "B"], "A + B"),
        (list("ABCDEF"), "A + B + C + D + E + F"),
        (list("ABCDEFG"), "A + 6 others"),
    ],
)
def test_the_answer_of_several_hospitals_stands_first(hospitals: list[str], name: str) -> None:
    effects = pl.DataFrame(
        [
            row(role="sensitivity"),
            row(analysis="time_zero", population="all", measure="RD", role="primary"),
            row(analysis="time_zero", population="all", measure="RR", role="safe"),
        ],
        schema_overrides={"events_control": pl.Int64, "note": pl.String},
    )
    first, second = aggregate.of_run(effects, hospitals, "Read with care")
    assert (first.hospital_id, first.role, first.note) == (name, "primary", "Read with care")
    assert (second.hospital_id, second.role, second.note) == ("A", "sensitivity", "")


WARNING = "The estimate should not be read as an effect: overlap"


def sent(
    place: Path, names: list[str], days: int = 28, declared: str = "one", **answer: Any
) -> Path:
    """A folder as hospitals send it: the answer of all with its warning, an estimate of each."""
    place.mkdir()
    first = row(analysis="time_zero", population="all", measure="RD", role="primary")
    first |= {"estimate": 0.02, "lo": -0.1, "hi": 0.14, "se": 0.06, "note": "weighted"}
    first |= {"risk_exposed": 0.3, "risk_control": 0.28, **answer}
    alone = [row(role="sensitivity", population=f"hospital {name}") for name in names]
    pl.DataFrame(
        [*alone, first], schema_overrides={"events_control": pl.Int64, "note": pl.String}
    ).write_csv(place / "effects.csv")
    told = {"diagnostic": "overlap", "verdict": "fail", "decides": True}
    pl.DataFrame([told]).write_csv(place / "diagnostics.csv")
    (place / "manifest.json").write_text(json.dumps({"hospitals": names, "dropped_hospitals": []}))
    protocol = {
        "protocol_hash": declared,
        "answer": {"outcome": first["outcome"], "horizon_days": days},
    }
    (place / "protocol.json").write_text(json.dumps(protocol))
    aggregate.write(place)
    seal(place)
    return place


def test_a_pool_and_a_comparison_carry_the_answer_and_its_warning(tmp_path: Path) -> None:
    """Two folders as hospitals sent them: of two hospitals and of one, each with its warning."""
    north = sent(tmp_path / "north", ["A", "B"])
    south = sent(tmp_path / "south", ["C"], estimate=0.1, risk_exposed=0.4, risk_control=0.3)
    pooled = pool_aggregates([north, south], tmp_path / "pool")
    assert pooled.hospitals == ("A", "B", "C")
    rows = pl.read_csv(tmp_path / "pool" / "pool.csv").filter(measure="RD")
    assert rows["row"].to_list()[:3] == ["hospital A + B", "hospital C", "random effects"]
    assert rows["role"].unique().to_list() == ["primary"]
    assert rows["note"][:4].str.starts_with(WARNING).all()  # the pools say it too
    assert rows["within_days"].to_list()[:2] == [28, 28]
    random = rows.row(2, named=True)
    assert random["estimate"] == pytest.approx(0.06)  # as precise as one another
    assert random["risk_exposed"] == pytest.approx(0.35)
    assert random["risk_control"] == pytest.approx(0.29)
    page = (tmp_path / "pool" / "report.html").read_text(encoding="utf-8")
    assert "the declared answer" in page
    assert "declared different protocols" not in page
    assert page.count(WARNING) == 1  # once what all say
    trials = tmp_path / "trials.csv"
    trials.write_text(
        "study,events_treated,n_treated,events_control,n_control\nX,10,100,15,100\nY,2,90,9,91\n"
    )
    compare(north / "effects.csv", trials, tmp_path / "beside", measure="RD")
    beside = pl.read_csv(tmp_path / "beside" / "compare.csv")
    assert beside["role"].to_list() == ["primary"]
    assert beside["note"][0].startswith(WARNING)
    assert WARNING in (tmp_path / "beside" / "report.html").read_text(encoding="utf-8")


def of_simulated(place: Path, names: list[str], **answer: Any) -> Path:
    """The same from a synthetic extract."""
    told = json.loads((sent(place, names, **answer) / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps(told | {"synthetic": True}))
    seal(place)
    return place


def test_pages_of_simulated_data_say_so_first(tmp_path: Path) -> None:
    """A pool with one simulated hospital is of no patients; the published trials are."""
    other = {"estimate": 0.1, "risk_exposed": 0.4, "risk_control": 0.3}
    real = sent(tmp_path / "real", ["A", "B"])
    north = of_simulated(tmp_path / "north", ["C"], **other)
    south = of_simulated(tmp_path / "south", ["D"], **other)
    trials = tmp_path / "trials.csv"
    trials.write_text(
        "study,events_treated,n_treated,events_control,n_control\nX,10,100,15,100\nY,2,90,9,91\n"
    )

    def page(name: str) -> str:
        return (tmp_path / name / "report.html").read_text(encoding="utf-8")

    pool_aggregates([real, north], tmp_path / "some")
    assert "What C sent was simulated: no pool with it is about patients." in page("some")
    pool_aggregates([north, south], tmp_path / "all")
    assert "What was sent was simulated. No number below is about a real patient." in page("all")
    pool_aggregates([real, sent(tmp_path / "own", ["E"], **other)], tmp_path / "none")
    compare(south / "effects.csv", trials, tmp_path / "beside", measure="RD")
    assert "this run was simulated; the published trials are of patients." in page("beside")
    compare(real / "effects.csv", trials, tmp_path / "real beside", measure="RD")
    for name in ("none", "real beside"):
        assert "Synthetic" not in page(name)
        assert "simulated" not in page(name)


def test_a_hospital_of_which_no_estimate_is_shown_comes_twice(tmp_path: Path) -> None:
    """North worked on nine hospitals and shows an estimate of one; H, among them, sends its own."""
    names = list("ABCDEFGHI")
    north = sent(tmp_path / "north", names)
    told = pl.read_csv(north / "aggregate.csv", infer_schema_length=None)
    told.filter((pl.col("hospital_id") == "A") | (pl.col("role") == "primary")).write_csv(
        north / "aggregate.csv"
    )
    seal(north)
    assert "A + 8 others" in (north / "aggregate.csv").read_text()
    own = sent(tmp_path / "own", ["H"], estimate=0.1, risk_exposed=0.4, risk_control=0.3)
    with pytest.raises(UsageError, match="hospital H comes twice"):
        pool_aggregates([north, own], tmp_path / "pool")
    other = sent(tmp_path / "other", ["J"], estimate=0.1, risk_exposed=0.4, risk_control=0.3)
    pool_aggregates([north, other], tmp_path / "pool")
    assert "<h1>10 hospitals pooled" in (tmp_path / "pool" / "report.html").read_text()


def test_a_hospital_that_was_left_out_may_send_its_own(tmp_path: Path) -> None:
    north = sent(tmp_path / "north", ["A", "B"])
    manifest = json.loads((north / "manifest.json").read_text())
    manifest |= {"hospitals": ["A", "B", "C"], "dropped_hospitals": ["C"]}
    (north / "manifest.json").write_text(json.dumps(manifest))
    seal(north)
    own = sent(tmp_path / "own", ["C"], estimate=0.1, risk_exposed=0.4, risk_control=0.3)
    assert pool_aggregates([north, own], tmp_path / "pool").hospitals == ("A", "B", "C")


def test_a_file_of_the_run_beside_its_release_is_told_as_one(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    sent(run / "release", ["A"])
    shutil.copy(run / "release" / "aggregate.csv", run)
    (run / "manifest.json").write_text("{}")
    other = sent(tmp_path / "other", ["J"], estimate=0.1, risk_exposed=0.4, risk_control=0.3)
    with pytest.raises(UsageError, match=r"aggregate\.csv of 'run' is the run's own"):
        pool_aggregates([run / "aggregate.csv", other], tmp_path / "pool")
    pool_aggregates([run / "release" / "aggregate.csv", other], tmp_path / "pool")


def test_answers_to_different_questions_are_not_pooled(tmp_path: Path) -> None:
    """Deaths by day 28 and by day 90 under one label; starting within 48 and within 240 hours."""
    first = sent(tmp_path / "first", ["A"], estimand="start within 48 h")
    later = sent(tmp_path / "later", ["B"], days=90, estimand="start within 48 h")
    with pytest.raises(UsageError, match="different times \\(28 days; 90 days\\)"):
        pool_aggregates([first, later], tmp_path / "pool")
    wider = sent(tmp_path / "wider", ["B"], estimand="start within 240 h")
    with pytest.raises(UsageError, match="start within 240 h; start within 48 h"):
        pool_aggregates([first, wider], tmp_path / "pool")
    assert not (tmp_path / "pool").exists()


def test_how_many_had_a_match_is_no_other_question(tmp_path: Path) -> None:
    """All of A, 40 of 60 exposed of B: both answer for the exposed, as far as there are pairs."""
    told = {"A": "ATT", "B": "ATM (40 of 60 exposed have a match)", "C": "ATM (few)"}
    folders = [sent(tmp_path / name, [name], estimand=asked) for name, asked in told.items()]
    assert pool_aggregates(folders, tmp_path / "pool").hospitals == ("A", "B", "C")


def test_other_protocols_of_one_question_are_named(tmp_path: Path) -> None:
    """Another layout or code list is another protocol: pooled, and the page says so."""
    folders = [sent(tmp_path / name, [name], declared=f"protocol of {name}") for name in "AB"]
    pool_aggregates(folders, tmp_path / "pool")
    page = (tmp_path / "pool" / "report.html").read_text(encoding="utf-8")
    assert "declared different protocols" in page
    assert "protocol of " in page


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The whole run as it was before the patients were dropped, and what was left of it."""
    place = tmp_path_factory.mktemp("aggregate")
    extract = small_extract(place / "extract")
    plan = short_study(
        place / "study.toml",
        analysis={"sensitivity": ["leave_one_hospital_out"]},
        utilisation={"by": ["month"]},
        regimen={"names": ["gbs"]},
    )
    drop = release.leave_release_alone
    with pytest.MonkeyPatch.context() as patch, quick_pages():

        def kept(folder: Path) -> None:
            shutil.copytree(folder, place / "before")
            drop(folder)

        patch.setattr(release, "leave_release_alone", kept)
        words = ["run", str(plan), "--extract", str(extract), "--out", str(place / "out")]
        done = CliRunner().invoke(cli.app, [*words, "--aggregate-only"])
    assert done.exit_code == 0, done.output
    return place / "before", place / "out"


def test_no_row_of_a_person_is_left(runs: tuple[Path, Path]) -> None:
    before, out = runs
    assert {path.name for path in before.iterdir()} >= OF_A_PERSON
    assert {path.name for path in out.iterdir()}.isdisjoint(OF_A_PERSON)
    for path in out.rglob("*.parquet"):
        assert IDS.isdisjoint(pl.read_parquet_schema(path)), path.name
    for path in out.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            assert IDS.isdisjoint(next(csv.reader(stream), [])), path.name
    gone = {path.relative_to(before).parts[0] for path in before.rglob("*") if path.is_file()}
    gone -= {path.relative_to(out).parts[0] for path in out.rglob("*") if path.is_file()}
    assert gone - OF_A_PERSON == set()


def test_every_file_that_a_report_points_to_lies_beside_it(runs: tuple[Path, Path]) -> None:
    """In the run and in its release, and where only the release is left."""
    for folder in (runs[0], runs[1], runs[1] / "release"):
        html = (folder / "report.html").read_text(encoding="utf-8")
        names = set(re.findall(r'class="file" href="([^"]+)"', html))
        assert "quality.csv" in names
        assert {name for name in names if not (folder / name).is_file()} == set()


def test_what_is_sent_is_what_effects_say_of_the_hospitals(runs: tuple[Path, Path]) -> None:
    effects = pl.read_csv(runs[1] / "effects.csv", infer_schema_length=None)
    shown = effects.filter(
        (pl.col("analysis") == "hospital")
        & pl.col("population").str.starts_with("hospital ")
        & pl.col("estimate").is_not_null()
    )
    first, *sent = read_aggregate(runs[1])
    answer = effects.filter(role="primary").row(0, named=True)
    assert (first.hospital_id, first.role) == ("A + B", "primary")
    assert (first.estimate, first.se) == (answer["estimate"], answer["se"])
    assert [(f"hospital {e.hospital_id}", e.estimate, e.se) for e in sent] == shown.select(
        "population", "estimate", "se"
    ).rows()
    assert {effect.hospital_id for effect in sent} == {"A", "B"}


def test_pages_with_immortal_time_say_so_first(tmp_path: Path) -> None:
    warned = {"note": "immortal time: ever against never exposed; weighted"}
    north = sent(tmp_path / "north", ["A"], **warned)
    south = sent(tmp_path / "south", ["B"], **warned)
    pool_aggregates([north, south], tmp_path / "pool")
    trials = tmp_path / "trials.csv"
    trials.write_text(
        "study,events_treated,n_treated,events_control,n_control\nX,10,100,15,100\nY,2,90,9,91\n"
    )
    compare(north / "effects.csv", trials, tmp_path / "beside", measure="RD")
    safe = sent(tmp_path / "safe", ["C"], note="read beside immortal time")
    compare(safe / "effects.csv", trials, tmp_path / "free", measure="RD")
    pages = [(tmp_path / n / "report.html").read_text("utf-8") for n in ("pool", "beside", "free")]
    said = ['<p class="banner"><b>Immortal time.</b>' in page for page in pages]
    assert said == [True, True, False]
