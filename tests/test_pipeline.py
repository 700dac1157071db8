"""The whole run on the demo extract: every number against the known truth, every refusal."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import columns
import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import stored_run
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.errors import EhrivigError, ExtractError
from ehrivig.stats.result import OF_NUMBERS

KEY = ["hospital_id", "admission_id"]
WITH_A_CLOCK = ("manifest.json", "hospital.json", "history.csv", "metrics.prom")
CONTRACT_FILES = [
    "manifest.json",
    "ledger.csv",
    "quality/checks.csv",
    "quality/index.html",
    "attrition.csv",
    "cohort.parquet",
    "dosing.parquet",
    "analysis.parquet",
    "matched.parquet",
    "balance.csv",
    "table1.csv",
    "table2.csv",
    "table3.csv",
    "table_s1.csv",
    "table_s2.csv",
    "table_s3.csv",
    "table_s4.csv",
    "table_s5.csv",
    "effects.csv",
    "curves.csv",
    "lints.csv",
    "report.html",
]


@pytest.fixture(scope="session")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "extract"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract for runs whose numbers are not looked at."""
    folder = tmp_path_factory.mktemp("small") / "extract"
    write_demo(folder, patients=1200, hospitals=3)
    return folder


@pytest.fixture(scope="session")
def plan() -> study.Study:
    return stored_run.plan()


@pytest.fixture(scope="session")
def finished(
    extract: Path, plan: study.Study, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, pipeline.RunSummary]:
    out = tmp_path_factory.mktemp("run") / "out"
    return out, pipeline.run(plan, extract, out)


def changed(tmp_path: Path, **sections: dict[str, Any]) -> Path:
    """A copy of the packaged study with some keys changed, as JSON-compatible TOML."""
    content = tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))
    for name, keys in sections.items():
        content[name] |= keys
    parsed = study.parse(content)
    assert parsed
    path = tmp_path / "study.json"
    path.write_text(json.dumps(content, default=str))
    return path


def plan_with(plan: study.Study, **sections: dict[str, Any]) -> study.Study:
    """The study with some settings replaced."""
    parts = {name: getattr(plan, name).model_copy(update=keys) for name, keys in sections.items()}
    return plan.model_copy(update=parts)


def test_writes_every_file_of_the_contract(finished: tuple[Path, pipeline.RunSummary]) -> None:
    out, summary = finished
    assert summary.exit_code == 0
    missing = [name for name in CONTRACT_FILES if not (out / name).is_file()]
    assert missing == []


def test_the_columns_of_every_table_hold_what_they_held(
    finished: tuple[Path, pipeline.RunSummary],
) -> None:
    """After a change that was meant: python -m tests.stored_run."""
    found = stored_run.summary(finished[0])
    assert list(columns.differences(found, stored_run.stored(), 1e-5)) == []


WARNED = ("table2", "table3", "table_s1", "table_s4", "table_s5", "curves", "aggregate")


@pytest.mark.parametrize("name", WARNED)
def test_a_reproduction_warns_of_immortal_time_in_every_table(
    finished: tuple[Path, pipeline.RunSummary], name: str
) -> None:
    table = pl.read_csv(finished[0] / f"{name}.csv", infer_schema_length=None)
    if name == "aggregate":  # the answer is of a design free of it
        table = table.filter(pl.col("role") != "primary")
    if name == "curves":
        table = table.filter(pl.col("curve") != "ccw")
    notes = table["note"]
    assert len(notes) > 0
    assert notes.str.contains("immortal time").fill_null(False).all()


def test_a_reproduction_warns_in_effects_lints_manifest_report_and_figures(
    finished: tuple[Path, pipeline.RunSummary],
) -> None:
    """Only the designs that are safe of immortal time go without the warning."""
    out, _ = finished
    effects = pl.read_csv(out / "effects.csv", infer_schema_length=None)
    safe = pl.col("analysis").is_in(["time_zero", "negative_control"])
    safe &= ~pl.col("contrast").str.contains("naive")
    warned = pl.col("note").str.contains("immortal time").fill_null(False)
    assert effects.filter(safe & warned).is_empty()
    assert effects.filter(~safe & ~warned).is_empty()
    terms = pl.read_csv(out / "table_s2.csv", infer_schema_length=None)
    assert "immortal time" in terms.filter(pl.col("term") == "exposed")["note"][0]
    lints = pl.read_csv(out / "lints.csv").filter(pl.col("code") == "immortal_time")
    said = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["warnings"]
    assert said == lints["message"].to_list()
    assert len(said) == 2
    report = (out / "report.html").read_text(encoding="utf-8")
    assert '<p class="banner"><b>Reproduction.</b>' in report


def test_cohort_exposure_and_dosing_equal_the_truth(
    extract: Path, finished: tuple[Path, pipeline.RunSummary]
) -> None:
    truth = pl.read_parquet(extract / "_truth" / "admission.parquet").filter("in_cohort").sort(KEY)
    table = pl.read_parquet(finished[0] / "analysis.parquet").sort(KEY)
    assert table.select(KEY).equals(truth.select(KEY))
    assert table.height == 850
    for name in (
        "exposed",
        "death_28d",
        "death_in_hospital",
        "first_dose_at",
        "max_daily_g",
        "total_g",
        "n_dose_days",
        "duration_days",
        "n_courses",
        "dose_coverage",
        "product_type",
    ):
        same = table[name].eq_missing(truth[name].cast(table[name].dtype))
        assert same.all(), f"{name}: {(~same).sum()} admissions differ"
    for name in ("hours_to_first_dose", "mean_daily_g"):
        gap = (table[name] - truth[name]).abs().max()
        assert gap is not None
        assert float(gap) <= 1e-6  # type: ignore[arg-type]
        assert table[name].is_null().equals(truth[name].is_null())


def test_attrition_is_the_published_flow(finished: tuple[Path, pipeline.RunSummary]) -> None:
    flow = pl.read_csv(finished[0] / "attrition.csv").filter(pl.col("hospital_id") == "all")
    counts = dict(flow.select("criterion", "patients").iter_rows())
    assert (counts["index"], counts["severe"]) == (2346, 850)


def test_no_row_is_lost(finished: tuple[Path, pipeline.RunSummary], extract: Path) -> None:
    ledger = pl.read_csv(finished[0] / "ledger.csv")
    spent = ledger["rows_used"] + ledger["rows_out_of_scope"] + ledger["rows_quarantined"]
    assert spent.equals(ledger["rows_read"].rename(spent.name))
    for table in ("lab", "medication", "patient"):
        files = list((extract / table).rglob("*.parquet"))
        on_disk = sum(pl.scan_parquet(f).select(pl.len()).collect().item() for f in files)
        assert ledger.filter(pl.col("table") == table)["rows_read"].sum() == on_disk
    rejected = pl.read_parquet(finished[0] / "quarantine" / "lab.parquet")
    assert rejected.height == ledger.filter(pl.col("table") == "lab")["rows_quarantined"].sum()
    assert rejected["reason"].str.len_chars().min() > 0  # type: ignore[operator]


def test_published_p_values_come_back_from_the_published_counts(
    finished: tuple[Path, pipeline.RunSummary], published_tables: Path
) -> None:
    """The demo has the published counts of these rows; the printed p is then reproduced."""
    made = {r["variable"]: r for r in pl.read_csv(finished[0] / "table2.csv").to_dicts()}
    made |= {r["variable"]: r for r in pl.read_csv(finished[0] / "table_s4.csv").to_dicts()}
    published = pl.read_csv(published_tables / "liu2020_categorical.csv", infer_schema=False)
    compared = 0
    for row in published.iter_rows(named=True):
        ours = made.get(row["row"])
        if ours is None or ours["suppressed"]:
            continue
        counts = [
            ours["events_control"],
            ours["n_control"],
            ours["events_exposed"],
            ours["n_exposed"],
        ]
        if counts == [float(row[c]) for c in ("n_control", "N_control", "n_ivig", "N_ivig")]:
            compared += 1
            printed = row["p_printed"]
            if row["row"] == "death_in_hospital":
                assert ours["p"] == pytest.approx(0.435, abs=5e-4)
            elif printed.startswith("<"):
                assert ours["p"] < float(printed[1:])
            else:
                assert abs(ours["p"] - float(printed)) <= 1.05e-3, row["row"]
    assert compared >= 12


def test_every_effect_names_its_event_and_counts(
    finished: tuple[Path, pipeline.RunSummary],
) -> None:
    effects = pl.read_csv(finished[0] / "effects.csv")
    assert effects["event_label"].null_count() == 0
    shown = effects.filter(pl.col("estimate").is_not_null())
    assert shown.height > 20
    assert (shown["lo"] <= shown["estimate"]).all()
    assert (shown["estimate"] <= shown["hi"]).all()
    crude = shown.filter(~pl.col("adjusted"), pl.col("analysis") != "negative_control")
    of_events = ~pl.col("measure").is_in(OF_NUMBERS)
    assert crude.filter(of_events)["events_exposed"].null_count() == 0
    assert crude.filter(~of_events)["events_exposed"].count() == 0
    assert crude["n_exposed"].null_count() == 0


def test_no_small_cell_is_shown(finished: tuple[Path, pipeline.RunSummary]) -> None:
    for name in ("table1", "table2", "table_s4"):
        table = pl.read_csv(finished[0] / f"{name}.csv")
        for arm in ("all", "control", "exposed"):
            counts = table[f"events_{arm}"].drop_nulls()
            assert not counts.is_between(1, 4).any(), name
    effects = pl.read_csv(finished[0] / "effects.csv")
    for name in ("events_exposed", "events_control"):
        assert not effects[name].drop_nulls().is_between(1, 4).any()


def test_report_is_self_contained_and_says_synthetic(
    finished: tuple[Path, pipeline.RunSummary],
) -> None:
    html = (finished[0] / "report.html").read_text(encoding="utf-8")
    assert "Synthetic data" in html
    assert "Synthetic data" in (finished[0] / "quality" / "index.html").read_text("utf-8")
    for outside in ("http://", "https://", "<script", "src="):
        assert outside not in html.replace("http://www.w3.org", "").replace(
            "http://purl.org", ""
        ).replace("http://creativecommons.org", ""), outside
    ids = pl.read_parquet(finished[0] / "cohort.parquet")["admission_id"].cast(pl.String)
    assert not any(f">{i}<" in html for i in ids.head(200))


def test_manifest_hashes_what_was_read(
    finished: tuple[Path, pipeline.RunSummary], extract: Path
) -> None:
    from ehrivig.resources import file_digest

    manifest = json.loads((finished[0] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["exit_code"] == 0
    first = manifest["inputs"][0]
    assert first["sha256"] == file_digest(extract / first["path"])
    left_out = {one["path"]: one["reason"] for one in manifest["left_out"]}
    assert left_out["extract.json"] == "says whether data are simulated"
    assert len(manifest["inputs"]) + len(left_out) == sum(
        path.is_file() and "_truth" not in path.parts for path in extract.rglob("*")
    ) + ("_truth" in left_out)
    assert {"sql", "suites", "codelists"} <= set(manifest["code"])
    assert all(step["seconds"] >= 0 for step in manifest["steps"])


def test_same_input_gives_the_same_bytes(
    extract: Path, plan: study.Study, finished: tuple[Path, pipeline.RunSummary], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    pipeline.run(plan, extract, again, options=pipeline.Options(threads=1, memory="700MB"))
    for path in sorted(again.rglob("*")):
        name = path.relative_to(again).as_posix()
        if path.is_file() and not name.endswith(WITH_A_CLOCK):
            assert path.read_bytes() == (finished[0] / name).read_bytes(), name


def test_unchanged_hospitals_are_not_read_again(
    small: Path, plan: study.Study, tmp_path: Path
) -> None:
    copy = tmp_path / "extract"
    shutil.copytree(small, copy)
    out = tmp_path / "out"
    with quick_pages():
        pipeline.check(plan, copy, out)
    before = marks_and_rows(out)
    path = next((copy / "score" / "hospital_id=B").glob("*.parquet"))
    pq.write_table(pq.read_table(path).slice(1), path)
    with quick_pages():
        pipeline.check(plan, copy, out)
    after = marks_and_rows(out)
    assert (before["A"], before["C"]) == (after["A"], after["C"])
    assert before["B"][0] != after["B"][0]
    assert before["B"][1] != after["B"][1]
    text = (out / "hospitals" / "statements.sql").read_text()
    made = [line for line in text.splitlines() if line.startswith("-- batch of hospitals ")]
    assert made == [
        '-- batch of hospitals ["A", "B", "C"]',
        '-- batch of hospitals ["B"]',
    ]
    assert pl.read_csv(out / "history.csv")["hospitals_reused"].to_list() == [0, 2]


def marks_and_rows(out: Path) -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    """Hospital -> its fingerprint, and how its rows were spent."""
    home = out / "hospitals"
    marks = json.loads((home / "fingerprints.json").read_text())
    spent = pl.read_parquet(home / "rows.parquet")
    return {name: (mark, spent.filter(hospital_id=name).rows()) for name, mark in marks.items()}


def test_sql_runs_in_a_bare_shell(
    plan: study.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ehrivig.runs import statements

    monkeypatch.chdir(tmp_path)  # its COPY statements write where the shell is

    text = statements.of_study(plan, None)
    assert "severe" in text
    shell = duckdb.connect()
    shell.execute(text)
    assert shell.execute("SELECT count(*) FROM candidate").fetchall() == [(0,)]


def test_one_hospital_blocked_the_study_goes_on(
    small: Path, plan: study.Study, tmp_path: Path
) -> None:
    copy = tmp_path / "extract"
    shutil.copytree(small, copy)
    path = next((copy / "medication" / "hospital_id=C").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-100])
    dropping = plan_with(plan, quality={"block": "drop_hospital"}, analysis={"sensitivity": ()})
    with quick_pages():
        summary = pipeline.run(dropping, copy, tmp_path / "out")
    assert (summary.exit_code, summary.dropped_hospitals) == (0, ["C"])
    flow = pl.read_csv(tmp_path / "out" / "attrition.csv")
    assert "C" not in flow["hospital_id"].to_list()
    assert "left out by the data gate" in (tmp_path / "out" / "report.html").read_text()


def test_a_hospital_that_fails_beside_the_others_leaves_the_cohort_too(
    small: Path, plan: study.Study, tmp_path: Path
) -> None:
    """Doses six times those of the other hospitals show once there is a cohort: made anew."""
    copy = tmp_path / "extract"
    shutil.copytree(small, copy)
    for path in (copy / "medication" / "hospital_id=C").glob("*.parquet"):
        rows = pl.read_parquet(path)
        given = pl.col("drug_code") == "J06BA02"
        more = pl.when(given).then(pl.col("dose") * 6).otherwise("dose").alias("dose")
        rows.with_columns(more).write_parquet(path)
    dropping = plan_with(plan, quality={"block": "drop_hospital"}, analysis={"sensitivity": ()})
    with quick_pages():
        summary = pipeline.run(dropping, copy, tmp_path / "out")
    assert (summary.exit_code, summary.dropped_hospitals) == (0, ["C"])
    flow = pl.read_csv(tmp_path / "out" / "attrition.csv")
    assert set(flow["hospital_id"]) == {"A", "B", "all"}
    checks = pl.read_csv(tmp_path / "out" / "quality" / "checks.csv")
    against = checks.filter(check="study.dose_against_hospitals").sort("hospital_id")
    assert against.select("hospital_id", "verdict").rows() == [
        ("A", "pass"),
        ("B", "pass"),
        ("C", "fail"),
    ]


def test_truncated_file_is_named_and_leaves_the_earlier_run(
    extract: Path, plan: study.Study, finished: tuple[Path, pipeline.RunSummary], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished[0], out)
    small = tmp_path / "extract"
    shutil.copytree(extract, small)
    path = next((small / "lab" / "hospital_id=B").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ExtractError, match=path.name) as error:
        pipeline.run(plan, small, out)
    assert error.value.exit_code == 4
    assert (out / "effects.csv").read_bytes() == (finished[0] / "effects.csv").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["extract", "out", "out.attempts"]


@pytest.mark.parametrize(
    ("sections", "word"),
    [
        ({"extract": {"period": (pl.date(1990, 1, 1), None)}}, "cohort"),
        ({"exposure": {"routes": ("sc",)}}, "nobody of the cohort was given IVIG by sc"),
    ],
    ids=["empty cohort", "zero exposed"],
)
def test_nothing_to_compare_is_exit_5(
    small: Path, plan: study.Study, tmp_path: Path, sections: dict[str, Any], word: str
) -> None:
    from datetime import date

    if "extract" in sections:
        sections = {"extract": {"period": (date(1990, 1, 1), date(1990, 2, 1))}}
    with quick_pages():
        summary = pipeline.run(plan_with(plan, **sections), small, tmp_path / "out")
    assert summary.exit_code == 5
    assert word in summary.message
    assert (tmp_path / "out" / "attrition.csv").is_file()
    assert "No answer: nobody to compare." in (tmp_path / "out" / "report.html").read_text()
    if "exposure" in sections:  # what was counted before it ended is told all the same
        assert (summary.exposed, summary.pairs) == (0, 0)
        assert summary.cohort


def test_command_line_exit_codes(extract: Path, tmp_path: Path) -> None:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ehrivig.cli", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    bad = tmp_path / "bad.toml"
    bad.write_text("[study]\ntitel = 1\n")
    cases = {
        ("run", "none", "--extract", str(extract), "--out", "o"): 2,
        ("run", str(bad), "--extract", str(extract), "--out", "o"): 2,
        ("run", "ivig_covid19", "--extract", "nowhere", "--out", "o"): 4,
        ("run", "ivig_covid19", "--nonsense"): 2,
        ("schema",): 0,
        ("--help",): 0,
    }
    for words, code in cases.items():
        done = call(*words)
        assert done.returncode == code, (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "o").exists()


def test_errors_share_one_base() -> None:
    from ehrivig import errors

    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)]
    assert all(issubclass(k, EhrivigError | Warning) for k in kinds)
