"""Drug code lists: whether a product is the drug that a list means.

Works on the distinct combinations of code, name and route. Of the lines of a list that apply to a
product: exclude wins; then include by code; then the longest matching name, and of equally long
ones quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from ehrivig.codes.lists import CodeLists
from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary
from ehrivig.errors import UsageError

if TYPE_CHECKING:
    from ehrivig.codes.labs import Code, Descendants

Verdict = Literal["include", "exclude", "quarantine"]
VERDICTS = ("include", "exclude", "quarantine")
WATCH = "watch"
"""The verdict of lines that are no verdict, but hints (`ehrivig.codes.hints`)."""
_MATCHES = ("exact", "single", "prefix", "contains", "within")
_IN_NAMES = ("contains", "within")
_WORD = re.compile(r"[a-z0-9]+")
Ancestors = Mapping["Code", Iterable[str]]
UNSTATED = "unknown"
"""The route of a product whose source states none."""


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
        known = row["verdict"] in VERDICTS and row["match"] in _MATCHES
        if not known or (row["match"] in _IN_NAMES and row["vocabulary"] != "name"):
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
    def includes(self) -> bool:
        """Whether what it applies to is of the list."""
        return self.verdict == "include"

    @property
    def by_name(self) -> bool:
        """Whether the rule looks at the name."""
        return self.vocabulary == "NAME"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a name must hold, of a rule that looks for a name inside another."""
        return re.compile(_word(self.value) if self.match == "contains" else re.escape(self.value))

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


def word_pattern(row: dict[str, str]) -> str:
    """The pattern of a line that looks for a name inside another."""
    value = plain_name(row["value"])
    return _word(value) if row["match"] == "contains" else re.escape(value)


def _word(value: str) -> str:
    """A pattern for a name inside another; Latin words must not be part of a longer one."""
    start = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", value) else ""
    stop = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", value) else ""
    return f"{start}{re.escape(value)}{stop}"


class DrugList:
    """One list of rules, found by the code, the words and the beginning of a product's name."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self.name = name
        self.rules = tuple(rules)
        self._index: dict[tuple[str, ...], list[int]] = {}
        for number, rule in enumerate(self.rules):
            self._index.setdefault(self._place(rule), []).append(number)
        self._lengths = sorted({len(r.value) for r in self.rules if r.match == "prefix"})

    @staticmethod
    def _place(rule: Rule) -> tuple[str, ...]:
        """Where a rule is looked for: a name inside another by its first word."""
        if rule.match in _IN_NAMES:
            first = _WORD.match(rule.value) if rule.match == "contains" else None
            return "contains", first.group() if first else ""
        return ("prefix" if rule.match == "prefix" else "whole"), rule.vocabulary, rule.value

    def applying(self, product: Product, above: Ancestors) -> list[Rule]:
        """The rules that apply to a product, in the order of the list."""
        found = {number for place in self._places(product, above) for number in self._at(place)}
        rules = [self.rules[number] for number in sorted(found)]
        return [rule for rule in rules if self._applies(rule, product)]

    def _at(self, place: tuple[str, ...]) -> list[int]:
        return self._index.get(place, [])

    def _places(self, product: Product, above: Ancestors) -> Iterator[tuple[str, ...]]:
        """Everywhere that rules for a product may stand."""
        texts = [("NAME", name) for name in product.names]
        texts += [(product.vocabulary, product.code)] if product.vocabulary != "NAME" else []
        for vocabulary, text in texts:
            yield "whole", vocabulary, text
            for length in self._lengths:
                if length <= len(text):
                    yield "prefix", vocabulary, text[:length]
        for code in above.get((product.vocabulary, product.code), ()):
            yield "whole", product.vocabulary, code
        yield "contains", ""
        for name in product.names:
            yield from (("contains", word) for word in _WORD.findall(name))

    def _applies(self, rule: Rule, product: Product) -> bool:
        """Whether a rule that may apply does: by route, by whole words, by itself alone."""
        if rule.routes and product.route not in rule.routes:
            return False
        if rule.match in _IN_NAMES:
            return any(rule.pattern.search(name) for name in product.names)
        return rule.match != "single" or product.code == rule.value


@lru_cache(maxsize=4)
def drug_lists(lists: CodeLists) -> dict[str, DrugList]:
    """Every drug list by name."""
    return {
        name: DrugList(
            name,
            [Rule.read(row, name) for row in lists.drug_rows(name) if row["verdict"] != WATCH],
        )
        for name in lists.drug_names
    }


def ancestors(descendants: Descendants) -> Ancestors:
    """(vocabulary, code) -> the codes above it, of what is below which code of a list."""
    found: dict[Code, list[str]] = {}
    for (vocabulary, code), below in descendants.items():
        for one in below:
            found.setdefault((vocabulary, plain_code(vocabulary, one)), []).append(code)
    return found


def verdict(rules: list[Rule]) -> Verdict | None:
    """What the applying rules of one list say of a product; None when none applies."""
    if any(rule.verdict == "exclude" for rule in rules):
        return "exclude"
    if any(rule.verdict == "include" and not rule.by_name for rule in rules):
        return "include"
    best = max(rules, key=lambda r: (len(r.value), r.verdict == "quarantine"), default=None)
    return None if best is None else best.verdict  # type: ignore[return-value]


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
    return Product(plain, plain_code(plain, code), tuple(n for n in names if n), route or UNSTATED)
