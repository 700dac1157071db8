"""Every estimator beside its referees on the public data sets: within the bounds of the page."""

from __future__ import annotations

import re

import pytest

from tests.parity.agreement import DOCUMENT, OURS, THEIRS, compared

pytestmark = pytest.mark.parity
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \| (\d+) \|", re.M)


def test_differences_are_within_the_bounds_of_the_page() -> None:
    page = {
        (function, referee): (int(sets), float(bound), int(refused))
        for function, referee, sets, bound, refused in ROW.findall(
            DOCUMENT.read_text(encoding="utf-8").split("|---|", 1)[1]
        )
    }
    found = compared()
    assert page.keys() == found.keys()
    assert {function for function, _ in page} == set(OURS)
    for key, row in found.items():
        sets, bound, refused = page[key]
        assert (len(row.data), len(row.refused)) == (sets, refused), key
        assert row.largest <= bound, f"{key}: {row.largest:.1e} in {row.where}"


def test_what_is_above_rounding_is_explained() -> None:
    large = {referee for (_, referee), row in compared().items() if row.largest > 1e-6}
    assert large == set(THEIRS)
