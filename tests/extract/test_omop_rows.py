"""OMOP's visits, doses, diagnoses and strengths: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from drawn_source import Drawn, day, drawn

Row = dict[str, Any]
VISIT = {"visit_occurrence_id": "v", "person_id": "p", "visit_concept_id": 9201}
VISIT |= {"visit_start_datetime": day("01-02 10:00"), "visit_start_date": day("01-02 00:00").date()}
VISIT |= {"visit_end_datetime": day("01-20 10:00"), "visit_end_date": day("01-20 00:00").date()}


def visit(name: str, start: str, end: str, **told: Any) -> Row:
    row = VISIT | {"visit_occurrence_id": name}
    for side, text in (("start", start), ("end", end)):
        row |= {f"visit_{side}_datetime": day(text), f"visit_{side}_date": day(text).date()}
    return row | told


@pytest.fixture
def omop() -> Iterator[Drawn]:
    """An extract of nobody, of which no code list has a concept."""
    with drawn("omop") as source:
        source.db.execute("CREATE TABLE ref.listed (vocabulary VARCHAR, code VARCHAR)")
        yield source


def stays(omop: Drawn, *visits: Row, **values: Any) -> list[tuple[Any, ...]]:
    """Admission, its begin and its end, of some visits."""
    omop.draw("source.visit_occurrence", *visits)
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    omop.prepare("visit", "visit_stay", **values)
    found = omop.prepared("visit_stay", "admission_id", "admitted_at", "discharged_at")
    return [(name, f"{a:%m-%d %H:%M}", f"{b:%m-%d %H:%M:%S}") for name, a, b in found]


@pytest.mark.parametrize(
    ("visits", "found"),
    [
        ([visit("1", "01-02 10:00", "01-04 10:00")], [("1", "01-02 10:00", "01-04 10:00:00")]),
        # an end on a bare date is the end of that day
        ([visit("1", "01-02 10:00", "01-04 00:00")], [("1", "01-02 10:00", "01-04 23:59:59")]),
        # within a day of the end before, of all that were before, they are one
        (
            [visit("1", "01-02 10:00", "01-09 10:00"), visit("2", "01-03 10:00", "01-04 10:00"),
             visit("3", "01-10 10:00", "01-12 10:00"), visit("4", "01-13 10:01", "01-14 10:00")],
            [("1", "01-02 10:00", "01-12 10:00:00"), ("4", "01-13 10:01", "01-14 10:00:00")],
        ),
        # of another person, or another hospital, they are not
        (
            [visit("1", "01-02 10:00", "01-04 10:00"),
             visit("2", "01-04 11:00", "01-05 10:00", person_id="q"),
             visit("3", "01-04 11:00", "01-05 10:00", care_site_id="9")],
            [("1", "01-02 10:00", "01-04 10:00:00"), ("2", "01-04 11:00", "01-05 10:00:00"),
             ("3", "01-04 11:00", "01-05 10:00:00")],
        ),
        # an emergency visit alone is no admission; before one it is its begin
        ([visit("1", "01-02 10:00", "01-02 12:00", visit_concept_id=9203)], []),
        (
            [visit("1", "01-02 10:00", "01-02 12:00", visit_concept_id=9203),
             visit("2", "01-02 12:00", "01-05 12:00")],
            [("2", "01-02 10:00", "01-05 12:00:00")],
        ),
        *(([visit("1", "01-02 10:00", "01-04 10:00", visit_concept_id=one)],
           [("1", "01-02 10:00", "01-04 10:00:00")]) for one in (262, 32037, 581379, 8717)),
        *(([visit("1", "01-02 10:00", "01-04 10:00", visit_concept_id=one)], [])
          for one in (9202, 0, None)),
        # of two rows of one visit the first counts
        (
            [visit("1", "01-05 10:00", "01-06 10:00"), visit("1", "01-02 10:00", "01-04 10:00")],
            [("1", "01-02 10:00", "01-04 10:00:00")],
        ),
    ],
)  # fmt: skip
def test_visits_that_follow_one_another_are_one_admission(
    omop: Drawn, visits: list[Row], found: list[tuple[str, str, str]]
) -> None:
    assert stays(omop, *visits) == found


def test_an_emergency_visit_is_an_admission_where_the_study_says_so(omop: Drawn) -> None:
    alone = visit("1", "01-02 10:00", "01-02 12:00", visit_concept_id=9203)
    assert len(stays(omop, alone, emergency_visits=True)) == 1


@pytest.mark.parametrize(
    ("level", "hospital"), [("care_site", "7"), ("location", "70"), ("none", "CUH")]
)
def test_the_hospital_is_the_place_or_the_source(omop: Drawn, level: str, hospital: str) -> None:
    omop.draw("source.visit_occurrence", VISIT | {"care_site_id": "7"})
    omop.draw("source.care_site", {"care_site_id": "7", "location_id": "71"})
    omop.draw("source.care_site", {"care_site_id": "7", "location_id": "70"})
    omop.draw("source.cdm_source", *({"cdm_source_abbreviation": x} for x in ("DUH", "CUH")))
    omop.prepare("hospital_of_visit", hospital_level=level)
    assert omop.prepared("hospital_of_visit", "hospital_id") == [(hospital,)]


def test_without_a_place_and_a_source_the_hospital_is_omop(omop: Drawn) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    assert omop.prepared("hospital_of_visit", "hospital_id") == [("omop",)]


def placed(omop: Drawn) -> None:
    """Visit v of person p, all of it one admission, and what its rows are placed by."""
    omop.draw("source.visit_occurrence", VISIT)
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    omop.prepare("visit", "visit_stay", "visit_stay_later", "placed", "descendant")
    omop.prepare("record_type", "written_state", "strength")


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({}, "01-05 09:00"),
        ({"visit_occurrence_id": None}, "01-05 09:00"),  # by its moment
        ({"visit_occurrence_id": "other"}, "01-05 09:00"),
        ({"visit_occurrence_id": None, "person_id": "q"}, None),
        ({"person_id": "q"}, "01-05 09:00"),
        ({"drug_exposure_start_datetime": day("02-05 09:00"),
          "drug_exposure_start_date": day("02-05 09:00").date()}, "02-05 09:00"),
        *(({"visit_occurrence_id": None, "drug_exposure_start_datetime": day(f"{date} {time}"),
            "drug_exposure_start_date": day(f"{date} {time}").date()}, at)
          for date, time, at in (
              ("01-02", "09:59", None), ("01-02", "10:00", "01-02 10:00"),
              ("01-20", "10:00", "01-20 10:00"), ("01-20", "10:01", None),
              ("01-02", "00:00", "01-02 10:00"), ("01-01", "00:00", None))),
        # a bare date on the day of the admission is the admission
        ({"drug_exposure_start_datetime": None,
          "drug_exposure_start_date": day("01-02 00:00").date()}, "01-02 10:00"),
        # a moment of another day is a placeholder
        ({"drug_exposure_start_datetime": day("01-09 09:00")}, "01-05 00:00"),
    ],
)  # fmt: skip
def test_a_row_is_of_its_visit_or_else_of_the_stay_at_its_moment(
    omop: Drawn, told: Row, at: str | None
) -> None:
    placed(omop)
    omop.draw("source.drug_exposure", DOSE | told)
    found = omop.rows("medication", "started_at", **ASKED)
    assert [f"{one:%m-%d %H:%M}" for (one,) in found] == ([at] if at else [])


DOSE = {"drug_exposure_id": "d", "person_id": "p", "visit_occurrence_id": "v"}
DOSE |= {"drug_exposure_start_datetime": day("01-05 09:00"), "drug_concept_id": 100}
DOSE |= {"drug_exposure_start_date": day("01-05 09:00").date(), "drug_type_concept_id": 32818}
DOSE |= {"quantity": 2.0, "drug_source_value": "as written", "route_concept_id": 0}
ASKED: Row = {"given_types": ["999"], "quantity_unit": "vial"}
CONCEPTS = [
    (0, "No matching concept", "Metadata", "None", "x"),
    (100, "meropenem 1 g", "Drug", "RxNorm", "29561"),
    (200, "Injection, gamma globulin", "Drug", "HCPCS", "J1569"),
    (300, "local product", "Drug", "Local", "L-7"),
    (400, "Intravenous drip", "Route", "SNOMED", "r1"),
    (401, "Rectal", "Route", "SNOMED", "r2"),
    (500, "a type", "Type Concept", "Type", "t"),
    (600, "a condition", "Condition", "SNOMED", "600600600"),
]


def dose(omop: Drawn, *columns: str, **told: Any) -> tuple[Any, ...]:
    placed(omop)
    names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_code")
    omop.draw("source.concept", *(dict(zip(names, one, strict=True)) for one in CONCEPTS))
    omop.prepare("record_type")
    omop.draw("source.drug_exposure", DOSE | told)
    (found,) = omop.rows("medication", *columns, **ASKED)
    return found


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, ("100", "OMOP", "meropenem 1 g", "vial")),
        ({"drug_source_concept_id": 200}, ("J1569", "HCPCS", "meropenem 1 g", "unit")),
        ({"drug_source_concept_id": 300}, ("100", "OMOP", "meropenem 1 g", "vial")),
        ({"drug_concept_id": 0, "drug_source_concept_id": 300},
         ("L-7", "LOCAL", "as written", "vial")),
        ({"drug_concept_id": None, "drug_source_concept_id": 300},
         ("L-7", "LOCAL", "as written", "vial")),
        ({"drug_concept_id": 0}, (None, "OMOP", "as written", "vial")),
        ({"drug_concept_id": 0, "drug_source_concept_id": 0}, (None, "OMOP", "as written", "vial")),
        ({"drug_concept_id": 12345}, (None, "OMOP", "as written", "vial")),  # nobody knows it
        ({"drug_concept_id": 600}, (None, "OMOP", "a condition", "vial")),  # it is no drug
    ],
)  # fmt: skip
def test_the_code_of_a_drug(omop: Drawn, told: Row, code: tuple[Any, ...]) -> None:
    assert dose(omop, "drug_code", "vocabulary", "drug_name", "dose_unit", **told) == code


@pytest.mark.parametrize(("listed", "code"), [("12345", "12345"), ("54321", None)])
def test_a_concept_that_a_code_list_has_is_known(
    omop: Drawn, listed: str, code: str | None
) -> None:
    omop.draw("ref.listed", {"vocabulary": "OMOP", "code": listed})
    omop.draw("ref.listed", {"vocabulary": "ATC", "code": "12345"})
    assert dose(omop, "drug_code", drug_concept_id=12345) == (code,)


@pytest.mark.parametrize(
    ("quantity", "amount"), [(2.0, 2.0), (0.0, None), (None, None), (float("inf"), None)]
)
def test_a_quantity_of_nothing_is_none(
    omop: Drawn, quantity: float | None, amount: float | None
) -> None:
    assert dose(omop, "dose", quantity=quantity) == (amount,)


@pytest.mark.parametrize(
    ("told", "route"),
    [
        *(({"route_concept_id": one}, route) for one, route in
          ((4171047, "iv"), (4142048, "sc"), (4302612, "im"), (4132161, "po"), (400, "iv"),
           (401, "other"), (0, "unknown"), (None, "unknown"), (999, "unknown"))),
        *(({"route_source_value": one}, route) for one, route in
          (("IV", "iv"), ("ivgtt", "iv"), ("静滴", "iv"), ("SubQ", "sc"), ("皮下", "sc"),
           ("IM", "im"),
           ("肌注", "im"), ("per os", "po"), ("Oral", "po"), ("No matching concept", "unknown"),
           ("by tube", "by tube"))),
        ({"route_concept_id": 401, "route_source_value": "IV"}, "other"),
    ],
)  # fmt: skip
def test_the_route_of_a_dose(omop: Drawn, told: Row, route: str) -> None:
    assert dose(omop, "route", **told) == (route,)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((one, "given") for one in (38000180, 32818, 581373, 43542358, 32817, 999)),
        *((one, "unknown") for one in (32800, 32999, 38000175, 38000182, 43542356, 581452, 500)),
        *((one, None) for one in (33000, 32799, 38000174, 38000183, 0, None, 100)),
    ],
)
def test_whether_a_record_says_that_it_was_given(
    omop: Drawn, kind: int | None, status: str | None
) -> None:
    assert dose(omop, "status", drug_type_concept_id=kind) == (status,)


@pytest.mark.parametrize(
    ("end", "stopped"),
    [
        *(("01-05 10:00", True), ("01-06 00:00", True), ("01-05 00:00", False)),
        *(("01-04 00:00", False), ("01-04 10:00", True), (None, False)),
    ],
)
def test_an_end_at_midnight_before_the_start_is_a_bare_date(
    omop: Drawn, end: str | None, stopped: bool
) -> None:
    moment = None if end is None else day(end)
    found = dose(omop, "stopped_at", drug_exposure_end_datetime=moment)
    assert found == (moment if stopped else None,)


MG, G, UG, ML, L = 8576, 8504, 9655, 8587, 8519


@pytest.mark.parametrize(
    ("told", "per_litre", "grams"),
    [
        ({"amount_value": 500.0, "amount_unit_concept_id": MG}, None, 0.5),
        ({"amount_value": 2.0, "amount_unit_concept_id": G}, None, 2.0),
        ({"amount_value": 50.0, "amount_unit_concept_id": UG}, None, 5e-5),
        ({"amount_value": 50.0, "amount_unit_concept_id": 1}, None, None),
        *(
            ({"numerator_value": 100.0, "numerator_unit_concept_id": MG, "denominator_value": d,
              "denominator_unit_concept_id": unit}, per_litre, grams)
            for d, unit, per_litre, grams in (
                (None, ML, 100.0, None), (0.0, ML, 100.0, None), (50.0, ML, 2.0, 0.1),
                (None, L, 0.1, None), (2.0, L, 0.05, 0.1), (1.0, 1, None, 0.1))
        ),
        ({"amount_value": 500.0, "amount_unit_concept_id": MG, "invalid_reason": "D"}, None, None),
    ],
)  # fmt: skip
def test_how_strong_a_product_is(
    omop: Drawn, told: Row, per_litre: float | None, grams: float | None
) -> None:
    omop.draw("source.drug_strength", {"drug_concept_id": 100} | told)
    omop.prepare("strength")
    found = omop.prepared("strength", "concentration_g_per_l", "strength_g")
    assert found == ([] if "invalid_reason" in told else [
        (per_litre and pytest.approx(per_litre), grams and pytest.approx(grams))
    ])  # fmt: skip


def test_a_product_of_two_strengths_has_none(omop: Drawn) -> None:
    one = {"drug_concept_id": 100, "amount_value": 500.0, "amount_unit_concept_id": MG}
    omop.draw("source.drug_strength", one, one | {"amount_value": 250.0})
    omop.prepare("strength")
    assert omop.prepared("strength", "drug_concept_id") == []


SAID = {"person_id": "p", "visit_occurrence_id": "v", "condition_concept_id": 600}
SAID |= {"condition_start_datetime": day("01-05 09:00")}
SAID |= {"condition_start_date": day("01-05 09:00").date()}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, ("600600600", "SNOMED")),
        ({"condition_source_concept_id": 700}, ("J12.82", "ICD10CM")),
        ({"condition_source_concept_id": 701}, ("480.9", "ICD9CM")),
        ({"condition_source_concept_id": 702}, ("U07.1", "ICD10")),
        ({"condition_source_concept_id": 600}, ("600600600", "SNOMED")),
        *(({"condition_source_value": one}, ("I10", vocabulary)) for one, vocabulary in
          (("ICD10CM:I10", "ICD10CM"), (" icd-10-cm | I10 ", "ICD10CM"), ("ICD10:I10", "ICD10"),
           ("ICD9CM:I10", "ICD9CM"), ("ICD 9 : I10", "ICD9CM"))),
        ({"condition_source_value": "I10"}, ("600600600", "SNOMED")),
        *(({"condition_source_value": one, "condition_concept_id": 0}, found) for one, found in
          (("I10", ("I10", "ICD10")), ("e11.65", ("e11.65", "ICD10")), ("U071", ("U071", "ICD10")),
           ("U07.1", ("U07.1", "ICD10")), ("U17.1", ("U17.1", "local")),
           ("480.9", ("480.9", "ICD9CM")), ("V45.8", ("V45.8", "ICD10")),
           ("E950.1", ("E950.1", "ICD9CM")), ("480", ("480", "local")),
           ("233604007", ("233604007", "SNOMED")), ("233604007.0", ("233604007", "SNOMED")),
           ("123456", ("123456", "local")), ("12345.0", ("12345.0", "local")),
           ("fever", ("fever", "local")), (" ", (None, "local")), (None, (None, "local")))),
        ({"condition_concept_id": 999}, ("999", "OMOP")),
        ({"condition_concept_id": 999, "condition_source_value": "I10"}, ("I10", "ICD10")),
        ({"condition_concept_id": 999, "condition_source_value": "fever"}, ("999", "OMOP")),
    ],
)  # fmt: skip
def test_the_code_of_a_diagnosis(omop: Drawn, told: Row, code: tuple[Any, Any]) -> None:
    names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_code")
    coded = [
        *((700, "x", "Condition", "ICD10CM", "J12.82"), (701, "x", "Condition", "ICD9CM", "480.9")),
        *((702, "x", "Condition", "ICD10CN", "U07.1"), *CONCEPTS),
    ]
    omop.draw("source.concept", *(dict(zip(names, one, strict=True)) for one in coded))
    placed(omop)
    omop.draw("source.condition_occurrence", SAID | told)
    assert omop.rows("diagnosis", "code", "vocabulary") == [code]


@pytest.mark.parametrize(
    ("status", "present"), [(32890, True), (46236988, True), (32903, None), (None, None)]
)
def test_whether_a_diagnosis_was_there_at_admission(
    omop: Drawn, status: int | None, present: bool | None
) -> None:
    placed(omop)
    omop.draw("source.condition_occurrence", SAID | {"condition_status_concept_id": status})
    assert omop.rows("diagnosis", "present_on_admission") == [(present,)]


def unread(omop: Drawn) -> dict[str, tuple[int, int]]:
    """What is counted of rows that nobody reads, of all that were asked, in hospital 7."""
    omop.prepare("words_unread")
    found = omop.prepared("words_unread", "hospital_id", "about", "violated", "denominator")
    assert {hospital for hospital, *_ in found} <= {"7"}
    return {about: (violated, every) for _, about, violated, every in found}


def counted(omop: Drawn, *visits: Row) -> None:
    """Some visits of hospital 7, and what counts the words in them."""
    omop.draw("source.visit_occurrence", *(one | {"care_site_id": "7"} for one in visits))
    omop.db.execute("CREATE TABLE prepared.meaning AS SELECT 777::BIGINT AS concept_id")
    omop.draw("source.concept", {"concept_id": 100}, {"concept_id": 0})
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    omop.prepare("visit", "vital_status")


def test_visits_and_their_ends_of_which_nobody_reads_a_word(omop: Drawn) -> None:
    known = (9201, 262, 32037, 581379, 8717, 9203, 9202, 5083, 777, 100)
    visits = [
        visit(f"{n}", "01-02 10:00", "01-04 10:00", visit_concept_id=one, person_id=f"{n}")
        for n, one in enumerate((*known, 0, None, 12345))
    ]
    bare = visit("bare", "01-02 10:00", "01-04 00:00", person_id="bare")
    counted(omop, *visits, bare)
    found = unread(omop)
    assert found["visit"] == (3, 14)
    assert found["end"] == (1, 6)  # an emergency visit alone is no admission
    assert found["moment"] == (0, 6)
    assert found.keys() == {"visit", "end", "moment"}


def test_places_procedures_and_moments_of_another_day(omop: Drawn) -> None:
    counted(omop, VISIT)
    detail = {"visit_occurrence_id": "v", "visit_detail_concept_id": 32037}
    there = {"visit_detail_start_datetime": day("01-03 10:00")}
    there |= {"visit_detail_start_date": day("01-03 00:00").date()}
    there |= {"visit_detail_end_date": day("01-04 00:00").date()}
    other = there | {"visit_detail_start_date": day("01-02 00:00").date()}
    omop.draw("source.visit_detail", detail | there, detail | other)
    omop.draw("source.visit_detail", detail | {"visit_detail_concept_id": 12345})
    omop.draw("source.visit_detail", detail | there | {"visit_detail_concept_id": 100})
    omop.draw("source.visit_detail", detail | {"visit_detail_concept_id": 0})
    for concept in (100, 777, 0, 12345):
        row = {"visit_occurrence_id": "v", "procedure_concept_id": concept}
        omop.draw("source.procedure_occurrence", row)
    found = unread(omop)
    assert found["place"] == (2, 5)
    assert found["procedure"] == (2, 4)
    assert found["icu_moment"] == (1, 2)
    assert found["icu_start"] == (1, 2)  # the one of another day is its date alone
    assert found["icu_end"] == (2, 2)


def test_the_table_in_which_most_is_wrong_speaks_for_all(omop: Drawn) -> None:
    """Moments of another day, rows of another person, drugs that have no code."""
    counted(omop, VISIT)
    early = {"visit_occurrence_id": "v", "person_id": "p"}
    for n in range(4):
        row = early | {"measurement_datetime": day("01-03 10:00")}
        row |= {"measurement_date": day(f"01-0{3 + (n > 0)} 00:00").date()}
        omop.draw("source.measurement", row | {"person_id": "p" if n < 2 else "q"})
        dose = early | {"drug_exposure_start_datetime": day("01-03 10:00")}
        dose |= {"drug_exposure_start_date": day("01-03 00:00").date()}
        codes = ((0, 0), (None, 0), (100, 0), (0, 100))[n]
        dose |= dict(zip(("drug_concept_id", "drug_source_concept_id"), codes, strict=True))
        omop.draw("source.drug_exposure", dose)
    omop.draw("source.measurement", early, early | {"measurement_date": day("01-03 00:00").date()})
    omop.draw("source.drug_exposure", early | {"visit_occurrence_id": "x"})
    found = unread(omop)
    assert found["moment"] == (3, 4)
    assert found["person"] == (2, 6)
    assert found["drug"] == (2, 4)


def test_births_and_deaths_that_are_not_known_to_the_day(omop: Drawn) -> None:
    people: dict[str, Row] = {
        "a": {"birth_datetime": day("01-02 00:00").date()},
        **{"b": {"month_of_birth": 1.0}, "c": {"month_of_birth": 12.0}},
        **{"d": {"month_of_birth": 0.0}, "e": {"month_of_birth": 13.0}, "f": {}},
    }
    counted(omop, *(visit(n, "01-02 10:00", "01-20 10:00", person_id=n) for n in people))
    omop.draw("source.person", *({"person_id": name} | told for name, told in people.items()))
    omop.draw("source.person", {"person_id": "nobody"})
    dates = {"a": ["01-05"], "b": ["01-05", "01-06"], "c": ["01-07"], "d": ["01-08"]}
    for name, written in dates.items():
        for one in written:
            omop.draw("source.death", {"person_id": name, "death_date": day(f"{one} 00:00").date()})
    timed = {"death_datetime": day("01-09 08:00"), "death_date": day("01-09 00:00").date()}
    omop.draw("source.death", {"person_id": "e"} | timed)
    omop.draw(
        "source.death", {"person_id": "f"} | timed | {"death_date": day("01-08 00:00").date()}
    )
    omop.draw("source.death", {"person_id": "nobody"} | timed)
    omop.prepare("vital_status")
    found = unread(omop)
    assert found["birth"] == (3, 6)
    assert found["death"] == (1, 6)
    assert found["death_day"] == (5, 6)  # of f the date alone is left
    assert found["death_moment"] == (1, 2)


def test_what_lies_below_a_listed_concept_is_known(omop: Drawn) -> None:
    """Of a list of OMOP any concept, of another vocabulary its own codes."""
    names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_code")
    concepts = [
        *((1, "class", "Drug", "ATC", "J06"), (2, "below", "Drug", "ATC", "J06B")),
        (3, "of another", "Drug", "RxNorm", "333"),
    ]
    omop.draw("source.concept", *(dict(zip(names, one, strict=True)) for one in concepts))
    lists = [("OMOP", "50"), ("ATC", "J06"), ("RxNorm", "J06"), ("ATC", "none")]
    omop.draw("ref.listed", *({"vocabulary": v, "code": code} for v, code in lists))
    pairs = [(50, 51), (50, 50), (1, 2), (1, 3), (99, 98)]
    for above, below in pairs:
        row = {"ancestor_concept_id": above, "descendant_concept_id": below}
        omop.draw("source.concept_ancestor", row)
    omop.prepare("descendant")
    assert omop.prepared("descendant", "vocabulary", "code", "below") == [
        ("ATC", "J06", "J06B"),
        ("OMOP", "50", "51"),
    ]


@pytest.mark.parametrize(("vocabulary", "code"), [("OMOP", "12345"), ("ATC", None)])
def test_a_drug_below_a_listed_one_has_a_code(
    omop: Drawn, vocabulary: str, code: str | None
) -> None:
    placed(omop)
    row = {"vocabulary": vocabulary, "code": "50", "below": "12345"}
    omop.draw("prepared.descendant", row)
    omop.draw("source.drug_exposure", DOSE | {"drug_concept_id": 12345})
    assert omop.rows("medication", "drug_code", **ASKED) == [(code,)]


@pytest.mark.parametrize(
    ("at", "stay", "moment"),
    [
        ("01-10 14:59", "1", "01-10 14:59"),
        ("01-10 15:00", "2", "01-10 15:00"),
        ("01-10 16:00", "2", "01-10 16:00"),
        ("01-10 00:00", "2", "01-10 15:00"),  # a bare date is that of the admission
        ("01-09 00:00", "1", "01-09 00:00"),
    ],
)
def test_a_row_of_two_stays_is_of_the_later(omop: Drawn, at: str, stay: str, moment: str) -> None:
    """On the day on which one stay ended, nobody knows when, and one elsewhere began."""
    omop.draw(
        "source.visit_occurrence",
        visit("1", "01-02 10:00", "01-10 00:00", care_site_id="7"),
        visit("2", "01-10 15:00", "01-20 10:00", care_site_id="8"),
    )
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    omop.prepare("visit", "visit_stay", "visit_stay_later", "placed", "descendant")
    omop.prepare("record_type", "strength")
    told = {"drug_exposure_start_datetime": day(at), "drug_exposure_start_date": day(at).date()}
    omop.draw("source.drug_exposure", DOSE | told | {"visit_occurrence_id": None})
    found = omop.rows("medication", "admission_id", "started_at", **ASKED)
    assert found == [(stay, day(moment))]
