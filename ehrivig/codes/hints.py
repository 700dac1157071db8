"""What a drug list says of a product besides whether it is the drug.

Lines of verdict `watch` name what may be the drug without being listed otherwise: a hospital that
sends such a product is asked about it, never passed over. `billing_unit_g` says how many grams one
unit of a billing code is. Both look at the code as it is written, whatever vocabulary the source
gives it, for it is a doubtful source that they are there for. A product whose stated route denies
what its code or name says (J06BA02, for intravascular use, given under the skin) is one more doubt,
and so is one whose code is of the drugs of some lists, and whose name of those of others.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from ehrivig.codes.drugs import (
    UNSTATED,
    WATCH,
    ancestors,
    drug_lists,
    product,
    verdict,
    word_pattern,
)
from ehrivig.codes.labs import Descendants
from ehrivig.codes.lists import CodeLists
from ehrivig.codes.spelling import plain_name

_SCHEMA = {
    "drug": pl.Int64,
    "codelist": pl.String,
    "watched": pl.Boolean,
    "billing_unit_g": pl.Float64,
    "route_denied": pl.Boolean,
    "name_denied": pl.Boolean,
}
_PRODUCT = ("drug", "vocabulary", "drug_code", "drug_name")


@dataclass(frozen=True)
class Hints:
    """The hints of one list: words and parts of names, beginnings of codes, grams by code."""

    names: re.Pattern[str]
    codes: tuple[str, ...]
    billing_unit_g: dict[str, float]

    def watched(self, name: str, code: str) -> bool:
        """Whether a product may be the drug, by its name or its code."""
        return bool(self.names.search(name)) or code.startswith(self.codes)


_NO_HINTS = Hints(re.compile(r"(?!)"), (), {})


@lru_cache(maxsize=4)
def _hints(lists: CodeLists) -> dict[str, Hints]:
    """The hints of every list that has some."""
    found = {}
    for name in lists.drug_names:
        rows = lists.drug_rows(name)
        watch = [row for row in rows if row["verdict"] == WATCH]
        named = [word_pattern(row) for row in watch if row["vocabulary"] == "name"]
        coded = [row["value"].upper() for row in watch if row["vocabulary"] != "name"]
        billed = {
            row["value"].upper(): float(row["billing_unit_g"])
            for row in rows
            if row.get("billing_unit_g")
        }
        if watch or billed:
            pattern = re.compile("|".join(named) or r"(?!)")
            found[name] = Hints(pattern, tuple(coded), billed)
    return found


def drug_hints(
    lists: CodeLists,
    drugs: pl.DataFrame,
    excluded: Collection[tuple[int, str]] = (),
    descendants: Descendants | None = None,
    included: Collection[tuple[int, str]] = (),
) -> pl.DataFrame:
    """One row per drug and code list that has a hint about it.

    `drugs`: drug (number), drug_code, drug_name (and vocabulary, route of what is excluded);
    `excluded`, `included`: the drug and code list of those that a list excludes, or includes.
    Columns: drug, codelist, watched, billing_unit_g (null: its code is no billing code of the
    list), route_denied, name_denied (name and code are of drugs of different lists).
    """
    denied = _denied(lists, drugs, excluded, descendants or {})
    contrary = _contrary(lists, drugs, included, descendants or {})
    rows = []
    for number, code, name in drugs.select("drug", "drug_code", "drug_name").iter_rows():
        plain, written = plain_name(name), (code or "").strip().upper()
        for codelist in lists.drug_names:
            hints, is_denied = _hints(lists).get(codelist, _NO_HINTS), (number, codelist) in denied
            grams = hints.billing_unit_g.get(written)
            watched = hints.watched(plain, written)
            two = (number, codelist) in contrary
            if watched or grams is not None or is_denied or two:
                rows.append((number, codelist, watched, grams, is_denied, two))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _denied(
    lists: CodeLists,
    drugs: pl.DataFrame,
    excluded: Collection[tuple[int, str]],
    descendants: Descendants,
) -> set[tuple[int, str]]:
    """The drug and code list of products that the list would include, were no route stated."""
    if not excluded:
        return set()
    above, found = ancestors(descendants), set()
    stated = drugs.filter(pl.col("route") != UNSTATED).select(_PRODUCT)
    products = {
        number: product(vocabulary, code, name, UNSTATED)
        for number, vocabulary, code, name in stated.iter_rows()
    }
    for number, codelist in excluded:
        rules = drug_lists(lists)[codelist]
        if number in products and verdict(rules.applying(products[number], above)) == "include":
            found.add((number, codelist))
    return found


def _contrary(
    lists: CodeLists,
    drugs: pl.DataFrame,
    included: Collection[tuple[int, str]],
    descendants: Descendants,
) -> set[tuple[int, str]]:
    """The drug and code lists of products that some lists know by code and none of them by name."""
    of: dict[int, list[str]] = {}
    for number, codelist in included:
        of.setdefault(number, []).append(codelist)
    several = {number: names for number, names in of.items() if len(names) > 1}
    if not several:
        return set()
    above, found = ancestors(descendants), set()
    rows = drugs.filter(pl.col("drug").is_in(list(several))).select(*_PRODUCT, "route").rows()
    for number, *parts in rows:
        item = product(*parts)
        rules = {one: drug_lists(lists)[one].applying(item, above) for one in several[number]}
        by_code = {one for one, of_it in rules.items() if any(not r.by_name for r in of_it)}
        by_name = {one for one, of_it in rules.items() if any(r.by_name for r in of_it)}
        if by_code and by_name and not by_code & by_name:
            found |= {(number, one) for one in by_code | by_name}
    return found
