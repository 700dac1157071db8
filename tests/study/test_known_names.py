"""Which names a study may use: the shipped ones, and those that it declares its extract to have."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from ehrivig.study.data import Extract, OpenList
from ehrivig.study.known_names import KnownNames, known_names
from ehrivig.study.registries import NAME_LISTS
from ehrivig.study.registries.names import DRUGS, FINDINGS


def test_without_a_declaration_the_shipped_names_are_all() -> None:
    known = known_names(Extract(), Path())
    for names in NAME_LISTS:
        assert known.of(names) == known.of(names.name) == names.names


def test_a_declared_name_is_known_in_its_list_alone() -> None:
    known = known_names(Extract(local_names={"findings": ("anosmia",)}), Path())
    assert set(known.of(FINDINGS)) == {*FINDINGS.names, "anosmia"}
    assert known.of("procedures") == NAME_LISTS["procedures"].names


def test_only_what_a_layout_hands_on_can_be_declared() -> None:
    assert set(get_args(OpenList)) == {names.name for names in NAME_LISTS if names.open}


def test_names_and_units_can_be_added() -> None:
    known = KnownNames({"drugs": ("tocilizumab",)}, {"presepsin": ("pg/mL",), "crp": ("mg/mL",)})
    assert "tocilizumab" in known.of(DRUGS)
    assert known.of(DRUGS) == tuple(sorted(known.of(DRUGS)))
    assert known.units("presepsin") == ("pg/mL",)
    assert known.units("crp") == ("mg/L", "ug/mL", "mg/dL", "mg/mL")
