"""Code lists: which analyte, drug class or condition a code of the source means.

Everything here works on the distinct codes, names and units of a hospital, a few thousand at most;
the rows are joined to the answers in SQL. What is in no list stays unresolved, and nothing is
guessed from a value.
"""

from ehrivig.codes.conditions import condition_names, conditions
from ehrivig.codes.labs import Code, Descendants, analytes, lab_map, unit_table, vital_map
from ehrivig.codes.lists import list_frame, listed_codes, read_list
from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary

__all__ = [
    "Code",
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
