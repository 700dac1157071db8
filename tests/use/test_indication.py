"""Indications: each assignment follows from the stated rule and was made by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig import codes as code_lists
from ehrivig import resources
from ehrivig.codes import own
from ehrivig.codes.kinds import INDICATION_CLASSES
from ehrivig.database import Database
from ehrivig.errors import StudyError
from ehrivig.use.indication import Rule, assign, code_list, diagnoses, match_codes, rank

LISTED = code_list(code_lists.SHIPPED)
STARTED = date(2020, 6, 1)
RECOGNISED = {
    "itp",
    "kawasaki",
    "myasthenia_gravis",
    "dermatomyositis",
    "gbs",
    "cidp",
    "mmn",
    "stiff_person",
    "parvovirus_b19",
    "autoimmune_erythroblastopenia",
    "autoimmune_neutropenia",
    "acquired_hypocoagulability",
    "birdshot",
}
UNDER_EVALUATION = {
    "inclusion_body_myositis",
    "demyelinating_cns",
    "polymyositis",
    "autoimmune_encephalitis",
    "refractory_epilepsy",
    "transplantation",
    "haemolytic_anaemia",
    "adult_still",
    "antiphospholipid",
    "anca_vasculitis",
    "pemphigus_vulgaris",
}
DISCUSSED = {
    "other_ambd",
    "adult_sepsis",
    "streptococcal_tss",
    "neonatal_sepsis",
    "hla_desensitisation",
    "antibody_mediated_rejection",
    "immunodeficiency",
}


def one_course(**more: Any) -> pl.DataFrame:
    base = {
        "hospital_id": "A",
        "patient_id": 1,
        "admission_id": 10,
        "course": 1,
        "started_on": STARTED,
    }
    return pl.DataFrame([{**base, **more}])


def coded(*rows: tuple[str, int | None, int] | tuple[str, int | None, int, str]) -> pl.DataFrame:
    """Diagnoses as (code, days after the course's first day, admission[, vocabulary])."""
    return pl.DataFrame(
        [
            {
                "hospital_id": "A",
                "patient_id": 1,
                "admission_id": row[2],
                "vocabulary": row[3] if len(row) == 4 else "ICD10",
                "code": row[0],
                "diagnosed_at": None
                if row[1] is None
                else datetime(2020, 6, 1, 15, 0) + timedelta(days=row[1]),
            }
            for row in rows
        ],
        schema={
            "hospital_id": pl.String,
            "patient_id": pl.Int64,
            "admission_id": pl.Int64,
            "vocabulary": pl.String,
            "code": pl.String,
            "diagnosed_at": pl.Datetime("us"),
        },
    )


def found(courses: pl.DataFrame, codes: pl.DataFrame, rule: Rule | None = None) -> Any:
    return assign(courses, codes, LISTED, rule).row(0, named=True)


def test_the_code_list_holds_each_indication_of_the_review_in_its_class() -> None:
    listed = LISTED
    sets = (RECOGNISED, UNDER_EVALUATION, set(), DISCUSSED)  # it names none as not documented
    for name, expected in zip(INDICATION_CLASSES, sets, strict=True):
        assert set(listed.filter(pl.col("class") == name)["indication"]) == expected
    per_name = listed.group_by("indication").agg(
        pl.col("class").n_unique(), pl.col("label").n_unique()
    )
    assert per_name.select(pl.col("class", "label").max()).row(0) == (1, 1)
    assert listed.select("indication", "vocabulary", "code").is_duplicated().sum() == 0
    assert listed.filter(pl.col("code").str.contains(r"^[A-Z0-9.]+$").not_()).is_empty()


@pytest.mark.parametrize(
    ("vocabulary", "code", "expected"),
    [
        ("ICD10", "G61.0", {"gbs"}),
        ("ICD10CM", "g610", {"gbs"}),
        ("ICD9CM", "357.0", {"gbs"}),
        ("ICD10", "G61.81", set()),
        ("ICD10CM", "G61.81", {"cidp"}),
        ("ICD10", "G61.8", {"cidp"}),
        ("ICD10", "G35", set()),
        ("ICD10", "G36.0", set()),
        ("ICD10", "G36.8", {"demyelinating_cns"}),
        ("ICD10CM", "D68.32", set()),
        ("ICD10CM", "D68.311", {"acquired_hypocoagulability"}),
        ("ICD10CM", "G40.219", {"refractory_epilepsy"}),
        ("ICD10CM", "G40.209", set()),
        ("ICD10", "L10.0", {"pemphigus_vulgaris"}),
        ("ICD10", "L10.2", {"other_ambd"}),
        ("ICD10", "U07.1", set()),
        ("SNOMED", "G61.0", set()),
    ],
)
def test_codes_point_at_indications(vocabulary: str, code: str, expected: set[str]) -> None:
    codes = pl.DataFrame({"vocabulary": [vocabulary], "code": [code]})
    assert set(match_codes(codes, LISTED)["indication"]) == expected


def test_the_most_specific_code_wins_over_the_nearest() -> None:
    got = found(one_course(), coded(("G61.8", 0, 10), ("D69.3", -20, 10)))
    assert (got["indication"], got["indication_class"]) == ("itp", "recognised")
    assert (got["indication_code"], got["indication_specificity"]) == ("D69.3", 3)
    assert (got["indication_days"], got["n_indications"]) == (-20, 2)


def test_then_the_same_admission_then_the_nearest_day() -> None:
    same = found(one_course(), coded(("G61.0", -1, 9), ("D69.3", -20, 10)))
    assert same["indication"] == "itp"
    nearest = found(one_course(), coded(("G61.0", -5, 10), ("D69.3", 4, 10)))
    assert nearest["indication"] == "itp"
    dated = found(one_course(), coded(("G61.0", None, 10), ("D69.3", 4, 10)))
    assert dated["indication"] == "itp"


def test_then_the_class_then_the_name() -> None:
    got = found(one_course(), coded(("L10.0", 0, 10), ("D69.3", 0, 10), ("G61.0", 0, 10)))
    assert (got["indication"], got["n_indications"]) == ("gbs", 3)


@pytest.mark.parametrize(
    ("days", "admission", "inside"),
    [
        (-180, 9, True),
        (-181, 9, False),
        (30, 9, True),
        (31, 9, False),
        (None, 10, True),
        (None, 9, False),
    ],
)
def test_the_window_around_the_first_day(days: int | None, admission: int, inside: bool) -> None:
    got = found(one_course(), coded(("G61.0", days, admission)))
    assert (got["indication"] == "gbs") is inside
    assert got["indication_class"] == ("recognised" if inside else "none_found")
    assert got["indication_rule"] == str(Rule())
    assert "180 days before to 30 days after" in got["indication_rule"]


def test_a_narrower_rule_says_so() -> None:
    rule = Rule(days_before=7, days_after=0)
    got = found(one_course(), coded(("G61.0", -8, 10)), rule)
    assert got["indication_class"] == "none_found"
    assert "from 7 days before to 0 days after" in got["indication_rule"]


@pytest.mark.parametrize(
    ("age", "code", "indication"),
    [
        (18.0, "A41.9", "adult_sepsis"),
        (17.9, "A41.9", None),
        (None, "A41.9", "adult_sepsis"),
        (0.0, "P36.9", "neonatal_sepsis"),
        (40.0, "P36.9", None),
    ],
)
def test_an_indication_of_an_age_needs_that_age(
    age: float | None, code: str, indication: str | None
) -> None:
    courses = one_course(age_years=age).cast({"age_years": pl.Float64})
    assert found(courses, coded((code, 0, 10)))["indication"] == indication


def test_each_course_is_judged_on_its_own_and_keeps_its_place() -> None:
    courses = pl.concat(
        [
            one_course(course=2, started_on=date(2021, 6, 1)),
            one_course(),
            one_course(patient_id=2, admission_id=20),
            one_course(hospital_id="B"),
        ]
    )
    got = assign(courses, coded(("G61.0", 0, 10)), LISTED)
    assert got["indication"].to_list() == [None, "gbs", None, None]
    assert got["n_indications"].to_list() == [0, 1, 0, 0]
    assert got.select(courses.columns).equals(courses)


def test_the_order_of_diagnoses_never_matters() -> None:
    codes = coded(
        ("G61.0", 3, 10), ("G61.0", -3, 10), ("D69.3", 3, 9), ("A41.9", 0, 10), ("G61.8", 0, 10)
    )
    expected = assign(one_course(), codes, LISTED)
    for seed in range(10):
        assert assign(
            one_course(), codes.sample(fraction=1, shuffle=True, seed=seed), LISTED
        ).equals(expected)
    assert expected["indication_days"].to_list() == [-3]


def test_empty_inputs_keep_the_schema() -> None:
    full = assign(one_course(), coded(("G61.0", 0, 10)), LISTED)
    none = assign(one_course(), coded(("G61.0", 0, 10)).clear(), LISTED)
    assert assign(one_course().clear(), coded(("G61.0", 0, 10)), LISTED).schema == full.schema
    assert none.schema == full.schema
    assert none["indication_class"].to_list() == ["none_found"]


def test_diagnoses_are_read_from_the_hospital() -> None:
    with Database() as db:
        db.execute("CREATE SCHEMA ref")
        db.execute(
            "CREATE TABLE admission AS "
            "SELECT 'A' AS hospital_id, 10 AS admission_id, 1 AS patient_id"
        )
        db.execute(
            "CREATE TABLE diagnosis AS SELECT 'A' AS hospital_id, 10 AS admission_id, code, "
            "'ICD10' AS vocabulary, TIMESTAMP '2020-06-01 00:00' AS diagnosed_at "
            "FROM (VALUES ('G61.0'), ('I10'), ('g610'), (NULL)) AS t(code)"
        )
        got = diagnoses(db, LISTED).sort("code")
        assert got["code"].to_list() == ["G61.0", "g610"]
        assert got["patient_id"].to_list() == [1, 1]
        db.execute("DELETE FROM diagnosis")
        assert diagnoses(db, LISTED).schema == got.schema


OTHER = """#! replace
indication,label,class,vocabulary,match,code,specificity,min_age_years,max_age_years,note
gbs,Guillain-Barre syndrome,red,ICD10,prefix,G61.0,3,,,
ms,Multiple sclerosis,black,ICD10,prefix,G35,3,,,
lupus,Lupus,grey,ICD10,prefix,M32,3,,,
myositis,Myositis,not_documented,ICD10,prefix,M60,3,,,
"""


def test_classes_of_another_guideline_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    """Among equals the class decides: CEDIT's first, then red before black before grey."""
    (tmp_path / "indications.csv").write_text(OTHER, encoding="utf-8")
    listed = code_list(own.read(tmp_path))
    for codes, expected in (
        (("G35", "M32.1", "G61.0"), "red"),
        (("M32.1", "G35"), "black"),
        (("M32.1",), "grey"),
        (("G35", "M60.0"), "not_documented"),
        (("I10",), "none_found"),
    ):
        near = coded(*((code, 0, 10) for code in codes))
        got = assign(one_course(), near, listed).row(0, named=True)
        assert got["indication_class"] == expected
    classes = pl.DataFrame({"class": ["none_found", "grey", "red", "recognised"]})
    ranks = classes.select(rank(pl.col("class"), listed))["class"].to_list()
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("recognised,ICD10,prefix,D69.3,3", "helpful,ICD10,prefix,D69.3,3", "the class 'helpful'"),
        ("recognised,ICD10,prefix,D69.3,3", "Recognized,ICD10,prefix,D69.3,3", "is no name"),
        ("recognised,ICD10,prefix,D69.3,3", "recognized,ICD10,prefix,D69.3,3", "nearly recognised"),
        ("recognised,ICD10,prefix,D69.3,3", "none_found,ICD10,prefix,D69.3,3", "in no line"),
        ("recognised,ICD10,prefix,D69.3,3", "nonefound,ICD10,prefix,D69.3,3", "in no line"),
        ("\nitp,Immune", "\nnone_found,Immune", "in no line"),
        ("D69.3,3,,,", "D69.3,3,2,2,", "nobody is 2 years or older and younger than 2"),
        ("Kawasaki disease,recognised,ICD10", "Kawasaki,recognised,ICD10", "the label 'Kawasaki'"),
        ("recognised,ICD10,prefix,D69.3,3", "recognised,ICD8,prefix,D69.3,3", "vocabulary 'ICD8'"),
        ("recognised,ICD10,prefix,D69.3,3", "recognised,ICD10,regex,D69.3,3", "match 'regex'"),
        ("recognised,ICD10,prefix,D69.3,3", "recognised,ICD10,prefix,D69.3,9", "specificity '9'"),
        ("indication,label,class", "indication,label,kind", "unknown: kind; missing: class"),
    ],
)
def test_a_code_list_with_a_mistake_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (resources.codelists_folder() / "indications.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "indications.csv"
    path.write_text(text, encoding="utf-8")
    own.read(tmp_path)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        own.read(tmp_path)
