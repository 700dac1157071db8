"""What a cell of an own list may hold, and which lines of a file are read."""

from __future__ import annotations

import pytest

from ehrivig.codes import cells, own_lines
from ehrivig.codes.kinds import KINDS
from ehrivig.codes.own_lines import Problems, lines_of

CONDITIONS = KINDS["conditions"]
HEADER = "condition,vocabulary,match,code"


@pytest.mark.parametrize(
    ("check", "text", "wrong"),
    [
        (cells.one_of("iv", "sc"), "iv", None),
        (cells.one_of("iv", "sc"), "IV", "is written iv"),
        (cells.one_of("iv", "sc"), "x", "is none of iv, sc"),
        (cells.slug_beside("recognised", taken="none"), "recognised", None),
        (
            cells.slug_beside("recognised", taken="none"),
            "recognized",
            "is nearly recognised: write",
        ),
        (cells.slug_beside("recognised", taken="none"), "mine", None),
        (
            cells.slug_beside("recognised", taken="not_documented"),
            "not_documentd",
            "stands for what",
        ),
        (cells.slug_but("not_documented"), "Mine", "is no name: write small letters"),
        (cells.vocabulary("ICD10CM"), "icd-10-cm", None),
        (cells.vocabulary("ICD10CM", "ATC"), "ICD9", "is none of ICD10CM, ATC"),
        *((cells.slug, text, None) for text in ("a", "a1_b", "a" * 60)),
        *((cells.slug, text, "is no name") for text in ("", "1a", "_a", "A", "a-b", "a" * 61)),
        *((cells.code, text, None) for text in ("J45", "1e5", "1.5", "12E4")),
        *((cells.code, text, "was rewritten") for text in ("1E+15", "1,2e+15", "1.25E+5")),
        (cells.code, "a\ufffd", "lost characters when it was decoded: enter it anew"),
        *((cells.country, "CN", None), (cells.country, "cn", "is no country code of two capital")),
        *((cells.country, text, "is no country code") for text in ("C", "CHN", "C1")),
        *((cells.routes, text, None) for text in ("iv", "iv|sc", "im", "po", "other", "unknown")),
        *((cells.routes, text, "holds a route that is none of iv, sc") for text in ("iv|", "x")),
        *((cells.number, text, None) for text in ("1", "-1.5", "+.5", "1.", "1e5", "1E-5")),
        *(
            (cells.number, text, "is no number (write 0.5")
            for text in ("0,5", "x", "", "inf", "1 2")
        ),
        (cells.number, "1e999", "is too large"),
        *((cells.positive, "0.1", None), (cells.positive, "0", "is not above 0")),
        *((cells.positive, "-1", "is not above 0"), (cells.positive, "x", "is no number")),
        *((cells.column, "*", None), (cells.column, "medication.status", None)),
        *((cells.column, text, "is no column of text") for text in ("medication", "x.status")),
        *((cells.column, text, "is no column of text") for text in ("medication.dose", "lab.x")),
        *((cells.unit, "mg/dL", None), (cells.unit, "Mg/dL", "can be read in two ways")),
    ],
)
def test_what_a_cell_may_hold(check: cells.Check, text: str, wrong: str | None) -> None:
    said = check(text)
    assert said is None if wrong is None else str(said).startswith(wrong)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("Asthma (adult)", "asthma_adult"), ("1st line", "x_1st_line"), ("--", "x")),
        *(("a" * 70, "a" * 60), ("Ärzte", "rzte")),
    ],
)
def test_the_nearest_name(text: str, name: str) -> None:
    assert cells.as_name(text) == name


def read(text: str) -> tuple[list[int], Problems]:
    """The numbers of the lines that are read, and what is wrong."""
    problems: Problems = []
    found = lines_of(text, CONDITIONS, "x.csv", problems)
    return [line.number for line in found], problems


LINE = "asthma,ICD10,prefix,J45"


def test_comments_and_blank_lines_are_counted_and_not_read() -> None:
    text = f'# mine\n\n"sep=,"\r\n{HEADER},,\n{LINE}\r # no comment\n;;\t,\n{LINE},,\n'
    assert read(text.replace("\r # no comment", "\n#x"))[0] == [5, 8]
    assert read("# nothing\n") == ([], [f"x.csv: is empty. Begin with the header {_columns()}."])


def _columns() -> str:
    return ",".join(CONDITIONS.columns)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("condition;vocabulary", "its columns are not separated by commas. Save it as"),
        ("condition\tcode", "its columns are not separated by commas."),
        (f"{HEADER},x", "wrong header (unknown: x). A list of conditions has condition,"),
        (f"{HEADER},1", "wrong header (unknown: (no name))."),
        ("condition,match,code", "wrong header (missing: vocabulary)."),
        (f"{HEADER},code", "wrong header (twice: code)."),
        ("condition,vocabulary,match", "wrong header (missing: code)."),
        ("a,b,c", "wrong header (unknown: 3 of 3; missing: condition, vocabulary"),
        ("a,b,condition,code", "wrong header (unknown: a, b; missing: vocabulary"),
    ],
)
def test_a_header_that_is_none(header: str, said: str) -> None:
    lines, (told,) = read(f"{header}\n{LINE}\n")
    assert lines == []
    assert told.startswith("x.csv, line 1: ")
    assert said in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{LINE},more", "5 cells under 4 columns. Put a name that holds a comma in quotation"),
        ("asthma,ICD10,prefix,", "code is empty. Fill it in, or remove the line."),
        ("asthma,ICD10,prefix,=J45", "code begins like a formula of a spreadsheet."),
        ("@x,ICD10,prefix,J45", "condition begins like a formula"),
        ("-x,ICD10,prefix,J45", "condition begins like a formula"),
        ("asthma,ICD10,prefix,J\x0745", "code holds a control character. Mend the cell."),
        ("Asthma,ICD10,prefix,J45", "condition 'Asthma' is no name"),
        (f"A{'s' * 39},ICD10,prefix,J45", f"condition 'A{'s' * 39}' is no name"),
        (f"A{'s' * 40},ICD10,prefix,J45", f"condition 'A{'s' * 36}...' is no name"),
        ("asthma,X,prefix,J45", "vocabulary 'X' is none of"),
    ],
)
def test_a_line_that_is_none(line: str, said: str) -> None:
    lines, (told,) = read(f"{HEADER}\n{line}\n{LINE}\n")
    assert lines == [3]
    assert told.startswith(f"x.csv, line 2: {said}")


@pytest.mark.parametrize(
    "column", ["shift", "hard_lo", "soft_lo", "soft_hi", "hard_hi", "min_age_years", "note"]
)
def test_a_limit_may_be_negative(column: str) -> None:
    kind = next(one for one in KINDS.values() if column in one.columns)
    said = own_lines._wrong(column, "-5", kind)
    assert said is None or "formula" not in said
    assert "formula" in str(own_lines._wrong(column, "=5", kind))


def test_a_list_has_so_many_lines_of_so_many_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_lines, "MOST_LINES", 2)
    assert read(f"{HEADER}\n{LINE}\n{LINE}\n") == ([2, 3], [])
    lines, (told,) = read(f"{HEADER}\n{LINE}\n{LINE}\n{LINE}\n{LINE}\n")
    assert (lines, told.startswith("x.csv: more than 2 lines. Match what")) == ([2, 3, 4], True)
    monkeypatch.setattr(own_lines, "LONGEST_LINE", len(HEADER))
    assert read(f"{HEADER}\n{LINE}\n")[1] == []
    (told,) = read(f"{HEADER}\n{LINE}{' ' * 20}\n")[1]
    assert told == f"x.csv, line 2: over {len(HEADER)} letters. Mend it."


@pytest.mark.parametrize(("lines", "one"), [(1, True), (50, True), (51, False)])
def test_a_cell_over_up_to_fifty_lines_is_one_problem(lines: int, one: bool) -> None:
    """Behind it stands a line that is wrong: a quotation mark may be meant for none of both."""
    text = f'{HEADER}\n"asthma,ICD10\n' + "x\n" * (lines - 1) + 'y"\nA,ICD10,prefix,J45\n'
    first, *others = read(text)[1]
    assert first.startswith("x.csv, line 2: a quotation mark is not closed on its line. Keep each")
    assert (len(others) == 1) is one
    assert others[-1].startswith(f"x.csv, line {lines + 3}: condition 'A' is no name")
