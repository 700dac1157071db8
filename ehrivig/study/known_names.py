"""Which names a study may use: those of the shipped lists, and what the study itself adds to them.

`known_names` is the one place that answers this; whatever checks or suggests a name asks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ehrivig.codes import SHIPPED, CodeLists, own
from ehrivig.codes.kinds import DRUGS as DRUG_LISTS
from ehrivig.study.data import Extract
from ehrivig.study.registries.names import (
    ANALYTES,
    CONDITIONS,
    COUNTRY_GROUPS,
    DRUGS,
    FINDINGS,
    NAME_LISTS,
    PATHOGENS,
    PROCEDURES,
    PRODUCT_TYPES,
    VITALS,
    NameList,
    shipped_units,
)


@dataclass(frozen=True)
class KnownNames:
    """What a study may name beyond the shipped lists.

    `added`: the `name` of an entry of NAME_LISTS -> further names of that list. `added_units`:
    variable -> further units that it may be written in. `lists`: the code lists that say so.
    """

    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added_units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: CodeLists = SHIPPED

    def of(self, names: NameList | str) -> tuple[str, ...]:
        """Every name of one list (an entry of NAME_LISTS, or its name), sorted."""
        entry = NAME_LISTS[names] if isinstance(names, str) else names
        return tuple(sorted({*entry.names, *self.added.get(entry.name, ())}))

    def units(self, variable: str) -> tuple[str, ...]:
        """Every unit in which a study may ask for an analyte or vital sign, in listed order."""
        return tuple(dict.fromkeys((*shipped_units(variable), *self.added_units.get(variable, ()))))

    def products(self, codelist: str) -> tuple[str, ...]:
        """The product types that a drug list includes, sorted."""
        rows = self.lists.drug_rows(codelist) if codelist in self.lists.drug_names else ()
        found = {row["product_type"] for row in rows if row["verdict"] == "include"}
        return tuple(sorted(found - {""}))


def known_names(extract: Extract, folder: Path) -> KnownNames:
    """What a study may name, by its [extract].

    `folder` is that of the study file: paths in the study file are relative to it.
    """
    lists = lists_of(extract, folder)
    added = {str(kind): names for kind, names in extract.local_names.items()}
    for kind, names in _own_names(lists):
        added[kind] = (*added.get(kind, ()), *names)
    return KnownNames(added, _own_units(lists), lists)


def lists_of(extract: Extract, folder: Path) -> CodeLists:
    """The code lists of a study: the shipped ones with those of its own laid over them.

    `folder` is that of the study file. StudyError names every problem of the own lists.
    """
    return own.read(folder / extract.codelists) if extract.codelists else SHIPPED


_NAMED_IN = {
    "conditions": (CONDITIONS, "condition"),
    "labs": (ANALYTES, "analyte"),
    "vitals": (VITALS, "vital_code"),
    "countries": (COUNTRY_GROUPS, "group"),
}
_EVENTS = {"finding": FINDINGS, "procedure": PROCEDURES, "pathogen": PATHOGENS}


def _own_names(lists: CodeLists) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The list of names that each own file adds to, and the names."""
    for file in lists.own:
        rows = [line.row for line in file.lines]
        if file.kind == DRUG_LISTS:
            yield DRUGS.name, (file.name,)
            products = {row["product_type"] for row in rows} - {""}
            yield PRODUCT_TYPES.name, tuple(sorted(products))
        elif file.kind in _NAMED_IN:
            names, column = _NAMED_IN[file.kind]
            yield names.name, tuple(dict.fromkeys(row[column] for row in rows))
        elif file.kind == "events":
            for kind, names in _EVENTS.items():
                yield names.name, tuple(row["name"] for row in rows if row["kind"] == kind)


def _own_units(lists: CodeLists) -> dict[str, tuple[str, ...]]:
    """Variable -> the units that own lists add to it."""
    found: dict[str, tuple[str, ...]] = {}
    for row in (line.row for file in lists.own if file.kind == "units" for line in file.lines):
        found[row["variable"]] = (*found.get(row["variable"], ()), row["unit"])
    return found
