"""Clinical definitions that build on one another, made ready as tables of one hospital.

Each definition is one SQL file (`sql/concept/<folder>/<name>.sql`). A file that reads another
concept finds it as a table of that name; `prepare` makes them in order. Definitions that can be a
criterion of a study give admission_id, met (true, false, null: not measured) and first_at.
"""

from __future__ import annotations

import math

import polars as pl

from ehrivig.concepts.library import concept
from ehrivig.database import Database
from ehrivig.study.registries import CONCEPTS

# What each step reads besides the clean tables and `eligible`: a definition that a study may name
# says so in its entry (`study.registries.concepts`), what such definitions build on stands here.
BUILDS_ON: dict[str, tuple[str, ...]] = {
    **{entry.name: entry.reads for entry in CONCEPTS if entry.reads},
    "respiratory_interval": ("stay_lab",),
    "pf_ratio": ("stay_lab", "stay_vital", "respiratory_interval"),
    "stay_lab": ("score_span",),
    "stay_vital": ("score_span",),
    "mean_arterial_pressure": ("score_span", "stay_vital"),
    "vasoactive": ("score_span",),
    "vasopressor_run": ("vasoactive",),
    "urine_day": ("stay_vital",),
    "sofa_value": ("stay_lab", "mean_arterial_pressure", "pf_ratio", "urine_day"),
    "vasoactive_run": ("vasoactive",),
    "sofa_vasoactive": ("vasoactive_run",),
    "sofa": ("score_bin", "sofa_value", "sofa_vasoactive"),
    "sofa_course": ("sofa",),
    "apache_oxygenation": ("stay_lab", "pf_ratio"),
    "apache_value": ("stay_lab", "mean_arterial_pressure", "apache_oxygenation"),
    "apache_ii": ("score_bin", "apache_value", "apache_chronic"),
    "sirs_sign": ("stay_lab", "stay_vital"),
    "sirs_moment": ("sirs_sign",),
    "sirs_on_vasopressor": ("sirs_moment", "vasopressor_run"),
    "dysfunction_moment": ("stay_lab", "stay_vital", "pf_ratio"),
    "fluid_given": ("score_span",),
    "septic_shock_proxy": ("severe_sepsis", "fluid_given"),
    "ards_gas": ("pf_ratio",),
    "aki_moment": ("stay_lab", "stay_vital"),
    "dic_score": ("stay_lab",),
    "shock_basis": ("vasopressor_run", "stay_lab"),
}
# Which rows of `lab` and `vital` a step takes out of stay_lab and stay_vital.
ANALYTES: dict[str, tuple[str, ...]] = {
    **{entry.name: entry.analytes for entry in CONCEPTS if entry.analytes},
    "pf_ratio": ("pao2",),
    "sofa_value": ("platelets", "total_bilirubin", "creatinine"),
    "apache_oxygenation": ("paco2",),
    "apache_value": (
        *("ph", "bicarbonate", "sodium", "potassium"),
        *("creatinine", "hematocrit", "wbc"),
    ),
    "sirs_sign": ("wbc", "bands", "paco2"),
    "dysfunction_moment": ("lactate", "platelets", "total_bilirubin", "creatinine"),
    "aki_moment": ("creatinine",),
    "dic_score": ("platelets", "d_dimer", "prothrombin_time", "fibrinogen"),
    "shock_basis": ("lactate",),
}
VITALS: dict[str, tuple[str, ...]] = {
    **{entry.name: entry.vitals for entry in CONCEPTS if entry.vitals},
    "pf_ratio": ("fio2",),
    "mean_arterial_pressure": ("map", "sbp", "dbp"),
    "urine_day": ("urine_output",),
    "sofa_value": ("gcs",),
    "apache_value": ("temperature", "heart_rate", "respiratory_rate", "gcs"),
    "sirs_sign": ("temperature", "heart_rate", "respiratory_rate"),
    "dysfunction_moment": ("sbp", "gcs"),
    "aki_moment": ("urine_output",),
}
# Names of the small numbers that stand for codes in stay_lab and stay_vital.
ENUMS = {"stay_analyte": ANALYTES, "stay_sign": VITALS}
SOFA_MAX_MISSING = 2
CARRIED_DAYS = 3
"""For how long a component of SOFA that is not measured anew is the last one (a convention)."""


def prepare(
    db: Database, *names: str, anchor: str = "eligible.admitted_at", days: int | None = None
) -> None:
    """Make every table that some concepts read, in order; nothing for one that stands alone.

    Needs `eligible` (admission_id, admitted_at, discharged_at; for APACHE II age_years) and the
    clean tables. Call it again whenever `eligible` has changed, and `clear` when done. `anchor`
    ("table.column") is where the first 24 h window begins, `days` how many windows are looked at
    (None: all of the stay).
    """
    order = [step for step in build_order(*names) if step not in names]
    if "score_span" in order:
        _name_codes(db)
        table, column = anchor.split(".")
        db.table("score_anchor", f"SELECT admission_id, {column} AS anchor_at FROM {table}")
    values = {
        "days": days,
        "max_missing": SOFA_MAX_MISSING,
        "analytes": _wanted(ANALYTES, [*order, *names]),
        "vitals": _wanted(VITALS, [*order, *names]),
    }
    for step in order:
        db.table(step, concept(step), values)


def build_order(*names: str) -> list[str]:
    """Everything some concepts build on, and they themselves, each after what it reads."""
    ordered: list[str] = []
    for name in names:
        for needed in BUILDS_ON.get(name, ()):
            ordered += [step for step in build_order(needed) if step not in ordered]
        ordered += [name] if name not in ordered else []
    return ordered


def clear(db: Database) -> None:
    """Drop every table that `prepare` made, so that a long run does not carry them along."""
    made = {step for name in BUILDS_ON for step in build_order(name)} | {"score_anchor"}
    for step in db.existing(sorted(made)):
        db.execute(f"DROP TABLE {step}")


def _name_codes(db: Database) -> None:
    """Make the types of codes in stay_lab and stay_vital, once in a database."""
    for name, codes in ENUMS.items():
        named = ", ".join(f"'{code}'" for code in _wanted(codes, list(codes)))
        db.execute(f"CREATE TYPE IF NOT EXISTS {name} AS ENUM ({named})")


def _wanted(codes: dict[str, tuple[str, ...]], steps: list[str]) -> list[str]:
    """The codes that some concepts take, each once, sorted."""
    return sorted({code for step in steps for code in codes.get(step, ())})


def incident(db: Database, name: str) -> pl.DataFrame:
    """Whether a concept was first met at or after time zero: admission_id, value (three-valued).

    One row per candidate admission. Needs `candidate`, and `eligible` with those admissions.
    """
    prepare(db, name)
    db.table("concept_met", concept(name))
    clear(db)
    return db.frame(concept("course_concept"))


def first_day_scores(db: Database) -> pl.DataFrame:
    """SOFA and APACHE II of the 24 h from time zero, with bounds; one row per candidate, sorted.

    Columns: admission_id, sofa (null: more than two components missing), sofa_n_missing, sofa_lo,
    sofa_hi, apache_ii (missing variables as normal), apache_ii_n_missing, apache_ii_hi. Needs
    `candidate`, and `eligible` with those admissions.
    """
    return scores_of_a_day(db, "candidate.time_zero")


def sofa_course(db: Database, days: float) -> pl.DataFrame:
    """SOFA and its components as known when each day from time zero begins, for `days` days.

    admission_id, day (0 at time zero: of the 24 h before it), sofa, sofa_respiration, ... (null:
    not known), sorted. Needs `candidate`, and `eligible` with those admissions.
    """
    before = CARRIED_DAYS + 1
    db.table(
        "course_anchor",
        "SELECT admission_id, time_zero - TO_DAYS($days) AS anchor_at FROM candidate",
        {"days": before},
    )
    prepare(db, "sofa_course", anchor="course_anchor.anchor_at", days=before + math.ceil(days))
    found = db.frame(
        concept("sofa_course"),
        {
            "carried_days": CARRIED_DAYS,
            "days_before": before,
            "max_missing": SOFA_MAX_MISSING,
        },
    )
    clear(db)
    db.execute("DROP TABLE course_anchor")
    return found.sort("admission_id", "day")


def scores_of_a_day(db: Database, anchor: str) -> pl.DataFrame:
    """As `first_day_scores`, of the 24 h from `anchor` ("table.column")."""
    prepare(db, "sofa", "apache_ii", anchor=anchor, days=1)
    sofa = db.frame(concept("sofa"), {"max_missing": SOFA_MAX_MISSING}).select(
        "admission_id", "sofa", "sofa_n_missing", "sofa_lo", "sofa_hi"
    )
    apache = db.frame(concept("apache_ii"))
    clear(db)
    counts = pl.exclude("admission_id").cast(pl.Int64)
    joined = sofa.join(apache, on="admission_id", how="inner", validate="1:1")
    return joined.with_columns(counts).sort("admission_id")
