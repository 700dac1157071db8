"""Counts that are hidden and that other numbers of the same table give back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig.errors import UsageError
from ehrivig.release import copies, hidden
from ehrivig.release.attack import attack, flows
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Known
from ehrivig.release.attack.ratios import counts_of, e_value_of, events_of_risk, told_by_risk
from ehrivig.release.steps import ledger

CRUDE = {
    **{"analysis": "hospital", "contrast": "IVIG vs no IVIG", "outcome": "death_28d"},
    **{"population": "all but hospital A", "measure": "OR", "n_exposed": 13, "n_control": 13},
    **{"events_exposed": None, "events_control": None},
    **{"model": "logistic, maximum likelihood, Wald interval", "estimate": (6 / 7) / (5 / 8)},
}


def test_the_events_of_a_crude_ratio() -> None:
    assert counts_of(CRUDE) == [(6, 5), (8, 7)]
    assert counts_of(CRUDE | {"measure": "RD", "estimate": 6 / 13 - 5 / 13})[0] == (1, 0)
    assert (3, 1) in counts_of(CRUDE | {"measure": "RR", "estimate": 3.0})
    pooled = f"{CRUDE['model']}; pooled over 20 imputations"  # which need not differ
    assert counts_of(CRUDE | {"model": pooled}) == [(6, 5), (8, 7)]
    assert not counts_of(CRUDE | {"model": f"logistic, adjusted for age{pooled[-28:]}"})


@pytest.mark.parametrize(
    "other",
    [
        {"events_exposed": 6, "events_control": 5},
        {"model": "logistic, adjusted for the logit of the score"},
        {"estimate": 1.2345678},
        {"estimate": None},
        {"n_control": None},
        {"n_exposed": None},
        {"measure": "HR"},
        *({"model": f"logistic, {words}"} for words in ("propensity score", "log-rank")),
        *({"model": words} for words in ("Cox", "inverse weights", "conditional logistic")),
        *({"model": words} for words in ("logistic, imputed", "logistic, adjusted for age")),
    ],
)
def test_no_events_of_others(other: dict[str, object]) -> None:
    assert counts_of(CRUDE | other) == []


@pytest.mark.parametrize("told", ["events_exposed", "events_control"])
def test_the_events_of_one_arm_do_not_keep_those_of_the_other(told: str) -> None:
    assert counts_of(CRUDE | {told: 6}) == [(6, 5), (8, 7)]


@pytest.mark.parametrize(
    ("measure", "estimate", "counts"),
    [
        ("OR", (3 / 4) / (2 / 7), (3, 2)),
        ("RR", (3 / 7) / (2 / 9), (3, 2)),
        ("RD", 3 / 7 - 2 / 9, (3, 2)),
    ],
)
def test_each_measure_of_two_unequal_arms(
    measure: str, estimate: float, counts: tuple[int, int]
) -> None:
    row = CRUDE | {"n_exposed": 7, "n_control": 9, "measure": measure, "estimate": estimate}
    assert counts in counts_of(row)
    assert (counts[1], counts[0] + 1) not in counts_of(row)
    assert counts_of(row | {"measure": "RD", "estimate": 1.0}) == [(7, 0)]
    assert counts_of(row | {"measure": "RD", "estimate": -1.0}) == [(0, 9)]


def test_of_a_large_ratio_the_last_digits_are_those_of_a_computer() -> None:
    """1e-9 of 4,000 is more than that of 1."""
    large = CRUDE | {"n_exposed": 100, "n_control": 41, "estimate": 99 * 40.0}
    assert counts_of(large) == [(99, 1)]
    assert counts_of(large | {"estimate": 99 * 40.0 * (1 + 9e-10)}) == [(99, 1)]
    assert counts_of(large | {"estimate": 99 * 40.0 * (1 + 2e-9)}) == []


@pytest.mark.parametrize(("n", "tried"), [(1_999, True), (2_000, False)])
def test_of_very_many_people_no_counts_are_tried(n: int, tried: bool) -> None:
    row = CRUDE | {"n_exposed": n, "n_control": 1_999, "measure": "RD", "estimate": 1.0}
    assert counts_of(row) == [(n, 0)] * tried


@pytest.mark.parametrize(
    ("risk", "size", "events"),
    [(0.06, 50, 3), (0.0, 50, 0), (0.0613, 50, None), (None, 50, None), (0.06, None, None)],
)
def test_the_events_of_a_risk(risk: float | None, size: int | None, events: int | None) -> None:
    assert events_of_risk(risk, size) == events
    row = {"risk_exposed": risk, "n_exposed": size, "risk_control": 0.0613, "n_control": 50}
    assert told_by_risk(row, ["exposed", "control"]) == (events is not None)
    assert told_by_risk(row, ["control"]) is False


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"estimate": None, "note": "late; E-value 2.52"}, True),
        ({"estimate": 1.5, "note": "late; E-value 2.52"}, False),
        ({"estimate": None, "note": "no E-value"}, False),
        ({"estimate": None, "note": None}, False),
        ({"note": "E-value 2.52"}, False),
    ],
)
def test_an_e_value_is_the_ratio_that_is_not_shown(row: dict[str, object], told: bool) -> None:
    assert e_value_of(row) is told


def test_a_crude_ratio_of_hidden_events_is_hidden_with_them() -> None:
    frame = pl.DataFrame([CRUDE], infer_schema_length=None).cast(
        {"events_exposed": pl.Int64, "events_control": pl.Int64}
    )
    frame = frame.with_columns(role=pl.lit("sensitivity"), note=pl.lit(""))
    known = Known()
    flows.effects(known, "effects.csv", frame)
    (place,) = known.told_of_few
    assert (place.row, "ratio" in place.words) == (0, True)


def _deciles(*rows: tuple[int | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"hospital_id": "A", "decile": n, "exposed": a, "control": b, "supported": True}
            for n, (a, b) in enumerate(rows)
        ],
        schema_overrides={"exposed": pl.Int64, "control": pl.Int64},
    )


def test_deciles_are_told_all_or_none() -> None:
    whole = _deciles((12, 20), (0, 15))
    assert copies.first("positivity.csv", whole, 5).equals(whole)
    large = copies.first("positivity.csv", _deciles((12, None), (0, 15)), 5)
    assert large["exposed"].to_list() == large["control"].to_list() == [None, None]
    assert large["supported"].to_list() == [True, True]
    small = copies.first("positivity.csv", _deciles((6, None), (0, 7)), 5)
    assert small["supported"].to_list() == [None, None]


def test_one_decile_that_is_shown_gives_hidden_ones_away() -> None:
    for frame, few in ((_deciles((12, None), (0, 15)), 1), (_deciles((None, None)), 0)):
        known = Known()
        flows.bins(known, "positivity.csv", frame)
        assert len(known.told_of_few) == few


def test_few_bins_are_hidden_with_the_next() -> None:
    """42 people, 10 and 27 of them shown: the five others are 1 to 3 in each of three bins."""
    counts = [0, 10, None, 27, None, None, 0]
    rows = [
        {"feature": "max_daily_g", "label": "dose", "lo": float(n), "hi": n + 1.0, "n": count}
        for n, count in enumerate(counts)
    ]
    frame = pl.DataFrame(rows)
    known = Known()
    known.sizes["all", "male"] = 42, 60
    flows.histogram(known, "dosing_histogram.csv", frame)
    cells = [f"dosing_histogram.csv|{n}" for n in (2, 4, 5)]
    assert [known.puzzle.values(cell, 5) for cell in cells] == [[1, 2, 3]] * 3
    place = known.where[cells[0]]
    cell = hidden.Cell(place, False, (1, 2, 3), 5)
    mended = hidden.without({"dosing_histogram.csv": frame}, [cell], {})["dosing_histogram.csv"]
    assert mended["n"].to_list() == [0, None, None, 27, None, None, 0]


def test_a_feature_of_few_people_shows_no_bin_at_all() -> None:
    """Which bins are empty would tell of the others; of the other feature all stays."""
    few = [{"feature": "days", "label": "d", "lo": n, "hi": n + 1, "n": [0, None, None, 0][n]}
           for n in range(4)]  # fmt: skip
    many = [{"feature": "dose", "label": "g", "lo": n, "hi": n + 1, "n": 7} for n in range(2)]
    frame = pl.DataFrame(few + many)
    known = Known()
    known.sizes["all", "male"] = 7, 60
    flows.histogram(known, "dosing_histogram.csv", frame)
    cells = [f"dosing_histogram.csv|{n}" for n in range(4)]
    assert known.puzzle.values(cells[1], 9) == [1, 2, 3, 4, 5, 6]
    cell = hidden.Cell(known.where[cells[1]], False, (1, 2), 5)
    mended = hidden.without({"dosing_histogram.csv": frame}, [cell], {})["dosing_histogram.csv"]
    assert mended["n"].to_list() == [None] * 4 + [7, 7]
    known = Known()
    known.sizes["all", "male"] = 7, 60
    flows.histogram(known, "dosing_histogram.csv", mended)
    assert [len(known.puzzle.values(cell, 5)) for cell in cells] == [5] * 4


def _outcome(variable: str, exposed: int | None, control: int) -> dict[str, object]:
    """A row of Table 2 of 421 exposed and 429 controls; without the exposed, without all."""
    counts = {"exposed": (exposed, 421), "control": (control, 429)}
    counts["all"] = (None if exposed is None else exposed + control, 850)
    row: dict[str, object] = {f"n_{arm}": n for arm, (_, n) in counts.items()}
    row |= {f"events_{arm}": events for arm, (events, _) in counts.items()}
    return {"kind": "binary", "variable": variable, "label": variable, **row}


def test_rows_of_procedures_less_the_others_are_those_of_the_hidden_one() -> None:
    """65 rows used, 32 people with CRRT, 25 prone: 8 had ECMO, 5 of them are told, 3 exposed."""
    rows = [_outcome("crrt", 16, 16), _outcome("prone_position", 7, 18), _outcome("ecmo", None, 5)]
    spent = pl.DataFrame(
        {
            **{"hospital_id": ["A", "B"], "table": ["procedure"] * 2, "rows_read": [44, 28]},
            **{"rows_used": [37, 28], "rows_out_of_scope": [7, 0], "rows_quarantined": [0, 0]},
        }
    )
    tables = {"table2.csv": pl.DataFrame(rows, infer_schema_length=None), "ledger.csv": spent}

    def ecmo(tables: dict[str, pl.DataFrame]) -> Cell:
        cells = of_tables(tables, 5)
        (cell,) = [c for c in cells if c.place.words == "ecmo, exposed"]
        return cell

    assert ecmo(tables).values == (3,)
    shown = ledger(spent, 5)
    assert shown["rows_used"].to_list() == [35, 25]
    assert shown["rounded_down_to"].to_list() == [5, 5]
    assert not ecmo(tables | {"ledger.csv": shown}).disclosed


def test_few_rows_that_are_used_are_few_people() -> None:
    frame = pl.DataFrame(
        {
            **{"hospital_id": ["A", "A", "B"], "table": ["procedure", "lab", "procedure"]},
            **{"rows_read": [30, 900, 2], "rows_used": [3, 400, 2]},
            **{"rows_out_of_scope": [27, 500, 0], "rows_quarantined": [0, 0, 0]},
        }
    )
    shown = ledger(frame, 5)
    assert shown["rows_read"].to_list() == [30, 900, None]
    assert shown["rows_used"].to_list() == [None, 400, None]
    assert shown["rows_out_of_scope"].to_list() == [None, 500, None]


@pytest.mark.parametrize("count", ["inf", "NaN", "-inf"])
def test_what_is_no_count_is_refused_by_name(tmp_path: Path, count: str) -> None:
    text = f"curve,n_exposed,n_control\nsurvival,85.0,{count}\n"
    (tmp_path / "table1.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"table1\.csv: n_control holds what is no count"):
        attack(tmp_path, 5)
