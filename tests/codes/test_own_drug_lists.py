"""Products between lists of one's own: what a route denies, what a name denies, what is watched."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig.codes import SHIPPED, own, unit_table
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.codes.hints import drug_hints
from ehrivig.codes.labs import _conversion

HEAD = "verdict,vocabulary,match,value,route,billing_unit_g\n"
ALPHA = "include,ATC,exact,X01AA01,,\ninclude,name,contains,alphamab,,\n"
ALPHA += "watch,name,contains,alph,,\nwatch,ATC,exact,X09,,\n"
BETA = "include,name,contains,betamab,iv|unknown,\ninclude,ATC,exact,X02AA01,,\n"
BETA += "include,name,contains,beta,,\nexclude,name,contains,betamab,sc,\n"


@pytest.fixture
def lists(tmp_path: Path) -> own.CodeLists:
    folder = tmp_path / "drugs"
    folder.mkdir()
    (folder / "alpha.csv").write_text(HEAD + ALPHA)
    (folder / "beta.csv").write_text(HEAD + BETA)
    return own.read(tmp_path)


def told(lists: own.CodeLists, code: str | None, name: str | None, route: str) -> dict[str, dict]:
    """List -> what is said of one product, of the two lists alone."""
    drugs = pl.DataFrame(
        [(1, "ATC", code, name, route)],
        schema={"drug": pl.Int64}
        | dict.fromkeys(("vocabulary", "drug_code", "drug_name", "route"), pl.String),
        orient="row",
    )
    classes = drug_classes(lists, drugs)
    of = {
        v: classes.filter(verdict=v).select("drug", "codelist").rows()
        for v in ("include", "exclude")
    }
    hints = drug_hints(lists, drugs, of["exclude"], None, of["include"]).to_dicts()
    found = {row["codelist"]: row for row in hints}
    for row in classes.to_dicts():
        found.setdefault(row["codelist"], {}).update(
            verdict=row["verdict"], implied=row["route_implied"]
        )
    return {name: row for name, row in found.items() if name in ("alpha", "beta")}


@pytest.mark.parametrize(
    ("code", "name", "denied"),
    [
        ("X01AA01", "alphamab", set()),
        ("X01AA01", "betamab", {"alpha", "beta"}),
        ("X01AA01", "alphamab with betamab", set()),  # one list knows it by both
        ("X02AA01", "alphamab with betamab", set()),
        (None, "alphamab with betamab", set()),
    ],
)
def test_a_name_of_another_list_than_the_code(
    lists: own.CodeLists, code: str | None, name: str, denied: set[str]
) -> None:
    found = told(lists, code, name, "iv")
    assert {one for one, row in found.items() if row.get("name_denied")} == denied


@pytest.mark.parametrize(
    ("name", "route", "verdict", "denied", "implied"),
    [
        ("betamab", "iv", "include", False, False),
        ("betamab", "unknown", "include", False, True),  # a line speaks of unstated routes
        ("betamab", "sc", "exclude", True, False),  # unstated, it would be the drug
        ("alphamab", "unknown", "include", False, False),
        ("alphamab", "sc", "include", False, False),
    ],
)
def test_routes_that_a_line_names(
    lists: own.CodeLists, name: str, route: str, verdict: str, denied: bool, implied: bool
) -> None:
    row = told(lists, None, name, route)["beta" if name == "betamab" else "alpha"]
    assert (row["verdict"], row["implied"]) == (verdict, implied)
    assert bool(row.get("route_denied")) is denied


@pytest.mark.parametrize(
    ("code", "name", "watched"),
    [(None, "alph 5", True), ("x09", None, True), ("X0", "beta", False), (None, None, False)],
)
def test_what_a_list_watches_for(
    lists: own.CodeLists, code: str | None, name: str | None, watched: bool
) -> None:
    assert bool(told(lists, code, name, "iv").get("alpha", {}).get("watched")) is watched


@pytest.mark.parametrize(
    ("unit", "times"), [("mg/L", 2.0), ("mg/L FEU", 2.0), ("mg/L DDU", 1.0), ("mg/l {ddu}", 1.0)]
)
def test_a_factor_of_a_code_counts_unless_the_unit_says_it_already(unit: str, times: float) -> None:
    units = unit_table(SHIPPED)
    found = units.find("d_dimer", unit)
    assert found is not None
    assert _conversion(units, "d_dimer", unit, 2.0) == (found.factor * times, found.shift * times)
    assert _conversion(units, "d_dimer", unit) == (found.factor, found.shift)
    assert _conversion(units, "d_dimer", "furlong", 2.0) == (None, None)


def test_one_line_that_speaks_of_products_without_a_route_is_enough(lists: own.CodeLists) -> None:
    """Here its name is listed so, and its code for any route."""
    row = told(lists, "X02AA01", "betamab", "unknown")["beta"]
    assert (row["verdict"], row["implied"]) == ("include", True)
    assert told(lists, "X02AA01", None, "unknown")["beta"]["implied"] is False
