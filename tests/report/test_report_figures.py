"""The figures of a study, held to what they draw: places, words, colours and lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ehrivig.figures.style import CONTROL, EXPOSED, INK, LIGHT, QUIET, VERMILION
from ehrivig.report import figures, flow, large_scale


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were saved; nothing is written."""
    found: list[Figure] = []
    for module in (figures, flow):
        monkeypatch.setattr(module, "save", lambda figure, path, finding: found.append(figure))
    return found


def words(axes: Any) -> list[tuple[float, float, str]]:
    """Where each text of an axes stands."""
    return [(*text.get_position(), text.get_text()) for text in axes.texts]


def colours(artist: Any) -> list[str]:
    return [to_hex(colour).upper() for colour in np.atleast_2d(artist.get_facecolor())]


BALANCE = pl.DataFrame(
    {
        "label": ["age", "sex", "unknown", "crp"],
        "smd_unmatched": [-0.5, 0.2, None, 0.9],
        "smd_matched": [0.05, -0.3, 0.1, None],
    }
)


def test_the_love_plot_has_the_largest_difference_on_top(saved: list[Figure]) -> None:
    figures.love_plot(BALANCE, Path("love.svg"))
    (axes,) = saved[0].axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["sex", "age", "crp"]
    between, before, after = axes.collections
    assert before.get_offsets().tolist() == [[0.2, 0], [0.5, 1], [0.9, 2]]
    assert after.get_offsets()[:2].tolist() == [[0.3, 0], [0.05, 1]]
    assert np.ma.getmaskarray(after.get_offsets())[2, 0] or np.isnan(after.get_offsets()[2, 0])
    assert [line[:, 0].tolist() for line in between.get_segments()] == [
        [0.2, 0.3],
        [0.05, 0.5],
        [0.9, 0.9],
    ]
    assert to_hex(between.get_edgecolor()[0]) == LIGHT
    assert to_hex(before.get_edgecolor()[0]).upper() == CONTROL
    assert before.get_facecolor().size == 0  # hollow: told apart without colour
    assert colours(after) == [EXPOSED]
    (limit,) = axes.lines
    assert (limit.get_xdata(), limit.get_color()) == ([0.1, 0.1], INK)
    low, high = axes.get_ylim()
    assert low < 0 < 2 < high
    assert axes.get_xlim()[0] == 0
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "before matching",
        "after matching",
    ]


def test_a_love_plot_grows_with_its_rows(saved: list[Figure]) -> None:
    many = pl.concat([BALANCE] * 10)
    figures.love_plot(BALANCE, Path("love.svg"))
    figures.love_plot(many, Path("love.svg"))
    few, long = (figure.get_size_inches()[1] for figure in saved)
    assert few == 2.5
    assert long == pytest.approx(figures.ROW_INCHES * 30 + 1.1)


def test_a_love_plot_has_its_groups_and_marks_what_is_in_the_score(saved: list[Figure]) -> None:
    table = BALANCE.with_columns(
        group=pl.Series(["", "", "Signs", "Labs"]), in_score=pl.Series([True, False, True, False])
    )
    figures.love_plot(table, Path("love.svg"))
    (axes,) = saved[0].axes
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names == ["sex", "\u2022 age", "", "crp", ""]  # from the foot; a heading has no name
    headings = [(text.get_text(), text.get_position()[1]) for text in axes.texts]
    assert headings == [("General", 2), ("Labs", 4)]  # nothing is known of the signs
    _, before, _ = axes.collections
    shown = before.get_offsets()
    assert [row for row in shown.tolist() if row[0] is not None] == [[0.2, 0], [0.5, 1], [0.9, 3]]


def test_the_overlap_has_the_exposed_above_and_the_others_below(saved: list[Figure]) -> None:
    table = pl.DataFrame(
        {"lo": [0.0, 0.1], "hi": [0.1, 0.2], "exposed": [3, None], "control": [7, 11]}
    )
    figures.overlap(table, Path("overlap.svg"))
    (axes,) = saved[0].axes
    exposed, control = axes.containers
    assert [bar.get_height() for bar in exposed] == [3, 0]
    assert [bar.get_height() for bar in control] == [-7, -11]
    assert [bar.get_x() + bar.get_width() / 2 for bar in exposed] == pytest.approx([0.05, 0.15])
    assert 0.05 < exposed[0].get_width() < 0.1
    assert {bar.get_hatch() for bar in exposed} == {""}
    assert {bar.get_hatch() for bar in control} == {"////"}
    assert (colours(exposed[0]), colours(control[0])) == ([EXPOSED], [CONTROL])
    assert axes.yaxis.get_major_formatter()(-1234.0, None) == "1,234"
    assert axes.lines[0].get_ydata() == [0, 0]
    assert axes.lines[0].get_color() == INK
    assert axes.get_xlim() == (0, 1)


def test_an_overlap_of_nobody_is_drawn(saved: list[Figure]) -> None:
    columns = dict.fromkeys(("lo", "hi", "exposed", "control"), pl.Float64)
    figures.overlap(pl.DataFrame(schema=columns), Path("overlap.svg"))
    assert [len(bars) for bars in saved[0].axes[0].containers] == [0, 0]


def curve(group: str, times: list[float], **columns: list[Any]) -> pl.DataFrame:
    values = {"estimate": [1.0 - t / 50 for t in times], "at_risk": [None] * len(times)} | columns
    limits = {"lo": [0.1] * len(times), "hi": [0.9] * len(times)}
    types = {"at_risk": pl.Int64, "time": pl.Float64}
    return pl.DataFrame(
        {"group": [group] * len(times), "time": times, **values, **limits}, schema_overrides=types
    )


def drawn(saved: list[Figure], table: pl.DataFrame, y_label: str = "Survival", **more: Any) -> Any:
    figures.curves(table, Path("curves.svg"), y_label=y_label, x_label="days", **more)
    (axes,) = saved[-1].axes
    return axes


def test_curves_are_steps_of_each_arm_in_the_order_of_time(saved: list[Figure]) -> None:
    table = pl.concat([curve("control", [0.0, 5.0]), curve("exposed", [9.0, 0.0, 4.0])])
    axes = drawn(saved, table, notes="a note")
    exposed, control = axes.lines
    assert exposed.get_xdata().tolist() == [0, 4, 9]
    assert exposed.get_ydata().tolist() == pytest.approx([1, 0.92, 0.82])
    assert control.get_xdata().tolist() == [0, 5]
    assert [line.get_drawstyle() for line in axes.lines] == ["steps-post"] * 2
    assert [(line.get_color(), line.get_linestyle()) for line in axes.lines] == [
        (EXPOSED, "-"),
        (CONTROL, "--"),
    ]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_ylim()) == (
        "days",
        "Survival",
        (0, 1.02),
    )
    assert axes.get_title(loc="left") == "a note"
    assert axes._left_title.get_color() == QUIET
    assert axes.get_xlim()[0] == 0
    assert words(axes) == []  # nothing is known of the numbers at risk
    assert saved[0].get_size_inches()[1] == 3.6


def test_names_of_a_study_are_no_mathematics(saved: list[Figure]) -> None:
    """A dollar in a label is a dollar: as a formula this one cannot be drawn."""
    low = {"estimate": [0.0, 0.1]}
    table = pl.concat([curve("control", [0.0, 5.0], **low), curve("exposed", [0.0, 9.0], **low)])
    names = {"exposed": r"$\drug$", "control": "none"}
    axes = drawn(saved, table, r"Risk of $\death$", names=names, whole=False)
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [r"$\drug$", "none"]
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] < 1.01


def test_an_arm_without_a_curve_is_said_to_have_none(saved: list[Figure]) -> None:
    axes = drawn(saved, curve("exposed", [0.0, 5.0]))
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["exposed", "unexposed: not shown (few people)"]


def test_a_curve_ends_where_its_next_value_is_not_shown(saved: list[Figure]) -> None:
    """Deaths that are hidden are no survival: the line does not go on as it was."""
    hidden = curve("control", [0.0, 28.0], estimate=[0.0, None])
    later = curve("exposed", [0.0, 7.0, 20.0, 28.0], estimate=[0.0, 0.3, None, None])
    axes = drawn(saved, pl.concat([hidden, later]))
    exposed, control = axes.lines
    assert exposed.get_xdata().tolist() == [0, 7, 7, 20, 28]
    assert np.isnan(exposed.get_ydata()).tolist() == [False, False, True, True, True]
    assert np.isnan(control.get_ydata()).tolist() == [False, True, True]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [
        "exposed: not shown after day 7 (few people)",
        "unexposed: not shown (few people)",
    ]


def test_a_curve_goes_on_after_a_value_that_is_not_shown(saved: list[Figure]) -> None:
    gap = curve("control", [0.0, 5.0, 9.0, 12.0], estimate=[1.0, None, 0.8, 0.8])
    axes = drawn(saved, pl.concat([gap, curve("exposed", [0.0, 9.0])]))
    values = axes.lines[1].get_ydata()
    assert np.isnan(values).tolist() == [False, True, True, False, False]
    assert axes.get_legend().get_texts()[1].get_text() == "unexposed"


@pytest.mark.parametrize(
    ("y_label", "corner"), [("Survival", "lower left"), ("Cumulative incidence", "upper left")]
)
def test_the_legend_keeps_out_of_the_way_of_the_curves(
    saved: list[Figure], y_label: str, corner: str
) -> None:
    table = pl.concat([curve("control", [0.0, 5.0]), curve("exposed", [0.0, 9.0])])
    legend = drawn(saved, table, y_label).get_legend()
    assert legend._loc == legend.codes[corner]


def test_numbers_at_risk_stand_under_their_days(saved: list[Figure]) -> None:
    table = pl.concat(
        [
            curve("control", [0.0, 6.0, 13.0], at_risk=[2000, None, 70]),
            curve("exposed", [0.0, 8.0, 14.0], at_risk=[90, 80, 70]),
        ]
    )
    axes = drawn(saved, table)
    assert axes.get_xticks().tolist() == [0, 7, 14]
    title, *rest = axes.texts
    assert title.get_text() == "at risk"
    assert title.get_transform() == axes.transAxes
    assert title.get_color() == QUIET
    assert title.get_position()[0] < 0
    arms, numbers = (rest[0], rest[4]), (rest[1:4], rest[5:8])
    assert [arm.get_text() for arm in arms] == ["exposed", "unexposed"]
    assert [arm.get_color() for arm in arms] == [EXPOSED, CONTROL]
    assert all(arm.get_transform() == axes.transAxes for arm in arms)
    assert all(arm.get_position()[0] < 0 for arm in arms)
    assert [[n.get_text() for n in line] for line in numbers] == [
        ["90", "80", "70"],
        ["2,000", "<", "70"],
    ]
    assert [n.get_position()[0] for n in numbers[0]] == [0, 7, 14]
    heights = [title.get_position()[1], *(arm.get_position()[1] for arm in arms)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] < 0
    assert [n.get_position()[1] for n in numbers[1]] == [heights[2]] * 3
    assert saved[0].get_size_inches()[1] == 4.4


def test_the_days_of_numbers_at_risk_end_with_the_curves(saved: list[Figure]) -> None:
    both = [curve(arm, [0.0, 40.0], at_risk=[9, 6]) for arm in ("exposed", "control")]
    assert drawn(saved, pl.concat(both)).get_xticks().tolist() == [0, 7, 14, 21, 28]


def test_an_arm_without_a_curve_has_no_numbers(saved: list[Figure]) -> None:
    axes = drawn(saved, curve("exposed", [0.0, 3.0], at_risk=[9, 6]))
    assert [text.get_text() for text in axes.texts] == ["at risk", "exposed", "9", "unexposed", ""]


def test_each_feature_of_the_dose_has_a_panel(saved: list[Figure]) -> None:
    table = pl.DataFrame(
        {
            "feature": ["days", "days", "grams"],
            "label": ["Duration, days", "Duration, days", "Dose, g"],
            "lo": [1, 2, 0],
            "hi": [2, 3, 10],
            "n": [12, None, 30],
        }
    )
    figures.dosing_histograms(table, Path("dosing.svg"))
    days, grams = saved[0].axes
    assert [(bar.get_x(), bar.get_height()) for bar in days.patches] == [(1, 12), (2, 0)]
    assert [(bar.get_x(), bar.get_height()) for bar in grams.patches] == [(0, 30)]
    assert (days.get_xlabel(), grams.get_xlabel()) == ("Duration, days", "Dose, g")
    assert {days.get_ylabel(), grams.get_ylabel()} == {"admissions"}
    assert colours(grams.patches[0]) == [EXPOSED]
    assert grams.patches[0].get_width() == pytest.approx(9.2)
    assert saved[0].get_size_inches()[1] == pytest.approx(4.2)


def test_a_feature_of_which_nothing_is_shown_has_no_panel(saved: list[Figure]) -> None:
    """Bins of nobody beside hidden ones are no histogram: an empty panel says that nobody was."""
    table = pl.DataFrame(
        {
            "feature": ["days", "days", "hours", "hours"],
            "label": ["Days", "Days", "Hours", "Hours"],
            "lo": [0, 1, 0, 1],
            "hi": [1, 2, 1, 2],
            "n": [12, None, 0, None],
        }
    )
    figures.dosing_histograms(table, Path("dosing.svg"))
    assert [axes.get_xlabel() for axes in saved[0].axes] == ["Days"]


ATTRITION = pl.DataFrame(
    {
        "step": [1, 0, 0, 2],
        "label": ["Adult", "Admitted", "Admitted", "Severe"],
        "hospital_id": ["all", "all", "A", "all"],
        "patients": [1800, 2000, 900, 700],
        "admissions": [1900, 2100, 950, 800],
        "excluded": [200, 0, 0, 1100],
        "excluded_not_measured": [0, 0, 0, 3],
    }
)
ARMS = {"IVIG": "100", "no IVIG": "600", "IVIG, matched": "90", "no IVIG, matched": "90"}
UNMATCHED = "Not matched: 10 and 510\nno partner in the caliper"


def test_the_flow_chart_tells_the_steps_in_their_order(saved: list[Figure]) -> None:
    flow.flow_chart(ATTRITION, ARMS, UNMATCHED, [], 5, Path("flow.svg"))
    (axes,) = saved[0].axes
    found = {text.replace("\n", " "): (x, y) for x, y, text in words(axes) if text}
    assert found == {
        "Admitted 2,000 patients, 2,100 admissions": (3, 0),
        "Adult 1,800 patients, 1,900 admissions": (3, -1),
        "Severe 700 patients, 800 admissions": (3, -2),
        "Excluded: 200 not met: Adult": (7.9, -0.5),
        "Excluded: 1,100 (not measured: <5) not met: Severe": (7.9, -1.5),
        "IVIG 100": (1.55, -3),
        "no IVIG 600": (4.45, -3),
        "IVIG, matched 90": (1.55, -4),
        "no IVIG, matched 90": (4.45, -4),
        "Not matched: 10 and 510 no partner in the caliper": (7.9, -3.5),
    }
    low, high = axes.get_ylim()
    assert low < -4.2 < 0.2 < high
    assert not axes.axison
    edges = [to_hex(patch.get_edgecolor()) for patch in axes.patches]
    assert edges == [INK, INK, QUIET, INK, QUIET] + [INK] * 4 + [QUIET]


def test_arrows_lead_from_step_to_step_and_to_the_excluded(saved: list[Figure]) -> None:
    flow.flow_chart(ATTRITION, ARMS, UNMATCHED, [], 5, Path("flow.svg"))
    (axes,) = saved[0].axes
    arrows = [(*t.xyann, *t.xy) for t in axes.texts if not t.get_text()]
    down = [arrow for arrow in arrows if arrow[0] == arrow[2]]
    across = [arrow for arrow in arrows if arrow[0] != arrow[2]]
    assert [(x, end) for x, _, _, end in down] == [
        *((x, pytest.approx(y)) for x, y in ((3, -0.7), (3, -1.7))),
        *((x, pytest.approx(y)) for y in (-2.7, -3.7) for x in (1.55, 4.45)),
    ]
    assert all(start > end for _, start, _, end in down)
    assert across == [
        (x, y, pytest.approx(5.95), y) for x, y in ((3, -0.5), (3, -1.5), (4.45, -3.5))
    ]


def test_hospitals_left_out_have_a_box_of_their_own(saved: list[Figure]) -> None:
    flow.flow_chart(ATTRITION, {}, "", ["A", "B"], 5, Path("flow.svg"))
    (axes,) = saved[0].axes
    found = {text.replace("\n", " "): (x, y) for x, y, text in words(axes)}
    assert found["Hospitals left out by the data gate: A, B"] == (7.9, 0)
    assert to_hex(axes.patches[-1].get_edgecolor()).upper() == VERMILION


def test_a_balance_of_all_that_was_coded_of_which_nothing_may_be_told(tmp_path: Path) -> None:
    """A later release blanks what is new in it; small cohorts have no covariate to show."""
    steps = pl.DataFrame(
        {"score": ["study"], "before": [None], "after": [None], "covariates": [None]},
        schema_overrides={"before": pl.String, "after": pl.String, "covariates": pl.String},
    )
    for grid in (steps, steps.clear()):
        large_scale.balance(grid, tmp_path / "balance.svg")
        assert "of 0 covariates" in (tmp_path / "balance.svg").read_text(encoding="utf-8")
