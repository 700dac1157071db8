"""What cannot hold together in the lists of a study, once every file of them could be read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from ehrivig.codes.kinds import DRUGS, KINDS, Key, Row
from ehrivig.codes.lists import SHIPPED, CodeLists, Line, OwnFile
from ehrivig.codes.spelling import plain_code, plain_vocabulary
from ehrivig.codes.units import unit_key
from ehrivig.codes.words import EVERY_COLUMN, MISSING, OPEN
from ehrivig.contract import DEVICES

_NDC_LENGTH = 11
_SHORTEST = 3
_IDEOGRAPHS = 0x2E80
_NEAR = 0.7  # of difflib
_LIMITS = ("hard_lo", "soft_lo", "soft_hi", "hard_hi")


def contradictions(lists: CodeLists) -> list[str]:
    """Every contradiction, each with file and line and how to mend it."""
    found = list(_told_twice(lists))
    for file in lists.own:
        for line in file.lines:
            said = _OF_A_LINE.get(file.kind, _nothing)(lists, line.row)
            found += [f"{file.path}, line {line.number}: {said}"] if said else []
    return [*found, *_lists_without_a_drug(lists)]


def _told_twice(lists: CodeLists) -> Iterator[str]:
    """Lines that are the same and say different things; two that agree are one."""
    seen: dict[tuple[str, str, Key], tuple[OwnFile, Line]] = {}
    for file in lists.own:
        key = KINDS[file.kind].key
        for line in file.lines:
            first, other = seen.setdefault((file.kind, file.name, key(line.row)), (file, line))
            columns = _different(line.row, other.row)
            if columns:
                yield (
                    f"{file.path}, line {line.number}: contradicts line {other.number} of "
                    f"{first.path} ({', '.join(columns)}). Keep one of them."
                )


def _different(row: Row, other: Row) -> list[str]:
    """The columns in which two lines that are the same say different things; notes say nothing."""
    spelled = ("note", "code", "value", "vocabulary", "route", "written")
    found = [name for name in row if name not in spelled and not _same(row[name], other[name])]
    return [n for n in found if n != "unit" or unit_key(row[n]) != unit_key(other[n])]


def _same(one: str, other: str) -> bool:
    try:
        return float(one or 0) == float(other or 0)
    except ValueError:
        return one == other


def _nothing(lists: CodeLists, row: Row) -> str | None:
    return None


def _length(text: str) -> int:
    """Letters of a text; an ideograph says as much as two."""
    return sum(2 if ord(letter) >= _IDEOGRAPHS else 1 for letter in text)


def _drug(lists: CodeLists, row: Row) -> str | None:
    """A line of a drug list that no product could ever match."""
    vocabulary, match = row["vocabulary"], row["match"]
    if _empty(_plain_value(row)):
        return f"value {row['value']!r} holds no letter or digit. Mend it."
    if vocabulary != "name" and match in ("contains", "within"):
        return "a code cannot be matched by what it contains. Write exact, single or prefix."
    if match == "within" and _length(_plain_value(row)) < _SHORTEST:
        return f"so few letters are in nearly every name. Write at least {_SHORTEST}."
    if vocabulary == "name" and match == "single":
        return "a name has nothing below it. Write exact, prefix or contains."
    if row["billing_unit_g"] and (vocabulary == "name" or match == "prefix"):
        return "billing_unit_g is of one billing code. Write the code, with match exact."
    if row["verdict"] == "watch" and (vocabulary == "name") != (match in ("contains", "within")):
        return "a watch line is a part of a name (contains, within), or a code (prefix)."
    digits = plain_code("NDC", row["value"])
    if vocabulary == "NDC" and match != "prefix" and len(digits) != _NDC_LENGTH:
        return (
            f"an NDC has {_NDC_LENGTH} digits, or two hyphens that say which are left out. Write "
            "it so (a spreadsheet drops leading zeros: format the column as text)."
        )
    return None


def _plain_value(row: Row) -> str:
    """The value of a line of a drug list, as it is compared."""
    return KINDS[DRUGS].key(row)[2]


def _empty(plain: str) -> bool:
    return not any(letter.isalnum() for letter in plain)


def _condition(lists: CodeLists, row: Row) -> str | None:
    plain = plain_code(plain_vocabulary(row["vocabulary"]), row["code"])
    return f"code {row['code']!r} holds no letter or digit. Mend it." if _empty(plain) else None


def _lab(lists: CodeLists, row: Row) -> str | None:
    analyte = row["analyte"]
    if not _units_of(lists, analyte):
        return (
            f"analyte {analyte!r} has no unit, so no value of it could be read. Add its standard "
            f"unit to units.csv ({analyte},UNIT,1,0)."
        )
    named = plain_code("LOCAL", row["code"])
    if row["vocabulary"] == "local" and named != analyte and named in _analytes(lists):
        return f"{named!r} is itself an analyte, and as a local code means it. Remove the line."
    return None


@lru_cache(maxsize=2)
def _analytes(lists: CodeLists) -> frozenset[str]:
    return frozenset(row["analyte"] for row in lists.rows("labs"))


@lru_cache(maxsize=2)
def _units(lists: CodeLists) -> dict[str, list[str]]:
    """Variable -> its units, the standard one first."""
    found: dict[str, list[str]] = {}
    for row in lists.rows("units"):
        found.setdefault(row["variable"], []).append(row["unit"])
    return found


def _units_of(lists: CodeLists, variable: str) -> list[str]:
    return _units(lists).get(variable, [])


def _vital(lists: CodeLists, row: Row) -> str | None:
    sign = row["vital_code"]
    if not _units_of(lists, sign):
        return f"vital sign {sign!r} has no unit. Add its standard unit to units.csv."
    units = _units_of(lists, sign)
    if row["unit"] and unit_key(row["unit"]) not in map(unit_key, units):
        listed = ", ".join(unit or "no unit" for unit in units)
        return (
            f"unit {row['unit']!r} is none of {sign}, so no value in it could be read (known: "
            f"{listed}). Mend it, or add it to units.csv."
        )
    return _own_name(row, row["vital_code"], "vital_code")


def _event(lists: CodeLists, row: Row) -> str | None:
    if row["kind"] == "device" and row["name"] not in DEVICES:
        return f"no device {row['name']!r} (known: {', '.join(DEVICES)}). Name one of these."
    return _own_name(row, row["name"], "name")


def _own_name(row: Row, name: str, column: str) -> str | None:
    """A local code other than the name: a native extract already writes the name."""
    if plain_vocabulary(row["vocabulary"]) == "LOCAL" and row["code"] != name:
        return (
            f"a local code other than its own {column} is read by no layout. Write the code "
            f"{name!r}, or rename it in the SELECT of your layout."
        )
    return None


def _unit(lists: CodeLists, row: Row) -> str | None:
    """A standard unit that would change, or none."""
    variable, units = row["variable"], _units_of(lists, row["variable"])
    if unread := _no_variable(lists, variable):
        return unread
    standard = next(iter(_units_of(SHIPPED, variable)), None)
    first = units[0] if standard is None else standard
    plain = (float(row["factor"]), float(row["shift"] or 0))
    if unit_key(row["unit"]) == unit_key(first) and plain != (1.0, 0.0):
        return (
            f"{first or 'no unit'!r} is the standard unit of {variable!r}: its factor is 1 and its "
            "shift 0. Mend the line, or put the standard unit first."
        )
    if unit_key(first) not in map(unit_key, units):
        return f"{variable!r} loses its standard unit. Add the line {variable},{first},1,0."
    return None


def _no_variable(lists: CodeLists, variable: str) -> str | None:
    """Why nothing could have a unit of this name; None where something has."""
    known = {row["variable"] for row in SHIPPED.rows("units")} | _analytes(lists)
    known |= {row["vital_code"] for row in lists.rows("vitals")}
    if variable in known:
        return None
    near = get_close_matches(variable, sorted(known), n=1, cutoff=_NEAR)
    cure = f"Did you mean {near[0]!r}?" if near else "Mend the name, or list its codes in labs.csv."
    return f"no analyte and no vital sign is called {variable!r}: nothing reads its unit. {cure}"


def _limit(lists: CodeLists, row: Row) -> str | None:
    standard = next(iter(_units_of(lists, row["variable"])), None)
    if standard is None:
        return f"nothing is called {row['variable']!r} in units.csv. Mend the name."
    if unit_key(standard) != unit_key(row["unit"]):
        return f"limits are in the standard unit, which is {standard!r}. Convert them."
    bounds = [float(row[name]) for name in _LIMITS]
    return None if bounds == sorted(bounds) else f"{' <= '.join(_LIMITS)} does not hold. Mend them."


def _lists_without_a_drug(lists: CodeLists) -> Iterator[str]:
    """Drug lists that include nothing."""
    for name in dict.fromkeys(file.name for file in lists.own if file.kind == DRUGS):
        rows = lists.drug_rows(name)
        included = [row for row in rows if row["verdict"] == "include"]
        excluded = [row for row in rows if row["verdict"] == "exclude" and not row["route"]]
        if included and all(_taken_away(row, excluded) for row in included):
            yield (
                f"drugs/{name}.csv: its lines exclude all that they include, so nobody was given "
                "the drug. Remove the exclude line, or narrow it."
            )
        elif not included:
            yield (
                f"drugs/{name}.csv: no line includes anything, so nobody was given the drug. Add "
                "a line that begins with include."
            )


def _taken_away(row: Row, excluded: list[Row]) -> bool:
    """Whether an exclude line holds for whatever an include line finds: exclude wins."""
    vocabulary, _, value = KINDS[DRUGS].key(row)[:3]
    for other in excluded:
        kind, _, plain = KINDS[DRUGS].key(other)[:3]
        same = kind == vocabulary and plain == value and other["match"] == row["match"]
        above = kind == vocabulary and other["match"] == "prefix" and value.startswith(plain)
        if same or (above and row["match"] in ("exact", "single", "prefix")):
            return True
    return False


def _word(lists: CodeLists, row: Row) -> str | None:
    """A word that its column does not have."""
    shipped = {r["word"] for r in SHIPPED.rows("words") if r["column"] == row["column"]}
    known = {*shipped, MISSING}
    if row["word"] in known or (not shipped and row["column"] != EVERY_COLUMN):
        return None
    if row["column"] in OPEN:
        return None
    return f"{row['word']!r} is no word of {row['column']}. Known: {', '.join(sorted(known))}."


def _indication(lists: CodeLists, row: Row) -> str | None:
    """A line of no age, or with another class or other words than a line of its indication."""
    ages = [row[f"{end}_age_years"] for end in ("min", "max")]
    if all(ages) and float(ages[0]) >= float(ages[1]):
        return f"nobody is {ages[0]} years or older and younger than {ages[1]}. Mend the ages."
    for other in lists.rows("indications"):
        if other["indication"] == row["indication"]:
            for column in ("class", "label"):
                if other[column] != row[column]:
                    return (
                        f"{row['indication']} has the {column} {row[column]!r} here and "
                        f"{other[column]!r} in another line. Write one of them in all lines of it, "
                        "or leave out the shipped ones with #! replace."
                    )
    return None


_OF_A_LINE = {
    DRUGS: _drug,
    "conditions": _condition,
    "labs": _lab,
    "vitals": _vital,
    "events": _event,
    "units": _unit,
    "limits": _limit,
    "words": _word,
    "indications": _indication,
}
