"""The checks that are off where an extract has no calendar, or no date at all: all by name.

Dates that are shifted for each person by another span say nothing of months, seasons, the day of
the week or when an extract ends. On a clock for each stay there is no time of day either, nothing
that is a bare date, and nothing between two stays of a person but their order.
"""

from __future__ import annotations

from functools import cache

from ehrivig.contract import EVENT_TABLES, TABLES
from ehrivig.study import Study
from ehrivig.study.clock import Clock
from ehrivig.study.registries.checks import OVER_HOSPITALS
from ehrivig.validate.suite import by_check

_OVER_MONTHS = ("months", "ends", "begins", "on_all_days")
_NO_CALENDAR = frozenset(
    {f"{table.name}.{what}" for table in EVENT_TABLES for what in _OVER_MONTHS}
    | {"admission.in_period", "admission.in_every_month", "patient.birth_date_plausible"}
    | {"patient.death_at_default"}
)
_CALENDAR_WORDS = ("_before_extract", "_plausible", "_day_month", ".clock_change")
"""How the checks of one row end that hold a moment against the calendar."""
_NOT_OF_DATES = frozenset({"admission.deaths_plausible"})
_NO_DATES = frozenset(
    {f"{table.name}.at_all_hours" for table in EVENT_TABLES}
    | {f"{table.name}.time_shift" for table in TABLES}
    | {"hospital.timezone_present", "hospital.timezone_known"}
    | {"medication.exposure_hours", "medication.exposure_date_only"}
    | {"medication.not_over_midnight", "lab.collected_at_minutes_known"}
    | {"admission.no_readmission", "admission.no_overlap", "admission.one_episode"}
    | {"admission.death_has_date"}
    | {"study.transfer", "study.transfer_counted_once", "study.exposed_after_transfer"}
    | {"study.exposed_in_next_stay", "study.death_known_elsewhere", "study.death_in_other_stay"}
)
_TIME_WORDS = ("_date_only", "_of_utc_days", "_hours_known")
"""How the checks end that tell a bare date from a moment."""


def checks(study: Study) -> frozenset[str]:
    """The checks that are off for what a study reads; none where it has dates."""
    return _off(study.clock)


@cache
def _off(clock: Clock) -> frozenset[str]:
    if clock == "calendar":
        return frozenset()
    words = _CALENDAR_WORDS if clock == "shifted" else (*_CALENDAR_WORDS, *_TIME_WORDS)
    named = _NO_CALENDAR if clock == "shifted" else _NO_CALENDAR | _NO_DATES
    of_rows = {check for check in by_check() if check.endswith(words)}
    return (named & _known()) | (of_rows - _NOT_OF_DATES)


def _known() -> frozenset[str]:
    """Every check by its name."""
    return frozenset({*by_check(), *OVER_HOSPITALS})
