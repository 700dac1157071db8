"""IVIG as it was infused, in grams, and as each hospital writes it down; and its true features.

A regimen is a daily dose of 5, 10, 15, 20 or 25 g (most often 10) over a planned number of days
that death or discharge may cut short; some start with half the dose, skip a day, or come back
after a pause of more than a week. One order per course.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ehrivig.demo import margins
from ehrivig.demo.drugs import ROUTE, medication
from ehrivig.demo.margins import Flags, Floats, Ints, Quartiles
from ehrivig.demo.rows import coded, numbers
from ehrivig.demo.sites import Part, Site

DAY = 1440
_DAILY_G = np.array([5.0, 10.0, 15.0, 20.0, 25.0])
_DAILY_SHARE = np.array([0.20, 0.645, 0.05, 0.07, 0.035])  # 15.5% above 10 g/day, Liu Table 3
_PARTS_G = np.array(
    [[2.5, 2.5, 0, 0], [5, 5, 0, 0], [5, 5, 5, 0], [5, 5, 5, 5], [10, 10, 5, 0]], dtype=np.float64
)
_PLANNED_DAYS = Quartiles(6, 13, 20)  # observed, after death and discharge: about 9 (4 to 12)
_MOST_DAYS = 40
NAMES = (
    "静注人免疫球蛋白(pH4)",
    "Privigen 10%",
    "Human Immunoglobulin (pH4) for Intravenous Injection",
)


@dataclass(frozen=True)
class Infusions:
    """Every infusion of a block, sorted by stay and time.

    `stay`: row number of the stay; `started`, `stopped`: minutes since 1970; `grams`: the true
    dose; `usable`: whether the record lets a reader know the grams; `course`: 0, 1.
    """

    stay: Ints
    started: Ints
    stopped: Ints
    grams: Floats
    usable: Flags
    course: Ints


def infusions(part: Part, stays: pl.DataFrame, *, split: bool, lost: float) -> Infusions:
    """All infusions of the exposed stays.

    `split`: a quarter of patients receive a day's dose in 2 to 4 parts and a few infusions run over
    midnight. `lost`: proportion of infusions recorded in mL without a concentration.
    """
    rng = part.rng("infusions")
    stay = np.flatnonzero(numbers(stays, "first_dose") >= 0)
    exposed = stays[stay]
    n = len(stay)
    first, ended = numbers(exposed, "first_dose"), numbers(exposed, "ended")
    first = first - np.where(first % DAY >= DAY - 15, 20, 0)  # a copy 4 min later stays on its day
    days, given, course = _calendar(exposed, rng)
    level = np.searchsorted(np.cumsum(_DAILY_SHARE), (rng.permutation(n) + 0.5) / max(n, 1))
    parted = (rng.random(n) < 0.25) & split
    grams = _grams(level, parted, days.shape[1], rng)
    late = (rng.random(days.shape) < 0.03) & split & ~parted[:, None]
    parts = _starts(first, days, late, rng)
    _first_day(grams, parted & (first % DAY < 12 * 60))
    keep = given[:, :, None] & (grams > 0) & (parts < (ended - 30)[:, None, None])
    keep[:, 0, 0] = True
    row, day, piece = np.nonzero(keep)
    began = parts[row, day, piece]
    duration = rng.integers(90, 180, len(row))
    usable = rng.random(len(row)) >= lost if part.site.profile == 1 else np.full(len(row), True)
    stopped = np.minimum(began + duration, ended[row])
    if not split:
        stopped = np.minimum(stopped, began // DAY * DAY + DAY - 1)
    return Infusions(stay[row], began, stopped, grams[row, day, piece], usable, course[row, day])


def _starts(first: Ints, days: Ints, late: Flags, rng: np.random.Generator) -> Ints:
    """When each part of each day may start: (n, days, 4), 200 minutes apart.

    The first at `first`, later days in the morning, or before midnight where `late`.
    """
    morning = rng.uniform(8 * 60, 11 * 60, days.shape)
    night = rng.uniform(22 * 60 + 30, 23 * 60 + 40, days.shape)
    minute = np.where(late, night, morning).astype(np.int64)
    started = (first // DAY)[:, None] * DAY + days * DAY + minute
    started[:, 0] = first
    return np.asarray(started[:, :, None] + 200 * np.arange(4))


def _first_day(grams: Floats, parted: Flags) -> None:
    """The first day's dose in parts only where a morning start leaves the day for them."""
    grams[~parted, 0, 0] = grams[~parted, 0].sum(axis=1)
    grams[~parted, 0, 1:] = 0.0


def _calendar(exposed: pl.DataFrame, rng: np.random.Generator) -> tuple[Ints, Flags, Ints]:
    """Dose days after the first, whether each is in the plan, and its course: (n, most days)."""
    n = exposed.height
    z = rng.standard_normal(n)
    planned = np.maximum(np.rint(margins.positive(z, _PLANNED_DAYS)), 1)
    index = np.arange(_MOST_DAYS)
    given = np.full(n, np.nan)  # days in a row that are planned where the dose has an effect
    if "planned_days" in exposed.columns:
        given = exposed["planned_days"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    free = np.isnan(given)
    planned = np.where(free, planned, given)
    pause = np.where((rng.random(n) < 0.03) & (planned >= 4) & free, 10, 0)
    second = (index >= (planned // 2)[:, None]) & (pause[:, None] > 0)
    skipped = (rng.random((n, _MOST_DAYS)) < 0.04) & (index > 0) & free[:, None]
    days = index + np.cumsum(skipped, axis=1) + np.where(second, pause[:, None], 0)
    return days.astype(np.int64), index < planned[:, None], second.astype(np.int64)


def _grams(level: Ints, parted: Flags, days: int, rng: np.random.Generator) -> Floats:
    """Grams of each part of each day: (n, days, 4); one patient in ten starts with half a dose."""
    single = np.zeros((len(level), 4))
    single[:, 0] = _DAILY_G[level]
    daily = np.where(parted[:, None], _PARTS_G[level], single)
    grams = np.repeat(daily[:, None, :], days, axis=1)
    loading = (rng.random(len(level)) < 0.1) & ~parted & np.isin(level, (1, 3))
    grams[loading, 0] *= 0.5
    return grams


def administrations(part: Part, stays: pl.DataFrame, given: Infusions) -> pl.DataFrame:
    """The infusions as rows of table medication, in the hospital's product and units."""
    rng = part.rng("recording")
    n = len(given.stay)
    way = _ways(part.site, rng.random(n))
    way = np.where(given.usable, way, 4)
    litre = np.where(way == 3, 100.0, 50.0)
    grams = given.grams
    millilitres = grams / litre * 1000
    dose: Floats = np.select(
        [way == 0, way == 1, way == 2], [grams, grams / 2.5, grams * 1000], millilitres
    )
    vial = 2 if part.site.profile == 0 else 1
    unit = np.select([way == 0, way == 1, way == 2], [0, vial, 3], 4)
    name = np.select([way == 3, way == 4], [1, 2], 0 if part.site.profile in (0, 3) else 2)
    concentration = np.select([way == 3, way == 5], [100.0, 50.0], np.nan)
    return medication(
        admission=numbers(stays, "admission_id")[given.stay],
        order=given.stay * 100 + 50 + given.course,
        code=pl.Series(["J06BA02"]).new_from_index(0, n),
        name=coded(name, NAMES),
        dose=np.round(dose, 6),
        unit=coded(unit, ("g", "vial", "支", "mg", "mL")),
        route=np.full(n, ROUTE.index("iv")),
        started=given.started,
        stopped=given.stopped,
        concentration=pl.Series(concentration).fill_nan(None),
        strength=pl.Series(np.where(way == 1, 2.5, np.nan)).fill_nan(None),
    )


def _ways(site: Site, u: Floats) -> Ints:
    """How each infusion is written: 0 g, 1 vials of 2.5 g, 2 mg, 3 mL of 10%, 5 mL of 5%.

    Way 4 (mL without a concentration) is chosen by `Infusions.usable`.
    """
    cuts, ways = {
        0: ([0.6], [0, 1]),
        1: ([0.65], [3, 5]),
        2: ([0.7], [2, 0]),
        3: ([0.5], [1, 0]),
    }[site.profile]
    return np.array(ways)[np.searchsorted(np.array(cuts), u, side="right")]


def features(stays: pl.DataFrame, given: Infusions) -> pl.DataFrame:
    """The true exposure of every stay: one row each, in the order of the stays.

    Grams count only infusions whose record lets the grams be known (`dose_coverage` is their
    share); days, courses and times count all. A day is the calendar day on which an infusion
    starts. Null without IVIG, except `exposed`.
    """
    started = pl.DataFrame({"stay": given.stay, "started": given.started})
    first = started.group_by("stay").agg(pl.col("started").min())
    stay = pl.DataFrame({"stay": np.arange(stays.height), "admitted": stays["admitted"]})
    joined = stay.join(first, on="stay", how="left").join(_doses(given), on="stay", how="left")
    exposed = pl.col("started").is_not_null()
    return joined.sort("stay").select(
        exposed.alias("exposed"),
        (pl.col("started") * 60_000_000).cast(pl.Datetime("us")).alias("first_dose_at"),
        ((pl.col("started") - pl.col("admitted")) / 60).alias("hours_to_first_dose"),
        *_DOSES,
        pl.when(exposed).then(pl.lit("standard")).alias("product_type"),
    )


_DOSES = (
    "max_daily_g",
    "mean_daily_g",
    "total_g",
    "n_dose_days",
    "duration_days",
    "n_courses",
    "dose_coverage",
)


def _doses(given: Infusions) -> pl.DataFrame:
    """Doses, days and courses of each stay with an infusion."""
    frame = pl.DataFrame(
        {
            "stay": given.stay,
            "day": given.started // DAY,
            "grams": np.where(given.usable, given.grams, 0.0),
            "usable": given.usable,
        }
    )
    daily = frame.group_by("stay", "day").agg(
        pl.col("grams").sum(), pl.col("usable").sum(), pl.len().alias("n")
    )
    known = pl.col("grams").filter(pl.col("usable") > 0)
    gap = pl.col("day").sort().diff() > 7
    return daily.group_by("stay").agg(
        max_daily_g=known.max(),
        mean_daily_g=known.mean(),
        total_g=pl.when(pl.col("usable").sum() > 0).then(known.sum()),
        n_dose_days=pl.len().cast(pl.Int64),
        duration_days=pl.col("day").max() - pl.col("day").min() + 1,
        n_courses=gap.sum().cast(pl.Int64) + 1,
        dose_coverage=pl.col("usable").sum() / pl.col("n").sum(),
    )
