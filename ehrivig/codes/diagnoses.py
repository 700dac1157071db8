"""Which conditions a diagnosis code means."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from ehrivig.codes.labs import Code, Descendants
from ehrivig.codes.lists import CodeLists
from ehrivig.codes.spelling import plain_code, plain_vocabulary

_APPLIES = {"ICD10": ("ICD10", "ICD10CM"), "ICD10WHO": ("ICD10",)}


@lru_cache(maxsize=4)
def condition_rules(lists: CodeLists) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """(vocabulary, match, code) -> conditions."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for row in lists.rows("conditions"):
        listed = plain_vocabulary(row["vocabulary"])
        for vocabulary in _APPLIES.get(listed, (listed,)):
            key = (vocabulary, row["match"], plain_code(vocabulary, row["code"]))
            rules.setdefault(key, []).append(row["condition"])
    return {key: tuple(names) for key, names in rules.items()}


def conditions(
    lists: CodeLists, distinct: pl.DataFrame, descendants: Descendants | None = None
) -> pl.DataFrame:
    """One row per condition of each (vocabulary, code) of `distinct`: vocabulary, code, condition.

    A code may mean several conditions (stroke and cerebrovascular disease); one in no list has no
    row.
    """
    rules = condition_rules(lists)
    inherited: dict[Code, set[str]] = {}
    for (vocabulary, match, code), names in rules.items():
        if match == "exact":
            for below in (descendants or {}).get((vocabulary, code), ()):
                inherited.setdefault((vocabulary, plain_code(vocabulary, below)), set()).update(
                    names
                )
    rows = []
    for vocabulary, code in distinct.select("vocabulary", "code").iter_rows():
        plain = plain_vocabulary(vocabulary)
        text = plain_code(plain, code)
        names_found = set(inherited.get((plain, text), ()))
        for match in ("exact", "single"):
            names_found.update(rules.get((plain, match, text), ()))
        for length in range(1, len(text) + 1):
            names_found.update(rules.get((plain, "prefix", text[:length]), ()))
        rows += [(vocabulary, code, name) for name in sorted(names_found)]
    schema = dict.fromkeys(("vocabulary", "code", "condition"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")
