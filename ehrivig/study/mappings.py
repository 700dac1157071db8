"""Mappings that a person signed, as their file has them: what is read, and what is wrong in it.

    [[unit]]
    hospital_id = "C"
    analyte = "creatinine"
    written = "umol/L"            # what the rows say
    means = "mg/dL"               # what they are
    month = 2020-02-01            # optional: this month only
    signed_by = "A. Steward"
    signed_on = 2020-07-02
    reason = "Analyser exported mg/dL after its update; confirmed with the laboratory."

`[[product]]` (hospital_id, drug_code, drug_name, codelist, verdict, and optionally product_type,
concentration_g_per_l, strength_g) and `[[code]]` (hospital_id, vocabulary, code, analyte) likewise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ehrivig.codes.cells import Vocabulary
from ehrivig.codes.kinds import KINDS
from ehrivig.errors import StudyError
from ehrivig.study import beside
from ehrivig.study.known_names import KnownNames
from ehrivig.study.problem import meant, shown

_WORDS = Field(min_length=1, max_length=500)
_AMOUNT = Field(default=None, gt=0, allow_inf_nan=False, strict=True)


class _Signed(BaseModel):
    """Who signed, when, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hospital_id: str = _WORDS
    signed_by: str = _WORDS
    signed_on: date
    reason: str = Field(min_length=10, max_length=2000)


class UnitMapping(_Signed):
    """The unit that is written for an analyte is really another one."""

    analyte: str = _WORDS
    written: str = _WORDS
    means: str = _WORDS
    month: date | None = None


class ProductMapping(_Signed):
    """What a product is to a code list."""

    drug_code: str = _WORDS
    drug_name: str | None = None
    codelist: str = _WORDS
    verdict: Literal["include", "exclude"]
    product_type: str | None = None
    concentration_g_per_l: float | None = _AMOUNT
    strength_g: float | None = _AMOUNT


class CodeMapping(_Signed):
    """The analyte of a laboratory code that no code list knows."""

    vocabulary: str = _WORDS
    code: str = _WORDS
    analyte: str = _WORDS


class Mappings(BaseModel):
    """All signed mappings of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: tuple[UnitMapping, ...] = ()
    product: tuple[ProductMapping, ...] = ()
    code: tuple[CodeMapping, ...] = ()


def load(path: Path) -> Mappings:
    """The mappings in a TOML file; StudyError lists what is wrong with them."""
    try:
        found, problems = beside.read(Mappings, path)
    except FileNotFoundError as error:
        raise StudyError(
            f"mappings: no file {path.name}. Mend [extract] mappings in the study file."
        ) from error
    if found is None:
        raise StudyError(f"mappings: {path.name}:\n  " + "\n  ".join(problems))
    return found


def problems_of(path: Path, known: KnownNames, hospitals: Collection[str]) -> Iterator[str]:
    """What is wrong with a file of mappings, each with its place; names of lists are not looked at.

    `hospitals`: those of [extract]; none where the study takes what is there.
    """
    found, problems = beside.read(Mappings, path)
    yield from problems
    if found is not None:
        yield from _of_hospitals(found, hospitals)
        yield from _of_units(found, known)
        yield from _of_codes(found)
        yield from _contradictions(found)


def _of_hospitals(found: Mappings, hospitals: Collection[str]) -> Iterator[str]:
    for kind in ("unit", "product", "code"):
        for number, entry in enumerate(getattr(found, kind), start=1):
            if hospitals and entry.hospital_id not in hospitals:
                yield (
                    f"{kind}.({number}).hospital_id: {shown(entry.hospital_id)} is none of "
                    f"[extract] hospitals. {meant(entry.hospital_id, hospitals)}"
                )


def _of_units(found: Mappings, known: KnownNames) -> Iterator[str]:
    for number, entry in enumerate(found.unit, start=1):
        units = known.units(entry.analyte)
        for key in ("written", "means"):
            unit = getattr(entry, key)
            if units and unit not in units:
                yield (
                    f"unit.({number}).{key}: {shown(unit)} is no unit of {entry.analyte}. "
                    f"{meant(unit, units)} Or add it to units.csv in a folder of lists of your "
                    "own ([extract] codelists)."
                )


def _of_codes(found: Mappings) -> Iterator[str]:
    check = KINDS["labs"].columns["vocabulary"]
    assert isinstance(check, Vocabulary)
    for number, entry in enumerate(found.code, start=1):
        if check(entry.vocabulary):
            yield (
                f"code.({number}).vocabulary: {shown(entry.vocabulary)} is none of the "
                f"vocabularies. {meant(entry.vocabulary, check.names)}"
            )


_SAME = {
    "unit": (("hospital_id", "analyte", "written", "month"), ("means",)),
    "product": (
        ("hospital_id", "drug_code", "drug_name", "codelist"),
        ("verdict", "product_type", "concentration_g_per_l", "strength_g"),
    ),
    "code": (("hospital_id", "vocabulary", "code"), ("analyte",)),
}
"""Kind -> what an entry is about, and what it says of it."""


def _contradictions(found: Mappings) -> Iterator[str]:
    """Entries about the same thing that say different things."""
    for kind, (about, says) in _SAME.items():
        seen: dict[tuple[object, ...], tuple[int, tuple[object, ...]]] = {}
        for number, entry in enumerate(getattr(found, kind), start=1):
            same = tuple(getattr(entry, key) for key in about)
            said = tuple(getattr(entry, key) for key in says)
            first, before = seen.setdefault(same, (number, said))
            if before != said:
                yield f"{kind}.({number}): contradicts {kind}.({first}). Keep one of them."
