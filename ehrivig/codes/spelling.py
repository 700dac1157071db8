"""How names, codes and vocabularies are compared: each has one plain spelling."""

from __future__ import annotations

import re
import unicodedata


def plain_name(text: str | None) -> str:
    """A name for comparison: NFKC, casefold, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def plain_code(vocabulary: str, code: str | None) -> str:
    """A code for comparison: local names as snake_case, ICD codes without dots, upper case."""
    text = unicodedata.normalize("NFKC", code or "").strip()
    if vocabulary in ("LOCAL", "CLIF"):
        return re.sub(r"[\s\-]+", "_", text.casefold())
    if vocabulary.startswith("ICD"):
        return text.upper().replace(".", "").replace(" ", "")
    return text.upper()


def plain_vocabulary(vocabulary: str | None) -> str:
    """The name of a vocabulary for comparison: "ICD-10-CM" is "ICD10CM"."""
    return re.sub(r"[\s\-_]", "", vocabulary or "").upper()
