"""Two real runs, the second with one patient more: the release of the first is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from attacked import without_one
from test_door import run

from ehrivig.demo import write_demo
from ehrivig.release import before, verify

pytestmark = pytest.mark.slow


def values_told(first: Path, second: Path) -> int:
    """How many values of the one patient more two releases give: n2 x mean2 - n1 x mean1."""
    tables = [
        pl.read_csv(folder / "release" / "table1.csv", infer_schema_length=None)
        for folder in (first, second)
    ]
    found = 0
    for one, two in zip(*(table.iter_rows(named=True) for table in tables), strict=True):
        means = one["mean_exposed"], two["mean_exposed"]
        found += None not in means and means[0] != means[1]
    return found


def test_a_night_with_one_patient_more_tells_nothing_of_that_patient(tmp_path: Path) -> None:
    write_demo(tmp_path / "extract", patients=900, hospitals=2)
    alone = run(tmp_path, "alone")
    (tmp_path / "extract").rename(tmp_path / "whole")
    without_one(tmp_path / "whole", alone, tmp_path / "extract")
    first = run(tmp_path, "nights")
    last_night = shutil.copytree(first, tmp_path / "last-night")
    assert values_told(last_night, alone) > 5
    assert verify(alone, earlier=[last_night]).disclosed
    shutil.rmtree(tmp_path / "extract")
    (tmp_path / "whole").rename(tmp_path / "extract")
    second = run(tmp_path, "nights", "--json")
    said = json.loads((tmp_path / "nights.json").read_text())
    assert said["release_kept_since"] == before.kept_since(second) != ""
    assert values_told(last_night, second) == 0
    assert verify(second, earlier=[last_night]).disclosed == ()
    told = json.loads((second / "release" / "manifest.json").read_text())
    assert told["kept"]["why"].startswith("so few people are new since then")
    kept = (last_night / "release" / "report.html").read_bytes()
    assert (second / "release" / "report.html").read_bytes() == kept
    assert (second / "report.html").read_bytes() != kept  # of this hospital only
    third = run(tmp_path, "nights", "--aggregate-only")
    assert (third / "table1.csv").read_bytes() == (first / "release" / "table1.csv").read_bytes()
