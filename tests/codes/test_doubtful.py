"""Own lists that can be read and hardly mean what they say, and what is no list at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ehrivig.codes import own
from ehrivig.codes.check_digits import luhn, verhoeff
from ehrivig.codes.doubtful import doubts
from ehrivig.errors import StudyError

DRUG = "verdict,vocabulary,match,value,route,product_type,strength_g\n"
CONDITION = "condition,vocabulary,match,code\n"


def lists(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / "lists" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path / "lists"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("drugs/x.csv", f"{DRUG}include,name,contains,toci.*mab\n", "not as a pattern. Write the"),
        ("drugs/x.csv", f"{DRUG}include,ATC,exact,L04AC07,,,400\n", "400 g in one vial or tablet."),
        ("units.csv", "variable,unit,factor,shift\ncrp,mg/dL,1,0\n", "by 1 here and by 10 in the"),
        (
            "conditions.csv",
            f"{CONDITION}x,ICD9CM,prefix,38\n",
            "takes all from 380 to 389. Was",
        ),
        (
            "conditions.csv",
            f"{CONDITION}x,ICD10,prefix,J4O\n",
            "the letter O where a digit is.",
        ),
    ],
)
def test_a_doubtful_line_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    (told,) = doubts(own.read(lists(tmp_path, name, text)))
    assert told.startswith(f"{name}, line 2: ")
    assert said in told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "drugs/x.csv",
            f"{DRUG}include,ATC,exact,L04AC07\nexclude,ATC,prefix,L04\n",
            "drugs/x.csv: its lines exclude all that they include",
        ),
        (
            "drugs/x.csv",
            f"{DRUG}include,name,within,a\n",
            "so few letters are in nearly every name",
        ),
        (
            "conditions.csv",
            f"{CONDITION}x,SNOMED,exact,999999990989121000\n",
            "its last digit, a check, is wrong. A spreadsheet kept 15 digits of it",
        ),
        ("conditions.csv", f"{CONDITION}x,SNOMED,exact,195967000\n", "is wrong. Mend the code."),
        ("labs.csv", "analyte,vocabulary,code,factor\ncrp,LOINC,1988-6,1\n", "a check, is wrong."),
        ("conditions.csv", f"{CONDITION}x,ICD10,exact,G01*\n", "Write the code without the mark;"),
        ("conditions.csv", f"{CONDITION}x,ICD10,exact,E10-E14\n", "Write one code a line; what"),
        ("conditions.csv", f'{CONDITION}x,ICD10,exact,"E10, E11"\n', "Write one code a line; what"),
        ("conditions.csv", f"{CONDITION}x,ICD10,Prefix,E10\n", "match 'Prefix' is written prefix."),
        (
            "conditions.csv",
            f"{CONDITION}x,SNOMED,exact,21711311000001108\n",
            "A program read it as a number, which keeps 16 digits: read the column as text.",
        ),
        (
            "vitals.csv",
            "vital_code,vocabulary,code,unit\nsbp,LOINC,8480-6,furlong\n",
            "unit 'furlong' is none of sbp, so no value in it could be read (known: mmHg, kPa).",
        ),
        (
            "drugs/ivig.csv",
            f"# ! replace\n{DRUG}include,ATC,exact,J06BA02\n",
            "begins: #! replace.",
        ),
        ("conditions/x.CSV", CONDITION, "its name ends in capitals. Rename it to end in .csv."),
    ],
)
def test_what_finds_nobody_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(StudyError) as error:
        own.read(lists(tmp_path, name, text))
    assert said in str(error.value)


def test_an_exclusion_of_a_part_takes_nothing_away(tmp_path: Path) -> None:
    text = f"{DRUG}include,ATC,prefix,L04\nexclude,ATC,exact,L04AC07\n"
    assert doubts(own.read(lists(tmp_path, "drugs/x.csv", text))) == []


@pytest.mark.parametrize(("grams", "doubted"), [("100", False), ("100.5", True), ("", False)])
def test_no_bag_holds_more_than_a_hundred_grams(tmp_path: Path, grams: str, doubted: bool) -> None:
    text = f"{DRUG}include,ATC,exact,J06BA02,,,{grams}\n"
    assert bool(doubts(own.read(lists(tmp_path, "drugs/x.csv", text)))) is doubted


def test_a_link_to_a_folder_and_a_pipe_are_told(tmp_path: Path) -> None:
    folder = lists(tmp_path, "conditions.csv", f"{CONDITION}x,ICD10,prefix,J45\n")
    (tmp_path / "elsewhere").mkdir()
    (folder / "drugs").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "labs.csv")
    with pytest.raises(StudyError) as error:
        own.read(folder)
    assert "drugs: a link to a folder is not followed. Put the folder itself there." in str(
        error.value
    )
    assert "labs.csv: no file, but a pipe or device. Move it away." in str(error.value)


def test_check_digits_by_published_codes() -> None:
    assert all(map(verhoeff, ("195967001", "74400008", "900000000000207008")))
    assert all(map(luhn, ("1988-5", "2345-7", "94500-6", "6690-2")))
    for code in ("195967001", "74400008"):
        wrong = [code[:-1] + digit for digit in "0123456789" if digit != code[-1]]
        assert not any(map(verhoeff, wrong))
    exchanged = "195976001"  # two neighbours
    assert not verhoeff(exchanged)


def test_a_cell_over_several_lines_is_one_problem(tmp_path: Path) -> None:
    header = CONDITION.replace("\n", ",note\n")
    text = f'{header}x,ICD10,prefix,E11,"Type 2\nof diabetes\nmellitus"\ny,ICD10,prefix,J45,\n'
    with pytest.raises(StudyError) as error:
        own.read(lists(tmp_path, "conditions.csv", text))
    assert "has 1 problem" in str(error.value)
    assert "line 2: a quotation mark is not closed on its line. Keep each cell" in str(error.value)
    lonely = f'{header}x,ICD10,prefix,E11,"Type 2\ny,ICDX,prefix,J45,\n'
    with pytest.raises(StudyError, match=r"has 2 problem(?s:.*)line 3: vocabulary 'ICDX'"):
        own.read(lists(tmp_path, "conditions.csv", lonely))


@pytest.mark.parametrize("first", ["sep=,", '"sep=,"', "SEP=,"])
def test_the_line_by_which_a_spreadsheet_says_what_separates_columns(
    tmp_path: Path, first: str
) -> None:
    text = f"\ufeff{first}\r\n{CONDITION}x,ICD10,prefix,E11\r\n"
    (file,) = own.read(lists(tmp_path, "conditions.csv", text)).own
    assert [line.number for line in file.lines] == [3]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("words.csv", "column,word,written\npatient.sex,female,Frau\npatient.sex,female,FRAU\n"),
        ("words.csv", "column,word,written\nmedication.status,missing,-\n"),
        (
            "units.csv",
            "variable,unit,factor,shift\ncreatinine,\u00b5mol/L,1,0\ncreatinine,umol/l,1,0\n",
        ),
    ],
)
def test_what_is_one_thing_in_two_spellings_contradicts_nothing(
    tmp_path: Path, name: str, text: str
) -> None:
    (file,) = own.read(lists(tmp_path, name, text)).own
    assert len(file.lines) == text.count("\n") - 1
