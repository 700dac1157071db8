"""Whether the arms are alike where the answer compares them, and could be."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from scipy.stats import norm

from ehrivig.analysis.curvature import Bent, farthest
from ehrivig.analysis.diagnostics.diagnostic import Diagnostic, Evidence
from ehrivig.analysis.diagnostics.weights import score_weights
from ehrivig.analysis.models import set_weights
from ehrivig.dataset import Floats, exposed, matrix, score_names, unbent_names
from ehrivig.errors import AnalysisError
from ehrivig.stats.balance import balance, level_difference
from ehrivig.stats.result import BoolArray
from ehrivig.stats.timezero.weighted_clones import WeightedClones

SMALL, LARGE = 0.1, 0.25
_ROUNDING = 1e-9
LEARNED = ("aipw_cross_fitted", "tmle_cross_fitted")
"""Answers that learn squares and products."""


def hospitals(e: Evidence) -> Diagnostic:
    """How far the arms differ in their hospitals; 0 where models tell hospitals apart."""
    value: float | None = 0.0
    told_apart = (e.own_design and e.study.hospital_in_models) or e.study.hospital_in_score
    if not told_apart and e.table["hospital_id"].n_unique() > 1:
        people = e.matched if e.study.answer == "matched" else e.table
        value = _level_difference(people)
    none_shared = "compare people of hospitals that have both: the arms share no hospital"
    return Diagnostic(
        "hospital_imbalance",
        value,
        SMALL,
        "standardised difference of the arms in their hospitals, where no model has them",
        "Austin 2009",
        none_shared if value == math.inf else 'write hospital = "model" under [match]',
        decides=True,
    )


def _level_difference(people: pl.DataFrame) -> float | None:
    """The standardised difference of two arms in their hospitals; None where one has nobody."""
    arm = exposed(people)
    if not arm.any() or arm.all():
        return None
    return level_difference(arm, people["hospital_id"].to_numpy())[0]


def in_score(e: Evidence, clones: WeightedClones | None) -> Diagnostic:
    """What matching or weighting leaves of what it was to remove."""
    by_clones = e.study.answer == "clone_censor_weight"
    value = _left(e, clones)
    meaning = "largest standardised difference left of what is in the score"
    if value is None and e.own_design and not by_clones:
        meaning += " (this answer adjusts in its model, and balances nothing)"
    return Diagnostic(
        "balance_in_score",
        value,
        LARGE if by_clones else SMALL,
        meaning,
        "Rubin 2001; Stuart 2010" if by_clones else "Austin 2009; Austin and Stuart 2015",
        "add terms to the score, match closer, or choose another design",
        decides=value is not None or not e.own_design,
    )


def _left(e: Evidence, found: WeightedClones | None) -> float | None:
    """The largest difference left; None where nothing was balanced, or cannot be judged."""
    if e.study.answer == "matched":
        return _smd(e, True)
    if e.study.answer == "clone_censor_weight":
        return None if found is None or np.isnan(found.difference) else found.difference
    return None if e.own_design else _weighted(e)


def _weighted(e: Evidence) -> float | None:
    """The largest difference of a covariate of the score between the weighted arms."""
    made = score_weights(e)
    if made is None:
        return None
    known, weights = made
    x = matrix(e.table, e.study.match.covariates)[known]
    try:
        rows = balance(e.arm[known], x, weights=weights.weight).rows
    except AnalysisError:
        return None
    left = [_distance(row.after.smd, row.after.ks) for row in rows]
    return max((value for value in left if value is not None), default=None)


def _distance(smd: float | None, ks: float | None) -> float | None:
    """The size of a standardised difference; None without.

    Infinite where the arms have no spread and no value in common: nothing to divide by is left.
    """
    if smd is not None and np.isfinite(smd):
        return abs(float(smd))
    return math.inf if ks is not None and ks > 1 - _ROUNDING else None


def squares(e: Evidence) -> Diagnostic:
    """What a score that is linear in its covariates leaves where treatment bends."""
    meaning, value = (
        "how far a square or product of what is in the score differs, beyond chance",
        None,
    )
    learned = e.study.answer in LEARNED
    if learned and e.primary["estimate"] is not None:
        value, meaning = 0.0, f"{meaning} (this answer learns them)"
    elif not learned and (found := _bent(e)):
        value = found.beyond
        meaning += f": farthest is {found.term}" if value else ""
    return Diagnostic(
        "balance_squares_products",
        value,
        SMALL,
        meaning,
        "Austin 2009, of means; what is beyond chance by Bonferroni",
        "let it bend ([match] splines), or answer by aipw_cross_fitted",
        decides=value is not None and not e.own_design,
    )


def _bent(e: Evidence) -> Bent | None:
    """The square or product that is farthest off in the matched, or weighted by the score."""
    names = score_names(e.table, e.study)
    plain = sum(name in unbent_names(e.table) for name in names)
    if e.study.answer == "matched":
        weight, arm, people = set_weights(e.matched), exposed(e.matched), e.matched
        weight = np.ones(len(arm)) if weight is None else weight
    else:
        made = score_weights(e)
        if made is None:
            return None
        known, weights = made
        weight, arm, people = weights.weight, e.arm[known], e.table.filter(pl.Series(known))
    x = matrix(people, names)
    return None if np.isnan(x).any() else farthest(arm, x, names, weight, plain)


def _smd(e: Evidence, inside: bool) -> float | None:
    """The largest standardised difference of what is, or is not, in the score."""
    return max(_differences(e, inside), default=None)


def _differences(e: Evidence, inside: bool) -> list[float]:
    """The standardised difference of each covariate that is, or is not, in the score."""
    when = "matched" if e.study.answer == "matched" else "unmatched"
    table = e.tables.get("balance", pl.DataFrame())
    if table.is_empty():
        return []
    rows = table.filter(
        pl.col("in_score") == inside, pl.col("note").is_null(), pl.col("level") != "all levels"
    )
    found = (_distance(*row) for row in rows.select(f"smd_{when}", f"ks_{when}").iter_rows())
    return [value for value in found if value is not None]


def large_scale(e: Evidence) -> list[Diagnostic]:
    """What the pairs leave of all that was coded, beyond chance; nothing where it was not asked."""
    rows = e.tables.get("large_scale_score", pl.DataFrame())
    if rows.is_empty():
        return []
    value = rows.filter(pl.col("what") == "left_matched")["value"].to_list()[0]
    return [
        Diagnostic(
            "balance_large_scale",
            value,
            SMALL,
            "how far one of all that was coded differs in the pairs, beyond chance",
            "Schuemie et al. 2020; what is beyond chance by Bonferroni",
            "see in large_scale.csv of the run which it is; [match] covariates takes a confounder",
        )
    ]


def not_in_score(e: Evidence) -> Diagnostic:
    """What is in no model, and still differs; it decides where chance does not explain it."""
    left = _differences(e, False)
    largest = max(left, default=None)
    return Diagnostic(
        "balance_not_in_score",
        None if largest is None else round(largest, 2),
        LARGE,
        "largest standardised difference of a baseline variable that is in no model",
        "Rubin 2001; Stuart 2010; it decides where chance (Bonferroni) leaves more than that",
        "ask a clinician whether it drives treatment and outcome; then add it (balance.csv)",
        decides=largest is not None and largest - _by_chance(e, len(left)) > LARGE,
    )


def _by_chance(e: Evidence, n_variables: int) -> float:
    """How far the arms of a trial of this size would differ in the worst of so many variables."""
    arm = exposed(e.matched) if e.study.answer == "matched" else e.arm
    sizes = (int(arm.sum()), int((~arm).sum()))
    error = float(np.sqrt(sum(1 / max(n, 1) for n in sizes)))
    return float(norm.isf(0.025 / n_variables)) * error


def _scored(e: Evidence, clones: WeightedClones | None) -> tuple[Floats, BoolArray] | None:
    """The score and the arm of each person, by the strategies where the answer is of these.

    None where there are no strategies, or nobody of one arm has a score.
    """
    if e.study.answer != "clone_censor_weight":
        known = ~np.isnan(e.score)
        score, arm = e.score[known], e.arm[known]
    elif clones is None:
        return None
    else:
        score, arm = clones.score, clones.started
    return (score, arm) if arm.any() and not arm.all() else None


def overlap(e: Evidence, clones: WeightedClones | None) -> Diagnostic:
    """Who has people of the other arm with a score like theirs."""
    value, hidden = None, None
    if (scored := _scored(e, clones)) is not None:
        score, arm = scored
        low = max(score[arm].min(), score[~arm].min())
        high = min(score[arm].max(), score[~arm].max())
        inside = int(((score >= low) & (score <= high)).sum())
        value, hidden = inside / len(score), e.ends(inside, len(score))
    return Diagnostic(
        "overlap",
        value,
        0.95,
        "share of people whose propensity score lies where both arms have people",
        "Dehejia and Wahba 1999; 95% by convention",
        "restrict the population to whom both could be given, or answer by overlap",
        at_most=False,
        hidden=hidden,
    )


def equipoise(e: Evidence, clones: WeightedClones | None) -> Diagnostic:
    """Half of the people with a preference score of 0.3 to 0.7."""
    value, hidden = None, None
    if (scored := _scored(e, clones)) is not None:
        score, arm = scored
        p, inner = arm.mean(), np.clip(score, 1e-12, 1 - 1e-12)
        odds = np.log(inner) - np.log1p(-inner)
        preference = 1 / (1 + np.exp(-(odds - np.log(p / (1 - p)))))
        inside = int(((preference >= 0.3) & (preference <= 0.7)).sum())
        value, hidden = inside / len(preference), e.ends(inside, len(preference))
    return Diagnostic(
        "equipoise",
        value,
        0.5,
        "share of people whom doctors would as well have treated as not (preference 0.3-0.7)",
        "Walker et al. 2013",
        "confounding by indication is likely: compare with another drug, or restrict",
        at_most=False,
        hidden=hidden,
    )
