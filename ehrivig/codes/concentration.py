"""The concentration that the name of a product states: "Flebogamma 5%", "80 mg/4 mL"."""

from __future__ import annotations

import re

from ehrivig.codes.spelling import plain_name

_NUMBER = r"(?<![\d.,/])(\d+(?:[.,]\d+)?)"
_PERCENT = re.compile(_NUMBER + r" ?%")
_PER_VOLUME = re.compile(
    _NUMBER + r" ?(g|gm|gram|grams|mg|ug|mcg|μg) ?(?:/|per|in) ?(\d+(?:[.,]\d+)?)? ?(ml|l)\b"
)
_GRAMS = {"mg": 1e-3, "ug": 1e-6, "mcg": 1e-6, "μg": 1e-6}
_LITRES = {"ml": 1e-3, "l": 1.0}
_STRONGEST = 500.0
"""Grams per litre: a larger percentage in a name is a share, such as a purity."""


def stated(name: str | None) -> float | None:
    """Grams per litre that a name states; None for none, and for two that disagree.

    A percentage of a liquid is grams in 100 mL.
    """
    plain = plain_name(name)
    found = {round(_decimal(percent) * 10, 6) for percent in _PERCENT.findall(plain)}
    for amount, unit, volume, of in _PER_VOLUME.findall(plain):
        litres = _decimal(volume or "1") * _LITRES[of]
        if litres > 0:
            found.add(round(_decimal(amount) * _GRAMS.get(unit, 1.0) / litres, 6))
    possible = {value for value in found if 0 < value <= _STRONGEST}
    return possible.pop() if len(possible) == 1 else None


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
