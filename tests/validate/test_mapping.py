"""Signed mappings laid over one hospital: what a result means then, and what each entry found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.database import Database
from ehrivig.errors import UsageError
from ehrivig.study import Study
from ehrivig.study.mappings import load
from ehrivig.validate import mapping

SIGNATURE = """
signed_by = "A. Steward"
signed_on = 2020-07-02
reason = "The laboratory said so."
"""
Open = Callable[[], Database]
START, JANUARY, FEBRUARY = datetime(2020, 3, 1), datetime(2020, 1, 12), datetime(2020, 2, 12)


def entry(kind: str, hospital: str = "H", **values: Any) -> str:
    shown = [f"{k} = {v if k == 'month' else repr(v)}" for k, v in values.items()]
    return "\n".join([f"[[{kind}]]", f"hospital_id = '{hospital}'", *shown, SIGNATURE])


def unit(written: str, means: str, analyte: str = "creatinine", **more: Any) -> str:
    return entry("unit", analyte=analyte, written=written, means=means, **more)


def code(name: str, analyte: str, vocabulary: str = "local", **more: Any) -> str:
    return entry("code", vocabulary=vocabulary, code=name, analyte=analyte, **more)


@pytest.fixture
def laid(hospital: Any, opened: Open, plan: Study, tmp_path: Path) -> Callable[..., Database]:
    """Lays a file of entries over the rows that a test added, for hospital H."""

    def lay(*entries: str) -> Database:
        path = tmp_path / "signed.toml"
        path.write_text("\n".join(entries))
        db = opened()
        mapping.apply(db, path, ["H"], plan.lists)
        return db

    return lay


def meant(db: Database) -> list[float | None]:
    """What the results mean, in the order in which they were collected."""
    return [row[0] for row in db.rows("SELECT value_std FROM resolved.lab ORDER BY resulted_at")]


def found(db: Database) -> list[tuple[Any, ...]]:
    return db.rows(f"SELECT kind, number, n_rows, n_changed FROM ref.{mapping.FOUND} ORDER BY ALL")


@pytest.fixture
def lab(hospital: Any) -> Callable[..., None]:
    """Adds results: value, unit, and more."""

    def add(value: float, unit: str | None = "umol/L", **more: Any) -> None:
        number = len(hospital.rows["lab"])
        row = {"resulted_at": START + timedelta(hours=number), "value": value, "unit": unit}
        row["value_std"] = value
        hospital.add("lab", **(row | {"collected_at": JANUARY} | more))

    return add


def test_a_unit_means_another_one_in_its_month_before_all_months(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    """1 mg/dL of creatinine is 88.4 umol/L; one signed for February goes first."""
    for moment in (JANUARY, FEBRUARY, FEBRUARY):
        lab(2.0, collected_at=moment)
    lab(2.0, unit="mg/dL", value_std=176.8)
    lab(2.0, analyte="crp", unit="umol/L")
    lab(2.0, collected_at=None)
    db = laid(
        unit("umol/L", "mg/dL"),
        unit("umol/L", "umol/L", month="2020-02-09"),
        unit("umol/L", "mg/dL", hospital="J"),
        unit("mmol/L", "mg/dL"),
    )
    assert meant(db) == pytest.approx([176.8, 2.0, 2.0, 176.8, 2.0, 176.8])
    # those of February are rows of the first entry, which it does not change
    assert found(db) == [("unit", 1, 4, 2), ("unit", 2, 2, 0), ("unit", 4, 0, 0)]


def test_a_unit_is_found_in_any_spelling_and_first_to_the_letter(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    lab(2.0, unit="MG/DL", value_std=176.8)
    lab(2.0, unit="mg/dL", value_std=176.8)
    lab(2.0, unit=None)
    db = laid(unit("mg/dl ", "umol/L"), unit("mg/dL", "mmol/L"))
    assert meant(db) == pytest.approx([2000.0, 2000.0, 2.0])
    assert found(db) == [("unit", 1, 0, 0), ("unit", 2, 2, 2)]


def test_a_unit_that_no_list_knows_is_refused(laid: Callable[..., Database]) -> None:
    with pytest.raises(UsageError, match="unit 'furlong' is not known for creatinine"):
        laid(unit("furlong", "umol/L"))
    with pytest.raises(UsageError, match="unit 'furlong' is not known for creatinine"):
        laid(unit("umol/L", "furlong"))


def test_a_unit_with_a_shift_is_taken_back_and_given_anew(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    """98.6 F are 37 C, whichever of them is written."""
    lab(98.6, analyte="temperature", unit="C", value_std=98.6)
    lab(37.0, analyte="temperature", unit="F", value_std=(37 - 32) / 1.8)
    db = laid(unit("C", "F", analyte="temperature"), unit("F", "C", analyte="temperature"))
    assert meant(db) == pytest.approx([37.0, 37.0])
    assert found(db) == [("unit", 1, 1, 1), ("unit", 2, 1, 1)]


def test_a_code_means_an_analyte_and_one_that_a_list_knows_stays(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    unknown = {"analyte": None, "value_std": None}
    lab(2.0, "mg/dL", lab_code="K-1", **unknown)
    lab(80.0, "umol/L", lab_code="k 1", vocabulary="LOCAL", **unknown)
    lab(3.0, "furlong", lab_code="K-1", **unknown)
    lab(3.0, "umol/L", lab_code="K-2", **unknown)
    lab(4.0, "mg/dL", lab_code="K-1", vocabulary="LOINC", **unknown)
    lab(5.0, "umol/L", lab_code="K3", value_std=5.0)
    db = laid(code("K-1", "creatinine"), code("k3", "crp"), code("K-9", "crp"))
    assert meant(db) == [pytest.approx(176.8), 80.0, None, None, None, 5.0]
    names = [row[0] for row in db.rows("SELECT analyte FROM resolved.lab ORDER BY resulted_at")]
    assert names == ["creatinine", "creatinine", "creatinine", None, None, "creatinine"]
    assert found(db) == [("code", 1, 3, 3), ("code", 2, 1, 0), ("code", 3, 0, 0)]
    limits = db.rows("SELECT DISTINCT hard_lo FROM resolved.lab WHERE analyte IS NOT NULL")
    assert limits == [(5.0,)]


def test_of_two_spellings_of_a_code_that_to_the_letter_holds(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    for name in ("K-1", "k_1", "K 1"):
        lab(2.0, "mg/L", lab_code=name, analyte=None, value_std=None)
    db = laid(code("K-1", "creatinine"), code("k_1", "crp"))
    assert [row[0] for row in db.rows("SELECT analyte FROM resolved.lab ORDER BY resulted_at")] == [
        *("creatinine", "crp", "creatinine")
    ]
    assert found(db) == [("code", 1, 2, 2), ("code", 2, 1, 1)]


def test_a_signed_code_in_a_signed_unit(
    laid: Callable[..., Database], lab: Callable[..., None]
) -> None:
    lab(2.0, "umol/L", lab_code="K1", analyte=None, value_std=None)
    db = laid(code("K1", "creatinine"), unit("umol/L", "mg/dL"))
    assert meant(db) == pytest.approx([176.8])
    assert found(db) == [("code", 1, 1, 1), ("unit", 1, 1, 1)]


def product(name: str, **more: Any) -> str:
    return entry("product", drug_code=name, codelist="ivig", **more)


def test_a_product_by_its_code_and_by_its_name(
    hospital: Any, laid: Callable[..., Database]
) -> None:
    hospital.drugs += [(4, "local", "X", "Globulin", "iv"), (5, "local", "X", "Saline", "iv")]
    hospital.classes += [(4, "ivig", "quarantine", None, None, None)]
    hospital.classes += [(4, "antiviral", "include", None, None, None)]
    db = laid(
        product("X", verdict="exclude"),
        product("X", drug_name="Globulin", verdict="include", strength_g=2.5),
        product("X", hospital="J", drug_name="nowhere", verdict="include"),
    )
    columns = "drug, codelist, verdict, strength_g"
    assert db.rows(f"SELECT {columns} FROM ref.drug_class WHERE drug > 3 ORDER BY ALL") == [
        (4, "antiviral", "include", None),
        (4, "ivig", "include", 2.5),
        (5, "ivig", "exclude", None),
    ]
    assert found(db) == [("product", 1, 2, 2), ("product", 2, 1, 1)]


def test_a_product_that_is_not_there_is_refused(laid: Callable[..., Database]) -> None:
    with pytest.raises(UsageError, match="hospital H has none with this code and name"):
        laid(product("J06BA02", drug_name="another", verdict="include"))


def test_applying_twice_changes_nothing(
    laid: Callable[..., Database], lab: Callable[..., None], plan: Study, tmp_path: Path
) -> None:
    lab(2.0)
    db = laid(unit("umol/L", "mg/dL"))
    mapping.apply(db, tmp_path / "signed.toml", ["H"], plan.lists)
    assert meant(db) == pytest.approx([176.8])


def test_what_the_entries_found_in_shares_is_put_together(
    laid: Callable[..., Database], lab: Callable[..., None], tmp_path: Path
) -> None:
    shares = [tmp_path / name for name in ("one", "two", "none")]
    for folder in shares:
        folder.mkdir()
    lab(2.0)
    lab(3.0)
    db = laid(unit("umol/L", "mg/dL"), code("K9", "crp"))
    for folder in shares[:2]:
        mapping.write_found(db, folder)
    mapping.merge_found(shares, tmp_path)
    sums = pl.read_parquet(tmp_path / f"{mapping.FOUND}.parquet").rows()
    assert sums == [("H", "code", 1, 0, 0), ("H", "unit", 1, 4, 4)]
    mapping.merge_found([shares[2]], shares[2])
    assert list(shares[2].iterdir()) == []
    with Database(threads=1) as empty:
        mapping.write_found(empty, shares[2])
    assert list(shares[2].iterdir()) == []


def test_entries_are_listed_with_who_signed_and_without_what_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "signed.toml"
    path.write_text(product("X", verdict="include") + unit("a", "b", month="2020-02-01"))
    signed = {"signed_by": "A. Steward", "signed_on": "2020-07-02"}
    signed |= {"reason": "The laboratory said so.", "hospital_id": "H"}
    assert mapping.listing(load(path)) == [
        {"mapping": "unit", **signed, "analyte": "creatinine", "written": "a", "means": "b"}
        | {"month": "2020-02-01"},
        {
            "mapping": "product",
            **signed,
            "drug_code": "X",
            "codelist": "ivig",
            "verdict": "include",
        },
    ]
