"""Every file of a run folder, and whether it may leave the hospital.

What lies in `release/` may; everything else is local. A file in no list is a defect.
"""

from __future__ import annotations

from fnmatch import fnmatch

FOLDER = "release"
BEFORE = "released"
RELEASED = {
    "README.txt": "what this folder is, and what was hidden in it",
    "manifest.json": "versions, hashes of the code, seed, hospitals, how the run ended; no path",
    "report.html": "the report, made from the tables of this folder only",
    "figures/*.svg": "its figures",
    "attrition.csv": "patients and admissions after each criterion, per hospital",
    "ledger.csv": "rows read, used, out of scope, quarantined",
    "quality.csv": "verdict of every check; counts rounded down",
    "table*.csv": "the paper's tables",
    "effects.csv": "every estimate",
    "aggregate.csv": "the estimate of each hospital, for `ehrivig pool`",
    "follow_up.csv": "how long each arm was followed, and of how many nobody knows what became",
    "balance.csv": "balance of the covariates before and after matching",
    "overlap.csv": "admissions by propensity score",
    "large_scale_score.csv": "the score of all that was coded: covariates, C-statistic, balance",
    "large_scale_balance.csv": "how many covariates lie where, before and after; none is named",
    "large_scale_calibration.csv": "predicted chance and share of the exposed, in tenths",
    "large_scale_preference.csv": "admissions by preference score",
    "positivity.csv": "admissions by hospital and decile of the score",
    "diagnostics.csv": "diagnostic, value, threshold, verdict, meaning",
    "curves.csv": "survival and clearance, stepping when enough had the event; risks of strategies",
    "dosing_histogram.csv": "how the exposed were dosed",
    "lints.csv": "what looks wrong in our own numbers",
    "utilisation.csv": "use of the drug by everybody",
    "indications.csv": "what it was given for",
    "regimen*.csv": "regimens that were followed",
    "nested.csv": "what holds what by its definition, so that the difference of both is a count",
    "rounding.csv": "to what counts are rounded; only where they are",
    "protocol.json": "the target trial and its emulation",
    "protocol.html": "the protocol, on the HARPER template",
    "checklists.html": "TARGET, STROBE and RECORD-PE, each item with its place in the report",
}
PAGES = (
    *("report.html", "protocol.html", "checklists.html", "figures", "aggregate.csv"),
    "quality.csv",
)
"""What is made in the release, and then lies in the run as well."""
LOCAL = {
    "README.txt": "which file is what",
    "manifest.json": "versions, hashes, seed, files read and left out, rows and seconds per step",
    "history.csv": "one row per attempt",
    "metrics.prom": "numbers for a monitor",
    "report.html": "the report of this run; the release may have kept an earlier one",
    "protocol.html": "the protocol, on the HARPER template",
    "checklists.html": "TARGET, STROBE and RECORD-PE, each item with its place in the report",
    "figures/*.svg": "its figures",
    "*.csv": "the tables before the last suppression",
    "*.json": "the protocol and other descriptions of the study",
    "large_scale.svg": "balance of every covariate of large_scale.csv, those of few people too",
    "cohort.parquet": "one row per admission of the cohort",
    "dosing.parquet": "one row per admission: how it was dosed",
    "analysis.parquet": "one row per admission: exposure, covariates, outcomes",
    "matched.parquet": "one row per matched admission",
    "courses.parquet": "one row per course of the drug",
    "regimens.parquet": "one row per person on a regimen",
    "regimen_cycles.parquet": "one row per cycle of a regimen",
    "quality/*": "verdicts with their counts, measurements, the quality report",
    "quality/data_docs/*": "the Great Expectations site",
    "quarantine/*": "rejected rows as read, with their reasons",
    "released/*": "the releases before this one, which it is held against",
    "hospitals/*": "what each hospital left: rows of admissions, counts, statements",
}


def what(path: str) -> str | None:
    """What a file of a run folder is, by its path in it; None for one in no list."""
    inside = path.removeprefix(f"{FOLDER}/")
    listed = RELEASED if inside != path else LOCAL
    return next((words for name, words in listed.items() if fnmatch(inside, name)), None)


def may_leave(name: str) -> bool:
    """Whether a table of the run, by its name, has a copy in `release/`."""
    return any(fnmatch(name, listed) for listed in RELEASED)
