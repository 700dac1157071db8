"""Whether a result was within limits, or so many times the baseline, with results like "<10"."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import Hospital

LIMITS = dict.fromkeys(("at_least", "at_most", "times_at_least", "times_at_most"))
HEAD = "admission_id | analyte | value_std | censored | collected_at\n"


def reached(
    hospital: Hospital,
    results: list[tuple[str, str]],
    baseline: float | None = None,
    within: float | None = 28,
    **limits: float,
) -> Any:
    """The answer for stay 1, to 01-20, of results ("<10": below 10) at some times.

    Time zero is 01-03 10:00, the baseline of the day before it and the day after.
    """
    hospital.admit(
        "admission_id | admitted_at | discharged_at | time_zero\n"
        "1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00"
    )
    for text, at in results:
        sign = text[0] if text[0] in "<>" else "-"
        value = float(text.lstrip("<>")) * (0.5 if sign == "<" else 1) if text != "-" else "-"
        hospital.draw("lab", f"{HEAD}1 | crp | {value} | {sign if text != '-' else '-'} | {at}")
    hospital.db.table("lab_baseline", "SELECT 1::BIGINT AS admission_id, $value::DOUBLE AS value",
                      {"value": baseline})  # fmt: skip
    asked = {**LIMITS, "analyte": "crp", "within_days": within}
    asked |= {"start_hours": -24, "end_hours": 24} | limits
    ((_, value),) = hospital.rows("lab_reached", **asked)
    return value


LATER = "01-10 09:00"


@pytest.mark.parametrize(
    ("result", "limits", "value"),
    [
        *(("30", {"at_least": 30}, True), ("29.9", {"at_least": 30}, False)),
        *(("30", {"at_most": 30}, True), ("30.1", {"at_most": 30}, False)),
        *(("<30", {"at_most": 30}, True), ("<31", {"at_most": 30}, None)),
        *(("<30", {"at_least": 30}, None), ("<29", {"at_least": 30}, False)),
        *((">30", {"at_least": 30}, True), (">29", {"at_least": 30}, None)),
        *((">30", {"at_most": 30}, None), (">31", {"at_most": 30}, False)),
        *(
            ("40", {"at_least": 30, "at_most": 50}, True),
            ("60", {"at_least": 30, "at_most": 50}, False),
        ),
        *(("20", {"at_least": 30, "at_most": 50}, False), ("-", {"at_least": 30}, None)),
        ("20.0000001", {"at_most": 20}, True),  # but for rounding
    ],
)
def test_a_result_within_limits(
    hospital: Hospital, result: str, limits: dict[str, float], value: bool | None
) -> None:
    assert reached(hospital, [(result, LATER)], **limits) is value


@pytest.mark.parametrize(
    ("before", "baseline", "result", "limits", "value"),
    [
        *(
            (None, 10, "20", {"times_at_least": 2}, True),
            (None, 10, "19", {"times_at_least": 2}, False),
        ),
        *(
            (None, 10, "5", {"times_at_most": 0.5}, True),
            (None, 10, "6", {"times_at_most": 0.5}, False),
        ),
        *((None, None, "20", {"times_at_least": 2}, None), (None, None, "1", {"at_most": 2}, True)),
        # "<10" lies anywhere below it
        *((("<10", "01-03 09:00"), 5, "20", {"times_at_least": 2}, True),),
        *((("<10", "01-03 09:00"), 5, "19", {"times_at_least": 2}, None),),
        *((("<10", "01-03 09:00"), 5, "6", {"times_at_most": 0.5}, False),),
        *((("<10", "01-03 09:00"), 5, "5", {"times_at_most": 0.5}, None),),
        # ">10" anywhere above it
        *(((">10", "01-03 09:00"), 10, "5", {"times_at_most": 0.5}, True),),
        *(((">10", "01-03 09:00"), 10, "6", {"times_at_most": 0.5}, None),),
        *(((">10", "01-03 09:00"), 10, "19", {"times_at_least": 2}, False),),
        # of another value, or of another time, it is not the baseline
        *(((">30", "01-03 09:00"), 10, "20", {"times_at_least": 2}, True),),
        *(((">10", "01-02 10:00"), 10, "20", {"times_at_least": 2}, None),),
        *(((">10", "01-02 09:59"), 10, "20", {"times_at_least": 2}, True),),
        *((("10", "01-03 09:00"), 10, "20", {"times_at_least": 2}, True),),
    ],
)
def test_a_result_in_times_of_the_baseline(
    hospital: Hospital,
    before: tuple[str, str] | None,
    baseline: float | None,
    result: str,
    limits: dict[str, float],
    value: bool | None,
) -> None:
    results = [*([before] if before else []), (result, LATER)]
    assert reached(hospital, results, baseline, **limits) is value


@pytest.mark.parametrize(
    ("at", "within", "value"),
    [
        *(("01-03 10:00", 28, None), ("01-03 10:01", 28, True), ("01-08 10:00", 5, True)),
        *(("01-08 10:01", 5, None), ("01-20 10:00", None, True), ("01-20 10:01", None, None)),
    ],
)
def test_results_after_time_zero_and_by_the_horizon_or_in_the_stay(
    hospital: Hospital, at: str, within: float | None, value: bool | None
) -> None:
    assert reached(hospital, [("9", at)], within=within, at_most=10) is value


def test_one_result_is_enough_and_one_that_may_be_leaves_it_open(hospital: Hospital) -> None:
    results = [("40", "01-05 09:00"), ("9", "01-06 09:00"), ("<30", "01-07 09:00")]
    assert reached(hospital, results, at_most=10) is True


def test_one_that_may_be_leaves_it_open(hospital: Hospital) -> None:
    assert reached(hospital, [("40", "01-05 09:00"), ("<30", "01-07 09:00")], at_most=10) is None


def test_below_is_no_half_where_the_zero_is_another(hospital: Hospital) -> None:
    """Of degrees or percent of another scale "<" has no upper end that half of it would give."""
    hospital.draw("ref.unit", "variable | unit | factor | shift\ncrp | x | 1 | 32\nast | y | 1 | 0")
    assert reached(hospital, [("<10", LATER)], at_most=10) is None
    assert hospital.db.rows("SELECT count(*) FROM lab") == [(1,)]
