"""Whether to believe the answer: each diagnostic with its threshold, its verdict and what follows.

One row each of diagnostics.csv. `verdict`: pass, fail, or not assessed. Where one that `decides`
fails, the head of the report says that the answer should not be read as an effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis import lost
from ehrivig.analysis.sensitivity import time_zero
from ehrivig.concepts.follow_up import Answerable
from ehrivig.dataset import FEWEST_IN_ARM, Floats, exposed, matrix
from ehrivig.errors import AnalysisError
from ehrivig.stats.balance import level_difference
from ehrivig.stats.result import BoolArray
from ehrivig.stats.timezero import extreme_weights
from ehrivig.study import Study
from ehrivig.study.admitted import late_names
from ehrivig.study.registries import ANSWERS

PASS, FAIL, OPEN = "pass", "fail", "not assessed"
SCHEMA: dict[str, Any] = {
    "diagnostic": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "verdict": pl.String,
    "meaning": pl.String,
    "decides": pl.Boolean,
}
POWER = 2.8015852  # 1.96 + 0.8416: 80% power at 5%, two-sided


@dataclass(frozen=True)
class Diagnostic:
    """One question of the answer: `at_most` or at least the threshold passes.

    `hidden`: the value would tell a small count, and is not shown; the verdict is.
    """

    name: str
    value: float | None
    threshold: float | None
    meaning: str
    at_most: bool = True
    decides: bool = False
    hidden: bool = False

    @property
    def verdict(self) -> str:
        """Whether it passes; without a value or a threshold it is not assessed."""
        if self.value is None or self.threshold is None or np.isnan(self.value):
            return OPEN
        good = self.value <= self.threshold if self.at_most else self.value >= self.threshold
        return PASS if good else FAIL


@dataclass(frozen=True)
class Evidence:
    """What the diagnostics look at: everybody, the matched, their scores, the tables of the run."""

    table: pl.DataFrame
    matched: pl.DataFrame
    score: Floats
    tables: dict[str, pl.DataFrame]
    answerable: Answerable

    @property
    def study(self) -> Study:
        """The study as it is answered."""
        return self.answerable.study

    @property
    def arm(self) -> BoolArray:
        """Who is exposed."""
        return exposed(self.table)

    @property
    def primary(self) -> dict[str, Any]:
        """The row of the answer."""
        return self.tables["effects"].filter(pl.col("role") == "primary").row(0, named=True)


def diagnostics(evidence: Evidence) -> pl.DataFrame:
    """Every diagnostic of a run, those that decide first."""
    found = [
        _follow_up(evidence),
        _immortal_time(evidence),
        _eligible(evidence),
        _undated(evidence),
        _post_baseline(evidence),
        _positivity(evidence),
        *_weights(evidence),
        _hospitals(evidence),
        _in_model(evidence),
        _not_in_model(evidence),
        _equipoise(evidence),
        _complete(evidence),
        _controls(evidence),
        _detectable(evidence),
    ]
    rows = [
        {
            "diagnostic": one.name,
            "value": _shown(one),
            "threshold": one.threshold,
            "verdict": one.verdict,
            "meaning": one.meaning,
            "decides": one.decides,
        }
        for one in found
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _shown(one: Diagnostic) -> float | None:
    hidden = one.hidden or one.value is None or np.isnan(one.value)
    return None if hidden else float(one.value)  # type: ignore[arg-type]


def _few(e: Evidence, count: float, n: int) -> bool:
    """Whether a share would tell a count that must not be shown, or that of the others."""
    return disclosure.small_proportion(round(count), n, e.study.report.smallest_cell)


def _follow_up(e: Evidence) -> Diagnostic:
    """Schulz & Grimes 2002: 5% lost is little."""
    least, most, hidden = lost.largest_share(e.table, e.answerable)
    meaning = "largest share of an arm whose outcome, as asked, nobody knows"
    same = (least > lost.MOST_LOST) == (most > lost.MOST_LOST)
    value = most if same else None  # else the verdict would tell which of few it is
    of_the_stay = e.answerable.primary_refused and not e.answerable.weighted_for_lost
    decides = not of_the_stay  # where the outcome is known
    name, limit = "lost_to_follow_up", lost.MOST_LOST
    return Diagnostic(name, value, limit, meaning, decides=decides, hidden=hidden)


def _immortal_time(e: Evidence) -> Diagnostic:
    """Suissa 2008: no time may be credited to the exposed before they are."""
    end = e.study.exposure.end_hours
    safe = ANSWERS[e.study.answer].death or (end is not None and end <= 0)
    meaning = "1 where the answer tells arms apart by what happened after time zero"
    return Diagnostic("immortal_time", float(not safe), 0.0, meaning, decides=True)


def _eligible(e: Evidence) -> Diagnostic:
    """Hernan et al. 2016: time zero is when eligibility is met."""
    name, meaning = "eligible_after_time_zero", "share who met a criterion after time zero only"
    if "eligible_at" not in e.table.columns:
        return Diagnostic(name, None, lost.MOST_LOST, meaning, decides=True)
    late = int((e.table["eligible_at"] > e.table["time_zero"]).fill_null(False).sum())
    share, hidden = late / max(e.table.height, 1), _few(e, late, e.table.height)
    return Diagnostic(name, share, lost.MOST_LOST, meaning, decides=True, hidden=hidden)


def _undated(e: Evidence) -> Diagnostic:
    """Who met a criterion at a moment that nobody recorded may have met it after time zero."""
    name = "eligible_at_no_known_time"
    meaning = "share of people with a criterion that does not say when it was met (taken as before)"
    if "eligible_undated" not in e.table.columns:
        return Diagnostic(name, None, lost.MOST_LOST, meaning)
    undated = int(e.table["eligible_undated"].sum())
    share, hidden = undated / max(e.table.height, 1), _few(e, undated, e.table.height)
    return Diagnostic(name, share, lost.MOST_LOST, meaning, hidden=hidden)


def _post_baseline(e: Evidence) -> Diagnostic:
    """Rosenbaum 1984: what the exposure may change is no covariate."""
    used = () if ANSWERS[e.study.answer].death else e.study.match.covariates
    late = late_names(e.study, used)
    meaning = "covariates of the answer that are measured after time zero"
    return Diagnostic("covariates_after_time_zero", float(len(late)), 0.0, meaning, decides=True)


def _positivity(e: Evidence) -> Diagnostic:
    """Petersen et al. 2012: everybody could have been of either arm."""
    by = e.table.group_by("hospital_id").agg(
        pl.len().alias("n"), pl.col("exposed").sum().cast(pl.Int64).alias("k")
    )
    both = (pl.col("k") >= FEWEST_IN_ARM) & (pl.col("n") - pl.col("k") >= FEWEST_IN_ARM)
    inside = int(by.filter(both)["n"].sum())
    share, hidden = inside / max(e.table.height, 1), _few(e, inside, e.table.height)
    meaning = f"share of people in hospitals with {FEWEST_IN_ARM} or more in both arms"
    return Diagnostic(
        "positivity", share, 0.95, meaning, at_most=False, decides=True, hidden=hidden
    )


def _weights(e: Evidence) -> list[Diagnostic]:
    """Cole & Hernan 2008: no answer may rest on few people's weights, or on where they are cut."""
    if e.study.answer != "clone_censor_weight":
        return []
    horizon = (e.study.primary.within_days or 28.0) * time_zero.HOURS_PER_DAY
    largest, moved = None, None
    try:
        cohort, _ = time_zero.cohort_of(e.table, e.study)
        grace = e.study.grace_hours
        seen = extreme_weights(cohort, grace_hours=grace, horizon_hours=horizon)
        largest, moved = seen.largest, seen.moved / _standard_error(e.primary)
    except AnalysisError:
        pass  # the row of the answer says why
    cut = "how far truncating the weights at 1 and 99% moves the answer, in standard errors"
    return [
        Diagnostic("largest_weight", largest, 20.0, "largest weight of a person", decides=True),
        Diagnostic("weight_truncation", moved, 0.5, cut, decides=True),
    ]


def _standard_error(row: dict[str, Any]) -> float:
    """Of a risk difference; NaN without one, or of another measure."""
    known = row["measure"] == "RD" and row["se"]
    return float(row["se"]) if known else float("nan")


def _hospitals(e: Evidence) -> Diagnostic:
    """Austin 2009: 0.1 is small; nothing where models tell hospitals apart."""
    name = "hospital_imbalance"
    meaning = "standardised difference of the arms in their hospitals, where no model has them"
    own_design = ANSWERS[e.study.answer].death and e.study.hospital_in_models
    if own_design or e.study.hospital_in_score or e.table["hospital_id"].n_unique() < 2:
        return Diagnostic(name, 0.0, 0.1, meaning, decides=True)
    people = e.matched if e.study.answer == "matched" else e.table
    value, _ = level_difference(exposed(people), people["hospital_id"].to_numpy())
    return Diagnostic(name, value, 0.1, meaning, decides=True)


def _smd(e: Evidence, in_score: bool) -> float | None:
    """The largest standardised difference of what is, or is not, in the score."""
    column = "smd_matched" if e.study.answer == "matched" else "smd_unmatched"
    balance = e.tables.get("balance", pl.DataFrame())
    if balance.is_empty():
        return None
    rows = balance.filter(
        pl.col("in_score") == in_score, pl.col("note").is_null(), pl.col("level") != "all levels"
    )
    largest = rows[column].abs().max()
    return None if largest is None else float(largest)  # type: ignore[arg-type]


def _in_model(e: Evidence) -> Diagnostic:
    """Austin 2009. Weights and models remove what is in them; pairs may leave some."""
    meaning = "largest standardised difference left of what is in the score"
    value = _smd(e, True) if e.study.answer == "matched" else 0.0
    return Diagnostic("balance_in_score", value, 0.1, meaning, decides=True)


def _not_in_model(e: Evidence) -> Diagnostic:
    """Rubin 2001, Stuart 2010: above 0.25 no adjustment for the rest can be trusted."""
    meaning = "largest standardised difference of a baseline variable that is in no model"
    return Diagnostic("balance_not_in_score", _smd(e, False), 0.25, meaning)


def _equipoise(e: Evidence) -> Diagnostic:
    """Walker et al. 2013: half of the people with a preference score of 0.3 to 0.7."""
    known = ~np.isnan(e.score)
    meaning = "share of people whom doctors would as well have treated as not (preference 0.3-0.7)"
    if not known.any():
        return Diagnostic("equipoise", None, 0.5, meaning, at_most=False)
    p = e.arm[known].mean()
    odds = np.log(e.score[known]) - np.log1p(-e.score[known])
    preference = 1 / (1 + np.exp(-(odds - np.log(p / (1 - p)))))
    inside = int(((preference >= 0.3) & (preference <= 0.7)).sum())
    share, hidden = inside / len(preference), _few(e, inside, len(preference))
    return Diagnostic("equipoise", share, 0.5, meaning, at_most=False, hidden=hidden)


def _complete(e: Evidence) -> Diagnostic:
    """Bennett 2001: above 10% missing, complete cases may mislead."""
    x = matrix(e.table, e.study.match.covariates)
    gone = int(np.isnan(x).any(axis=1).sum())
    value = gone / len(x) if len(x) else None
    meaning = "share of people left out because a matching variable is missing"
    return Diagnostic("missing_covariates", value, 0.1, meaning, hidden=_few(e, gone, len(x)))


def _controls(e: Evidence) -> Diagnostic:
    """Lipsitch et al. 2010: an effect on what the drug cannot change is bias."""
    meaning = "share of negative controls with an effect (95% interval without 1)"
    rows = e.tables["effects"].filter(
        pl.col("analysis") == "negative_control",
        ~pl.col("contrast").str.ends_with("calibrated"),
        pl.col("lo").is_not_null(),
    )
    if rows.is_empty():
        return Diagnostic("negative_controls", None, 0.25, f"{meaning}; none is declared")
    hit = ((rows["lo"] > 1) | (rows["hi"] < 1)).mean()
    return Diagnostic("negative_controls", float(hit or 0.0), 0.25, meaning, decides=True)  # type: ignore[arg-type]


def _detectable(e: Evidence) -> Diagnostic:
    """The effect that the answer had 80% power to find; no threshold, for it is the reader's."""
    se, measure = e.primary["se"], e.primary["measure"]
    meaning = "smallest effect that the answer would have found with 80% power"
    if se is None or measure is None:
        return Diagnostic("minimum_detectable", None, None, meaning)
    value = POWER * se if measure in ("RD", "MD", "RMSTD") else float(np.exp(POWER * se))
    return Diagnostic("minimum_detectable", value, None, f"{meaning} ({measure})")
