"""Utilisation: the aggregates of drawn courses, added up by hand; and what must not be shown."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import UsageError
from ehrivig.use.utilisation import utilisation


def course(patient: int, **more: Any) -> dict[str, Any]:
    base = {
        "hospital_id": "A",
        "patient_id": patient,
        "admission_id": patient,
        "course": 1,
        "started_on": date(2020, 1, 31),
        "n_administrations": 4,
        "n_usable": 4,
        "complete": True,
        "total_g": 10.0,
        "total_g_per_kg": 0.2,
        "product_type": "standard",
        "indication": "gbs",
        "indication_class": "recognised",
    }
    return {**base, **more}


SCHEMA = {
    **pl.DataFrame([course(1)]).schema,
    "indication": pl.String,
    "total_g": pl.Float64,
    "total_g_per_kg": pl.Float64,
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


DRAWN = frame(
    course(1),
    course(1, course=2, started_on=date(2020, 2, 1), total_g=20.0, total_g_per_kg=0.4),
    course(2, hospital_id="B", indication=None, indication_class="none_found"),
    course(1, hospital_id="B", total_g=None, total_g_per_kg=None, n_usable=0, complete=False),
    course(3, product_type="igma_enriched", total_g=5.0, n_usable=3, complete=False),
)


def table(got: pl.DataFrame, dimension: str, *names: str) -> list[tuple[Any, ...]]:
    return got.filter(pl.col("dimension") == dimension).select("level", *names).rows()


def test_aggregates_of_drawn_courses() -> None:
    got = utilisation(DRAWN, smallest_cell=0, price_per_g=2.5)
    names = ("courses", "patients", "administrations", "grams", "cost")
    assert table(got, "all", *names) == [("all", 5, 4, 20, 45.0, 112.5)]
    assert table(got, "indication", *names) == [
        ("gbs", 4, 3, 16, 35.0, 87.5),
        ("none_found", 1, 1, 4, 10.0, 25.0),
    ]
    assert table(got, "hospital_id", *names) == [
        ("A", 3, 2, 12, 35.0, 87.5),
        ("B", 2, 2, 8, 10.0, 25.0),
    ]
    assert table(got, "month", "courses") == [("2020-01", 4), ("2020-02", 1)]
    assert table(got, "product_type", "courses") == [("igma_enriched", 1), ("standard", 4)]
    # complete courses with a weight: 0.2, 0.4 and 0.2 g/kg; 20 administrations, 5 without amount
    assert table(got, "all", "courses_per_kg", "grams_per_kg", "share_without_amount") == [
        ("all", 3, 0.266667, 0.25)
    ]
    assert got["suppressed"].sum() == 0
    assert utilisation(DRAWN, smallest_cell=0)["cost"].null_count() == got.height


def test_the_price_may_differ_by_product_and_is_never_guessed() -> None:
    got = utilisation(DRAWN, smallest_cell=0, price_per_g={"standard": 1.0})
    assert table(got, "product_type", "cost") == [("igma_enriched", None), ("standard", 40.0)]
    assert table(got, "all", "cost") == [("all", None)]
    unknown = frame(course(1, total_g=None, n_usable=0, complete=False))
    assert table(utilisation(unknown, smallest_cell=0), "all", "grams", "cost") == [
        ("all", 0.0, None)
    ]
    both = utilisation(DRAWN, smallest_cell=0, price_per_g={"standard": 1.0, "igma_enriched": 3.0})
    assert table(both, "all", "cost") == [("all", 55.0)]


def test_class_instead_of_indication() -> None:
    got = utilisation(DRAWN, smallest_cell=0, dimensions=["indication_class"])
    assert table(got, "indication_class", "courses") == [("none_found", 1), ("recognised", 4)]


def many(**counts: int) -> pl.DataFrame:
    """Courses of as many patients per indication as said."""
    rows, patient = [], 0
    for indication, count in counts.items():
        for _ in range(count):
            patient += 1
            rows.append(course(patient, indication=indication))
    return frame(*rows)


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 10, "b": 20, "c": 30}, []),
        ({"a": 4, "b": 20, "c": 30}, ["a", "b"]),
        ({"a": 3, "b": 3, "c": 30}, ["a", "b"]),
        ({"a": 2, "b": 2, "c": 30, "d": 9}, ["a", "b", "d"]),
        ({"a": 5, "b": 20}, []),
        ({"a": 4, "b": 20}, ["a", "b"]),
    ],
)
def test_small_rows_and_their_guards_are_hidden(counts: dict[str, int], hidden: list[str]) -> None:
    got = utilisation(many(**counts), smallest_cell=5, dimensions=["indication"])
    rows = got.filter(pl.col("dimension") == "indication")
    assert rows.filter("suppressed")["level"].to_list() == hidden
    numbers = rows.filter("suppressed").drop("dimension", "level", "suppressed")
    assert all(value is None for line in numbers.rows() for value in line)
    assert table(got, "all", "patients") == [("all", sum(counts.values()))]


def test_a_small_total_hides_everything() -> None:
    got = utilisation(many(a=2, b=2), smallest_cell=5, price_per_g=1.0)
    assert got["suppressed"].all()
    assert (
        got.select("courses", "patients", "grams", "cost").null_count().row(0) == (got.height,) * 4
    )


def test_a_mean_over_few_courses_is_hidden_with_its_guard() -> None:
    bare = {"total_g_per_kg": None}
    rows = [course(p, indication="a") for p in range(8)]
    rows += [course(10 + p, indication="b", **({} if p < 2 else bare)) for p in range(9)]
    rows += [course(20 + p, indication="c") for p in range(6)]
    got = utilisation(frame(*rows), smallest_cell=5, dimensions=["indication"])
    assert table(got, "indication", "patients", "courses_per_kg", "suppressed") == [
        ("a", 8, 8, False),
        ("b", 9, None, False),
        ("c", 6, None, False),
    ]


def test_no_course_gives_an_empty_table() -> None:
    got = utilisation(DRAWN.clear(), smallest_cell=5, price_per_g=1.0)
    assert got.is_empty()
    assert got.schema == utilisation(DRAWN, smallest_cell=0, price_per_g=1.0).schema


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dimensions": ["ward"]}, "no dimension ward"),
        ({"dimensions": ["indication", "indication_class"]}, "Ask for one of them"),
        ({"price_per_g": -1.0}, "price per gram"),
        ({"price_per_g": {"standard": float("nan")}}, "price per gram"),
    ],
)
def test_mistakes_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        utilisation(DRAWN, smallest_cell=5, **options)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.sampled_from("abcde"), st.integers(1, 99_999_999)),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 8),
    st.randoms(use_true_random=False),
)
def test_order_never_matters_and_no_hidden_row_can_be_computed(
    drawn: list[tuple[int, str, int]], smallest: int, chance: random.Random
) -> None:
    rows = [
        course(patient, indication=name, total_g=ug / 1e6, course=number)
        for number, (patient, name, ug) in enumerate(drawn)
    ]
    got = utilisation(frame(*rows), smallest_cell=smallest, price_per_g=0.1)
    chance.shuffle(rows)
    assert utilisation(frame(*rows), smallest_cell=smallest, price_per_g=0.1).equals(got)
    total = got.row(0, named=True)
    exact = sum(ug for *_, ug in drawn) / 1e6
    assert total["grams"] == (None if total["suppressed"] else exact)
    part = got.filter(pl.col("dimension") == "indication")
    shown, hidden = part.filter(~pl.col("suppressed")), part.filter("suppressed")
    assert shown.filter(pl.col("patients") < smallest).is_empty()
    if not total["suppressed"] and hidden.height:
        assert hidden.height > 1 or part.height == 1
        rest = total["courses"] - shown["courses"].sum()
        assert rest >= smallest
