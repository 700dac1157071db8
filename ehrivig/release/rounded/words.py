"""Counts of people in sentences, rounded."""

from __future__ import annotations

import re

from ehrivig.disclosure import nearest
from ehrivig.release.copies import OF_PEOPLE

_N = r"(\d[\d,]*)"
_THINGS = (
    r"(?:hospitals?|replicates?|imputations?|trials?|samples?|covariates?|controls?|estimates?)"
)
"""What is counted and is no people."""
_OF = re.compile(rf"\b{_N} of {_N}\b(?![\d.])(?! {_THINGS}\b)(?:([^();]*)\(\d+\.\d+%\))?")
_WHOLE = re.compile(rf"\b(all|few) of {_N}\b(?![\d.])(?! {_THINGS}\b)")
_ALONE = re.compile(rf"(?<![\d.,]){_N}(?= {OF_PEOPLE}\b)")


def of_words(text: str, to: int) -> str:
    """A sentence with its counts of people rounded, and the percentages beside them anew."""

    def told(digits: str) -> int:
        return nearest(int(digits.replace(",", "")), to)

    def of(found: re.Match[str]) -> str:
        part, whole, between = told(found[1]), told(found[2]), found[3]
        said = f"{part:,} of {whole:,}"
        if between is None:
            return said
        return f"{said}{between}({part / whole:.1%})" if whole else said + between.rstrip()

    text = _WHOLE.sub(lambda found: f"{found[1]} of {told(found[2]):,}", _OF.sub(of, text))
    return _ALONE.sub(lambda found: f"{told(found[1]):,}", text)
