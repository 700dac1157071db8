"""Which table and column of a dump is which of the contract, with the evidence and the doubts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ehrivig.contract import Column, Table
from ehrivig.extract.draft import names as draft_names
from ehrivig.extract.draft.profile import ColumnProfile, TableProfile, part
from ehrivig.extract.pieces import quoted

_PREFIX = re.compile(r"^(tbl|t|dim|fact|f|d|v|vw|clif|stg|src|raw)_")
_FITS = {
    "time": ("moment", "day_first"),
    "date": ("moment", "day_first"),
    "number": ("number", "comma"),
    "key": ("text", "number"),
    "text": ("text", "number", "comma", "moment", "day_first"),
    "flag": ("text", "number"),
}
"""Kind of a canonical column -> what its source may hold."""


@dataclass(frozen=True)
class Chosen:
    """One canonical column of a draft: its SQL, the evidence, and the doubt that keeps it off.

    `source`: the column of the dump, where one was chosen, as table.column.
    """

    name: str
    expression: str
    said: str = ""
    doubt: str = ""
    source: str | None = None

    @property
    def filled(self) -> bool:
        """Whether the draft gives it more than nothing."""
        return self.expression != "NULL"


def nothing(column: Column, doubt: str = "", said: str = "") -> Chosen:
    """A canonical column that stays null."""
    return Chosen(column.name, "NULL", said, doubt)


def bare(name: str) -> str:
    """The plain name of a table without the prefixes of warehouses."""
    return _PREFIX.sub("", name)


def named(table: str, column: str, profiles: Iterable[ColumnProfile]) -> list[ColumnProfile]:
    """The columns whose name is one of a canonical column, those with the best name alone."""
    known = draft_names.columns()
    names = known.get((table, column), ()) or known.get(("*", column), ())
    ranked = [
        (min(name.place for name in names if name.pattern.fullmatch(profile.plain)), profile)
        for profile in profiles
        if any(name.pattern.fullmatch(profile.plain) for name in names)
    ]
    best = min((place for place, _ in ranked), default=0)
    return [profile for place, profile in ranked if place == best]


def fits(column: Column, profile: ColumnProfile) -> bool:
    """Whether what a column holds can be what is asked."""
    return profile.kind in _FITS[column.kind]


def plain_choice(table: Table, column: Column, source: TableProfile) -> Chosen:
    """A canonical column by name and content, as it is; null with the doubt where that is open."""
    found = named(table.name, column.name, source.columns)
    known = [one for one in found if one.kind != "empty"]
    fitting = [one for one in known if fits(column, one)]
    if not found:
        return nothing(column)
    if not known:
        return nothing(column, said=f"{found[0].name} is empty in the rows looked at")
    if not fitting:
        one = known[0]
        why = f"{one.name} is named so and holds {_held(one)}, which is no {column.kind}"
        return nothing(column, why)
    if len(fitting) > 1:
        listed = ", ".join(one.name for one in fitting)
        return nothing(column, f"{listed} are all named so: choose one")
    return taken(column, fitting[0], source)


def taken(column: Column, profile: ColumnProfile, source: TableProfile) -> Chosen:
    """A canonical column from one of the source, cast as its values need."""
    if profile.share("zoned") > 0.5 and column.kind == "time":
        return nothing(column, f"{profile.name} is written with a time zone: of which hospital?")
    if column.kind == "time":
        text = profile.moment()
    elif column.kind == "date":
        text = f"{profile.moment()}::DATE"
    elif column.kind == "number":
        text = profile.number()
    else:
        text = f"t.{quoted(profile.name)}"
    said = f"{profile.name}, {part(profile.known, profile.rows)} known"
    if profile.kind in ("day_first", "comma"):
        said += (
            ", " + {"day_first": "day.month.year", "comma": "with a decimal comma"}[profile.kind]
        )
    if profile.strays and column.kind in ("time", "date", "number"):
        said += f"; {part(profile.strays, profile.known)} of these are none, and null"
    return Chosen(column.name, text, said, source=f"{source.name}.{profile.name}")


def _held(profile: ColumnProfile) -> str:
    words = {"day_first": "days", "comma": "numbers with a comma"}
    return words.get(profile.kind, f"{profile.kind}s" if profile.kind != "text" else "text")


def table_for(table: Table, dump: dict[str, TableProfile]) -> tuple[TableProfile | None, str]:
    """The table of the dump that a canonical one is filled from, with the evidence or the doubt."""
    pattern = draft_names.tables().get(table.name)
    candidates = [t for t in dump.values() if pattern and pattern.fullmatch(bare(t.plain))]
    scored = sorted(((_filled(table, t), t.rows, t.name) for t in candidates), reverse=True)
    scored = [one for one in scored if one[1]]
    if not scored:
        return None, ""
    best = scored[0]
    asked = sum(column.required for column in table.columns)
    said = f"by its name, and {best[0]} of the {asked} columns that must be there by theirs"
    equal = [name for score, _, name in scored[1:] if score == best[0]]
    if equal:
        said += f" (DOUBT: as many in {', '.join(equal)})"
    return dump[best[2]], said


def _filled(table: Table, source: TableProfile) -> int:
    """How many required columns of a canonical table a source has by name and content."""
    return sum(
        any(fits(column, one) for one in named(table.name, column.name, source.columns))
        for column in table.columns
        if column.required
    )
