"""Which ids of some hospitals are numbers, where delimited text writes them as text.

`123` in a CSV file is the id that a Parquet file holds as a number, and must find it there. It is a
number where all ids of that name are, in every table of the hospitals; with one `00123` or `A7`
among them all are text, and nothing of how they are written is lost.
"""

from __future__ import annotations

from ehrivig.extract.files import Source
from ehrivig.extract.footers import ids_of, settled
from ehrivig.extract.layouts import Layout


def number_ids(source: Source, layout: Layout, hospitals: tuple[str, ...]) -> dict[str, str]:
    """Ids that are numbers though text: name -> BIGINT or UBIGINT; all hospitals if none named.

    Empty where no delimited text is read, and for a layout whose SELECTs alone know the ids.
    """
    if source.dialects is None or not layout.declared:
        return {}
    kinds: dict[str, set[str]] = {}
    for name, files in source.parts.items():
        ids = {c.name for c in layout.declared[name] if c.kind == "key"} - {"hospital_id"}
        for file in source.table_files(name, hospitals) if hospitals else files:
            for column, kind in ids_of(file, source.root, ids):
                kinds.setdefault(column, set()).add(kind)
    found = {name: settled(of_name) for name, of_name in kinds.items()}
    return {
        name: "UBIGINT" if "unsigned" in of_name else "BIGINT"
        for name, of_name in found.items()
        if "text" not in of_name
    }
