"""Names of hospitals, as folders and columns write them: decoded, and refused where in doubt."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import unquote

from ehrivig.errors import ExtractError
from ehrivig.study import Study
from ehrivig.study.problem import near, shown

HIVE = "hospital_id="
_NO_NAME = ("", "__hive_default_partition__", "null", "none", "nan", "<na>")
"""What writers put where a value was missing."""


def of_folder(folder: str, table: str) -> str:
    """The hospital that a folder hospital_id=... names; ExtractError for one that names none."""
    written = folder.removeprefix(HIVE)
    try:
        name = unquote(written, errors="strict")
    except UnicodeDecodeError as error:
        raise _refused(table, folder, "is no text in UTF-8", "Name it anew.") from error
    if is_missing(name):
        raise _refused(
            table,
            folder,
            "names no hospital: its rows had no hospital_id when they were written",
            "Fill hospital_id and write the table again.",
        )
    if "=" in written:
        raise _refused(table, folder, "holds a second '='", "Write %3D for it.")
    if name != name.strip() or _unseen(name):
        raise _refused(
            table,
            folder,
            "has a blank at its end or beginning, or an invisible character",
            "Name it without.",
        )
    return name


def refuse_invisible(names: Iterable[str]) -> None:
    """ExtractError for a hospital whose name holds what nobody sees, or what a terminal obeys."""
    for name in names:
        if name != name.strip() or _unseen(name):
            raise ExtractError(
                f"extract: the hospital {name!r} has a blank at its end or beginning, or an "
                "invisible character. Name it without, in every table."
            )


def refuse_twins(names: Iterable[str]) -> None:
    """ExtractError for hospitals whose names a reader would take for one."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(_alike(name), name)
        if other != name:
            raise ExtractError(
                f"extract: the hospitals {other!r} and {name!r} differ only in {_how(other, name)}."
                " If they are one, write one name everywhere; else give them names that differ."
            )


def refuse_strangers(names: Collection[str], study: Study) -> None:
    """ExtractError for a hospital that only a setting of the study names: nothing would read it."""
    settings: dict[str, Collection[str]] = {"[quality] hospitals": study.quality.hospitals}
    if study.extract.layout not in _WITHOUT_QUANTITY:
        settings["[extract] drug_quantity"] = study.extract.drug_quantity
    wrong = [
        f"{key} names {shown(name)}{_perhaps(name, names)}"
        for key, named in settings.items()
        for name in sorted(set(named) - set(names))
    ]
    if wrong:
        raise ExtractError(
            f"extract: {'; '.join(wrong)}: no such hospital is there (there are: "
            f"{', '.join(names)}). Mend the name in the study file, or take it out."
        )


_WITHOUT_QUANTITY = ("native", "clif", "eicu", "mimic_iv", "mimic_iii", "synthea_csv")
"""Layouts that do not read drug_quantity, which `study check` tells."""


def _perhaps(name: str, names: Collection[str]) -> str:
    """The hospital that was probably meant, in brackets; nothing where none is like it."""
    found = near(name, names)
    return f" (did you mean {shown(found)}?)" if found else ""


def is_missing(name: str | None) -> bool:
    """Whether a hospital_id is missing, or what writers put in its place."""
    return name is None or name.strip().casefold() in _NO_NAME


def _refused(table: str, folder: str, why: str, cure: str) -> ExtractError:
    return ExtractError(f"{table}: the folder {folder!r} {why}. {cure}")


def _alike(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _how(one: str, other: str) -> str:
    """In what two names differ that look alike, in words."""
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return "how their characters are encoded (Unicode NFC and NFD)"
    if one.casefold() == other.casefold():
        return "capitals"
    return "blanks, width or form of their characters"


def _unseen(name: str) -> bool:
    """Whether a name holds a character that nobody sees: a control, or the end of a line."""
    kinds = (unicodedata.category(one) for one in name)
    return any(kind[0] == "C" or kind in ("Zl", "Zp") for kind in kinds)
