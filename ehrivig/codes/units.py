"""Unit strings: how hospitals write a unit, brought to one spelling.

Works on the distinct strings of an extract, never on rows. What is not understood stays unknown: a
unit is never guessed from the size of a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile(r"10\s*([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_MEGA_OR_PETA = re.compile(r"(?:^|[/*.])[MP](?:g|l|L|mol|ol|eq|Eq|kat|U|IU)(?:$|[/*.])")
_FIBRIN = re.compile(r"[\[({]?(feu|ddu)[\])}]?")
_ANNOTATION = re.compile(r"\{[^}]*\}")
_TEN_TO = re.compile(r"^[x×*]?(?:10(?:\*\*|[\^*e])|1e|e)\+?0*(\d+)")
_COUNTED = re.compile(r"^(?:cells?|counts?|copies|个|#)(?=/)")
_THOUSAND = re.compile(r"^(?:k|thousands?|thous|thou|th|千)(?=/)")

_PART = {
    "mm3": "ul",
    "mm^3": "ul",
    "cumm": "ul",
    "cmm": "ul",
    "mcl": "ul",
    "gm": "g",
    "gms": "g",
    "gram": "g",
    "grams": "g",
    "克": "g",
    "毫克": "mg",
    "微克": "ug",
    "iu": "u",
    "[iu]": "u",
    "[u]": "u",
    "unit": "u",
    "units": "u",
    "单位": "u",
    "liter": "l",
    "litre": "l",
    "升": "l",
    "毫升": "ml",
    "微升": "ul",
    "毫摩尔": "mmol",
    "微摩尔": "umol",
    "minute": "min",
    "分": "min",
    "分钟": "min",
}
_RATES = ("breaths/min", "breath/min", "beats/min", "resp/min", "insp/min", "times/min")
_WHOLE = {
    "s": ("sec", "secs", "sec.", "second", "seconds", "秒"),
    "mmhg": ("mm[hg]", "mm(hg)", "torr", "毫米汞柱"),
    "c": ("°c", "degc", "deg.c", "deg_c", "cel", "celsius", "degreesc", "摄氏度"),
    "f": ("°f", "degf", "deg.f", "deg_f", "[degf]", "fahrenheit", "degreesf"),
    "/min": ("min-1", "min^-1", "1/min", "bpm", "rpm", "b/min", "次/min", *_RATES),
    "%": ("percent", "pct", "百分比"),
    "fraction": ("frac", "proportion"),
    "points": ("point", "score", "pts", "{score}", "分值"),
    "lb": ("lbs", "[lb_av]", "pound", "pounds"),
    "in": ("inch", "inches", "[in_i]", '"'),
    "kg": ("kgs", "kilogram", "kilograms", "公斤", "千克"),
    "y": ("a", "yr", "yrs", "year", "years", "岁"),
    "ml": ("cc",),
    "10^9/l": ("gpt/l", "giga/l"),
    "": ("(nounits)", "nounits", "none", "n/a", "ph", "[ph]", "phunits"),
}
_SPELLING = {spelling: unit for unit, spellings in _WHOLE.items() for spelling in spellings}


def unit_key(text: str | None) -> str | None:
    """The one spelling of a unit as written, for comparison; None when its case forbids a reading.

    Blanks, letter case, full-width and superscript characters, `{cells}` annotations, IU for U, mcg
    for ug, K or 10*3 or x10^3 for 10^3 and the like do not matter. "Mg/dL" (mega) and "Pg/mL"
    (peta) are not read as milli and pico; "MG/DL" (all capitals) is. No unit gives "".
    """
    plain = _POWER.sub(lambda m: "10^" + m.group(1).translate(_SUPERSCRIPT), text or "")
    plain = "".join(unicodedata.normalize("NFKC", plain).split())
    if _MEGA_OR_PETA.search(plain):
        return None
    plain = plain.casefold().replace("μ", "u").replace("mcg", "ug")
    if plain in _SPELLING:
        return _SPELLING[plain]
    fibrin = _FIBRIN.search(plain)
    plain = _counts(_ANNOTATION.sub("", _FIBRIN.sub("", plain)))
    plain = "/".join(_PART.get(part, part) for part in plain.split("/"))
    plain = _SPELLING.get(plain, plain)
    return f"{plain} {fibrin.group(1)}" if fibrin else plain


def _counts(plain: str) -> str:
    """Counts per volume with their power of ten as "10^n"; "cells/ul" as "/ul"."""
    plain = _TEN_TO.sub(lambda m: f"10^{m.group(1)}", plain)
    plain = _THOUSAND.sub("10^3", plain)
    plain = _COUNTED.sub("", plain)
    return re.sub(r"^(10\^\d+)(?:cells?)?/", r"\1/", plain)


@dataclass(frozen=True)
class Conversion:
    """standard value = value * factor + shift."""

    factor: float
    shift: float


class UnitTable:
    """The units of each variable (`codelists/units.csv`), found by any usual spelling."""

    def __init__(self, rows: Iterable[tuple[str, str, float, float]]) -> None:
        self._known: dict[tuple[str, str], Conversion] = {}
        for variable, unit, factor, shift in rows:
            self._known[variable, unit_key(unit) or ""] = Conversion(factor, shift)

    def find(self, variable: str, unit: str | None) -> Conversion | None:
        """How to convert `unit` of `variable`; None when that unit is not listed for it."""
        key = unit_key(unit)
        return None if key is None else self._known.get((variable, key))
