"""The released estimates as results tables of OHDSI's CohortMethod (Strategus), as CSV.

Names and columns: resultsDataModelSpecification.csv of CohortMethod 5. Only ratios have a place
there. Ids are the same in every hospital, for they are made of words: 31 bits of a SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from math import log
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.results.export.described import effects
from ehrivig.results.run import Run
from ehrivig.store.cells import as_text

_RATIOS = ("OR", "RR", "HR", "SHR")
_MATCHING = "matching: covariates before and after"
_WHOLE = "flow chart: everybody, of both arms"
_README = """Results tables of OHDSI's CohortMethod (cm_*.csv), made by ehrivig of a release.

Only what was released is here. An empty count is not shown, or was not counted; it does not mean 0.
Rows are the ratios of effects.csv (OR, RR, HR, SHR; the measure stands in cm_analysis); differences
have no column there. Days of follow-up, likelihoods and calibrated values are empty: not released.
cm_attrition is of both arms together (exposure_id 0). cm_covariate_balance is that of the matching.
"""


def to_ohdsi(run: Run, path: Path) -> None:
    """A folder of cm_*.csv and README.txt. Raises UsageError for a run without estimates."""
    if "effects" not in run.tables:
        raise UsageError(
            f"export: {run.folder.name!r} has estimated nothing: there is no cm_result."
        )
    rows = effects(run).filter(pl.col("measure").is_in(_RATIOS)).to_dicts()
    analyses = _named(rows)
    found = {
        "cm_analysis": _analyses(analyses),
        "cm_target_comparator_outcome": _questions(run, rows),
        "cm_result": _results(run, rows, analyses),
        "cm_covariate": _covariates(run),
        "cm_covariate_balance": _balance(run),
        "cm_attrition": _attrition(run),
    }
    path.mkdir()
    for name, (columns, lines) in found.items():
        frame = pl.DataFrame(lines, schema=columns, orient="row", infer_schema_length=None)
        as_text(frame).write_csv(path / f"{name}.csv")
    words = "".join(f"{line}\n" for line in run.banner)
    (path / "README.txt").write_text(_README + words, encoding="utf-8")


def _id(*words: Any) -> int:
    """A number that the same words always have."""
    text = "\t".join(map(str, words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1


def _named(rows: list[dict[str, Any]]) -> list[str]:
    """What tells each row from all others but its outcome."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for row in rows:
        parts = (row[n] for n in ("analysis", "contrast", "population", "model", "variance"))
        name = "; ".join(str(part) for part in (*parts, row["measure"]) if part)
        seen[name, row["outcome"]] = again = seen.get((name, row["outcome"]), 0) + 1
        found.append(name if again == 1 else f"{name}; {again}")
    return found


def _analyses(names: list[str]) -> tuple[list[str], list[tuple[Any, ...]]]:
    every = dict.fromkeys([*names, _MATCHING, _WHOLE])
    lines = [(_id(name), name, json.dumps({"made by": "ehrivig"})) for name in every]
    return ["analysis_id", "description", "definition"], lines


def _arms(run: Run) -> tuple[int, int]:
    """The ids of the exposed, and of the others."""
    return _id(run.study, "exposed"), _id(run.study, "others")


def _database(run: Run) -> str:
    hospitals = [str(one) for one in run.manifest.get("hospitals") or []]
    name = "+".join(hospitals)
    return name if len(name) <= 60 else f"{len(hospitals)} hospitals"


def _questions(run: Run, rows: list[dict[str, Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    controls = {row["outcome"] for row in rows if row["analysis"] == "negative_control"}
    answer = _primary(run)
    lines: list[tuple[Any, ...]] = []
    for name in dict.fromkeys(row["outcome"] for row in rows):
        asked = name not in controls or name == answer
        lines.append((_id(name), int(asked), None if asked else 1.0, *_arms(run)))
    columns = ["outcome_id", "outcome_of_interest", "true_effect_size", "target_id"]
    return [*columns, "comparator_id"], lines


def _results(
    run: Run, rows: list[dict[str, Any]], analyses: list[str]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    columns = [
        *("analysis_id", "target_id", "comparator_id", "outcome_id", "rr", "ci_95_lb", "ci_95_ub"),
        *("p", "target_subjects", "comparator_subjects", "target_days", "comparator_days"),
        *("target_outcomes", "comparator_outcomes", "log_rr", "se_log_rr", "llr"),
        *("calibrated_rr", "calibrated_ci_95_lb", "calibrated_ci_95_ub", "calibrated_p"),
        *("calibrated_log_rr", "calibrated_se_log_rr", "database_id"),
    ]
    lines = []
    for row, name in zip(rows, analyses, strict=True):
        ids = (_id(name), *_arms(run), _id(row["outcome"]))
        known = row["estimate"], row["lo"], row["hi"], row["p"]
        people = row["n_exposed"], row["n_control"], None, None
        events = row["events_exposed"], row["events_control"]
        logs = _log(row["estimate"]), row["se"], None
        lines.append((*ids, *known, *people, *events, *logs, *(None,) * 6, _database(run)))
    return columns, lines


def _log(ratio: float | None) -> float | None:
    return log(ratio) if ratio is not None and ratio > 0 else None


def _covariates(run: Run) -> tuple[list[str], list[tuple[Any, ...]]]:
    columns = ["covariate_id", "covariate_name", "analysis_id", "covariate_analysis_id"]
    lines = [
        (_id(row["covariate"], row["level"] or ""), _label(row), _id(_MATCHING), 1, _database(run))
        for row in _of(run, "balance")
    ]
    return [*columns, "database_id"], lines


def _label(row: dict[str, Any]) -> str:
    return f"{row['label']}: {row['level']}" if row["level"] else str(row["label"])


def _balance(run: Run) -> tuple[list[str], list[tuple[Any, ...]]]:
    columns = [
        *("database_id", "target_id", "comparator_id", "outcome_id", "analysis_id"),
        *("covariate_id", "target_mean_before", "comparator_mean_before", "std_diff_before"),
        *("target_mean_after", "comparator_mean_after", "std_diff_after"),
    ]
    outcome = _id(_primary(run))
    lines = []
    for row in _of(run, "balance"):
        ids = (_database(run), *_arms(run), outcome, _id(_MATCHING))
        means = [
            row[f"{what}_{when}"]
            for when in ("unmatched", "matched")
            for what in ("mean_exposed", "mean_control", "smd")
        ]
        lines.append((*ids, _id(row["covariate"], row["level"] or ""), *means))
    return columns, lines


def _primary(run: Run) -> str:
    """The outcome of the declared answer, else of the first estimate."""
    ordered = effects(run).sort((pl.col("role") == "primary").fill_null(False), descending=True)
    named = ordered["outcome"].drop_nulls()
    return str(named[0]) if len(named) else ""


def _attrition(run: Run) -> tuple[list[str], list[tuple[Any, ...]]]:
    columns = [
        *("sequence_number", "description", "subjects", "exposure_id", "target_id"),
        *("comparator_id", "analysis_id", "outcome_id", "database_id"),
    ]
    outcome = _id(_primary(run))
    lines = [
        (row["step"] + 1, row["label"], row["patients"], 0, *_arms(run), _id(_WHOLE), outcome)
        for row in _of(run, "attrition")
        if row["hospital_id"] == "all"
    ]
    return columns, [(*line, _database(run)) for line in lines]


def _of(run: Run, name: str) -> list[dict[str, Any]]:
    return run.table(name).to_dicts() if name in run.tables else []
