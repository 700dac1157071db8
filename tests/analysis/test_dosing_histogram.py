"""Bins of the dosing histogram are as fine as few people allow."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import study as studies
from ehrivig.analysis.dosing_table import DRAWN, dosing_histogram


@pytest.mark.parametrize(
    ("people", "bins", "shown"), [(8, 20, 0), (40, 5, 40), (80, 10, 80), (400, 20, 400)]
)
def test_bins_are_as_fine_as_few_people_allow(people: int, bins: int, shown: int) -> None:
    """People spread evenly from 0 to 20: of 40, 2 in each of 20 bins, and 8 in each of five."""
    study = studies.load("ivig_covid19")
    even = np.repeat(np.arange(0.5, 20, 1), 20)[:: 400 // people] if people > 8 else np.arange(8.0)
    columns = dict.fromkeys(DRAWN, even)
    table = pl.DataFrame({"exposed": [True] * len(even), **columns})
    found = dosing_histogram(table, study).filter(feature="duration_days")
    assert len(found) == bins
    assert found["n"].sum() == shown
    assert found["lo"][0] == 0
    assert found["hi"][-1] == 20 if people > 8 else 7
    assert (found["hi"][:-1] == found["lo"][1:]).all()
