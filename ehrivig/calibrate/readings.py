"""What each analysis claims to estimate in a simulated world, and whether it can be right there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ehrivig.analysis.models import versus
from ehrivig.calibrate.worlds import World, confounders
from ehrivig.stats.weighting.estimands import estimand_of
from ehrivig.study import Study

UNKNOWN = "none under an effect"


@dataclass(frozen=True)
class Reading:
    """One analysis in one world.

    `target`: "all", "matched" or "overlap" (risks averaged over these people), "conditional" (the
    effect given all confounders), "strategies" (start within grace against not), or `UNKNOWN` (the
    measure has no simple truth but under no effect). `valid`: whether theory says that interval and
    test hold; `exact`: whether the coverage should be 95%, not only at least that; `why` says the
    reason.
    """

    target: str
    valid: bool
    why: str
    exact: bool = True


CONFOUNDED = Reading("all", False, "not adjusted: the exposed are sicker")
IMMORTAL = Reading(UNKNOWN, False, "immortal time: the exposed lived to their first dose")
BAND = Reading(UNKNOWN, False, "immortal time: early death keeps people out of, or in, the group")


def reading(row: dict[str, Any], study: Study, world: World) -> Reading | None:
    """How to judge a row of `effects.csv`; None for a row that is not calibrated."""
    if row["outcome"] != study.primary.name:
        return None
    if row["analysis"] == "time_zero":
        return _time_zero(row) if world == "delayed" else None
    if row["analysis"] == "table3" and row["contrast"] != versus(study):
        return None if world == "immediate" and _by_timing(row, study) else BAND
    if row["analysis"] not in (
        "table3",
        "main",
        "weighting",
        "table_s2",
        "hospital",
        "interaction",
    ):
        return None
    if row["analysis"] == "hospital" and row["population"] != "all hospitals":
        return None
    return _at_time_zero(row, study) if world == "immediate" else IMMORTAL


def _by_timing(row: dict[str, Any], study: Study) -> bool:
    """Whether a group of Table 3 is early or late: all are early where exposure is immediate."""
    timing = [b for b in study.exposure.bands if b.feature == "hours_to_first_dose"]
    return any(label in row["contrast"] for b in timing for label in (b.low_label, b.high_label))


def _at_time_zero(row: dict[str, Any], study: Study) -> Reading | None:
    """An analysis of exposure as if it started at time zero, in the world where it does."""
    if row["analysis"] == "weighting":
        people = estimand_of(row["estimand"]).people
        return Reading(people, True, f"weights of the true score model; {row['estimand']}")
    if row["analysis"] == "table_s2":
        missed = [name for name in confounders(study) if name not in study.analysis.adjust]
        if missed:
            return Reading("conditional", False, f"leaves out {len(missed)} of the confounders")
        return Reading("conditional", True, "adjusted for all confounders")
    if row["analysis"] == "hospital":
        return Reading(UNKNOWN, True, "adjusted for the score; conditional on it")
    if row["analysis"] == "interaction":
        return Reading(UNKNOWN, True, "sides with the same effect; sparse where rare", exact=False)
    if row["population"] == "all":
        return CONFOUNDED if row["measure"] != "HR" else _no_truth(CONFOUNDED)
    return _matched(row)


def _matched(row: dict[str, Any]) -> Reading:
    """An analysis of the matched people."""
    if "adjusted for" in row["model"]:
        return Reading("conditional", True, "score and outcome model; given all confounders")
    if "g-computation" in row["model"]:
        return Reading("matched", True, "score and outcome model; the exposed who have a match")
    how = "balanced by the score, whose estimation the variance ignores"
    if row["measure"] == "HR":
        return Reading(UNKNOWN, True, how, exact=False)
    if "conditional" in row["estimand"]:
        return Reading(UNKNOWN, True, f"{how}; conditional on the pair", exact=False)
    return Reading("matched", True, f"{how}; the exposed who have a match", exact=False)


def _no_truth(found: Reading) -> Reading:
    return Reading(UNKNOWN, found.valid, found.why)


def _time_zero(row: dict[str, Any]) -> Reading:
    """A design on the clock, in the world where exposure starts late."""
    contrast, standardised = row["contrast"], "g-formula" in row["model"]
    adjusted = standardised or row["measure"] == "HR"
    if "naive" in contrast:
        target = "conditional" if adjusted else UNKNOWN
        return Reading(target, False, IMMORTAL.why)
    if "clone-censor-weight" in contrast:
        return Reading("strategies", True, "censoring weighted by all confounders")
    if "landmark" in contrast:
        if adjusted:
            return Reading(UNKNOWN, True, "no immortal time; adjusted; mixes later starters")
        return Reading(UNKNOWN, False, "no immortal time, but its risks are not adjusted")
    if standardised:
        return Reading(UNKNOWN, True, "risks of who starts, given all confounders")
    return Reading("conditional", True, "hazard from the start on, given all confounders")
