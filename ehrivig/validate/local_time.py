"""The clocks of hospitals: their time zones, and the hours that these skip or repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ehrivig.database import Database
from ehrivig.study import Study


def zones_of(db: Database, study: Study, hospitals: Sequence[str]) -> dict[str, ZoneInfo | None]:
    """Each hospital's time zone, else the study's; None when neither names a known one.

    Moments of no calendar are in none.
    """
    if study.clock == "offsets":
        return dict.fromkeys(hospitals)
    stated: dict[str, list[str | None]] = {}
    for hospital_id, name in db.rows(
        "SELECT hospital_id, timezone FROM resolved.hospital ORDER BY ALL"
    ):
        stated.setdefault(hospital_id, []).append(name)
    default = study.extract.timezone
    return {name: _first_known([*stated.get(name, ()), default]) for name in hospitals}


def _first_known(names: Iterable[str | None]) -> ZoneInfo | None:
    return next((zone for name in names if (zone := _known_zone(name)) is not None), None)


def _known_zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def offset_hours(zone: ZoneInfo | None, study: Study) -> int:
    """Whole hours by which the zone is ahead of UTC, in the middle of the study; 0 if unknown."""
    if zone is None:
        return 0
    period = study.extract.period
    day = period[0] if period else study.extract.extract_date or date(2020, 1, 1)
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=zone).utcoffset()
    return round((offset or timedelta()).total_seconds() / 3600)


def utc_midnight_us(offset_hours: int) -> int:
    """Microseconds after local midnight at which a day of UTC begins; -1 where that is the same."""
    return offset_hours % 24 * 3_600_000_000 or -1


@cache
def clock_changes(zone: ZoneInfo | None) -> list[str]:
    """The local hours that the clock of a zone skips or repeats, 1970 to 2100; none without one."""
    hours: list[str] = []
    if zone is not None:
        day, last = datetime(1970, 1, 1), datetime(2100, 12, 31)
        while day <= last:
            if _offset(day, zone) != _offset(day + timedelta(days=1), zone):
                hours += [h.isoformat(sep=" ") for h in _changed_hours(day, zone)]
            day += timedelta(days=1)
    return hours


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.replace(tzinfo=zone).utcoffset()


def _changed_hours(day: datetime, zone: ZoneInfo) -> list[datetime]:
    """The hours of a day in which one wall-clock time is none or two moments."""
    hours = [day + timedelta(hours=h) for h in range(25)]
    return [h for h in hours if _offset(h, zone) != _offset(h.replace(fold=1), zone)]
