"""Courses and patients of the drug: who had it again is a count of people, too."""

from __future__ import annotations

import polars as pl

from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe

SMALLEST = 5


def used(*rows: tuple[str, str, int | None, int | None]) -> pl.DataFrame:
    """Dimension, level, courses, patients."""
    names = ("dimension", "level", "courses", "patients")
    return pl.DataFrame(
        [
            dict(zip(names, row, strict=True)) | {"courses_per_kg": row[2], "suppressed": False}
            for row in rows
        ],
        infer_schema_length=None,
    )


def disclosed(frame: pl.DataFrame) -> list[Cell]:
    return [c for c in of_tables({"utilisation.csv": frame}, SMALLEST) if c.disclosed]


def test_one_more_course_than_patients_is_one_who_had_it_again() -> None:
    frame = used(
        ("all", "all", 146, 144), ("hospital_id", "A", 53, 52), ("hospital_id", "B", 93, 92)
    )
    assert {(c.place.row, c.values) for c in disclosed(frame)} == {(0, (2,)), (1, (1,)), (2, (1,))}
    shown = first("utilisation.csv", frame, SMALLEST)
    assert shown["courses"].null_count() == shown["courses_per_kg"].null_count() == 3
    assert shown["patients"].to_list() == [144, 52, 92]
    assert disclosed(shown) == []


def test_nobody_or_enough_again_is_told() -> None:
    frame = used(
        ("all", "all", 150, 144), ("hospital_id", "A", 90, 84), ("hospital_id", "B", 60, 60)
    )
    assert disclosed(frame) == []
    assert first("utilisation.csv", frame, SMALLEST).equals(frame)


def test_a_hidden_part_is_all_without_the_others() -> None:
    """Of 50 courses 40 and 8 are told: 2 of few patients are left."""
    parts = (
        ("hospital_id", "A", 40, 40),
        ("hospital_id", "B", 8, 8),
        ("hospital_id", "C", None, None),
    )
    frame = used(("all", "all", 50, 50), *parts)
    assert any("C" in cell.place.words for cell in disclosed(frame))
    _, done, left = until_safe({"utilisation.csv": frame}, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert done
