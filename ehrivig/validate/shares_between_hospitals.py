"""Hospitals with far fewer women, men or treated than any other: some may be recorded otherwise."""

from __future__ import annotations

import polars as pl

from ehrivig.validate import strata
from ehrivig.validate.chance import at_most, low

_OTHERS, _FEWEST = 2, 40
_FEW, _BELOW_ALL, _BY_CHANCE = 0.6, 0.75, 1e-3
Shares = dict[str, tuple[int, int]]
"""Hospital -> stays with something, all its stays."""


def of_a_sex(covered_by: pl.DataFrame) -> Shares:
    """Hospital -> stays that are missing of one sex, all its stays.

    `covered_by`: hospital_id, table, item, stratum, part, n_stays, n_covered.
    """
    own = covered_by.filter((pl.col("stratum") == "sex") & (pl.col("item") == ""))
    stays = own.group_by("hospital_id", "part").agg(pl.col("n_stays").max())
    women, men = (
        pl.col("n_stays").filter(pl.col("part") == sex).sum() for sex in ("female", "male")
    )
    sums = stays.group_by("hospital_id").agg(women.alias("women"), men.alias("men"))
    rows = sums.sort("hospital_id").rows()
    of_women = fewer({name: (n, n + others) for name, n, others in rows})
    of_men = fewer({name: (n, n + others) for name, others, n in rows})
    return {name: max(of_women[name], of_men[name]) for name in of_women}


def of_treated(covered_by: pl.DataFrame) -> Shares:
    """Hospital -> stays that are missing of those with the exposure, all its stays."""
    whole = covered_by.filter((pl.col("table") == "medication") & (pl.col("stratum") == "exposure"))
    sums = whole.group_by("hospital_id").agg(
        n=pl.col("n_covered").filter(pl.col("item") == strata.EXPOSURE).sum(),
        of=pl.col("n_stays").sum(),
    )
    return fewer({h: (n, of) for h, n, of in sums.sort("hospital_id").rows() if n})


def fewer(counts: Shares) -> Shares:
    """Hospital -> stays that are missing where far fewer have something than at any other, of all.

    Hospitals of few stays are not judged, and tell nothing of others.
    """
    shares = {name: n / of for name, (n, of) in counts.items() if of >= _FEWEST}
    missing = {name: _missing(*counts[name], name, shares) for name in shares}
    return {name: (missing.get(name, 0), of) for name, (_, of) in counts.items()}


def _missing(n: int, of: int, hospital: str, shares: dict[str, float]) -> int:
    others = sorted(share for name, share in shares.items() if name != hospital)
    if len(others) < _OTHERS:
        return 0
    usual = others[len(others) // 2]
    few = n / of < min(_FEW * usual, _BELOW_ALL * low(others))
    return round(usual * of) - n if few and at_most(n, usual * of) < _BY_CHANCE else 0
