"""What a cell of a code list may hold: one check for each sort of column.

A check takes the text of a cell that is not empty, and says what is wrong with it as the end of a
sentence; None when nothing is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from ehrivig import contract
from ehrivig.codes.spelling import plain_vocabulary
from ehrivig.codes.units import unit_key

Check = Callable[[str], str | None]

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")
_REWRITTEN = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_MISSPELT = 0.85  # of difflib: "recognized" is 0.9 of "recognised"
ROUTES = ("iv", "sc", "im", "po", "other", "unknown")


def one_of(*words: str) -> Check:
    """One of some words, as they are written."""

    def check(text: str) -> str | None:
        if text in words:
            return None
        small = text.casefold()
        return f"is written {small}" if small in words else f"is none of {', '.join(words)}"

    return check


def slug_beside(*words: str, taken: str) -> Check:
    """One of some words, or a name of one's own: none of them misspelt, and none that is taken."""

    def check(text: str) -> str | None:
        if text in words:
            return None
        near = get_close_matches(text, words, n=1, cutoff=_MISSPELT)
        if near:
            return f"is nearly {near[0]}: write that, or another name"
        return slug_but(taken)(text)

    return check


def slug_but(taken: str) -> Check:
    """A name of one's own; not one that stands for something else, however it is spelled."""

    def check(text: str) -> str | None:
        if get_close_matches(text, [taken], cutoff=_MISSPELT):
            return f"stands for what is in no line ({taken}): write another name"
        return slug(text)

    return check


@dataclass(frozen=True)
class Vocabulary:
    """One of some vocabularies, in any spelling of their names ("ICD-10-CM" is ICD10CM)."""

    names: tuple[str, ...]

    def __call__(self, text: str) -> str | None:
        """What is wrong with the name of a vocabulary."""
        known = {plain_vocabulary(name) for name in self.names}
        return None if plain_vocabulary(text) in known else f"is none of {', '.join(self.names)}"

    def spelled(self, text: str) -> str:
        """The name of the vocabulary as shipped lists write it."""
        plain = plain_vocabulary(text)
        return next((name for name in self.names if plain_vocabulary(name) == plain), text)


def vocabulary(*names: str) -> Vocabulary:
    """One of these vocabularies."""
    return Vocabulary(names)


def anything(text: str) -> str | None:
    """Any text."""
    return None


def slug(text: str) -> str | None:
    """A name that a study file can use."""
    if _SLUG.fullmatch(text):
        return None
    return "is no name: write small letters, digits and _, beginning with a letter"


def as_name(text: str) -> str:
    """A name that a study file can use, nearest to some text."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:60]
    return plain if plain[:1].isalpha() else f"x_{plain}".strip("_")


def code(text: str) -> str | None:
    """A code or name as a source writes it; not a long number that a spreadsheet rewrote."""
    if _REWRITTEN.fullmatch(text):
        return "was rewritten by a spreadsheet: format the column as text and enter the code anew"
    if "\ufffd" in text:
        return "lost characters when it was decoded: enter it anew"
    return None


def country(text: str) -> str | None:
    """A country's two letters (ISO 3166-1 alpha-2)."""
    return None if re.fullmatch(r"[A-Z]{2}", text) else "is no country code of two capital letters"


def routes(text: str) -> str | None:
    """One or several routes, as iv|sc."""
    wrong = [word for word in text.split("|") if word not in ROUTES]
    return f"holds a route that is none of {', '.join(ROUTES)} (several: iv|sc)" if wrong else None


def number(text: str) -> str | None:
    """A finite number with a decimal point."""
    if not re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", text):
        return "is no number (write 0.5, not 0,5)"
    return None if math.isfinite(float(text)) else "is too large"


def column(text: str) -> str | None:
    """A column of text of the contract as table.column, or * for every one."""
    table, _, name = text.partition(".")
    known = contract.BY_NAME[table].columns if table in contract.BY_NAME else ()
    if text == "*" or name in {one.name for one in known if one.kind == "text"}:
        return None
    return "is no column of text (write table.column, as medication.status, or * for every one)"


def positive(text: str) -> str | None:
    """A number above 0."""
    return number(text) or (None if float(text) > 0 else "is not above 0")


def unit(text: str) -> str | None:
    """A unit whose case forbids no reading."""
    if unit_key(text) is not None:
        return None
    return "can be read in two ways (Mg is mega, mg is milli): mend its letter case"
