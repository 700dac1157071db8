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

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ehrivig.codes.cells import Vocabulary
from ehrivig.codes.kinds import KINDS as LISTS
from ehrivig.errors import StudyError
from ehrivig.study import beside
from ehrivig.study.known_names import KnownNames
from ehrivig.study.lines import Path as Place
from ehrivig.study.problem import line_of, meant, shown

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


KINDS = ("unit", "product", "code")


class Mappings(BaseModel):
    """All signed mappings of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: tuple[UnitMapping, ...] = ()
    product: tuple[ProductMapping, ...] = ()
    code: tuple[CodeMapping, ...] = ()


@dataclass(frozen=True)
class Numbered:
    """One entry of a file: which of its kind it is, from 1, and on which line it begins."""

    kind: str
    number: int
    line: int
    entry: UnitMapping | ProductMapping | CodeMapping

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"line {self.line}: {self.kind}.({self.number})"

    @property
    def hospital_id(self) -> str:
        """Of which hospital it is."""
        return self.entry.hospital_id

    @property
    def unit(self) -> UnitMapping:
        """The entry, which is of a unit."""
        assert isinstance(self.entry, UnitMapping)
        return self.entry

    @property
    def product(self) -> ProductMapping:
        """The entry, which is of a product."""
        assert isinstance(self.entry, ProductMapping)
        return self.entry

    @property
    def code(self) -> CodeMapping:
        """The entry, which is of a code."""
        assert isinstance(self.entry, CodeMapping)
        return self.entry


def numbered(path: Path) -> list[Numbered]:
    """Every entry of a file with its line; StudyError as of `load`."""
    return _numbered(load(path), beside.places_of(path))


def _numbered(found: Mappings, places: Mapping[Place, int]) -> list[Numbered]:
    return [
        Numbered(kind, number, line_of((kind, number - 1), places) or 0, entry)
        for kind in KINDS
        for number, entry in enumerate(getattr(found, kind), start=1)
    ]


def load(path: Path) -> Mappings:
    """The mappings in a TOML file; StudyError lists what is wrong with them."""
    try:
        found, problems = beside.read(Mappings, path)
    except FileNotFoundError as error:
        raise StudyError(
            f"mappings: no file {path.name}. Mend [extract] mappings in the study file."
        ) from error
    if found is None:
        raise StudyError(f"mappings: {path.name}:\n  {beside.listed(problems)}")
    return found


def problems_of(path: Path, known: KnownNames, hospitals: Collection[str]) -> Iterator[str]:
    """What is wrong with a file of mappings, each with its line; names of lists are not looked at.

    `hospitals`: those of [extract]; none where the study takes what is there.
    """
    found, problems = beside.read(Mappings, path)
    yield from problems
    if found is not None:
        entries = _numbered(found, beside.places_of(path))
        said = [
            *_of_hospitals(entries, hospitals),
            *_of_units(entries, known),
            *_of_codes(entries),
            *_contradictions(entries),
        ]
        yield from (text for _, text in sorted(said, key=lambda one: one[0]))


_Said = Iterator[tuple[int, str]]
"""The line of an entry, and what is wrong with it."""


def _of_hospitals(entries: Iterable[Numbered], hospitals: Collection[str]) -> _Said:
    for one in entries:
        if hospitals and one.hospital_id not in hospitals:
            yield (
                one.line,
                f"{one.place}.hospital_id: {shown(one.hospital_id)} is none of "
                f"[extract] hospitals. {meant(one.hospital_id, hospitals)}",
            )


def _of_units(entries: Iterable[Numbered], known: KnownNames) -> _Said:
    for one in entries:
        if not isinstance(entry := one.entry, UnitMapping):
            continue
        units = known.units(entry.analyte)
        for key in ("written", "means"):
            unit = getattr(entry, key)
            if units and unit not in units:
                yield (
                    one.line,
                    f"{one.place}.{key}: {shown(unit)} is no unit of {entry.analyte}. "
                    f"{meant(unit, units)} Or add it to units.csv in a folder of lists of your "
                    "own ([extract] codelists).",
                )


def _of_codes(entries: Iterable[Numbered]) -> _Said:
    check = LISTS["labs"].columns["vocabulary"]
    assert isinstance(check, Vocabulary)
    for one in entries:
        if isinstance(entry := one.entry, CodeMapping) and check(entry.vocabulary):
            yield (
                one.line,
                f"{one.place}.vocabulary: {shown(entry.vocabulary)} is none of the "
                f"vocabularies. {meant(entry.vocabulary, check.names)}",
            )


_ABOUT = {
    "unit": ("hospital_id", "analyte", "written", "month"),
    "product": ("hospital_id", "drug_code", "drug_name", "codelist"),
    "code": ("hospital_id", "vocabulary", "code"),
}
"""Kind -> what an entry is about; what else is in it but the signature is what it says."""
_SIGNATURE = ("signed_by", "signed_on", "reason")


def _contradictions(entries: Iterable[Numbered]) -> _Said:
    """Entries about the same thing: that say different things, or the same again."""
    seen: dict[tuple[object, ...], Numbered] = {}
    for one in entries:
        key = (one.kind, *(_said(one, name) for name in _ABOUT[one.kind]))
        first = seen.setdefault(key, one)
        if first is not one:
            same = _says(first) == _says(one)
            word = "repeats" if same else "contradicts"
            yield (
                one.line,
                f"{one.place}: {word} {one.kind}.({first.number}) on line {first.line}. "
                f"{'Remove one' if same else 'Keep one'} of them.",
            )


def _said(one: Numbered, name: str) -> object:
    """What an entry says of one thing; of a month any of its days says the same."""
    value = getattr(one.entry, name)
    return value.replace(day=1) if isinstance(value, date) else value


def _says(one: Numbered) -> dict[str, object]:
    return {name: _said(one, name) for name in one.entry.model_dump(exclude=set(_SIGNATURE))}
