"""What `codelist check` takes for near a list, and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.codes import own
from ehrivig.extract.lists.counts import Count, LineCount, ListReport, Remark, shown
from ehrivig.extract.lists.lines import lines
from ehrivig.extract.lists.near import About, _alike, _distinctive, _named_by, _stem, _words, about


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        *(("tocilizumab", "tocilizumab", True), ("tocilizumab", "tocilizumap", True)),
        *(("tocilizumab", "toci", False), ("tocilizumab", "tocil", True)),  # four letters, five
        *(("sarilumab", "tocilizumab", False), ("免疫", "人免疫球", True)),
        *(("abcde", "abcdx", True), ("abcd", "abcx", False)),  # 0.8 and 0.75 of each other
        *(("abcdefghij", "klabcdeklm", False), ("listen", "silent", False)),
    ],
)
def test_words_that_may_be_one(one: str, other: str, alike: bool) -> None:
    assert _alike(one, other) is alike
    assert _alike(other, one) is alike


def test_short_words_and_those_of_many_names_are_no_likeness() -> None:
    assert _words("IgG_Human 5-pct 免疫, Privigen") == {"human", "免疫", "privigen"}
    assert _words("toci abc IL-6") == {"toci"}
    assert _distinctive({"human", "privigen", "solution"}) == {"privigen"}
    assert _distinctive({"human", "solution"}) == {"human", "solution"}


OF_MANY = (
    *("acetate", "acid", "calcium", "chloride", "citrate", "hydrochloride", "magnesium"),
    *("phosphate", "potassium", "sodium", "succinate", "sulfate", "sulphate", "tartrate"),
    *("ampoule", "bottle", "capsule", "dose", "drops", "drug", "flush", "infusion"),
    *("injection", "inhalation", "intravenous", "normal", "oral", "powder", "solution"),
    *("suspension", "syringe", "tablet", "tablets", "vial", "water", "with", "human"),
    *("acute", "chronic", "disease", "disorder", "injury", "other", "state", "syndrome"),
    *("unspecified", "level", "total", "serum", "plasma", "blood", "test", "standard"),
)


@pytest.mark.parametrize("word", OF_MANY)
def test_a_salt_or_a_form_makes_no_two_drugs_alike(word: str) -> None:
    near = About(_distinctive(_words(f"methylprednisolone {word}")), frozenset())
    assert not near.is_near(["local", "1", f"ganciclovir {word}"], "drugs")
    assert near.is_near(["local", "1", f"methylprednisolon {word}"], "drugs")


@pytest.mark.parametrize(
    ("vocabulary", "code", "stem"),
    [
        *(("ATC", "L04AC07", "L04AC"), ("ICD10", "J45.0", "J45"), ("ICD10CM", "J45.0", "J45")),
        *(("ICD9CM", "038.9", "038"), ("SNOMED", "195967001", ""), ("local", "abc", "")),
    ],
)
def test_neighbours_share_the_beginning_of_a_code(vocabulary: str, code: str, stem: str) -> None:
    for column in ("code", "value"):
        assert _stem({"vocabulary": vocabulary, column: code}) == stem


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"vocabulary": "name", "verdict": "include", "value": "Privigen"}, {"privigen"}),
        ({"vocabulary": "name", "verdict": "exclude", "value": "Privigen"}, set()),
        ({"vocabulary": "ATC", "verdict": "include", "value": "J06BA02"}, set()),
        ({"vocabulary": "local", "code": "covid_pneumonia"}, {"covid", "pneumonia"}),
        ({"vocabulary": "local", "value": "privigen"}, {"privigen"}),
        ({"vocabulary": "ICD10", "code": "U07.1"}, set()),
    ],
)
def test_a_line_is_named_by_what_it_includes_by_name_or_by_a_local_code(
    row: dict[str, str], words: set[str]
) -> None:
    assert _named_by(row) == words


def test_a_list_is_about_its_name_its_names_and_the_neighbours_of_its_codes(
    tmp_path: Path,
) -> None:
    (tmp_path / "drugs").mkdir()
    drug = "verdict,vocabulary,match,value\ninclude,name,contains,Actemra 80 mg\n"
    drug += "include,ATC,exact,L04AC07\nexclude,name,contains,placebo\n"
    (tmp_path / "drugs" / "tocilizumab_iv.csv").write_text(drug)
    condition = "condition,vocabulary,match,code\nserum_sickness,ICD10,exact,T80.6\n"
    (tmp_path / "conditions.csv").write_text(condition)
    lists = own.read(tmp_path)
    found = {file.kind: about(lists, file) for file in lists.own}
    assert found["drugs"] == About(frozenset({"tocilizumab", "actemra"}), frozenset({"L04AC"}))
    assert found["conditions"] == About(frozenset({"sickness"}), frozenset({"T80"}))


def test_a_code_of_icd_is_compared_without_its_dot() -> None:
    near = About(frozenset(), frozenset({"J450"}))
    assert near.is_near(["ICD10", "J45.01"], "conditions")
    assert not near.is_near(["local", "J45.01"], "conditions")


def test_a_code_is_near_by_its_beginning_or_by_its_words() -> None:
    near = About(frozenset({"tocilizumab"}), frozenset({"L04AC"}))
    assert near.is_near(["ATC", "l04ac11", None], "drugs")
    assert not near.is_near(["ATC", "L04AB11", None], "drugs")
    assert near.is_near(["local", "1", "Tocilizumap 80 mg"], "drugs")
    assert near.is_near(["local", "tocilizumap"], "labs")
    assert not near.is_near(["local", "1", "tocilizumab"], "labs")  # its third part is a unit
    assert not About(frozenset(), frozenset({""})).is_near(["ATC", "L04AC11", None], "drugs")


@pytest.mark.parametrize(
    ("people", "count"), [(5, Count(9, 5)), (4, Count(None, None)), (1, Count(None, None))]
)
def test_counts_of_fewer_than_five_people_are_hidden(people: int, count: Count) -> None:
    assert shown(9, people) == count


def test_the_report_of_a_list() -> None:
    long = "a" * 70
    report = ListReport(
        "drugs/x.csv",
        2,
        (LineCount(3, "ATC L04AC07", Count(1234, 50)), LineCount(4, "weight in kg", None)),
        (Remark("two", Count(None, None)),),
        (Remark(long, Count(7, 6)),),
        by_name=True,
    )
    said = lines([report])
    assert [" ".join(line.split()) for line in said] == [
        "Rows and people, before the data gate; counts under 5 people are hidden.",
        "",
        "drugs/x.csv (2 line(s), in place of 2 shipped line(s))",
        "(rows of the name of each line, by whichever code they came)",
        "line 3: ATC L04AC07 1,234 rows 50 people",
        "line 4: weight in kg a column of the admission, not counted",
        "its lines disagree, or are in doubt:",
        "two few rows few people",
        "near it, and found by no line (the 10 commonest):",
        f"{'a' * 61}... 7 rows 6 people",
    ]
    assert len({len(said[number]) for number in (4, 7, 9)}) == 1  # one below the other


def test_a_line_that_fits_is_told_whole() -> None:
    report = ListReport("x.csv", 0, (LineCount(1, "b" * 58, Count(0, 0)),), (), ())
    assert [" ".join(line.split()) for line in lines([report])[2:]] == [
        *("x.csv (1 line(s))", f"line 1: {'b' * 58} 0 rows 0 people")
    ]
