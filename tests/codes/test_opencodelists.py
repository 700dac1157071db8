"""A list of OpenCodelists: which column is which, and which codes were taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.codes.kinds import KINDS, Row
from ehrivig.codes.opencodelists import alone, opencodelist
from ehrivig.errors import UsageError

CONDITIONS = KINDS["conditions"]


def imported(
    tmp_path: Path, text: str, vocabulary: str | None = "snomed-ct", column: str | None = None
) -> list[Row]:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    spelled = "SNOMED" if vocabulary == "snomed-ct" else vocabulary
    return opencodelist(path, CONDITIONS, "asthma", spelled, column)


@pytest.mark.parametrize(
    "column", ["code", "id", "snomed_id", "SnomedCode", "snomed_code", " dmd_id ", "icd10_code"]
)
def test_a_column_of_codes_by_its_name(tmp_path: Path, column: str) -> None:
    (row,) = imported(tmp_path, f"x,{column}\n1, 195967001 \n")
    assert (row["code"], row["condition"], row["match"]) == ("195967001", "asthma", "single")
    assert row["vocabulary"] == "SNOMED"


@pytest.mark.parametrize(
    "column", ["term", "name", "nm", "Description", "dmd_name", "preferred_term"]
)
def test_a_column_of_terms_by_its_name(tmp_path: Path, column: str) -> None:
    first, second = imported(tmp_path, f"code,{column}\n195967001, Asthma \n195967002\n")
    assert "Asthma" in first.values()
    assert "Asthma" not in second.values()
    (without,) = imported(tmp_path, "code,other\n195967001,Asthma\n")
    assert "Asthma" not in without.values()


@pytest.mark.parametrize("column", ["status", "is_included", "included"])
@pytest.mark.parametrize(
    ("said", "taken"),
    [
        *((one, True) for one in ("+", "(+)", "True", "yes", "1", " included ")),
        *((one, False) for one in ("-", "(-)", "FALSE", "no", "0", "excluded")),
    ],
)
def test_what_a_builder_decided_on(tmp_path: Path, column: str, said: str, taken: bool) -> None:
    rows = imported(tmp_path, f"code,{column}\n1,+\n2,{said}\n")
    assert [row["code"] for row in rows] == ["1", "2"][: 1 + taken]


@pytest.mark.parametrize("row", ["2,?", "2,", "2"])
def test_nobody_decided_on(tmp_path: Path, row: str) -> None:
    with pytest.raises(UsageError, match=r"list.csv, line 3: its status says neither"):
        imported(tmp_path, f"code,status\n1,+\n{row}\n")


def test_a_code_comes_once_and_blank_rows_are_none(tmp_path: Path) -> None:
    rows = imported(tmp_path, "x,code,term\n1,7,first\n\n1,7,second\n1, ,none\n1\n2,8,\n")
    assert [row["code"] for row in rows] == ["7", "8"]
    assert "first" in rows[0].values()


@pytest.mark.parametrize(
    ("text", "vocabulary", "column", "said"),
    [
        ("code\n", "SNOMED", None, "list.csv holds no code. Give another file."),
        ("", "SNOMED", None, "(it has: none). Name the column of its codes with --column."),
        ("a,b\n1,2\n", "SNOMED", None, "has no column code or id or snomed_id"),
        ("a,b\n1,2\n", "SNOMED", None, "(it has: a, b)."),
        ("a,b\n1,2\n", "SNOMED", "C", "has no column c (it has: a, b)."),
        ("code;term\n1;2\n", "SNOMED", None, "its columns are not separated by commas."),
        ("code|term\n1|2\n", "SNOMED", None, "its columns are not separated by commas."),
        ("code,Code\n1,2\n", "SNOMED", None, "has 2 columns 'code'. Rename all but that"),
        ("code\n1\n", None, None, "does not say what its codes are of. Give --vocabulary, one of"),
        ("code\n1\n", "X", None, "does not say what its codes are of. 'X' is none. Give"),
        ('code,term\n1,a\n2,"b\n', "SNOMED", None, "line 3: a quotation mark that is not closed."),
        (f"code,term\n1,{'a' * 131_073}\n", "SNOMED", None, "line 2: a cell of over 100,000"),
    ],
)
def test_what_cannot_be_imported(
    tmp_path: Path, text: str, vocabulary: str | None, column: str | None, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        imported(tmp_path, text, vocabulary, column)
    assert said in str(refused.value)


def test_a_line_after_a_cell_of_two_lines_is_counted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 4: its status"):
        imported(tmp_path, 'code,status,term\n1,+,"a\nb"\n2,?,c\n')


def test_no_drug_list_of_names_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("code\n1\n")
    with pytest.raises(UsageError, match="a list of units cannot be imported"):
        opencodelist(path, KINDS["units"], "x", "SNOMED", None)


def coded(*codes: str, match: str = "single", vocabulary: str = "ICD10") -> list[Row]:
    return [{"vocabulary": vocabulary, "code": code, "match": match} for code in codes]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (coded("J45"), "1 code(s) of three signs (J45) stand for themselves alone: J45 does not"),
        (coded("J45", "J46.0", "J47"), "2 code(s) of three signs (J45, J47) stand"),
        (coded(*(f"J4{n}" for n in range(5))), "(J40, J41, J42, J43, J44) stand"),
        (coded(*(f"J4{n}" for n in range(6))), "(J40, J41, J42, J43, J44, ...) stand"),
        (coded("C7A", vocabulary="ICD10CM"), "C7A does not find C7A.9. Where the list means"),
    ],
)
def test_categories_that_stand_alone_are_told(rows: list[Row], said: str) -> None:
    (told,) = alone(rows)
    assert said in told


@pytest.mark.parametrize(
    "rows", [coded("J45.0"), coded("J45", match="prefix"), coded("J45", vocabulary="SNOMED"), []]
)
def test_nothing_is_told_of_others(rows: list[Row]) -> None:
    assert alone(rows) == []
