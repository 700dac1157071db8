"""Figures 2A and 2B and their effects: survival to the horizon, and time to RNA clearance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights, versus
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import CoxFit, cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test
from ehrivig.stats.survival.rmst import rmst_difference
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time
from ehrivig.study.registries import OUTCOMES

SCHEMA: dict[str, Any] = {
    "curve": pl.String,
    "population": pl.String,
    "group": pl.String,
    "cause": pl.String,
    "time": pl.Float64,
    "estimate": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "at_risk": pl.Int64,
    "note": pl.String,
}
GRID_POINTS = 225  # eight a day over four weeks
CLEARANCE_DAYS = 60.0
GROUPS = ("control", "exposed")
CLEARED = 1
CAUSES = {1: "event", 2: "death", 3: "left uncleared"}
INSTANT_DAYS = 1 / 1440  # a minute: an event at time zero itself still needs a risk set before it


def curves(frame: pl.DataFrame, matched: pl.DataFrame, study: Study) -> pl.DataFrame:
    """All curves of a study: survival of everybody and of the matched, and clearance.

    `note` holds the warning of immortal time where the arms are ever and never exposed.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    horizon = study.primary.within_days or 28.0
    smallest = study.report.smallest_cell
    for population, people in (("all", frame), ("matched", matched)):
        if followed_up(study):
            parts.append(
                _attempt(lambda p=people, n=population: _survival(p, n, horizon, smallest))
            )
        for outcome in study.outcomes.variables:
            if outcome.source == "clearance":
                parts.append(_attempt(lambda p=people, n=population: _clearance(p, n)))
    return pl.concat(parts).with_columns(note=pl.lit(immortal_time(study) or None, pl.String))


def _attempt(compute: Any) -> pl.DataFrame:
    """A curve, or no rows where there is none to draw."""
    try:
        frame: pl.DataFrame = compute()
    except AnalysisError:
        return pl.DataFrame(schema=SCHEMA)
    return frame


def _survival(frame: pl.DataFrame, population: str, horizon: float, smallest: int) -> pl.DataFrame:
    """Kaplan-Meier curves of both arms on a fixed grid of days; at risk is blank when small."""
    time, event, arm = follow_up(frame)
    weights = set_weights(followed(frame))
    fit = kaplan_meier(time, event, group=arm.astype(int), conf_type="log-log", weights=weights)
    grid = np.linspace(0, horizon, GRID_POINTS)
    parts = []
    for curve in fit.curves:
        at = curve.at(grid)
        risk = [None if disclosure.small(int(n), smallest) else int(n) for n in at.n_risk]
        key = ("km", population, GROUPS[int(str(curve.group))], "death")
        parts.append(_rows(key, grid, at.survival, at.lower, at.upper, risk))
    return pl.concat(parts)


def _clearance(frame: pl.DataFrame, population: str) -> pl.DataFrame:
    """Aalen-Johansen curves of clearance and of death before it, from symptom onset.

    Admissions enter at admission (left truncation), so that early time belongs to nobody unseen.
    """
    time, status, entry, arm = clearance_times(frame)
    fit = cumulative_incidence(time, status, entry=entry, group=arm.astype(int))
    grid = np.linspace(0, CLEARANCE_DAYS, GRID_POINTS)
    parts = []
    for curve in fit.curves:
        at = curve.at(grid)
        cause = CAUSES[curve.cause]
        key = ("cif", population, GROUPS[int(str(curve.group))], cause)
        parts.append(_rows(key, grid, at.incidence, at.lower, at.upper, [None] * len(grid)))
    return pl.concat(parts)


def _rows(
    key: tuple[str, str, str, str],
    grid: Floats,
    estimate: Floats,
    lo: Floats,
    hi: Floats,
    at_risk: list[int | None],
) -> pl.DataFrame:
    """One curve as rows of `curves.csv`; before the first event there is no interval."""
    constant = dict(zip(("curve", "population", "group", "cause"), key, strict=True))
    points = {"time": grid, "estimate": estimate, "lo": lo, "hi": hi, "at_risk": at_risk}
    frame = pl.DataFrame(points, schema_overrides={"at_risk": pl.Int64})
    return (
        frame.with_columns(pl.lit(value).alias(name) for name, value in constant.items())
        .with_columns(pl.col("estimate", "lo", "hi").fill_nan(None))
        .with_columns(note=pl.lit(None, pl.String))
        .select(list(SCHEMA))
    )


def followed_up(study: Study) -> bool:
    """Whether the primary outcome is a death, so that the table has times to it."""
    return OUTCOMES[study.primary.source].follow_up


def followed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows whose follow-up is known."""
    return frame.filter(pl.col("time_days").is_not_null() & pl.col("event").is_not_null())


def follow_up(frame: pl.DataFrame) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Days to death or to the horizon, whether death, and the arm, of the rows with follow-up."""
    known = followed(frame)
    time = np.maximum(values(known, "time_days"), INSTANT_DAYS)
    return time, known["event"].cast(pl.Boolean).to_numpy().astype(bool), exposed(known)


def clearance_times(frame: pl.DataFrame) -> tuple[Floats, np.ndarray, Floats, np.ndarray]:
    """Days from onset to clearance, death, leaving or last sight; status; entry; the arm.

    Status: 0 censored, 1 cleared, 2 died, 3 left alive uncleared. Leaving is a competing event:
    who leaves is not like who stays.
    """
    columns = ["clearance_days", "clearance_status", "clearance_entry_days"]
    known = frame.filter(pl.all_horizontal(pl.col(columns).is_not_null()))
    if known.is_empty():
        raise AnalysisError("no admission has both an onset and a positive test")
    entry = values(known, "clearance_entry_days")
    time = np.maximum(values(known, "clearance_days"), entry + INSTANT_DAYS)
    return time, values(known, "clearance_status").astype(int), entry, exposed(known)


def schoenfeld(fit: CoxFit) -> str:
    """The test that the hazard ratio is the same at all times, in words."""
    try:
        test = proportional_hazards_test(fit)
    except AnalysisError as error:
        return f"proportional hazards not tested: {error}"
    return f"proportional hazards (Schoenfeld) p = {test.global_p:.4g}"


def grays_test(time: Floats, status: np.ndarray, arm: np.ndarray, entry: Floats) -> str:
    """The test that both arms share one incidence of clearance, in words."""
    try:
        test = gray_test(time, status, arm, cause=CLEARED, entry=entry)
    except AnalysisError as error:
        return f"Gray's test not made: {error}"
    return f"Gray's test p = {test.p:.4g}"


def survival_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Hazard ratio, log-rank test and difference in restricted mean, of all and of the matched."""
    if not followed_up(study):
        return
    primary, contrast = study.primary, versus(study)
    horizon = primary.within_days or 28.0
    for population, people in (("all", frame), ("matched", matched)):
        pairs = followed(people)["pair_id"].to_numpy() if population == "matched" else None
        weights = set_weights(followed(people))
        question = Question("main", contrast, primary.name, population, primary.event_label)

        def hazard(people: pl.DataFrame = people, pairs: Any = pairs, w: Any = weights) -> Effect:
            time, event, arm = follow_up(people)
            fit = cox(
                time,
                event,
                arm[:, None].astype(float),
                cluster=pairs,
                weights=w,
                names=["exposed"],
                event_label=primary.event_label,
            )
            if w is not None:
                return fit.effect("exposed", arm)
            test = logrank(time, event, arm, event_label=primary.event_label)
            notes = (f"log-rank p = {test.p:.4g}", schoenfeld(fit))
            return fit.effect("exposed", arm, notes=notes)

        def restricted(people: pl.DataFrame = people, w: Any = weights) -> Effect:
            time, event, arm = follow_up(people)
            fit = kaplan_meier(
                time,
                event,
                group=arm.astype(int),
                weights=w,
                event_label=primary.event_label,
            )
            return rmst_difference(fit[1], fit[0], horizon, estimand=f"days to day {horizon:g}")

        rows.ask(question, hazard)
        rows.ask(question, restricted)


def clearance_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Gray's test with Fine-Gray and the cause-specific hazard ratio of clearance."""
    contrast = versus(study)
    for outcome in study.outcomes.variables:
        if outcome.source != "clearance":
            continue
        for population, people in (("all", frame), ("matched", matched)):
            question = Question("main", contrast, outcome.name, population, outcome.event_label)
            label = outcome.event_label

            def subdistribution(people: pl.DataFrame = people, label: str = label) -> Effect:
                time, status, entry, arm = clearance_times(people)
                fit = fine_gray(
                    time,
                    status,
                    arm[:, None].astype(float),
                    cause=CLEARED,
                    entry=entry,
                    names=["exposed"],
                    event_label=label,
                )
                gray = grays_test(time, status, arm, entry)
                note = f"{gray}; entry at admission (left truncation)"
                return replace(fit.effect("exposed", arm), notes=(note,))

            def cause_specific(people: pl.DataFrame = people, label: str = label) -> Effect:
                time, status, entry, arm = clearance_times(people)
                fit = cause_specific_cox(
                    time,
                    status,
                    arm[:, None].astype(float),
                    cause=CLEARED,
                    entry=entry,
                    names=["exposed"],
                    event_label=label,
                )
                return fit.effect("exposed", arm, notes=("entry at admission", schoenfeld(fit)))

            rows.ask(question, subdistribution)
            rows.ask(question, cause_specific)
