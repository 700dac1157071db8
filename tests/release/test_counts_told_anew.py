"""Tables that hold counts alone are compared elsewhere: here nothing of them is told anew."""

from __future__ import annotations

import polars as pl
import pytest
from test_nights import SMALLEST, described

from ehrivig.release.attack import told_anew
from ehrivig.release.attack.attack import kind

TABLES = {
    "attrition.csv": {
        **{"step": [0], "criterion": ["read"], "label": ["Read"], "hospital_id": ["A"]},
        **{"patients": [100], "admissions": [110], "excluded": [0], "excluded_not_measured": [0]},
    },
    "ledger.csv": {
        **{"hospital_id": ["A"], "table": ["lab"], "rows_read": [1000], "rows_used": [900]},
        **{"rows_out_of_scope": [60], "rows_quarantined": [40]},
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_counts_are_no_numbers_that_are_told_anew(name: str) -> None:
    then = pl.DataFrame(TABLES[name])
    assert kind(set(then.columns)) == name.removesuffix(".csv")
    counts = [column for column, values in TABLES[name].items() if isinstance(values[0], int)]
    now = then.with_columns(pl.col(column) + 3 for column in counts if column != "step")
    others = described(100, 62.5, 20)
    assert told_anew.numbers(others | {name: now}, others | {name: then}, SMALLEST) == []


def test_a_mean_is_one() -> None:
    then, now = described(100, 62.5, 20), described(103, 63.5, 20)
    assert told_anew.numbers(now, then, SMALLEST)
