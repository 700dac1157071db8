"""How names, codes and vocabularies are compared: each has one plain spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NDC_DIGITS = (5, 4, 2)
_DECIMAL_COMMA = re.compile(r"(?<=^[A-Z0-9][0-9][0-9A-Z]),(?=[0-9])")
_JOINT = re.compile(r"[\s_\-\u2010-\u2015.]+")


def plain_name(text: str | None) -> str:
    """A name for comparison: NFKC, casefold, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def plain_word(text: str) -> str:
    """A category for comparison: no case, no accents, one blank for blanks, hyphens and dots."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _JOINT.sub(" ", bare).strip()


def plain_code(vocabulary: str, code: str | None) -> str:
    """A code for comparison: local names as snake_case, ICD codes in upper case without dots
    or a comma for one, NDC in eleven digits."""
    text = unicodedata.normalize("NFKC", code or "").strip()
    if vocabulary in ("LOCAL", "CLIF"):
        return re.sub(r"[\s\-]+", "_", text.casefold())
    if vocabulary.startswith("ICD"):
        return _DECIMAL_COMMA.sub("", text.upper().replace(".", "").replace(" ", ""))
    if vocabulary == "NDC":
        return _ndc(text)
    return text.upper()


def _ndc(text: str) -> str:
    """A National Drug Code as its eleven digits: labeller (5), product (4), package (2)."""
    parts = re.split(r"[-\s]+", text.upper())
    if len(parts) == 1 or len(parts) > len(_NDC_DIGITS):
        return "".join(parts)
    return "".join(part.zfill(n) for part, n in zip(parts, _NDC_DIGITS, strict=False))


@lru_cache(maxsize=1024)  # few names, asked for every code
def plain_vocabulary(vocabulary: str | None) -> str:
    """The name of a vocabulary for comparison: "ICD-10-CM" is "ICD10CM"."""
    return re.sub(r"[\s\-_]", "", vocabulary or "").upper()
