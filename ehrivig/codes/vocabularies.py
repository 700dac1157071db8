"""Which vocabulary a code is of, where the source does not say, or says "local" of all its codes.

First the vocabularies of the lists in which the code stands: one, and it is that. Then the form of
the code, where only one vocabulary writes codes so. What stays open is counted by the gate. Of a
code that is said to be local, or of a vocabulary that no list has, only a form that cannot be
mistaken tells: a LOINC code by its check digit, an ATC code by its seven places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from ehrivig.codes.check_digits import CHECKED
from ehrivig.codes.diagnoses import condition_rules
from ehrivig.codes.drugs import Product, drug_lists
from ehrivig.codes.labs import analyte_of
from ehrivig.codes.lists import CodeLists
from ehrivig.codes.spelling import plain_code, plain_vocabulary

_FORMS = {
    "diagnosis": {
        "ICD10": r"[A-TV-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?[+*†]?|U0[0-9](?:\.?[0-9])?",
        "ICD9CM": r"[0-9]{3}(?:\.[0-9]{1,2})?|[EV][0-9]{2,3}(?:\.[0-9]{1,2})?",
        "SNOMED": r"[1-9][0-9]{6,17}",
    },
    "lab": {"LOINC": r"[0-9]{1,5}-[0-9]", "local": r".*[A-Za-z\u00c0-\uffff].*"},
    "medication": {
        "ATC": r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}",
        "NDC": r"[0-9]{4,5}-[0-9]{3,4}(?:-[0-9]{1,2})?",
        "HCPCS": r"[A-Z][0-9]{4}",
        "local": r".*[a-z_ \u0100-\uffff].*",
    },
}
"""Table -> vocabulary -> how its codes are written. Sources: WHO ICD-10 and ATC, CMS ICD-9-CM and
HCPCS, SNOMED CT identifiers (here seven digits and more), LOINC, FDA National Drug Code."""
_ASKED = {
    "diagnosis": ("ICD10", "ICD9CM", "SNOMED"),
    "lab": ("LOINC", "local"),
    "medication": ("ATC", "RXNORM", "NDC", "HCPCS", "SNOMED", "local"),
}
_UNMISTAKABLE = {"lab": "LOINC", "medication": "ATC"}
"""Table -> the vocabulary whose codes nobody else would write so."""


@lru_cache(maxsize=100_000)
def vocabulary_behind(lists: CodeLists, table: str, stated: str | None, code: str) -> str | None:
    """The vocabulary of a code: the one that it states, where that can be; None: it stays open."""
    if stated is None:
        return vocabulary_of(lists, table, code)
    meant = _UNMISTAKABLE.get(table)
    if meant is None or plain_vocabulary(stated) in _known(lists, table):
        return stated
    if _LISTED[table](lists, "local", code):
        return "local"  # what no list has is the name of a system
    if not _LISTED[table](lists, meant, code):
        return stated
    formed = re.fullmatch(_FORMS[table][meant], code.strip())
    return meant if formed and CHECKED.get(meant, bool)(code.strip()) else stated


@lru_cache(maxsize=16)
def _known(lists: CodeLists, table: str) -> frozenset[str]:
    """The vocabularies of the lists of a table, but for the local one."""
    if table == "lab":
        found = {vocabulary for vocabulary, _ in analyte_of(lists)}
    else:
        rules = (rule for one in drug_lists(lists).values() for rule in one.rules)
        found = {rule.vocabulary for rule in rules}
    return frozenset(found - {"LOCAL", "NAME"})


@lru_cache(maxsize=100_000)
def vocabulary_of(lists: CodeLists, table: str, code: str) -> str | None:
    """The vocabulary of a code of a table that states none; None where it stays open.

    Open is a code that stands in the lists of several vocabularies, or in none and is written as
    several (or none) would write it.
    """
    listed = [name for name in _ASKED[table] if _LISTED[table](lists, name, code)]
    if len(listed) == 1:
        return listed[0]
    formed = list(_formed(table, code.strip()))
    likely = [name for name in formed if name in listed] if listed else formed
    return likely[0] if len(likely) == 1 else None


def _formed(table: str, code: str) -> Iterator[str]:
    """The vocabularies that write a code in this form."""
    for name, form in _FORMS[table].items():
        if re.fullmatch(form, code):
            yield name


def _condition_listed(lists: CodeLists, vocabulary: str, code: str) -> bool:
    rules, text = condition_rules(lists), plain_code(vocabulary, code)
    whole = any((vocabulary, match, text) in rules for match in ("exact", "single"))
    starts = (text[:length] for length in range(1, len(text) + 1))
    return whole or any((vocabulary, "prefix", start) in rules for start in starts)


def _lab_listed(lists: CodeLists, vocabulary: str, code: str) -> bool:
    plain = vocabulary.upper()
    return (plain, plain_code(plain, code)) in analyte_of(lists)


def _drug_listed(lists: CodeLists, vocabulary: str, code: str) -> bool:
    plain = vocabulary.upper()
    product = Product(plain, plain_code(plain, code), (), "unknown")
    return any(one.applying(product, {}) for one in drug_lists(lists).values())


_LISTED: dict[str, Callable[[CodeLists, str, str], bool]] = {
    "diagnosis": _condition_listed,
    "lab": _lab_listed,
    "medication": _drug_listed,
}
