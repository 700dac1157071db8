"""What a value means in its standard unit: the conversion factors of the specification, exactly."""

from __future__ import annotations

from fractions import Fraction

Number = Fraction | None
KPA = Fraction("7.50062")
FACTORS: dict[str, dict[str, Fraction]] = {
    "creatinine": {"umol/L": Fraction(1), "mmol/L": Fraction(1000), "mg/dL": Fraction("88.4")},
    "total_bilirubin": {"umol/L": Fraction(1), "mg/dL": Fraction("17.1")},
    "platelets": {"10^9/L": Fraction(1), "/uL": Fraction(1, 1000), "K/uL": Fraction(1)},
    "wbc": {"10^9/L": Fraction(1), "/uL": Fraction(1, 1000)},
    "bands": {"%": Fraction(1), "fraction": Fraction(100)},
    "hematocrit": {"%": Fraction(1), "L/L": Fraction(100)},
    "lactate": {"mmol/L": Fraction(1), "mg/dL": Fraction("0.111")},
    "d_dimer": {"ug/mL FEU": Fraction(1), "ng/mL FEU": Fraction(1, 1000), "ug/mL DDU": Fraction(2)},
    "fibrinogen": {"g/L": Fraction(1), "mg/dL": Fraction(1, 100)},
    "fio2": {"fraction": Fraction(1), "%": Fraction(1, 100)},
    "spo2": {"%": Fraction(1), "fraction": Fraction(100)},
    "urine_output": {"mL": Fraction(1), "L": Fraction(1000)},
    **{name: {"mmHg": Fraction(1), "kPa": KPA} for name in ("pao2", "paco2", "map", "sbp", "dbp")},
    **{name: {"mmol/L": Fraction(1)} for name in ("sodium", "potassium", "bicarbonate")},
    **{name: {"/min": Fraction(1)} for name in ("heart_rate", "respiratory_rate")},
    "prothrombin_time": {"s": Fraction(1)},
    "ph": {"": Fraction(1)},
    "gcs": {"points": Fraction(1)},
}


def standard(name: str, value: str | None, unit: str) -> Number:
    """A value in the standard unit; None without a number, or in a unit that nobody knows."""
    if value is None:
        return None
    if name == "temperature":
        number = Fraction(value)
        return {"C": number, "F": (number - 32) * Fraction(5, 9)}.get(unit)
    factor = FACTORS[name].get(unit)
    return None if factor is None else Fraction(value) * factor


def in_mg_dl(name: str, value: str | None, unit: str) -> Number:
    """The value itself where it was reported in mg/dL (SOFA bins it on that scale)."""
    conventional = name in ("creatinine", "total_bilirubin") and unit == "mg/dL"
    return Fraction(value) if conventional and value is not None else None
