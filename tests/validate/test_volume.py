"""What came in part: against earlier nights, and on a first night against the other hospitals."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fuzz.base import short_study

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.validate import volume
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.volume import against_hospitals, against_nights, expected, volumes

pytestmark = pytest.mark.usefixtures("more_quickly")
TABLES = {"admission": 1, "patient": 1, "lab": 40, "vital": 60, "medication": 9, "diagnosis": 5}


def network(
    stays: int = 400, hospitals: str = "ABCDE", **more: float
) -> dict[tuple[str, str], int]:
    """Rows of hospitals of one kind; `more`: table -> by what hospital B's is multiplied."""
    return {
        (hospital, table): round(stays * rows * (more.get(table, 1) if hospital == "B" else 1))
        for hospital in hospitals
        for table, rows in TABLES.items()
    }


@pytest.mark.parametrize(
    ("series", "then", "limit"),
    [
        ([100], 100, 50),
        ([100, 200], 200, 100),
        ([100, 100, 100], 100, 75),  # nights that are alike: a quarter is tolerated
        ([100, 200, 120], 120, 60),  # nights that differ much: half is the end of it
        ([1000, 1010, 990, 1005, 995], 1000, 750),
        ([1000, 1000, 1000, 400], 400, 200),  # a person let 400 through: the new level
    ],
)
def test_how_many_rows_earlier_nights_let_expect(
    series: list[int], then: int, limit: float
) -> None:
    found = expected(series)
    assert found[0] == then
    assert found[1] == pytest.approx(limit)


@pytest.mark.parametrize("nights", [1, 2, 3, 7])
def test_a_fall_below_half_is_told_with_what_came_then(nights: int) -> None:
    before = [network()] * nights
    found = against_nights(network(lab=0.33, vital=0.49, medication=0.51), before)
    some = {("B", "lab"): 16_000, ("B", "vital"): 24_000}
    assert found == (some if nights < volume.NIGHTS else {**some, ("B", "medication"): 3_600})


def test_growth_and_small_hospitals_are_no_fall() -> None:
    assert against_nights(network(lab=3), [network()]) == {}
    assert against_nights(network(30, lab=0.1), [network(30)]) == {}  # 30 stays say little
    assert against_nights({**network(), ("B", "diagnosis"): 9}, [network(diagnosis=0.04)]) == {}


@pytest.mark.parametrize(
    ("rows", "stays", "is_told"), [(100, 50, True), (99, 50, False), (100, 49, False)]
)
def test_a_hospital_is_judged_from_100_rows_and_50_stays(
    rows: int, stays: int, is_told: bool
) -> None:
    before = {("A", "lab"): rows, ("A", "admission"): stays}
    found = against_nights({("A", "lab"): 0, ("A", "admission"): stays}, [before])
    assert found == ({("A", "lab"): rows} if is_told else {})


def test_few_stays_may_differ_by_chance() -> None:
    assert volume.by_chance(60) < 0.4 < volume.by_chance(100) < volume.LEAST_LEFT
    assert against_nights(network(60, lab=0.4), [network(60)]) == {}
    assert against_nights(network(60, lab=0.2), [network(60)]) == {("B", "lab"): 2_400}


def test_a_table_or_a_hospital_that_is_gone_is_missed() -> None:
    before, now = network(), {key: n for key, n in network().items() if key != ("B", "lab")}
    assert against_nights(now, [before]) == {("B", "lab"): 16_000}
    without = {key: n for key, n in before.items() if key[0] != "B"}
    assert against_nights(without, [before]) == {}  # the study asks for others now
    gone = {v.table: v.counts for v in volumes(without, [before], {"B"}) if v.hospital_id == "B"}
    assert gone["lab"] == ("B", 16_000, 16_000)
    assert set(gone) == set(TABLES)


def test_what_came_is_read_back_from_the_measurements() -> None:
    now = network(lab=0.2)
    found = volumes(now, [network()])
    night = [
        Measurement(hospital, one.table, volume.check_of(one.table), "block", missing, of)
        for one in found
        for hospital, missing, of in [one.counts]
    ]
    assert volume.rows_of(night) == now
    assert [v.counts for v in found if v.now < v.then] == [("B", 12_800, 16_000)]


def test_a_first_night_is_held_against_the_others_and_its_own_other_tables() -> None:
    found = against_hospitals(network(lab=0.33, vital=0.33))
    assert found == {("B", "lab"): 16_000, ("B", "vital"): 24_000}
    short = {table: 0.3 for table in TABLES if table not in ("admission", "patient")}
    assert against_hospitals(network(**short)) == {}  # short stays: every table is small
    assert against_hospitals(network(hospitals="ABC", lab=0.33)) == {}  # too few to compare
    assert against_hospitals(network(20, lab=0.33)) == {}
    first = volumes(network(lab=0.33), [])
    assert [v.counts for v in first if v.now < v.then] == [("B", 10_720, 16_000)]
    known = volumes(network(lab=0.33), [network(lab=0.33)])  # it always sent so few
    assert [v for v in known if v.now < v.then] == []


@pytest.mark.parametrize("hospitals", [4, 6, 12, 40])
@pytest.mark.parametrize("spread", [0.3, 0.8])
def test_hospitals_that_differ_among_themselves_are_not_told_apart(
    hospitals: int, spread: float
) -> None:
    """Rows per stay that differ by a third, or by more than half, in networks of any size."""
    rng, told = np.random.default_rng(7), 0
    for _ in range(1200 // hospitals):
        stays = rng.integers(50, 2_000, hospitals)
        now = {
            (str(n), table): round(rows * stays[n] * rng.lognormal(0, spread if rows > 1 else 0))
            for n in range(hospitals)
            for table, rows in TABLES.items()
        }
        told += len(against_hospitals(now))
    assert told == 0


def test_a_median_without_one_value() -> None:
    rng = np.random.default_rng(1)
    for n in (4, 5, 9, 10):
        values = sorted(rng.integers(0, 6, n).astype(float).tolist())
        for number, value in enumerate(values):
            others = [v for other, v in enumerate(values) if other != number]
            assert volume._median_without(values, value) == np.median(others)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract of four hospitals, and one without two thirds of three tables of B."""
    folder = tmp_path_factory.mktemp("volume")
    write_demo(folder / "whole", patients=1200, hospitals=4, defects="none")
    shutil.copytree(folder / "whole", folder / "part")
    for table in ("lab", "vital", "medication"):
        for path in (folder / "part" / table / "hospital_id=B").glob("*.parquet"):
            rows = pl.read_parquet(path)
            rows.head(rows.height // 3).write_parquet(path)
    short_study(folder / "study.toml")
    return folder


@pytest.fixture(scope="module")
def night(place: Path) -> Path:
    """A check of the whole extract."""
    assert pipeline.check(place / "study.toml", place / "whole", place / "night").exit_code == 0
    return place / "night"


def missed(run: Path) -> dict[tuple[str, str], tuple[int, int]]:
    checks = pl.read_csv(run / "quality" / "checks.csv", infer_schema_length=None)
    failed = checks.filter(pl.col("check").str.ends_with(".volume"), pl.col("verdict") == "fail")
    columns = ("hospital_id", "table", "violated", "denominator")
    return {(h, t): (n, of) for h, t, n, of in failed.select(columns).iter_rows()}


def test_d41_a_partial_arrival_on_the_second_night_blocks(place: Path, night: Path) -> None:
    out, study = place / "out", place / "study.toml"
    shutil.copytree(night, out)
    good = (out / "quality" / "checks.csv").read_bytes()
    blocked = pipeline.check(study, place / "part", out)
    assert blocked.exit_code == 3
    rows = {t: (len_of(place, "whole", t), len_of(place, "part", t)) for t in ("lab", "vital")}
    for table, (then, now) in rows.items():
        said = f"{table}: hospital B: {table}.volume: {now:,} rows now, {then:,} then"
        assert said in blocked.message
    assert set(missed(place / "out.last-attempt")) == {
        ("B", table) for table in ("lab", "vital", "medication")
    }
    assert (out / "quality" / "checks.csv").read_bytes() == good
    again = pipeline.check(study, place / "part", out)
    assert (again.exit_code, again.message.split(":")[0]) == (3, "unchanged")
    whole = pipeline.check(study, place / "whole", out)
    assert (whole.exit_code, whole.message) == (0, "done")


def len_of(place: Path, extract: str, table: str) -> int:
    return pl.read_parquet(place / extract / table / "hospital_id=B" / "*.parquet").height


def test_d41_on_a_first_night_the_others_tell(place: Path) -> None:
    blocked = pipeline.check(place / "study.toml", place / "part", place / "first")
    assert blocked.exit_code == 3
    found = missed(place / "first")
    assert set(found) == {("B", table) for table in ("lab", "vital", "medication")}
    assert all(0.6 < lost / then < 0.72 for lost, then in found.values())


def test_a_fall_that_is_right_is_let_through_once(place: Path, night: Path) -> None:
    tolerant = short_study(
        place / "tolerant.toml",
        quality={
            "thresholds": {f"{table}.volume": 0.8 for table in ("lab", "vital", "medication")}
        },
    )
    out = place / "accepted"
    shutil.copytree(night, out)
    assert pipeline.check(tolerant, place / "part", out).exit_code == 0
    assert pipeline.check(place / "study.toml", place / "part", out).exit_code == 0
