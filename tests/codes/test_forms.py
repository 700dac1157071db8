"""Codes of a form that no source writes: each vocabulary's own, with the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.codes import SHIPPED, own
from ehrivig.codes.forms import FORMS, misshapen
from ehrivig.codes.kinds import KINDS
from ehrivig.codes.spelling import plain_vocabulary
from ehrivig.errors import StudyError

WRONG = [
    ("SNOMED", "exact", "195967001.0", "A spreadsheet made a number of it"),
    ("SNOMED", "exact", "not a code", "Take the blanks out"),
    ("SNOMED", "exact", "12345", "6 to 18 digits"),
    ("SNOMED", "prefix", "195967001", "say nothing by how they begin"),
    ("ICD10", "exact", "J 45", "Take the blanks out"),
    ("ICD10", "exact", "J4", "is no code of ICD10"),
    ("ICD10", "prefix", "J45-J46", "is no code of ICD10"),
    ("ICD10CM", "exact", "250.00", "is no code of ICD10CM"),
    ("ICD9CM", "exact", "38.9", "leading zeros"),
    ("ATC", "exact", "H02AB2", "is no code of ATC"),
    ("ATC", "exact", "H02 AB02", "Take the blanks out"),
    ("RXNORM", "exact", "3264.0", "A spreadsheet made a number of it"),
    ("OMOP", "exact", "dexamethasone", "is no code of OMOP"),
    ("LOINC", "exact", "1988", "a hyphen and a check digit"),
    ("LOINC", "exact", "1988 5", "Take the blanks out"),
    ("HCPCS", "exact", "J156", "is no code of HCPCS"),
]
RIGHT = [
    *(("ICD10", "exact", code) for code in ("J45", "J45.0", "U07.1", "S72001A", "e11.9")),
    *(("ICD10", "prefix", code) for code in ("J", "J4", "J45", "J45.")),
    *(("ICD9CM", "exact", code) for code in ("038.9", "0389", "250", "V42.0", "E950.1")),
    *(("ATC", "exact", code) for code in ("H", "H02", "H02A", "H02AB", "H02AB02", "h02ab02")),
    *(("ATC", "prefix", code) for code in ("H0", "H02AB0")),
    *(
        ("SNOMED", "single", "195967001"),
        ("LOINC", "exact", "1988-5"),
        ("NPU", "exact", "NPU19748"),
    ),
    *(("HCPCS", "exact", "J1561"), ("HCPCS", "exact", "90283"), ("CLIF", "exact", "any thing")),
    *(("local", "exact", "not a code"), ("name", "contains", "not a code")),
]


@pytest.mark.parametrize(("vocabulary", "match", "code", "said"), WRONG)
def test_a_code_of_another_form_is_refused(
    tmp_path: Path, vocabulary: str, match: str, code: str, said: str
) -> None:
    row = {"vocabulary": vocabulary, "match": match, "code": code}
    assert said in str(misshapen(row))
    kind = next(k for k in KINDS.values() if _admits(k.name, vocabulary))
    header, line = ["vocabulary"], [vocabulary]
    column = "value" if kind.name == "drugs" else "code"
    for name, cell in (("match", match), (column, code), *_OTHERS[kind.name]):
        if name in kind.columns:
            header.append(name)
            line.append(cell)
    path = tmp_path / kind.name / "x.csv"
    path.parent.mkdir()
    path.write_text(f"# mine\n{','.join(header)}\n{','.join(line)}\n", encoding="utf-8")
    with pytest.raises(StudyError) as refused:
        own.read(tmp_path)
    assert f"{kind.name}/x.csv, line 3: {column} {code!r}" in str(refused.value)
    assert refused.value.exit_code == 2


_OTHERS = {
    "drugs": [("verdict", "include")],
    "conditions": [("condition", "mine")],
    "labs": [("analyte", "crp"), ("factor", "1")],
}


def _admits(kind: str, vocabulary: str) -> bool:
    if kind not in _OTHERS:
        return False
    return KINDS[kind].columns["vocabulary"](vocabulary) is None


@pytest.mark.parametrize(("vocabulary", "match", "code"), RIGHT)
def test_a_code_as_a_source_writes_it_is_taken(vocabulary: str, match: str, code: str) -> None:
    assert misshapen({"vocabulary": vocabulary, "match": match, "code": code}) is None


def test_every_shipped_code_has_the_form_of_its_vocabulary() -> None:
    rows = [row for name in SHIPPED.drug_names for row in SHIPPED.drug_rows(name)]
    rows += [row for kind in KINDS if kind != "drugs" for row in SHIPPED.rows(kind)]
    coded = [row for row in rows if plain_vocabulary(row.get("vocabulary")) in FORMS]
    assert len(coded) > 1000
    assert [said for row in coded if (said := misshapen(row))] == []
