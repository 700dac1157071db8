"""The units of doses and rates: one reading for the gate, the doses, severity and scores.

A unit is an amount, over a kilogram of body weight where it says so, over a time where it is a
rate: "g", "mg/kg", "ug/kg/min", "mL/h". Works on the distinct units of an extract, never on rows.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_AMOUNTS = {
    "g": ("g", "gm", "gms", "gram", "grams", "gramm", "克"),
    "mg": ("mg", "mgs", "milligram", "milligrams", "毫克"),
    "ug": ("ug", "mcg", "mcgs", "microgram", "micrograms", "微克"),
    "ng": ("ng", "nanogram", "nanograms", "纳克"),
    "mL": ("ml", "mls", "milliliter", "milliliters", "millilitre", "millilitres", "cc", "毫升"),
    "vial": (
        *("vial", "vials", "vial(s)", "bottle", "bottles", "bottle(s)", "amp", "amps", "ampoule"),
        *("ampoules", "ampule", "ampules", "支", "瓶"),
    ),
    "unit": (
        *("unit", "units", "unit(s)", "u", "hcpcsunit", "hcpcsunits", "billingunit"),
        *("billingunits", "单位"),
    ),
    "IU": ("iu", "internationalunit", "internationalunits", "国际单位"),
    "mmol": ("mmol", "毫摩尔"),
    "mEq": ("meq",),
    "L": ("l", "liter", "liters", "litre", "litres", "升"),
    "tablet": ("tablet", "tablets", "tab", "tabs", "片", "粒", "capsule", "capsules", "cap"),
}
_TIMES = {
    "min": ("min", "mins", "minute", "minutes", "分", "分钟"),
    "h": ("h", "hr", "hrs", "hour", "hours", "小时", "时"),
    "day": ("d", "day", "days", "24h", "天", "日"),
}
_WEIGHT = ("kg", "kilogram", "kgbw", "kgbodyweight", "公斤", "千克")
_ONCE = ("dose", "once", "each", "time", "administration", "次", "剂")
"""What a unit may be "per" without being a rate: an administration."""
_AMOUNT = {spelling: unit for unit, spellings in _AMOUNTS.items() for spelling in spellings}
_TIME = {spelling: unit for unit, spellings in _TIMES.items() for spelling in spellings}


@lru_cache(maxsize=4096)
def dose_unit(text: str | None) -> str | None:
    """The unit that a text means, in its one spelling; None when it is not understood.

    Compared after NFKC and casefold, without blanks, a final dot, and what says "per dose": "ＭＧ"
    and "mg/dose" are mg, "mcg/kg/min" is ug/kg/min, "mL per hr" is mL/h.
    """
    plain = unicodedata.normalize("NFKC", text or "").casefold().replace("μ", "u")
    plain = re.sub(r"\bper\b", "/", plain)
    parts = [part.rstrip(".") for part in "".join(plain.split()).split("/")]
    if len(parts) > 1 and parts[-1] in _ONCE:
        parts.pop()
    amount, *per = parts
    shown = [_AMOUNT.get(amount)]
    if per and per[0] in _WEIGHT:
        shown.append("kg")
        per = per[1:]
    if per:
        shown.append(_TIME.get(per[0]) if len(per) == 1 else None)
    return None if None in shown else "/".join(str(part) for part in shown)


def is_rate(unit: str) -> bool:
    """Whether a unit in its one spelling is over a time."""
    return unit.rpartition("/")[2] in _TIMES


def amount_units() -> tuple[str, ...]:
    """Every unit in its one spelling that is no rate."""
    return tuple(f"{unit}{per}" for unit in _AMOUNTS for per in ("", "/kg"))


def rate_units() -> tuple[str, ...]:
    """Every unit in its one spelling that is over a time."""
    return tuple(f"{unit}/{time}" for unit in amount_units() for time in _TIMES)
