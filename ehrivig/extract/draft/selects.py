"""The SELECTs of a draft: a source table, its join, and an expression for each canonical column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ehrivig import contract
from ehrivig.contract import Column, Table
from ehrivig.database import Database
from ehrivig.extract.draft import profile
from ehrivig.extract.draft import words as draft_words
from ehrivig.extract.draft.choice import (
    Chosen,
    fits,
    named,
    nothing,
    plain_choice,
    table_for,
    taken,
)
from ehrivig.extract.draft.keys import Keys, Link, link, of_stays
from ehrivig.extract.draft.names import Signature
from ehrivig.extract.draft.profile import TableProfile
from ehrivig.extract.pieces import quoted

_OWN_KEYS = ("hospital_id", "admission_id")
_CODES = ("diagnosis", "lab", "medication")
_READ = re.compile(r"\b([a-z])\.(\w+)")


@dataclass(frozen=True)
class Select:
    """One SELECT: canonical table, source table, what is joined, which rows, the columns."""

    table: Table
    source: TableProfile
    columns: tuple[Chosen, ...]
    said: str
    join: str = ""
    where: str = ""
    distinct: bool = False

    @property
    def doubts(self) -> list[str]:
        """Each doubt, with the column that it keeps off."""
        return [f"{one.name}: {one.doubt}" for one in self.columns if one.doubt]


def by_names(
    db: Database, dump: dict[str, TableProfile], smallest: int
) -> tuple[list[Select], list[str]]:
    """The SELECTs that names and values tell, and the tables that must be there and are not."""
    required = [table.name for table in contract.TABLES if table.required]
    stays, said = table_for(contract.ADMISSION, dump)
    if stays is None:
        return [], required
    keys = of_stays(stays)
    found = []
    for table in contract.TABLES:
        source, why = (stays, said) if table is contract.ADMISSION else table_for(table, dump)
        if table is contract.PATIENT and source is None:
            source, why = stays, "the table of stays, for none is named as one of people"
        if source is not None:
            found.append(_select(db, keys, table, (source, why), smallest))
    there = {select.table.name for select in found}
    return found, [name for name in required if name not in there]


def _select(
    db: Database, keys: Keys, table: Table, source: tuple[TableProfile, str], smallest: int
) -> Select:
    place, why = source
    if table.name in ("patient", "hospital"):
        own = _first_hospital(place, keys, table)
        linked = Link("", own[0], own[1])
    else:
        linked = link(db, keys, place)
    columns = tuple(_column(db, table, column, place, linked, smallest) for column in table.columns)
    distinct = place.name == keys.stays.name and table.name in ("patient", "hospital")
    return Select(table, place, columns, why, linked.join, distinct=distinct)


def _first_hospital(place: TableProfile, keys: Keys, table: Table) -> tuple[str, str]:
    """The hospital of people: their own column, else that of their stays, else the only one."""
    found = named("*", "hospital_id", place.columns)
    if len(found) == 1:
        return f"t.{quoted(found[0].name)}::VARCHAR", ""
    if keys.hospital is None or keys.person is None or table.name == "hospital":
        return "'H1'", ""
    person = [c for c in place.columns if c.plain == keys.person.plain]
    if not person:
        return "'H1'", ""
    other = quoted(keys.person.name)
    seen = f"SELECT DISTINCT {other}, {quoted(keys.hospital.name)} AS h FROM source."
    join = (
        f"INNER JOIN ({seen}{quoted(keys.stays.name)}) AS s "
        f"ON t.{quoted(person[0].name)} = s.{other}"
    )
    return "s.h::VARCHAR", join


def _column(
    db: Database, table: Table, column: Column, place: TableProfile, linked: Link, smallest: int
) -> Chosen:
    if column.name == "hospital_id":
        one = linked.hospital == "'H1'"
        said = "no column names a hospital: one is assumed" if one else "named so"
        return Chosen(column.name, linked.hospital, said)
    if column.name == "admission_id":
        return Chosen(column.name, linked.stay, linked.said, linked.doubt, linked.source)
    if column.name == "vocabulary":
        return _vocabulary(table, place)
    if (table.name, column.name) in draft_words.CATEGORIES:
        return _category(db, table, column, place, smallest)
    chosen = plain_choice(table, column, place)
    if column.name == "drug_code" and not chosen.filled and not chosen.doubt:
        name = plain_choice(table, _of(table, "drug_name"), place)
        return replace(name, name="drug_code", said=f"the name, for no code is there: {name.said}")
    if column.name in ("unit", "dose_unit") and not chosen.filled and not chosen.doubt:
        return replace(chosen, doubt="no column says the unit: of which unit are the values?")
    return chosen


def _of(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)


def _vocabulary(table: Table, place: TableProfile) -> Chosen:
    """The code system, by the form of the values of the code."""
    code = {"diagnosis": "code", "lab": "lab_code", "medication": "drug_code"}[table.name]
    chosen = plain_choice(table, _of(table, code), place)
    if not chosen.filled and table.name == "medication":
        return Chosen("vocabulary", "'local'", "drugs by name")
    if not chosen.filled:
        return nothing(_of(table, "vocabulary"))
    column = place.column((chosen.source or "").rpartition(".")[2])
    assert column is not None
    system, said = draft_words.vocabulary_of(column)
    return Chosen("vocabulary", f"'{system}'", said)


def _category(
    db: Database, table: Table, column: Column, place: TableProfile, smallest: int
) -> Chosen:
    """A column of words: those that are understood, mapped; off where too many are not."""
    chosen = plain_choice(table, column, place)
    if not chosen.filled:
        return chosen
    name = (chosen.source or "").rpartition(".")[2]
    found = profile.words(db, place.name, name, smallest)
    source = place.column(name)
    assert source is not None
    text, share, doubt = draft_words.mapped(
        table.name, column.name, chosen.expression, found, source.known
    )
    understood = profile.part(round(share * source.known), source.known)
    said = f"{chosen.said}; a word that is understood: {understood}"
    if share < 0.5 and not doubt:
        doubt = f"{name}: a word that is understood: {understood}"
    if doubt:
        return nothing(column, doubt)
    return Chosen(column.name, text, said, source=chosen.source)


def wide_vitals(table: Table, place: TableProfile) -> dict[str, str]:
    """Vital signs that have a column each: sign -> column; none of a table that lists them."""
    if any(fits(_of(table, "vital_code"), c) for c in named("vital", "vital_code", place.columns)):
        return {}
    signs = {c.name: draft_words.sign_of(c.name) for c in place.columns if c.kind == "number"}
    return {sign: name for name, sign in signs.items() if sign}


def by_signature(signature: Signature, dump: dict[str, TableProfile]) -> list[Select]:
    """The SELECTs of a known dump; what its tables or columns lack is null, with the reason."""
    found = []
    for table in contract.TABLES:
        told = signature.selects.get(table.name)
        if told is None or told["from"] not in dump:
            continue
        place, join = dump[told["from"]], told.get("join", "")
        others = dict(re.findall(r"source\.(\w+) AS (\w)", join))
        tables = {"t": place} | {a: dump[n] for n, a in others.items() if n in dump}
        if len(tables) <= len(others):
            join = ""
        columns = [_told(column, told.get(column.name), tables) for column in table.columns]
        if "stay_order" in told:
            columns.append(Chosen("stay_order", told["stay_order"], "as documented"))
        said = f"as the documentation of {signature.name} says; no such dump was at hand"
        where = told.get("where", "")
        if where and _absent(where, tables):
            where = ""
        found.append(Select(table, place, tuple(columns), said, join, where, "distinct" in told))
    return found


def _told(column: Column, text: str | None, tables: dict[str, TableProfile]) -> Chosen:
    """One column as a signature says, where the dump has what it reads."""
    if column.name == "hospital_id":
        return Chosen(column.name, text or "'H1'", "one hospital is assumed" if not text else "")
    if text is None:
        return nothing(column, "the signature does not say" if column.required else "")
    lacking = _absent(text, tables)
    if lacking:
        return nothing(column, f"the dump has no {', '.join(lacking)}")
    read = _READ.findall(text)
    own = f"{tables[read[0][0]].name}.{read[0][1]}" if read else None
    return Chosen(column.name, text, "as documented", source=own)


def _absent(text: str, tables: dict[str, TableProfile]) -> list[str]:
    return [
        f"{alias}.{name}" if alias not in tables else f"{tables[alias].name}.{name}"
        for alias, name in dict.fromkeys(_READ.findall(re.sub(r"'[^']*'", "", text)))
        if alias not in tables or tables[alias].column(name) is None
    ]


def sign_column(place: TableProfile, sign: str, name: str, select: Select) -> Select:
    """The SELECT of one vital sign that has a column of its own."""
    profile_of = place.column(name)
    assert profile_of is not None
    value = taken(_of(select.table, "value"), profile_of, place)
    changed = {"vital_code": Chosen("vital_code", f"'{sign}'", f"the column {name}")}
    changed["value"] = value
    columns = tuple(changed.get(one.name, one) for one in select.columns)
    return replace(select, columns=columns, where=f"t.{quoted(name)} IS NOT NULL")
