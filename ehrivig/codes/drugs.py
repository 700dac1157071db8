"""Drug code lists: whether a product is the drug that a list means.

Works on the distinct combinations of code, name and route. Of the lines of a list that apply to a
product: exclude wins; then include by code; then the longest matching name, and of equally long
ones quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from ehrivig import resources
from ehrivig.codes.labs import Descendants
from ehrivig.codes.lists import read_list
from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary
from ehrivig.errors import UsageError

Verdict = Literal["include", "exclude", "quarantine"]
VERDICTS = ("include", "exclude", "quarantine")
_FACTS = {
    "product_type": pl.String,
    "concentration_g_per_l": pl.Float64,
    "strength_g": pl.Float64,
}


@dataclass(frozen=True)
class Rule:
    """One line of a drug list."""

    verdict: str
    vocabulary: str
    match: str
    value: str
    routes: frozenset[str]
    product_type: str | None
    concentration_g_per_l: float | None
    strength_g: float | None

    @classmethod
    def read(cls, row: dict[str, str], where: str) -> Rule:
        """The rule of a CSV row; raises UsageError for a verdict or match that does not exist."""
        if row["verdict"] not in VERDICTS or row["match"] not in ("exact", "prefix", "contains"):
            raise UsageError(f"codelist: {where}: unknown verdict or match. Mend the code list.")
        vocabulary = plain_vocabulary(row["vocabulary"])
        value = row["value"]
        plain = plain_name(value) if vocabulary == "NAME" else plain_code(vocabulary, value)
        return cls(
            row["verdict"],
            vocabulary,
            row["match"],
            plain,
            frozenset(row["route"].split("|")) if row["route"] else frozenset(),
            row["product_type"] or None,
            float(row["concentration_g_per_l"]) if row["concentration_g_per_l"] else None,
            float(row["strength_g"]) if row["strength_g"] else None,
        )

    @property
    def by_name(self) -> bool:
        """Whether the rule looks at the name."""
        return self.vocabulary == "NAME"

    @property
    def weight(self) -> tuple[bool, int]:
        """How much a rule's product facts count: a name before a code, long before short."""
        return self.by_name, len(self.value)


@dataclass(frozen=True)
class Product:
    """One combination as compared: vocabulary, code, names and route."""

    vocabulary: str
    code: str
    names: tuple[str, ...]
    route: str


def _word(value: str) -> str:
    """A pattern for a name inside another; Latin words must not be part of a longer one."""
    start = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", value) else ""
    stop = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", value) else ""
    return f"{start}{re.escape(value)}{stop}"


class DrugList:
    """One list of rules, compiled."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self.name = name
        self.rules = tuple(rules)
        named = [rule for rule in self.rules if rule.by_name and rule.match == "contains"]
        self._patterns = {rule: re.compile(_word(rule.value)) for rule in named}
        self._any_name = re.compile("|".join(_word(r.value) for r in named) or r"(?!)")

    @property
    def included(self) -> tuple[str, ...]:
        """The codes and names that the list includes, as compared."""
        return tuple(rule.value for rule in self.rules if rule.verdict == "include")

    def applying(self, product: Product, descendants: Descendants) -> list[Rule]:
        """The rules that apply to a product."""
        named = any(self._any_name.search(name) for name in product.names)
        return [
            rule
            for rule in self.rules
            if (not rule.routes or product.route in rule.routes)
            and (named or rule not in self._patterns)
            and self._matches(rule, product, descendants)
        ]

    def _matches(self, rule: Rule, product: Product, descendants: Descendants) -> bool:
        if rule.by_name:
            if rule in self._patterns:
                return any(self._patterns[rule].search(name) for name in product.names)
            if rule.match == "prefix":
                return any(name.startswith(rule.value) for name in product.names)
            return rule.value in product.names
        if rule.vocabulary != product.vocabulary:
            return False
        if rule.match == "prefix":
            return product.code.startswith(rule.value)
        if rule.match == "contains":
            return rule.value in product.code
        below = descendants.get((rule.vocabulary, rule.value), ())
        return product.code == rule.value or product.code in below


@cache
def drug_lists() -> dict[str, DrugList]:
    """Every shipped drug list by name."""
    folder = resources.codelists_folder() / "drugs"
    return {
        path.stem: DrugList(path.stem, [Rule.read(row, path.name) for row in read_list(path)])
        for path in sorted(folder.glob("*.csv"))
    }


def verdict(rules: list[Rule]) -> Verdict | None:
    """What the applying rules of one list say of a product; None when none applies."""
    if any(rule.verdict == "exclude" for rule in rules):
        return "exclude"
    if any(rule.verdict == "include" and not rule.by_name for rule in rules):
        return "include"
    best = max(rules, key=lambda r: (len(r.value), r.verdict == "quarantine"), default=None)
    return None if best is None else best.verdict  # type: ignore[return-value]


def _fact(rules: list[Rule], column: str) -> str | float | None:
    """A product fact from the rule that counts most among those that state one."""
    stating = [rule for rule in rules if getattr(rule, column) is not None]
    best = max(stating, key=lambda rule: rule.weight, default=None)
    fact: str | float | None = None if best is None else getattr(best, column)
    return fact


def product(
    vocabulary: str | None, code: str | None, name: str | None, route: str | None
) -> Product:
    """A combination ready for comparison; a local code counts as a name too.

    A name with U+FFFD lost characters when it was decoded: it is not compared at all.
    """
    plain = plain_vocabulary(vocabulary)
    names = [] if "\ufffd" in (name or "") else [plain_name(name)]
    if plain == "LOCAL":
        names.append(plain_name((code or "").replace("_", " ")))
    return Product(plain, plain_code(plain, code), tuple(n for n in names if n), route or "unknown")


def drug_classes(drugs: pl.DataFrame, descendants: Descendants | None = None) -> pl.DataFrame:
    """One row per drug and code list that has a verdict on it.

    `drugs`: drug (number), vocabulary, drug_code, drug_name, route, one row per distinct
    combination. Columns: drug, codelist, verdict, product_type, concentration_g_per_l, strength_g
    (null where no line states them). What a list includes is asked of `ref.included`.
    """
    rows = []
    columns = ("drug", "vocabulary", "drug_code", "drug_name", "route")
    for number, vocabulary, code, name, route in drugs.select(columns).iter_rows():
        item = product(vocabulary, code, name, route)
        for codelist in drug_lists().values():
            rules = codelist.applying(item, descendants or {})
            found = verdict(rules)
            if found is not None:
                same = [rule for rule in rules if rule.verdict == found]
                rows.append((number, codelist.name, found, *(_fact(same, name) for name in _FACTS)))
    schema = {"drug": pl.Int64, "codelist": pl.String, "verdict": pl.String, **_FACTS}
    return pl.DataFrame(rows, schema=schema, orient="row")
