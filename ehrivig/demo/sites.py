"""The hospitals of the demo: how each one records units, codes and products, and how large it is.

Four recording profiles repeat over the hospitals. All four are correct: a unit string always says
what was measured, only not everywhere in the same unit.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from ehrivig.demo.margins import PUBLISHED_PATIENTS

SIZE = (0.31, 0.27, 0.23, 0.19)  # relative size of the hospitals, repeated
TILT = (1.18, 0.82, 1.10, 0.88)  # relative use of IVIG in severe disease, repeated

SEVERE_IVIG, SEVERE_CONTROL, MILD, NEGATIVE, CHILD, CHILD_NEGATIVE = range(6)
CLASS_SIZE = (421, 429, 1496, 520, 44, 90)  # of 3,000 patients; the first three: 2,346 confirmed


@dataclass(frozen=True)
class Site:
    """One hospital: its name and its recording profile (0 to 3)."""

    hospital_id: str
    index: int

    @property
    def profile(self) -> int:
        """Which of the four ways of recording this hospital uses."""
        return self.index % 4

    @property
    def loinc(self) -> bool:
        """Whether labs carry LOINC codes (else the analyte's own name, vocabulary local)."""
        return self.profile in (1, 3)


def sites(hospitals: int) -> tuple[Site, ...]:
    """The hospitals A, B, C, ..., then H27, H28, ..."""
    return tuple(
        Site(chr(65 + index) if index < 26 else f"H{index + 1}", index)
        for index in range(hospitals)
    )


@dataclass(frozen=True)
class Part:
    """One block of patients of a hospital: its proportion of every class of patients.

    `ranges[c]` is [start, stop) of the members of class c that the block holds, counted over all
    hospitals; so a margin of a class can be met over all blocks together.
    """

    site: Site
    number: int
    seed: int
    ranges: tuple[tuple[int, int], ...]

    @property
    def first_patient(self) -> int:
        """Patients before this block, over all hospitals."""
        return sum(start for start, _ in self.ranges)

    def size(self, group: int) -> int:
        """Patients of one class in this block."""
        start, stop = self.ranges[group]
        return stop - start

    def rng(self, purpose: str) -> np.random.Generator:
        """The random stream of one purpose: what one purpose draws never shifts another."""
        words = [self.seed, self.site.index, self.number, zlib.crc32(purpose.encode())]
        return np.random.default_rng(words)


@dataclass
class Counters:
    """The last used numbers of a hospital's keys; they repeat between hospitals."""

    patient: int = 100_000
    admission: int = 500_000
    medication: int = 0
    order: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def class_sizes(patients: int) -> tuple[int, ...]:
    """Patients per class: in proportion, adding up exactly."""
    edges = np.rint(np.cumsum((0, *CLASS_SIZE)) * patients / PUBLISHED_PATIENTS).astype(int)
    return tuple(int(size) for size in np.diff(edges))


def parts(patients: int, hospitals: int, seed: int, block: int) -> list[Part]:
    """All blocks of all hospitals in order, each of about `block` patients at most."""
    proportion = np.resize(SIZE, hospitals) / np.resize(SIZE, hospitals).sum()
    sizes = class_sizes(patients)
    tilt = np.resize(TILT, hospitals)
    tilt = tilt / (tilt * proportion).sum()
    other = (sizes[0] + sizes[1] - sizes[0] * tilt) / max(sizes[1], 1)
    slope = [tilt, other, *[np.ones(hospitals)] * 4]
    pieces = [max(1, -(-round(part * patients) // block)) for part in proportion]
    position = [_edges(proportion * weight, pieces) for weight in slope]
    cuts = [np.rint(size * edge).astype(int) for size, edge in zip(sizes, position, strict=True)]
    result: list[Part] = []
    for site, count in zip(sites(hospitals), pieces, strict=True):
        for number in range(count):
            at = len(result)
            ranges = tuple((int(cut[at]), int(cut[at + 1])) for cut in cuts)
            result.append(Part(site, number, seed, ranges))
    return result


def _edges(
    weight: np.ndarray[tuple[int], np.dtype[np.float64]], pieces: list[int]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The cumulative proportion [0, 1] at the edge of every block."""
    steps = np.concatenate([np.full(n, w / n) for w, n in zip(weight, pieces, strict=True)])
    edges = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(edges / edges[-1])
