"""eICU's orders, infusions, support and stays: what each column makes of a row, in minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from drawn_source import Drawn, drawn

Row = dict[str, Any]
UNIT = {"patientunitstayid": "u", "patienthealthsystemstayid": "h", "uniquepid": "p"}
UNIT |= {"hospitalid": "7", "hospitaladmitoffset": -100.0, "hospitaldischargeoffset": 9000.0}
UNIT |= {"hospitaldischargeyear": 2014.0, "unitvisitnumber": 1.0, "age": "70"}


@pytest.fixture
def eicu() -> Iterator[Drawn]:
    """A unit stay that begins 100 minutes after the admission."""
    with drawn("eicu") as source:
        source.db.execute(
            "CREATE TABLE prepared.device_word (label VARCHAR, word VARCHAR, device VARCHAR)"
        )
        yield source


def given(eicu: Drawn, *columns: str) -> list[tuple[Any, ...]]:
    eicu.draw("source.patient", UNIT)
    eicu.prepare("unit_stay", "drug_name", "route_word")
    return eicu.rows("medication", *columns)


ORDER = {
    "medicationid": "1",
    "patientunitstayid": "u",
    "drugstartoffset": 50.0,
    "drugname": "Zosyn",
}
ORDER |= {"dosage": "1 g", "routeadmin": "IV", "drughiclseqno": "9", "drugordercancelled": False}
ORDER |= {"prn": False, "drugstopoffset": 200.0}


@pytest.mark.parametrize(
    ("told", "dose", "unit"),
    [
        ({}, 1.0, "g"),
        ({"dosage": " 1,000 mL "}, 1000.0, "mL"),
        ({"dosage": "2,500.5mg"}, 2500.5, "mg"),
        ({"dosage": ".5 mg"}, 0.5, "mg"),
        *(
            ({"dosage": one}, None, None)
            for one in ("1-2 g", "1 dose 3", "1", "10,00 mg", "", None)
        ),
        *(({"frequency": one}, None, None) for one in ("Continuous", "TITRATE")),
        ({"frequency": "Q8H"}, 1.0, "g"),
    ],
)
def test_the_dose_of_an_order_is_a_number_and_a_unit(
    eicu: Drawn, told: Row, dose: float | None, unit: str | None
) -> None:
    eicu.draw("source.medication", ORDER | told)
    assert given(eicu, "dose", "dose_unit") == [(dose, unit)]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "given"),
        ({"drugordercancelled": True}, "cancelled"),
        ({"prn": True}, "unknown"),
        ({"drugordercancelled": True, "prn": True}, "cancelled"),
        ({"drugordercancelled": None, "prn": None}, "given"),
    ],
)
def test_whether_an_order_was_given(eicu: Drawn, told: Row, status: str) -> None:
    eicu.draw("source.medication", ORDER | told)
    assert given(eicu, "status") == [(status,)]


@pytest.mark.parametrize(
    ("start", "stop", "found"),
    [(50.0, 200.0, (150, 300)), (-60.0, 0.0, (40, None)), (0.0, None, (100, None))],
)
def test_minutes_are_since_the_admission_and_a_stop_of_0_is_none(
    eicu: Drawn, start: float, stop: float | None, found: tuple[float, float | None]
) -> None:
    eicu.draw("source.medication", ORDER | {"drugstartoffset": start, "drugstopoffset": stop})
    assert given(eicu, "started_at", "stopped_at") == [found]


def test_a_drug_without_a_name_has_the_shortest_of_its_ingredients(eicu: Drawn) -> None:
    names = [("1", None, "9"), ("2", "Piperacillin 4 g", "9"), ("3", " Zosyn ", "9")]
    names += [("4", " ", "8"), ("5", None, None), ("6", "ZOSYN", "9")]
    for number, name, code in names:
        row = {"medicationid": number, "drugname": name, "drughiclseqno": code}
        eicu.draw("source.medication", ORDER | row)
    found = {one: rest for one, *rest in given(eicu, "medication_id", "drug_code", "drug_name")}
    assert found["order 1"][1].strip().lower() == "zosyn"
    assert found["order 2"] == ["Piperacillin 4 g"] * 2
    assert found["order 4"] == ["HICL 8", None]
    assert found["order 5"] == [None, None]


ROUTES = {
    "iv": ["IV", "i.v.", "IVPB", "IV PUSH", "Intravenous", "central iv", "INJ", "piggyback"],
    "sc": ["SC", "subQ", "S.C.", "Subcutaneous"],
    "im": ["IM", "i.m.", "IJ", "intramuscular"],
    "po": ["PO", "p.o.", "NG", "PEG", "PO (tab)", "oral", "NG-tube", "by mouth", "gastric"],
    "other": ["INH", "neb", "topical", "rectal", "SL", "oral swab", "mucosa oral", "nasal"],
    "unknown": ["XX", "", None, "misc"],
}


def test_routes_as_hospitals_write_them(eicu: Drawn) -> None:
    words = {str(n): (route, word) for n, (route, word) in enumerate(
        (route, word) for route, every in ROUTES.items() for word in every)}  # fmt: skip
    for number, (_, word) in words.items():
        eicu.draw("source.medication", ORDER | {"medicationid": number, "routeadmin": word})
    found = dict(given(eicu, "medication_id", "route"))
    assert found == {f"order {number}": route for number, (route, _) in words.items()}


def infusion(number: int, at: float, rate: str | None, name: str = "Levophed (mcg/min)") -> Row:
    row = {"infusiondrugid": str(number), "patientunitstayid": "u", "infusionoffset": at}
    return row | {"drugname": name, "drugrate": rate}


@pytest.mark.parametrize(
    ("name", "drug", "unit"),
    [
        ("Norepinephrine (mcg/kg/min)", "Norepinephrine", "mcg/kg/min"),
        ("Levophed ()", "Levophed", None),
        ("Levophed", "Levophed", None),
        ("Heparin (porcine) ( units/hr ) ", "Heparin (porcine)", "units/hr"),
    ],
)
def test_an_infusion_has_its_unit_in_brackets(
    eicu: Drawn, name: str, drug: str, unit: str | None
) -> None:
    eicu.draw("source.infusiondrug", infusion(1, 0, " 5.5 ", name))
    columns = ("drug_code", "drug_name", "dose", "dose_unit", "route", "status")
    assert given(eicu, *columns) == [(drug, drug, 5.5, unit, "iv", "given")]


def test_a_rate_holds_until_the_next_of_the_drug_in_the_unit_stay(eicu: Drawn) -> None:
    rows = [infusion(1, 0, "5"), infusion(2, 60, "8", "LEVOPHED (mcg/kg/min)")]
    rows += [infusion(3, 30, "1", "Propofol"), infusion(4, 90, "0"), infusion(5, 120, "x")]
    rows += [infusion(6, 60, "9"), infusion(7, 10, "3") | {"patientunitstayid": "other"}]
    rows += [infusion(8, 10, "2", "Insulin"), infusion(9, 11, "3", "Insulin")]
    eicu.draw("source.infusiondrug", *rows)
    found = given(eicu, "medication_id", "started_at", "stopped_at", "status")
    assert found == [
        ("infusion 1", 100, 160, "given"),
        ("infusion 2", 160, 190, "given"),
        ("infusion 3", 130, None, "given"),
        ("infusion 4", 190, 190, "stopped"),
        ("infusion 5", 220, None, "unknown"),
        ("infusion 6", 160, 190, "given"),
        ("infusion 8", 110, 111, "given"),
        ("infusion 9", 111, None, "given"),
    ]


CARE: Row = {"patientunitstayid": "u", "respcarestatusoffset": 0.0, "ventstartoffset": 0.0}
CARE |= {"priorventstartoffset": 0.0, "priorventendoffset": 0.0}
VENT = "pulmonary|ventilation and oxygenation|"


def support(eicu: Drawn, end: float = 9000.0) -> list[tuple[Any, ...]]:
    eicu.draw("source.patient", UNIT | {"hospitaldischargeoffset": end})
    eicu.draw(
        "prepared.device_word", {"label": "o2 device", "word": "nc", "device": "nasal_cannula"}
    )
    eicu.draw("prepared.device_word", {"label": "o2 device", "word": "bipap", "device": "niv"})
    eicu.draw("prepared.device_word", {"label": "vent rate", "word": "", "device": "imv"})
    eicu.prepare("unit_stay")
    return eicu.rows("respiratory_support", "device", "started_at", "stopped_at")


def charted(at: float, value: str | None, label: str = "O2 Device") -> Row:
    row = {"patientunitstayid": "u", "respchartoffset": at}
    return row | {"respchartvaluelabel": label, "respchartvalue": value}


def test_a_point_holds_until_the_next_or_the_end_or_a_day(eicu: Drawn) -> None:
    points = [charted(0, " NC "), charted(60, "BiPAP"), charted(60, "nc"), charted(90, "other")]
    points += [charted(3000, "18", " Vent Rate "), charted(4990, "nc"), charted(5100, "nc")]
    eicu.draw("source.respiratorycharting", *points)
    assert support(eicu, end=5000.0) == [
        ("imv", 3100, 4540),
        ("nasal_cannula", 100, 160),
        ("nasal_cannula", 5090, 5100),
        ("nasal_cannula", 5200, 5200),  # after the discharge it holds for no time
        ("niv", 160, 1600),  # of two devices at one moment the more invasive
    ]


@pytest.mark.parametrize(
    ("told", "begins"),
    [
        ({}, []),
        ({"ventstartoffset": 20.0, "respcarestatusoffset": 10.0}, [120]),
        *(({"ventstartoffset": 20.0, "respcarestatusoffset": 30.0, "airwaytype": one}, [120, 130])
          for one in ("Oral ETT", "Nasal ETT", "Double-Lumen Tube", "Tracheostomy",
                      "Cricothyrotomy")),
        ({"ventstartoffset": 20.0, "respcarestatusoffset": 20.0, "airwaytype": "Oral ETT"}, [120]),
        ({"ventstartoffset": 20.0, "respcarestatusoffset": 30.0, "airwaytype": "mask"}, [120]),
        ({"ventstartoffset": 20.0, "respcarestatusoffset": 10.0, "airwaytype": "Oral ETT"}, [120]),
        ({"respcarestatusoffset": 30.0, "airwaytype": "Oral ETT"}, []),
    ],
)  # fmt: skip
def test_ventilation_from_its_start_and_while_there_is_a_tube(
    eicu: Drawn, told: Row, begins: list[float]
) -> None:
    eicu.draw("source.respiratorycare", CARE | told)
    found = support(eicu)
    assert [start for _, start, _ in found] == begins
    assert {device for device, *_ in found} <= {"imv"}


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(-50.0, 10.0, [("imv", 50, 110)]), (0.0, 10.0, []), (-50.0, 0.0, []), (None, 10.0, [])],
)
def test_earlier_ventilation_is_an_interval_once(
    eicu: Drawn, start: float | None, end: float, found: list[Any]
) -> None:
    row = CARE | {"priorventstartoffset": start, "priorventendoffset": end}
    eicu.draw("source.respiratorycare", row, row | {"respcarestatusoffset": 99.0})
    others = {"patientunitstayid": "of nobody", "priorventstartoffset": -70.0}
    eicu.draw("source.respiratorycare", CARE | others | {"priorventendoffset": -60.0})
    assert support(eicu) == found


@pytest.mark.parametrize(
    ("words", "device"),
    [
        (f"{VENT}mechanical ventilation", "imv"),
        (f"{VENT}mechanical ventilation|assist controlled", "imv"),
        (f"{VENT}non-invasive ventilation", "niv"),
        (f"{VENT}mechanical ventilation|non-invasive ventilation", "niv"),
        (f"{VENT}oxygen therapy (< 40%)|nasal cannula", "nasal_cannula"),
        *((f"{VENT}oxygen therapy (40% to 60%)|{one}", "face_mask")
          for one in ("face mask", "non-rebreather mask", "trach collar")),
        (f"{VENT}ventilator weaning", None),
        ("surgery|nasal cannula", None),
    ],
)  # fmt: skip
def test_support_by_the_words_of_a_treatment(eicu: Drawn, words: str, device: str | None) -> None:
    row = {"patientunitstayid": "u", "treatmentoffset": 10.0, "treatmentstring": words}
    eicu.draw("source.treatment", row)
    assert support(eicu) == ([(device, 110, 1550)] if device else [])


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([{"hospitaldischargestatus": "Expired"}], "died"),
        ([{"hospitaldischargestatus": "Alive"}], "alive"),
        ([{"hospitaldischargestatus": "Alive", "hospitaldischargelocation": "Other Hospital"}],
         "transferred"),
        ([{"hospitaldischargestatus": "Expired", "hospitaldischargelocation": "Other Hospital"}],
         "died"),
        ([{"hospitaldischargestatus": "Alive", "unitdischargestatus": "Expired"},
          {"hospitaldischargestatus": "Alive", "unitdischargestatus": "Alive"}], "unknown"),
        ([{"hospitaldischargestatus": "Alive", "unitdischargestatus": "Alive"}], "alive"),
        ([{"hospitaldischargestatus": "Alive"}, {"hospitaldischargestatus": "Expired"}], "unknown"),
        ([{"hospitaldischargestatus": "Expired"}, {"hospitaldischargestatus": None}], "died"),
        ([{"hospitaldischargestatus": "Alive", "hospitaldischargelocation": "Home"},
          {"hospitaldischargestatus": "Alive", "hospitaldischargelocation": "Other Hospital"}],
         "alive"),
        ([{"hospitaldischargestatus": None}], "unknown"),
        ([{"hospitaldischargestatus": ""}], "unknown"),
    ],
)  # fmt: skip
def test_how_a_stay_ended(eicu: Drawn, told: list[Row], status: str) -> None:
    for number, one in enumerate(told):
        eicu.draw("source.patient", UNIT | {"patientunitstayid": f"u{number}"} | one)
    assert eicu.rows("admission", "discharge_status") == [(status,)]


def test_a_stay_is_one_row_with_the_first_body_and_an_age_above_89_as_90(eicu: Drawn) -> None:
    units: list[Row] = [
        {"unitvisitnumber": 3.0, "admissionweight": 90.0, "admissionheight": 180.0},
        {"unitvisitnumber": 1.0, "admissionweight": 0.0, "admissionheight": None},
        {"unitvisitnumber": 2.0, "admissionweight": 0.5, "admissionheight": 0.4},
    ]
    for number, one in enumerate(units):
        row = {"patientunitstayid": f"u{number}", "age": " > 89", "hospitaldischargeoffset": 500.0}
        eicu.draw("source.patient", UNIT | row | one)
    columns = (
        "admission_id",
        "age_years",
        "weight_kg",
        "height_cm",
        "admitted_at",
        "discharged_at",
    )
    assert eicu.rows("admission", *columns) == [("h", 90.0, 0.5, 0.4, 0, 600.0)]


def test_of_unit_stays_that_disagree_the_lowest_counts(eicu: Drawn) -> None:
    for name, year, age, end in [("u", 2015.0, "71", 700.0), ("v", 2014.0, "70", 500.0)]:
        row = {"patientunitstayid": name, "age": age, "hospitaldischargeoffset": end}
        eicu.draw("source.patient", UNIT | row | {"hospitaldischargeyear": year})
    later = {"patientunitstayid": "w", "patienthealthsystemstayid": "i", "age": "72"}
    eicu.draw("source.patient", UNIT | later | {"hospitaldischargeyear": 2014.5})
    columns = ("admission_id", "age_years", "discharged_at", "stay_order")
    assert eicu.rows("admission", *columns) == [("h", 70.0, 600.0, 0), ("i", 72.0, 9100.0, 1)]


def test_stays_of_a_person_by_year_and_age(eicu: Drawn) -> None:
    stays = {"a": (2015.0, "71"), "b": (2014.0, "71"), "c": (2014.0, "70"), "d": (2014.0, "70")}
    for name, (year, age) in stays.items():
        row = {"patientunitstayid": name, "patienthealthsystemstayid": name, "age": age}
        eicu.draw("source.patient", UNIT | row | {"hospitaldischargeyear": year})
    other = {"patientunitstayid": "x", "patienthealthsystemstayid": "x", "uniquepid": "q"}
    eicu.draw("source.patient", UNIT | other | {"hospitaldischargeyear": 2019.0})
    assert eicu.rows("admission", "admission_id", "stay_order") == [
        *(("a", 2), ("b", 1), ("c", 0), ("d", 0), ("x", 0)),
    ]
