"""Counts of two analyses that begin at different hours date the deaths between them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe

SMALLEST = 5
NAIVE, CLONED = "IVIG ever vs never (naive)", "IVIG within 48 h vs not (clone-censor-weight)"


def row(contrast: str, counts: tuple[int, int, int, int], adjusted: bool = True) -> dict[str, Any]:
    """A row of effects with n and events of the exposed and of the unexposed."""
    names = ("n_exposed", "events_exposed", "n_control", "events_control")
    told = dict(zip(names, counts, strict=True))
    rest = {"outcome": "death", "population": "all", "analysis": "time_zero", "note": ""}
    numbers = {"estimate": 0.8, "lo": 0.5, "hi": 1.3, "p": 0.4, "risk_exposed": 0.25}
    return {"contrast": contrast, "adjusted": adjusted, **told, **rest, **numbers}


def landmark(hours: int, *counts: int, adjusted: bool = True) -> dict[str, Any]:
    n, events, others, of_others = counts
    words = f"IVIG by {hours} h vs not yet (landmark)"
    return row(words, (n, events, others, of_others), adjusted)


def dated(tables: dict[str, pl.DataFrame]) -> list[Cell]:
    """The counts of few people that a release dates."""
    found = [cell for cell in of_tables(tables, SMALLEST) if cell.disclosed]
    return [cell for cell in found if " h" in cell.place.words or "grace" in cell.place.words]


def test_two_landmarks_date_a_death_and_one_of_them_is_not_counted() -> None:
    """112 are followed at 24 h and 111 at 48 h: one died on the second day."""
    frame = pl.DataFrame(
        [
            landmark(24, 21, 7, 91, 34),
            landmark(48, 32, 10, 79, 30),
            landmark(48, 32, 10, 79, 30, adjusted=False),
            landmark(72, 44, 12, 57, 20),
        ]
    )
    (left, events) = dated({"effects.csv": frame})
    assert (left.place.words, left.values) == ("left from 24 to 48 h", (1,))
    assert events.place.words == "events from 24 to 48 h"
    shown = first("effects.csv", frame, SMALLEST)
    assert dated({"effects.csv": shown}) == []
    assert shown["n_exposed"].to_list() == [21, None, None, 44]
    assert shown["estimate"].to_list() == [0.8, 0.8, None, 0.8]
    assert shown["risk_exposed"].to_list()[2] is None


def test_the_first_landmark_is_held_against_everybody() -> None:
    frame = pl.DataFrame([row(NAIVE, (56, 22, 56, 19)), landmark(24, 21, 7, 88, 31)])
    shown = first("effects.csv", frame, SMALLEST)
    assert shown["n_control"].to_list() == [56, None]


def test_everybody_is_of_time_zero() -> None:
    frame = pl.DataFrame([row(NAIVE, (56, 22, 56, 19)), landmark(24, 21, 7, 88, 31)])
    assert [cell.place.words for cell in dated({"effects.csv": frame})] == [
        *("left from 0 to 24 h", "events from 0 to 24 h")
    ]


@pytest.mark.parametrize("hidden", ["n_exposed", "events_exposed", "n_control", "events_control"])
def test_a_moment_of_which_one_count_is_hidden_dates_nobody(hidden: str) -> None:
    late = landmark(48, 32, 10, 79, 30)
    frame = pl.DataFrame([landmark(24, 21, 7, 91, 34), late])
    assert dated({"effects.csv": frame})
    told = frame.with_columns(pl.Series(hidden, [frame[hidden][0], None]))
    assert dated({"effects.csv": told}) == []


@pytest.mark.parametrize("column", ["outcome", "population"])
def test_moments_of_other_people_or_outcomes_date_nobody(column: str) -> None:
    """Nor are clones of others held against everybody, nor who began against another landmark."""
    note = "1 of 400 start within 48 h"
    rows = [
        *(row(NAIVE, (56, 22, 56, 19)), landmark(48, 21, 7, 88, 31) | {column: "other"}),
        row(CLONED, (112, 22, 112, 21)) | {column: "another", "note": note},
    ]
    assert dated({"effects.csv": pl.DataFrame(rows)}) == []


@pytest.mark.parametrize(("events", "told"), [((24, 19), False), ((25, 21), True)])
def test_clones_in_both_arms_are_the_early_deaths(events: tuple[int, int], told: bool) -> None:
    """41 died; clones have 24 and 19 deaths: two died within grace and were not exposed yet."""
    cloned = row(CLONED, (113, events[0], 113, events[1]))
    frame = pl.DataFrame([row(NAIVE, (56, 22, 57, 19)), cloned])
    assert bool(dated({"effects.csv": frame})) is not told
    shown = first("effects.csv", frame, SMALLEST)
    assert dated({"effects.csv": shown}) == []
    assert (shown["events_exposed"][1] is not None) is told
    assert shown["estimate"][1] == 0.8


def test_what_the_copies_forget_the_attack_finds() -> None:
    frame = pl.DataFrame([landmark(24, 21, 7, 91, 34), landmark(48, 32, 10, 79, 30)])
    hidden, done, left = until_safe({"effects.csv": frame}, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert None in hidden["effects.csv"]["n_exposed"].to_list()
    assert any("from 24 to 48 h" in line for line in done)


@pytest.mark.parametrize(("begun", "told"), [(111, True), (112, False), (115, False), (120, True)])
def test_who_began_within_grace_and_is_at_no_landmark_died_or_left(begun: int, told: bool) -> None:
    """112 begin within 48 h and 111 of them are followed beyond: one died before."""
    note = f"every patient is in both arms; {begun} of 400 start within 48 h"
    cloned = row(CLONED, (400, 60, 400, 90)) | {"note": note}
    frame = pl.DataFrame([landmark(48, 111, 30, 250, 80), cloned])
    assert (dated({"effects.csv": frame}) == []) == told
    shown = first("effects.csv", frame, SMALLEST)
    assert dated({"effects.csv": shown}) == []
    said = note if told else "every patient is in both arms; some start within 48 h"
    assert shown["note"].to_list()[1] == said
    assert shown["estimate"].to_list() == [0.8, 0.8]


def test_of_people_on_the_cut_and_beside_it_few_follow() -> None:
    """Of 67 with 10 g a day or less 64 had exactly 10: three had less."""
    notes = ["64 exactly on the cut; late", "64 exactly on the cut", "<5 exactly on the cut", None]
    frame = pl.DataFrame({"n_exposed": [67, 20, 38, 30], "note": notes}).with_columns(
        *(pl.lit(9).alias(name) for name in ("events_exposed", "n_control", "events_control")),
        contrast=pl.lit("a"),
        outcome=pl.lit("death"),
        population=pl.lit("matched"),
    )
    told = first("table3.csv", frame, SMALLEST)["note"].to_list()
    some = "some exactly on the cut"
    assert told == [f"{some}; late", some, "few exactly on the cut", None]
    many = first("table3.csv", frame.with_columns(pl.lit(90).alias("n_exposed")), SMALLEST)
    assert many["note"].to_list()[0] == notes[0]
