"""Who an analysis leaves out, for a value of theirs is not known: how many of these died."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables
from ehrivig.release.hidden import until_safe

SMALLEST = 5
MAIN = "IVIG vs no IVIG"
Row = dict[str, Any]


def row(contrast: str, exposed: tuple[int, int], control: tuple[int, int], **more: Any) -> Row:
    """Events and people of both arms."""
    return {
        **{"analysis": "main", "contrast": contrast, "outcome": "death_28d", "model": "m"},
        **{"measure": "OR", "population": "matched", "estimate": 0.7, "adjusted": False},
        **{"events_exposed": exposed[0], "n_exposed": exposed[1], "note": "read with care"},
        **{"events_control": control[0], "n_control": control[1], "risk_exposed": 0.3},
        **more,
    }


def tables(*rows: Row) -> dict[str, pl.DataFrame]:
    return {"effects.csv": pl.DataFrame(rows)}


def had(found: dict[str, pl.DataFrame]) -> list[tuple[int, str]]:
    """Row and arm of what can be had of few who are left out."""
    cells = [cell for cell in of_tables(found, SMALLEST) if cell.disclosed]
    told = {
        (c.place.row, c.place.words.rsplit(" ", 1)[-1])
        for c in cells
        if "left out" in c.place.words
    }
    return sorted(told)


WHOLE = row(MAIN, (74, 220), (89, 220))


def subgroup(side: str, exposed: tuple[int, int], control: tuple[int, int]) -> Row:
    return row(f"Leucocytes >= 10: {side}", exposed, control, analysis="subgroup")


def test_who_died_with_no_leucocytes_measured_is_hidden_with_the_smaller_side() -> None:
    """One of the exposed has none and lived; of six controls three died."""
    both = subgroup("yes", (11, 24), (31, 83)), subgroup("no", (63, 195), (55, 131))
    together = row("Leucocytes >= 10: yes against no", (74, 219), (86, 214), analysis="interaction")
    found = tables(WHOLE, *both, together)
    assert had(found) == [(1, "control"), (1, "exposed"), (3, "control"), (3, "exposed")]
    safe, done, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert len(done) >= 2
    shown = safe["effects.csv"]
    assert shown["estimate"].to_list() == [0.7, None, 0.7, None]
    assert shown["events_exposed"].to_list() == [74, None, 63, None]
    assert shown["n_exposed"].to_list() == [220, 24, 195, 219]


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (((7, 21), (9, 19)), ["control"]),  # two controls are on the other side
        (((6, 19), (5, 10)), ["exposed"]),  # of two exposed one died
        (((7, 21), (5, 10)), []),  # of eleven six died
    ],
)
def test_a_side_that_has_no_estimate_is_the_rest_of_the_whole(
    shown: tuple[tuple[int, int], tuple[int, int]], told: list[str]
) -> None:
    """The other side failed for want of people and has no counts; nor has it a measure."""
    whole, nothing = row(MAIN, (7, 21), (11, 21)), dict.fromkeys(("measure", "model", "estimate"))
    hidden = subgroup("yes", (0, 0), (0, 0)) | nothing
    hidden |= {f"{what}_{arm}": None for what in ("n", "events") for arm in ("exposed", "control")}
    found = tables(whole, hidden, subgroup("no", *shown))
    cells = [c for c in of_tables(found, SMALLEST) if c.disclosed]
    assert sorted({c.place.words.rsplit(" ", 1)[-1] for c in cells if c.place.row == 2}) == told
    safe, _, left = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert (safe["effects.csv"]["n_exposed"][2] is None) == bool(told)


def test_an_adjusted_estimate_stays_without_the_events_of_the_arm() -> None:
    """Of six controls without a covariate two died; no exposed lacks one."""
    all_of = row(MAIN, (164, 421), (154, 429), population="all")
    weighted = row(MAIN, (164, 421), (152, 423), population="all", adjusted=True)
    naive = row("IVIG ever vs never (naive)", (164, 421), (152, 423), population="all")
    found = tables(all_of, weighted | {"analysis": "weighting"}, naive | {"analysis": "time_zero"})
    assert had(found) == [(1, "control"), (2, "control")]
    shown = until_safe(found, SMALLEST)[0]["effects.csv"]
    assert shown["events_control"].to_list() == [154, None, None]
    assert shown["events_exposed"].to_list() == [164, 164, 164]
    assert shown["estimate"].to_list() == [0.7, 0.7, None]
    assert shown["risk_exposed"].to_list() == [0.3, 0.3, 0.3]
    assert (
        shown["note"].to_list()[1]
        == "read with care; not shown: it would tell a count of few people"
    )


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ((74, 220), False),  # nobody is left out
        ((67, 208), False),  # of twelve seven died
        ((70, 208), True),  # of twelve four died
        ((66, 208), True),  # eight died, and four did not
        ((74, 219), True),  # one lived
        ((73, 219), True),  # one died
        ((80, 215), False),  # other people: more died of fewer
    ],
)
def test_few_are_told_of_and_nobody_or_enough_are_not(part: tuple[int, int], found: bool) -> None:
    known = row(MAIN, part, (89, 220), population="matched, complete case", analysis="missing_data")
    assert bool(had(tables(WHOLE, known))) == found


def test_the_hospitals_together_are_those_of_whom_the_covariates_are_known() -> None:
    """39 and 113 of 423 controls died, 154 of 429: two of the six who are left out."""
    all_of = row(MAIN, (164, 421), (154, 429), population="all")
    parts = [
        row(
            MAIN,
            exposed,
            control,
            population=f"hospital {name}",
            adjusted=True,
            analysis="hospital",
        )
        for name, exposed, control in (
            ("A", (60, 153), (39, 109)),
            ("B", (104, 268), (113, 314)),
        )
    ]
    found = tables(all_of, *parts)
    assert had(found) == [(1, "control")]
    safe, _, left = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert safe["effects.csv"]["events_control"].to_list() == [154, None, 113]
    assert safe["effects.csv"]["estimate"].to_list() == [0.7, 0.7, 0.7]


def test_the_time_dependent_model_is_of_them_too() -> None:
    all_of = row(MAIN, (164, 421), (154, 429), population="all")
    name = "IVIG from its start on (time-dependent Cox)"
    model = row(name, (164, 421), (152, 423), population="all", analysis="time_zero")
    assert had(tables(all_of, model)) == [(1, "control")]


def test_trials_are_held_against_each_comparison_by_itself() -> None:
    """429 and 423 controls, of whom 400 are in a trial: 29 and 23 are both right."""
    trials = row("IVIG starting now vs not yet (sequential trials)", (98, 253), (534, 3656))
    naive = row("IVIG ever vs never (naive)", (107, 265), (107, 525))
    rows = [one | {"population": "all"} for one in (row(MAIN, (111, 271), (119, 546)), naive)]
    found = tables(*rows, trials | {"population": "all"})
    cells = [cell for cell in of_tables(found, SMALLEST) if "sequential" in cell.place.words]
    assert sorted(cell.values for cell in cells if cell.disclosed) == [(3,)]


def test_people_who_are_matched_anew_are_no_part_of_the_matched() -> None:
    others = [
        row(MAIN, (70, 218), (89, 220), population=people, analysis="hospital")
        for people in ("all but hospital A", "matched, imputed")
    ]
    assert had(tables(WHOLE, *others)) == []


def test_a_model_of_fewer_than_everybody_tells_no_counts() -> None:
    """The table of outcomes is of 850 people of whom 318 died, the model of 844 and 316."""
    outcome: Row = {"kind": "binary", "variable": "death_28d", "label": "28-day mortality"}
    for arm, (events, n) in {
        "all": (318, 850),
        "exposed": (164, 421),
        "control": (154, 429),
    }.items():
        outcome |= {f"events_{arm}": events, f"n_{arm}": n}
    terms = [
        {
            "outcome": "death_28d",
            "term": term,
            "label": term,
            "odds_ratio": 1.1,
            "n": 844,
            "events": 316,
        }
        for term in ("age", "sofa")
    ]
    found = {"table2.csv": pl.DataFrame([outcome]), "table_s2.csv": pl.DataFrame(terms)}
    assert any(cell.disclosed for cell in of_tables(found, SMALLEST))
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["table_s2.csv"]["odds_ratio"].to_list() == [1.1, 1.1]
    assert safe["table_s2.csv"].select("n", "events").null_count().row(0) == (2, 2)
    assert safe["table2.csv"]["events_all"].item() == 318


@pytest.mark.parametrize(
    ("n", "events", "few"),
    [
        *((850, 318, []), (849, 318, [(1,)]), (849, 317, [(1,)]), (844, 316, [(2,), (4,)])),
        *((840, 308, []), (840, 316, [(2,)]), (849, 319, []), (851, 318, [])),
    ],
)
def test_how_many_a_model_leaves_out_with_its_event_and_without(
    n: int, events: int, few: list[tuple[int, ...]]
) -> None:
    outcome: Row = {"kind": "binary", "variable": "death", "label": "Death"}
    for arm, (of_arm, size) in {"all": (318, 850), "exposed": (164, 421)}.items():
        outcome |= {f"events_{arm}": of_arm, f"n_{arm}": size}
    outcome |= {"events_control": 154, "n_control": 429}
    model = {"outcome": "death", "term": "age", "label": "Age", "n": n, "events": events}
    found = {"table2.csv": pl.DataFrame([outcome]), "table_s2.csv": pl.DataFrame([model])}
    cells = [c for c in of_tables(found, SMALLEST) if "who is left out" in c.place.words]
    assert sorted(c.values for c in cells if c.disclosed) == few


def test_a_comparison_of_which_one_arm_is_told_is_held_against_in_that_arm() -> None:
    whole = WHOLE | {"events_control": None}
    part = row(MAIN, (70, 208), (89, 220), population="matched, complete case", analysis="x")
    assert had(tables(whole, part)) == [(1, "exposed")]


def test_a_part_that_stands_first_is_not_the_whole() -> None:
    part = row(MAIN, (70, 208), (89, 220), population="matched", analysis="missing_data")
    assert had(tables(part, WHOLE)) == [(0, "exposed")]
    assert had(tables(part, part)) == []  # nobody told the whole


def test_sides_of_two_measures_are_no_two_sides() -> None:
    yes, no = subgroup("yes", (11, 24), (31, 83)), subgroup("no", (63, 195), (55, 131))
    assert had(tables(WHOLE, yes, no)) != []
    assert had(tables(WHOLE, yes, no | {"measure": "RD"})) == []


def test_who_is_exposed_after_the_last_trial_is_no_few() -> None:
    """Trials of seven days: of 140 exposed four began later, and three of these died."""
    everybody = {"population": "all", "adjusted": True, "analysis": "time_zero"}
    whole = row(MAIN, (55, 140), (51, 143), population="all")
    naive = row("IVIG ever vs never (naive)", (55, 140), (51, 141), **everybody)
    contrast = "IVIG starting now vs not yet (sequential trials)"
    late = row(contrast, (52, 136), (266, 1081), **everybody, risk_control=0.24)
    found = tables(whole, naive, late)
    said = {c.place.words: c.values for c in of_tables(found, SMALLEST) if c.disclosed}
    assert said[f"{contrast}, death_28d: exposed after the last, counts exposed"] == (4,)
    shown = until_safe(found, SMALLEST)[0]["effects.csv"].row(2, named=True)
    assert (shown["n_exposed"], shown["events_exposed"], shown["estimate"]) == (None, None, 0.7)
    assert (shown["n_control"], shown["events_control"]) == (1081, 266)
    enough = tables(whole, naive, late | {"n_exposed": 120, "events_exposed": 45})
    assert not [c for c in of_tables(enough, SMALLEST) if c.disclosed and c.place.row == 2]


HIDDEN = (
    "fewer than 5 of 264 admissions left out: exposed before time zero, or a first dose that "
    "nobody can read, and 3 of 264 admissions left out: a covariate missing; weights as they are"
)
CLONES = "IVIG within 48 h vs not (clone-censor-weight)"
NAIVE = "IVIG ever vs never (naive)"


@pytest.mark.parametrize(
    ("contrast", "exposed", "control"),
    [(CLONES, (40, 259), (60, 259)), (NAIVE, (60, 153), (50, 106))],
)
def test_how_many_are_left_out_is_hidden_where_the_note_hides_it(
    contrast: str, exposed: tuple[int, int], control: tuple[int, int]
) -> None:
    """264 less 259 less 3 are the 2 that were treated before."""
    one = row(contrast, exposed, control, population="all", note=HIDDEN, adjusted=True)
    assert [cell.values for cell in of_tables(tables(one), SMALLEST) if cell.disclosed] == [(2,)]
    safe, done, cells = until_safe(tables(one), SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert done == [f"effects.csv: {contrast}: who is left out, how many there are in all"]
    shown = safe["effects.csv"].row(0, named=True)
    assert shown["n_exposed"] is shown["n_control"] is None
    assert shown["estimate"] == 0.7
    assert shown["events_control"] == control[0]


def test_the_clones_of_one_arm_are_everybody() -> None:
    one = row(CLONES, (40, 259), (60, 259), population="all", note=HIDDEN, adjusted=True)
    found = tables(one | {"n_control": None, "events_control": None})
    assert [cell.values for cell in of_tables(found, SMALLEST) if cell.disclosed] == [(2,)]


@pytest.mark.parametrize("column", ["outcome", "population"])
def test_trials_are_held_against_everybody_of_the_same_comparison(column: str) -> None:
    everybody = {"population": "all", "adjusted": True, "analysis": "time_zero"}
    naive = row(NAIVE, (55, 140), (51, 141), **everybody)
    late = row("IVIG now vs not yet (sequential trials)", (52, 136), (266, 1081), **everybody)

    def late_of(first: Row) -> list[str]:
        cells = of_tables(tables(first, late), SMALLEST)
        return [c.place.words for c in cells if "after the last" in c.place.words]

    assert late_of(naive)
    assert not late_of(naive | {column: "other"})


def test_how_many_are_left_out_is_told_where_the_note_tells_it() -> None:
    note = "2 of 264 admissions left out: a covariate missing"
    one = row(CLONES, (40, 262), (60, 262), population="all", note=note, adjusted=True)
    assert not any(cell.disclosed for cell in of_tables(tables(one), SMALLEST))


def outcomes(variable: str, **arms: tuple[int | None, int]) -> Row:
    """A row of the table of outcomes."""
    found: Row = {"kind": "binary", "variable": variable, "label": variable}
    for arm, (events, n) in arms.items():
        found |= {f"events_{arm}": events, f"n_{arm}": n}
    return found


@pytest.mark.parametrize(
    ("n", "events", "few"),
    [(61, 10, [(3,)]), (60, 10, [(3, 4)]), (60, 9, [(2, 3)]), (57, 9, []), (61, 13, [])],
)
def test_events_of_a_model_are_those_of_both_arms(
    n: int, events: int, few: list[tuple[int, ...]]
) -> None:
    """Of 61 people in the model ten died, of 30 controls seven: so three of the exposed did."""
    table = outcomes("death", all=(None, 61), exposed=(None, 31), control=(7, 30))
    model = {"outcome": "death", "term": "age", "label": "Age", "odds_ratio": 1.1}
    found = {
        "table2.csv": pl.DataFrame([table]),
        "table_s2.csv": pl.DataFrame([model | {"n": n, "events": events}]),
    }
    cells = [cell for cell in of_tables(found, SMALLEST) if cell.disclosed]
    assert [cell.values for cell in cells] == few
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["table2.csv"]["events_control"].item() == 7
    assert safe["table_s2.csv"]["odds_ratio"].item() == 1.1
    assert (safe["table_s2.csv"]["events"].item() is None) == bool(few)


def test_an_outcome_without_a_comparison_of_everybody_is_held_against_the_table() -> None:
    """Of 155 controls 11 had it, of the 153 that are weighted ten: of the two that are left one."""
    table = outcomes("hernia", all=(16, 227), exposed=(5, 72), control=(11, 155))
    weighted = row(MAIN, (5, 72), (10, 153), population="all", analysis="negative_control")
    main = row(MAIN, (24, 72), (44, 155), population="all")
    found = tables(main, weighted | {"outcome": "hernia"})
    assert had(found) == []
    found["table2.csv"] = pl.DataFrame([table])
    assert had(found) == [(1, "control")]
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["table2.csv"]["events_control"].item() == 11
    assert safe["effects.csv"]["events_exposed"].to_list() == [24, 5]


def test_who_is_in_no_pair_made_without_a_hospital() -> None:
    """210 exposed, 48 of them in hospital A, 158 in pairs of the others: four, of whom one died."""
    of = {"analysis": "hospital", "adjusted": True}
    found = tables(
        row(MAIN, (80, 210), (77, 212), population="all"),
        row(MAIN, (18, 48), (13, 35), population="hospital A", **of),
        row(MAIN, (61, 158), (50, 158), population="all but hospital A", **of),
    )
    assert had(found) == [(2, "exposed")]
    words = [cell.place.words for cell in of_tables(found, SMALLEST) if cell.disclosed]
    assert "all but hospital A, death_28d: n in no pair, exposed" in words
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["effects.csv"]["events_exposed"].to_list() == [80, 18, None]
    assert safe["effects.csv"]["n_exposed"].to_list() == [210, 48, None]
    pairs = found["effects.csv"]["population"].to_list()
    shown = [of for of in pairs if of != "hospital A"]
    assert (
        had({"effects.csv": found["effects.csv"].filter(pl.col("population").is_in(shown))}) == []
    )


def test_a_hazard_ratio_stays_without_the_events_that_tell_of_few() -> None:
    """Of 106 exposed 61 were cleared, of the 101 whose time is known 58: three without a time."""
    told = {"outcome": "clearance", "population": "all", "measure": "SHR", "model": "Fine-Gray"}
    found = tables(row(MAIN, (58, 101), (63, 109), **told), row(MAIN, (9, 112), (8, 115)))
    found["table2.csv"] = pl.DataFrame(
        [outcomes("clearance", all=(126, 220), exposed=(61, 106), control=(65, 114))]
    )
    assert had(found) == [(0, "control"), (0, "exposed")]
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    shown = safe["effects.csv"].row(0, named=True)
    assert (shown["events_exposed"], shown["events_control"], shown["estimate"]) == (
        None,
        None,
        0.7,
    )
    assert safe["table2.csv"]["events_exposed"].item() == 61
