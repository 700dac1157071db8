"""Table `ref.drug_class`: what each drug list says of each product of a source."""

from __future__ import annotations

import polars as pl

from ehrivig.codes.concentration import stated
from ehrivig.codes.drugs import UNSTATED, Product, Rule, ancestors, drug_lists, product, verdict
from ehrivig.codes.labs import Descendants
from ehrivig.codes.lists import CodeLists

_FACTS = {
    "product_type": pl.String,
    "concentration_g_per_l": pl.Float64,
    "strength_g": pl.Float64,
}


def drug_classes(
    lists: CodeLists, drugs: pl.DataFrame, descendants: Descendants | None = None
) -> pl.DataFrame:
    """One row per drug and code list that has a verdict on it.

    `drugs`: drug (number), vocabulary, drug_code, drug_name, route, one row per distinct
    combination. Columns: drug, codelist, verdict, product_type, concentration_g_per_l, strength_g
    (null where no line states them; a concentration also as the name states it, and null where the
    two disagree), route_implied (no route is stated, and a line says that the
    code or name tells it). What a list includes is asked of `ref.included`.
    """
    rows, above = [], ancestors(descendants or {})
    columns = ("drug", "vocabulary", "drug_code", "drug_name", "route")
    for number, vocabulary, code, name, route in drugs.select(columns).iter_rows():
        item = product(vocabulary, code, name, route)
        for codelist in drug_lists(lists).values():
            rules = codelist.applying(item, above)
            found = verdict(rules)
            if found is not None:
                same = [rule for rule in rules if rule.verdict == found]
                kind, _, strength = (_fact(same, fact) for fact in _FACTS)
                facts = kind, _concentration(same, found, name), strength
                rows.append((number, codelist.name, found, *facts, _tells_route(same, item)))
    schema = {"drug": pl.Int64, "codelist": pl.String, "verdict": pl.String, **_FACTS}
    schema = {**schema, "route_implied": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _tells_route(rules: list[Rule], item: Product) -> bool:
    """Whether a line speaks of products without a route by name: what it lists tells the route."""
    return item.route == UNSTATED and any(UNSTATED in rule.routes for rule in rules)


def _concentration(rules: list[Rule], found: str, name: str | None) -> float | None:
    """The concentration that list and name of an included product agree on, or that one states."""
    listed = _fact(rules, "concentration_g_per_l")
    named = stated(name) if found == "include" else None
    if listed is None or named is None:
        return named if listed is None else float(listed)
    return named if abs(named - float(listed)) < 0.01 * named else None


def _fact(rules: list[Rule], column: str) -> str | float | None:
    """A product fact from the rule that counts most among those that state one."""
    stating = [rule for rule in rules if getattr(rule, column) is not None]
    best = max(stating, key=lambda rule: rule.weight, default=None)
    fact: str | float | None = None if best is None else getattr(best, column)
    return fact
