"""Which tables of an extract a layout reads, and which look as if it should."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from ehrivig.errors import ExtractError
from ehrivig.extract.file_names import piece_of

_OTHER = (
    "clif_microbiology_culture",
    "clif_patient_diagnosis",
    "admissiondrug",  # eICU
    "apachepredvar",
    "cptevents",  # MIMIC
    "d_labitems",
)
"""Tables of these sources that no layout reads, with names that are near those of others."""
_CURE = "Rename it, or begin its name with _ to leave it out."


def refuse_doubtful(found: Collection[str], known: tuple[str, ...]) -> None:
    """ExtractError for a table that looks like a misspelt name, or a piece, of one that is read."""
    missing = [name for name in known if name not in found]
    for name in (name for name in found if name not in (*known, *_OTHER)):
        near = difflib.get_close_matches(name, missing, n=1, cutoff=0.8)
        if near:
            raise ExtractError(
                f"{name}: not a table of this layout; {near[0]!r} is missing. {_CURE}"
            )
        whole = piece_of(name, known)
        if whole:
            raise ExtractError(
                f"{name}: not a table of this layout, but perhaps a part of {whole}. Put all parts "
                f"of {whole} into a folder {whole}/, or begin its name with _ to leave it out."
            )
