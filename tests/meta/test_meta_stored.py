"""Fixed tables of trials give the tables, words of figures and pages that are stored."""

from __future__ import annotations

import pytest
from meta.stored import CASES, STORED, differences, text_of


@pytest.mark.parametrize("case", CASES)
def test_everything_a_synthesis_writes_is_as_it_was(case: str) -> None:
    kept = (STORED / f"{case}.txt").read_text(encoding="utf-8")
    assert list(differences(text_of(case), kept)) == []


def test_a_difference_is_found() -> None:
    assert list(differences("a 1.0000001\nb −2", "a 1.0\nb −2")) == []
    assert list(differences("a 1.001", "a 1.0")) == ["a 1.0  ->  a 1.001"]
    assert list(differences("a 1", "b 1")) == ["b 1  ->  a 1"]
    assert list(differences("a\nb", "a")) == ["1 lines are 2 now"]
