"""Consistency of published rows: each check speaks when it must, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.errors import UsageError
from ehrivig.meta import evidence_path, lint_published, read_published, read_trials
from ehrivig.meta.published import Printed, printed_rows

HEADER = "study,outcome,dimension,subgroup,measure,estimate,lo,hi,p_printed,n"


def codes(folder: Path, *rows: str, header: str = HEADER) -> list[str]:
    path = folder / "published.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return [lint.code for lint in lint_published(read_published(path))]


def test_rounding_of_printed_numbers() -> None:
    assert Printed.read("0.80") == Printed(0.8, pytest.approx(0.795), pytest.approx(0.805))
    assert Printed.read("-2").least == pytest.approx(-2.5)
    assert Printed.read("<0.001") == Printed(0.001, 0, 0.001)
    assert Printed.read("−1·5").value == -1.5
    for text in ("", "about 2", "nan"):
        with pytest.raises(UsageError):
            Printed.read(text)


def test_consistent_rows_are_silent(tmp_path: Path) -> None:
    assert (
        codes(tmp_path, "A,death,,all,RR,0.86,0.77,0.95,0.005,", "B,stay,,all,MD,-4,-6,-2,,") == []
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A,death,,all,RR,0.80,0.60,1.20,,", ["interval_not_centred"]),
        ("A,stay,,all,MD,-1.65,-2.89,-0.63,,", ["interval_not_centred"]),
        ("A,death,,all,RR,0.86,0.77,0.95,0.05,", ["p_not_recomputed"]),
        ("A,death,,all,RR,0.86,0.77,0.95,<0.001,", ["p_not_recomputed"]),
        ("A,death,,all,RR,0.86,0.95,0.77,,", ["limits_reversed"]),
        ("A,death,,all,RR,0.70,0.77,0.95,,", ["estimate_outside_interval", "interval_not_centred"]),
    ],
)
def test_single_rows(tmp_path: Path, row: str, expected: list[str]) -> None:
    assert codes(tmp_path, row) == expected


@pytest.mark.parametrize(("hi", "quiet"), [("0.95", True), ("0.96", True), ("0.99", False)])
def test_symmetry_allows_for_rounding_only(tmp_path: Path, hi: str, quiet: bool) -> None:
    """0.86 (0.77-x): 0.765 and 0.985, which print as 0.77 and 0.99, are centred on 0.868."""
    assert (codes(tmp_path, f"A,death,,all,RR,0.86,0.77,{hi},,") == []) is quiet


def test_counts_against_the_printed_estimate(tmp_path: Path) -> None:
    header = "study,measure,estimate,lo,hi,events_treated,n_treated,events_control,n_control"
    fine = "Vogel,OR,0.40,0.12,1.35,6,25,11,25"
    assert codes(tmp_path, fine, header=header) == []
    assert codes(tmp_path, fine.replace("6,25", "7,25"), header=header) == [
        "counts_give_other_estimate"
    ]
    assert codes(tmp_path, fine.replace("6,25", "26,25"), header=header) == ["events_above_n"]


def test_subgroups_that_cannot_make_the_total(tmp_path: Path) -> None:
    total = "R,death,,all,RR,0.86,0.77,0.96,,300"
    parts = ("R,death,age,adult,RR,0.80,0.70,0.91,,100", "R,death,age,child,RR,0.90,0.80,1.01,,200")
    assert codes(tmp_path, total, *parts) == ["difference_without_test"]
    assert "subgroups_do_not_sum" in codes(tmp_path, total.replace("300", "310"), *parts)
    outside = "R,death,,all,RR,0.70,0.63,0.78,,300"
    assert "total_outside_subgroups" in codes(tmp_path, outside, *parts)


def test_both_significant_needs_no_test(tmp_path: Path) -> None:
    rows = ("R,death,age,adult,RR,0.80,0.70,0.91,,", "R,death,age,child,RR,0.85,0.76,0.95,,")
    assert codes(tmp_path, *rows) == []


def test_trials_with_printed_estimates(tmp_path: Path) -> None:
    text = evidence_path("laupland2007_trials").read_text(encoding="utf-8")
    path = tmp_path / "trials.csv"
    path.write_text(text.replace("Vogel,1988,death,6,", "Vogel,1988,death,9,"), encoding="utf-8")
    found = lint_published(printed_rows(read_trials(path)))
    assert [(lint.code, lint.where) for lint in found] == [
        ("counts_give_other_estimate", "Vogel 1988, death")
    ]


def test_bad_published_tables(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="need the columns measure"):
        codes(tmp_path, "1,0.5,2", header="estimate,lo,hi")
    with pytest.raises(UsageError, match=r"line 2: .*'about 1' is not a printed number"):
        codes(tmp_path, "A,death,,all,RR,about 1,0.5,2,,")


def test_liu_holds_every_group_against_the_same_controls() -> None:
    """Dose, timing and duration: the controls are not summed, and cancel between dose groups."""
    found = lint_published(read_published(evidence_path("liu2020_table3")))
    assert "subgroups_do_not_sum" not in [lint.code for lint in found]
    (dose,) = [lint for lint in found if lint.code == "difference_without_test"]
    assert (dose.numbers["q"], dose.numbers["q_p"]) == pytest.approx((8.29, 0.0040), rel=1e-2)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ("0.5,1,4", False),  # 0.5 prints as 1: the least that the lower limit can be
        ("4.5,1,4", False),
        ("0.4,1,4", True),
        ("4.6,1,4", True),
        ("2,2,2", False),
        ("2,3,2", False),  # that is another finding
    ],
)
def test_an_estimate_on_the_edge_of_its_interval(tmp_path: Path, numbers: str, found: bool) -> None:
    said = codes(tmp_path, f"A,stay,,all,MD,{numbers},,")
    assert ("estimate_outside_interval" in said) is found
    assert ("limits_reversed" in said) is (numbers == "2,3,2")


def test_as_many_events_as_persons_are_possible(tmp_path: Path) -> None:
    header = "study,measure,estimate,lo,hi,events_treated,n_treated,events_control,n_control"
    for cells, found in (("25,25,11,25", []), ("6,25,25,25", []), ("6,25,26,25", ["control"])):
        path = tmp_path / "published.csv"
        path.write_text(f"{header}\nVogel,RD,0.40,0.12,0.68,{cells}\n", encoding="utf-8")
        said = [one for one in lint_published(read_published(path)) if one.code == "events_above_n"]
        assert [one.message.split()[-2] for one in said] == found


@pytest.mark.parametrize(
    ("p", "found"),
    [("0.05", False), ("0.06", False), ("0.04", False), ("0.5", True), ("<0.01", True)],
)
def test_a_p_value_allows_for_the_rounding_of_all_three(
    tmp_path: Path, p: str, found: bool
) -> None:
    """1 (0 to 2) on a scale of differences: z = 1.96, and 0.98 to 5.9 once rounded."""
    assert ("p_not_recomputed" in codes(tmp_path, f"A,stay,,all,MD,1.0,0.0,2.0,{p},")) is found


def test_an_estimate_that_rounds_to_nothing_has_any_p(tmp_path: Path) -> None:
    assert codes(tmp_path, "A,stay,,all,MD,0,-1,1,0.9,") == []
    assert codes(tmp_path, "A,stay,,all,MD,0.0,-1.0,1.0,0.001,") == ["p_not_recomputed"]


def test_a_ratio_whose_limit_may_be_zero_is_not_judged(tmp_path: Path) -> None:
    assert codes(tmp_path, "A,death,,all,RR,0.9,0,1.9,0.9,") == []
    assert codes(tmp_path, "A,stay,,all,MD,0.9,0,1.9,0.9,") == ["p_not_recomputed"]


def test_parts_and_totals_at_the_edge(tmp_path: Path) -> None:
    parts = ("R,stay,age,adult,MD,1,0,2,,100", "R,stay,age,child,MD,2,1,3,,200")
    for estimate, found in (("0.5", False), ("2.5", False), ("0.4", True), ("2.6", True)):
        total = f"R,stay,,all,MD,{estimate},-9,19,,300"
        assert ("total_outside_subgroups" in codes(tmp_path, total, *parts)) is found, estimate
    alone = ("R,stay,,all,MD,9,8,10,,300", parts[0])
    assert codes(tmp_path, *alone) == []  # one part is no division


def test_the_test_between_subgroups_is_told_with_its_numbers(tmp_path: Path) -> None:
    parts = ("R,stay,age,adult,MD,-2,-3,-1,,", "R,stay,age,child,MD,2,-1,5,,")
    path = tmp_path / "published.csv"
    path.write_text("\n".join((HEADER, *parts)) + "\n", encoding="utf-8")
    (lint,) = lint_published(read_published(path))
    q = 4**2 / ((1 / 1.959964) ** 2 + (3 / 1.959964) ** 2)
    assert dict(lint.numbers)["q"] == pytest.approx(q, rel=1e-5)
    assert (lint.code, lint.severity) == ("difference_without_test", "info")
    assert "Significant in adult, not in child" in lint.message
    assert lint.where == "stay by age"
    near = ("R,stay,age,adult,MD,-2,-3,-1,,", "R,stay,age,child,MD,-1,-3,1,,")
    path.write_text("\n".join((HEADER, *near)) + "\n", encoding="utf-8")
    (lint,) = lint_published(read_published(path))
    assert (lint.severity, "does not show" in lint.message) == ("warn", True)
