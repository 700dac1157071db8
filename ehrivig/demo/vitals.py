"""Table vital: signs in the units of the hospital; what makes a patient severe is among them."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.demo.labs import DAY, Draws, blood_gases
from ehrivig.demo.margins import Floats, Ints
from ehrivig.demo.respiration import Support
from ehrivig.demo.rows import clock, coded, numbers, table
from ehrivig.demo.sites import Part, Site

_VITALS = ("temperature", "heart_rate", "respiratory_rate", "sbp", "dbp", "spo2", "fio2", "gcs")
_VITAL_HOURS = (0.3, 8.0, 24.0, 50.0, 110.0)


def vital(part: Part, stays: pl.DataFrame, times: Draws, devices: Support) -> pl.DataFrame:
    """Table vital: six signs at each of up to five rounds, and at the moment of becoming severe."""
    rng = part.rng("vital")
    n = stays.height
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    rounds = np.array(_VITAL_HOURS) * 60 * rng.uniform(0.8, 1.2, (n, len(_VITAL_HOURS)))
    minutes = np.column_stack([rounds, numbers(stays, "qualified")]).astype(np.int64)
    minutes[:, 0] = np.minimum(minutes[:, 0], 0.1 * length)
    taken = minutes < length[:, None] - 5
    taken[:, 0], taken[:, -1] = True, numbers(stays, "severe")
    order = np.argsort(minutes, axis=1, kind="stable")
    signs = _signs(stays, minutes, rng)
    row, moment = np.nonzero(np.take_along_axis(taken, order, axis=1))
    moment = order[row, moment]
    values = np.stack([sign[row, moment] for sign in signs], axis=1)
    rounds_table = _vital_rows(
        part.site,
        numbers(stays, "admission_id")[row].repeat(len(signs)),
        np.tile(np.arange(len(signs)), len(row)),
        values.ravel(),
        (numbers(stays, "admitted")[row] + minutes[row, moment]).repeat(len(signs)),
    )
    gas = blood_gases(part, stays, times)
    row, moment = np.nonzero(gas.taken)
    gas_table = _vital_rows(
        part.site,
        numbers(stays, "admission_id")[row],
        np.full(len(row), 6),
        devices.fio2_at(gas.minutes)[row, moment],
        numbers(stays, "admitted")[row] + gas.minutes[row, moment],
    )
    both = pl.concat([rounds_table, gas_table, _coma_scale(part, stays)])
    return both.sort("admission_id", "measured_at", maintain_order=True)


def _signs(stays: pl.DataFrame, minutes: Ints, rng: np.random.Generator) -> list[Floats]:
    """Temperature in C, heart rate, respiratory rate, SBP, DBP, SpO2: each (n, k)."""
    shape = minutes.shape
    z = rng.standard_normal((5, *shape))
    severe, latent = numbers(stays, "severe")[:, None], numbers(stays, "latent")[:, None]
    onset = np.zeros(shape, dtype=np.bool_)
    onset[:, -1] = True
    heat = numbers(stays, "fever")[:, None] * 1.4 * np.exp(-minutes / (4 * DAY))
    temperature = np.clip(36.8 + heat + 0.3 * z[0], 35.6, 40.5)
    heart = np.clip(84 + 6 * latent + 9 * z[1], 48, 160)
    rate = np.where(severe, np.clip(22 + 2.5 * z[2], 13, 28), np.clip(18 + 2 * z[2], 12, 26))
    fast = onset & numbers(stays, "high_rate")[:, None]
    rate = np.where(fast, rng.integers(30, 41, shape), rate)
    systolic = np.clip(126 - 3 * latent + 14 * z[3], 84, 200)
    saturation = np.where(severe, rng.integers(94, 99, shape), rng.integers(95, 100, shape))
    low = onset & numbers(stays, "low_spo2")[:, None]
    saturation = np.where(low, rng.integers(80, 94, shape), saturation)
    diastolic = np.clip(0.58 * systolic + 5 * z[4], 45, 120)
    whole = [np.round(x) for x in (heart, rate, systolic, diastolic, saturation)]
    return [np.round(temperature, 1), *whole]


def _vital_rows(
    site: Site, admission: Ints, code: Ints, value: Floats, minutes: Ints
) -> pl.DataFrame:
    """The rows of table vital, in the units of the hospital: F at profile 1, FiO2 in % at 3."""
    units = ["C", "/min", "mmHg", "%", "fraction", "points", "F"]
    unit = np.array([0, 1, 1, 2, 2, 3, 4, 5])
    if site.profile == 1:
        unit[0] = 6
        value = np.where(code == 0, np.round(value * 1.8 + 32, 1), value)
    if site.profile == 3:
        unit[6] = 3
        value = np.where(code == 6, np.round(value * 100, 1), value)
    return table(
        {
            "admission_id": admission,
            "vital_code": coded(code, _VITALS),
            "value": value.astype(np.float64),
            "unit": coded(unit[code], units),
            "measured_at": clock(minutes),
        }
    )


def _coma_scale(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """One Glasgow Coma Scale per severe stay, on admission."""
    rng = part.rng("coma")
    chosen = stays.filter("severe")
    sick = numbers(chosen, "latent") + rng.standard_normal(chosen.height)
    value = np.where(sick > 2.2, rng.integers(8, 14, chosen.height), 15)
    admission = numbers(chosen, "admission_id")
    code = np.full(chosen.height, 7)
    return _vital_rows(part.site, admission, code, value, numbers(chosen, "admitted"))
