"""Days that a writer made moments with a zone: the day that is meant, whatever the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from extracts import opened, study
from test_layout_omop import PLAN, omop, visit

from ehrivig.errors import ExtractError

DAY = date(2020, 3, 2)
BORN = "SELECT DISTINCT birth_date FROM mapped.patient"


def born(folder: Path, moment: datetime, zone: str, *, text: bool) -> date | None:
    """The day of birth of a person of a hospital in a zone, of a moment as UTC."""
    omop(folder, visit_occurrence=[visit(100, "03-02 08:00", "03-09 12:00")])
    path = folder / "person.parquet"
    written: Any = moment.astimezone(UTC)
    value = pl.lit(f"{written:%Y-%m-%dT%H:%M:%SZ}" if text else written)
    pl.read_parquet(path).with_columns(value.alias("birth_datetime")).write_parquet(path)
    with opened(folder, study(**{**PLAN, "timezone": zone})) as db:
        ((found,),) = db.rows(BORN)
    return found


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "UTC"])
def test_a_day_at_midnight_is_this_day(tmp_path: Path, zone: str, *, text: bool) -> None:
    """Of Greenwich, as writers of JSON make days; of the hospital, as warehouses do."""
    for name, clock in {"utc": "UTC", "local": zone}.items():
        moment = datetime(2020, 3, 2, tzinfo=ZoneInfo(clock))
        assert born(tmp_path / name, moment, zone, text=text) == DAY


@pytest.mark.parametrize("text", [True, False])
def test_a_moment_is_of_the_day_of_the_hospital(tmp_path: Path, *, text: bool) -> None:
    moment = datetime(2020, 3, 3, 1, tzinfo=UTC)
    assert born(tmp_path, moment, "America/New_York", text=text) == DAY


@pytest.mark.parametrize("written", ["1e999", "-1e100"])
def test_a_number_beyond_all_units_is_none(tmp_path: Path, written: str) -> None:
    """As text it would be infinite, or as good as that."""
    omop(tmp_path, visit_occurrence=[visit(100, "03-02 08:00", "03-09 12:00")])
    path = tmp_path / "person.parquet"
    pl.read_parquet(path).with_columns(year_of_birth=pl.lit(written)).write_parquet(path)
    message = "person: column year_of_birth is text, and 2 of its 2 values are not numbers"
    with pytest.raises(ExtractError, match=message), opened(tmp_path, study(**PLAN)):
        pass
