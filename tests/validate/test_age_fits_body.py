"""An age that the body denies: 0 or another small one in the place of an age that nobody knows."""

from __future__ import annotations

import duckdb
import pytest

from ehrivig.validate.suite import by_check

CONDITION = by_check()["admission.age_fits_body"].kwargs["condition"]


@pytest.mark.parametrize(
    ("age", "weight", "height", "fits"),
    [
        (0.0, 3.5, 50.0, True),
        (0.0, 70.0, None, False),
        (0.0, None, 175.0, False),
        (0.0, None, None, True),
        (2.0, 14.0, 90.0, True),
        (2.0, 25.0, 110.0, True),  # a heavy child of an age that may be
        (2.0, 70.0, None, False),
        (4.9, None, 175.0, False),
        (5.0, 70.0, 175.0, True),
        (61.0, 70.0, 175.0, True),
    ],
)
def test_a_body_of_its_age(
    age: float, weight: float | None, height: float | None, fits: bool
) -> None:
    row = "SELECT ? AS known_age_years, ?::DOUBLE AS weight_kg, ?::DOUBLE AS height_cm"
    found = duckdb.execute(f"SELECT {CONDITION} FROM ({row})", [age, weight, height]).fetchone()
    assert found == (fits,)
