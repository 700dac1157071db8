"""The code lists as frames."""

from __future__ import annotations

import polars as pl

from ehrivig.codes.lists import CodeLists

LIMITS = ("hard_lo", "soft_lo", "soft_hi", "hard_hi")
"""What a variable can have at all, and usually has, in its standard unit."""
NUMBER_COLUMNS = {"factor", "shift", *LIMITS}
_WITH_HIERARCHY = ("OMOP", "SNOMED")


def list_frame(lists: CodeLists, name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Some columns of a code list, numbers as Float64, empty text kept (never null)."""
    rows = [
        [_number(row[c]) if c in NUMBER_COLUMNS else row[c] for c in columns]
        for row in lists.rows(name)
    ]
    schema = {c: pl.Float64 if c in NUMBER_COLUMNS else pl.String for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _number(text: str) -> float | None:
    return float(text) if text else None


def listed_codes(lists: CodeLists) -> pl.DataFrame:
    """Every exact code of the lists whose descendants count as well: vocabulary, code."""
    found = {(row["vocabulary"], row["code"]) for row in lists.rows("labs")}
    found |= {
        (row["vocabulary"], row["code"])
        for row in lists.rows("conditions")
        if row["match"] == "exact"
    }
    found |= {
        (row["vocabulary"], row["value"])
        for name in lists.drug_names
        for row in lists.drug_rows(name)
        if row["match"] == "exact"
    }
    schema = {"vocabulary": pl.String, "code": pl.String}
    below = [code for code in found if code[0] in _WITH_HIERARCHY]
    return pl.DataFrame(sorted(below), schema=schema, orient="row")
