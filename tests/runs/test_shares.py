"""A hospital worked on in shares of its patients gives the bytes of the hospital in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from result_files import hashes

from ehrivig import contract, extract, pipeline
from ehrivig.batch import share
from ehrivig.calibrate.replicate import trimmed
from ehrivig.database import Database
from ehrivig.demo import write_demo
from ehrivig.errors import EhrivigError
from ehrivig.runs import batch, join
from ehrivig.runs.batch import BatchResult
from ehrivig.runs.memory import ROWS_AT_ONCE, ROWS_OF_A_CREW, ROWS_PER_MIB, rows_at_once
from ehrivig.study import Study, load
from ehrivig.validate import gate

pytestmark = [
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),
    pytest.mark.usefixtures("more_quickly"),
]
FOLDER = "hospital_id=A"
_NOT_GRAMS = pl.col("dose_unit").ne_missing("g")


@pytest.fixture(scope="module")
def study() -> Study:
    plan = trimmed(load("ivig_covid19"))
    fewer = plan.analysis.model_copy(update={"bootstrap": 5, "imputations": 2})
    return plan.model_copy(update={"analysis": fewer})


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract whose rows also contradict each other across patients."""
    folder = tmp_path_factory.mktemp("shares") / "extract"
    write_demo(folder, patients=400, hospitals=2)
    _change(folder, "medication", _one_id_for_many)
    _change(folder, "lab", _of_nobody)
    _change(folder, "admission", _of_two_patients)
    return folder


def _change(folder: Path, table: str, how) -> None:  # type: ignore[no-untyped-def]
    paths = sorted((folder / table / FOLDER).glob("*.parquet"))
    rows = how(pl.concat([pl.read_parquet(path) for path in paths]))
    for path in paths:
        path.unlink()
    rows.write_parquet(paths[0])


def _one_id_for_many(rows: pl.DataFrame) -> pl.DataFrame:
    """The first and the last doses in grams, by admission, have the same ids."""
    doses, others = (rows.filter(how) for how in (pl.col("dose_unit") == "g", _NOT_GRAMS))
    doses = doses.sort("admission_id", "medication_id")
    last = doses.tail(8).with_columns(medication_id=doses["medication_id"].head(8))
    return pl.concat([others, doses.head(-8), last])


def _of_nobody(rows: pl.DataFrame) -> pl.DataFrame:
    """Results of admissions that do not exist, and results without an admission."""
    unknown = rows.head(30).with_columns(admission_id=-pl.col("admission_id"))
    none = rows.head(7).with_columns(admission_id=pl.lit(None, pl.Int64))
    return pl.concat([rows, unknown, none])


def _of_two_patients(rows: pl.DataFrame) -> pl.DataFrame:
    """Some admissions are there twice, of another patient."""
    others = rows.tail(5)["patient_id"]
    return pl.concat([rows, rows.head(5).with_columns(patient_id=others)])


def test_a_hospital_in_shares_has_the_content_of_one_in_one_piece(
    study: Study, messy: Path, tmp_path: Path
) -> None:
    source = extract.inspect(messy, study)
    whole = batch.process(source, ["A"], study, tmp_path / "whole")
    joined = _in_shares(source, "A", study, tmp_path, 3)
    _assert_same_content(whole.folder, joined.folder)
    _assert_same_steps(whole, joined)
    assert pl.read_parquet(joined.folder / "candidate.parquet").height > 20
    text = (joined.folder / "statements.sql").read_text()
    assert text.count("-- share ") == 3
    repeated = {m.check: m.violated for m in joined.measurements()}["medication.key_unique"]
    assert repeated == 16  # each id once in the first share and once in the last


def test_a_table_with_rows_in_one_share_alone_is_absent_in_none(
    study: Study, tmp_path: Path
) -> None:
    """Who has no procedure at a hospital that sends some has none; elsewhere it is not measured."""
    folder = tmp_path / "extract"
    write_demo(folder, patients=200, hospitals=1)
    for table in ("procedure", "respiratory_support"):
        _change(folder, table, lambda rows: rows.sort("admission_id").tail(3))
    source = extract.inspect(folder, study)
    whole = batch.process(source, ["A"], study, tmp_path / "whole")
    joined = _in_shares(source, "A", study, tmp_path, 2)
    _assert_same_content(whole.folder, joined.folder)
    outcomes = pl.read_parquet(joined.folder / "outcomes.parquet")
    assert outcomes["invasive_ventilation"].null_count() == 0
    assert not join.needs_one_piece([whole])


@pytest.mark.slow
def test_a_table_without_a_row_that_stays_is_judged_in_one_piece(
    study: Study, tmp_path: Path
) -> None:
    folder = tmp_path / "extract"
    write_demo(folder, patients=600, hospitals=1)
    later = pl.col("started_at").dt.offset_by("90y")
    _change(folder, "procedure", lambda rows: rows.tail(4).with_columns(started_at=later))
    outs = []
    for rows in (None, 20_000):
        options = pipeline.Options(share_rows=rows)
        done = pipeline.run(study, folder, tmp_path / str(rows), options=options)
        assert done.exit_code == 0, done.message
        outs.append(hashes(tmp_path / str(rows)))
    assert outs[0] == outs[1]
    assert "-- share" not in (tmp_path / "20000/hospitals/statements.sql").read_text()


def _in_shares(
    source: extract.Source, name: str, study: Study, folder: Path, of: int
) -> BatchResult:
    """The result of a hospital that was worked on in shares."""
    parts = []
    for number in range(1, of + 1):
        place, one = folder / f"{name}-{number}", share.Share(number, of)
        parts.append(batch.process(source, [name], study, place, share=one))
    return join.join(parts, study, folder / f"{name}-joined")


def _assert_same_steps(whole: BatchResult, shares: BatchResult) -> None:
    """Steps have the same rows in and out."""
    left, right = ({s.step: (s.rows_in, s.rows_out) for s in one.steps} for one in (whole, shares))
    assert left == right


def test_checked_in_shares_every_file_has_the_bytes_of_a_check_in_one_piece(
    study: Study, messy: Path, tmp_path: Path
) -> None:
    """By two processes: `test_batches`, and `make slow`."""
    files = _assert_same_run(pipeline.check, study, messy, tmp_path, ("whole", "shares"))
    counts = {f"hospitals/quality/{name}.parquet" for name in ("month", "covered")}
    assert counts <= files


@pytest.mark.slow
def test_run_in_shares_every_file_has_the_bytes_of_a_run_in_one_piece(
    study: Study, tmp_path: Path
) -> None:
    write_demo(tmp_path / "extract", patients=1_500, hospitals=2)
    ways = ("whole", "shares", "crew")
    files = _assert_same_run(pipeline.run, study, tmp_path / "extract", tmp_path, ways)
    assert {"effects.csv", "report.html", "matched.parquet", "courses.parquet"} <= files


def _assert_same_run(
    how: Any, study: Study, folder: Path, tmp_path: Path, ways: tuple[str, ...]
) -> set[str]:
    """What a run in one piece, in shares, or in shares by two processes leaves: the same files."""
    rows = extract.rows(extract.inspect(folder, study), "A") // 3 + 1
    settings = {"whole": (1, None), "shares": (1, rows), "crew": (2, rows)}
    found = {}
    for name in ways:
        workers, share_rows = settings[name]
        options = pipeline.Options(workers=workers, share_rows=share_rows)
        done = how(study, folder, tmp_path / name, options=options)
        assert done.exit_code == 0, done.message
        assert not (tmp_path / name / "shares").exists()
        found[name] = hashes(tmp_path / name)
    assert all(files == found["whole"] for files in found.values())
    return set(found["whole"])


def _assert_same_content(whole: Path, shares: Path) -> None:
    """Every table of a hospital's workshop has the same rows, and the account is the same."""
    names = sorted(path.relative_to(whole).as_posix() for path in whole.rglob("*.parquet"))
    profiles = {"quality/lab_profile.parquet", "quality/vital_profile.parquet"}
    assert names == sorted(
        path.relative_to(shares).as_posix() for path in shares.rglob("*.parquet")
    )
    assert not profiles & set(names)
    for name in names:
        left, right = (pl.read_parquet(folder / name) for folder in (whole, shares))
        assert left.schema == right.schema, name
        assert left.sort(pl.all()).equals(right.sort(pl.all())), name
    one, many = BatchResult.read(whole), BatchResult.read(shares)
    assert many.measurements() == one.measurements()
    assert many.rows().equals(one.rows())


@pytest.mark.parametrize(
    "kind", [pytest.param("unit_mixup", marks=pytest.mark.slow), "eight_hour_shift"]
)
def test_a_blocked_hospital_is_blocked_in_shares_and_leaves_no_features(
    study: Study, tmp_path: Path, kind: str
) -> None:
    """What no share can see alone (units of a whole hospital, shifted clocks) still blocks."""
    folder = tmp_path / "extract"
    write_demo(folder, patients=400, hospitals=2, defects=kind)
    source, found = extract.inspect(folder, study), []
    for name in source.hospitals:
        whole = batch.process(source, [name], study, tmp_path / "whole" / name)
        joined = _in_shares(source, name, study, tmp_path, 2)
        _assert_same_content(whole.folder, joined.folder)
        blocked = name in gate.blocked(whole.measurements(), study)
        assert blocked == (not (joined.folder / "screened.parquet").exists())
        found += [name] if blocked else []
    assert len(found) == 1


def test_every_row_is_in_exactly_one_share(study: Study, messy: Path) -> None:
    source = extract.inspect(messy, study)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, ["A"], study)
        whole = {t.name: _marks(db, t.name) for t in contract.EVENT_TABLES}
    parts: dict[str, list[int]] = {name: [] for name in whole}
    for number in range(1, 5):
        with Database(within=source.within) as db:
            extract.open_hospitals(db, source, ["A"], study)
            rows = share.restrict(db, share.Share(number, 4))
            assert (rows == {name: len(marks) for name, marks in whole.items()}) == (number == 1)
            admissions = db.rows(
                "SELECT max(admission_id), min(admission_id), count(*) FROM share.own"
            )
            assert admissions[0][2] > 0
            for name in parts:
                parts[name] += _marks(db, name)
    assert {name: sorted(marks) for name, marks in parts.items()} == whole


@pytest.mark.parametrize("ordered", [True, False])
def test_the_log_names_no_admission_and_has_the_same_rows(
    study: Study, tmp_path: Path, ordered: bool
) -> None:
    """Ranges of ids where admissions are numbered by patient, joins elsewhere: the same rows."""
    folder = tmp_path / "extract"
    write_demo(folder, patients=200, hospitals=1)
    if not ordered:
        _change(folder, "admission", lambda rows: rows.with_columns(_swapped(rows["patient_id"])))
    with Database(within=[folder]) as db:
        extract.open_hospitals(db, extract.inspect(folder, study), ["A"], study)
        share.restrict(db, share.Share(2, 3))
        taken = _marks(db, "lab")
        view = db.rows("SELECT sql FROM duckdb_views() WHERE sql LIKE '%mapped.lab %'")[0][0]
        assert ("WHERE" in view) == ordered
        logged = [text for text in db.log if "VIEW mapped.lab AS" in text][-1]
        assert "SEMI JOIN share.own" in logged
        db.execute(logged)
        assert _marks(db, "lab") == taken
    assert taken


def _swapped(patients: pl.Series) -> pl.Series:
    """The first patient's number on the last row, and the reverse."""
    last = pl.Series("patient_id", [patients[-1]])
    return last.append(patients[1:-1]).append(patients[:1])


def _marks(db: Database, table: str) -> list[int]:
    return sorted(row[0] for row in db.rows(f"SELECT hash(t) FROM mapped.{table} AS t"))


def test_all_admissions_of_a_patient_are_in_one_share(study: Study, messy: Path) -> None:
    with Database(within=[messy]) as db:
        extract.open_hospitals(db, extract.inspect(messy, study), ["A"], study)
        share.restrict(db, share.Share(1, 7))
        shares = db.rows(
            "SELECT a.patient_id, count(DISTINCT s.share_number), min(s.share_number) "
            "FROM (SELECT admission_id, min(patient_id) AS patient_id FROM mapped.admission "
            "GROUP BY admission_id) AS a INNER JOIN share.admission AS s "
            "ON a.admission_id = s.admission_id GROUP BY ALL ORDER BY a.patient_id"
        )
    assert {row[1] for row in shares} == {1}
    numbers = [row[2] for row in shares]
    assert numbers == sorted(numbers)  # contiguous ranges
    assert set(numbers) == set(range(1, 8))


def test_a_lost_row_is_noticed(study: Study, messy: Path, tmp_path: Path) -> None:
    source = extract.inspect(messy, study)
    done = [
        batch.process(
            source, ["A"], study, tmp_path / str(n), gate_only=True, share=share.Share(n, 2)
        )
        for n in (1, 2)
    ]
    one_less = pl.col("rows_read") - (pl.col("table") == "lab").cast(pl.Int64)
    done[1].rows().with_columns(one_less).write_parquet(done[1].folder / batch.ROWS)
    with pytest.raises(EhrivigError, match="ledger: lab: hospital A has"):
        join.join(done, study, tmp_path / "A")


def test_more_shares_than_patients(study: Study, tmp_path: Path) -> None:
    """Some shares are then empty."""
    write_demo(tmp_path / "extract", patients=50, hospitals=1)
    source = extract.inspect(tmp_path / "extract", study)
    sizes = []
    for number in (2, 199, 200):
        place = tmp_path / str(number)
        one = batch.process(source, ["A"], study, place, share=share.Share(number, 200))
        sizes.append(pl.read_parquet(place / "screened.parquet").height)
        lab = one.rows().row(by_predicate=pl.col("table") == "lab", named=True)
        assert sizes[-1] == 0 or lab["rows_read"] > 0
    assert min(sizes) == 0


def test_shares_are_smaller_with_less_memory_and_with_more_workers() -> None:
    assert rows_at_once(None, alone=True) == ROWS_AT_ONCE == rows_at_once("1136MiB", alone=True)
    assert rows_at_once("200MiB", alone=True) == 200 * ROWS_PER_MIB < ROWS_AT_ONCE
    assert rows_at_once("2GiB", alone=False) == ROWS_OF_A_CREW
