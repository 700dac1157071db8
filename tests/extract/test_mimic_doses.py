"""MIMIC's orders, administrations and charts of doses: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from drawn_source import Drawn, day, drawn

Row = dict[str, Any]
H = {"hadm_id": "1"}


@pytest.fixture
def mimic() -> Iterator[Drawn]:
    """Admission 1, from 01-02; no unit charts anything, and only "IV" and "PO" are known routes."""
    with drawn("mimic_iv") as source:
        source.db.execute(
            "CREATE TABLE prepared.stay AS "
            "SELECT '1' AS hadm_id, TIMESTAMP '2020-01-02' AS admittime"
        )
        source.db.execute(
            "CREATE TABLE prepared.route_word AS "
            "SELECT * FROM (VALUES ('IV', 'iv'), ('PO', 'po')) AS t(written, route)"
        )
        source.db.execute("CREATE TABLE prepared.drug_charted (hadm_id VARCHAR, key VARCHAR)")
        yield source


EMAR = H | {"emar_id": "e1", "poe_id": "o", "pharmacy_id": "p", "medication": "Meropenem"}
EMAR |= {"event_txt": "Administered", "charttime": day("01-03 10:00")}


def emar(mimic: Drawn, *details: Row, **told: Any) -> Row:
    """What is made of one administration with some details."""
    mimic.draw("source.emar", EMAR | told)
    mimic.draw("source.emar_detail", *({"emar_id": "e1"} | one for one in details))
    mimic.prepare("ward_dose")
    (found,) = mimic.db.frame("SELECT * FROM prepared.ward_dose ORDER BY ALL").to_dicts()
    return found


def given(dose: str | None, unit: str | None = "g") -> Row:
    return {"dose_given": dose, "dose_given_unit": unit}


RATE = {"infusion_rate": "1,100.5", "infusion_rate_unit": " mL/hr "}


@pytest.mark.parametrize(
    ("details", "dose", "unit"),
    [
        ([given("1.5")], 1.5, "g"),
        ([given(" .5 ", " g ")], 0.5, "g"),
        ([given("1,000", "mg"), given("250", "mg")], 1250.0, "mg"),
        ([given("10,00", "mg")], None, None),  # no number that anybody writes so
        ([given("1-2")], None, None),
        ([given("1"), given("_")], None, None),  # of several amounts all must be numbers
        ([given("1"), given(None, "mg")], 1.0, "g"),  # where nothing is given, no unit counts
        ([given("1"), given(" ", "mg")], 1.0, "g"),
        ([given("1"), given("2", "mg")], None, None),
        ([given("1", None)], 1.0, None),
        ([], None, None),
        ([RATE], 1100.5, "mL/hr"),
        ([RATE, given("5", "mL")], 5.0, "mL"),  # an amount counts before the rate
        ([RATE, given("x", "mL")], None, None),
        ([RATE | {"infusion_rate": "0"}], None, None),
        ([RATE | {"infusion_rate_unit": " "}], None, None),
        ([RATE, RATE | {"infusion_rate": "7"}], 1100.5, "mL/hr"),
    ],
)
def test_the_dose_is_the_amounts_together_or_else_the_rate(
    mimic: Drawn, details: list[Row], dose: float | None, unit: str | None
) -> None:
    found = emar(mimic, *details)
    assert (found["dose"], found["dose_unit"]) == (dose, unit)
    assert found["stopped_at"] is None


@pytest.mark.parametrize(
    ("event", "status"),
    [
        *((event, "given") for event in ("Administered", " Partial Administered", "Started",
                                         "Delayed Administered", "Applied", "Restarted",
                                         "Rate Change", "Flushed")),
        *((event, "stopped") for event in ("Stopped", "Delayed Stopped", "Removed")),
        *((event, "not_given") for event in ("Not Given", "Delayed Not Given", "Hold Dose")),
        *((event, "unknown") for event in ("Confirmed", "Assessed", None, "Partial Stopped")),
    ],
)  # fmt: skip
def test_events_of_the_administration_record(mimic: Drawn, event: str | None, status: str) -> None:
    assert emar(mimic, event_txt=event)["status"] == status


def test_name_and_route_are_of_the_record_or_else_of_its_order(mimic: Drawn) -> None:
    orders = [
        *(
            ("p", "Cefepime", "PO", "Main"),
            ("p", "Water", "XX", "BASE"),
            ("p", "Zinc", "ZZ", "MAIN"),
        ),
        *(("q", "Aztreonam", "IV", "MAIN"), (None, "Nothing", "IV", "MAIN")),
    ]
    for pharmacy, drug, route, kind in orders:
        row = {"pharmacy_id": pharmacy, "drug": drug, "route": route, "drug_type": kind}
        mimic.draw("source.prescriptions", H | row)
    records = {
        "e1": {},
        "e2": {"medication": " "},
        "e3": {"medication": None, "pharmacy_id": "q"},
        "e4": {"medication": None, "pharmacy_id": None},
        "e5": {"hadm_id": None},
    }
    for name, told in records.items():
        mimic.draw("source.emar", EMAR | {"emar_id": name} | told)
    mimic.draw(
        "source.emar_detail", {"emar_id": "e1", "route": " IV "}, {"emar_id": "e2", "route": " "}
    )
    mimic.prepare("ward_dose")
    assert mimic.prepared("ward_dose", "medication_id", "drug_name", "route") == [
        *(("emar e1", "Meropenem", "iv"), ("emar e2", "Cefepime", "po")),
        *(("emar e3", "Aztreonam", "iv"), ("emar e4", None, "unknown")),
    ]


def test_a_rate_of_the_record_holds_until_the_next_of_its_order(mimic: Drawn) -> None:
    others = {
        "e1": {},
        "e2": {"charttime": day("01-03 14:00")},
        "e3": {"charttime": day("01-03 12:00"), "poe_id": "other"},
        "e4": {"charttime": day("01-03 11:00"), "pharmacy_id": "other"},
        "e5": {"charttime": day("01-03 11:30"), "hadm_id": "2"},
    }
    for name, told in others.items():
        mimic.draw("source.emar", EMAR | {"emar_id": name} | told)
        mimic.draw("source.emar_detail", {"emar_id": name} | RATE)
    mimic.prepare("ward_dose")
    found = dict(mimic.prepared("ward_dose", "medication_id", "stopped_at"))
    assert found == {"emar e1": day("01-03 14:00")} | {f"emar e{n}": None for n in (2, 3, 4, 5)}


ICU = H | {"intime": day("01-03 08:00"), "outtime": day("01-03 12:00")}


@pytest.mark.parametrize(
    ("at", "name", "kept"),
    [
        *(("01-03 07:59", "Meropenem", True), ("01-03 08:00", "MEROPENEM 1 g", False)),
        *(("01-03 12:00", "Meropenem", False), ("01-03 12:01", "Meropenem", True)),
        *(("01-03 10:00", "Cefepime", True), ("01-03 10:00", "Sodium Chloride 0.9%", False)),
        *(("01-03 10:00", "Sodium Bicarbonate", True), ("01-03 10:00", "Inj. Meropenem", False)),
    ],
)
def test_what_a_unit_charts_itself_is_left_out_for_the_time_there(
    mimic: Drawn, at: str, name: str, kept: bool
) -> None:
    mimic.draw("prepared.drug_charted", H | {"key": "meropenem"}, H | {"key": "sodium chloride"})
    mimic.draw("prepared.drug_charted", {"hadm_id": "2", "key": "cefepime"})
    mimic.draw("source.icustays", ICU, ICU | {"hadm_id": "2"})
    order = H | {"drug": name, "starttime": day(at), "drug_type": "MAIN"}
    mimic.draw("source.prescriptions", order)
    mimic.prepare("ward_order")
    assert len(mimic.prepared("ward_order", "drug_name")) == kept
    mimic.draw("source.emar", EMAR | {"medication": name, "charttime": day(at)})
    mimic.prepare("ward_dose")
    assert len(mimic.prepared("ward_dose", "drug_name")) == kept


ORDER = H | {"drug": "Meropenem", "starttime": day("01-03 10:00"), "drug_type": "MAIN"}
ORDER |= {"dose_val_rx": "1", "dose_unit_rx": "g", "route": "IV"}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, (1.0, "g", "iv", "given")),
        ({"dose_val_rx": " 1,250.5 ", "dose_unit_rx": " mg "}, (1250.5, "mg", "iv", "given")),
        ({"dose_val_rx": ".5"}, (0.5, "g", "iv", "given")),
        ({"dose_val_rx": "1-2", "dose_unit_rx": " "}, (None, None, "iv", "given")),
        ({"dose_val_rx": None, "route": "XX"}, (None, "g", "unknown", "given")),
        ({"route": "IV DRIP"}, (None, None, "unknown", "unknown")),
        ({"route": "drip"}, (None, None, "unknown", "unknown")),
        ({"drug_type": "Base"}, None),
        ({"drug_type": "ADDITIVE"}, (1.0, "g", "iv", "given")),
        ({"drug_type": None}, (1.0, "g", "iv", "given")),
        ({"hadm_id": "2"}, None),
    ],
)
def test_an_order_counts_as_given_once(
    mimic: Drawn, told: Row, found: tuple[Any, ...] | None
) -> None:
    mimic.draw("source.prescriptions", ORDER | told)
    mimic.prepare("ward_order")
    columns = ("dose", "dose_unit", "route", "status")
    assert mimic.prepared("ward_order", *columns) == ([found] if found else [])


def test_orders_count_where_a_stay_has_no_administration_record(mimic: Drawn) -> None:
    mimic.draw("source.prescriptions", ORDER, ORDER | {"starttime": day("01-02 10:00")})
    mimic.draw("source.emar", EMAR | {"hadm_id": None}, EMAR | {"hadm_id": "2"})
    mimic.prepare("ward_order")
    assert mimic.prepared("ward_order", "medication_id", "started_at") == [
        ("order 1 1", day("01-02 10:00")),
        ("order 1 2", day("01-03 10:00")),
    ]
    mimic.draw("source.emar", EMAR)
    mimic.prepare("ward_order")
    assert mimic.prepared("ward_order", "medication_id") == []


CHARTED = H | {"itemid": "9", "orderid": "7", "linkorderid": "6", "starttime": day("01-03 10:00")}
CHARTED |= {"endtime": day("01-03 11:00"), "amount": 2.0, "amountuom": " mg ", "rate": None}
CHARTED |= {"ordercategoryname": "01-Drips", "statusdescription": "FinishedRunning"}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, (2.0, "mg", "iv", "given")),
        ({"amountuom": "Dose"}, (None, None, "iv", "given")),
        ({"amountuom": None}, (None, None, "iv", "given")),
        ({"rate": 0.1, "rateuom": " mcg/kg/min"}, (0.1, "mcg/kg/min", "iv", "given")),
        ({"rate": 50.0, "rateuom": "mL/hour"}, (2.0, "mg", "iv", "given")),  # a volume
        ({"rate": 50.0, "rateuom": " ML/hour"}, (2.0, "mg", "iv", "given")),
        ({"rateuom": "mcg/min"}, (2.0, "mg", "iv", "given")),
        *(({"itemid": one}, (2.0, "mg", "sc", "given")) for one in ("225975", "225906")),
        ({"ordercategoryname": "06-Insulin (Non IV)"}, (2.0, "mg", "sc", "given")),
        *(
            ({"ordercategoryname": f"{n}-Feeding"}, (2.0, "mg", "po", "given"))
            for n in (13, 14, 15)
        ),
        ({"ordercategoryname": "11-Prophylaxis (Non IV)"}, (2.0, "mg", "other", "given")),
        ({"statusdescription": "Rewritten"}, (2.0, "mg", "iv", "cancelled")),
        ({"statusdescription": "cancelled"}, (2.0, "mg", "iv", "cancelled")),
        ({"hadm_id": None}, None),
    ],
)
def test_what_the_charts_of_intensive_care_hold(
    mimic: Drawn, told: Row, found: tuple[Any, ...] | None
) -> None:
    for item, label in (("9", "Fentanyl"), ("225975", "Heparin"), ("225906", "Heparin Low")):
        mimic.draw("source.d_items", {"itemid": item, "label": label})
    mimic.draw("source.inputevents", CHARTED | told)
    mimic.prepare("charted_dose")
    columns = ("dose", "dose_unit", "route", "status")
    assert mimic.prepared("charted_dose", *columns) == ([found] if found else [])


def test_drugs_that_are_charted_by_the_first_word_of_their_name(mimic: Drawn) -> None:
    labels = {
        "1": "Potassium Chloride",
        "2": "Fentanyl (Concentrate)",
        "3": "KCl",
        "225158": "NaCl",
    }
    labels |= {"4": "Insulin - Regular", "5": "PO intake", "225828": "LR"}
    for item, label in labels.items():
        mimic.draw("source.d_items", {"itemid": item, "label": label})
        mimic.draw("source.inputevents", CHARTED | {"itemid": item}, CHARTED | {"itemid": item})
    mimic.draw("source.inputevents", CHARTED | {"hadm_id": None, "itemid": "2"})
    mimic.prepare("drug_charted", "charted_dose")
    keys = ("fentanyl", "insulin", "intake", "lactated", "nacl", "potassium chloride")
    keys += ("sodium chloride",)
    assert mimic.prepared("drug_charted", "hadm_id", "key") == [("1", key) for key in keys]
    names = {name for (name,) in mimic.prepared("charted_dose", "drug_name")}
    assert {"NaCl (sodium chloride 0.9%)", "LR (lactated ringers)", "KCl"} <= names


@pytest.mark.parametrize("layout", ["mimic_iv", "mimic_iii"])
@pytest.mark.parametrize(
    ("item", "order"), [("225158", "Sodium Chloride 0.9%"), ("225828", "Lactated Ringers")]
)
def test_fluids_that_a_unit_charts_are_not_counted_once_more(
    layout: str, item: str, order: str
) -> None:
    """Their labels ("NaCl 0.9%", "LR") are no names that orders have."""
    with drawn(layout) as source:
        events = "inputevents" if layout == "mimic_iv" else "inputevents_mv"
        source.draw("source.d_items", {"itemid": item, "label": "NaCl 0.9%"})
        source.draw(f"source.{events}", H | {"itemid": item})
        source.prepare("drug_charted")
        keys = [key for (key,) in source.prepared("drug_charted", "key")]
    assert any(order.lower().startswith(key) for key in keys)
    assert "nacl" in keys
