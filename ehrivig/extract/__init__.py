"""An extract, read through a layout: from files to the canonical tables of one hospital.

`inspect` looks at the files. `open_hospital` makes, in the database of one hospital, the stages
`source` (files as they are), `prepared` (what a layout computes first), `mapped` (canonical columns
and types), `ref` (what the codes mean) and `resolved` (canonical tables with analytes, standard
values and products).
"""

from ehrivig.extract.files import InputFile, Source
from ehrivig.extract.source import (
    find,
    input_files,
    inspect,
    no_moment,
    open_hospital,
    rows,
    unreadable,
)

__all__ = [
    "InputFile",
    "Source",
    "find",
    "input_files",
    "inspect",
    "no_moment",
    "open_hospital",
    "rows",
    "unreadable",
]
