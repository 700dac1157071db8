"""Variables that are the same in nearly everybody: their mean has two digits, their SD one.

With all digits both tell how many people differ from the others, and by how much.
"""

from __future__ import annotations

import polars as pl

from ehrivig.release.attack.attack import kind
from ehrivig.release.attack.piled import ARMS, DIGITS, apart
from ehrivig.release.doses import to_digits

Tables = dict[str, pl.DataFrame]
_VARIABLE = {"descriptive": "variable", "balance": "covariate", "effects": "outcome"}
_NUMBERS = {
    "descriptive": ("mean_", "sd_", "smd", "p"),
    "balance": ("mean_", "smd_un", "smd_ma", "variance_ratio_", "ks_"),
    "effects": ("estimate", "lo", "hi", "se", "p"),
}


def rounded(tables: Tables) -> Tables:
    """Tables in which such a variable has few digits wherever numbers of it stand."""
    found = sorted({name for frame in tables.values() for name in _piled(frame)})
    return {name: _rounded(frame, found) for name, frame in tables.items()} if found else tables


def _piled(frame: pl.DataFrame) -> list[str]:
    """Variables of a table of which few of some people may differ from the others."""
    if kind(set(frame.columns)) != "descriptive":
        return []
    rows = frame.filter(pl.col("kind") == "continuous").to_dicts()
    return [str(row["variable"]) for row in rows if any(apart(row, arm) for arm in ARMS)]


def _rounded(frame: pl.DataFrame, variables: list[str]) -> pl.DataFrame:
    of = kind(set(frame.columns))
    if of not in _NUMBERS or _VARIABLE[of] not in frame.columns:
        return frame
    names = [
        name
        for name, type_ in frame.schema.items()
        if type_.is_float() and name.startswith(_NUMBERS[of])
    ]
    rows = pl.col(_VARIABLE[of]).is_in(variables)
    return frame.with_columns(
        pl.when(rows).then(_short(name)).otherwise(pl.col(name)).alias(name) for name in names
    )


def _short(name: str) -> pl.Expr:
    digits = DIGITS.get(name.partition("_")[0], 2)
    return pl.col(name).map_elements(lambda v: to_digits(v, digits), return_dtype=pl.Float64)
