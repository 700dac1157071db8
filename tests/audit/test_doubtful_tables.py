"""Published tables that cannot be audited as they are: a sentence with the file, never less."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from ehrivig.audit import audit
from ehrivig.audit.contrasts import _contrast_p, _p_of_counts
from ehrivig.errors import UsageError

COUNTS = "row,n_a,N_a,n_b,N_b,p_printed\n"
MEANS = "row,mean_a,sd_a,N_a,mean_b,sd_b,N_b,p_printed\n"
CONTRASTS = "contrast,or,lo,hi,p_printed,events_x,n_x,events_control,n_control\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contrast,or,p_printed\na,0.5,0.04\n", "t.csv has none of the known sets of columns"),
        ("row,x,x_q1\na,2,1\n", "t.csv has none of the known sets of columns"),
        ("row,x,x_q3\na,2,3\n", "t.csv has none of the known sets of columns"),
        (f"{COUNTS}death_28d,,10,3,10,0.04\n", "t.csv has a cell that is not a number. Mend"),
        (f"{COUNTS}death_28d,x,10,3,10,0.04\n", "t.csv has a cell that is not a number. Mend"),
        (f"{COUNTS}a,12,10,3,10,0.04\n", "t.csv: counts: must be whole numbers from 0. Mend"),
        (f"{MEANS}a,1,-1,10,2,1,10,0.04\n", "t.csv: row a: a standard deviation is below 0. Mend"),
        (f"{MEANS}a,1,1,10,2,-0.1,10,0.04\n", "a standard deviation is below 0"),
        (f"{CONTRASTS}a,0.5,0.2,0.9,0.04,12,10,3,10\n", "t.csv: counts: must be whole numbers"),
        (f"{CONTRASTS},,,,,,,,\n", "t.csv: published row: '' is not a printed number. Mend"),
        ("lo_printed,hi_printed\n0.5,1.2\n", "audit: t.csv: none of its 2 columns is named study"),
    ],
)
def test_a_table_that_cannot_be_audited_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as told:
        audit([written(tmp_path, text)])
    assert said in str(told.value)
    assert str(told.value).startswith("audit: t.csv")


@pytest.mark.parametrize(
    ("head", "wrong", "right"),
    [
        (COUNTS, "a,5,10,5,10,0.001\n", "a,5,10,5,10,1\n"),
        (MEANS, "a,1,1,50,1,1,50,0.001\n", "a,1,1,50,1,1,50,1\n"),
        (
            CONTRASTS,
            "a,1.0,0.5,2.0,0.001,50,100,50,100\n",
            "a,1.0,0.5,2.0,1.0,50,100,50,100\n",
        ),
    ],
)
def test_of_rows_with_one_name_each_is_audited(
    tmp_path: Path, head: str, wrong: str, right: str
) -> None:
    def wrong_p(*rows: str) -> int:
        found = audit([written(tmp_path, head + "".join(rows))])
        return sum("0.001" in one.message for one in found)

    alone = wrong_p(wrong)
    assert alone > 0
    assert wrong_p(right) == 0
    assert wrong_p(wrong, right) >= 1
    assert wrong_p(right, wrong) >= 1


def contrast(**cells: str) -> dict[str, Any]:
    return {"or": "", "lo": "", "hi": "", "p_printed": ""} | cells


TABLE = {"events_x": "10", "n_x": "40", "events_control": "20", "n_control": "50"}


def test_the_p_of_a_contrast_is_of_its_counts() -> None:
    z = math.log(10 * 30 / (30 * 20)) / math.sqrt(1 / 10 + 1 / 30 + 1 / 20 + 1 / 30)
    expected = math.erfc(abs(z) / math.sqrt(2))
    assert _p_of_counts(contrast(**TABLE)) == pytest.approx(expected)
    both = contrast(**TABLE, lo="0.1", hi="0.2", p_printed="0.5") | {"or": "0.15"}
    assert _contrast_p(both) == pytest.approx(expected)


@pytest.mark.parametrize(
    "empty",
    [{"events_x": "0"}, {"events_x": "40"}, {"events_control": "0"}, {"events_control": "50"}],
)
def test_an_empty_cell_has_no_odds_ratio(empty: dict[str, str]) -> None:
    assert _p_of_counts(contrast(**(TABLE | empty))) is None


@pytest.mark.parametrize(
    ("cells", "p"),
    [
        ({"or": "0.5", "lo": "0.25", "hi": "1.0"}, 0.05),  # an interval that ends at 1
        ({"or": "1", "lo": "0.5", "hi": "2"}, 1.0),
        ({"or": "0.5", "lo": "0", "hi": "1.0", "p_printed": "0.3"}, 0.3),
        ({"or": "0.5", "lo": "1", "hi": "1", "p_printed": "0.3"}, 0.3),
        ({"or": "0", "lo": "0.5", "hi": "2", "p_printed": "0.3"}, 0.3),
        ({"or": "", "lo": "", "hi": "", "p_printed": "0.3"}, 0.3),
        ({"or": "", "lo": "", "hi": "", "p_printed": ""}, None),
    ],
)
def test_else_of_its_interval_else_as_printed(cells: dict[str, str], p: float | None) -> None:
    assert _contrast_p(contrast(**cells)) == (None if p is None else pytest.approx(p, abs=1e-6))


def test_quartiles_of_which_one_is_not_printed_are_left_alone(tmp_path: Path) -> None:
    table = "row,x,x_q1,x_q3\na,5,,10\nb,,6,10\nc,5,6,\nd,5,6,10\ne,8,6,10\n"
    found = audit([written(tmp_path, table)])
    assert len(found) == 1
    assert "d [x]" in found[0].message
