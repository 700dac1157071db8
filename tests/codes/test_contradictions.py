"""Lines of own lists that no row could match, take each other away, or say two things of one."""

from __future__ import annotations

import pytest

from ehrivig.codes import SHIPPED, contradictions, imports
from ehrivig.codes.imports import Concept, line
from ehrivig.codes.kinds import DRUGS, KINDS, Row
from ehrivig.errors import UsageError


def drug(vocabulary: str, match: str, value: str, **more: str) -> Row:
    """A line of a drug list."""
    row = dict.fromkeys(KINDS[DRUGS].columns, "")
    return (
        row
        | {"verdict": "include", "vocabulary": vocabulary, "match": match}
        | {
            "value": value,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (drug("name", "contains", "Privigen"), None),
        (drug("name", "exact", "Privigen"), None),
        (drug("name", "contains", "--"), "value '--' holds no letter or digit. Mend it."),
        (drug("ATC", "within", "J06"), "a code cannot be matched by what it contains."),
        (drug("name", "within", "ig"), "so few letters are in nearly every name. Write at least"),
        (drug("name", "within", "globulin"), None),
        (drug("name", "within", "\u514d\u75ab"), None),  # two ideographs say as much as four
        (drug("name", "contains", "ig"), None),
        (drug("name", "single", "Privigen"), "a name has nothing below it."),
        (drug("HCPCS", "exact", "J1561", billing_unit_g="0.5"), None),
        (drug("HCPCS", "prefix", "J15", billing_unit_g="0.5"), "billing_unit_g is of one billing"),
        (drug("name", "exact", "Privigen", billing_unit_g="0.5"), "billing_unit_g is of one"),
        (drug("name", "contains", "ivig", verdict="watch"), None),
        (drug("name", "within", "globulin", verdict="watch"), None),
        (drug("ATC", "prefix", "J06B", verdict="watch"), None),
        (drug("name", "exact", "ivig", verdict="watch"), "a watch line is a part of a name"),
        (drug("NDC", "exact", "0944-2700-02"), None),
        (drug("NDC", "exact", "944270002"), "an NDC has 11 digits, or two hyphens"),
        (drug("NDC", "prefix", "0944-2700"), None),
    ],
)
def test_a_line_of_a_drug_list_that_matches_nothing(row: Row, said: str | None) -> None:
    found = contradictions._drug(SHIPPED, row)
    assert found is None if said is None else str(found).startswith(said)


@pytest.mark.parametrize(
    ("row", "excluded", "gone"),
    [
        (drug("ATC", "exact", "J06BA02"), drug("ATC", "exact", "J06BA02"), True),
        (drug("ATC", "exact", "J06BA02"), drug("ATC", "single", "J06BA02"), False),
        (drug("ATC", "exact", "J06BA02"), drug("ATC", "exact", "J06BA01"), False),
        (drug("ATC", "exact", "J06BA02"), drug("ATC", "prefix", "J06"), True),
        (drug("ATC", "prefix", "J06B"), drug("ATC", "prefix", "J06"), True),
        (drug("ATC", "prefix", "J06"), drug("ATC", "prefix", "J06B"), False),
        (drug("ATC", "exact", "J06BA02"), drug("ATC", "exact", "J06"), False),
        (drug("ATC", "exact", "J06BA02"), drug("SNOMED", "prefix", "J06"), False),
        (drug("SNOMED", "exact", "74400008"), drug("ATC", "exact", "74400008"), False),
        (drug("name", "contains", "ivig"), drug("name", "prefix", "iv"), False),
        (drug("name", "contains", "ivig"), drug("name", "contains", "IVIG"), True),
    ],
)
def test_an_exclusion_takes_away_what_it_finds_as_well(row: Row, excluded: Row, gone: bool) -> None:
    other = drug("ATC", "exact", "X01")
    assert contradictions._taken_away(row, [other, excluded]) is gone


def aged(low: str, high: str, **more: str) -> Row:
    row = {"indication": "mine", "class": "recognised", "label": "Mine"}
    return row | {"min_age_years": low, "max_age_years": high} | more


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        *(("18", "", None), ("", "18", None), ("", "", None), ("17.5", "18", None)),
        ("18", "18", "nobody is 18 years or older and younger than 18. Mend the ages."),
        ("65", "18", "nobody is 65 years or older and younger than 18."),
    ],
)
def test_an_indication_of_some_age(low: str, high: str, said: str | None) -> None:
    found = contradictions._indication(SHIPPED, aged(low, high))
    assert found is None if said is None else str(found).startswith(said)


@pytest.mark.parametrize("column", ["class", "label"])
def test_an_indication_has_one_class_and_one_label(column: str) -> None:
    shipped = SHIPPED.rows("indications")[0]
    same = {name: shipped[name] for name in ("indication", "class", "label")}
    assert contradictions._indication(SHIPPED, aged("", "", **same)) is None
    found = contradictions._indication(SHIPPED, aged("", "", **same | {column: "other"}))
    assert found is not None
    begin = f"{same['indication']} has the {column} 'other' here and {shipped[column]!r} in another"
    assert found.startswith(begin)


@pytest.mark.parametrize(
    ("column", "word", "known"),
    [
        *(("patient.sex", "female", True), ("patient.sex", "missing", True)),
        *(("patient.sex", "femail", False), ("*", "missing", True), ("*", "female", False)),
        *(("finding.finding_code", "mine", True), ("pathogen_test.specimen", "mine", True)),
    ],
)
def test_a_word_is_one_of_its_column(column: str, word: str, known: bool) -> None:
    found = contradictions._word(SHIPPED, {"column": column, "word": word, "written": "x"})
    assert (found is None) is known
    if not known:
        assert str(found).startswith(f"{word!r} is no word of {column}. Known: ")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("drugs", {"verdict": "exclude", "match": "single", "value": "7"}),
        ("conditions", {"condition": "mine", "match": "single", "code": "7"}),
        ("labs", {"analyte": "mine", "factor": "1", "code": "7"}),
        ("events", {"name": "mine", "kind": "finding", "code": "7"}),
        ("vitals", {"vital_code": "mine", "code": "7"}),
    ],
)
def test_a_code_becomes_a_line_of_each_kind_of_list(kind: str, more: Row) -> None:
    found = line(KINDS[kind], "mine", "SNOMED", "7", "single", " =Asthma  of adults ", "exclude")
    assert found == {"vocabulary": "SNOMED", "note": "Asthma of adults"} | more


def concept(number: int, vocabulary: str = "SNOMED", *, excluded: bool = False) -> Concept:
    return Concept(
        number, vocabulary, str(number), f"n{number}", excluded, True, False, "Condition"
    )


@pytest.mark.parametrize(("excluded", "verdict"), [(True, "exclude"), (False, "include")])
@pytest.mark.parametrize(("below", "match"), [(True, "exact"), (False, "single")])
def test_a_concept_becomes_a_line_for_its_number_and_one_for_its_code(
    excluded: bool, verdict: str, below: bool, match: str
) -> None:
    one = Concept(9, "RxNorm", "77", "ivig", excluded, below, False)
    found = imports.lines_of([one], KINDS[DRUGS], "mine")
    assert [(row["vocabulary"], row["value"]) for row in found] == [("OMOP", "9"), ("RXNORM", "77")]
    assert {(row["match"], row["verdict"]) for row in found} == {(match, verdict)}


def test_an_excluded_concept_of_a_condition_needs_the_hierarchy() -> None:
    kept = imports.lines_of([concept(7)], KINDS["conditions"], "mine")
    assert [row["code"] for row in kept] == ["7"]
    with pytest.raises(UsageError, match=r"the set excludes 1 concept\(s\), which a list of cond"):
        imports.lines_of([concept(7), concept(8, excluded=True)], KINDS["conditions"], "mine")


@pytest.mark.parametrize(("n", "more"), [(1, ""), (5, ""), (6, " and 1 more"), (8, " and 3 more")])
def test_concepts_of_another_domain_are_named(n: int, more: str) -> None:
    concepts = [concept(number) for number in range(1, n + 1)]
    with pytest.raises(UsageError) as refused:
        imports.lines_of(concepts, KINDS[DRUGS], "mine")
    named = ", ".join(f"{number} n{number} (Condition)" for number in range(1, min(n, 5) + 1))
    said = f"{n} concept(s) of the set are of another domain than a list of drugs: {named}{more}."
    assert said in str(refused.value)


@pytest.mark.parametrize(("n", "more"), [(1, ""), (20, ""), (21, " and 1 more")])
def test_concepts_that_no_list_can_hold_are_named(n: int, more: str) -> None:
    concepts = [concept(number, "") for number in range(1, n + 1)]
    (said,) = imports.left_out([*concepts, concept(99)], KINDS["conditions"])
    assert said.startswith(f"left out {n} concept(s) whose vocabulary a list of conditions cannot")
    assert f"{min(n, 20)} n{min(n, 20)} (no vocabulary {min(n, 20)}){more}. Add their" in said
    assert "21 n21" not in said
    assert imports.left_out([concept(99)], KINDS["conditions"]) == []
