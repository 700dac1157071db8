"""Tables of arms with rounded counts: percentages, SMD, KS and tests are those of the counts told.

Of measured variables means and SD have few decimals; medians and quartiles are values of people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from ehrivig.disclosure import nearest
from ehrivig.errors import AnalysisError
from ehrivig.release.attack.arms import ARMS
from ehrivig.release.doses import to_digits
from ehrivig.release.rounded.digits import named, of_people
from ehrivig.stats.tables.contingency import fisher_exact, pearson_chi_square

Row = dict[str, Any]
Sizes = Mapping[tuple[str, str, str], int]
"""Population, variable and arm -> how many people, exactly."""
_PEOPLE = {"unmatched": "all", "matched": "matched"}
_DIFFERENCE = 3


def descriptive(frame: pl.DataFrame, to: int) -> pl.DataFrame:
    """A table of characteristics or outcomes."""
    rows = [_binary(r, to) if r["kind"] == "binary" else _measured(r, to) for r in frame.to_dicts()]
    return pl.DataFrame(rows, frame.schema)


def _binary(row: Row, to: int) -> Row:
    for arm in ("all", *ARMS):
        n, events = row[f"n_{arm}"], row[f"events_{arm}"]
        row[f"n_{arm}"] = _near(n, to)
        if events is None or n is None:
            continue
        events, n = nearest(events, to), nearest(n, to)
        percent = 100 * events / n if n else None
        row |= {f"events_{arm}": float(events), f"percent_{arm}": percent}
        row[f"text_{arm}"] = f"{events:,}/{n:,} ({percent:.1f}%)" if n else "few"
    told = [row[f"{what}_{arm}"] for arm in ARMS for what in ("events", "n")]
    if row["p"] is not None or row["smd"] is not None:
        row |= {"p": None, "smd": None} if None in told else _compared(row, [int(v) for v in told])
    return row


def _compared(row: Row, told: list[int]) -> Row:
    """Test and SMD of rounded counts: events and people of the exposed, then of the others."""
    a, n, c, m = told
    spread = _spread(_share(a, n), _share(c, m))
    gap = (_share(a, n) - _share(c, m)) / spread if spread else None
    test = fisher_exact if str(row["test"]).startswith("Fisher") else pearson_chi_square
    try:
        found = test([[min(a, n), max(n - a, 0)], [min(c, m), max(m - c, 0)]])
        compared: Row = {"p": to_digits(found.p, 2), "test": found.test}
    except AnalysisError as error:
        compared = {"p": None, "test": str(error)}
    return compared | {"smd": None if gap is None else to_digits(gap, _DIFFERENCE)}


def _share(events: float, n: float) -> float:
    return min(events / n, 1.0) if n else 0.0


def _spread(one: float, other: float) -> float:
    """Root of the mean of the variances of two shares."""
    return math.sqrt((one * (1 - one) + other * (1 - other)) / 2)


def _measured(row: Row, to: int) -> Row:
    few = min((n for arm in ARMS if (n := row[f"n_{arm}"])), default=None)
    for arm in ("all", *ARMS):
        n = row[f"n_{arm}"]
        row[f"n_{arm}"] = _near(n, to)
        for name in (f"mean_{arm}", f"sd_{arm}"):
            row[name] = None if row[name] is None else of_people(row[name], n)
    row["smd"] = None if row["smd"] is None else of_people(row["smd"], few)
    row["p"] = None if row["p"] is None else named("p", row["p"])
    return row


def _near(count: float | None, to: int) -> float | None:
    return None if count is None else float(nearest(count, to))


def balance(frame: pl.DataFrame, to: int, sizes: Sizes) -> pl.DataFrame:
    """The balance of covariates; a share is that of rounded counts where it is one of people."""
    rows = frame.to_dicts()
    for row in rows:
        row["missing"] = None if row.get("missing") is None else nearest(row["missing"], to)
        yes_no = row["variance_ratio_unmatched"] is None and row["ks_unmatched"] is not None
        spread = _spread_of_all(row) if yes_no or row.get("level") else None
        for when, people in _PEOPLE.items():
            (_shares if spread is not None else _short)(row, when, people, to, sizes)
    return pl.DataFrame(rows, frame.schema)


def _spread_of_all(row: Row) -> float | None:
    shares = [row[f"mean_{arm}_unmatched"] for arm in ARMS]
    return None if None in shares else _spread(*shares)


def _size(sizes: Sizes, people: str, row: Row, arm: str) -> int | None:
    """How many people of an arm have a variable; a level is of everybody."""
    return sizes.get((people, row["covariate"], arm), sizes.get((people, "", arm)))


def _shares(row: Row, when: str, people: str, to: int, sizes: Sizes) -> None:
    """Shares of rounded counts, and what compares them, on the spread before matching."""
    for arm in ARMS:
        share, n = row[f"mean_{arm}_{when}"], _size(sizes, people, row, arm)
        if share is not None:
            told = _share(nearest(share * n, to), nearest(n, to)) if n else round(share, 2)
            row[f"mean_{arm}_{when}"] = told
    told = [row[f"mean_{arm}_{when}"] for arm in ARMS]
    spread = _spread_of_all(row)
    gap = None if None in told else told[0] - told[1]
    if row[f"ks_{when}"] is not None:
        row[f"ks_{when}"] = None if gap is None else to_digits(abs(gap), _DIFFERENCE)
    if row[f"smd_{when}"] is not None:
        smd = None if gap is None or not spread else to_digits(gap / spread, _DIFFERENCE)
        row[f"smd_{when}"] = 0.0 if gap == 0 else smd


def _short(row: Row, when: str, people: str, to: int, sizes: Sizes) -> None:
    """Of a measured variable: means to few decimals, all else to two."""
    for arm in ARMS:
        name = f"mean_{arm}_{when}"
        n = _size(sizes, people, row, arm)
        row[name] = None if row[name] is None else of_people(row[name], n)
    for name in (f"smd_{when}", f"variance_ratio_{when}", f"ks_{when}"):
        row[name] = None if row[name] is None else round(row[name], 2)
