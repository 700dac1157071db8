"""Table medication without immunoglobulin for infusion: the treatments of Table S4."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from ehrivig.demo.margins import Flags, Floats, Ints
from ehrivig.demo.rows import clock, coded, numbers, table
from ehrivig.demo.sites import Part

DAY = 1440
STATUS = ("given", "stopped", "not_given", "cancelled", "unknown")
ROUTE = ("iv", "sc", "im", "po")


class Drug(NamedTuple):
    """One product: what it treats, its ATC code, name, usual dose, unit and route."""

    treatment: str
    code: str
    name: str
    dose: float
    unit: str
    route: str


DRUGS = (
    Drug("anticoagulant", "B01AB05", "Enoxaparin", 40.0, "mg", "sc"),
    Drug("methylprednisolone", "H02AB04", "Methylprednisolone", 40.0, "mg", "iv"),
    Drug("dexamethasone", "H02AB02", "Dexamethasone", 6.0, "mg", "iv"),
    Drug("moxifloxacin", "J01MA14", "Moxifloxacin", 400.0, "mg", "iv"),
    Drug("meropenem", "J01DH02", "Meropenem", 1000.0, "mg", "iv"),
    Drug("antifungal", "J02AC01", "Fluconazole", 200.0, "mg", "iv"),
    Drug("ganciclovir", "J05AB06", "Ganciclovir", 250.0, "mg", "iv"),
    Drug("ribavirin", "J05AP01", "Ribavirin", 500.0, "mg", "iv"),
    Drug("umifenovir", "J05AX13", "Umifenovir", 200.0, "mg", "po"),
    Drug("lopinavir_ritonavir", "J05AR10", "Lopinavir and ritonavir", 400.0, "mg", "po"),
    Drug("oseltamivir", "J05AH02", "Oseltamivir", 75.0, "mg", "po"),
    Drug("hepatitis_b", "J06BB04", "Hepatitis B Immune Globulin (Nabi-HB)", 200.0, "UNIT", "im"),
    Drug("intramuscular", "J06BA01", "Human Immunoglobulin for Injection (IM)", 300.0, "mg", "im"),
)
_UNITS = ("mg", "UNIT")
_MAX_DAYS = 7


def treatments(part: Part, stays: pl.DataFrame, look_alikes: bool) -> pl.DataFrame:
    """Daily administrations, without medication_id; sorted by admission.

    `look_alikes` adds hepatitis B and intramuscular immunoglobulin to 1% of patients without
    IVIG: neither is the exposure.
    """
    rng = part.rng("drugs")
    given = _given(stays, look_alikes, rng)
    n, kinds = given.shape
    length = numbers(stays, "ended") - numbers(stays, "admitted")
    first = np.minimum(rng.uniform(60, 1.5 * DAY, (n, kinds)), 0.5 * length[:, None])
    days = np.where(given, rng.integers(2, _MAX_DAYS + 1, (n, kinds)), 0)
    days[:, -2:] = np.minimum(days[:, -2:], 1)
    minutes = first[:, :, None] + DAY * np.arange(_MAX_DAYS)
    taken = (np.arange(_MAX_DAYS) < days[:, :, None]) & (minutes < (length - 20)[:, None, None])
    taken[:, :, 0] = given
    row, kind, _ = np.nonzero(taken)
    return _rows(stays, row, kind, minutes[taken].astype(np.int64))


def _given(stays: pl.DataFrame, look_alikes: bool, rng: np.random.Generator) -> Flags:
    """Which stay receives which product: (n, products)."""
    n = stays.height
    flags = {
        d.treatment: stays[d.treatment].to_numpy() for d in DRUGS if d.treatment in stays.columns
    }
    steroid, antibiotic = numbers(stays, "glucocorticoid"), numbers(stays, "antibiotic")
    second = rng.random((2, n))
    flags["methylprednisolone"] = steroid & (second[0] < 0.8)
    flags["dexamethasone"] = steroid & (second[0] >= 0.8)
    flags["moxifloxacin"] = antibiotic & (second[1] < 0.7)
    flags["meropenem"] = antibiotic & (second[1] >= 0.6)
    u = rng.random((2, n))
    unexposed = (numbers(stays, "first_dose") < 0) & look_alikes
    flags["hepatitis_b"] = unexposed & (u[0] < 0.01)
    flags["intramuscular"] = unexposed & (u[1] < 0.01)
    return np.column_stack([flags[drug.treatment] for drug in DRUGS])


def _rows(stays: pl.DataFrame, row: Ints, kind: Ints, minutes: Ints) -> pl.DataFrame:
    """The rows of table medication from flattened arrays; an infusion lasts an hour."""
    admitted, ended = numbers(stays, "admitted")[row], numbers(stays, "ended")[row]
    started = admitted + minutes
    return medication(
        admission=numbers(stays, "admission_id")[row],
        order=row * 100 + kind,
        code=coded(kind, [drug.code for drug in DRUGS]),
        name=coded(kind, [drug.name for drug in DRUGS]),
        dose=np.array([drug.dose for drug in DRUGS])[kind],
        unit=coded(np.array([_UNITS.index(drug.unit) for drug in DRUGS])[kind], _UNITS),
        route=np.array([ROUTE.index(drug.route) for drug in DRUGS])[kind],
        started=started,
        stopped=np.minimum(started + 60, ended),
    )


def medication(
    *,
    admission: Ints,
    order: Ints,
    code: pl.Series,
    name: pl.Series,
    dose: Floats,
    unit: pl.Series,
    route: Ints,
    started: Ints,
    stopped: Ints,
    concentration: pl.Series | None = None,
    strength: pl.Series | None = None,
) -> pl.DataFrame:
    """Rows of table medication, all given; text as plain text, `order_id` within a block."""
    n = len(admission)
    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, n)
    return table(
        {
            "admission_id": admission,
            "order_id": order.astype(np.int64),
            "drug_code": code.cast(pl.String),
            "vocabulary": pl.Series(["ATC"]).new_from_index(0, n),
            "drug_name": name.cast(pl.String),
            "dose": dose,
            "dose_unit": unit.cast(pl.String),
            "concentration_g_per_l": nothing if concentration is None else concentration,
            "strength_g": nothing if strength is None else strength,
            "route": coded(route, ROUTE).cast(pl.String),
            "status": pl.Series(["given"]).new_from_index(0, n),
            "started_at": clock(started),
            "stopped_at": clock(stopped),
        }
    )
