"""What each column of a released table is, with its unit: for the docs, DuckDB and spreadsheets."""

from __future__ import annotations

from fnmatch import fnmatch

_ARMS = {"all": "of everybody", "exposed": "of the exposed", "control": "of the others"}
_WHEN = {"unmatched": "before matching", "matched": "after matching or weighting"}


def _of_arms(columns: dict[str, str]) -> dict[str, str]:
    """A column for each arm and everybody: name_arm."""
    return {
        f"{name}_{arm}": f"{words}, {whose}"
        for name, words in columns.items()
        for arm, whose in _ARMS.items()
    }


def _around(columns: dict[str, str]) -> dict[str, str]:
    """A column before and after matching."""
    return {
        f"{name}_{when}": f"{words}, {said}"
        for name, words in columns.items()
        for when, said in _WHEN.items()
    }


_ANY = {
    "hospital_id": "the hospital, as the extract names it; all: all hospitals together",
    "label": "the variable, for a reader",
    "unit": "the unit of the numbers; empty: none",
    "note": "what the reader of this row must know",
    "suppressed": "whether numbers of the row are hidden: few people",
    "lo": "lower limit of the 95% interval",
    "hi": "upper limit of the 95% interval",
    "p": "p value, two-sided",
    "outcome": "the outcome, by its name in the study file",
    "event_label": "the outcome in words",
}
_EFFECT = {
    "analysis": "the family of the row: main, time_zero, weighting, hospital, ...",
    "contrast": "who is compared with whom",
    "model": "how the estimate was made",
    "measure": "OR, RR, HR, SHR, mean ratio: ratios; RD (1 = 100 points), RMSTD (days), MD, HL "
    "shift, median difference (unit): differences",
    "estimate": "the effect, exposed against others, in its measure",
    "se": "standard error; of ratios, of the logarithm",
    "n_exposed": "people in the exposed arm (of trials: person-trials)",
    "events_exposed": "of these, with the event",
    "n_control": "people in the other arm",
    "events_control": "of these, with the event",
    "role": "primary: the declared answer; safe, sensitivity, crude, reproduction",
    "estimand": "what is estimated, and of whom",
    "risk_exposed": "risk in the exposed arm, standardised where adjusted, in [0, 1]",
    "risk_control": "risk in the other arm, in [0, 1]",
}
_DESCRIBED = {
    "group": "the heading under which the row stands",
    "variable": "the variable, by its name in the study file",
    "kind": "binary: yes or no; continuous: a number",
    "test": "the test of p",
    "smd": "standardised mean difference, exposed less others, in standard deviations",
    **_of_arms(
        {
            "n": "people of whom the variable is known",
            "events": "people with it",
            "percent": "of the known, in percent",
            "mean": "mean",
            "sd": "standard deviation",
            "median": "median",
            "q1": "first quartile",
            "q3": "third quartile",
            "text": "the cell as it is printed",
        }
    ),
}
_TERMS = {
    "term": "the term of the model, by its name",
    "odds_ratio": "odds ratio of the term; per unit of a number",
    "difference": "difference of means for the term; per unit of a number",
    "n": "people in the model",
    "events": "of these, with the event",
}
_BINS = {"lo": "where the bin begins", "hi": "where it ends"}
TABLES: dict[str, dict[str, str]] = {
    "aggregate.csv": {
        **_EFFECT,
        "within_days": "the horizon of the outcome, in days from time zero",
        "protocol_hash": "SHA-256 of the protocol that the run followed",
    },
    "attrition.csv": {
        "step": "the number of the step; 0: what the gate let through",
        "criterion": "the criterion, by its name in the study file",
        "label": "the criterion in words",
        "patients": "people left after the step",
        "admissions": "admissions left after the step",
        "excluded": "admissions that the step left out",
        "excluded_not_measured": "of these, those of whom it is not known",
    },
    "balance.csv": {
        "covariate": "the variable, by its name in the study file",
        "level": "the level of a variable with several; empty: none",
        **_around(
            {
                "mean_exposed": "mean, or share in [0, 1], of the exposed",
                "mean_control": "mean, or share in [0, 1], of the others",
                "smd": "standardised mean difference",
                "variance_ratio": "variance of the exposed over that of the others",
                "ks": "largest difference of the distributions (Kolmogorov-Smirnov)",
            }
        ),
        "smd_denominator": "the standard deviation under the differences",
        "missing": "people of whom the variable is not known",
        "in_score": "whether it is in the propensity score",
        "until_hours": "hours after time zero until which it was measured; empty: not after it",
    },
    "curves.csv": {
        "curve": "km: survival; cif: cumulative incidence; ccw: risk under a strategy",
        "population": "all, or matched",
        "group": "the arm",
        "cause": "the event of the curve",
        "time": "days from time zero; of clearance from symptom onset",
        "estimate": "survival or incidence at that time, in [0, 1]",
        "at_risk": "people followed at least so long, rounded down; empty: not shown",
    },
    "diagnostics.csv": {
        "diagnostic": "what was checked",
        "value": "what was found",
        "threshold": "the limit that it is held to",
        "verdict": "pass, fail, not assessed, not shown",
        "meaning": "what the value is",
        "decides": "whether the answer is not to be read as an effect when it fails",
        "source": "where the threshold comes from",
        "follows": "what to do when it fails",
    },
    "dosing_histogram.csv": {
        **_BINS,
        "feature": "the dosing feature",
        "n": "exposed admissions in the bin",
    },
    "effects.csv": {
        **_EFFECT,
        "p_holm": "p corrected for its family (Holm)",
        "p_bh": "p corrected for its family (Benjamini-Hochberg)",
        "population": "all, matched, complete case, hospital ...",
        "variance": "where the standard error comes from",
        "family": "the family of the correction",
        "adjusted": "whether covariates are in the model",
        "risk_exposed_lo": "lower limit of the risk in the exposed arm",
        "risk_exposed_hi": "upper limit of the risk in the exposed arm",
        "risk_control_lo": "lower limit of the risk in the other arm",
        "risk_control_hi": "upper limit of the risk in the other arm",
    },
    "follow_up.csv": {
        "arm": "exposed, or control",
        "n": "people",
        "unknown": "people whose outcome, as asked, nobody knows",
        "share_unknown": "of all, in [0, 1]",
        "transferred": "people who went to another hospital alive",
        "median_days": "days followed, median",
        "q1_days": "days followed, first quartile",
        "q3_days": "days followed, third quartile",
        "after_discharge": "what of deaths after discharge is known: linked, in_hospital, unknown",
        "evidence": "what in the data says so",
    },
    "indications.csv": {
        "indication": "the most likely indication, by name",
        "indication_label": "in words",
        "indication_class": "the class of evidence that a guideline gives it",
        "courses": "courses of the drug",
        "patients": "people with one",
        "indication_rule": "the rule of the choice",
    },
    "ledger.csv": {
        "table": "the table of the extract",
        "rows_read": "rows that were read",
        "rows_used": "of these, used by the study",
        "rows_out_of_scope": "of these, of no concern to it",
        "rows_quarantined": "of these, set aside with a reason",
        "rounded_down_to": "the multiple that counts are rounded down to",
    },
    "lints.csv": {
        "code": "what looks wrong, by name",
        "severity": "warn, or error",
        "message": "what it is, and the cure",
    },
    "nested.csv": {
        "kind": "what kind of thing holds the other",
        "part": "the smaller one",
        "whole": "the one that holds it",
        "yields": "which of both is hidden where their difference tells of few",
    },
    "overlap.csv": {
        **_BINS,
        "exposed": "exposed admissions with a score in the bin",
        "control": "other admissions with a score in the bin",
    },
    "large_scale_score.csv": {
        "what": "the number, by its name",
        "label": "what it is, for a reader",
        "value": "the number: covariates, a C-statistic (0.5 to 1), standardised differences "
        "(5: or more); of how far beyond chance, tenths where few people are behind it",
    },
    "large_scale_balance.csv": {
        "score": "whose pairs: study, its own score; large_scale, that of all that was coded",
        "before": "middle of the step of the absolute standardised difference before matching; "
        "the last holds 5 or more",
        "after": "middle of its step after matching",
        "covariates": "covariates that lie there",
    },
    "large_scale_calibration.csv": {
        "predicted": "mean predicted chance of exposure in a tenth, by models that had not seen it",
        "observed": "share of the exposed in it",
    },
    "large_scale_preference.csv": {
        **_BINS,
        "exposed": "exposed admissions with a preference score in the bin",
        "control": "other admissions with one in the bin",
    },
    "positivity.csv": {
        "decile": "decile of the propensity score, 1 to 10",
        "exposed": "exposed admissions",
        "control": "other admissions",
        "supported": "whether both arms have anybody there",
    },
    "quality.csv": {
        "table": "the table of the extract",
        "check": "the check, by its id",
        "severity": "block, quarantine, warn",
        "violated": "rows that violate it, rounded down",
        "denominator": "rows that it was asked of, rounded down",
        "threshold": "the largest share that is let through",
        "verdict": "pass, warn, fail",
    },
    "regimen_cycles.csv": {
        "regimen": "the regimen",
        "drug": "the drug of the cycle",
        "number": "the number of the cycle",
        "finding": "what was found of it",
        "cycles": "cycles with that finding",
    },
    "regimens.csv": {
        "regimen": "the regimen",
        "verdict": "followed, or not",
        "reason": "why not",
        "persons": "people on it",
    },
    "rounding.csv": {
        "counts_rounded_to": "the multiple that counts are rounded to",
        "smallest_cell": "the smallest count that would be shown without it",
    },
    "table3.csv": {
        "contrast": "who is compared with the unexposed",
        "n_exposed": "matched people in the group",
        "percent": "of these, with the event, in percent",
        "or": "odds ratio; of a number the column is difference",
        "difference": "difference of means",
        "p_holm": "p corrected for the table (Holm)",
        "events_exposed": "people of the group with the event",
        "n_control": "matched people who were not exposed",
        "events_control": "of these, with the event",
    },
    "table_s[23].csv": _TERMS,
    "table_s5.csv": {
        "variable": "the laboratory value, by name",
        "arm": "exposed, or control",
        "n_pairs": "people with both values",
        "median_day1": "median on day 1",
        "median_day3": "median on day 3",
        "shift": "shift from day 1 to day 3 (Hodges-Lehmann)",
        "shift_lo": "lower limit of the shift",
        "shift_hi": "upper limit of the shift",
        "p_wilcoxon": "p of the signed-rank test",
        "p_paired_t": "p of the paired t test",
        "ancova_difference": "difference of the arms on day 3, given day 1",
        "ancova_lo": "lower limit of that difference",
        "ancova_hi": "upper limit of that difference",
        "ancova_p": "p of that difference",
    },
    "table*.csv": _DESCRIBED,
    "utilisation.csv": {
        "dimension": "by what the courses are told apart; all: not at all",
        "level": "which of these",
        "courses": "courses of the drug",
        "patients": "people with one",
        "administrations": "administrations",
        "grams": "grams of known amounts",
        "grams_per_kg": "g/kg per course, of courses with all amounts and a weight",
        "courses_per_kg": "courses with all amounts and a weight",
        "share_without_amount": "administrations without a usable amount, in [0, 1]",
        "cost": "cost, in the currency of the price in the study file",
    },
}
"""File, or how files are named -> its columns. The first that fits holds."""


def of(file: str, column: str) -> str:
    """What a column of a released table is; empty for one that nobody described."""
    own = next((columns for name, columns in TABLES.items() if fnmatch(file, name)), {})
    return own.get(column) or _ANY.get(column, "")
