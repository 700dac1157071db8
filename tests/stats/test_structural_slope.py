"""A structural model of doses in which no dose so far differs has no slope, and no interval."""

from __future__ import annotations

import pytest

from ehrivig.errors import AnalysisError
from tests.laws.estimators import ESTIMATORS
from tests.laws.laws import NASTY
from tests.laws.rows import load


def test_one_person_dosed_on_the_last_day_has_no_slope() -> None:
    """The larynx cohort with one exposed: hazard ratio 1 (1 to 1) before."""
    (model,) = [one for one in ESTIMATORS if one.name == "dose so far, structural model"]
    spoilt = NASTY["one exposed"](load("larynx"))
    with pytest.raises(AnalysisError, match="no slope exists"):
        model(spoilt)
