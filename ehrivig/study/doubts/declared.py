"""Names and prices that are declared and that nothing of the study asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import near, shown
from ehrivig.study.registries import COVARIATES, OUTCOMES
from ehrivig.study.registries.names import NAME_LISTS

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_CODE = "unused_setting"


def declared_for_nothing(study: Study) -> Iterator[Doubt]:
    """Local names that are shipped, misspelt or asked for by nothing; prices of no such product."""
    yield from _local_names(study)
    yield from _prices(study)


def _local_names(study: Study) -> Iterator[Doubt]:
    used = _names_used(study)
    for kind, names in study.extract.local_names.items():
        entry = NAME_LISTS[kind]
        for number, name in enumerate(names):
            path = ("extract", "local_names", kind, number)
            caption = entry.caption.lower()
            if name in entry.names:
                text = f"{shown(name)} is one of the shipped {caption}: it needs no declaration"
                yield Doubt(path, f"{text}. Remove it", _CODE)
            elif name not in used[kind]:
                text = f"nothing of the study asks for {shown(name)}, one of the {caption}"
                yield Doubt(path, f"{text}. Remove it, or ask for it", _CODE)
            elif found := near(name, entry.names):
                text = f"{shown(name)} is nearly called as the shipped {shown(found)}"
                yield Doubt(path, f"{text}. Is it another?", "nearly_shipped")


def _names_used(study: Study) -> dict[str, set[str]]:
    """List of names -> those that variables and criteria ask for."""
    used: dict[str, set[str]] = defaultdict(set)
    for covariate in study.covariates.variables:
        if (codes := COVARIATES[covariate.source].codes) is not None:
            used[codes.name].add(covariate.code or covariate.name)
    for outcome in study.outcomes.variables:
        if (codes := OUTCOMES[outcome.source].codes) is not None:
            used[codes.name].add(outcome.code or outcome.name)
    for criterion in study.cohort.criteria:
        used["pathogens"] |= {one.pathogen for one in criterion.any_of if one.pathogen}
    return used


def _prices(study: Study) -> Iterator[Doubt]:
    """Prices of products that the list of the exposure does not include."""
    prices = study.utilisation.price_per_g if study.utilisation is not None else None
    rows = study.lists.drug_rows(study.exposure.codelist)
    there = {row["product_type"] for row in rows if row["verdict"] == "include"} - {""}
    for name in prices if isinstance(prices, dict) else ():
        if name not in (there or {"standard"}) | {"standard", "unknown"}:
            yield Doubt(
                ("utilisation", "price_per_g", name),
                f"the code list {study.exposure.codelist} includes no product {shown(name)}, so "
                f"nothing has this price. Name one of {', '.join(sorted(there | {'standard'}))}",
                _CODE,
            )
