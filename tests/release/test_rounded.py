"""Released counts rounded to 5: what follows from them follows, and the attack knows of it."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study
from fuzz.quick_pages import quick_pages
from test_door import truth
from typer.testing import CliRunner

from ehrivig import cli, study
from ehrivig.demo import write_demo
from ehrivig.disclosure import nearest
from ehrivig.errors import StudyError, UsageError
from ehrivig.release import verify
from ehrivig.release.attack.attack import Cell, collected, is_count, of_tables, read
from ehrivig.release.attack.multiples import TABLE, limits
from ehrivig.release.rounded import of_words, rounded
from ehrivig.release.rounded.digits import of_people

TO, SMALLEST = 5, 5
SIGNED = {"small_cells_signed_by": "A. Steward", "small_cells_reason": "synthetic data"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("rounded")
    write_demo(place / "extract", patients=900, hospitals=2)
    plan = short_study(place / "study.toml", report={"counts_rounded_to": TO})
    words = ["run", str(plan), "--extract", str(place / "extract"), "--out", str(place / "out")]
    with quick_pages():
        done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    return place / "out"


@pytest.fixture(scope="module")
def tables(run: Path) -> dict[str, pl.DataFrame]:
    return read(run / "release")


def test_every_released_count_is_a_multiple(tables: dict[str, pl.DataFrame]) -> None:
    counted = 0
    for file, frame in tables.items():
        if file == TABLE:
            continue
        for name in (n for n, kind in frame.schema.items() if kind.is_numeric() and is_count(n)):
            here = frame.filter(pl.col("table") != "hospital") if file == "ledger.csv" else frame
            told = here[name].drop_nulls().to_list()
            assert [n for n in told if n % TO] == [], (file, name)
            counted += len(told)
    assert counted > 500


def test_each_is_the_nearest_of_the_exact_one(run: Path, tables: dict[str, pl.DataFrame]) -> None:
    exact = read(run)
    for file in ("table1.csv", "table2.csv", "attrition.csv", "overlap.csv", "effects.csv"):
        compared = 0
        for name in (n for n in tables[file].columns if is_count(n)):
            both = zip(exact[file][name].to_list(), tables[file][name].to_list(), strict=True)
            pairs = [(n, told) for n, told in both if n is not None and told is not None]
            assert all(nearest(n, TO) == told for n, told in pairs), (file, name)
            compared += sum(n != told for n, told in pairs)
        assert compared > 5, file


def test_percentages_and_crude_ratios_are_those_of_the_rounded_counts(
    tables: dict[str, pl.DataFrame],
) -> None:
    for row in tables["table1.csv"].filter(kind="binary").iter_rows(named=True):
        for arm in ("all", "exposed", "control"):
            if row[f"events_{arm}"] is not None and row[f"n_{arm}"]:
                share = row[f"events_{arm}"] / row[f"n_{arm}"]
                assert row[f"percent_{arm}"] == pytest.approx(100 * share)
                assert row[f"text_{arm}"].endswith(f"({share:.1%})")
    found = 0
    for row in tables["effects.csv"].filter(measure="RR", adjusted=False).iter_rows(named=True):
        if None not in (row["estimate"], row["events_exposed"], row["events_control"]):
            risks = [row[f"events_{arm}"] / row[f"n_{arm}"] for arm in ("exposed", "control")]
            if row["model"].startswith("2x2"):
                assert row["estimate"] == pytest.approx(risks[0] / risks[1], rel=0.005)
                assert row["risk_exposed"] == pytest.approx(risks[0])
                found += 1
    assert found


def test_estimates_and_means_have_few_digits(tables: dict[str, pl.DataFrame]) -> None:
    def digits(value: float) -> int:
        return len(f"{abs(value):.12e}".partition("e")[0].replace(".", "").rstrip("0"))

    for name, most in (("estimate", 3), ("lo", 3), ("hi", 3), ("p", 2), ("se", 2)):
        told = tables["effects.csv"][name].drop_nulls().to_list()
        assert 1 <= max(map(digits, told)) <= most, name
    means = tables["table1.csv"]["mean_exposed"].drop_nulls().to_list()
    assert 2 <= max(map(digits, means)) <= 3


@pytest.mark.parametrize("n", [10, 11, 37, 99, 104, 218, 1_503])
@pytest.mark.parametrize("mean", [0.137, 3.4567, 12.345, 63.4285714])
def test_a_mean_of_whole_numbers_tells_of_no_number_of_people(mean: float, n: int) -> None:
    """Every n that rounds to the same has a sum of whole numbers whose mean is told alike."""
    told = of_people(mean, n)
    decimals = len(repr(told).partition(".")[2])
    for other in range(*(end + i for i, end in enumerate(limits(nearest(n, TO), TO, 10)))):
        sums = (math.floor(told * other), math.ceil(told * other))
        assert any(abs(s / other - told) <= 0.5 * 10.0**-decimals + 1e-12 for s in sums), other


def test_the_release_is_safe_and_every_true_count_fits_it(run: Path) -> None:
    assert verify(run).disclosed == ()
    known = collected(read(run / "release"))
    assert (known.rounded_to, known.smallest) == (TO, SMALLEST)
    counts = truth(run)
    mine = [cell for cell in known.where if cell in counts]
    assert len(mine) > 100
    for cell in mine:
        assert known.puzzle.lo[cell] <= counts[cell] <= known.puzzle.hi[cell], cell
    told = {known.puzzle.hi[c] - known.puzzle.lo[c] for c in mine if known.shown.get(c, 0) > TO}
    assert told == {TO - 1}


def test_pages_and_manifest_tell_no_exact_count(run: Path) -> None:
    cohort = pl.read_parquet(run / "cohort.parquet")["exposed"]
    exact = {"admissions in the cohort": cohort.len(), "given IVIG": int(cohort.sum())}
    text = re.sub(r"<[^>]+>", " ", (run / "release" / "report.html").read_text(encoding="utf-8"))
    for words, n in exact.items():
        said = re.findall(rf"(\d[\d,]*)\s+{words}", text)
        assert said, words
        assert {int(one.replace(",", "")) for one in said} == {nearest(n, TO)}
    numbers = json.loads((run / "release" / "manifest.json").read_text())["numbers"]
    assert all(numbers[name] % TO == 0 for name in ("admissions", "cohort", "exposed", "pairs"))
    assert "rounded to the nearest 5" in (run / "release" / "README.txt").read_text()
    assert "rounded to the nearest multiple of 5" in text


def test_a_diagnostic_tells_of_no_number_of_people() -> None:
    """0.194 is 6 of 31, and of no number between 28 and 32 anything else."""
    names = {"diagnostic": ["treated_before_eligible", "overlap"], "verdict": ["fail", "not shown"]}
    frame = pl.DataFrame(names | {"value": [0.194, None]})
    assert rounded({"d.csv": frame}, 5, SMALLEST)["d.csv"]["value"].to_list() == [0.19, None]


def test_without_the_key_nothing_is_rounded() -> None:
    one = {"attrition.csv": pl.DataFrame({"patients": [13]})}
    assert rounded(one, 0, SMALLEST) is one


def _attrition(of_b: int | None) -> dict[str, pl.DataFrame]:
    rows = [("A", 20, 7), ("B", 20, of_b), ("all", 40, 9)]
    frame = pl.DataFrame(
        [
            {
                **{"step": step, "criterion": "c", "label": "c", "hospital_id": hospital},
                **{"patients": n, "admissions": n, "excluded": None if step == 0 else out},
                "excluded_not_measured": 0,
            }
            for hospital, whole, out in rows
            for step, n in ((0, whole), (1, whole - out if out is not None else None))
        ],
        infer_schema_length=None,
    )
    return {"attrition.csv": frame}


def _of_b(tables: dict[str, pl.DataFrame]) -> Cell:
    """Whom hospital B left out at the step."""
    found = of_tables(tables, SMALLEST)
    (cell,) = [c for c in found if (c.place.row, c.place.words) == (3, "c: excluded, B")]
    return cell


def test_the_attack_takes_a_rounded_count_for_the_counts_near_it() -> None:
    """Of 9 and of 7 people 2 are left; of 10 and of 5 (5 to 7) as few as 1 and as many as 7."""
    assert _of_b(_attrition(None)).values == (2,)
    told = rounded(_attrition(None), TO, SMALLEST)
    assert told["attrition.csv"]["excluded"].drop_nulls().to_list() == [5, 10]
    cell = _of_b(told)
    assert set(cell.values) < set(range(1, 8))
    assert (len(cell.values), cell.disclosed) == (SMALLEST, False)


def test_the_attack_finds_what_rounding_leaves_too_narrow() -> None:
    """All are 5 to 7 and one hospital 5 to 7: of the other 0 to 2 are left."""
    tables = _attrition(None)
    few = pl.when(pl.col("hospital_id") == "all").then(6).otherwise("excluded")
    frame = tables["attrition.csv"].with_columns(
        pl.when(pl.col("excluded").is_not_null()).then(few).alias("excluded"),
        pl.lit(None, pl.Int64).alias("patients"),
        pl.lit(None, pl.Int64).alias("admissions"),
    )
    cell = _of_b(rounded({"attrition.csv": frame}, TO, SMALLEST))
    assert (cell.values, cell.disclosed) == ((0, 1, 2), True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("220 of 421 exposed have a match", "220 of 420 exposed have a match"),
        ("147 of 2,651 who left (5.5%) died", "145 of 2,650 who left (5.5%) died"),
        ("few or nearly all of 1,269", "few or nearly all of 1,270"),
        ("143 exactly on the cut; 3 of 4 hospitals", "145 exactly on the cut; 3 of 4 hospitals"),
        ("496 of 500 replicates, p = 0.0322", "496 of 500 replicates, p = 0.0322"),
        ("1,003 people", "1,005 people"),
    ],
)
def test_sentences_are_rounded(text: str, said: str) -> None:
    assert of_words(text, TO) == said


def test_a_wrong_value_is_refused_with_exit_code_2(tmp_path: Path) -> None:
    def ask(**report: int | str) -> str:
        with pytest.raises(StudyError) as refused:
            study.load(short_study(tmp_path / "study.toml", report=report))
        assert refused.value.exit_code == 2
        return str(refused.value)

    for wrong in (7, -5, "5", True, 5.5):
        assert "report.counts_rounded_to" in ask(counts_rounded_to=wrong)
    said = ask(counts_rounded_to=5, smallest_cell=2, **SIGNED)
    assert "counts of 1 to 2 people would be told as 0. Raise smallest_cell to 3" in said


@pytest.mark.parametrize("row", ["five,5", ",", "5,1000", "5.5,5"])
def test_an_edited_table_of_multiples_is_refused(run: Path, tmp_path: Path, row: str) -> None:
    shutil.copyfile(run / "release" / "attrition.csv", tmp_path / "attrition.csv")
    (tmp_path / TABLE).write_text(f"counts_rounded_to,smallest_cell\n{row}\n")
    with pytest.raises(UsageError, match=r"rounding.csv holds no whole numbers"):
        verify(tmp_path)
