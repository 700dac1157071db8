"""The demo of a seed is always the same: what stands in its columns is stored."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from demo.summary import PLANS, STORED, summary


@pytest.mark.parametrize("plan", PLANS)
def test_the_columns_of_a_seed_hold_what_they_always_held(plan: str, tmp_path: Path) -> None:
    with STORED.open(encoding="utf-8") as stream:
        stored = [row for row in csv.DictReader(stream) if row["plan"] == plan]
    found = summary(tmp_path / "extract", plan)
    assert [(row["table"], row["column"]) for row in found] == [
        (row["table"], row["column"]) for row in stored
    ]
    for now, then in zip(found, stored, strict=True):
        place = f"{plan}: {now['table']}.{now['column']}"
        for name in ("known", "distinct", "mean", "sd"):
            assert _same(str(now[name]), then[name]), f"{place}: {name} {then[name]} -> {now[name]}"


def _same(one: str, other: str) -> bool:
    """Whether two numbers are one but for the last digits, in which processors may differ."""
    return one == other or math.isclose(float(one or "nan"), float(other or "nan"), rel_tol=1e-4)
