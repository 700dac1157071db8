"""A simulated intensive-care cohort: 17 covariates, about 49% treated, 37% dead at 28 days.

Row: one admission. `cohort850.csv` is `simulate(850, 20240601)`.
"""

from __future__ import annotations

import numpy as np
import polars as pl

BINARY = {  # prevalence, log odds per 15 years of age and per unit of severity
    "sex": (0.62, 0.0, 0.0),
    "copd": (0.15, 0.4, 0.0),
    "diabetes": (0.30, 0.2, 0.0),
    "cardiac": (0.22, 0.5, 0.0),
    "hypertension": (0.48, 0.6, 0.0),
    "stroke": (0.08, 0.4, 0.0),
    "malignancy": (0.11, 0.2, 0.0),
    "immunosupp": (0.12, -0.1, 0.0),
    "ckd": (0.14, 0.4, 0.0),
    "cld": (0.05, 0.0, 0.0),
}
COVARIATES = [
    *("sex", "age", "copd", "diabetes", "cardiac", "hypertension", "stroke", "malignancy"),
    *("immunosupp", "ckd", "cld", "apache2", "sofa", "fever", "sbp", "steroid", "antiviral"),
]
ON_TREATMENT = [
    *(0.05, -0.10, 0.12, 0.03, 0.06, 0.02, 0.04, -0.15),
    *(0.15, -0.05, 0.03, 0.28, 0.22, 0.18, -0.15, 0.35, 0.30),
]
ON_DEATH = [
    *(0.08, 0.42, 0.10, 0.03, 0.15, 0.0, 0.08, 0.30),
    *(0.25, 0.12, 0.12, 0.45, 0.40, -0.05, -0.18, 0.10, -0.05),
]
END_OF_STUDY = 60.0


def simulate(n: int, seed: int) -> pl.DataFrame:
    """The columns of `cohort850.csv`; the order of the draws is part of the definition."""
    rng = np.random.default_rng(seed)
    table = _covariates(n, rng)
    x = np.column_stack([table[name].astype(float) for name in COVARIATES])
    z = (x - x.mean(0)) / x.std(0)
    treat = (rng.random(n) < _expit(-0.045 + z @ np.array(ON_TREATMENT))).astype(np.int8)
    risk = z @ np.array(ON_DEATH) - 0.25 * treat
    return pl.DataFrame(
        {"id": np.arange(1, n + 1, dtype=np.int32), **table, "treat": treat} | _times(risk, rng)
    )


def _covariates(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    severity = rng.standard_normal(n)
    age = np.clip(np.round(rng.normal(64, 15, n), 0), 18, 99)
    z = (age - 64) / 15

    def binary(share: float, by_age: float = 0.0, by_severity: float = 0.0) -> np.ndarray:
        line = np.log(share / (1 - share)) + by_age * z + by_severity * severity
        return (rng.random(n) < _expit(line)).astype(np.int8)

    table = {name: binary(*numbers) for name, numbers in BINARY.items()}
    noise = rng.normal(0, 3, n)
    table["age"] = age.astype(np.int16)
    table["apache2"] = _points(18 + 6 * severity + 1.5 * z + noise, 60)
    table["sofa"] = _points(6.5 + 2.6 * severity + rng.normal(0, 1.5, n), 24)
    table["fever"] = binary(0.55)
    table["sbp"] = np.round(118 - 8 * severity + rng.normal(0, 18, n), 1)
    table["steroid"] = binary(0.45, 0.0, 0.3)
    table["antiviral"] = binary(0.35, 0.0, 0.1)
    return {name: table[name] for name in COVARIATES}


def _times(risk: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Weibull times to death (1) and to discharge alive (2), light loss to follow-up (0)."""
    n = risk.size
    death = (rng.exponential(1, n) / (0.0097 * np.exp(0.85 * risk))) ** (1 / 1.15)
    alive = (rng.exponential(1, n) / (0.010 * np.exp(-0.45 * risk))) ** (1 / 1.35)
    lost = rng.uniform(10, 180, n)
    time28 = np.minimum(death, 28.0)
    first = np.minimum.reduce([death, alive, lost, np.full(n, END_OF_STUDY)])
    died = (death <= 28).astype(np.int8)
    return {
        "death28": died,
        "time28": np.maximum(time28, 1e-3),
        "event28": died,
        "day28": np.maximum(np.ceil(time28), 1).astype(np.int16),
        "ftime": np.maximum(first, 1e-3),
        "fday": np.maximum(np.ceil(first), 1).astype(np.int16),
        "fstatus": np.where(first == death, 1, np.where(first == alive, 2, 0)).astype(np.int8),
    }


def _points(value: np.ndarray, most: int) -> np.ndarray:
    return np.clip(np.round(value), 0, most).astype(np.int16)


def _expit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
