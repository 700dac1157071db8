"""What lines of a list find that name what rows already are: signs, events, units.

A layout has read the code of such a row, and the row keeps the name alone: a line is told the rows
of its name, by whichever code.
"""

from __future__ import annotations

from collections.abc import Iterator

from ehrivig.codes import CodeLists, lab_map, unit_table
from ehrivig.codes.kinds import KINDS as LISTS
from ehrivig.codes.kinds import Row
from ehrivig.codes.lists import Line, OwnFile
from ehrivig.codes.units import unit_key
from ehrivig.extract.lists import near as list_near
from ehrivig.extract.lists.counts import NOTHING, Count, Counted, LineCount, ListReport, Remark

KINDS = ("vitals", "events", "units")
_Named = dict[int, tuple[str, str | None]]
"""Number of a distinct code -> its name, and its unit."""
_OF_ADMISSION = ("weight", "height", "age")
"""Variables that are columns of the admission."""


def report(lists: CodeLists, file: OwnFile, counted: Counted) -> ListReport:
    """What the lines of one file of signs, events or units find."""
    of = {line.number: _place(lists, file, line.row) for line in file.lines}
    found: dict[int, Count] = {}
    near: list[Remark] = []
    for place in dict.fromkeys(filter(None, of.values())):
        named = _named(lists, place, counted)
        own = [line for line in file.lines if of[line.number] == place]
        groups = {line.number: _matched(file, line.row, named) for line in own}
        counts = counted.counts(place, groups)
        found |= {line.number: counts.get(line.number, NOTHING) for line in own}
        near += counted.remarks(place, dict(_near(lists, file, own, place, named)))
    told = tuple(
        LineCount(
            line.number,
            _text(file, line.row),
            found.get(line.number, NOTHING) if of[line.number] else None,
        )
        for line in file.lines
    )
    by_name = file.kind != "units"
    return ListReport(file.path, lists.overridden(file), told, (), tuple(near), by_name)


def _place(lists: CodeLists, file: OwnFile, row: Row) -> str:
    """The kind of distinct codes that a line is about; empty where no row has it."""
    if file.kind == "events":
        return row["kind"]
    if file.kind == "vitals":
        return file.kind
    if row["variable"] in _OF_ADMISSION:
        return ""
    signs = {one["vital_code"] for one in lists.rows("vitals")}
    return "vitals" if row["variable"] in signs else "labs"


def _named(lists: CodeLists, place: str, counted: Counted) -> _Named:
    """The name and the unit of each distinct code of a table."""
    distinct = counted.distinct(place)
    if place != "labs":
        units = distinct["unit"] if "unit" in distinct.columns else [None] * distinct.height
        names = distinct.to_series(1).fill_null("")
        return dict(zip(distinct["number"], zip(names, units, strict=True), strict=True))
    codes = ["vocabulary", "lab_code", "unit"]
    meant = lab_map(lists, distinct.select(codes).unique(), counted.below)
    known = distinct.join(meant, on=codes, how="inner", nulls_equal=True)
    return {
        number: (name, unit)
        for number, name, unit in known.select("number", "analyte", "unit").iter_rows()
    }


def _matched(file: OwnFile, row: Row, named: _Named) -> list[int]:
    """The numbers of the codes that a line is about."""
    subject = row[LISTS[file.kind].subject]
    return [
        number
        for number, (name, unit) in named.items()
        if name == subject and (file.kind != "units" or unit_key(unit) == unit_key(row["unit"]))
    ]


def _near(
    lists: CodeLists, file: OwnFile, lines: list[Line], place: str, named: _Named
) -> Iterator[tuple[int, str]]:
    """Of units: what the variables are written in and nothing converts; else names like theirs."""
    if file.kind == "units":
        table, subjects = unit_table(lists), {line.row["variable"] for line in lines}
        for number, (name, unit) in named.items():
            if name in subjects and table.find(name, unit) is None:
                yield number, f"{name} in {unit!r}" if unit else f"{name} without a unit"
        return
    kind = {"kind": place} if file.kind == "events" else {}
    rows = [row for row in lists.rows(file.kind) if all(row[k] == v for k, v in kind.items())]
    known = {row[LISTS[file.kind].subject] for row in rows}
    about = list_near.about(lists, file)
    for number, (name, _) in named.items():
        if name not in known and about.is_near(["local", name], file.kind):
            yield number, name


def _text(file: OwnFile, row: Row) -> str:
    """A line in a few words."""
    if file.kind == "units":
        return f"{row['variable']} in {row['unit'] or 'no unit'}"
    words = [row.get("kind", ""), row[LISTS[file.kind].subject], row["vocabulary"], row["code"]]
    return " ".join(word for word in words if word)
