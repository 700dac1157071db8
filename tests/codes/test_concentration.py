"""The concentration that a product's name states."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.codes.concentration import stated
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.codes.lists import CodeLists


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Flebogamma 5%", 50),
        ("Gammagard S/D 5 %", 50),
        ("immune globulin (intravenous) 10% (IVIG)", 100),
        ("Octagam\uff15\uff05", 50),  # full width
        ("Privigen 10% 5 g/50 mL", 100),
        ("Tocilizumab 80 mg/4 mL", 20),
        ("tocilizumab 20mg/ml", 20),
        ("noradrenaline 4 mg in 250 mL", 0.016),
        ("immunoglobulin 0,1 g/mL", 100),
        ("albumin 25%", 250),
        ("vasopressin 0.9% 100 mcg/L", None),  # two that disagree
        ("immune globulin 10% in dextrose 5%", None),
        ("human immunoglobulin, purity 95%", None),
        ("Privigen 10 g", None),
        ("factor 100 units/mL", None),
        ("1/5% left over", None),
        ("0%", None),
        ("", None),
        (None, None),
    ],
)
def test_grams_per_litre(name: str | None, expected: float | None) -> None:
    assert stated(name) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Flebogamma 10%", 100),
        ("Privigen", 100),  # the list knows one concentration
        ("Privigen 10%", 100),
        ("Privigen 5%", None),  # the list and the name disagree: nobody knows
        ("Octagam", None),
    ],
)
def test_a_list_and_a_name(name: str, expected: float | None) -> None:
    one = {"drug": [1], "vocabulary": [""], "drug_code": [""], "drug_name": [name]}
    found = drug_classes(CodeLists(), pl.DataFrame({**one, "route": ["iv"]}))
    assert found.filter(codelist="ivig")["concentration_g_per_l"].to_list() == [expected]
