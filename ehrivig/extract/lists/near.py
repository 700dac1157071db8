"""Codes and names of a source that look like what a list is about, for a reader to look through."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from ehrivig.codes import CodeLists
from ehrivig.codes.kinds import DRUGS, KINDS, Row
from ehrivig.codes.lists import OwnFile
from ehrivig.codes.spelling import plain_code, plain_vocabulary

_NEAR = 0.8  # of difflib, between two words
_SHORTEST = 4  # letters of a word that is compared
_INSIDE = 5  # letters of a word that is looked for inside another
_STEM = {"ATC": 5, "ICD10": 3, "ICD10CM": 3, "ICD9CM": 3}
"""How much of a code two neighbours of one class share."""
_OF_MANY = frozenset(
    (
        *("acetate", "acid", "calcium", "chloride", "citrate", "hydrochloride", "magnesium"),
        *("phosphate", "potassium", "sodium", "succinate", "sulfate", "sulphate", "tartrate"),
        *("ampoule", "bottle", "capsule", "dose", "drops", "drug", "flush", "infusion"),
        *("injection", "inhalation", "intravenous", "normal", "oral", "powder", "solution"),
        *("suspension", "syringe", "tablet", "tablets", "vial", "water", "with", "human"),
        *("acute", "chronic", "disease", "disorder", "injury", "other", "state", "syndrome"),
        *("unspecified", "level", "total", "serum", "plasma", "blood", "test", "standard"),
    )
)
"""Words of so many names that sharing one makes nothing alike."""


@dataclass(frozen=True)
class About:
    """What a list is about: the words of its names, and the beginnings of its codes."""

    words: frozenset[str]
    stems: frozenset[str]

    def is_near(self, parts: list[str | None], kind: str) -> bool:
        """Whether a code (vocabulary, code, of a drug its name) looks like it."""
        vocabulary, code = parts[0], parts[1]
        plain = plain_code(plain_vocabulary(vocabulary), code)
        if any(stem and plain.startswith(stem) for stem in self.stems):
            return True
        named = (code, parts[2] if kind == DRUGS else None)
        theirs = _distinctive(_words(" ".join(text for text in named if text)))
        return any(_alike(one, other) for one in self.words for other in theirs)


def about(lists: CodeLists, file: OwnFile) -> About:
    """What one file of a user's own lists is about."""
    drugs = file.kind == DRUGS
    rows = lists.drug_rows(file.name) if drugs else [one.row for one in file.lines]
    subject = KINDS[file.kind].subject
    words = {word for row in rows for word in _named_by(row)}
    words |= _words(file.name) if drugs else {w for row in rows for w in _words(row[subject])}
    return About(_distinctive(words), frozenset(filter(None, map(_stem, rows))))


def _named_by(row: Row) -> set[str]:
    """The words of a line that is a name, or the code of one place."""
    included = row["vocabulary"] == "name" and row["verdict"] == "include"
    named = included or row["vocabulary"] == "local"
    return _words(row.get("value") or row.get("code") or "") if named else set()


def _stem(row: Row) -> str:
    """The beginning of a line's code that its neighbours share; empty where codes have none."""
    length = _STEM.get(row["vocabulary"], 0)
    code = row.get("value") or row.get("code") or ""
    return plain_code(plain_vocabulary(row["vocabulary"]), code)[:length]


def _words(text: str) -> set[str]:
    plain = "".join(c if c.isalnum() else " " for c in text.casefold().replace("_", " "))
    return {word for word in plain.split() if len(word) >= _SHORTEST or not word.isascii()}


def _distinctive(words: set[str]) -> frozenset[str]:
    """Words without those of many names; all of them where there are no others."""
    return frozenset(words - _OF_MANY or words)


def _alike(one: str, other: str) -> bool:
    """Whether two words may be one, misspelt or with another ending."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if (len(short) >= _INSIDE or not short.isascii()) and short in long:
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR
