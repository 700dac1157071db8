"""Why a person is in a study or not, and how he counts: local, asked for by name, written nowhere.

Everything is of the run folder: what each criterion found and since when, time zero, exposure and
doses, covariates, outcomes, the pair, the rows that were set aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.results.run import Run

_KEYS = ("hospital_id", "admission_id")
_OF_STAY = (
    *("admitted_at", "discharged_at", "discharge_status", "death_at", "symptom_onset_at"),
    *("age_years", "male", "weight_kg", "height_cm"),
)
_ANSWERS = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True)
class Section:
    """A heading, and lines of a name and what is known of it."""

    heading: str
    lines: list[tuple[str, str]] = field(default_factory=list)


def why(folder: str | Path, hospital: str, admission: str) -> list[Section]:
    """What a run made of one admission. Raises UsageError for one that it has not."""
    run = Run(folder, local=True)
    stay = _one(_hospital_table(run, "screened"), hospital, admission)
    if stay is None:
        return [_set_aside(run, hospital, admission)]
    criteria = _criteria(run, hospital, admission)
    found = [
        Section("Stay", _values(stay, _OF_STAY)),
        criteria,
        *_in_cohort(run, hospital, admission),
        _scope(run, hospital, admission),
        _quarantined(run, hospital, admission),
    ]
    return [one for one in found if one.lines]


def lines(sections: list[Section]) -> list[str]:
    """Sections as lines of a terminal."""
    said = []
    for one in sections:
        width = max(len(name) for name, _ in one.lines)
        said += [
            "",
            one.heading,
            *(f"  {name:{width}}  {text}".rstrip() for name, text in one.lines),
        ]
    return said[1:]


def _hospital_table(run: Run, name: str) -> pl.DataFrame:
    path = run.folder / "hospitals" / f"{name}.parquet"
    if not path.is_file():
        raise UsageError(
            f"why: {run.folder.name!r} keeps no row of an admission (--aggregate-only, or a "
            "release). Ask where the run lies."
        )
    return pl.read_parquet(path)


def _of(frame: pl.DataFrame, hospital: str, admission: str) -> pl.DataFrame:
    """The rows of one admission, whatever the type of its id."""
    same = pl.col("admission_id").cast(pl.String) == admission
    return frame.filter(same, pl.col("hospital_id").cast(pl.String) == hospital)


def _one(frame: pl.DataFrame, hospital: str, admission: str) -> dict[str, Any] | None:
    rows = _of(frame, hospital, admission).to_dicts()
    return rows[0] if rows else None


def _set_aside(run: Run, hospital: str, admission: str) -> Section:
    """An admission that the gate set aside, with the reason; or none at all."""
    path = run.folder / "quarantine" / "admission.parquet"
    rows = _of(pl.read_parquet(path), hospital, admission) if path.is_file() else pl.DataFrame()
    if rows.is_empty():
        raise UsageError(
            f"why: no admission {admission!r} in hospital {hospital!r} of this run. Give the ids "
            "as the extract writes them; hospitals that the gate left out have none."
        )
    reasons = "; ".join(rows["reason"].cast(pl.String).unique().sort().to_list())
    return Section("Set aside by the data gate", [("admission", reasons)])


def _criteria(run: Run, hospital: str, admission: str) -> Section:
    """Each criterion in the order of the flow chart, until the first that leaves the stay out."""
    of_all = (pl.col("hospital_id") == "all") & (pl.col("step") > 0)
    steps = run.attrition.filter(of_all).sort("step")
    known = _of(_hospital_table(run, "criterion"), hospital, admission)
    met = {row["name"]: row for row in known.to_dicts()}
    inside = _one(run.cohort, hospital, admission) is not None if _has(run, "cohort") else False
    among = (
        "yes" if inside else "no" if all(row["met"] for row in met.values()) else "not told here"
    )
    said: list[tuple[str, str]] = []
    for name, label in steps.select("criterion", "label").iter_rows():
        if name not in met:
            said.append((label, f"{among}: judged among all stays that meet the others"))
            continue
        row = met[name]
        since = f", since {row['first_at']}" if row["met"] and row["first_at"] else ""
        said.append((label, f"{_ANSWERS[row['met']]}{since}"))
        if not row["met"]:
            break
    said.append(("In the cohort", "yes" if inside else "no"))
    return Section("Criteria", said)


def _has(run: Run, name: str) -> bool:
    return (run.folder / f"{name}.parquet").is_file()


def _in_cohort(run: Run, hospital: str, admission: str) -> list[Section]:
    """Time zero, exposure, covariates and outcomes of somebody in the cohort."""
    if not _has(run, "analysis"):
        return []
    row = _one(run.analysis, hospital, admission)
    if row is None:
        return []
    baseline = _one(_hospital_table(run, "baseline"), hospital, admission) or {}
    outcomes = _one(_hospital_table(run, "outcomes"), hospital, admission) or {}
    dosing = _one(run.dosing, hospital, admission) or {}
    return [
        Section("Time zero", _values(row, ("time_zero", "eligible_at", "eligible_undated"))),
        Section("Exposure", [*_values(row, ("exposed",)), *_values(dosing, tuple(dosing))]),
        *_courses(run, hospital, admission),
        Section("Covariates", _values(baseline, tuple(baseline))),
        Section("Outcomes", _values(outcomes, tuple(outcomes))),
        _pair(run, hospital, admission),
    ]


def _courses(run: Run, hospital: str, admission: str) -> list[Section]:
    if not _has(run, "courses"):
        return []
    rows = _of(run.courses, hospital, admission).to_dicts()
    names = ("started_on", "stopped_on", "n_administrations", "n_usable", "total_g", "max_daily_g")
    return [Section(f"Course {row['course']}", _values(row, names)) for row in rows]


def _pair(run: Run, hospital: str, admission: str) -> Section:
    row = _one(run.matched, hospital, admission) if _has(run, "matched") else None
    if row is None:
        return Section("Matching", [("pair", "not matched")])
    partner = run.matched.filter(pl.col("pair_id") == row["pair_id"]).height - 1
    said = [
        *_values(row, ("pair_id", "propensity_score", "weight")),
        ("others in it", f"{partner}"),
    ]
    return Section("Matching", said)


def _scope(run: Run, hospital: str, admission: str) -> Section:
    rows = _of(_hospital_table(run, "scope"), hospital, admission).sort("table")
    said = [(table, f"{n:,}") for table, n in rows.select("table", "n_rows").iter_rows()]
    return Section("Rows that the study reads", said)


def _quarantined(run: Run, hospital: str, admission: str) -> Section:
    """The rows of the stay that the gate set aside, counted by table and reason."""
    said: list[tuple[str, str]] = []
    for path in sorted((run.folder / "quarantine").glob("*.parquet")):
        frame = pl.read_parquet(path)
        if not {*_KEYS, "reason"} <= set(frame.columns):
            continue
        own = _of(frame, hospital, admission)
        counts = own.group_by("reason").len().sort("reason")
        said += [(f"{path.stem}: {reason}", f"{n:,}") for reason, n in counts.iter_rows()]
    return Section("Rows set aside", said)


def _values(row: dict[str, Any], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """What is known of a row, without its keys."""
    hidden = {*_KEYS, "patient_id", "person_id"}
    return [(n, _text(row[n])) for n in names if n in row and n not in hidden]


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _ANSWERS[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
