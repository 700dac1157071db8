"""Which lists hold others: every code of liver cirrhosis is one of a chronic liver disease.

Whoever is told how many have the one, and how many the other, knows how many have only the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import permutations

from ehrivig.codes.diagnoses import condition_rules
from ehrivig.codes.drugs import Rule, drug_lists
from ehrivig.codes.lists import CodeLists

_HIERARCHIES = ("ICD10", "ICD10CM", "ICD9CM")
"""Of other vocabularies a list names the top, and a hierarchy what is below."""
_KEPT = 8
Code = tuple[str, str, str]
Pairs = frozenset[tuple[str, str]]


@lru_cache(maxsize=_KEPT)
def conditions_held(lists: CodeLists) -> Pairs:
    """(part, whole): conditions of which each code of the one is one of the other, and not back."""
    codes: dict[str, list[Code]] = {}
    for (vocabulary, match, code), names in condition_rules(lists).items():
        for name in names if vocabulary in _HIERARCHIES else ():
            codes.setdefault(name, []).append((vocabulary, match, code))
    return _of(codes)


@lru_cache(maxsize=_KEPT)
def drugs_held(lists: CodeLists) -> Pairs:
    """(part, whole): drug lists of which the one includes by ATC what the other includes."""
    codes = {name: list(_atc(one.rules)) for name, one in drug_lists(lists).items()}
    return _of({name: mine for name, mine in codes.items() if mine})


def _atc(rules: Iterable[Rule]) -> Iterator[Code]:
    for rule in rules:
        if rule.includes and rule.vocabulary == "ATC":
            yield rule.vocabulary, rule.match, rule.value


def _of(codes: Mapping[str, list[Code]]) -> Pairs:
    held = {
        (part, whole)
        for part, whole in permutations(codes, 2)
        if all(_among(code, codes[whole]) for code in codes[part])
    }
    return frozenset(pair for pair in held if pair[::-1] not in held)


def _among(code: Code, whole: list[Code]) -> bool:
    """Whether a code, with what lies below it, is one of a list."""
    vocabulary, match, text = code
    return any(
        vocabulary == other
        and (text.startswith(start) if how == "prefix" else (match, text) == (how, start))
        for other, how, start in whole
    )
