"""The demo of a seed is always the same: what stands in its columns is stored."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from columns import differences
from demo.summary import PLANS, STORED, summary


@pytest.mark.parametrize("plan", PLANS)
def test_the_columns_of_a_seed_hold_what_they_always_held(plan: str, tmp_path: Path) -> None:
    with STORED.open(encoding="utf-8") as stream:
        stored = [row for row in csv.DictReader(stream) if row["plan"] == plan]
    assert list(differences(summary(tmp_path / "extract", plan), stored, 1e-9)) == []
