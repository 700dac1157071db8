"""The workbook of a chart review: blinded, the same each time, and refused with its cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.cli import main
from ehrivig.errors import UsageError
from ehrivig.results.review import reviewed, write
from ehrivig.results.review.sample import draw
from ehrivig.results.review.sheet import COLUMNS
from ehrivig.results.run import Run

openpyxl = pytest.importorskip("openpyxl")

AT = datetime(2020, 3, 1)
STUDY: dict[str, Any] = {
    "study": {"seed": 11, "estimand": {"population": "=adults 重症"}},
    "cohort": {
        "time_zero": "admission",
        "criteria": [
            {"name": "index", "label": "First", "rule": "index_admission"},
            {"name": "severe", "label": "Severe", "rule": "severity"},
        ],
    },
    "exposure": {"label": "IVIG", "routes": ["iv"], "start_hours": 0},
    "outcomes": {
        "primary": "dead",
        "variables": [{"name": "dead", "label": "Death", "within_days": 28}],
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """200 severe (half exposed, a third dead, some unknown), 100 not severe, ten second stays."""
    folder = tmp_path / "out"
    (folder / "hospitals").mkdir(parents=True)
    manifest = {"study": "s", "message": "done", "fingerprint": "f1", "study_file": STUDY}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    ids = range(1, 311)
    stays = [
        {
            **{"hospital_id": "A'中", "admission_id": f"=1+{n}", "patient_id": n % 300},
            **{"person_id": f"p{n % 300}", "admitted_at": AT if n <= 300 else datetime(2020, 4, 1)},
            **{"discharged_at": None, "age_years": 50.0, "male": n % 2 == 0 if n % 5 else None},
        }
        for n in ids
    ]
    screened = pl.DataFrame(stays)
    key = ["hospital_id", "admission_id"]
    screened.write_parquet(folder / "hospitals/screened.parquet")
    met = screened.select(key).with_columns(
        met=pl.Series([n <= 200 for n in ids]), name=pl.lit("severe")
    )
    met.write_parquet(folder / "hospitals/criterion.parquet")
    dead = [None if n % 50 == 0 else n % 3 == 0 for n in range(1, 201)]
    cohort = screened.head(200).select(key)
    cohort = cohort.with_columns(
        exposed=pl.Series([n % 2 == 0 for n in range(1, 201)]), dead=pl.Series(dead)
    )
    cohort.write_parquet(folder / "analysis.parquet")
    return folder


def book_of(run: Path, size: int = 60) -> Path:
    path = run.parent / f"book-{size}.xlsx"
    write(run, size, path)
    return path


def cohort(run: Path) -> dict[str, dict[str, Any]]:
    rows = pl.read_parquet(run / "analysis.parquet").to_dicts()
    return {row["admission_id"]: row for row in rows}


def fill(run: Path, path: Path, change: Callable[[Any], None] = lambda book: None) -> Path:
    """The workbook filled in as the run has it, then changed."""
    book = openpyxl.load_workbook(path)
    sheet = book["review"]
    places = {cell.value: cell.column for cell in sheet[1]}
    known = cohort(run)
    for row in range(2, sheet.max_row + 1):
        own = known.get(sheet.cell(row, places["admission_id"]).value)
        said = {"cohort": own is not None, "exposed": own and own["exposed"]}
        for name, value in {**said, "outcome": own and own["dead"]}.items():
            sheet.cell(row, places[name]).value = "Yes " if value else "no"
    change(book)
    filled = path.with_name("filled.xlsx")
    book.save(filled)
    return filled


def test_nothing_in_the_workbook_tells_the_arm(run: Path) -> None:
    book = openpyxl.load_workbook(book_of(run))
    head, *rows = book["review"].iter_rows(values_only=True)
    found = ("chart", "hospital_id", "admission_id", "patient_id", "admitted_at", "discharged_at")
    assert head == (*found, "age_years", "male", *COLUMNS)
    assert len(rows) == 60
    assert {row[-len(COLUMNS) :] for row in rows} == {(None,) * len(COLUMNS)}
    order = [cohort(run).get(str(row[2]), {}).get("exposed") for row in rows]
    assert 10 < sum(one != other for one, other in pairwise(order)) < 50  # well mixed
    assert book_of(run, 61).stat().st_mode & 0o777 == 0o600
    text = [cell.data_type for sheet in book for row in sheet for cell in row]
    assert "f" not in text
    assert {row[7] for row in rows} <= {"male", "not male", None}


def test_the_sample_is_the_same_each_time_and_of_every_kind(run: Path) -> None:
    one, again = draw(Run(run, local=True), 60), draw(Run(run, local=True), 60)
    assert one == again
    assert one.charts != draw(Run(run, local=True), 60, seed=12).charts
    sizes = {stratum.name: (stratum.size, len(stratum.chosen)) for stratum in one.strata}
    assert sizes["outside"] == (100, 12)  # the second stays are not asked: they are not the first
    assert sizes["exposed, outcome unknown"] == (4, 4)
    assert sum(n for _, n in sizes.values()) == 60
    assert len({n for name, (_, n) in sizes.items() if "unknown" not in name and "o" in name}) <= 3
    everybody = draw(Run(run, local=True), 10_000)
    assert len(everybody.charts) == 300


def test_charts_that_say_what_the_run_says(run: Path) -> None:
    found = reviewed(run, fill(run, book_of(run))).to_frame()
    number = {(r["of"], r["what"].partition(":")[0]): r for r in found.to_dicts()}
    for of in ("cohort", "exposed", "outcome"):
        assert number[of, "PPV"]["estimate"] == 1
        assert number[of, "sensitivity"]["estimate"] == 1
        assert 0 < number[of, "sensitivity"]["lo"] < 1
    agreed = number["exposed", "Cohen's kappa, run against charts"]
    assert (agreed["estimate"], agreed["lo"], agreed["hi"]) == (1, None, None)
    assert agreed["note"].startswith("they agree on every chart: no interval")
    all_errors = "crude effect of the cohort, corrected for its errors in population, exposure and"
    (ratio,) = (r for r in found.to_dicts() if r["of"].startswith(all_errors) and r["what"] == "RR")
    people = pl.read_parquet(run / "analysis.parquet").drop_nulls("dead")
    risks = dict(people.group_by("exposed").agg(pl.col("dead").mean()).iter_rows())
    assert ratio["estimate"] == pytest.approx(risks[True] / risks[False])
    assert "two readers" not in found["of"]


def test_an_outcome_that_nobody_has_is_told(run: Path) -> None:
    people = pl.read_parquet(run / "analysis.parquet")
    people.with_columns(dead=False).write_parquet(run / "analysis.parquet")
    found = reviewed(run, fill(run, book_of(run))).to_frame().to_dicts()
    said = {(r["of"], r["what"].partition(":")[0]): r for r in found}
    assert said["outcome", "PPV"]["note"] == "nobody is so in the run"
    assert said["outcome", "Cohen's kappa, run against charts"]["estimate"] is None
    assert said["outcome", "sensitivity"]["note"].startswith("nobody truly has it")
    corrections = [r for r in found if r["what"] == "not corrected"]
    assert len(corrections) == 4
    assert all(r["note"] for r in corrections)


def test_wrong_charts_are_counted(run: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["review"]
        places = {cell.value: cell.column for cell in sheet[1]}
        for row in range(2, sheet.max_row + 1):
            for name in ("cohort", "exposed", "outcome"):
                second = sheet.cell(row, places[f"{name}_2"])
                second.value = sheet.cell(row, places[name]).value if row % 4 else "unclear"
        sheet.cell(2, places["cohort"]).value = "unclear"
        sheet.cell(3, places["exposed"]).value = None

    said = "\n".join(reviewed(run, fill(run, book_of(run), change)).lines())
    assert "of 60 in the sample; 1 unclear" in said
    assert "answered: exposed" in said
    assert "of 59 charts" in said
    assert "Cohen's kappa, outcome" in said


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("I3", "maybe", r"cell review!I3: 'maybe' is no answer. Write yes, no, unclear"),
        ("J4", "=1+1", r"cell review!J4: a formula is no answer"),
        ("K5", 2, r"cell review!K5: '2' is no answer"),
        ("C2", "nobody", r"cell review!C2: this admission is not of the sample"),
        ("I1", "other", r"row 1: no column 'cohort'"),
        ("M1", "exposed by the second", r"row 1: no column 'exposed_2'\. Put it back"),
        ("P1", "outcome", r"cell review!P1: a second column 'outcome'\. Give it another name"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_cell(
    run: Path, cell: str, value: Any, said: str
) -> None:
    def change(book: Any) -> None:
        book["review"][cell].value = value

    with pytest.raises(UsageError, match=said):
        reviewed(run, fill(run, book_of(run), change))


def test_another_run_another_sample_and_no_workbook_are_refused(run: Path) -> None:
    def twice(book: Any) -> None:
        book["review"]["C3"].value = book["review"]["C2"].value

    def fewer(book: Any) -> None:
        book["review"].delete_rows(5)

    def other_seed(book: Any) -> None:
        next(row[1] for row in book["about"].iter_rows() if row[0].value == "seed").value = "5"

    def no_seed(book: Any) -> None:
        next(row[1] for row in book["about"].iter_rows() if row[0].value == "seed").value = "x"

    def endless_seed(book: Any) -> None:
        next(row[1] for row in book["about"].iter_rows() if row[0].value == "seed").value = (
            "9" * 5000
        )

    def no_sheet(book: Any) -> None:
        del book["about"]

    for change, said in (
        (twice, "C3: this admission stands in two rows"),
        (fewer, "1 of 60 charts have no row"),
        (other_seed, r"cell about!B6: sample and seed are not those of these charts"),
        (no_seed, "cell about!B5: 'x' is no number"),
        (endless_seed, "cell about!B5: '9{300}' is no number"),
        (no_sheet, "has no sheet 'about'"),
    ):
        with pytest.raises(UsageError, match=said):
            reviewed(run, fill(run, book_of(run, 60), change))
        (run.parent / "book-60.xlsx").unlink()
    empty = book_of(run)
    with pytest.raises(UsageError, match="nothing is filled in"):
        reviewed(run, empty)
    (run.parent / "text.xlsx").write_text("no workbook")
    with pytest.raises(UsageError, match=r"text.xlsx is no workbook"):
        reviewed(run, run.parent / "text.xlsx")
    filled = fill(run, empty)
    manifest = json.loads((run / "manifest.json").read_text()) | {"fingerprint": "f2"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"about!B3: it was made of another run"):
        reviewed(run, filled)


def test_a_run_without_people_has_no_charts(run: Path) -> None:
    empty = pl.read_parquet(run / "analysis.parquet").head(0)
    empty.write_parquet(run / "analysis.parquet")
    with pytest.raises(UsageError, match="nobody is in the cohort"):
        write(run, 9, run.parent / "a.xlsx")
    (run / "analysis.parquet").unlink()
    with pytest.raises(UsageError, match="keeps no people"):
        write(run, 9, run.parent / "a.xlsx")
    assert not (run.parent / "a.xlsx").exists()


def test_the_command(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ehrivig", "review", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    monkeypatch.chdir(run.parent)
    code, out, told = asked("out", "--sample", "20")
    assert (code, out) == (0, "out-review.xlsx\n")
    assert told.startswith("20 charts, 16 of the cohort, seed 11")
    fill(run, run.parent / "out-review.xlsx")
    code, out, _ = asked("out", "--filled", "filled.xlsx")
    assert (code, out.splitlines()[0]) == (0, "charts")
    assert asked("out", "--filled", "filled.xlsx", "--seed", "3")[0] == 2
    assert asked("out")[0] == 2  # the workbook is there already
