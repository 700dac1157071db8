"""An extract, read through a layout: from files to the canonical tables of some hospitals.

`inspect` looks at the files. `open_hospitals` makes, in the database of a batch of hospitals, the
stages `source` (files as they are), `prepared` (what a layout computes first), `mapped` (canonical
columns and types), `ref` (what the codes mean) and `resolved` (canonical tables with analytes,
standard values and products).
"""

from ehrivig.extract.damage import no_moment, refused_column, unreadable
from ehrivig.extract.files import InputFile, Source
from ehrivig.extract.source import (
    find,
    input_files,
    inspect,
    kinds_of_files,
    open_hospitals,
    rows,
)
from ehrivig.extract.text_copies import COPIES

__all__ = [
    "COPIES",
    "InputFile",
    "Source",
    "find",
    "input_files",
    "inspect",
    "kinds_of_files",
    "no_moment",
    "open_hospitals",
    "refused_column",
    "rows",
    "unreadable",
]
