"""The checks of what arrived: each table against earlier nights and other hospitals."""

from __future__ import annotations

from collections.abc import Callable

from ehrivig.contract import EVENT_TABLES
from ehrivig.validate import arrived, begun, clock, stay_months, strata, volume
from ehrivig.validate.network import Network
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts
from ehrivig.validate.suite import Severity


def _came(table: str) -> Callable[[Network], Counts]:
    """Rows of a table that are missing, of those that there should be."""
    return lambda network: [one.counts for one in network.volumes if one.table == table]


def _months(table: str) -> Callable[[Network], Counts]:
    """Rows of months that fell below half since the night before."""
    return lambda network: untold(network, table, arrived.shrunk_months(*network.months, table))


def _stays(table: str) -> Callable[[Network], Counts]:
    """Stays that had a row of a table on the night before, and have none now."""
    return lambda network: untold(
        network, table, arrived.fewer_stays(*network.covered, *network.stays, table)
    )


def untold(network: Network, table: str, counts: Counts) -> Counts:
    """The counts of hospitals whose whole table did not come in part: that is told once."""
    fell = {v.hospital_id for v in network.volumes if v.table == table and v.now < v.then}
    return [one for one in counts if one[0] not in fell]


def _ends(table: str) -> Callable[[Network], Counts]:
    """Rows that a table lacks after its last month."""
    return lambda network: arrived.early_ends(network.months[0], table)


def _begins(table: str) -> Callable[[Network], Counts]:
    """Rows that a table lacks before its first month."""
    return lambda network: arrived.late_begins(network.months[0], table)


_IN_PART = (
    "The table came in part: far fewer rows than on earlier nights (on a first night: than the "
    "other hospitals send per stay, beside its other tables). Have it sent again whole; if it is "
    "right, tolerate the fall once: the night is then what later ones are held against."
)

_TIMES = {
    table.name: next(column.name for column in table.columns if column.kind == "time")
    for table in EVENT_TABLES
}
"""The column of when an event was."""


def _severity(what: str, table: str, usual: Severity) -> Severity:
    """What a check means for a table: an end, or a beginning, blocks where it always is one."""
    return "block" if what in ("ends", "begins") and table in arrived.ALWAYS else usual


_OF_EVENTS: tuple[tuple[str, Callable[[str], Callable[[Network], Counts]], Severity, str], ...] = (
    (
        "months",
        _months,
        "block",
        "Months that are over have lost more than half of their rows since the night before. Have "
        "them sent again; if it is right, tolerate the fall once.",
    ),
    (
        "stays_with",
        _stays,
        "block",
        "Less than half as many stays have any row as on the night before. Have the table sent "
        "again whole; if it is right, tolerate the fall once.",
    ),
    (
        "ends",
        _ends,
        "warn",
        "The table ends months before the hospital's other tables. Ask whether its newest part is "
        "missing; else end the study period there, and tolerate it.",
    ),
    (
        "begins",
        _begins,
        "warn",
        "The table begins months after the hospital's other tables: who was there before seems to "
        "have had none of it. Ask whether its oldest part is missing; else begin the study period "
        "there, and tolerate it.",
    ),
)

_OF_THE_CLOCK = (
    (
        "at_all_hours",
        clock.at_all_hours,
        clock.told_hours,
        "at six hours of the day at which all other hospitals have some",
    ),
    (
        "on_all_days",
        clock.on_all_days,
        clock.told_days,
        "on a day of the week on which the hospital's other tables, or all other hospitals, have "
        "some",
    ),
)

CHECKS: tuple[CheckOverHospitals, ...] = (
    *(
        CheckOverHospitals(volume.check_of(name), _came(name), "block", _IN_PART, table=name)
        for name in volume.CHECKED
    ),
    *(
        CheckOverHospitals(
            f"{name}.{what}",
            measure_of(name),
            _severity(what, name, severity),
            message,
            table=name,
        )
        for what, measure_of, severity, message in _OF_EVENTS
        for name in arrived.CHECKED
    ),
    *(
        CheckOverHospitals(
            f"{name}.of_everybody",
            strata.of_everybody(name),
            "block",
            "The table has rows of next to nobody of one sex or age, of those who died, of those "
            "who got the exposure, or of one month of admission, though most of the others have "
            "some: what depends on it is wrong for them. Ask for these rows; if it is right, "
            "tolerate it.",
            table=name,
            told=strata.told(name),
        )
        for name in strata.CHECKED
    ),
    *(
        CheckOverHospitals(
            f"{name}.{what}",
            measure_of(name),
            "block" if name in clock.DAY_AND_NIGHT else "warn",
            f"Next to no row of {name} {when}: {_TIMES[name]} is written otherwise, or these rows "
            "are missing. Ask for them; if it is right, tolerate it.",
            table=name,
            told=tell(name),
        )
        for what, measure_of, tell, when in _OF_THE_CLOCK
        for name in clock.CHECKED
    ),
    CheckOverHospitals(
        "admission.in_period",
        stay_months.out_of_period,
        "block",
        "No stay of the hospital begins in the study period, though those of others do: "
        "admitted_at is in another year, or the extract is of other years. Mend it, or leave the "
        "hospital out ([extract] hospitals).",
        table="admission",
    ),
    CheckOverHospitals(
        "admission.in_every_month",
        stay_months.in_every_month,
        "block",
        "Next to no stay begins (admitted_at) in a month between months with many, in which the "
        "other hospitals have theirs: the stays of that month are missing. Have them sent; if it "
        "is right, tolerate it.",
        table="admission",
        threshold=0.05,
    ),
    CheckOverHospitals(
        "admission.begins_with_its_rows",
        begun.admission_shifted,
        "block",
        "Nearly all stays have rows of several tables hours before admitted_at, or none soon after "
        "it: admitted_at is shifted, or the moment of something else. Mend admitted_at.",
        table="admission",
    ),
    *(
        CheckOverHospitals(
            f"{name}.begins_with_its_stays",
            begun.table_begins_away(name),
            "block",
            f"Next to no stay has a row of {name} within six hours of the admission, or most have "
            f"one hours before it, unlike other tables: {_TIMES[name]} is shifted, or the "
            "rows of the first hours are missing. "
            f"Mend {_TIMES[name]}.",
            table=name,
        )
        for name in arrived.PROMPT
    ),
    *(
        CheckOverHospitals(
            f"{name}.begins_at_one_time",
            begun.table_begins_twice(name),
            "block",
            f"Of some stays the first row of {name} is at the admission, of others many hours "
            f"later, and of next to none between: {_TIMES[name]}, or admitted_at of admission, is "
            "in another time zone in some rows. Mend the times, or tolerate it.",
            table=name,
        )
        for name in arrived.PROMPT
    ),
)
