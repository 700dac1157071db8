"""Hospitals whose products near the exposure are mostly excluded ones, as at no other hospital.

A code list excludes what is like the exposure and is not: hyperimmune sera, other plasma products.
Where at least three quarters of the others have hardly any of these and a hospital has them in the
place of the exposure, its codes mean something else. Where more have many, they give what the list
leaves out (flushes of heparin, say): that is care.
"""

from __future__ import annotations

from collections.abc import Mapping

CHECK = "medication.product_included"
"""The check of the suite whose counts are held side by side."""
FEWEST = 40
"""Rows of products on which the list has a verdict, that a share needs."""
FEWEST_STAYS = 10
"""Stays of which such rows say what a hospital gives."""
_OTHERS = 2
_MANY, _FEW = 0.4, 0.1
_MOST_LIKE = 0.25
"""The proportion of the other hospitals that may have more than few, and it is still no habit."""


def excluded(counts: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Hospital -> excluded rows that are too many, of those on which the list has a verdict.

    `counts`: hospital -> excluded rows, and all of these. Hospitals with few rows are not there.
    """
    enough = {name: (n, of) for name, (n, of) in counts.items() if of >= FEWEST}
    found = {}
    for name, (n, of) in enough.items():
        others = [m / all_ for other, (m, all_) in enough.items() if other != name]
        like = sum(share > _FEW for share in others)
        rare = len(others) >= _OTHERS and like <= _MOST_LIKE * len(others)
        found[name] = (n if n > _MANY * of and rare else 0), of
    return found
