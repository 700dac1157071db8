"""Table lab: serial results in the units and codes of the hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.demo import margins
from ehrivig.demo.margins import Flags, Floats, Ints
from ehrivig.demo.respiration import Support, oxygen_pressure
from ehrivig.demo.rows import clock, coded, numbers, table
from ehrivig.demo.sites import Part, Site

DAY = 1440
ANALYTES = (*margins.LABS, "pao2")
_STANDARD_UNIT = {
    "wbc": "10^9/L",
    "lymphocytes": "10^9/L",
    "platelets": "10^9/L",
    "cd3": "/uL",
    "cd4": "/uL",
    "cd8": "/uL",
    "hemoglobin": "g/L",
    "albumin": "g/L",
    "fibrinogen": "g/L",
    "prothrombin_time": "s",
    "aptt": "s",
    "thrombin_time": "s",
    "d_dimer": "ug/mL",
    "total_bilirubin": "umol/L",
    "creatinine": "umol/L",
    "alt": "U/L",
    "ast": "U/L",
    "creatine_kinase": "U/L",
    "ck_mb": "U/L",
    "crp": "mg/L",
    "il_6": "pg/mL",
    "procalcitonin": "ng/mL",
    "lactate": "mmol/L",
    "pao2": "mmHg",
}
_OTHER_UNIT = {  # profile 2: unit, divisor of the standard value, decimals
    "creatinine": ("mg/dL", 88.4, 3),
    "total_bilirubin": ("mg/dL", 17.1, 3),
    "hemoglobin": ("g/dL", 10.0, 1),
    "d_dimer": ("ng/mL", 0.001, 0),
    "crp": ("mg/dL", 10.0, 2),
}
_LOINC = {  # molar and activity codes where the unit is molar or activity
    "wbc": "6690-2",
    "lymphocytes": "731-0",
    "platelets": "777-3",
    "hemoglobin": "718-7",
    "prothrombin_time": "5902-2",
    "aptt": "14979-9",
    "thrombin_time": "3243-3",
    "d_dimer": "48065-7",
    "total_bilirubin": "14631-6",
    "alt": "1742-6",
    "ast": "1920-8",
    "albumin": "1751-7",
    "creatinine": "14682-9",
    "creatine_kinase": "2157-6",
    "ck_mb": "32673-6",
    "crp": "1988-5",
    "il_6": "26881-3",
    "procalcitonin": "33959-8",
    "pao2": "2703-7",
    "lactate": "2524-7",
    "fibrinogen": "3255-7",
}
_CORE = (  # repeated throughout the stay; the others on days 1 and 3 only
    *("wbc", "lymphocytes", "platelets", "hemoglobin", "crp", "creatinine", "alt", "ast"),
    *("total_bilirubin", "d_dimer", "albumin", "prothrombin_time", "aptt", "lactate"),
)
_DRAW_DAYS = ((0.04, 0.33), (2.05, 2.95), (5.0, 6.5), (8.5, 10.5), (13.0, 16.0))


class Recording(NamedTuple):
    """How a hospital reports one analyte."""

    code: str
    vocabulary: str
    unit: str
    divisor: float
    decimals: int


def recording(site: Site, analyte: str) -> Recording:
    """Code, unit and rounding of an analyte at a hospital."""
    unit = _STANDARD_UNIT[analyte]
    decimals = margins.LABS[analyte].decimals if analyte in margins.LABS else 1
    divisor = 1.0
    if site.profile == 2 and analyte in _OTHER_UNIT:
        unit, divisor, decimals = _OTHER_UNIT[analyte]
    if site.loinc and analyte in _LOINC:
        return Recording(_LOINC[analyte], "LOINC", unit, divisor, decimals)
    return Recording(analyte, "local", unit, divisor, decimals)


@dataclass(frozen=True)
class Draws:
    """Blood draws of every stay: minutes after admission (n, 5) and whether each took place."""

    minutes: NDArray[np.int64]
    taken: NDArray[np.bool_]


def draws(part: Part, stays: pl.DataFrame) -> Draws:
    """Day 1 (always), day 3 (48 to 72 h), then about days 6, 10 and 15 while the stay lasts."""
    rng = part.rng("draws")
    n = stays.height
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    low, high = np.array(_DRAW_DAYS).T
    minutes = (rng.uniform(low, high, (n, len(low))) * DAY).astype(np.int64)
    minutes[:, 0] = np.minimum(minutes[:, 0], 0.3 * length)
    taken = minutes < length[:, None] - 60
    taken[:, 0] = True
    taken[:, 3:] &= rng.random((n, 2)) < np.where(numbers(stays, "severe"), 0.9, 0.5)[:, None]
    return Draws(minutes, taken)


def _value(stays: pl.DataFrame, name: str, days: Floats, rng: np.random.Generator) -> Floats:
    """The standard value of an analyte at each draw: its admission value, moving with time."""
    analyte = margins.LABS[name]
    noise = 0.12 * rng.standard_normal(days.shape)
    change = analyte.trend * np.minimum(days, 12) + noise
    change[:, 0] = 0.0
    value = numbers(stays, name)[:, None] * np.exp(change)
    return np.asarray(np.clip(value, analyte.low, analyte.high))


def _reported(stays: pl.DataFrame, name: str, taken: Flags, rng: np.random.Generator) -> Flags:
    """Which draws have a result of this analyte."""
    proportion = np.where(name in _CORE, [1.0, 0.9, 0.8, 0.7, 0.7], [1.0, 0.75, 0.0, 0.0, 0.0])
    later = rng.random(taken.shape) < proportion
    later[:, 0] = True
    return np.asarray(taken & later & numbers(stays, f"{name}_known")[:, None])


def lab(part: Part, stays: pl.DataFrame, times: Draws, devices: Support) -> pl.DataFrame:
    """Table lab: one result per row, sorted by admission and time of the draw."""
    rng = part.rng("lab")
    n, k = times.minutes.shape
    how = [recording(part.site, name) for name in ANALYTES]
    values = np.empty((n, k, len(ANALYTES)))
    reported = np.zeros(values.shape, dtype=np.bool_)
    for column, name in enumerate(margins.LABS):
        standard = _value(stays, name, times.minutes / DAY, rng)
        values[:, :, column] = np.round(standard / how[column].divisor, how[column].decimals)
        reported[:, :, column] = _reported(stays, name, times.taken, rng)
    gas = blood_gases(part, stays, times)
    fio2 = devices.fio2_at(gas.minutes)
    pressure = oxygen_pressure(part, stays, fio2, np.arange(k) == 0)
    values[:, :, -1], reported[:, :, -1] = pressure, gas.taken
    row, draw, analyte = np.nonzero(reported)
    minutes = np.where(
        analyte == len(ANALYTES) - 1, gas.minutes[row, draw], times.minutes[row, draw]
    )
    return _lab_rows(stays, how, row, analyte, values[reported], minutes, rng)


def _lab_rows(
    stays: pl.DataFrame,
    how: list[Recording],
    row: Ints,
    analyte: Ints,
    value: Floats,
    minutes: Ints,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The rows of table lab from flattened arrays."""
    collected = numbers(stays, "admitted")[row] + minutes
    units = sorted({one.unit for one in how})
    unit = np.array([units.index(one.unit) for one in how])
    is_loinc = np.array([one.vocabulary == "LOINC" for one in how])
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "lab_code": coded(analyte, [one.code for one in how]),
            "vocabulary": coded(is_loinc[analyte].astype(np.uint32), ["local", "LOINC"]),
            "value": value,
            "value_text": pl.Series([None], dtype=pl.String).new_from_index(0, len(value)),
            "unit": coded(unit[analyte], units),
            "collected_at": clock(collected),
            "resulted_at": clock(collected + rng.integers(25, 180, len(value))),
        }
    )


def blood_gases(part: Part, stays: pl.DataFrame, times: Draws) -> Draws:
    """Blood gases: the first when a patient qualifies as severe, later ones with the blood draws.

    A patient qualifying by PaO2/FiO2 always has the first; one in four mild patients has one.
    """
    rng = part.rng("gases")
    severe = numbers(stays, "severe")
    proportion = np.where(severe, 0.55, 0.1)
    taken = times.taken & (rng.random(times.taken.shape) < proportion[:, None])
    taken[:, 0] = np.where(severe, taken[:, 0], rng.random(len(severe)) < 0.25)
    taken[:, 0] |= numbers(stays, "low_ratio")
    minutes = times.minutes.copy()
    minutes[:, 0] = np.where(severe, numbers(stays, "qualified"), minutes[:, 0])
    return Draws(minutes, taken)
