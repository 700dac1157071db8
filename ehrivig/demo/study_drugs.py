"""Rows of table medication that a packaged study needs beyond the treatments of the demo.

They are drawn from random streams of their own, so that an extract without them stays as it is. The
sicker a severe patient, the likelier the drug; none of them changes the course: the true effect is
none. Who dies or leaves before a drug would have begun never gets it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ehrivig.demo.drugs import ROUTE, medication
from ehrivig.demo.margins import Flags, Floats, Ints
from ehrivig.demo.rows import coded, numbers
from ehrivig.demo.sites import Part

HOUR = 60
DAY = 1440
_SHOCK = 0.45
"""Proportion of severe patients who need a vasopressor, at a severity of the middle."""


@dataclass(frozen=True)
class Course:
    """One drug as it is given to severe patients.

    `proportion`: of those of middle severity; `slope`: of the log odds, per unit of severity.
    `first`: hours from the moment of severity (`after_shock`: from the vasopressor on) within which
    it begins (negative: before); `every`, `most`: hours between doses, and the largest number of
    them; `lasts`: hours.
    """

    code: str
    name: str
    dose: float
    unit: str
    proportion: float
    slope: float
    first: tuple[float, float]
    every: float
    most: int
    lasts: float
    after_shock: bool = False


_NOREPINEPHRINE = Course(
    "C01CA03", "Norepinephrine", 0.2, "ug/kg/min", _SHOCK, 1.0, (1, 12), 1, 1, 48
)
_CRYSTALLOID = Course(
    *("B05BB01", "Lactated Ringer's", 1000, "mL", 0.9, 0.0, (-4, -0.5), 6, 4, 1), after_shock=True
)
STUDIES: dict[str, tuple[Course, ...]] = {
    "tocilizumab_covid19": (
        Course("L04AC07", "Tocilizumab", 600, "mg", 0.35, 0.5, (1, 48), 12, 2, 1),
    ),
    "dexamethasone_covid19": (
        Course("H02AB02", "Dexamethasone", 6, "mg", 0.4, 0.5, (0.5, 30), 24, 10, 0.25),
    ),
    "hydrocortisone_septic_shock": (
        _NOREPINEPHRINE,
        Course(
            *("H02AB09", "Hydrocortisone sodium succinate", 50, "mg", 0.45, 0.4, (1, 24), 6, 28),
            lasts=0.25,
            after_shock=True,
        ),
    ),
    "vasopressin_septic_shock": (
        _NOREPINEPHRINE,
        Course(
            *("H01BA01", "Vasopressin", 0.03, "U/min", 0.45, 0.4, (0.5, 24), 1, 1),
            lasts=36,
            after_shock=True,
        ),
    ),
    "albumin_septic_shock": (
        _NOREPINEPHRINE,
        _CRYSTALLOID,
        Course(
            *("B05AA01", "Human albumin 20%", 100, "mL", 0.45, 0.4, (0.5, 24), 8, 9),
            lasts=1,
            after_shock=True,
        ),
    ),
}
_EARLIEST = 5  # minutes after admission
_FIRST_ORDER = 60  # within the hundred orders of a stay; the demo's own are below
_UNITS = ("mg", "mL", "ug/kg/min", "U/min")


def of_study(part: Part, stays: pl.DataFrame, study: str) -> pl.DataFrame:
    """The rows of a study's drugs for one block, without medication_id."""
    severe = np.flatnonzero(numbers(stays, "severe") & numbers(stays, "confirmed"))
    length = (numbers(stays, "ended") - numbers(stays, "admitted"))[severe]
    began = numbers(stays, "qualified")[severe].astype(np.float64)
    shocked = np.full(len(severe), True)
    frames = []
    for number, course in enumerate(STUDIES[study]):
        rng = part.rng(f"{study}/{course.code}")
        given = _given(course, numbers(stays, "latent")[severe], rng)
        start = np.maximum(began + HOUR * rng.uniform(*course.first, len(severe)), _EARLIEST)
        if course.after_shock:
            given &= shocked
        given &= start < length - HOUR
        frames.append(_rows(stays, severe, number, course, given, start))
        if course is _NOREPINEPHRINE:
            shocked, began = given, np.where(given, start, began)
    return pl.concat(frames)


def _given(course: Course, latent: Floats, rng: np.random.Generator) -> Flags:
    """Who is meant to get a course."""
    log_odds = np.log(course.proportion / (1 - course.proportion)) + course.slope * latent
    return np.asarray(rng.random(len(latent)) < 1 / (1 + np.exp(-log_odds)))


def _rows(
    stays: pl.DataFrame, severe: Ints, number: int, course: Course, given: Flags, start: Floats
) -> pl.DataFrame:
    """The doses of one course, those after the stay left out."""
    minutes = start[:, None] + HOUR * course.every * np.arange(course.most)
    ends = (numbers(stays, "ended") - numbers(stays, "admitted"))[severe]
    taken = given[:, None] & (minutes < (ends - 20)[:, None])
    row, dose = np.nonzero(taken)
    stay, n = severe[row], len(row)
    admitted, ended = numbers(stays, "admitted")[stay], numbers(stays, "ended")[stay]
    started = admitted + minutes[row, dose].astype(np.int64)
    return medication(
        admission=numbers(stays, "admission_id")[stay],
        order=stay * 100 + _FIRST_ORDER + number,
        code=pl.Series([course.code]).new_from_index(0, n),
        name=pl.Series([course.name]).new_from_index(0, n),
        dose=np.full(n, float(course.dose)),
        unit=coded(np.full(n, _UNITS.index(course.unit)), _UNITS),
        route=np.full(n, ROUTE.index("iv")),
        started=started,
        stopped=np.minimum(started + round(HOUR * course.lasts), ended),
    )
