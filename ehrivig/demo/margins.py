"""The published margins of Liu 2020, and how a group of patients is made to meet them exactly.

A margin is a count or three quartiles per arm. Counts are met by ranking a latent score and
taking the highest; quartiles by giving the rank of a latent score its quantile. A block of
patients gets its proportion of each count by cumulative rounding, so that all blocks together meet
the published count exactly at the published size, and in proportion at any other size.

Not met, because raw data cannot say it: the denominators below 429 and 421 of coded diagnoses
(a code that is absent has no denominator of its own), and 17 immunosuppressed < 23 with a
malignancy (malignancy implies immunosuppression).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CONTROL, IVIG = 0, 1
ARM_SIZE = (429, 421)
PUBLISHED_PATIENTS = 3000  # the default size of the extract: 2,346 confirmed adults among them


class Count(NamedTuple):
    """How many of how many have a feature, by arm. Source: Liu 2020, Tables 1, 2 and S4."""

    n_control: int
    known_control: int
    n_ivig: int
    known_ivig: int

    def n(self, arm: int) -> int:
        """Patients of the arm with the feature."""
        return (self.n_control, self.n_ivig)[arm]

    def known(self, arm: int) -> int:
        """Patients of the arm in whom the feature was recorded."""
        return (self.known_control, self.known_ivig)[arm]


class Quartiles(NamedTuple):
    """First quartile, printed median, third quartile of one arm."""

    q1: float
    median: float
    q3: float


BASELINE = {
    "male": Count(258, 429, 243, 421),
    "smoking": Count(14, 429, 16, 421),
    "copd": Count(10, 422, 21, 403),
    "diabetes": Count(59, 424, 68, 419),
    "hypertension": Count(102, 424, 183, 419),
    "chronic_cardiac_disease": Count(42, 424, 67, 420),
    "chronic_kidney_disease": Count(20, 425, 10, 420),
    "chronic_liver_disease": Count(10, 424, 17, 419),
    "stroke": Count(27, 425, 27, 420),
    "malignancy": Count(6, 429, 23, 421),
    "immunosuppression": Count(13, 423, 17, 419),
    "tuberculosis": Count(5, 425, 7, 421),
}
FINDINGS = {
    "fever": Count(267, 423, 386, 421),
    "cough": Count(308, 424, 337, 421),
    "sputum": Count(195, 424, 168, 421),
    "dyspnea": Count(277, 424, 292, 420),
    "ground_glass_opacity": Count(281, 286, 179, 197),
    "pulmonary_consolidation": Count(65, 286, 33, 197),
    "interstitial_abnormalities": Count(106, 286, 169, 197),
    "pneumothorax": Count(0, 286, 0, 197),
    "pleural_effusion": Count(11, 283, 11, 195),
}
DEATH_28D = Count(154, 429, 164, 421)
DEATH_IN_HOSPITAL = Count(158, 429, 166, 421)
COURSES = {
    "ards": Count(215, 426, 272, 421),
    "dic": Count(9, 426, 13, 421),
    "myocardial_injury": Count(50, 426, 73, 421),
    "acute_hepatic_injury": Count(47, 426, 91, 421),
    "shock": Count(96, 426, 56, 421),
    "acute_kidney_injury": Count(38, 426, 48, 421),
    "high_flow_oxygen": Count(103, 429, 92, 421),
    "non_invasive_ventilation": Count(49, 429, 129, 421),
    "invasive_ventilation": Count(66, 429, 45, 421),
    "prone_position": Count(18, 429, 7, 421),
    "crrt": Count(16, 426, 16, 421),
    "ecmo": Count(5, 426, 3, 421),
}
TREATMENTS = {
    "anticoagulant": Count(23, 429, 39, 421),
    "glucocorticoid": Count(198, 429, 299, 421),
    "antibiotic": Count(339, 429, 403, 421),
    "antifungal": Count(10, 429, 57, 421),
    "antiviral": Count(277, 429, 311, 421),
}
ANTIVIRALS = {  # each within the antiviral patients
    "ganciclovir": Count(122, 429, 90, 421),
    "ribavirin": Count(172, 429, 117, 421),
    "umifenovir": Count(48, 429, 149, 421),
    "lopinavir_ritonavir": Count(6, 427, 16, 421),
}


@dataclass(frozen=True)
class Analyte:
    """One laboratory variable: quartiles per arm, plausible range, and how it varies in this demo.

    `severity` is the correlation with the latent severity, `mild` the factor by which a patient
    without severe disease differs, `measured` the proportion of admissions that have it on day 1
    (assumed: the paper prints no denominators), `trend` the change of its logarithm per day.
    """

    control: Quartiles
    ivig: Quartiles
    low: float
    high: float
    decimals: int
    severity: float = 0.0
    mild: float = 1.0
    measured: float = 0.97
    trend: float = 0.0

    def quartiles(self, arm: int) -> Quartiles:
        """The published quartiles of one arm."""
        return (self.control, self.ivig)[arm]


def _analyte(
    control: tuple[float, float, float],
    ivig: tuple[float, float, float],
    low: float,
    high: float,
    decimals: int,
    *rest: float,
) -> Analyte:
    return Analyte(Quartiles(*control), Quartiles(*ivig), low, high, decimals, *rest)


LABS = {  # ranges: the soft limits of the project's own table, so that a clean value never warns
    "wbc": _analyte((6.2, 9.3, 12.0), (3.9, 6.9, 8.5), 0.6, 48, 2, 0.2, 0.75, 0.98, 0.01),
    "lymphocytes": _analyte((0.4, 1.0, 1.3), (0.5, 0.7, 0.9), 0.06, 9.5, 2, -0.4, 1.45, 0.98, 0.02),
    "cd3": _analyte((368, 538, 630), (253, 399, 579), 12, 3900, 0, -0.3, 1.6, 0.12),
    "cd4": _analyte((214, 323, 440), (144, 212, 289), 11, 3900, 0, -0.3, 1.6, 0.12),
    "cd8": _analyte((106, 185, 250), (80, 182, 240), 11, 3900, 0, -0.3, 1.6, 0.12),
    "hemoglobin": _analyte((111, 121, 130), (115, 126, 139), 42, 195, 0, -0.1, 1.05, 0.98, -0.005),
    "platelets": _analyte((138, 193, 231), (123, 172, 214), 11, 980, 0, -0.2, 1.1, 0.98, 0.01),
    "prothrombin_time": _analyte((11.2, 13, 14.2), (10.8, 12, 12.3), 9.1, 58, 1, 0.2, 0.95, 0.95),
    "aptt": _analyte((26.0, 32.4, 38.1), (25.0, 29.1, 32.5), 18.5, 118, 1, 0.2, 0.95, 0.95),
    "thrombin_time": _analyte((15.3, 17.6, 18.2), (16.1, 17.2, 18.0), 10.2, 58, 1, 0.0, 1.0, 0.9),
    "d_dimer": _analyte((0.5, 5.5, 3.4), (0.6, 4.9, 3.1), 0.06, 78, 2, 0.4, 0.45, 0.93, 0.01),
    "total_bilirubin": _analyte((9.8, 14.1, 16.9), (9.6, 14.1, 16.6), 2.5, 390, 1, 0.2, 0.8, 0.97),
    "alt": _analyte((19, 40.2, 42), (20, 38.4, 45), 3, 4800, 0, 0.1, 0.8, 0.97, 0.02),
    "ast": _analyte((24, 47.6, 45.5), (31, 48.7, 55), 3, 4800, 0, 0.3, 0.7, 0.97),
    "albumin": _analyte((28.2, 31.7, 34.6), (29.1, 33.2, 37.0), 15.5, 54, 1, -0.3, 1.15, 0.97),
    "creatinine": _analyte((56.6, 119.7, 91.0), (60.0, 85.7, 91.7), 21, 1450, 1, 0.2, 0.95, 0.97),
    "creatine_kinase": _analyte((52, 196.1, 163), (66, 227.1, 235), 11, 48000, 0, 0.3, 0.7, 0.85),
    "ck_mb": _analyte((11, 17.47, 19), (11, 19.4, 20), 1.2, 480, 1, 0.3, 0.75, 0.75),
    "crp": _analyte((22.6, 69.0, 106.9), (33.5, 72.1, 108.2), 0.2, 490, 1, 0.5, 0.3, 0.93, -0.08),
    "il_6": _analyte((7.0, 12.5, 13.1), (7.2, 11.8, 13.2), 0.6, 9500, 1, 0.4, 0.6, 0.35),
    "procalcitonin": _analyte((0.05, 0.08, 0.25), (0.05, 0.11, 0.24), 0.01, 190, 3, 0.4, 0.5, 0.85),
    # without a published margin (assumed):
    "lactate": _analyte((1.2, 1.7, 2.4), (1.2, 1.7, 2.4), 0.4, 14, 1, 0.4, 0.8, 0.5),
    "fibrinogen": _analyte((3.1, 4.1, 5.2), (3.1, 4.1, 5.2), 0.8, 11, 2, 0.1, 0.95, 0.6),
}
AGE = (Quartiles(54, 64, 74), Quartiles(55, 63, 73))
APACHE_II = (Quartiles(6, 8, 10), Quartiles(5, 7, 9))
LENGTH_OF_STAY = (Quartiles(8, 14, 19), Quartiles(10, 15, 22))
# Cumulative proportions of SOFA 0, 1, 2, ...: quartiles 2, 2, 3 (control) and 2, 3, 4 (IVIG).
SOFA = (
    (0.05, 0.18, 0.56, 0.79, 0.88, 0.925, 0.955, 0.975, 0.987, 0.994, 0.998),
    (0.03, 0.12, 0.41, 0.67, 0.83, 0.90, 0.94, 0.968, 0.983, 0.992, 0.997),
)

_Z = np.linspace(-6, 6, 12_001)
_CDF = np.array([0.5 * (1 + math.erf(z / math.sqrt(2))) for z in _Z])
_Z75 = 0.6744897501960817


def normal_quantile(u: Floats) -> Floats:
    """The standard normal quantile of each probability (interpolated; within 1e-6 inside +-5)."""
    return np.asarray(np.interp(u, _CDF, _Z), dtype=np.float64)


def positive(z: Floats, quartiles: Quartiles) -> Floats:
    """A positive variable at normal scores z: a lognormal with its own spread on either side.

    A printed median outside its own quartiles is a mean; the geometric middle replaces it.
    """
    q1, median, q3 = quartiles
    middle = median if q1 < median < q3 else math.sqrt(q1 * q3)
    spread = np.where(z < 0, math.log(middle / q1), math.log(q3 / middle)) / _Z75
    return np.asarray(middle * np.exp(z * spread))


def symmetric(z: Floats, quartiles: Quartiles) -> Floats:
    """A variable at normal scores z: a normal with its own spread on either side."""
    q1, median, q3 = quartiles
    return np.asarray(median + z * np.where(z < 0, median - q1, q3 - median) / _Z75)


def sofa(z: Floats, arm: int) -> Floats:
    """The SOFA score at normal scores z."""
    u = np.interp(z, _Z, _CDF)
    score = np.searchsorted(np.array(SOFA[arm]), u, side="right")
    return np.asarray(score, dtype=np.float64)


def quota(n: int, of: int, start: int, stop: int) -> int:
    """How many of members [start, stop) of an arm have a feature that n of `of` members have.

    Cumulative rounding: consecutive ranges add up to round(n * size / of), whatever their cuts.
    """

    def upto(members: int) -> int:
        return (2 * n * members + of) // (2 * of)

    return upto(stop) - upto(start)


def top(score: Floats, count: int) -> Flags:
    """Marks the `count` highest scores (all of them when there are fewer)."""
    chosen = np.zeros(len(score), dtype=np.bool_)
    count = min(max(count, 0), len(score))
    chosen[np.argsort(-score, kind="stable")[:count]] = True
    return chosen


def remaining(grid: Floats, taken: Floats) -> Floats:
    """What is left of a sorted grid of values once each taken value has used up its nearest place.

    With it, values that are already fixed (the stay of a patient who died) and values still to be
    given (the stay of the others) together have the quantiles of the grid.
    """
    if not len(taken):
        return grid
    order = np.arange(len(taken))
    place = np.searchsorted(grid, np.sort(taken)) - order
    place = np.minimum(np.maximum.accumulate(place) + order, len(grid) - len(taken) + order)
    return np.delete(grid, place)
