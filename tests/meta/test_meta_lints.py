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
