"""When the rows of stays begin: all of them at one time, or in two groups hours apart."""

from __future__ import annotations

import pytest

from ehrivig.validate.begun import Begun


@pytest.mark.parametrize(
    ("at_once", "between", "late", "twice"),
    [
        (100, 0, 100, 100),
        (140, 5, 60, 60),
        (140, 6, 60, 0),  # some begin between: one group that is wide
        (170, 0, 30, 0),  # few: intensive care begins later for some
        (0, 100, 100, 0),
        (200, 0, 0, 0),
    ],
)
def test_rows_that_begin_in_two_groups(at_once: int, between: int, late: int, twice: int) -> None:
    assert Begun(200, 0, 0, at_once, between, late).twice == twice
