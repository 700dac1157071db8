"""Every kind of the catalogue is found, with the right severity; a clean extract raises none."""

from __future__ import annotations

import pytest
from defects.table import Row, rows, written

from ehrivig.demo import DEFECTS

PATIENTS = 400


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return rows(tmp_path_factory.mktemp("defects"), PATIENTS, together=True)


def test_a_clean_extract_raises_nothing(table: list[Row]) -> None:
    assert table[0].problems == ()
    assert sum(row.false for row in table) == 0, written(table)


def test_every_kind_is_there(table: list[Row]) -> None:
    assert [row.number for row in table[1:]] == [kind.number for kind in DEFECTS]


@pytest.mark.parametrize("number", range(1, 46))
def test_kind_is_found_with_its_severity_and_treatment(number: int, table: list[Row]) -> None:
    row = table[number]
    assert row.found > 0
    assert row.problems == ()
