"""Products whose name and code are of drugs of different lists."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig import codes
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.codes.hints import drug_hints

IVIG = "Human Immunoglobulin (pH4) 5%"


@pytest.mark.parametrize(
    ("code", "name", "lists"),
    [
        ("J06BA02", IVIG, set()),
        ("J05AX13", IVIG, {"ivig", "antiviral", "umifenovir"}),
        ("J06BA02", "Dexamethasone 4 mg", {"ivig", "dexamethasone", "glucocorticoid"}),
        ("H02AB02", "Dexamethasone 4 mg", set()),  # of several lists, by both
        ("J06BA02", None, set()),
        (None, IVIG, set()),
        ("A01AA01", IVIG, set()),  # a code that no list knows
    ],
)
def test_a_name_of_another_drug_than_the_code(
    code: str | None, name: str | None, lists: set[str]
) -> None:
    row = {"drug": [1], "vocabulary": ["ATC"], "drug_code": [code], "drug_name": [name]}
    schema = {"drug": pl.Int64} | dict.fromkeys(
        ("vocabulary", "drug_code", "drug_name", "route"), pl.String
    )
    drugs = pl.DataFrame(row | {"route": ["iv"]}, schema=schema)
    known = drug_classes(codes.SHIPPED, drugs).filter(pl.col("verdict") == "include")
    included = known.select("drug", "codelist").rows()
    found = drug_hints(codes.SHIPPED, drugs, (), None, included).filter(pl.col("name_denied"))
    assert set(found["codelist"]) == lists


@pytest.mark.parametrize(
    ("name", "is_watched"),
    [
        ("静注人免疫", True),  # cut short
        ("人免疫球", True),
        ("I.V.I.G. 10%", True),
        ("丙球", True),
        ("免疫增强剂", False),
        ("Vigabatrin", False),
    ],
)
def test_a_name_that_may_be_immunoglobulin_is_asked_about(name: str, is_watched: bool) -> None:
    drugs = pl.DataFrame(
        [(1, "x", name, "local", "iv")],
        schema=["drug", "drug_code", "drug_name", "vocabulary", "route"],
        orient="row",
    )
    found = drug_hints(codes.SHIPPED, drugs, ()).filter(codelist="ivig")
    assert found["watched"].any() is is_watched
