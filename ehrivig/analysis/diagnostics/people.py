"""Whether the people and their time are those that were asked about."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.analysis import lost
from ehrivig.analysis.diagnostics.diagnostic import Diagnostic, Evidence, hidden_ends
from ehrivig.dataset import FEWEST_IN_ARM, matrix
from ehrivig.study import Study
from ehrivig.study.admitted import late_names, until_hours

MOST_MISSING = 0.4
"""Share of people with a missing covariate above which the others answer for nobody.

Source: Jakobsen et al. 2017 (BMC Med Res Methodol 17:162).
"""


def follow_up(e: Evidence) -> Diagnostic:
    """Of how many of an arm nobody knows what was asked."""
    largest = lost.largest_share(e.table, e.answerable)
    of_the_stay = e.answerable.primary_refused and not e.answerable.weighted_for_lost
    unanswered = lost.largest_unanswered(e.table, e.answerable) > lost.MOST_LOST
    return Diagnostic(
        "lost_to_follow_up",
        largest.share,
        lost.MOST_LOST,
        "largest share of an arm whose outcome, as asked, nobody knows",
        "Schulz and Grimes 2002",
        "link deaths after discharge; read the bounds",
        decides=unanswered or not of_the_stay,  # where death in the stay is known
        hidden=largest.ends,
    )


def transferred(e: Evidence) -> Diagnostic:
    """Of how many of an arm a death in the next hospital would count as none."""
    largest = lost.largest_transferred(e.table, e.answerable)
    return Diagnostic(
        "transferred",
        largest.share,
        lost.MOST_LOST,
        "largest share of an arm transferred alive, where a death counts in the stay alone",
        "5% as of lost follow-up",
        "link the stays of the next hospital, or deaths after discharge",
        decides=True,
        hidden=largest.ends,
    )


def immortal_time(e: Evidence) -> Diagnostic:
    """No time may be credited to the exposed before they are."""
    end = e.study.exposure.end_hours
    safe = e.own_design or (end is not None and end <= 0)
    return Diagnostic(
        "immortal_time",
        float(not safe),
        0.0,
        "1 where the answer tells arms apart by what happened after time zero",
        "Suissa 2008",
        "declare an answer that follows people from time zero, as clone_censor_weight",
        decides=True,
    )


def eligible(e: Evidence) -> Diagnostic:
    """Time zero is when eligibility is met."""
    late, n = _late(e.table), max(e.table.height, 1)
    share, hidden = (None, None) if late is None else (late / n, e.ends(late, n))
    return Diagnostic(
        "eligible_after_time_zero",
        share,
        lost.MOST_LOST,
        "share who met a criterion after time zero only",
        "Hernan et al. 2016; 5% as of lost follow-up",
        'write time_zero = "eligible"',
        decides=True,
        hidden=hidden,
    )


def may_be_late(table: pl.DataFrame, study: Study) -> bool:
    """Whether too many met a criterion after time zero only, or may have where few are hidden."""
    late, n = _late(table), max(table.height, 1)
    if late is None:
        return False
    ends = hidden_ends(late, n, study.report.smallest_cell)
    return (late / n if ends is None else ends[1]) > lost.MOST_LOST


def _late(table: pl.DataFrame) -> int | None:
    """Who met a criterion after time zero only; None where nobody knows when any was met."""
    if "eligible_at" not in table.columns:
        return None
    return int((table["eligible_at"] > table["time_zero"]).fill_null(False).sum())


def treated(e: Evidence) -> Diagnostic:
    """Who was given the drug before anybody could know that they were eligible."""
    share, hidden = None, None
    if "eligible_at" in e.table.columns and e.arm.any():
        hours = (pl.col("eligible_at") - pl.col("time_zero")).dt.total_seconds() / 3600
        before = e.table.filter("exposed").select(pl.col("hours_to_first_dose") < hours).to_series()
        count, n = int(before.sum() or 0), before.len()
        share, hidden = count / n, e.ends(count, n)
    return Diagnostic(
        "treated_before_eligible",
        share,
        lost.MOST_LOST,
        "share of the exposed who were given the drug before they met all criteria",
        "Hernan et al. 2016; 5% as of lost follow-up",
        'write time_zero = "eligible"',
        decides=True,
        hidden=hidden,
    )


def undated(e: Evidence) -> Diagnostic:
    """Who met a criterion at a moment that nobody recorded may have met it after time zero."""
    share, hidden = None, None
    if "eligible_undated" in e.table.columns:
        without = int(e.table["eligible_undated"].sum())
        share, hidden = without / max(e.table.height, 1), e.ends(without, e.table.height)
    return Diagnostic(
        "eligible_at_no_known_time",
        share,
        lost.MOST_LOST,
        "share of people with a criterion that does not say when it was met (taken as before)",
        "5% as of lost follow-up",
        "send times of diagnoses and tests, or use criteria that have them",
        hidden=hidden,
    )


def post_baseline(e: Evidence) -> Diagnostic:
    """What the exposure may change is no covariate; what is measured in declared hours may be one.

    A design of its own leaves out what follows time zero, and keeps what is looked for until some
    hours after it.
    """
    names = e.study.match.covariates
    late = () if e.own_design else late_names(e.study, names)
    hours = [until for name in names if (until := until_hours(e.study, name))]
    meaning = "covariates of the answer that are measured after time zero"
    return Diagnostic(
        "covariates_after_time_zero",
        float(len(late) + len(hours)),
        0.0,
        f"{meaning}: {len(hours)} of them until {max(hours):g} h" if hours else meaning,
        "Rosenbaum 1984",
        "end their windows at time zero, or take them out of the score",
        decides=bool(late),
    )


def positivity(e: Evidence) -> Diagnostic:
    """Everybody could have been of either arm."""
    arms = e.table.select("hospital_id", exposed=pl.Series(e.strategy))
    by = arms.group_by("hospital_id").agg(
        pl.len().alias("n"), pl.col("exposed").sum().cast(pl.Int64).alias("k")
    )
    both = (pl.col("k") >= FEWEST_IN_ARM) & (pl.col("n") - pl.col("k") >= FEWEST_IN_ARM)
    inside = int(by.filter(both)["n"].sum())
    return Diagnostic(
        "positivity",
        inside / max(e.table.height, 1),
        0.95,
        f"share of people in hospitals with {FEWEST_IN_ARM} or more in both arms",
        "Petersen et al. 2012; 95% by convention",
        "leave out hospitals that give the drug to all or to none (positivity.csv)",
        at_most=False,
        decides=True,
        hidden=e.ends(inside, e.table.height),
    )


def complete(e: Evidence) -> Diagnostic:
    """Whom a missing covariate leaves out."""
    x = matrix(e.table, e.study.match.covariates)
    gone = int(np.isnan(x).any(axis=1).sum())
    return Diagnostic(
        "missing_covariates",
        gone / len(x) if len(x) else None,
        0.1,
        "share of people left out because a matching variable is missing",
        "Bennett 2001; it decides above 40%, Jakobsen et al. 2017",
        "read multiple_imputation beside it, or take the variable out of the score",
        decides=gone > MOST_MISSING * len(x),
        hidden=e.ends(gone, len(x)),
    )
