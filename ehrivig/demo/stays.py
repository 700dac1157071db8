"""Every admission of a block of patients: one frame that all event tables are drawn from.

Beside the covariates of `patients`: `person` and `member` (row numbers of the person over all
hospitals and in this block), `group`, `severe`, `confirmed`, `rna_positive`, `coded` (U07.1),
`index_stay`, times in minutes since 1970 (`admitted`, `ended`, `onset`; `death`, -1 when alive to
the end of follow-up; `first_dose`, -1 without IVIG), `in_hospital` (died there), `status`, one
Boolean per course and treatment, `height_cm`, `weight_kg`, `birth_day` (days since 1970).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ehrivig.demo import courses, dose_effect, margins, outcomes, patients
from ehrivig.demo.margins import CONTROL, IVIG, Flags, Floats
from ehrivig.demo.sites import CHILD, CHILD_NEGATIVE, MILD, NEGATIVE, Part

DAY = 1440
_FIRST_ADMISSION = int(np.datetime64("2019-12-15", "m").astype(np.int64))
_LAST_ADMISSION = int(np.datetime64("2020-03-25", "m").astype(np.int64))
_LAST_READMISSION = int(np.datetime64("2020-05-10", "m").astype(np.int64))
_AGES = {MILD: (18, 95), NEGATIVE: (18, 95), CHILD: (10, 17), CHILD_NEGATIVE: (10, 17)}
_SEVERE = {MILD: 0.0, NEGATIVE: 0.15, CHILD: 0.08, CHILD_NEGATIVE: 0.05}  # assumed, as below
_DEATH = {MILD: 0.01, NEGATIVE: 0.02, CHILD: 0.0, CHILD_NEGATIVE: 0.0}
_IVIG = {MILD: 0.04, NEGATIVE: 0.01, CHILD: 0.01, CHILD_NEGATIVE: 0.01}


@dataclass(frozen=True)
class Effect:
    """Sums over the severe patients of a block, for the true marginal effect.

    `plans`: of the risks under each of `dose_effect.PLANS`, where the dose has an effect.
    """

    patients: int = 0
    difference: float = 0.0
    exposed: int = 0
    difference_exposed: float = 0.0
    plans: tuple[float, ...] = (0.0,) * len(dose_effect.PLANS)

    def __add__(self, more: Effect) -> Effect:
        return Effect(
            self.patients + more.patients,
            self.difference + more.difference,
            self.exposed + more.exposed,
            self.difference_exposed + more.difference_exposed,
            tuple(a + b for a, b in zip(self.plans, more.plans, strict=True)),
        )


def index_stays(
    part: Part, effect_log_or: float, dose_log_hr: float | None = None
) -> tuple[pl.DataFrame, Effect]:
    """The index stay of every patient of the block, in random order, and the effect sums."""
    severe, effect = _arms(part, effect_log_or, dose_log_hr)
    frames = [*severe, *(_group(part, group) for group in _AGES)]
    stays = pl.concat([_tested(part, frame) for frame in frames], how="diagonal")
    rng = part.rng("stays")
    stays = stays[rng.permutation(stays.height)]
    members = np.arange(stays.height)
    stays = stays.with_columns(
        pl.Series("member", members),
        pl.Series("person", part.first_patient + members + 1_000_001),
        index_stay=pl.col("confirmed") & (pl.col("age") >= 18),
    )
    return _dated(stays, rng), effect


def _arms(
    part: Part, effect_log_or: float, dose_log_hr: float | None
) -> tuple[list[pl.DataFrame], Effect]:
    """The two arms of severe patients with their courses."""
    rng = part.rng("arms")
    treated = patients.exposed(part)
    chosen = outcomes.choose_victims(treated, part.size(1), rng)
    untreated = patients.controls(part, patients.copies(treated, chosen, rng))
    course = outcomes.exposed_course(treated, part.ranges[0], effect_log_or, rng)
    other = outcomes.control_course(untreated, len(chosen), part.ranges[1], rng)
    eta = outcomes.risk_score(pl.concat([treated, untreated]))
    risk: Floats = course["risk"]
    gain = outcomes.with_drug(risk, effect_log_or) - risk
    difference = float(outcomes.risk_difference(eta, effect_log_or).sum())
    effect = Effect(len(eta), difference, len(gain), float(gain.sum()))
    if dose_log_hr is not None:
        effect = replace(effect, plans=dose_effect.plan_risks(treated, untreated, dose_log_hr))
        course |= dose_effect.columns(
            treated, course["start_day"], dose_log_hr, part.rng("dose effect")
        )
    frames = []
    for arm, frame, drawn in ((IVIG, treated, course), (CONTROL, untreated, other)):
        frame = frame.with_columns(
            *(pl.Series(name, values) for name, values in drawn.items()),
            group=pl.lit(1 - arm),
            severe=pl.lit(True),
        )
        frame = _severe_end(frame, arm, part.ranges[1 - arm], rng)
        frames.append(courses.severe(frame, arm, part.ranges[1 - arm], rng))
    return frames, effect


def _severe_end(
    frame: pl.DataFrame, arm: int, members: tuple[int, int], rng: np.random.Generator
) -> pl.DataFrame:
    """Length of stay and vital status at its end; the arm's stays have the published quartiles."""
    if "left_day" in frame.columns:
        return _end_by_dose(frame, rng)
    died, day = frame["died_28d"].to_numpy(), frame["death_day"].to_numpy()
    n, size = frame.height, margins.ARM_SIZE[arm]
    outside = margins.quota(2, size, *members)
    left = margins.top(np.where(died & (day > 9), rng.random(n), -np.inf), outside)
    left &= died & (day > 9)
    days = np.where(left, day - 3.5, day)
    grid = margins.positive(
        margins.normal_quantile((np.arange(n) + 0.5) / max(n, 1)), margins.LENGTH_OF_STAY[arm]
    )
    start = np.nan_to_num(frame["start_day"].to_numpy(), nan=0.0)
    score = 0.4 * frame["latent"].to_numpy() + 0.3 * np.log1p(start) + rng.standard_normal(n)
    alive = np.flatnonzero(~died)
    longer = alive[np.argsort(score[alive], kind="stable")]
    days[longer] = margins.remaining(np.clip(grid, 1.5, 60), days[died])
    days = np.where(died, days, np.maximum(days, start + 1.2))
    in_hospital_28d = margins.quota(margins.DEATH_28D.n(arm), size, *members) - outside
    wanted = margins.quota(margins.DEATH_IN_HOSPITAL.n(arm), size, *members)
    late = margins.top(np.where(died, -np.inf, days), wanted - in_hospital_28d) & ~died
    days = np.where(late, np.maximum(days, 29.6 + rng.exponential(4, n)), days)
    days = np.minimum(days, 60.0)
    return frame.with_columns(
        _deaths(died, late, day, days, rng), days=pl.Series(days), in_hospital=died & ~left | late
    )


def _end_by_dose(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The same where the dose has an effect: who dies by day 28 dies in the hospital."""
    died, day = frame["died_28d"].to_numpy(), frame["death_day"].to_numpy()
    start, left = frame["start_day"].to_numpy(), frame["left_day"].to_numpy()
    days = np.where(died, day, np.maximum(left, start + 0.2))
    death = _deaths(died, np.zeros(len(died), dtype=np.bool_), day, days, rng)
    return frame.with_columns(death, days=pl.Series(days), in_hospital=died).drop("left_day")


def _deaths(
    died: Flags, late: Flags, day: Floats, days: Floats, rng: np.random.Generator
) -> pl.Series:
    """The day of death (null: alive): by day 28, later in hospital, or after discharge."""
    n = len(days)
    after = ~died & ~late & (rng.random(n) < 0.01)
    afterwards = np.maximum(days, 29.0) + rng.uniform(1, 25, n)
    known = np.select([died, late, after], [day, days, afterwards], np.nan)
    return pl.Series("death_day", known).fill_nan(None)


def _group(part: Part, group: int) -> pl.DataFrame:
    """Patients of one class outside the arms, with their courses."""
    n = part.size(group)
    frame = patients.others(part, n, f"group{group}", _AGES[group])
    rng = part.rng(f"course{group}")
    died = rng.random(n) < _DEATH[group]
    death = rng.uniform(2.5, 25, n)
    days = np.clip(
        np.exp(np.log(11 if group == MILD else 7) + 0.45 * rng.standard_normal(n)), 2, 45
    )
    days = np.where(died, death, days)
    start = np.exp(np.log(1.7) + 0.8 * rng.standard_normal(n))
    given = (rng.random(n) < _IVIG[group]) & (start + 1.2 < days)
    frame = frame.with_columns(
        group=pl.lit(group),
        severe=pl.Series(rng.random(n) < _SEVERE[group]),
        start_day=pl.Series(np.where(given, start, np.nan)),
        died_28d=pl.Series(died),
        death_day=pl.Series("death_day", np.where(died, death, np.nan)).fill_nan(None),
        in_hospital=pl.Series(died),
        days=pl.Series(days),
    )
    return courses.others(frame, rng)


def _tested(part: Part, frame: pl.DataFrame) -> pl.DataFrame:
    """How each patient is confirmed: RNA and code, RNA only (3%), code only (3%), or not at all."""
    group = int(frame["group"][0]) if frame.height else 0
    u = part.rng(f"tested{group}").random(frame.height)
    confirmed = group not in (NEGATIVE, CHILD_NEGATIVE)
    return frame.with_columns(
        confirmed=pl.lit(confirmed),
        rna_positive=pl.Series((u >= 0.03) & confirmed),
        coded=pl.Series((u < 0.97) & confirmed),
    )


def _dated(stays: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Puts stays on the calendar (minutes since 1970) and gives bodies to patients."""
    n = stays.height
    admitted = _FIRST_ADMISSION + rng.beta(4, 3, n) * (_LAST_ADMISSION - _FIRST_ADMISSION)
    admitted = admitted.astype(np.int64)
    birth = admitted // DAY - np.ceil(
        (stays["age"].to_numpy() + rng.uniform(0.02, 0.97, n)) * 365.25
    )
    onset = admitted - np.clip(np.exp(2.0 + 0.5 * rng.standard_normal(n)), 0.5, 30) * DAY
    male, age = stays["male"].to_numpy(), stays["age"].to_numpy()
    height = (
        np.where(male, 170.5, 159.0) + 6 * rng.standard_normal(n) - 2.0 * np.maximum(17 - age, 0)
    )
    height = np.clip(height, 141, 199).round()
    mass = np.exp(np.log(23.8) + 0.12 * rng.standard_normal(n))
    weight = np.clip(mass * (height / 100) ** 2, 38, 145).round(1)
    minutes = [
        (pl.col(day) * DAY).round().cast(pl.Int64) for day in ("days", "death_day", "start_day")
    ]
    ended, death, start = minutes
    return stays.with_columns(
        pl.Series("admitted", admitted),
        pl.Series("birth_day", birth.astype(np.int64)),
        pl.Series("onset", onset.astype(np.int64)),
        pl.Series("height_cm", height),
        pl.Series("weight_kg", weight),
    ).with_columns(
        ended=pl.col("admitted") + ended,
        death=(pl.col("admitted") + death).fill_null(-1),
        first_dose=pl.when(pl.col("start_day").is_nan())
        .then(-1)
        .otherwise(pl.col("admitted") + start),
        status=pl.when("in_hospital").then(pl.lit("died")).otherwise(pl.lit("alive")),
        readmitted=pl.lit(False),
    )


_NO_COURSE = [
    *(pl.lit(False).alias(name) for name in (*margins.COURSES, *margins.ANTIVIRALS, "oseltamivir")),
    *(pl.lit(False).alias(name) for name in ("severe", "in_hospital", "died_28d", "index_stay")),
    pl.lit(False).alias("antiviral"),
    pl.lit("alive").alias("status"),
    pl.lit(-1, pl.Int64).alias("first_dose"),
    pl.lit(-1, pl.Int64).alias("death"),
]


def readmissions(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Second stays within 30 days of a discharge alive: mild, without IVIG, some positive again."""
    rng = part.rng("readmissions")
    chosen = rng.random(stays.height) < np.where(stays["severe"].to_numpy(), 0.03, 0.02)
    gap = (rng.uniform(3, 25, stays.height) * DAY).astype(np.int64)
    again = stays.with_columns(pl.Series("gap", gap)).filter(
        pl.Series(chosen)
        & (pl.col("status") == "alive")
        & (pl.col("death") < 0)
        & (pl.col("ended") + pl.col("gap") < _LAST_READMISSION)
    )
    again = again.with_columns(admitted=pl.col("ended") + pl.col("gap")).drop("gap")
    return _second_stay(again, rng, positive=0.5)


def transfers(part: Part, stays: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The stays with some of the mild ones ending in a transfer, and the stays that follow.

    The second stay begins 2 to 20 hours later in the next hospital and is the same episode.
    """
    rng = part.rng("transfers")
    mild = (pl.col("group") == MILD) & (pl.col("status") == "alive") & (pl.col("first_dose") < 0)
    chosen = pl.Series(rng.random(stays.height) < 0.006) & mild & (pl.col("death") < 0)
    hours = pl.Series((rng.uniform(2, 20, stays.height) * 60).astype(np.int64))
    following = stays.filter(chosen).with_columns(
        admitted=pl.col("ended") + hours.filter(stays.select(chosen).to_series())
    )
    status = pl.when(chosen).then(pl.lit("transferred")).otherwise("status")
    return stays.with_columns(status=status), _second_stay(following, rng, positive=1.0)


def _second_stay(stays: pl.DataFrame, rng: np.random.Generator, positive: float) -> pl.DataFrame:
    """Mild stays of 3 to 8 days from `admitted` on; a proportion of the confirmed test positive."""
    n = stays.height
    days = (rng.uniform(3, 8, n) * DAY).astype(np.int64)
    again = pl.Series(rng.random(n) < positive)
    return stays.with_columns(*_NO_COURSE).with_columns(
        ended=pl.col("admitted") + pl.Series("days", days),
        rna_positive=pl.col("confirmed") & again,
        coded=pl.col("confirmed") & again,
        confirmed=pl.col("confirmed") & again,
        readmitted=pl.lit(True),
    )
