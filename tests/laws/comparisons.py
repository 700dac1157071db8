"""Tables, tests, balance, weights, matches and imputation, as the laws call them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ehrivig.match import caliper_width, logit, nearest, optimal
from ehrivig.match.score import propensity
from ehrivig.stats.arrays import above_zero, numbers
from ehrivig.stats.balance import balance, level_difference
from ehrivig.stats.imputation import rubin
from ehrivig.stats.imputation.impute import impute
from ehrivig.stats.tables import hodges_lehmann, rank
from ehrivig.stats.tables.contingency import (
    categorical_test,
    discordant,
    fisher_exact,
    mcnemar,
    pearson_chi_square,
)
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.tables.paired import paired_risk_difference, paired_risk_ratio
from ehrivig.stats.tables.sensitivity import e_value
from ehrivig.stats.tables.two_by_two import risk_difference, risk_ratio, wilson
from ehrivig.stats.tables.usual_tests import p_of_counts, p_of_means
from ehrivig.stats.weighting.weight import (
    effective_sample_size,
    entropy_balance,
    inverse_probability,
)
from tests.laws.estimator import (
    COUNTED,
    ONE_COVARIATE,
    UNPAIRED,
    WHOLE,
    Estimator,
    balance_read,
    effect,
    holed,
    location,
    matches_read,
    mean_difference,
    moments_of,
    p_values,
    plain_p,
    table_of,
    table_test,
    two_samples,
    value_pairs,
    weights_read,
)
from tests.laws.syntheses import ratios_of


def limits_of(found: Any) -> tuple[float, float, float]:
    """A ratio and its limits."""
    return found.estimate, found.lo, found.hi


def calibrated(
    log_ratios: Any, errors: Any, log_ratio: float, se: float, level: float = 0.95
) -> Any:
    """An effect read against negative controls, from their log ratios."""
    return calibrate(fit_null(log_ratios, errors), log_ratio, se, level)


def optimal_of_percent(arm: Any, score: Any, *, unit: float) -> Any:
    """Optimal pairs by scores rounded to whole per cent, 2 of them at most apart, in some unit."""
    whole = np.rint(100 * numbers(score, "score"))
    unit = above_zero(unit, "unit")
    return optimal(whole * unit, arm, 2 * unit, goal="maximum")


COMPARISONS = (
    Estimator(
        "difference of medians",
        median_difference,
        lambda r: ((r.value, r.arm), {}),
        effect,
        "difference",
        ("value", "arm"),
    ),
    Estimator(
        "difference of medians, clustered",
        median_difference,
        lambda r: ((r.value, r.arm), {"cluster": r.cluster}),
        effect,
        "difference",
        ("value", "arm", "cluster"),
    ),
    Estimator("risk ratio", risk_ratio, lambda r: (r.cells, {}), effect, "ratio", COUNTED),
    Estimator(
        "risk difference",
        risk_difference,
        lambda r: (r.cells, {}),
        effect,
        "difference",
        COUNTED,
        coherent=False,
        says=lambda found: found.variance,
    ),
    Estimator(
        "difference of pairs",
        paired_risk_difference,
        lambda r: (r.pairs(), {}),
        effect,
        "difference",
        COUNTED,
        also=(discordant,),
        exempt=UNPAIRED,
    ),
    Estimator(
        "ratio of pairs",
        paired_risk_ratio,
        lambda r: (r.pairs(), {}),
        effect,
        "ratio",
        COUNTED,
        exempt=UNPAIRED,
    ),
    Estimator(
        "McNemar",
        mcnemar,
        lambda r: (r.pairs()[1:3], {}),
        table_test,
        "same",
        COUNTED,
        exempt=UNPAIRED,
    ),
    Estimator(
        "Pearson chi-square",
        pearson_chi_square,
        lambda r: ((table_of(r),), {}),
        table_test,
        "same",
        COUNTED,
    ),
    Estimator("Fisher", fisher_exact, lambda r: ((table_of(r),), {}), table_test, "same", COUNTED),
    Estimator(
        "usual tests of counts",
        p_of_counts,
        lambda r: ((table_of(r),), {}),
        plain_p,
        "same",
        COUNTED,
    ),
    Estimator("usual tests of means", p_of_means, moments_of, plain_p, "same", ("arm", "value")),
    Estimator(
        "Kruskal-Wallis",
        rank.kruskal_wallis,
        lambda r: ((list(two_samples(r)[0]),), {}),
        location,
        "same",
        ("arm", "value"),
    ),
    Estimator(
        "signed rank",
        rank.wilcoxon_signed_rank,
        value_pairs,
        location,
        "same",
        ("arm", "value"),
        exempt=UNPAIRED,
    ),
    Estimator(
        "Hodges-Lehmann",
        hodges_lehmann.paired_shift,
        value_pairs,
        lambda found: {"estimate": found.shift, "lo": found.lo, "hi": found.hi},
        "difference",
        ("arm", "value"),
        exempt=UNPAIRED,
    ),
    Estimator("Welch", rank.t_test, two_samples, mean_difference, "difference", ("arm", "value")),
    Estimator(
        "paired t",
        rank.t_test,
        lambda r: value_pairs(r, kind="paired"),
        mean_difference,
        "difference",
        ("arm", "value"),
        exempt=UNPAIRED,
    ),
    Estimator(
        "ANCOVA",
        rank.ancova,
        lambda r: ((r.value, r.x[:, 0], r.arm), {}),
        mean_difference,
        "difference",
        ("arm", "x", "value"),
        exempt={"columns": ONE_COVARIATE},
    ),
    Estimator(
        "quantiles",
        rank.quantiles,
        lambda r: ((r.value, [0.1, 0.5, 0.9]), {}),
        lambda found: {str(k): float(v) for k, v in enumerate(found)},
        "",
        ("value",),
    ),
    Estimator(
        "Holm",
        holm,
        lambda r: ((p_values(r),), {}),
        lambda p: {"p": float(p[0])},
        "",
        ("event",),
        exempt=WHOLE,
    ),
    Estimator(
        "Benjamini-Hochberg",
        benjamini_hochberg,
        lambda r: ((p_values(r),), {}),
        lambda p: {"p": float(p[3])},
        "",
        ("event",),
        exempt=WHOLE,
    ),
    Estimator(
        "empirical null",
        fit_null,
        ratios_of,
        lambda found: {"sd": found.sd, "mean": abs(found.mean)},
        "same",
        COUNTED,
        exempt={"order": "the parts are neighbours in the data"},
    ),
    Estimator(
        "balance",
        balance,
        lambda r: ((r.arm, r.x), {"weights": r.weights}),
        balance_read,
        "",
        ("arm", "x"),
        exempt={
            "columns": "its rows are the covariates, with the sign of their differences",
            "missing": "a missing value leaves its row out of that covariate, and is counted",
            "weights": "weights are of reliability, and none count before matching",
        },
    ),
    Estimator(
        "difference of levels",
        level_difference,
        lambda r: ((r.arm,), {"labels": r.cluster, "weights": r.weights}),
        lambda found: {"before": found[0], "after": found[1]},
        "",
        ("arm", "cluster"),
        exempt={
            "missing": "a label is never missing: hospitals have names",
            "weights": "weights are of reliability, and none count before matching",
        },
    ),
    Estimator(
        "inverse probability",
        inverse_probability,
        lambda r: ((r.arm, propensity(r.arm == 1, r.x)), {}),
        weights_read,
        "",
        ("arm", "x"),
    ),
    Estimator(
        "entropy balance",
        entropy_balance,
        lambda r: ((r.arm, r.x), {"estimand": "ATE"}),
        weights_read,
        "",
        ("arm", "x"),
    ),
    Estimator(
        "nearest neighbour",
        nearest,
        lambda r: ((logit(propensity(r.arm == 1, r.x)), r.arm, 0.3), {"order": "largest"}),
        matches_read,
        "",
        ("arm", "x"),
        also=(logit,),
        exempt={
            "order": "equally near controls are taken in data order",
            "shift_scale": "rounding of the scores tells equally near controls apart",
            "columns": "rounding of the scores tells equally near controls apart",
        },
    ),
    Estimator(
        "optimal pairs",
        optimal,
        lambda r: ((propensity(r.arm == 1, r.x), r.arm, 0.05), {}),
        lambda found: {
            "cost": float(found.distance.sum()) + 0.05 * (found.n_treated - len(found.treated))
        },
        "",
        ("arm", "x"),
    ),
    Estimator(
        "caliper width",
        caliper_width,
        lambda r: ((propensity(r.arm == 1, r.x), 0.2), {}),
        lambda found: {"width": found},
        "",
        ("arm", "x"),
    ),
    Estimator(
        "imputation",
        impute,
        holed,
        lambda found: {"mean": float(found.values[:, :, -1].mean()) if found.values.size else 0.0},
        "",
        ("event",),
        exempt={
            "order": "which draw a cell gets depends on its row",
            "missing": "missing values are what it is for",
        },
    ),
    Estimator(
        "Rubin's rules",
        rubin.pool,
        ratios_of,
        lambda found: effect(found),
        "",
        COUNTED,
        also=(rubin.pool_effects,),
        exempt={"order": "the parts are neighbours in the data"},
    ),
    Estimator(
        "risk of an arm",
        wilson,
        lambda r: (r.cells[:2], {}),
        lambda found: {"lo": found[0], "hi": found[1]},
        "",
        COUNTED,
    ),
    Estimator(
        "risk ratio, corrected",
        risk_ratio,
        lambda r: (r.cells, {"correction": 0.5}),
        effect,
        "ratio",
        COUNTED,
    ),
    Estimator(
        "risk difference, Wald",
        risk_difference,
        lambda r: (r.cells, {"interval": "wald"}),
        effect,
        "difference",
        COUNTED,
        coherent=False,
        says=lambda found: found.variance,
    ),
    Estimator(
        "test by policy",
        categorical_test,
        lambda r: ((table_of(r),), {}),
        table_test,
        "same",
        COUNTED,
        also=(categorical_test,),
    ),
    Estimator(
        "E-value",
        e_value,
        lambda r: (limits_of(risk_ratio(*r.cells)), {"measure": "RR"}),
        lambda found: {"of": found.estimate, "limit": found.limit},
        "same",
        COUNTED,
        also=(e_value,),
    ),
    Estimator(
        "calibration",
        calibrated,
        lambda r: ((*ratios_of(r)[0], 0.3, 0.1), {}),
        lambda found: {"estimate": found.estimate, "lo": found.lo, "hi": found.hi, "p": found.p},
        "",
        COUNTED,
        also=(calibrate,),
        exempt={"order": "the parts are neighbours in the data"},
    ),
    Estimator(
        "effective size",
        effective_sample_size,
        lambda r: ((r.weights,), {}),
        lambda found: {"n": found},
        "",
        ("weights",),
        exempt={"weights": "the weights are what it is of"},
    ),
    Estimator(
        "nearest neighbour, given back",
        nearest,
        lambda r: ((logit(propensity(r.arm == 1, r.x)), r.arm, 0.3), {"replace": True}),
        matches_read,
        "",
        ("arm", "x"),
    ),
    Estimator(
        "nearest neighbour, two within groups",
        nearest,
        lambda r: (
            (logit(propensity(r.arm == 1, r.x)), r.arm, 0.3),
            {"ratio": 2, "exact": r.cluster % 3},
        ),
        matches_read,
        "",
        ("arm", "x", "cluster"),
        exempt={
            "order": "equally near controls are taken in data order",
            "shift_scale": "rounding of the scores tells equally near controls apart",
            "columns": "rounding of the scores tells equally near controls apart",
        },
    ),
    Estimator(
        "nearest neighbour, Mahalanobis",
        nearest,
        lambda r: (
            (logit(propensity(r.arm == 1, r.x)), r.arm, 0.3),
            {"mahalanobis": r.x, "order": "closest"},
        ),
        lambda found: {"pairs": float(len(found.treated))},
        "",
        ("arm", "x"),
        exempt={
            "order": "equally near controls are taken in data order",
            "shift_scale": "rounding of the scores tells equally near controls apart",
            "columns": "rounding of the scores tells equally near controls apart",
        },
    ),
    Estimator(
        "as many pairs as can be",
        optimal,
        lambda r: ((propensity(r.arm == 1, r.x), r.arm, 0.05), {"goal": "maximum"}),
        matches_read,
        "",
        ("arm", "x"),
    ),
    Estimator(
        "pairs of events",
        discordant,
        lambda r: (tuple(np.split(r.paired()[0].event, 2)), {}),
        lambda found: dict(zip("abcd", map(float, found), strict=True)),
        "",
        COUNTED,
        exempt=UNPAIRED,
    ),
    Estimator(
        "optimal pairs, rounded scores",
        optimal_of_percent,
        lambda r: ((r.arm, propensity(r.arm == 1, r.x)), {"unit": 0.01}),
        lambda found: {"pairs": float(len(found.treated))},
        "",
        ("arm", "distance"),
    ),
)
