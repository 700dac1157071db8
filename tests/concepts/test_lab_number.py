"""The number in the text of a result."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehrivig.concepts import define_lab_number
from ehrivig.database import Database


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    with Database() as made:
        define_lab_number(made)
        yield made


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.3", 12.3),
        ("12.3↑", 12.3),
        ("12.3 H", 12.3),
        ("12.3 (H)", 12.3),
        ("12.3*", 12.3),
        ("12.3 HH *", 12.3),
        (" <85", 85.0),
        (">= 1000", 1000.0),
        ("＜0.05", 0.05),
        ("1.2e3 low", 1200.0),
        ("-2", -2.0),
        (".5", 0.5),
        ("1,234.5", 1234.5),
        ("<1,234.50 H", 1234.5),
        ("1,234,567", 1234567.0),
        ("1,234", None),
        ("1.234,5", None),
        ("1,23.5", None),
        ("12,3", None),
        ("1:80", None),
        ("2 mg", None),
        ("see note 5", None),
        ("positive", None),
        ("12.3.4", None),
        ("5 High-density", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_with_its_flags(db: Database, text: str | None, number: float | None) -> None:
    assert db.rows("SELECT lab_number($text)", {"text": text}) == [(number,)]
