"""When a severe patient becomes severe, by which criterion, and which device breathes for whom.

A severe patient has at least one of: SpO2 <= 93% on room air, respiratory rate >= 30/min,
PaO2/FiO2 <= 300 mmHg; a patient who is not severe never has any, whichever PaO2 is paired with
whichever FiO2 of the stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.demo.margins import Floats, Ints
from ehrivig.demo.rows import clock, coded, numbers, table, within
from ehrivig.demo.sites import Part

DEVICES = ("room_air", "nasal_cannula", "face_mask", "hfnc", "niv", "imv")
_FIO2 = np.array([0.21, 0.33, 0.45, 0.55, 0.60, 0.70])
_MILD_FIO2 = 0.25
# The order in which devices follow one another, and the usual part of the time under support.
_SEGMENTS = np.array([0, 1, 3, 4, 5, 1, 0])
_PROPORTION = np.array([0.0, 0.35, 0.25, 0.25, 0.35, 0.25, 0.15])


@dataclass(frozen=True)
class Support:
    """The devices of every stay in order.

    `edges` (n, 8): minutes after admission at which segments begin and end; a segment of no length
    is not used. `device`, `fio2` (n, 7): what runs during each segment.
    """

    edges: NDArray[np.int64]
    device: NDArray[np.int64]
    fio2: NDArray[np.float64]

    def fio2_at(self, minutes: NDArray[np.int64]) -> NDArray[np.float64]:
        """FiO2 at (n, k) minutes after admission."""
        result = np.full(minutes.shape, 0.21)
        for segment in range(self.device.shape[1]):
            begins = self.edges[:, segment, None] <= minutes
            inside = begins & (minutes < self.edges[:, segment + 1, None])
            result = np.where(inside, self.fio2[:, segment, None], result)
        return result


def criteria(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Adds `qualified` (minutes after admission) and which criteria hold then.

    `low_spo2`, `high_rate` and `low_ratio` are all false in patients who are not severe.
    """
    rng = part.rng("criteria")
    n = stays.height
    severe = numbers(stays, "severe")
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    early = rng.random(n) < 0.7
    offset = np.where(early, rng.uniform(10, 300, n), rng.uniform(360, 3600, n))
    u = rng.random((3, n))
    high_rate, low_ratio = severe & (u[0] < 0.35), severe & (u[1] < 0.55)
    low_spo2 = severe & ((u[2] < 0.72) | ~(high_rate | low_ratio))
    return stays.with_columns(
        pl.Series("qualified", within(offset, length, 0.4)),
        pl.Series("low_spo2", low_spo2),
        pl.Series("high_rate", high_rate),
        pl.Series("low_ratio", low_ratio),
    )


def support(part: Part, stays: pl.DataFrame) -> Support:
    """The devices of every stay: room air until the patient qualifies as severe, then support."""
    rng = part.rng("support")
    n = stays.height
    severe = numbers(stays, "severe")
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    weaned = numbers(stays, "status") != "died"
    any_severe = np.ones(n, dtype=np.bool_)
    used = np.column_stack(
        [
            any_severe,
            any_severe,
            *(numbers(stays, f"{name}") for name in _VENTILATION),
            weaned,
            weaned,
        ]
    )
    proportions = _PROPORTION * used * rng.uniform(0.6, 1.4, (n, len(_SEGMENTS)))
    first = within(numbers(stays, "qualified") + rng.uniform(5, 60, n), length, 0.6)
    span = proportions / proportions.sum(axis=1, keepdims=True) * (length - first)[:, None]
    span[:, 0] = first
    _mild(span, severe, length, rng)
    edges = np.zeros((n, 8), dtype=np.int64)
    edges[:, 1:] = np.rint(np.cumsum(span, axis=1))
    edges[:, -1] = length
    device = np.tile(_SEGMENTS, (n, 1))
    device[:, 1] = np.where(rng.random(n) < 0.25, 2, 1)
    fio2 = _FIO2[device]
    device[~severe, 1] = 1
    fio2[~severe, 1] = _MILD_FIO2
    return Support(edges, device, fio2)


_VENTILATION = ("high_flow_oxygen", "non_invasive_ventilation", "invasive_ventilation")


def _mild(
    span: NDArray[np.float64], severe: NDArray[np.bool_], length: Ints, rng: np.random.Generator
) -> None:
    """Patients who are not severe: room air, one in five after a time of low-flow oxygen."""
    oxygen = np.where(rng.random(len(severe)) < 0.2, 0.6, 0.0) * length
    span[~severe] = 0.0
    span[~severe, 1] = oxygen[~severe]
    span[~severe, 6] = (length - oxygen)[~severe]


def respiratory_support(stays: pl.DataFrame, devices: Support) -> pl.DataFrame:
    """Table respiratory_support: one interval [started_at, stopped_at) per device."""
    row, segment = np.nonzero(np.diff(devices.edges, axis=1) > 0)
    admitted = numbers(stays, "admitted")[row]
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "device": coded(devices.device[row, segment], DEVICES),
            "fio2": devices.fio2[row, segment],
            "started_at": clock(admitted + devices.edges[row, segment]),
            "stopped_at": clock(admitted + devices.edges[row, segment + 1]),
        }
    )


def oxygen_pressure(part: Part, stays: pl.DataFrame, fio2: Floats, qualifying: Floats) -> Floats:
    """PaO2 in mmHg of (n, k) blood gases drawn at `fio2`; `qualifying` marks the one at onset."""
    rng = part.rng("oxygen")
    shape = fio2.shape
    ratio = np.where(
        numbers(stays, "low_ratio")[:, None],
        rng.uniform(130, 360, shape),
        rng.uniform(310, 430, shape),
    )
    ratio = np.where(
        qualifying & numbers(stays, "low_ratio")[:, None], _low_ratio(rng, shape), ratio
    )
    pressure = np.where(
        numbers(stays, "severe")[:, None], ratio * fio2, rng.uniform(92, 112, shape)
    )
    return np.asarray(np.round(np.clip(pressure, 38, 400), 1))


def _low_ratio(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.uniform(200, 290, shape)
