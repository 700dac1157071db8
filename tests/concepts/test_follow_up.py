"""What is known of people after their stay: by declaration, by the dates, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from ehrivig import study as studies
from ehrivig.concepts.follow_up import Answerable, Known, Seen, as_answered, known

ZERO = datetime(2020, 1, 1, 10)


@pytest.fixture(scope="module")
def plan() -> studies.Study:
    return studies.load("ivig_covid19")


def declared(plan: studies.Study, value: str) -> studies.Study:
    outcomes = plan.outcomes.model_copy(update={"after_discharge": value})
    return plan.model_copy(update={"outcomes": outcomes})


def stays(*rows: tuple[str, str, str | None, int, int | None]) -> pl.LazyFrame:
    """Hospital, person, how the stay ended, its days, and days from admission to a dated death."""
    return pl.LazyFrame(
        {
            "hospital_id": [row[0] for row in rows],
            "patient_id": [row[1] for row in rows],
            "person_id": [None] * len(rows),
            "admitted_at": [ZERO] * len(rows),
            "discharge_status": [row[2] for row in rows],
            "discharged_at": [ZERO + timedelta(days=row[3]) for row in rows],
            "death_at": [None if row[4] is None else ZERO + timedelta(days=row[4]) for row in rows],
        },
        schema_overrides={"person_id": pl.String, "death_at": pl.Datetime},
    )


def test_persons_are_counted_by_hand(plan: studies.Study) -> None:
    table = stays(
        ("A", "1", "alive", 10, 30),
        ("A", "2", "died", 10, 10),
        ("A", "3", "died", 10, None),
        ("A", "4", "transferred", 10, None),
        ("A", "5", None, 10, 40),
        ("A", "6", "alive", 10, 10),  # on the day of leaving: no proof of a register
        ("B", "1", "alive", 10, 30),
    )
    found = known(table, ["A"], plan)
    counted = {"people": 6, "dated": 4, "unknown_end": 1}
    assert found.seen == (Seen("A", 3, died=2, died_dated=1, died_after=1, **counted),)


def test_who_came_back_to_die_is_no_proof(plan: studies.Study) -> None:
    first = stays(("A", "1", "alive", 10, 30))
    back = stays(("A", "1", "died", 30, 30)).with_columns(
        admitted_at=pl.lit(ZERO + timedelta(days=20))
    )
    (seen,) = known(pl.concat([first, back]), ["A"], plan).seen
    assert (seen.left_alive, seen.died, seen.died_after) == (1, 1, 0)


def of(plan: studies.Study, *seen: Seen, says: str | None = None) -> Known:
    from ehrivig.concepts.follow_up import _doubts

    return Known(says, seen, _doubts(seen))


@pytest.mark.parametrize(
    ("seen", "says", "linked"),
    [
        ([Seen("A", 500, 50, 50, 5)], None, True),
        ([Seen("A", 500, 50, 50, 4)], None, False),
        ([Seen("A", 500, 50, 50, 0)], "linked", True),
        ([Seen("A", 500, 50, 50, 5)], "in_hospital", False),
        ([Seen("A", 500, 50, 0, 0)], "linked", False),
        ([Seen("A", 500, 50, 1, 1)], "linked", False),
        ([Seen("A", 500, 50, 44, 20)], None, False),
        ([Seen("A", 500, 50, 45, 20)], None, True),
        ([Seen("A", 500, 2, 1, 20)], None, True),
        ([Seen("A", 500, 50, 50, 20), Seen("B", 20, 2, 2, 0)], None, True),
        ([Seen("A", 500, 50, 50, 20), Seen("B", 400, 40, 40, 0)], None, False),
        ([Seen("A", 0, 0, 0, 0)], None, False),
    ],
    ids=[
        *("enough dates", "few dates", "declared", "declared in hospital"),
        *("declared, no death dated", "declared, one death dated", "88% of deaths dated"),
        *("90% dated", "one undated", "a small hospital", "a large one without", "nobody"),
    ],
)
def test_the_verdict(plan: studies.Study, seen: list[Seen], says: str | None, linked: bool) -> None:
    found = of(plan, *seen, says=says)
    assert found.linked(plan.primary) is linked
    assert linked or found.why_not(plan.primary)


GOOD = Seen("A", 500, 50, 50, 9, people=550, dated=59)


@pytest.mark.parametrize(
    ("people", "unknown_end", "linked"),
    [(60, 60, False), (60, 40, False), (60, 0, False), (30, 0, True), (4, 4, True)],
)
@pytest.mark.parametrize("says", ["linked", None])
def test_a_hospital_of_whose_deaths_nothing_came(
    plan: studies.Study, people: int, unknown_end: int, linked: bool, says: str | None
) -> None:
    """Neither a status nor a date: by the unknown ends of its stays, or against chance."""
    none = Seen("B", people - unknown_end, 0, 0, 0, people, 0, unknown_end)
    found = of(plan, GOOD, none, says=says)
    assert found.linked(plan.primary) is linked
    assert linked or "hospital B: nobody" in found.why_not(plan.primary)


def test_an_outcome_may_say_otherwise(plan: studies.Study) -> None:
    found = of(plan, Seen("A", 500, 50, 50, 0))
    own = plan.primary.model_copy(update={"after_discharge": "linked"})
    assert (found.linked(plan.primary), found.linked(own)) == (False, True)


def test_a_death_that_nobody_could_know_is_asked_of_the_stay(plan: studies.Study) -> None:
    answerable = Answerable(plan, of(plan, Seen("A", 500, 50, 50, 0)))
    given = answerable.study.primary
    assert answerable.primary_refused
    assert (given.name, given.source, given.within_days) == ("death_28d", "in_hospital_death", 28)
    assert given.event_label == "death in hospital within 28 days"
    assert "28-day" not in given.label
    assert Answerable(plan, None).study is plan


def test_the_answer_of_the_stay_takes_the_place(plan: studies.Study) -> None:
    """Dead at home on day 15; left on day 10, later unknown; in the stay to the end; died there."""
    table = pl.DataFrame(
        {
            "death_28d": [True, None, False, True],
            "death_28d in hospital": [False, False, False, True],
            "time_days": [15.0, 10.0, 28.0, 5.0],
            "event": [True, False, False, True],
            "days_to_death": [15.0, None, None, 5.0],
            "time_days in hospital": [28.0, 28.0, 28.0, 5.0],
            "event in hospital": [False, False, False, True],
            "days_to_death in hospital": [None, None, None, 5.0],
            "stay_days": [10.0, 10.0, 28.0, 5.0],
            "stay_end": [2, 2, 0, 1],
        }
    )
    refused = as_answered(table, Answerable(plan, of(plan, Seen("A", 500, 50, 50, 0))))
    assert refused["death_28d"].to_list() == [False, False, False, True]
    assert refused["known_anywhere"].to_list() == [True, None, False, True]
    assert refused["time_days"].to_list() == [28.0, 28.0, 28.0, 5.0]
    linked = as_answered(table, Answerable(plan, of(plan, Seen("A", 500, 50, 50, 9))))
    assert linked["death_28d"].to_list() == [True, None, False, True]
    assert "known_anywhere" not in linked.columns
    for frame in (refused, linked):
        assert not [name for name in frame.columns if " " in name]
