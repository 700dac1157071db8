"""What own lists may say and hardly mean: told, not refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from ehrivig.codes.kinds import DRUGS, KINDS, Row
from ehrivig.codes.lists import SHIPPED, CodeLists
from ehrivig.codes.spelling import plain_code, plain_vocabulary
from ehrivig.codes.units import unit_key

_MISSPELT = 0.88  # of difflib: "hypertensoin" is 0.92 of "hypertension"
_HEAVIEST_G = 100
"""No vial, bag or tablet holds more of a drug, in grams."""
_PATTERN = re.compile(r"[\\^$]|\.[*+?]|\[.*\]")


def doubts(lists: CodeLists) -> list[str]:
    """Every doubt about own lists, each with file and line."""
    return [*_names(lists), *_lines(lists)]


def _lines(lists: CodeLists) -> Iterator[str]:
    """Lines that can be read and hardly mean what they say."""
    for file in lists.own:
        told = {DRUGS: _drug, "units": _unit, "conditions": _icd, "indications": _icd}.get(
            file.kind
        )
        for line in file.lines if told else ():
            if told and (said := told(line.row)):
                yield f"{file.path}, line {line.number}: {said}"


def _drug(row: Row) -> str | None:
    if row["vocabulary"] == "name" and _PATTERN.search(row["value"]):
        return (
            f"value {row['value']!r} is compared letter by letter, not as a pattern. Write the "
            "words themselves, one name a line"
        )
    grams = float(row["strength_g"] or 0)
    if grams > _HEAVIEST_G:
        return f"strength_g is in grams: {grams:g} g in one vial or tablet. Were mg meant?"
    return None


def _icd(row: Row) -> str | None:
    """A code of ICD that is one, and is probably another with a zero lost or misread."""
    name, code = plain_vocabulary(row["vocabulary"]), plain_code("ICD", row["code"])
    if name == "ICD9CM" and row["match"] == "prefix" and re.fullmatch(r"\d{1,2}", code):
        first, last = code.ljust(3, "0"), code.ljust(3, "9")
        return (
            f"code {row['code']!r} takes all from {first} to {last}. Was {code.zfill(3)} meant, "
            "whose zeros a spreadsheet dropped?"
        )
    if name.startswith("ICD10") and code[2:3] in ("O", "I", "L"):
        digit = {"O": "0", "I": "1", "L": "1"}[code[2]]
        return f"code {row['code']!r} has the letter {code[2]} where a digit is. Was {digit} meant?"
    return None


def _unit(row: Row) -> str | None:
    """A unit that a shipped line brings to the standard unit by another factor."""
    key = unit_key(row["unit"])
    for shipped in SHIPPED.rows("units"):
        if shipped["variable"] == row["variable"] and unit_key(shipped["unit"]) == key:
            factors = float(shipped["factor"]), float(row["factor"])
            if factors[0] != factors[1]:
                return (
                    f"{row['unit']} of {row['variable']} is multiplied by {factors[1]:g} here and "
                    f"by {factors[0]:g} in the shipped list, which this line takes the place of. "
                    "Is it of another unit?"
                )
    return None


def _names(lists: CodeLists) -> list[str]:
    """Own files without a line, and names in others that are nearly those of shipped lists."""
    said = [
        f"{file.path}: holds no line yet, so it changes nothing. Fill it in, or remove it"
        for file in lists.own
        if not file.lines
    ]
    for kind in ("conditions", "labs"):
        subject = KINDS[kind].subject
        shipped = sorted({row[subject] for row in SHIPPED.rows(kind)})
        for file in (one for one in lists.own if one.kind == kind):
            first = {line.row[subject]: line.number for line in reversed(file.lines)}
            for name, number in sorted(first.items(), key=lambda item: item[1]):
                near = get_close_matches(name, shipped, n=1, cutoff=_MISSPELT)
                if name not in shipped and near:
                    said.append(
                        f"{file.path}, line {number}: {name!r} is a {subject} of its own, beside "
                        f"the shipped {near[0]!r}. Did you mean that? Its lines add nothing to it"
                    )
    return said
