"""Whole groups of rows that are sent otherwise: as if they were not, or stopped with the cause."""

from __future__ import annotations

import pytest
from mutations.patients import make

from . import groups
from .case import Case, Found, became, fault


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What became of each case, beside a clean hospital."""
    clean = make(tmp_path_factory.mktemp("groups") / "made", patients=400)["native"]
    return became(clean, groups.CASES, tmp_path_factory.mktemp("native"))


@pytest.mark.parametrize("case", groups.CASES, ids=lambda case: case.name)
def test_group(found: Found, case: Case) -> None:
    clean, seen = found[case.name]
    assert fault(case, clean, seen) == ""


def test_the_clean_hospital_beside_them_is_let_through(found: Found) -> None:
    clean, _ = next(iter(found.values()))
    assert (clean.exit_code, clean.said) == (0, ())
