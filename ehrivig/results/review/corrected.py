"""The crude effect of a cohort, corrected for what charts say of exposure, outcome and population.

Within each cell of the 2x2 table of the run the charts show how many are truly of each cell of the
table, or of none: the table is sorted anew by these shares (inverse matrix method: Marshall 1990;
Greenland 1988; Lash, Fox & Fink 2009, chapter 6). The interval is simulated: the cells as a
multinomial draw, the shares from their Dirichlet distribution, with one chart spread over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 20_000
MEASURES = ("RD", "RR", "OR")
Cell = tuple[bool, bool]
"""Exposed, and with the outcome."""
CELLS: tuple[Cell, ...] = ((True, True), (True, False), (False, True), (False, False))
TRUE: tuple[Cell | None, ...] = (*CELLS, None)
"""What somebody may truly be: of a cell, or not of the population."""


@dataclass(frozen=True)
class Corrected:
    """One measure, as the run has it and corrected, with a simulated 95% interval."""

    measure: str
    of: str
    crude: float
    estimate: float
    lo: float
    hi: float


def corrected(
    people: Mapping[Cell, int],
    charts: Mapping[Cell, Mapping[Cell | None, int]],
    of: str,
    seed: int,
) -> list[Corrected] | str:
    """RD, RR and OR of a table sorted anew; or why that cannot be.

    `people`: cell of the run -> people. `charts`: cell of the run -> every true cell that the
    charts could show (None: not of the population) -> charts. `of`: what is corrected, in words.
    """
    if why := _cannot(people, charts):
        return why
    counts = np.array([people[cell] for cell in CELLS], dtype=float)
    point = _measures((counts @ np.array([_shares(charts[cell], cell) for cell in CELLS]))[None, :])
    if not all(np.isfinite(value[0]) for value in point.values()):
        return "an arm, or its events, is empty when the charts have sorted the people anew"
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(int(counts.sum()), counts / counts.sum(), size=DRAWS)
    anew = np.zeros((DRAWS, len(TRUE)))
    for place, cell in enumerate(CELLS):
        could = [place for place, true in enumerate(TRUE) if true in charts[cell]]
        weights = [charts[cell][TRUE[place]] + 1 / len(could) for place in could]
        anew[:, could] += drawn[:, [place]] * rng.dirichlet(weights, size=DRAWS)
    crude, simulated = _measures(counts[None, :]), _measures(anew)
    found = []
    for name in MEASURES:
        known = simulated[name][~np.isnan(simulated[name])]
        lo, hi = np.quantile(known, [0.025, 0.975], method="nearest")
        was, is_ = float(crude[name][0]), float(point[name][0])
        found.append(Corrected(name, of, was, is_, float(lo), float(hi)))
    return found


def _shares(row: Mapping[Cell | None, int], cell: Cell) -> list[float]:
    """The share of each true cell; of a cell without charts, which has nobody, itself."""
    total = sum(row.values())
    return [row.get(true, 0) / total if total else float(true == cell) for true in TRUE]


def _cannot(people: Mapping[Cell, int], charts: Mapping[Cell, Mapping[Cell | None, int]]) -> str:
    """Why a table cannot be sorted anew; empty where it can."""
    if not sum(people.values()):
        return "nobody has a known outcome"
    for cell in CELLS:
        if people[cell] and not sum(charts[cell].values()):
            arm = "exposed" if cell[0] else "not exposed"
            with_it = "with" if cell[1] else "without"
            return f"no chart was answered of the {arm} {with_it} the outcome"
    return ""


def _measures(tables: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """RD, RR and OR of tables (n, 4 or 5) of CELLS; not finite where a risk is not known."""
    a, b, c, d = (tables[:, place] for place in range(4))
    with np.errstate(divide="ignore", invalid="ignore"):
        exposed, others = a / (a + b), c / (c + d)
        return {"RD": exposed - others, "RR": exposed / others, "OR": a * d / (b * c)}
