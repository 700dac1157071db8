"""Every public estimator, how it is called on some rows, and what is read from its result.

A name that the package offers and that stands in no entry fails `test_registry.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.match import caliper_width, logit, nearest, optimal
from ehrivig.match.score import propensity
from ehrivig.meta import (
    Counts,
    Plan,
    cumulative,
    effect_sizes,
    egger_test,
    influence,
    leave_one_out,
    meta_regression,
    peters_test,
    peto_effects,
    pool,
    pool_effects,
    pool_hospitals,
    subgroup_analysis,
    trim_and_fill,
)
from ehrivig.stats.balance import balance, level_difference
from ehrivig.stats.dose_plans import (
    DosePlan,
    dose_clone_censor_weight,
    dose_days,
    dose_structural_model,
)
from ehrivig.stats.imputation import rubin
from ehrivig.stats.imputation.impute import impute
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.interaction import interaction
from ehrivig.stats.regression.linear import linear
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.standardise import aipw, g_computation
from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test
from ehrivig.stats.survival.rmst import rmst_difference
from ehrivig.stats.tables import hodges_lehmann, rank
from ehrivig.stats.tables.contingency import (
    categorical_test,
    discordant,
    fisher_exact,
    mcnemar,
    pearson_chi_square,
)
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.tables.paired import paired_risk_difference, paired_risk_ratio
from ehrivig.stats.tables.sensitivity import e_value
from ehrivig.stats.tables.two_by_two import risk_difference, risk_ratio
from ehrivig.stats.tables.usual_tests import p_of_counts, p_of_means
from ehrivig.stats.timezero import (
    clone_censor_weight,
    course,
    ever_vs_never,
    extreme_weights,
    follow_up,
    landmark,
    sequential_trials,
    time_dependent_cox,
)
from ehrivig.stats.weighting.cross_fitted import cross_fitted_aipw
from ehrivig.stats.weighting.weight import entropy_balance, inverse_probability
from tests.laws.rows import Rows

Numbers = dict[str, float]
Call = tuple[tuple[Any, ...], dict[str, Any]]
LABELS = ("cluster", "group", "strata", "exact", "side", "labels", "hospitals")
"""Arguments that hold labels."""


@dataclass(frozen=True)
class Estimator:
    """One public function as it is used for one question.

    `call(rows)` are its arguments, `read` takes named numbers from its result: `estimate`, `lo`,
    `hi`, `se`, `p` where there are any. `kind`: the estimate is a "ratio" or "difference" of the
    arms, a test or measure that is the "same" for both directions, or "" where the arms do not
    enter. `uses` are the columns of the rows that its answer depends on. `exempt` are laws that it
    does not obey, each with the reason.
    """

    name: str
    function: Callable[..., Any]
    call: Callable[[Rows], Call]
    read: Callable[[Any], Numbers]
    kind: str = ""
    uses: tuple[str, ...] = ()
    coherent: bool = True
    also: tuple[Callable[..., Any], ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> set[str]:
        return set(inspect.signature(self.function).parameters)

    def takes_labels(self, place: int | str) -> bool:
        """Whether an argument, by its place or its name, holds labels."""
        names = list(inspect.signature(self.function).parameters)
        return (names[place] if isinstance(place, int) else place) in LABELS

    def __call__(self, rows: Rows, **options: Any) -> Numbers:
        args, kwargs = self.call(rows)
        return self.read(self.function(*args, **kwargs | options))


def effect(found: Any) -> Numbers:
    names = ("estimate", "lo", "hi", "se", "p")
    refused = [note for note in getattr(found, "notes", ()) if note.startswith("no estimate: ")]
    if refused:
        raise AnalysisError(refused[0])
    return {name: float(getattr(found, name)) for name in names}


def first_ratio(found: Any) -> Numbers:
    """The exposure's numbers of a fit, whose column is called `exposed`."""
    j = found.names.index("exposed")
    ratio = found.odds_ratio if hasattr(found, "odds_ratio") else found.hazard_ratio
    return {
        "estimate": float(ratio[j]),
        "lo": float(found.lo[j]),
        "hi": float(found.hi[j]),
        "se": float(found.se[j]),
        "p": float(found.p[j]),
    }


def names_of(rows: Rows) -> list[str]:
    return ["exposed", *(f"x{j}" for j in range(rows.x.shape[1]))]


def fitted(rows: Rows, **more: Any) -> Call:
    return (rows.event, rows.full), {"names": names_of(rows), **more}


def survival(rows: Rows, **more: Any) -> Call:
    return (rows.time, rows.event, rows.full), {"names": names_of(rows), **more}


def competing(rows: Rows, **more: Any) -> Call:
    return (rows.time, rows.status, rows.full), {"names": names_of(rows), **more}


def first_difference(found: Any) -> Numbers:
    """The exposure's numbers of a linear fit."""
    names = {"estimate": "coef", "lo": "lo", "hi": "hi", "se": "se", "p": "p"}
    return {name: float(getattr(found, column)[0]) for name, column in names.items()}


def in_pairs(rows: Rows) -> Call:
    people, pair = rows.paired()
    return (people.event, people.arm, pair), {"names": ["exposed"]}


def two_samples(rows: Rows, **more: Any) -> Call:
    return (rows.value[rows.arm == 1], rows.value[rows.arm == 0]), more


def value_pairs(rows: Rows, **more: Any) -> Call:
    people, _ = rows.paired()
    return tuple(np.split(people.value, 2)), more


def location(found: Any) -> Numbers:
    return {"statistic": abs(found.statistic), "p": found.p}


def mean_difference(found: Any) -> Numbers:
    return {
        "estimate": found.difference,
        "lo": found.lo,
        "hi": found.hi,
        "se": found.se,
        "p": found.p,
    }


def table_test(found: Any) -> Numbers:
    return {"p": found.p}


def table_of(rows: Rows) -> list[list[int]]:
    a, n1, c, n0 = rows.cells
    return [[a, n1 - a], [c, n0 - c]]


def half_way(rows: Rows) -> float:
    """A time at which both arms are still followed."""
    last = min(rows.time[rows.arm == v].max() for v in (0, 1))
    return float(min(np.median(rows.time), 0.9 * last))


def median_curve(found: Any) -> Numbers:
    """The curve of both arms, each at the median of its event times."""
    numbers: Numbers = {}
    for k, curve in enumerate(found.curves):
        events = curve.time[curve.n_event > 0]
        at = curve.at([float(np.median(events)) if len(events) else 1.0])
        numbers[f"survival {k}"] = float(at.survival[0])
        numbers[f"lower {k}"] = float(at.lower[0])
    return numbers


def median_incidence(found: Any) -> Numbers:
    at = {
        f"{c.group} {c.cause}": c.at([float(np.median(c.time)) if len(c.time) else 1.0])
        for c in found.curves
    }
    return {key: float(value.incidence[0]) for key, value in at.items()} | {
        f"variance {key}": float(value.variance[0]) for key, value in at.items()
    }


def restricted(time: Any, event: Any, group: Any, horizon: float, level: float = 0.95) -> Any:
    """The difference in restricted mean survival time, from follow-up."""
    curves = kaplan_meier(time, event, group=group, level=level)
    return rmst_difference(curves[1.0], curves[0.0], horizon)


def schoenfeld(time: Any, event: Any, x: Any) -> Any:
    return proportional_hazards_test(cox(time, event, x))


def on_one_clock(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of time zero, from arrays."""

    def run(time: Any, event: Any, start: Any, x: Any, *options: Any, **more: Any) -> Any:
        return design(follow_up(time, event, start, x), *options, **more)

    return run


def clock(rows: Rows, *options: Any, **more: Any) -> Call:
    start = np.where(rows.arm == 1, 0.2 * rows.time, np.nan)
    return (rows.time, rows.event, start, rows.x, *options), more


def with_course(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of time zero, from arrays, with covariates that move."""

    def run(time: Any, event: Any, start: Any, x: Any, moves: Any, **more: Any) -> Any:
        return design(follow_up(time, event, start, x, course=course(moves, step_hours=1)), **more)

    return run


def moving_clock(rows: Rows, **more: Any) -> Call:
    """As `clock`, with a value that moves from hour to hour, away from the covariates'."""
    (time, event, start, x), _ = clock(rows)
    moves = rows.value[:, None] * [1.0, 0.4, -0.2, 0.1] + rows.weights[:, None] * [0, 1, -1, 0.5]
    return (time, event, start, x, moves), more


def with_doses(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of doses, from arrays."""

    def run(time: Any, event: Any, grams: Any, x: Any, **more: Any) -> Any:
        leaves = np.full(len(time), np.nan)
        days = dose_days(time, event, leaves, grams, x, horizon_days=6)
        return design(days, bootstraps=40, seed=3, **more)

    return run


def dosed_days(rows: Rows, **more: Any) -> Call:
    """5 g on up to three days from the first or second on, by arm and value."""
    begins = np.where(rows.value > np.median(rows.value), 0, 1)
    lasts = 1 + (rows.weights.astype(int) + begins) % 3
    since = np.arange(6) - begins[:, None]
    given = (since >= 0) & (since < lasts[:, None]) & (rows.arm[:, None] == 1)
    return (rows.time * 24, rows.event, given * 5.0, rows.x), more


DOSE_PLANS = (DosePlan("dosed"), DosePlan("never", days_at_most=0))


def effects_of(found: Any) -> Numbers:
    numbers = [effect(e) for e in found]
    return numbers[-1] | {f"{k} {i}": v for i, e in enumerate(numbers[:-1]) for k, v in e.items()}


def first_contrast(found: Any) -> Numbers:
    """Of the first plan and the next, or the reason why there is none."""
    if isinstance(found[0], AnalysisError):
        raise found[0]
    return effect(found[0][0])


def by_cluster(rows: Rows) -> Counts:
    """Eight studies: 2x2 counts of rows that are neighbours, half an event more in each arm."""
    counts = {"events_treated": [], "n_treated": [], "events_control": [], "n_control": []}
    for part in np.array_split(np.arange(rows.n), 8):
        a, n1, c, n0 = rows.take(part).cells
        for key, value in zip(counts, (a + 1, n1 + 2, c + 1, n0 + 2), strict=True):
            counts[key].append(float(value))
    return Counts(**{key: np.array(value) for key, value in counts.items()})


def sizes_of(rows: Rows) -> Any:
    return effect_sizes(by_cluster(rows), "OR")


def pooled(found: Any) -> Numbers:
    return {
        "estimate": found.estimate,
        "lo": found.lo,
        "hi": found.hi,
        "se": found.se,
        "p": found.p,
        "q": found.dispersion.q,
    }


def asymmetry(found: Any) -> Numbers:
    return {"coefficient": abs(found.coefficient), "p": found.p}


def hospital_call(rows: Rows) -> Call:
    sizes = sizes_of(rows)
    se = np.sqrt(sizes.v)
    limits = [np.exp(sizes.y + s * 1.959963984540054 * se) for s in (0, -1, 1)]
    return ([f"H{k}" for k in range(8)], *limits), {"measure": "OR", "se": se}


def weights_read(found: Any) -> Numbers:
    w = np.asarray(found.weight)
    return {"treated": found.effective_treated, "control": found.effective_control, "sum": w.sum()}


def balance_read(found: Any) -> Numbers:
    return {
        f"{name} {side} {row.covariate}": float(getattr(getattr(row, side), name))
        for row in found.rows
        for side in ("before", "after")
        for name in ("smd", "ks")  # a binary covariate has no variance ratio: its unit matters
    }


def matches_read(found: Any) -> Numbers:
    return {"pairs": float(len(found.treated)), "distance": float(found.distance.sum())}


def holed(rows: Rows) -> Call:
    """Every seventh value of the first covariate is missing."""
    x = np.column_stack([rows.x, rows.event])
    x[::7, 0] = np.nan
    kinds = ["pmm"] * rows.x.shape[1] + ["binary"]
    return (x, kinds), {"seed": 1, "m": 3, "iterations": 3}


def p_values(rows: Rows) -> np.ndarray:
    return np.linspace(0.001, 0.9, 9) ** 1.5 * rows.event.mean()


def ratios_of(rows: Rows) -> Call:
    """Log odds ratios of eight parts, as of imputed tables or negative controls."""
    sizes = sizes_of(rows)
    return (sizes.y, np.sqrt(sizes.v)), {}


def p_only(found: Any) -> Numbers:
    return {"p": float(found.p)}


def plain_p(found: Mapping[str, float]) -> Numbers:
    return {f"p of {name}": p for name, p in found.items()}


def moments_of(rows: Rows) -> Call:
    groups = [rows.value[rows.arm == v] for v in (1, 0)]
    return tuple((float(g.mean()), float(g.std(ddof=1)), len(g)) for g in groups), {}


UNPAIRED = {"order": "the pairs are made of neighbours in the data"}
COUNTED = ("event", "arm")
ADJUSTED = ("event", "arm", "x")
FOLLOWED = ("time", "event", "arm", "x")
CAUSES = ("time", "status", "arm", "x")
EFRON = {"weights": "a row of weight 2 is one death, two rows are two tied ones (as coxph)"}
PARTS = {"split": "a part of a person that ends is censored for the weights (give whole people)"}
HOURS = {"time_unit": "its grace, windows and horizons are in hours"}
DRAWN = {
    "order": "the bootstrap draws row numbers",
    "missing": "NaN is a dose of unknown amount",
    **HOURS,
}
WHOLE = {"missing": "NaN is no p-value, and does not count in the family"}

ESTIMATORS = (
    Estimator("logistic", logistic, fitted, first_ratio, "ratio", ADJUSTED),
    Estimator(
        "logistic, profile",
        logistic,
        lambda r: fitted(r, interval="profile"),
        first_ratio,
        "ratio",
        ADJUSTED,
        exempt={"weights": "a likelihood has no sampling weights"},
    ),
    Estimator(
        "logistic, Firth",
        logistic,
        lambda r: fitted(r, firth=True),
        first_ratio,
        "ratio",
        ADJUSTED,
        exempt={"weights": "Firth's fit takes no weights"},
    ),
    Estimator(
        "logistic, clustered",
        logistic,
        lambda r: fitted(r, cluster=r.cluster),
        first_ratio,
        "ratio",
        (*ADJUSTED, "cluster"),
    ),
    Estimator(
        "logistic, weighted",
        logistic,
        lambda r: fitted(r, weights=r.weights),
        first_ratio,
        "ratio",
        ADJUSTED,
    ),
    Estimator(
        "conditional logistic",
        conditional_logistic,
        in_pairs,
        first_ratio,
        "ratio",
        COUNTED,
        exempt=UNPAIRED,
    ),
    Estimator(
        "conditional logistic, strata",
        conditional_logistic,
        lambda r: ((r.event, r.full, r.cluster), {"names": names_of(r)}),
        first_ratio,
        "ratio",
        (*ADJUSTED, "cluster"),
    ),
    Estimator(
        "interaction",
        interaction,
        lambda r: ((r.event, r.arm, r.x[:, 0] > np.median(r.x[:, 0])), {}),
        lambda found: effect(found.ratios[0]) | {"chi2": found.chi2},
        "ratio",
        COUNTED,
        coherent=False,  # Wald's interval, likelihood-ratio p: both are named
    ),
    Estimator(
        "g-computation",
        g_computation,
        lambda r: ((r.event, r.arm, r.x), {}),
        lambda found: effect(found.risk_difference),
        "difference",
        ADJUSTED,
    ),
    Estimator(
        "g-computation, clustered",
        g_computation,
        lambda r: ((r.event, r.arm, r.x), {"cluster": r.cluster}),
        lambda found: effect(found.risk_ratio),
        "ratio",
        (*ADJUSTED, "cluster"),
    ),
    Estimator(
        "AIPW",
        aipw,
        lambda r: ((r.event, r.arm, r.x), {"propensity": propensity(r.arm == 1, r.x)}),
        lambda found: effect(found.risk_difference),
        "difference",
        ADJUSTED,
        also=(propensity,),
    ),
    Estimator(
        "AIPW, leaving one out",
        aipw,
        lambda r: (
            (r.event, r.arm, r.x),
            {"propensity": propensity(r.arm == 1, r.x), "variance": "leave_one_out"},
        ),
        lambda found: effect(found.risk_difference),
        "difference",
        ADJUSTED,
    ),
    Estimator(
        "AIPW, cross-fitted",
        cross_fitted_aipw,
        lambda r: ((r.event, r.arm, r.x), {"folds": 2, "splits": 1}),
        lambda found: effect(found.risk_difference),
        "difference",
        ADJUSTED,
    ),
    Estimator(
        "g-computation, leaving one out",
        g_computation,
        lambda r: ((r.event, r.arm, r.x), {"variance": "leave_one_out"}),
        lambda found: effect(found.odds_ratio),
        "ratio",
        ADJUSTED,
    ),
    Estimator(
        "linear",
        linear,
        lambda r: ((r.value, r.full), {"names": names_of(r)}),
        first_difference,
        "difference",
        ("value", "arm", "x"),
    ),
    Estimator(
        "linear, clustered",
        linear,
        lambda r: ((r.value, r.full), {"names": names_of(r), "cluster": r.cluster}),
        first_difference,
        "difference",
        ("value", "arm", "x", "cluster"),
    ),
    Estimator("Cox", cox, survival, first_ratio, "ratio", FOLLOWED, exempt=EFRON),
    Estimator(
        "Cox, Breslow",
        cox,
        lambda r: survival(r, ties="breslow"),
        first_ratio,
        "ratio",
        FOLLOWED,
    ),
    Estimator(
        "Cox, late entry",
        cox,
        lambda r: survival(r, entry=r.entry),
        first_ratio,
        "ratio",
        FOLLOWED,
        exempt=EFRON,
    ),
    Estimator(
        "Cox, clustered",
        cox,
        lambda r: survival(r, cluster=r.cluster),
        first_ratio,
        "ratio",
        (*FOLLOWED, "cluster"),
        exempt=EFRON,
    ),
    Estimator(
        "Cox, exact ties",
        cox,
        lambda r: survival(r, ties="exact"),
        first_ratio,
        "ratio",
        FOLLOWED,
        exempt={"weights": "the exact likelihood has no weights"},
    ),
    Estimator(
        "cause-specific Cox",
        cause_specific_cox,
        competing,
        first_ratio,
        "ratio",
        CAUSES,
        exempt=EFRON,
    ),
    Estimator(
        "proportional hazards",
        schoenfeld,
        lambda r: ((r.time, r.event, r.full), {}),
        lambda found: {"chi2": found.global_chi2, "p": found.global_p},
        "same",
        FOLLOWED,
        also=(proportional_hazards_test,),
    ),
    Estimator("Fine-Gray", fine_gray, competing, first_ratio, "ratio", CAUSES, exempt=PARTS),
    Estimator(
        "Fine-Gray, clustered",
        fine_gray,
        lambda r: competing(r, cluster=r.cluster),
        first_ratio,
        "ratio",
        (*CAUSES, "cluster"),
        exempt=PARTS,
    ),
    Estimator(
        "Kaplan-Meier",
        kaplan_meier,
        lambda r: ((r.time, r.event), {"group": r.arm}),
        median_curve,
        "",
        ("time", "event", "arm"),
    ),
    Estimator(
        "restricted mean",
        restricted,
        lambda r: ((r.time, r.event, r.arm, half_way(r)), {}),
        effect,
        "difference",
        ("time", "event", "arm"),
        also=(rmst_difference,),
    ),
    Estimator(
        "log-rank",
        logrank,
        lambda r: ((r.time, r.event, r.arm), {}),
        lambda found: {"chi2": found.chi2, "p": found.p},
        "same",
        ("time", "event", "arm"),
    ),
    Estimator(
        "cumulative incidence",
        cumulative_incidence,
        lambda r: ((r.time, r.status), {"group": r.arm}),
        median_incidence,
        "",
        ("time", "status", "arm"),
    ),
    Estimator(
        "Gray",
        gray_test,
        lambda r: ((r.time, r.status, r.arm), {}),
        lambda found: {"chi2": found.chi2, "p": found.p},
        "same",
        ("time", "status", "arm"),
        exempt=PARTS,
    ),
    Estimator("risk ratio", risk_ratio, lambda r: (r.cells, {}), effect, "ratio", COUNTED),
    Estimator(
        "risk difference",
        risk_difference,
        lambda r: (r.cells, {}),
        effect,
        "difference",
        COUNTED,
        coherent=False,  # Newcombe's interval, Pearson's p: both are named
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
        also=(categorical_test,),
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
        also=(calibrate, e_value),
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
        "ever against never",
        on_one_clock(ever_vs_never),
        lambda r: clock(r, 5.0),
        effects_of,
        "",
        FOLLOWED,
        also=(ever_vs_never, follow_up),
        exempt=HOURS,
    ),
    Estimator(
        "landmark",
        on_one_clock(landmark),
        lambda r: clock(r, 1.0, 8.0),
        effects_of,
        "",
        FOLLOWED,
        also=(landmark,),
        exempt=HOURS,
    ),
    Estimator(
        "time-dependent Cox",
        on_one_clock(time_dependent_cox),
        clock,
        effect,
        "",
        FOLLOWED,
        also=(time_dependent_cox,),
    ),
    Estimator(
        "sequential trials",
        on_one_clock(sequential_trials),
        lambda r: clock(r, window_hours=1.0, n_trials=3),
        effect,
        "",
        FOLLOWED,
        also=(sequential_trials,),
        exempt=HOURS,
    ),
    Estimator(
        "time-dependent Cox, covariates that move",
        with_course(time_dependent_cox),
        moving_clock,
        effect,
        "",
        FOLLOWED,
        also=(course,),
        exempt=HOURS,
    ),
    Estimator(
        "sequential trials, covariates that move",
        with_course(sequential_trials),
        lambda r: moving_clock(r, window_hours=1.0, n_trials=3),
        effect,
        "",
        FOLLOWED,
        exempt=HOURS,
    ),
    Estimator(
        "clone-censor-weight, covariates that move",
        with_course(clone_censor_weight),
        lambda r: moving_clock(
            r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0, bootstraps=12, seed=3
        ),
        lambda found: effect(found.risk_difference),
        "",
        FOLLOWED,
        coherent=False,
        exempt={"order": "the bootstrap draws row numbers", **HOURS},
    ),
    Estimator(
        "clone-censor-weight",
        on_one_clock(clone_censor_weight),
        lambda r: clock(
            r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0, bootstraps=12, seed=3
        ),
        lambda found: effect(found.risk_difference),
        "",
        FOLLOWED,
        coherent=False,
        also=(clone_censor_weight, extreme_weights),  # the same risks, without a bootstrap
        exempt={"order": "the bootstrap draws row numbers", **HOURS},
    ),
    Estimator(
        "dose plans, clone-censor-weight",
        with_doses(dose_clone_censor_weight),
        lambda r: dosed_days(r, plans=DOSE_PLANS, horizon_days=6),
        first_contrast,
        "",
        FOLLOWED,
        coherent=False,
        also=(dose_clone_censor_weight, dose_days),
        exempt=DRAWN,
    ),
    Estimator(
        "dose so far, structural model",
        with_doses(dose_structural_model),
        dosed_days,
        lambda found: effect(found.effect),
        "",
        FOLLOWED,
        coherent=False,
        also=(dose_structural_model,),
        exempt=DRAWN,
    ),
    Estimator(
        "pool, Mantel-Haenszel",
        pool,
        lambda r: ((by_cluster(r), Plan("OR", "MH")), {}),
        pooled,
        "ratio",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool, random effects",
        pool,
        lambda r: ((by_cluster(r), Plan("OR", "IV", "random", "REML", "hksj")), {}),
        pooled,
        "ratio",
        COUNTED,
        also=(effect_sizes, pool_effects),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool, Peto",
        pool_effects,
        lambda r: ((peto_effects(by_cluster(r)), Plan("OR", "Peto")), {}),
        pooled,
        "ratio",
        COUNTED,
        also=(peto_effects,),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool of hospitals",
        pool_hospitals,
        hospital_call,
        lambda found: pooled(found.random),
        "ratio",
        COUNTED,
        exempt={
            "order": "the hospitals are neighbours in the data",
            "missing": "NaN says that a hospital has no estimate",
        },
    ),
    Estimator(
        "Egger",
        egger_test,
        lambda r: ((sizes_of(r),), {}),
        asymmetry,
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "Peters",
        peters_test,
        lambda r: ((by_cluster(r),), {}),
        asymmetry,
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "trim and fill",
        trim_and_fill,
        lambda r: ((sizes_of(r), Plan("OR", "IV")), {"side": "left"}),
        lambda found: pooled(found.pooled),
        "",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "influence",
        influence,
        lambda r: ((sizes_of(r), Plan("OR", "IV", "random")), {}),
        lambda found: {"cook": float(found.cook_d[0]), "hat": float(found.hat[0])},
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "leave one out",
        leave_one_out,
        lambda r: ((by_cluster(r), Plan("OR", "IV")), {}),
        lambda found: pooled(found[0]),
        "ratio",
        COUNTED,
        also=(cumulative,),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "meta-regression",
        meta_regression,
        lambda r: (
            (sizes_of(r), np.array([p.mean() for p in np.array_split(r.x[:, 0], 8)]), ["x"]),
            {},
        ),
        lambda found: {"p": found.p[1], "q": found.residual.q, "tau2": found.tau2},
        "same",
        ADJUSTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "subgroups of trials",
        subgroup_analysis,
        lambda r: ((by_cluster(r), list("aabbaabb"), Plan("OR", "IV")), {}),
        lambda found: {"q": found.between.q, "p": found.between.q_p},
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
)
BY_NAME = {estimator.name: estimator for estimator in ESTIMATORS}
