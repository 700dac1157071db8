"""The words that every message shares."""

from __future__ import annotations

import pytest

from ehrivig.errors import in_sentence, many


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 days"),
        (1, "1 day"),
        (1.0, "1 day"),
        (0.5, "0.5 days"),
        (2, "2 days"),
        (12_345, "12,345 days"),
        (28.0, "28 days"),
    ],
)
def test_a_number_stands_before_its_noun(number: float, said: str) -> None:
    assert many(number, "day") == said


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [many(n, "criterion", "criteria") for n in (1, 2)] == ["1 criterion", "2 criteria"]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("28-day mortality", "28-day mortality"),
        ("Length of ICU stay", "length of ICU stay"),
        ("Acute Kidney Injury", "acute kidney injury"),
        ("SARS-CoV-2 RNA clearance", "SARS-CoV-2 RNA clearance"),
        ("E. coli", "E. coli"),
        ("ARDS", "ARDS"),
    ],
)
def test_a_label_within_a_sentence(label: str, said: str) -> None:
    assert in_sentence(label) == said
