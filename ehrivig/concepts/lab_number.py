"""The number that the text of a laboratory result states."""

from __future__ import annotations

from ehrivig.database import Database

_SIGN = "[<>≤≥＜＞﹤﹥]?=?"
_THOUSANDS = "[0-9]{1,3}(?:,[0-9]{3})+[.][0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}"
"""Commas that divide thousands, as what stands beside them tells: "1,234.5", "1,234,567"."""
_NUMBER = f"([-+]?(?:{_THOUSANDS}|[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?)"
_FLAGS = "(?:[*.!↑↓⬆⬇▲▼]|[(\\[]?(?:HH|LL|H|L|A|N|HI|LO|HIGH|LOW|CRIT|高|低|异常)[)\\]]?)"
"""What laboratories write behind a number: above, below, abnormal, critical."""
PATTERN = rf"(?i)^\s*{_SIGN}\s*{_NUMBER}(?:\s*{_FLAGS})*\s*$"


def define_lab_number(db: Database) -> None:
    """Macro LAB_NUMBER(text): the number of a result with its sign and flags; null for words.

    "12.3↑", "12.3 H", "1,234.5" and " <85" are numbers; "12,3", "1,234" (which may be either),
    "1:80" and "see note 5" are not.
    """
    db.execute(
        "CREATE OR REPLACE MACRO lab_number(said) AS "
        f"TRY_CAST(replace(regexp_extract(said, '{PATTERN}', 1), ',', '') AS DOUBLE)"
    )
