"""Small dumps in the shape of MIMIC-IV and MIMIC-III: made up, every column text as in CSV.

People in septic shock on norepinephrine, some with vasopressin or hydrocortisone, some who die.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, Any]
LABS = {  # item -> usual value, unit
    "50912": (1.6, "mg/dL"),
    "50885": (1.8, "mg/dL"),
    "51265": (120.0, "K/uL"),
    "51301": (15.0, "K/uL"),
    "50813": (3.5, "mmol/L"),
    "51222": (9.0, "g/dL"),
    "50902": (104.0, "mEq/L"),
    "50983": (140.0, "mEq/L"),
    "50971": (4.2, "mEq/L"),
    "50882": (21.0, "mEq/L"),
    "51221": (30.0, "%"),
}
VITALS = {"220045": 110, "220210": 26, "220179": 85, "220181": 58, "220277": 95, "223761": 101}
CAREVUE = {"220045": "211", "220210": "618", "220179": "455", "220181": "456", "220277": "646"}
ITEMS = {
    "221906": "Norepinephrine",
    "222315": "Vasopressin",
    "225158": "NaCl 0.9%",
    "225798": "Vancomycin",
    "225975": "Heparin Sodium (Prophylaxis)",
    "30120": "Levophed-k",
    "30051": "Vasopressin",
    "30128": "Neosynephrine-k",
}


class Dump:
    """The rows of a dump by table, and one generator of chance."""

    def __init__(self, version: int, seed: int) -> None:
        self.version = version
        self.chance = random.Random(seed)
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.number = 0

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def next(self) -> int:
        self.number += 1
        return self.number

    def written(self, folder: Path) -> Path:
        """As Parquet, all columns text, what is missing null."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in self.rows.items():
            names = list(dict.fromkeys(name for row in rows for name in row))
            text = {name: [_text(row.get(name)) for row in rows] for name in names}
            frame = pl.DataFrame(text, schema=dict.fromkeys(names, pl.String))
            frame.write_parquet(folder / f"{table}.parquet")
        return folder


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)


def dump(version: int, people: int = 40, seed: int = 1) -> Dump:
    """A dump of MIMIC-IV (`version` 4) or MIMIC-III (3)."""
    made = Dump(version, seed)
    for number in range(1, people + 1):
        _person(made, number)
    for item, label in ITEMS.items():
        made.add("d_items", itemid=item, label=label)
    return made


def hours(start: datetime, count: float) -> datetime:
    return start + timedelta(minutes=round(60 * count))


def _person(made: Dump, number: int) -> None:
    chance, subject, stay = made.chance, 1_000 + number, 20_000 + number
    begin = datetime(2110 + number % 60, 1 + number % 12, 1 + number % 28, 9, number % 60)
    admitted, left = hours(begin, 5.25), hours(begin, 24 * (9 + number % 4) + 3.4)
    died = number % 5 == 0
    treated = number % 3 == 0
    hidden = number % 17 == 0
    age = 91 if hidden else 45 + number % 40
    later = left.replace(hour=0, minute=0) + timedelta(days=0 if number % 7 == 0 else 20)
    dod = left.replace(hour=0, minute=0) if died else (later if number % 7 < 2 else None)
    person = {"subject_id": subject, "gender": "FM"[number * 7 % 11 < 6], "dod": dod}
    if made.version == 4:
        made.add("patients", **person, anchor_age=age, anchor_year=admitted.year)
    else:
        years = 300 if hidden else age
        made.add("patients", **person, dob=datetime(admitted.year - years, 1, 1))
    place = ("DIED", "HOME", "ACUTE HOSPITAL") if made.version == 4 else ()
    place = place or ("DEAD/EXPIRED", "SNF", "SHORT TERM HOSPITAL")
    made.add(
        "admissions",
        subject_id=subject,
        hadm_id=stay,
        admittime=admitted,
        dischtime=left,
        deathtime=hours(left, -0.4) if died else None,
        edregtime=begin if number % 2 else None,
        discharge_location=place[0] if died else place[1 + (number % 9 == 0)],
        hospital_expire_flag=int(died),
    )
    intime, outtime = hours(admitted, 1), hours(admitted, 120 + chance.uniform(0, 40))
    made.add("icustays", hadm_id=stay, intime=intime, outtime=outtime)
    _diagnoses(made, stay)
    _labs(made, subject, stay, begin, chance)
    _charts(made, stay, intime, number)
    if made.version == 3 and number % 2:
        _carevue(made, stay, intime, treated)
    else:
        _metavision(made, stay, intime, treated)
    _ward(made, stay, number, intime, outtime, treated)


def _diagnoses(made: Dump, stay: int) -> None:
    for number, code in enumerate(("99592", "0389", "25000"), 1):
        if made.version == 3:
            made.add("diagnoses_icd", hadm_id=stay, seq_num=number, icd9_code=code)
        else:
            new = {"99592": "R6521", "0389": "A419"}.get(code) if stay % 2 else None
            version = 10 if new else 9
            made.add("diagnoses_icd", hadm_id=stay, icd_code=new or code, icd_version=version)


def _labs(made: Dump, subject: int, stay: int, begin: datetime, chance: random.Random) -> None:
    for hour in (1, 7, 13, 25, 37, 49, 73):
        at, specimen = hours(begin, hour + 0.2), made.next()
        known = stay if hour > 5 else None  # before the admission nobody knows of one
        common = {"subject_id": subject, "hadm_id": known, "charttime": at}
        for item, (usual, unit) in LABS.items():
            wide = 0.05 if usual > 100 and unit == "mEq/L" else 0.3
            value = round(usual * chance.uniform(1 - wide, 1 + wide), 1)
            _lab(made, common, item, specimen, value, unit)
        gas = made.next()
        kind = ("ART.", "ART.", "VEN.")[hour % 3] if hour != 13 else None
        _lab(made, common, "50821", gas, round(chance.uniform(60, 110)), "mm Hg")
        _lab(made, common, "50820", gas, round(chance.uniform(7.2, 7.45), 2), "units")
        if kind is not None:
            item = "52033" if made.version == 4 else "50800"
            _lab(made, common, item, gas, kind, None)
    low = {"subject_id": subject, "hadm_id": stay, "charttime": hours(begin, 26)}
    _lab(made, low, "50889", made.next(), "<0.3", "mg/L")


def _lab(
    made: Dump, common: Row, item: str, specimen: int, value: float | str, unit: str | None
) -> None:
    number = None if isinstance(value, str) else value
    row: Row = {**common, "itemid": item, "value": value, "valuenum": number, "valueuom": unit}
    if made.version == 4:
        row |= {"specimen_id": specimen, "storetime": hours(common["charttime"], 0.75)}
    made.add("labevents", **row)


def _charts(made: Dump, stay: int, intime: datetime, number: int) -> None:
    carevue = made.version == 3 and number % 2 == 1
    for hour in range(0, 72, 4):
        at = hours(intime, hour + 0.1)
        for item, usual in VITALS.items():
            shown = CAREVUE.get(item, "678") if carevue else item
            value = usual + made.chance.randint(-4, 4)
            _chart(made, stay, shown, at, value)
        for item, value in (("220739", 3), ("223900", 4), ("223901", 6 - hour % 8 // 4)):
            if not carevue and not (item == "223900" and hour == 8):
                _chart(made, stay, item, at, value)
        if carevue:
            _chart(made, stay, "198", at, 13)
        _chart(made, stay, "190" if carevue else "223835", at, 0.5 if carevue or hour == 4 else 50)
        device = ("Nasal cannula", "Endotracheal tube", "Tracheostomy tube")[(hour // 16) % 3]
        if number % 4 and not carevue:
            made.add("chartevents", hadm_id=stay, itemid="226732", charttime=at, value=device)
        row = {"hadm_id": stay, "charttime": at, "value": 30 + hour % 9, "valueuom": "mL"}
        made.add("outputevents", **row, itemid="40055" if carevue else "226559")
        made.add("outputevents", **row | {"itemid": "227488"})
    _chart(made, stay, "762" if carevue else "226512", intime, 70 + number % 20)
    inches = 61 + 5 * (number * 7 % 11 < 6) + made.chance.randint(0, 8)
    if not carevue:
        _chart(made, stay, "226707", intime, inches)
    made.add("chartevents", hadm_id=stay, itemid="224093", charttime=intime, value="Supine")
    if number % 8 == 0:
        for hour, value in ((10, "Prone"), (14, "Prone"), (20, "Left Side")):
            at = hours(intime, hour)
            made.add("chartevents", hadm_id=stay, itemid="224093", charttime=at, value=value)
    if made.version == 3:
        wrong = {"hadm_id": stay, "itemid": "220045", "charttime": intime, "error": 1}
        made.add("chartevents", **wrong, value="400", valuenum=400)
    table = "procedureevents" if made.version == 4 else "procedureevents_mv"
    for item, start, length, every in (("225792", 2, 40, 3), ("225802", 20, 30, 6)):
        if number % every == 0:
            span = {"starttime": hours(intime, start), "endtime": hours(intime, start + length)}
            made.add(table, hadm_id=stay, itemid=item, **span, statusdescription="FinishedRunning")
            made.add(table, hadm_id=stay, itemid=item, **span, statusdescription="Rewritten")


def _chart(made: Dump, stay: int, item: str, at: datetime, value: float) -> None:
    made.add("chartevents", hadm_id=stay, itemid=item, charttime=at, value=value, valuenum=value)


def _input(made: Dump, stay: int, item: str, span: tuple[datetime, datetime], **row: Any) -> None:
    table = "inputevents" if made.version == 4 else "inputevents_mv"
    usual = {"ordercategoryname": "01-Drips", "statusdescription": "FinishedRunning"}
    number = made.next()
    made.add(
        table,
        hadm_id=stay,
        itemid=item,
        starttime=span[0],
        endtime=span[1],
        orderid=number,
        linkorderid=number,
        patientweight=75,
        **usual | row,
    )


def _metavision(made: Dump, stay: int, intime: datetime, treated: bool) -> None:
    rate = {"rateuom": "mcg/kg/min", "amountuom": "mg"}
    for start, stop, value in ((1, 6, 0.05), (6, 14, 0.15), (14, 30, 0.08)):
        span = (hours(intime, start), hours(intime, stop))
        amount = value * 75 * 60 * (stop - start) / 1000
        _input(made, stay, "221906", span, rate=value, amount=round(amount, 4), **rate)
    span = (hours(intime, 30), hours(intime, 31))
    _input(made, stay, "221906", span, rate=9, amount=9, **rate, statusdescription="Rewritten")
    if treated:
        span = (hours(intime, 9), hours(intime, 33))
        units = {"rate": 2.4, "rateuom": "units/hour", "amount": 57.6, "amountuom": "units"}
        _input(made, stay, "222315", span, **units)
    span = (hours(intime, 0.5), hours(intime, 1.5))
    bolus = {"amount": 1000, "amountuom": "ml", "ordercategoryname": "03-IV Fluid Bolus"}
    _input(made, stay, "225158", span, **bolus, rate=1000, rateuom="mL/hour")
    span = (hours(intime, 2), hours(intime, 2.02))
    dose = {"amount": 1, "amountuom": "dose"}
    _input(made, stay, "225798", span, **dose, ordercategoryname="08-Antibiotics (IV)")
    _input(made, stay, "225975", span, **dose, ordercategoryname="11-Prophylaxis (Non IV)")


def _carevue(made: Dump, stay: int, intime: datetime, treated: bool) -> None:
    drip = {"hadm_id": stay, "icustay_id": stay, "originalroute": "IV Drip"}
    drugs = {"30120": "mcgkgmin", "30128": "mcgkgmin"} | ({"30051": "Umin"} if treated else {})
    for item, unit in drugs.items():
        order = {"itemid": item, "orderid": made.next(), "linkorderid": 1}
        for hour, value in ((1, 0.05), (6, 0.15), (14, 0.04)):
            at = hours(intime, hour)
            made.add("inputevents_cv", **drip, **order, charttime=at, rate=value, rateuom=unit)
            amount = {"amount": 0.4, "amountuom": "mg"}  # what the rate brought once more
            made.add("inputevents_cv", **drip, **order, charttime=hours(at, 1), **amount)
        made.add("inputevents_cv", **drip, **order, charttime=hours(intime, 30), stopped="D/C'd")
    drip |= {"originalroute": "Oral", "amount": 250, "amountuom": "ml"}
    made.add("inputevents_cv", **drip, itemid="225158", charttime=hours(intime, 2))


def _ward(
    made: Dump, stay: int, number: int, intime: datetime, outtime: datetime, treated: bool
) -> None:
    """Hydrocortisone in intensive care, an antibiotic after it, and what is charted there too."""
    drugs: list[tuple[str, str, str, str, float]] = [
        ("Norepinephrine", "8", "mg", "IV DRIP", 1.0),  # charted by the unit
        ("Vancomycin", "1000", "mg", "IV", 2.0),  # charted by the unit
        ("Ceftriaxone", "1", "gm", "IV", 170.0),
        ("Acetaminophen", "325-650", "mg", "PO", 171.0),
        ("Heparin", "5,000", "UNIT", "SC", 172.0),
    ]
    if treated:
        drugs.append(("Hydrocortisone Na Succ.", "50", "mg", "IV", 10.0))
    recorded = made.version == 4 and number % 5 != 1
    for drug, dose, unit, route, hour in drugs:
        at = hours(intime, hour)
        key = made.next()
        row: Row = {"hadm_id": stay, "drug_type": "MAIN", "drug": drug, "route": route}
        row |= {"dose_val_rx": dose, "dose_unit_rx": unit}
        if made.version == 4:
            made.add("prescriptions", **row, pharmacy_id=key, starttime=at)
        else:
            made.add("prescriptions", **row, startdate=at.replace(hour=0, minute=0))
        base: Row = {**row, "drug_type": "BASE", "drug": "D5W", "dose_val_rx": "250"}
        when: Row = {"starttime": at} if made.version == 4 else {"startdate": at}
        made.add("prescriptions", **base, **when)
        if recorded:
            _record(made, stay, key, at, (drug, dose, unit, route))


def _record(made: Dump, stay: int, key: int, at: datetime, drug: tuple[str, str, str, str]) -> None:
    name, dose, unit, route = drug
    for number, event in enumerate(("Administered", "Not Given", "Delayed Administered")):
        emar = f"{stay}-{key}-{number}"
        row = {"hadm_id": stay, "emar_id": emar, "poe_id": f"{stay}-{key}", "pharmacy_id": key}
        when = hours(at, 6 * number)
        made.add("emar", **row, charttime=when, medication=name, event_txt=event)
        made.add("emar_detail", emar_id=emar, dose_given=None, route=None)
        if event != "Not Given":
            half = str(int(dose) // 2) if dose in ("1000", "50") else None
            for given in (half, half) if half else (dose,):
                detail = {"dose_given": given, "dose_given_unit": unit, "route": route}
                made.add("emar_detail", emar_id=emar, **detail)
    if name == "Heparin":
        rate = {"infusion_rate": "12", "infusion_rate_unit": "mL/hr", "route": "IV DRIP"}
        for number, event in ((7, "Started"), (9, "Rate Change"), (12, "Stopped")):
            emar = f"{stay}-{key}-{number}"
            row = {"hadm_id": stay, "emar_id": emar, "poe_id": "drip", "pharmacy_id": key}
            when = hours(at, number)
            made.add("emar", **row, charttime=when, medication="Argatroban", event_txt=event)
            detail = rate if event != "Stopped" else {"route": "IV DRIP"}
            made.add("emar_detail", emar_id=emar, dose_given=None, **detail)
