"""The kinds of code lists: the columns of each, what a cell may hold, and which lines are the same.

A list of kind `labs` is the file `labs.csv`, or the files of a folder `labs/`. A drug list is one
file of `drugs/`, and bears its name. Shipped lists and a user's own have the same form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ehrivig.codes import cells
from ehrivig.codes.cells import Check
from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary, plain_word
from ehrivig.codes.units import unit_key

Row = dict[str, str]
Key = tuple[str, ...]

DRUGS = "drugs"
INDICATION_CLASSES = ("recognised", "under_evaluation", "not_documented", "discussed")
"""Of CEDIT, the most favourable first, and what else a review treats; own lists may have others."""
NO_INDICATION = "none_found"
"""The indication, and its class, of whoever has no code of any line."""
CODED = ("exact", "single", "prefix")
"""How a code may match: itself and what lies below it, itself alone, or all that begin with it."""


@dataclass(frozen=True)
class ListKind:
    """One kind of list.

    `columns`: in the order of a file, with the check of their cells; `optional`: those that may be
    empty or lacking; `key`: what makes two lines the same line; `subject`: the column of what a
    line is about (a condition, an analyte), whose lines a file may replace as a whole.
    """

    name: str
    singular: str
    columns: dict[str, Check]
    optional: tuple[str, ...]
    key: Callable[[Row], Key]
    subject: str

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every file has, with a value in every line."""
        return tuple(name for name in self.columns if name not in self.optional)


def _drug_key(row: Row) -> Key:
    vocabulary = plain_vocabulary(row["vocabulary"])
    value = row["value"]
    plain = plain_name(value) if vocabulary == "NAME" else plain_code(vocabulary, value)
    hint = "watch" if row["verdict"] == "watch" else ""  # a hint beside a verdict is another line
    return vocabulary, row["match"], plain, "|".join(sorted(row["route"].split("|"))), hint


def _coded(*before: str) -> Callable[[Row], Key]:
    """The key of a line with vocabulary and code, after some other columns."""

    def key(row: Row) -> Key:
        vocabulary = plain_vocabulary(row["vocabulary"])
        return *(row[name] for name in before), vocabulary, plain_code(vocabulary, row["code"])

    return key


def _columns(*names: str) -> Callable[[Row], Key]:
    return lambda row: tuple(row[name] for name in names)


_DRUG_VOCABULARIES = cells.vocabulary(
    *("ATC", "RXNORM", "OMOP", "NDC", "HCPCS", "SNOMED", "DMD", "PZN", "DIN", "CVX", "GTIN"),
    *("CLIF", "local", "name"),
)
_CONDITION_VOCABULARIES = cells.vocabulary(
    "ICD10", "ICD10WHO", "ICD10CM", "ICD9CM", "SNOMED", "local"
)

_KINDS = (
    ListKind(
        DRUGS,
        "drug",
        {
            "verdict": cells.one_of("include", "exclude", "quarantine", "watch"),
            "vocabulary": _DRUG_VOCABULARIES,
            "match": cells.one_of(*CODED, "contains", "within"),
            "value": cells.code,
            "route": cells.routes,
            "product_type": cells.slug,
            "concentration_g_per_l": cells.positive,
            "strength_g": cells.positive,
            "billing_unit_g": cells.positive,
            "note": cells.anything,
        },
        (
            *("route", "product_type", "concentration_g_per_l", "strength_g", "billing_unit_g"),
            "note",
        ),
        _drug_key,
        "",
    ),
    ListKind(
        "conditions",
        "condition",
        {
            "condition": cells.slug,
            "vocabulary": _CONDITION_VOCABULARIES,
            "match": cells.one_of(*CODED),
            "code": cells.code,
            "note": cells.anything,
        },
        ("note",),
        _coded("condition", "match"),
        "condition",
    ),
    ListKind(
        "labs",
        "lab",
        {
            "analyte": cells.slug,
            "vocabulary": cells.vocabulary("LOINC", "OMOP", "CLIF", "SNOMED", "NPU", "local"),
            "code": cells.code,
            "factor": cells.positive,
            "note": cells.anything,
        },
        ("note",),
        _coded(),
        "analyte",
    ),
    ListKind(
        "vitals",
        "vital",
        {
            "vital_code": cells.slug,
            "vocabulary": cells.vocabulary("LOINC", "OMOP", "CLIF", "local"),
            "code": cells.code,
            "unit": cells.unit,
            "note": cells.anything,
        },
        ("unit", "note"),
        _coded(),
        "vital_code",
    ),
    ListKind(
        "units",
        "unit",
        {
            "variable": cells.slug,
            "unit": cells.unit,
            "factor": cells.positive,
            "shift": cells.number,
            "note": cells.anything,
        },
        ("unit", "shift", "note"),
        lambda row: (row["variable"], unit_key(row["unit"]) or ""),
        "variable",
    ),
    ListKind(
        "limits",
        "limit",
        {
            "variable": cells.slug,
            "unit": cells.unit,
            **dict.fromkeys(("hard_lo", "soft_lo", "soft_hi", "hard_hi"), cells.number),
        },
        ("unit",),
        _columns("variable"),
        "variable",
    ),
    ListKind(
        "events",
        "finding",
        {
            "kind": cells.one_of("device", "procedure", "finding", "pathogen"),
            "name": cells.slug,
            "vocabulary": cells.vocabulary("OMOP", "local"),
            "code": cells.code,
            "method": cells.one_of("rna", "antigen", "antibody", "culture"),
            "specimen": cells.slug,
            "note": cells.anything,
        },
        ("method", "specimen", "note"),
        _coded("kind"),
        "name",
    ),
    ListKind(
        "countries",
        "country",
        {"group": cells.slug, "code": cells.country},
        (),
        _columns("group", "code"),
        "group",
    ),
    ListKind(
        "words",
        "word",
        {
            "column": cells.column,
            "word": cells.slug,
            "written": cells.anything,
            "note": cells.anything,
        },
        ("note",),
        lambda row: (row["column"], plain_word(row["written"])),
        "column",
    ),
    ListKind(
        "indications",
        "indication",
        {
            "indication": cells.slug_but(NO_INDICATION),
            "label": cells.anything,
            "class": cells.slug_beside(*INDICATION_CLASSES, taken=NO_INDICATION),
            "vocabulary": cells.vocabulary("ICD10", "ICD10CM", "ICD9CM"),
            "match": cells.one_of("exact", "prefix"),
            "code": cells.code,
            "specificity": cells.one_of("1", "2", "3"),
            "min_age_years": cells.number,
            "max_age_years": cells.positive,
            "note": cells.anything,
        },
        ("min_age_years", "max_age_years", "note"),
        _coded("indication", "match"),
        "indication",
    ),
)
KINDS = {kind.name: kind for kind in _KINDS}
