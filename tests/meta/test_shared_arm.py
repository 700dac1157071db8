"""Groups of the exposed held against the same controls: the controls cancel, and are not summed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.meta import lint_published, read_published

HEADER = (
    "study,outcome,dimension,subgroup,measure,estimate,lo,hi,"
    "events_treated,n_treated,events_control,n_control"
)
LIU = (
    "L,death,,all,OR,0.95,0.62,1.47,109,174,111,174",
    "L,death,dose,low,OR,1.17,0.74,1.86,99,147,111,174",
    "L,death,dose,high,OR,0.33,0.14,0.77,10,27,111,174",
)


CODE = "difference_without_test"


def lints(folder: Path, *rows: str) -> list[tuple[str, str, dict[str, float]]]:
    path = folder / "published.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    found = lint_published(read_published(path))
    return [(lint.code, lint.message, dict(lint.numbers)) for lint in found]


def test_controls_that_all_share_cancel_and_need_not_sum(tmp_path: Path) -> None:
    """Liu 2020, Table 3: log odds of 99/147 against 10/27, chi-square 8.29, p 0.0040."""
    found = lints(tmp_path, *LIU)
    assert [code for code, _, _ in found] == ["difference_without_test"]
    _, message, numbers = found[0]
    assert (numbers["q"], numbers["q_p"]) == pytest.approx((8.293, 0.00398), rel=1e-3)
    assert "the control arm is the same in all and cancels" in message


def test_without_the_events_of_the_groups_nothing_cancels(tmp_path: Path) -> None:
    rows = [row.replace(",99,147", ",,147").replace(",10,27", ",,27") for row in LIU]
    _, message, numbers = next(f for f in lints(tmp_path, *rows) if f[0] == CODE)
    assert numbers["q_p"] == pytest.approx(0.0105, abs=5e-4)
    assert "as if independent, although the control arm is the same" in message


def test_divided_controls_still_have_to_sum(tmp_path: Path) -> None:
    rows = (LIU[0], LIU[1].replace("111,174", "60,90"), LIU[2].replace("111,174", "51,83"))
    assert "subgroups_do_not_sum" in [code for code, _, _ in lints(tmp_path, *rows)]
