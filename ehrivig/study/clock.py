"""Of which clock the moments of an extract are: of the calendar, or of a person or a stay alone.

Public extracts hide when people came. Dates `shifted` by another span for every person keep what
lies between two moments of a person, and nothing between two persons. Under `offsets` there is no
date at all: each stay counts minutes from its own admission. What needs the calendar is then not
asked, by name, and never answered by a date that nobody wrote.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ehrivig import resources
from ehrivig.errors import StudyError, UsageError
from ehrivig.study.registries.names import LAYOUTS

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

Clock = Literal["calendar", "shifted", "offsets"]
FILE = "layout.toml"
"""The settings of a layout, beside its SELECTs."""
KEY = "dates"
TEXT = "csv"
"""The section on how delimited text is written (`ehrivig.extract.delimited`)."""
WORDS: dict[Clock, str] = {
    "calendar": "dates of the calendar",
    "shifted": "dates that are shifted for each person by another span",
    "offsets": "minutes from each admission, without a date",
}


def settings(folder: Path) -> dict[str, Any]:
    """The settings of a layout, without any where it has no such file.

    UsageError for settings that cannot be read, or that nothing reads.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    where = f"layout: {folder.name}/{FILE}"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f'{where} is not TOML. Write one line: {KEY} = "offsets".') from error
    unknown = sorted(set(content) - {KEY, TEXT})
    if unknown:
        raise UsageError(
            f"{where}: nothing reads {unknown[0]!r}. The only settings are {KEY} and [{TEXT}]."
        )
    return content


def of_layout(folder: Path) -> Clock | None:
    """The clock that a layout declares in its settings; None where it declares none.

    UsageError for settings that cannot be read.
    """
    found = settings(folder).get(KEY)
    if found is not None and found not in get_args(Clock):
        known = ", ".join(get_args(Clock))
        raise UsageError(
            f"layout: {folder.name}/{FILE}: {KEY} is none of {known}. Write one of these."
        )
    return found


def of_study(study: Study) -> Clock:
    """The clock of what a study reads: of its own, or of its layout."""
    asked, layout = study.extract.dates, study.extract.layout
    shipped = layout in LAYOUTS.names
    folder = resources.sql_folder() / "layout" / layout if shipped else Path(layout)
    own = of_layout(folder)
    if asked and own and asked != own:
        raise StudyError(
            f"study: extract.{KEY} is {asked!r}, and the layout {folder.name} declares {own!r} "
            f"({FILE}). Remove it from the study file, or mend the layout."
        )
    return asked or own or "calendar"


def told(study: Study) -> str:
    """What a reader should know of a clock that is none of the calendar; empty of one that is."""
    if study.clock == "calendar":
        return ""
    said = f"The extract holds {WORDS[study.clock]}: nothing is asked over calendar time."
    if study.clock == "shifted":
        return said
    return (
        f"{said} A day is 24 hours from the admission on, no time of day is known, and of a "
        "person's stays only the order that the source tells."
    )


def refuse_calendar(study: Study) -> None:
    """StudyError where a study asks of the calendar what an extract without one cannot tell."""
    clock = study.clock
    if clock == "calendar":
        return
    for path, is_asked, cure in _ASKED_OF_THE_CALENDAR:
        if is_asked(study, clock):
            raise StudyError(
                f'study: {path}: the extract holds {WORDS[clock]} ({KEY} = "{clock}"), so that '
                f"this cannot be asked. {cure}."
            )


def _has_period(study: Study, clock: Clock) -> bool:
    return any(one.rule == "period" for one in study.cohort.criteria)


def _has_end(study: Study, clock: Clock) -> bool:
    return study.extract.extract_date is not None


def _has_regimen(study: Study, clock: Clock) -> bool:
    return study.regimen is not None


def _has_use(study: Study, clock: Clock) -> bool:
    if study.utilisation is None:
        return False
    return clock == "offsets" or "month" in study.utilisation.by


_ASKED_OF_THE_CALENDAR: tuple[tuple[str, Callable[[Study, Clock], bool], str], ...] = (
    ("cohort.criteria", _has_period, 'Remove the criterion of rule "period"'),
    ("extract.extract_date", _has_end, "Remove it"),
    ("regimen", _has_regimen, "Remove the section: it needs one calendar for all stays"),
    (
        "utilisation",
        _has_use,
        'Remove the section, or of shifted dates name `by` without "month"',
    ),
)
"""Where in a study file, whether it is asked, and what to do."""
