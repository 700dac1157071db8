"""A first list of one's own: a commented file that is already a list, to be filled in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from ehrivig.codes.cells import slug
from ehrivig.codes.kinds import DRUGS, KINDS, ListKind, Row
from ehrivig.codes.lists import SHIPPED
from ehrivig.errors import UsageError

_ABOUT = {
    "drugs": (
        "verdict: include; exclude (wins over every include); quarantine (may or may not be it:",
        "  the row is set aside); watch (may be it: a hospital that sends it is asked about it).",
        "vocabulary: ATC, RXNORM, OMOP, NDC, HCPCS, SNOMED, DMD, PZN, local (as the source writes",
        "  it), name (the product's name).",
        "match: exact (what lies below it included, where the source has a hierarchy), single (the",
        "  code alone), prefix; for names contains (whole words), within (also inside a word).",
        "route: iv|sc|im|po|other|unknown, those for which the line holds; empty for all.",
        "product_type: a name for products to be told apart; standard is the ordinary one.",
        "concentration_g_per_l, strength_g (of one vial, tablet), billing_unit_g: to bring doses",
        "  to grams where a row does not say.",
    ),
    "conditions": (
        "vocabulary: ICD10 (holds for ICD10CM too), ICD10WHO, ICD10CM, ICD9CM, SNOMED, local.",
        "match: prefix (the code and all below it), exact, single (the code alone).",
    ),
    "labs": (
        "vocabulary: LOINC, OMOP, CLIF, local. factor: what a value in this code is multiplied by,",
        "  after its unit was converted; 1 nearly always.",
        "A new analyte needs its standard unit in units/NAME.csv: NAME,unit,1,0.",
    ),
    "vitals": (
        "unit: what the code itself implies; empty where each value says its unit.",
        "A new sign needs its standard unit in units/NAME.csv: NAME,unit,1,0.",
    ),
    "units": ("standard value = value * factor + shift; the first line of a variable is 1, 0.",),
    "limits": ("In the standard unit. Beyond hard limits a value is set aside, soft: counted.",),
    "events": (
        "kind: device, procedure, finding, pathogen. A name that a native extract writes itself",
        "  needs no line but one with vocabulary local and the name as code.",
    ),
    "words": (
        "column: table.column, as medication.status. word: of the contract, or missing for",
        "  nothing recorded. written: how the source writes it, in any case.",
    ),
    "countries": ("group: a name for the countries; code: two letters (ISO 3166-1).",),
    "indications": (
        "class: recognised, under_evaluation, not_documented, discussed, or those of another",
        "  guideline, which come in the order of their lines. specificity: 3 names it.",
    ),
}
_EXAMPLES = {
    "drugs": (
        "include,ATC,exact,L04AC07,,,,,,what the code means",
        "exclude,name,contains,eye drops",
    ),
    "conditions": ("{name},ICD10,prefix,J45,what the code means", "{name},SNOMED,exact,195967001"),
    "labs": ("{name},LOINC,1988-5,1,what the code means", "{name},local,{name},1"),
    "vitals": ("{name},LOINC,8867-4", "{name},local,{name}"),
    "countries": ("{name},DE",),
    "words": ("medication.status,given,verabreicht am Bett,how the ward says it",),
}


def kind_of(word: str) -> ListKind:
    """The kind that a word on the command line means: "drug" or "drugs"; UsageError for none."""
    plain = word.casefold()
    for kind in KINDS.values():
        if plain in (kind.name, kind.singular):
            return kind
    words = ", ".join(kind.singular for kind in KINDS.values())
    raise UsageError(f"codelist new: no kind {word!r}. Known: {words}.")


def write(
    word: str, name: str, folder: Path, rows: Sequence[Row] = (), source: Sequence[str] = ()
) -> Path:
    """Write the list `name` of a kind into a folder of lists; its path.

    `rows`: its lines, as they were imported; without any the list finds a drug by its name, and a
    thing by the local code that is its name. `source`: where the lines come from, as comments.
    Raises UsageError for a name that a study file could not use, or a file that exists.
    """
    kind = kind_of(word)
    if slug(name):
        raise UsageError(f"codelist new: the name {name!r} {slug(name)}.")
    path = folder / kind.name / f"{name}.csv"
    if path.exists():
        raise UsageError(f"codelist new: {path} exists. Choose another name, or remove it.")
    lines = [*_header(kind, name, source), ",".join(kind.columns)]
    lines += [_csv(kind, row) for row in rows or _first(kind, name)]
    if not rows:
        lines += [f"# {line.format(name=name)}" for line in _EXAMPLES.get(kind.name, ())]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"codelist new: {path}: {error.strerror}. Choose another.") from error
    return path


def _header(kind: ListKind, name: str, source: Sequence[str]) -> list[str]:
    title = f"Drug list {name}" if kind.name == DRUGS else f"{kind.name.capitalize()}: {name}"
    about = [
        f"{title}, laid over the shipped lists. Lines that begin with # are comments.",
        *(source or ("Sources: (say where each code comes from)",)),
        "Review: (who has looked at it, and when)",
        *_ABOUT[kind.name],
        "A line that a shipped list has stands in its place. To drop all shipped lines about what",
        "this file lists, add a line:  #! replace",
    ]
    return [f"# {line}" if not line.startswith("#") else line for line in about]


def _first(kind: ListKind, name: str) -> list[Row]:
    """The lines of a list that nobody has filled in: by name, or by the name as a local code."""
    if kind.name == DRUGS:
        called = name.replace("_", " ")
        return [{"verdict": "include", "vocabulary": "name", "match": "contains", "value": called}]
    first: dict[str, Row] = {
        "conditions": {"condition": name, "match": "exact"},
        "events": {"kind": "finding", "name": name},
    }
    if any(row["variable"] == name for row in SHIPPED.rows("units")):
        first["vitals"] = {"vital_code": name}
    if kind.name not in first:
        return []
    return [{**first[kind.name], "vocabulary": "local", "code": name}]


def _csv(kind: ListKind, row: Row) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="").writerow([row.get(name, "") for name in kind.columns])
    return text.getvalue()
