"""MIMIC's orders, administrations and charts of doses: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from drawn_source import Drawn, day, drawn

Row = dict[str, Any]
H = {"hadm_id": "1"}


@contextmanager
def one_stay(layout: str) -> Iterator[Drawn]:
    """Admission 1, from 01-02; no unit charts anything, and only "IV" and "PO" are known routes."""
    with drawn(layout) as source:
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


@pytest.fixture
def mimic() -> Iterator[Drawn]:
    with one_stay("mimic_iv") as source:
        yield source


@pytest.fixture(params=["mimic_iv", "mimic_iii"])
def either(request: pytest.FixtureRequest) -> Iterator[Drawn]:
    with one_stay(request.param) as source:
        yield source


def draw_orders(source: Drawn, *rows: Row) -> None:
    """Orders, of which MIMIC-III calls the start by another name."""
    start = "startdate" if source.name == "mimic_iii" else "starttime"
    named = ({start if name == "starttime" else name: row[name] for name in row} for row in rows)
    source.draw("source.prescriptions", *named)


def draw_charted(source: Drawn, *rows: Row) -> None:
    """Rows of the charts of MetaVision."""
    system = "_mv" if source.name == "mimic_iii" else ""
    source.draw(f"source.inputevents{system}", *rows)


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
        ([given("1", "mg"), given(None, "g")], 1.0, "mg"),
        ([given("1"), given("2", "mg")], None, None),
        ([given("1", None)], 1.0, None),
        ([], None, None),
        ([RATE], 1100.5, "mL/hr"),
        ([RATE, given("5", "mL")], 5.0, "mL"),  # an amount counts before the rate
        ([RATE, given("x", "mL")], None, None),
        ([RATE | {"infusion_rate": "0"}], None, None),
        ([RATE | {"infusion_rate_unit": " "}], None, None),
        ([RATE, RATE | {"infusion_rate": "7"}], 1100.5, "mL/hr"),
        ([RATE | {"infusion_rate": "0.5"}], 0.5, "mL/hr"),
        ([RATE, RATE | {"infusion_rate_unit": "mcg/min"}], None, None),  # of which is the number?
        ([RATE, {"infusion_rate": "7"}], 1100.5, "mL/hr"),
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
            ("p", "Aqua", "AA", "BASE"),
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
        "source.emar_detail",
        {"emar_id": "e1", "route": " PO "},
        {"emar_id": "e1", "route": " IV "},  # of several the first by name
        {"emar_id": "e2", "route": " "},
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
        "e6": {"charttime": day("01-03 14:00") + timedelta(microseconds=1)},
        "e7": {"charttime": day("01-03 14:00") + timedelta(microseconds=1)},
    }
    for name, told in others.items():
        mimic.draw("source.emar", EMAR | {"emar_id": name} | told)
        mimic.draw("source.emar_detail", {"emar_id": name} | RATE)
    mimic.prepare("ward_dose")
    found = dict(mimic.prepared("ward_dose", "medication_id", "stopped_at"))
    ends = {"emar e1": day("01-03 14:00"), "emar e2": others["e6"]["charttime"]}
    assert found == ends | {f"emar e{n}": None for n in (3, 4, 5, 6, 7)}


ICU = H | {"intime": day("01-03 08:00"), "outtime": day("01-03 12:00")}


@pytest.mark.parametrize(
    ("at", "name", "kept"),
    [
        *(("01-03 07:59", "Meropenem", True), ("01-03 08:00", "MEROPENEM 1 g", False)),
        *(("01-03 12:00", "Meropenem", False), ("01-03 12:01", "Meropenem", True)),
        *(("01-03 10:00", "Cefepime", True), ("01-03 10:00", "Sodium Chloride 0.9%", False)),
        *(("01-03 10:00", "Sodium Bicarbonate", True), ("01-03 10:00", "Inj. Meropenem", False)),
        ("01-03 13:30", "Meropenem", True),  # in which somebody else was in a unit
    ],
)
def test_what_a_unit_charts_itself_is_left_out_for_the_time_there(
    mimic: Drawn, at: str, name: str, kept: bool
) -> None:
    mimic.draw("prepared.drug_charted", H | {"key": "meropenem"}, H | {"key": "sodium chloride"})
    mimic.draw("prepared.drug_charted", {"hadm_id": "2", "key": "cefepime"})
    later = {"intime": day("01-03 13:00"), "outtime": day("01-03 14:00")}
    mimic.draw("source.icustays", ICU, ICU | later | {"hadm_id": "2"})
    order = H | {"drug": name, "starttime": day(at), "drug_type": "MAIN"}
    mimic.draw("source.prescriptions", order, order | {"drug": "Zinc"})
    mimic.prepare("ward_order")
    expected = [(name,), ("Zinc",)] if kept else [("Zinc",)]
    assert mimic.prepared("ward_order", "drug_name") == expected
    mimic.draw("source.emar", EMAR | {"medication": name, "charttime": day(at)})
    mimic.draw("source.emar", EMAR | {"emar_id": "e2", "medication": "Zinc"})
    mimic.prepare("ward_dose")
    assert mimic.prepared("ward_dose", "drug_name") == expected


@pytest.mark.parametrize(
    ("on", "name", "kept"),
    [
        *(("01-02", "Meropenem", True), ("01-03", "Meropenem", False), ("01-03", "Zinc", True)),
        *(("01-04", "Meropenem", False), ("01-05", "Meropenem", True)),
    ],
)
def test_an_order_of_mimic_iii_is_left_out_for_the_days_in_the_unit(
    on: str, name: str, kept: bool
) -> None:
    with one_stay("mimic_iii") as source:
        source.draw("prepared.drug_charted", H | {"key": "meropenem"})
        source.draw("source.icustays", ICU | {"outtime": day("01-04 12:00")})
        source.draw("source.icustays", ICU | {"hadm_id": "2", "outtime": day("01-03 09:00")})
        draw_orders(source, H | {"drug": name, "starttime": day(f"{on} 00:00")})
        draw_orders(source, H | {"drug": "Aspirin", "starttime": day("01-03 00:00")})
        source.prepare("ward_order")
        names = [one for (one,) in source.prepared("ward_order", "drug_name")]
    assert names == (["Aspirin", name] if kept else ["Aspirin"])


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("01-02 00:00", "01-02 06:00"),
        ("01-02 07:00", "01-02 07:00"),
        ("01-03 00:00", "01-03 00:00"),
        ("01-01 00:00", "01-01 00:00"),
    ],
)
def test_an_order_of_the_day_of_admission_starts_at_the_admission(start: str, told: str) -> None:
    with one_stay("mimic_iii") as source:
        source.db.execute("UPDATE prepared.stay SET admittime = $at", {"at": day("01-02 06:00")})
        draw_orders(source, H | {"drug": "Aspirin", "starttime": day(start)})
        source.prepare("ward_order")
        assert source.prepared("ward_order", "started_at") == [(day(told),)]


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
    either: Drawn, told: Row, found: tuple[Any, ...] | None
) -> None:
    draw_orders(either, ORDER | told)
    either.prepare("ward_order")
    columns = ("dose", "dose_unit", "route", "status")
    assert either.prepared("ward_order", *columns) == ([found] if found else [])


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
    either: Drawn, told: Row, found: tuple[Any, ...] | None
) -> None:
    for item, label in (("9", "Fentanyl"), ("225975", "Heparin"), ("225906", "Heparin Low")):
        either.draw("source.d_items", {"itemid": item, "label": label})
    draw_charted(either, CHARTED | told)
    either.prepare("charted_dose")
    columns = ("dose", "dose_unit", "route", "status")
    assert either.prepared("charted_dose", *columns) == ([found] if found else [])


def test_drugs_that_are_charted_by_the_first_word_of_their_name(either: Drawn) -> None:
    labels = {
        "1": "Potassium Chloride",
        "2": "Fentanyl (Concentrate)",
        "3": "KCl",
        "225158": "NaCl",
    }
    labels |= {"4": "Insulin - Regular", "5": "PO intake", "225828": "LR"}
    for item, label in labels.items():
        either.draw("source.d_items", {"itemid": item, "label": label})
        draw_charted(either, CHARTED | {"itemid": item}, CHARTED | {"itemid": item})
    draw_charted(either, CHARTED | {"hadm_id": None, "itemid": "2"})
    either.prepare("drug_charted", "charted_dose")
    keys = ("fentanyl", "insulin", "intake", "lactated", "nacl", "potassium chloride")
    keys += ("sodium chloride",)
    assert either.prepared("drug_charted", "hadm_id", "key") == [("1", key) for key in keys]
    names = {name for (name,) in either.prepared("charted_dose", "drug_name")}
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


def test_a_dose_of_an_item_that_the_dictionary_has_not_is_a_dose_of_nothing_known(
    either: Drawn,
) -> None:
    """It has no name, of which the gate tells; it was left out unseen."""
    draw_charted(either, CHARTED, CHARTED | {"itemid": "225158"})
    either.prepare("drug_charted", "charted_dose")
    assert either.prepared("charted_dose", "drug_name", "dose") == [(None, 2.0), (None, 2.0)]
    assert either.prepared("drug_charted", "key") == [("sodium chloride",)]


CAREVUE = H | {"icustay_id": "u", "itemid": "30047", "charttime": day("01-03 10:00")}
CAREVUE |= {"orderid": "7", "linkorderid": "6"}
PACE = {"rate": 0.1, "rateuom": "mcgkgmin"}
ONCE = {"amount": 5.0, "amountuom": "ml"}


def carevue(*rows: Row) -> list[tuple[Any, ...]]:
    """What is made of rows of CareVue: dose, unit, route, status, end."""
    with one_stay("mimic_iii") as source:
        source.draw("source.d_items", {"itemid": "30047", "label": "Levophed"})
        source.draw("source.inputevents_cv", *(CAREVUE | row for row in rows))
        source.prepare("carevue_dose")
        columns = ("dose", "dose_unit", "route", "status", "started_at", "stopped_at")
        found = source.db.frame("SELECT * FROM prepared.carevue_dose ORDER BY medication_id")
        return found.select(columns).rows()


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (PACE, (0.1, "mcg/kg/min", "iv", "given", None)),
        (PACE | {"rateuom": "Drops"}, (0.1, "Drops", "iv", "given", None)),
        (PACE | {"rateuom": "U/hr"}, (0.1, "units/h", "iv", "given", None)),
        (PACE | {"rate": 0.0}, (0.0, "mcg/kg/min", "iv", "stopped", CAREVUE["charttime"])),
        (PACE | {"stopped": "D/C'd"}, (0.0, "mcg/kg/min", "iv", "stopped", CAREVUE["charttime"])),
        (PACE | {"stopped": "Restart"}, (0.1, "mcg/kg/min", "iv", "given", None)),
        (PACE | {"hadm_id": None}, None),
        ({"rate": 0.1}, None),  # of no unit
        ({"rateuom": "mcgmin"}, None),
        (ONCE, (5.0, "ml", "unknown", "given", None)),
        (ONCE | {"amount": 0.0}, None),
        (ONCE | {"amount": 0.5}, (0.5, "ml", "unknown", "given", None)),
        (ONCE | {"rate": 0.0}, (5.0, "ml", "unknown", "given", CAREVUE["charttime"])),
        (ONCE | {"originalroute": "Oral"}, (5.0, "ml", "po", "given", None)),
        (ONCE | {"originalroute": "Gastric/Feeding Tube"}, (5.0, "ml", "po", "given", None)),
        (ONCE | {"originalroute": "Intravenous Push"}, (5.0, "ml", "iv", "given", None)),
        (ONCE | {"originalroute": "IV Piggyback"}, (5.0, "ml", "iv", "given", None)),
        (PACE | {"originalroute": "Oral"}, (0.1, "mcg/kg/min", "po", "given", None)),
    ],
)
def test_what_the_charts_of_carevue_hold(told: Row, found: tuple[Any, ...] | None) -> None:
    at = [] if found is None else [(*found[:4], CAREVUE["charttime"], found[4])]
    assert carevue(told) == at


def test_a_rate_of_carevue_holds_until_the_next_of_its_item_in_the_unit() -> None:
    ten, eleven, noon, two, four = (day(f"01-03 {hour}:00") for hour in (10, 11, 12, 14, 16))
    at_once = four + timedelta(microseconds=1)
    rows = [
        PACE,
        PACE | {"charttime": eleven, "icustay_id": "v"},
        PACE | {"charttime": eleven, "itemid": "9"},
        ONCE | {"charttime": eleven},  # the amount of an hour: the rate once more
        {"charttime": eleven, "rate": 0.3},  # of no unit
        {"charttime": eleven, "rateuom": "mcgmin"},
        PACE | {"charttime": noon, "rate": 0.2},
        {"charttime": two, "stopped": "Stopped"},
        PACE | {"charttime": four},
        PACE | {"charttime": at_once, "rate": 0.4},
    ]
    assert [(row[0], row[3], *row[4:]) for row in carevue(*rows)] == [
        (0.1, "given", ten, noon),
        (0.1, "given", eleven, None),  # in another unit
        (0.2, "given", noon, two),
        (0.0, "stopped", two, two),
        (0.1, "given", four, at_once),
        (0.4, "given", at_once, None),
        (0.1, "given", eleven, None),  # another drug
    ]


def test_rows_of_carevue_have_a_name_each() -> None:
    with one_stay("mimic_iii") as source:
        source.draw("source.d_items", {"itemid": "1", "label": "Neosynephrine-k"})
        rows = [ONCE | {"itemid": "1", "orderid": order} for order in ("8", "7")]
        rows += [ONCE | {"amount": 6.0}, ONCE | {"amount": 5.5}]
        rows += [PACE | {"itemid": "2", "rate": rate} for rate in (0.3, 0.2)]
        source.draw("source.inputevents_cv", *(CAREVUE | row for row in rows))
        source.prepare("carevue_dose")
        columns = ("medication_id", "order_id", "drug_name", "dose")
        found = source.prepared("carevue_dose", *columns)
    assert found == [
        ("carevue 1 1 20200103100000 1", "carevue 6", "Neosynephrine-k (phenylephrine)", 5.0),
        ("carevue 1 1 20200103100000 2", "carevue 6", "Neosynephrine-k (phenylephrine)", 5.0),
        *[("carevue 1 2 20200103100000 1", "carevue 6", None, 0.2)],
        *[("carevue 1 2 20200103100000 2", "carevue 6", None, 0.3)],
        ("carevue 1 30047 20200103100000 1", "carevue 6", None, 5.5),
        ("carevue 1 30047 20200103100000 2", "carevue 6", None, 6.0),
    ]


def test_drugs_that_carevue_charts_are_not_counted_once_more() -> None:
    with one_stay("mimic_iii") as source:
        source.draw("source.d_items", {"itemid": "30047", "label": "Levophed"})
        source.draw("source.inputevents_cv", CAREVUE, CAREVUE | {"hadm_id": None})
        source.draw("source.inputevents_cv", CAREVUE | {"hadm_id": "2", "itemid": "2"})
        source.prepare("drug_charted")
        assert source.prepared("drug_charted", "hadm_id", "key") == [("1", "levophed")]


@pytest.mark.parametrize("layout", ["mimic_iv", "mimic_iii"])
def test_every_dose_is_of_one_source_and_orders_are_counted(layout: str) -> None:
    """Of each source one row counts as given, and two do not."""
    given_or_not = {
        "emar": ("event_txt", ["Administered", "Stopped", "Hold dose"]),
        "inputevents_cv": ("stopped", [None, "Stopped", "D/C'd"]),
    }
    other, prepared = ("emar", "ward_dose")
    if layout == "mimic_iii":
        other, prepared = ("inputevents_cv", "carevue_dose")
    with one_stay(layout) as source:
        states = ("FinishedRunning", "Rewritten", "Cancelled")
        draw_charted(source, *(CHARTED | {"statusdescription": state} for state in states))
        draw_orders(
            source, *(H | {"drug": "Zinc", "route": way} for way in ("x", "drip", "IV drip"))
        )
        column, words = given_or_not[other]
        row = EMAR if other == "emar" else CAREVUE | ONCE
        source.draw(f"source.{other}", *(row | {"hadm_id": "2", column: word} for word in words))
        source.prepare("charted_dose", prepared, "ward_order", "words_unread")
        kinds = [one.split()[0] for (one,) in source.rows("medication", "medication_id")]
        named = {"emar": "emar", "inputevents_cv": "carevue"}[other]
        assert kinds == sorted([named, "input", "order"] * 3)
        columns = ("about", "violated", "denominator")
        assert source.prepared("words_unread", *columns) == [("order", 1, 3)]
