"""Tables of batches become one dataset of all hospitals; its bytes do not depend on batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from ehrivig.runs import datasets
from ehrivig.runs.datasets import Part

GROUP = 2**17


def rows(hospital: str, number: int, **columns: Any) -> pl.DataFrame:
    """So many rows of a hospital in an order of their own."""
    made = pl.DataFrame({"hospital_id": [hospital] * number}, {"hospital_id": pl.String})
    ids = pl.int_range(number, 0, -1, dtype=pl.Int64)
    return made.with_columns(admission_id=ids, **{n: pl.lit(v) for n, v in columns.items()})


def batch(folder: Path, *frames: pl.DataFrame, name: str = "screened") -> Part:
    """What a batch of hospitals leaves; its folder."""
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = pl.concat(frames)
    whole.write_parquet(path, row_group_size=1_000)
    return Part(folder, frozenset(whole["hospital_id"]))


def written(run: Path, *parts: Part, name: str = "screened") -> Path:
    datasets.write(run, parts)
    return run / "hospitals" / f"{name}.parquet"


def test_hospitals_come_in_their_order_each_with_its_rows_in_theirs(tmp_path: Path) -> None:
    frames = {name: rows(name, 5, x=name) for name in ("A", "B", "C", "D", "Z")}
    path = written(
        tmp_path / "run",
        batch(tmp_path / "1", frames["B"], frames["Z"]),
        batch(tmp_path / "2", frames["A"], frames["D"]),
        batch(tmp_path / "3", frames["C"]),
    )
    assert pl.read_parquet(path).equals(pl.concat(frames.values()))


def test_the_bytes_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    frames = {name: rows(name, n, x=name) for name, n in (("A", 3), ("B", 4_000), ("C", 700))}
    one = batch(tmp_path / "together", *frames.values())
    apart = [batch(tmp_path / name, frame) for name, frame in frames.items()]
    here = written(tmp_path / "one", one).read_bytes()
    assert written(tmp_path / "apart", *apart).read_bytes() == here
    assert written(tmp_path / "mixed", *reversed(apart)).read_bytes() == here
    # and when some are taken over from a run before, beside others that went
    before = tmp_path / "before"
    written(before, batch(tmp_path / "old", *frames.values(), rows("D", 5, x="D")))
    kept = Part(before, frozenset({"A", "C"}), of_run=True)
    assert written(tmp_path / "again", apart[1], kept).read_bytes() == here


@pytest.mark.parametrize("number", [1, GROUP - 1, GROUP, GROUP + 1, 2 * GROUP + 5])
def test_row_groups_are_whole_wherever_hospitals_begin(number: int, tmp_path: Path) -> None:
    frames = [rows("A", number // 3, x=1.0), rows("B", number - number // 3, x=2.0)]
    parts = [batch(tmp_path / str(place), frame) for place, frame in enumerate(frames)]
    path = written(tmp_path / "run", *parts)
    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    whole, rest = divmod(number, GROUP)
    assert sizes == [GROUP] * whole + [rest] * bool(rest)
    assert pl.read_parquet(path).equals(pl.concat(frames))


def test_a_table_without_a_row_has_its_columns(tmp_path: Path) -> None:
    part = batch(tmp_path / "1", rows("A", 3, x=1.0))
    (tmp_path / "1" / "empty.parquet").write_bytes((tmp_path / "1/screened.parquet").read_bytes())
    pl.read_parquet(tmp_path / "1/screened.parquet").head(0).write_parquet(
        tmp_path / "1" / "empty.parquet"
    )
    path = written(tmp_path / "run", part, name="empty")
    assert pl.read_parquet(path).schema == rows("A", 0, x=1.0).schema
    assert pl.read_parquet(path).is_empty()


def test_ids_of_two_types_become_text_in_every_table_of_theirs(tmp_path: Path) -> None:
    numbers, text = rows("A", 3), rows("B", 2).with_columns(pl.col("admission_id").cast(pl.String))
    parts = [batch(tmp_path / "1", numbers), batch(tmp_path / "2", text)]
    assert datasets.write(tmp_path / "run", parts)
    found = pl.read_parquet(tmp_path / "run" / "hospitals" / "screened.parquet")
    assert found.rows() == [("A", "3"), ("A", "2"), ("A", "1"), ("B", "2"), ("B", "1")]
    assert not datasets.write(tmp_path / "other", parts[:1])
    assert not datasets.write(tmp_path / "same", [parts[1], parts[1]][:1])


def test_a_column_that_a_hospital_lacks_is_null_there(tmp_path: Path) -> None:
    parts = [batch(tmp_path / "1", rows("A", 2)), batch(tmp_path / "2", rows("B", 1, x=7))]
    assert not datasets.write(tmp_path / "run", parts)
    found = pl.read_parquet(tmp_path / "run" / "hospitals" / "screened.parquet")
    assert found["x"].to_list() == [None, None, 7]


def test_a_table_that_only_some_batches_leave_holds_their_hospitals(tmp_path: Path) -> None:
    """A hospital that the gate blocks leaves no features."""
    blocked = batch(tmp_path / "1", rows("A", 2), name="measurement")
    going = batch(tmp_path / "2", rows("B", 2), name="measurement")
    batch(tmp_path / "2", rows("B", 4))
    datasets.write(tmp_path / "run", [blocked, going])
    home = tmp_path / "run" / "hospitals"
    assert set(pl.read_parquet(home / "measurement.parquet")["hospital_id"]) == {"A", "B"}
    assert set(pl.read_parquet(home / "screened.parquet")["hospital_id"]) == {"B"}


def test_rows_in_quarantine_lie_in_the_run_folder_itself(tmp_path: Path) -> None:
    for name in ("quarantine/lab", "quarantine/values/lab", "quality/behind"):
        batch(tmp_path / "1", rows("A", 2), name=name)
        batch(tmp_path / "2", rows("B", 1), name=name)
    parts = [Part(tmp_path / n, frozenset({h})) for n, h in (("1", "A"), ("2", "B"))]
    run = tmp_path / "run"
    datasets.write(run, parts)
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*.parquet"))
    assert names == [
        "hospitals/quality/behind.parquet",
        "quarantine/lab.parquet",
        "quarantine/values/lab.parquet",
    ]
    # taken over by a later run from where they lie
    later = tmp_path / "later"
    datasets.write(later, [Part(run, frozenset({"B"}), of_run=True)])
    for name in names:
        assert (later / name).is_file()
        assert pl.read_parquet(later / name).equals(rows("B", 1))


def test_scan_gives_the_rows_of_some_hospitals(tmp_path: Path) -> None:
    written(tmp_path / "run", batch(tmp_path / "1", *(rows(name, 2) for name in "ABC")))
    found = datasets.scan(tmp_path / "run", "screened", ["C", "A", "none"]).collect()
    assert found["hospital_id"].to_list() == ["A", "A", "C", "C"]
    assert datasets.scan(tmp_path / "run", "screened", []).collect().is_empty()
    batch(tmp_path / "q", rows("A", 1), name="quarantine/lab")
    datasets.write(tmp_path / "q-run", [Part(tmp_path / "q", frozenset({"A"}))])
    assert datasets.scan(tmp_path / "q-run", "quarantine/lab", ["A"]).collect().height == 1


def test_text_dates_and_flags_are_kept_as_they_are(tmp_path: Path) -> None:
    frame = rows("A", 1).with_columns(
        text=pl.lit("北京"),
        flag=pl.lit(None, pl.Boolean),
        at=pl.lit("2020-01-02 03:04:05.000006").str.to_datetime("%F %T%.f", time_unit="us"),
        day=pl.date(2020, 1, 2),
        n=pl.lit(3, pl.UInt32),
        x=pl.lit(0.1),
    )
    found = pl.read_parquet(written(tmp_path / "run", batch(tmp_path / "1", frame)))
    assert found.equals(frame)
    assert found.schema == frame.schema
