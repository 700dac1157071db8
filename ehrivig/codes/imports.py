"""A list that others have made: a concept set expression of OMOP (JSON)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ehrivig.codes.cells import Vocabulary
from ehrivig.codes.kinds import DRUGS, ListKind, Row
from ehrivig.errors import UsageError

_OF_OMOP = {"RxNorm": "RXNORM", "ATC": "ATC", "SNOMED": "SNOMED", "LOINC": "LOINC"} | {
    name: name for name in ("ICD10", "ICD10CM", "ICD9CM", "HCPCS", "NDC")
}
"""Vocabularies of OMOP whose codes a list may hold, as a list writes them."""
_MOST_NAMED = 20


@dataclass(frozen=True)
class Concept:
    """One item of a concept set. `domain`: what it is a concept of; empty where nobody says."""

    concept_id: int
    vocabulary: str
    code: str
    name: str
    excluded: bool
    descendants: bool
    mapped: bool
    domain: str = ""


def text_of(path: Path) -> str:
    """The text of a file to be imported; UsageError when it is not UTF-8, or not there."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"codelist new: {path} is a pipe or a device, not a file. Mend the path.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"codelist new: {path.name} is not UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"codelist new: {path}: {error.strerror}. Mend the path.") from error


def concept_set(path: Path) -> list[Concept]:
    """The items of a concept set expression: `items`, or those below `expression`."""
    try:
        content = json.loads(text_of(path))
        if isinstance(content, dict) and "expression" in content:
            content = content["expression"]
            content = json.loads(content) if isinstance(content, str) else content
        items = content["items"] if isinstance(content, dict) else content
        return [_numbered(path, number, item) for number, item in enumerate(items, start=1)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"codelist new: {path.name} is no concept set expression: JSON with items, each with "
            "its concept (CONCEPT_ID). Export it from Atlas as JSON."
        ) from error


def _numbered(path: Path, number: int, item: dict[str, Any]) -> Concept:
    """One item; UsageError names it by its number where a value of it cannot be read."""
    try:
        return _concept(item)
    except ValueError as error:
        raise UsageError(
            f"codelist new: {path.name} is no concept set expression: item {number} has "
            f"{error}. Export it from Atlas as JSON."
        ) from error


def _concept(item: dict[str, Any]) -> Concept:
    """One item, its keys as Atlas writes them or in camel case."""
    concept = {key.casefold().replace("_", ""): value for key, value in item["concept"].items()}
    return Concept(
        _whole(concept["conceptid"]),
        str(concept.get("vocabularyid") or ""),
        str(concept.get("conceptcode") or ""),
        str(concept.get("conceptname") or ""),
        _flag(item.get("isExcluded")),
        _flag(item.get("includeDescendants")),
        _flag(item.get("includeMapped")),
        str(concept.get("domainid") or ""),
    )


def _whole(value: object) -> int:
    """The id of a concept, a whole number; ValueError for anything else: cut it is another's."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        number = int(value)
    if number is None or not math.isfinite(number) or number != int(number):
        raise ValueError(f"CONCEPT_ID = {str(value)[:40]}, which is no whole number")
    return int(number)


def _flag(value: object) -> bool:
    """Yes or no, as JSON or in words; absent is no. ValueError for anything else."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    if str(value).casefold() in ("true", "false", "1", "0"):
        return str(value).casefold() in ("true", "1")
    raise ValueError(f"the flag {str(value)[:40]!r}, which is neither true nor false")


def lines_of(concepts: list[Concept], kind: ListKind, name: str) -> list[Row]:
    """The lines of concepts as they stand; UsageError for what a list cannot say.

    What lies below a concept is found in the source's hierarchy when the list is used (`exact`).
    An excluded concept of a drug is a line of its own; of other kinds it needs the hierarchy now.
    """
    _refuse_other_domains(concepts, kind)
    excluded = [concept for concept in concepts if concept.excluded]
    if excluded and kind.name != DRUGS:
        raise UsageError(
            f"codelist new: the set excludes {len(excluded)} concept(s), which a list of "
            f"{kind.name} cannot say. Give --extract with the tables concept and concept_ancestor: "
            "the set is then written out code by code."
        )
    rows = [row for concept in concepts for row in _rows(concept, kind, name)]
    if not rows:
        raise UsageError(
            f"codelist new: no concept of the set has a code that a list of {kind.name} can hold. "
            "Give a set with vocabulary and code of each concept, or --extract with concept."
        )
    return rows


_FOREIGN = {
    DRUGS: ("Condition", "Measurement", "Visit", "Unit", "Specimen", "Provider"),
    "conditions": ("Drug", "Measurement", "Visit", "Unit", "Specimen", "Provider", "Device"),
    "labs": ("Drug", "Condition", "Visit", "Unit", "Specimen", "Provider", "Device"),
    "vitals": ("Drug", "Condition", "Visit", "Unit", "Specimen", "Provider", "Device"),
}
"""Kind of list -> the domains of OMOP whose concepts no row that it is about can have."""


def _refuse_other_domains(concepts: list[Concept], kind: ListKind) -> None:
    """UsageError for concepts of another domain: no row of the list's table is ever one."""
    wrong = [one for one in concepts if one.domain.capitalize() in _FOREIGN.get(kind.name, ())]
    if not wrong:
        return
    named = ", ".join(f"{one.concept_id} {one.name} ({one.domain})" for one in wrong[:5])
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    raise UsageError(
        f"codelist new: {len(wrong)} concept(s) of the set are of another domain than a list of "
        f"{kind.name}: {named}{more}. No such row could have one of them. Take them out of the "
        "set, or import it as a list of their kind."
    )


def _rows(concept: Concept, kind: ListKind, name: str) -> list[Row]:
    """The lines of one concept: by its OMOP id, and by its code where a list can hold it."""
    check = kind.columns["vocabulary"]
    assert isinstance(check, Vocabulary)
    match = "exact" if concept.descendants else "single"
    verdict = "exclude" if concept.excluded else "include"
    own = _OF_OMOP.get(concept.vocabulary, "")
    codes = [("OMOP", str(concept.concept_id)), (own, concept.code)]
    return [
        line(kind, name, vocabulary, code, match, concept.name, verdict)
        for vocabulary, code in codes
        if vocabulary in check.names and code
    ]


def left_out(concepts: list[Concept], kind: ListKind) -> list[str]:
    """One sentence about the concepts that a list of a kind cannot hold; none without any."""
    gone = [concept for concept in concepts if not _rows(concept, kind, "x")]
    if not gone:
        return []
    named = ", ".join(
        f"{one.concept_id} {one.name} ({one.vocabulary or 'no vocabulary'} {one.code})".strip()
        for one in gone[:_MOST_NAMED]
    )
    more = f" and {len(gone) - _MOST_NAMED} more" if len(gone) > _MOST_NAMED else ""
    return [
        f"left out {len(gone)} concept(s) whose vocabulary a list of {kind.name} cannot hold: "
        f"{named}{more}. Add their codes by hand in a vocabulary that it can"
    ]


def line(
    kind: ListKind,
    name: str,
    vocabulary: str,
    code: str,
    match: str,
    note: str,
    verdict: str = "include",
) -> Row:
    """One line of a list about `name`."""
    clean = " ".join(note.split()).lstrip("=+-@")
    row = {"vocabulary": vocabulary, "note": clean}
    if kind.name == DRUGS:
        return row | {"verdict": verdict, "match": match, "value": code}
    subject = {kind.subject: name}
    extra = {"match": match} if "match" in kind.columns else {}
    extra |= {"factor": "1"} if "factor" in kind.columns else {}
    extra |= {"kind": "finding"} if kind.name == "events" else {}
    return row | subject | extra | {"code": code}
