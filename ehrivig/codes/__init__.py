"""Code lists: which analyte, drug class or condition a code of the source means.

Everything here works on the distinct codes, names and units of a hospital, a few thousand at most;
the rows are joined to the answers in SQL. What is in no list stays unresolved, and nothing is
guessed from a value.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ehrivig.codes.lists import SHIPPED, CodeLists, analytes, condition_names, read_list
from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary

if TYPE_CHECKING:
    from ehrivig.codes.diagnoses import conditions as conditions
    from ehrivig.codes.frames import list_frame as list_frame
    from ehrivig.codes.frames import listed_codes as listed_codes
    from ehrivig.codes.labs import Code as Code
    from ehrivig.codes.labs import Descendants as Descendants
    from ehrivig.codes.labs import lab_map as lab_map
    from ehrivig.codes.labs import unit_table as unit_table
    from ehrivig.codes.labs import vital_map as vital_map

_MODULES = {
    "Code": "labs",
    "Descendants": "labs",
    "conditions": "diagnoses",
    "lab_map": "labs",
    "list_frame": "frames",
    "listed_codes": "frames",
    "unit_table": "labs",
    "vital_map": "labs",
}

__all__ = [
    "SHIPPED",
    "Code",
    "CodeLists",
    "Descendants",
    "analytes",
    "condition_names",
    "conditions",
    "lab_map",
    "list_frame",
    "listed_codes",
    "plain_code",
    "plain_name",
    "plain_vocabulary",
    "read_list",
    "unit_table",
    "vital_map",
]


def __getattr__(name: str) -> Any:
    """What needs frames is imported when it is first used: a study needs only the names."""
    if name in _MODULES:
        return getattr(import_module(f"ehrivig.codes.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'ehrivig.codes' has no attribute {name!r}")
