"""Check digits: whether a code can have been given out, or a digit of it was lost on the way.

A spreadsheet keeps 15 digits of a number and writes zeros for the others; the last digit tells.
Sources: SNOMED CT Release File Specifications, 5.6 (Verhoeff 1969); LOINC Users' Guide, appendix C
(the algorithm of Luhn).
"""

from __future__ import annotations

_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(code: str) -> bool:
    """Whether the digits of a SNOMED CT identifier, its check digit last, add up."""
    check = 0
    for place, letter in enumerate(reversed(code)):
        digit = int(letter)
        for _ in range(place % 8):
            digit = _PERMUTED[digit]
        check = _times(check, digit)
    return check == 0


def _times(one: int, other: int) -> int:
    """The product of two digits in the group of the symmetries of a pentagon."""
    if one < 5:
        return (one + other) % 5 + (0 if other < 5 else 5)
    return (one - other) % 5 + (5 if other < 5 else 0)


def luhn(code: str) -> bool:
    """Whether the digits of a LOINC code, its check digit after a hyphen, add up."""
    digits, _, last = code.partition("-")
    doubled = (int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits)))
    return (sum(n - 9 * (n > 9) for n in doubled) + int(last)) % 10 == 0


CHECKED = {"SNOMED": verhoeff, "DMD": verhoeff, "LOINC": luhn}
"""Vocabulary -> whether the check digit of a code of the right form is right."""
