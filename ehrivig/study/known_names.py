"""Which names a study may use: those of the shipped lists, and what the study itself adds to them.

`known_names` is the one place that answers this; whatever checks or suggests a name asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ehrivig.study.data import Extract
from ehrivig.study.registries.names import NAME_LISTS, NameList, shipped_units


@dataclass(frozen=True)
class KnownNames:
    """What a study may name beyond the shipped lists.

    `added`: the `name` of an entry of NAME_LISTS -> further names of that list. `added_units`:
    variable -> further units that it may be written in.
    """

    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added_units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, names: NameList | str) -> tuple[str, ...]:
        """Every name of one list (an entry of NAME_LISTS, or its name), sorted."""
        entry = NAME_LISTS[names] if isinstance(names, str) else names
        return tuple(sorted({*entry.names, *self.added.get(entry.name, ())}))

    def units(self, variable: str) -> tuple[str, ...]:
        """Every unit in which a study may ask for an analyte or vital sign, in listed order."""
        return tuple(dict.fromkeys((*shipped_units(variable), *self.added_units.get(variable, ()))))


def known_names(extract: Extract, folder: Path) -> KnownNames:
    """What a study may name, by its [extract].

    `folder` is that of the study file: paths in the study file are relative to it.
    """
    return KnownNames({str(kind): names for kind, names in extract.local_names.items()})
