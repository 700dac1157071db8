"""Completeness over calendar time: where a table begins or ends within the stays of a hospital."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig.validate.quality.calendar import Charted, charted, month_name, step

JANUARY = 2020 * 12 + 1


@pytest.mark.parametrize(
    ("rows", "first", "last", "level"),
    [
        ([10, 10, 10, 10], 0, 3, 10),
        ([0, 0, 10, 10, 12, 8], 2, 5, 10),  # a ward that began to chart in March
        ([10, 10, 10, 10, 0, 0], 0, 3, 10),  # one that ended in April
        ([0, 10, 10, 10, 1, 0], 1, 3, 10),
        ([3, 10, 10, 10, 10], 0, 4, 8.6),  # a month with less is no step
        ([0, 10, 0, 10, 0, 10], 0, 5, 5),  # nor are gaps
        ([0, 0, 0, 0], 0, 3, 0),
    ],
)
def test_the_step_that_fits_best(rows: list[float], first: int, last: int, level: float) -> None:
    found = step(np.array(rows, float), np.ones(len(rows)))
    assert found == (first, last, pytest.approx(level))


def test_rare_events_may_be_none_by_chance() -> None:
    rows, stays = np.array([0, 0.1, 0.1, 0.1, 0.1]), np.array([40, 100, 100, 100, 100.0])
    assert step(rows, stays)[:2] == (0, 4)
    assert step(rows, stays + 60)[:2] == (1, 4)


def test_months_with_many_stays_weigh_more() -> None:
    rows = np.array([0, 8, 10, 10, 10, 10.0])
    assert step(rows, np.array([50, 50, 50, 50, 50, 50.0]))[2] == pytest.approx(9.6)
    assert step(rows, np.array([50, 500, 50, 50, 50, 50.0]))[2] == pytest.approx(6000 / 700)


def test_a_step_takes_away_half_of_what_is_not_explained() -> None:
    """Where months differ as much inside of it as without it, there is none."""
    rows = np.array([0, 2, 18, 2, 18, 2, 18.0])
    assert step(rows, np.ones(7)) == (0, 6, pytest.approx(60 / 7))
    assert step(np.array([0, 8, 12, 8, 12, 8, 12.0]), np.ones(7)) == (1, 6, pytest.approx(10))


def test_without_a_step_the_level_is_that_of_all_stays() -> None:
    assert step(np.array([10, 20.0]), np.array([1, 3.0])) == (0, 1, pytest.approx(17.5))


def written(folder: Path, stays: dict[int, int], rows: dict[int, int]) -> Path:
    place = folder / "hospitals" / "quality"
    place.mkdir(parents=True)
    for name, counts, more in (("stay_month", stays, {}), ("month", rows, {"table": "lab"})):
        pl.DataFrame(
            {
                "hospital_id": ["A"] * len(counts),
                **{key: [value] * len(counts) for key, value in more.items()},
                "month": [JANUARY + month for month in counts],
                "n": list(counts.values()),
            },
            schema_overrides={"month": pl.Int64, "n": pl.Int64},
        ).write_parquet(place / f"{name}.parquet")
    return folder


def test_a_table_of_a_hospital(tmp_path: Path) -> None:
    stays = {0: 20, 1: 20, 2: 3, 3: 20, 4: 20, 5: 10}
    (found,) = charted(written(tmp_path, stays, {2: 30, 3: 200, 4: 220, 5: 100}), smallest=5)
    march = JANUARY + 2
    assert found == Charted(
        hospital_id="A",
        table="lab",
        months=tuple(range(JANUARY, JANUARY + 6)),
        shares=(0.0, 0.0, None, *(pytest.approx(n / 10.4) for n in (10, 11, 10))),
        begin=march + 1,
        end=None,
        outside=43,
    )
    assert found.is_partial
    assert month_name(march) == "2020-03"
    assert month_name(JANUARY + 11) == "2020-12"


def test_a_month_without_a_stay_is_empty(tmp_path: Path) -> None:
    stays = {0: 20, 2: 20, 3: 20, 4: 20}
    (found,) = charted(written(tmp_path, stays, {0: 40, 1: 5, 2: 40, 3: 40, 4: 40}), smallest=5)
    assert found.shares == (1.0, None, 1.0, 1.0, 1.0)
    assert not found.is_partial
    assert found.outside == 0


def test_few_months_tell_nothing(tmp_path: Path) -> None:
    assert charted(written(tmp_path, {0: 20, 1: 20, 2: 20}, {2: 90}), smallest=5) == []
    assert charted(tmp_path / "nowhere", smallest=5) == []
