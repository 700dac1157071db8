"""Which files beside the study file decide a run: their hashes tell one run from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.study import Study, load, named_files
from ehrivig.study.references import wrong_references
from ehrivig.study.variables import Covariates

LIU = load("ivig_covid19")


def with_layout(layout: str) -> Study:
    return LIU.model_copy(update={"extract": LIU.extract.model_copy(update={"layout": layout})})


def test_the_files_of_a_layout_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("lab.sql", "more/notes.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    found = dict(named_files._named(with_layout(str(tmp_path))))
    assert {name for name, path in found.items() if path.is_file()} == {
        "layout/lab.sql",
        "layout/more/notes.txt",
    }


@pytest.mark.parametrize("layout", ["native", "omop", "eicu"])
def test_a_shipped_layout_is_hashed_with_the_code(layout: str) -> None:
    assert not [name for name, _ in named_files._named(with_layout(layout))]


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("extract", "hospitals"),
        ("exposure", "routes"),
        ("analysis", "sensitivity"),
        ("analysis", "time_varying"),
        ("analysis", "landmark_hours"),
    ],
)
def test_what_is_listed_twice_is_said(section: str, key: str) -> None:
    again = wrong_references({section: {key: ["A", "B", "A"]}})
    assert len(again) == 1
    assert "A" in str(again[0])
    assert wrong_references({section: {key: ["A", "B"]}}) == []


def test_a_measurement_of_the_first_day_is_known_at_time_zero() -> None:
    assert Covariates.model_fields["baseline_end_hours"].default == 24
