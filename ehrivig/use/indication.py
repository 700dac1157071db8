"""The most likely indication of each course of the exposure drug, from the diagnoses near it.

Classes: recognised, under_evaluation, not_documented, discussed, those of an own list, and
none_found. Which indication has which, and the codes that point at it, are in the code list
`indications`; the shipped one says whose they are.
A code near a course is no proof of a reason: the rule and the deciding code stand in every row.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.codes import CodeLists
from ehrivig.codes.kinds import INDICATION_CLASSES, NO_INDICATION
from ehrivig.database import Database

NONE_FOUND = NO_INDICATION
_VOCABULARIES = {
    "ICD10": ("ICD10",),
    "ICD10CM": ("ICD10", "ICD10CM"),
    "ICD9CM": ("ICD9CM",),
}
"""Vocabulary of a diagnosis -> vocabularies of the code list that hold for it."""
_LIST_SCHEMA: dict[str, type[pl.DataType]] = {
    "indication": pl.String,
    "label": pl.String,
    "class": pl.String,
    "vocabulary": pl.String,
    "match": pl.String,
    "code": pl.String,
    "specificity": pl.Int64,
    "min_age_years": pl.Float64,
    "max_age_years": pl.Float64,
    "note": pl.String,
}
_MATCH_SCHEMA: dict[str, type[pl.DataType]] = {
    "vocabulary": pl.String,
    "code": pl.String,
    **{name: _LIST_SCHEMA[name] for name in ("indication", "label", "class", "specificity")},
    **{name: _LIST_SCHEMA[name] for name in ("min_age_years", "max_age_years")},
}
_DIAGNOSES = """
SELECT d.hospital_id, a.patient_id, d.admission_id, d.vocabulary, d.code, d.diagnosed_at
FROM diagnosis AS d
INNER JOIN admission AS a ON d.admission_id = a.admission_id
INNER JOIN ref.indication_code AS i ON d.vocabulary = i.vocabulary AND d.code = i.code
"""


@dataclass(frozen=True)
class Rule:
    """How near a diagnosis must be to a course (days around its first day; both ends count).

    Both lengths are assumed: no source fixes them.
    """

    days_before: int = 180
    days_after: int = 30

    def __str__(self) -> str:
        """The whole rule in words, for the output."""
        return (
            f"diagnoses of the patient in the same hospital from {self.days_before} days before to "
            f"{self.days_after} days after the first day of the course, or of the same admission "
            "without a date; the most specific code wins, then the same admission, then the "
            "nearest day, then the class (in the order of the list), then the name"
        )


def code_list(lists: CodeLists) -> pl.DataFrame:
    """The code list of a study, one row per indication and code."""
    rows = lists.rows("indications")
    cells = [{name: row[name] or None for name in _LIST_SCHEMA} for row in rows]
    text = dict.fromkeys(_LIST_SCHEMA, pl.String)
    return pl.DataFrame(cells, schema=text).cast(_LIST_SCHEMA)  # type: ignore[arg-type]


def rank(column: pl.Expr, listed: pl.DataFrame) -> pl.Expr:
    """The place of a class: first CEDIT's, then those of the list in the order of its lines."""
    classes = (*INDICATION_CLASSES, *listed["class"].unique(maintain_order=True), NONE_FOUND)
    order = list(dict.fromkeys(classes))
    return column.replace_strict(order, range(len(order)), return_dtype=pl.Int64)


def match_codes(codes: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """One row per distinct (vocabulary, code) and indication it points at.

    Codes are compared without dots, blanks and case. A code that points at one indication in
    several ways keeps the most specific.
    """
    rules = listed.to_dicts()
    found = []
    for vocabulary, code in codes.select("vocabulary", "code").unique().drop_nulls().iter_rows():
        plain = _plain(code)
        for rule in rules:
            wanted = _plain(rule["code"])
            hit = plain == wanted if rule["match"] == "exact" else plain.startswith(wanted)
            if hit and rule["vocabulary"] in _VOCABULARIES.get(vocabulary, ()):
                found.append({**rule, "vocabulary": vocabulary, "code": code})
    names = list(_MATCH_SCHEMA)
    return (
        pl.DataFrame([{name: row[name] for name in names} for row in found], schema=_MATCH_SCHEMA)
        .sort("vocabulary", "code", "indication", "specificity", descending=[False] * 3 + [True])
        .unique(["vocabulary", "code", "indication"], keep="first", maintain_order=True)
    )


def diagnoses(db: Database, listed: pl.DataFrame) -> pl.DataFrame:
    """The diagnoses of a hospital whose code points at an indication.

    Columns: hospital_id, patient_id, admission_id, vocabulary, code, diagnosed_at. Reads
    `diagnosis` and `admission`; leaves the matched codes in `ref.indication_code`.
    """
    codes = db.frame("SELECT DISTINCT vocabulary, code FROM diagnosis")
    db.load("ref.indication_code", match_codes(codes, listed).select("vocabulary", "code").unique())
    return db.frame(_DIAGNOSES)


def assign(
    courses: pl.DataFrame,
    diagnoses: pl.DataFrame,
    listed: pl.DataFrame,
    rule: Rule | None = None,
) -> pl.DataFrame:
    """`courses` with the most likely indication of each, in the same order.

    Added: indication, indication_label, indication_class ("none_found" without a code near the
    course, indication then null), indication_code, indication_specificity, indication_days (the
    diagnosis minus the first day of the course; null without a date), n_indications (how many
    different ones the codes allow), indication_rule. Courses need hospital_id, patient_id,
    admission_id, course, started_on; with age_years, an indication of another age is left out.
    """
    rule = rule or Rule()
    key = ["hospital_id", "admission_id", "course"]
    near = _near(courses, diagnoses, rule, match_codes(diagnoses, listed))
    order = [
        pl.col("specificity") * -1,
        ~pl.col("same_admission"),
        pl.col("days").abs().fill_null(1_000_000),
        rank(pl.col("class"), listed),
        pl.col("indication"),
        pl.col("days").fill_null(0),
        pl.col("vocabulary"),
        pl.col("code"),
    ]
    best = (
        near.with_columns(n_indications=pl.col("indication").n_unique().over(key).cast(pl.Int64))
        .sort(order)
        .unique(key, keep="first", maintain_order=True)
        .select(
            *key,
            "indication",
            pl.col("label").alias("indication_label"),
            pl.col("class").alias("indication_class"),
            pl.col("code").alias("indication_code"),
            pl.col("specificity").alias("indication_specificity"),
            pl.col("days").alias("indication_days"),
            "n_indications",
        )
    )
    return courses.join(best, on=key, how="left", maintain_order="left").with_columns(
        pl.col("indication_class").fill_null(NONE_FOUND),
        pl.col("n_indications").fill_null(0),
        pl.lit(str(rule)).alias("indication_rule"),
    )


def _near(
    courses: pl.DataFrame, diagnoses: pl.DataFrame, rule: Rule, matched: pl.DataFrame
) -> pl.DataFrame:
    """One row per course, diagnosis near it and indication it points at."""
    coded = diagnoses.join(matched, on=["vocabulary", "code"], how="inner").select(
        "hospital_id",
        "patient_id",
        pl.col("admission_id").alias("coded_in"),
        "diagnosed_at",
        *_MATCH_SCHEMA,
    )
    age = pl.col("age_years") if "age_years" in courses.columns else pl.lit(None, pl.Float64)
    wanted = ["hospital_id", "patient_id", "admission_id", "course", "started_on"]
    days = (pl.col("diagnosed_at").dt.date() - pl.col("started_on")).dt.total_days()
    return (
        courses.select(*wanted, age.cast(pl.Float64).alias("age"))
        .join(coded, on=["hospital_id", "patient_id"], how="inner")
        .with_columns(days=days, same_admission=(pl.col("coded_in") == pl.col("admission_id")))
        .filter(
            pl.col("days").is_between(-rule.days_before, rule.days_after)
            | (pl.col("days").is_null() & pl.col("same_admission")),
            (pl.col("age") >= pl.col("min_age_years")).fill_null(True),
            (pl.col("age") < pl.col("max_age_years")).fill_null(True),
        )
    )


def _plain(code: str) -> str:
    return code.replace(".", "").replace(" ", "").upper()
