"""Items of one value in a hospital: beside the other hospitals, and by themselves."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate.charted_between_hospitals import Item
from ehrivig.validate.one_value import (
    bodies_of_all,
    constant,
    frequent,
    more_of_one_value,
    of_one_value,
    one_answer,
    one_value,
    told_of_one_value,
    unchanging,
    unlike,
)

Ones = dict[str, int]


def items(having: int, *ones: Ones) -> dict[str, Item]:
    """Hospitals A, B, ... with an item in so many stays each, by the values of all readings."""
    return {"ABCDEFGH"[n]: Item(having, having, 0, one) for n, one in enumerate(ones)}


@pytest.mark.parametrize(
    ("repeated", "unchanged", "expected"),
    [
        (90, {"100.0": 45}, 45),
        (90, {"100.0": 17, "97.0": 10}, 0),  # some have a value that never changes
        (90, {"100.0": 18, "97.0": 10}, 18),
        (20, {"100.0": 9}, 0),  # too few
        (20, {"100.0": 10}, 10),
        (90, {}, 0),
    ],
)
def test_one_value_of_what_changes(repeated: int, unchanged: Ones, expected: int) -> None:
    assert unchanging(Item(100, 95, repeated, {}, unchanged)) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"10.0", "11.0"}, 0),  # below the limit of the assay
        ({"2.0", "10.0"}, 0),  # above it
        ({"2.0", "11.0"}, 45),
        ({"10.0"}, 45),
    ],
)
def test_a_result_at_the_limit_of_its_assay_is_none(ends: set[str], expected: int) -> None:
    own = Item(100, 95, 90, {}, {"10.0": 45}, ends)
    assert unchanging(own, inside=True) == expected
    assert unchanging(own) == 45
    assert one_value("lab", "crp", {"A": own}, "A") == expected
    assert one_value("vital", "spo2", {"A": own}, "A") == 45


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        ("vital", "spo2", 45),
        ("lab", "crp", 45),
        ("vital", "gcs", 0),  # signs that are one value for many
        ("vital", "gcs of the dead", 0),
        ("vital", "fio2", 0),
        ("vital", "avpu", 0),
        ("score", "sofa", 0),
    ],
)
def test_readings_that_never_change_tell_of_what_has_many_values(
    table: str, name: str, expected: int
) -> None:
    own = {"A": Item(100, 95, 90, {}, {"100.0": 45})}
    assert one_value(table, name, own, "A") == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        ((100, 40, 60), 100),
        ((96, 40, 60), 96),
        ((95, 40, 60), 95),
        ((94, 40, 60), 0),
        ((100, 80, 80), 100),
        ((100, 85, 85), 0),
        ((100, 90, 60), 0),  # it is one value elsewhere as well
        ((100, 90, 60, 50, 40), 100),  # at one of four
        ((100, 90, 90, 50, 40), 0),
        ((100, 40), 0),
    ],
)
def test_one_value_where_others_have_several(one: tuple[int, ...], expected: int) -> None:
    assert of_one_value(items(100, *({"15.0": most} for most in one)), "A") == expected


@pytest.mark.parametrize(("stays", "expected"), [(40, 40), (39, 0)])
def test_one_value_of_few_stays_says_nothing(stays: int, expected: int) -> None:
    others = [Item(60, 60, 0, {"15.0": 24})] * 2
    of = dict(zip("ABC", [Item(stays, stays, 0, {"15.0": stays}), *others], strict=True))
    assert of_one_value(of, "A") == expected
    assert of_one_value({**of, "C": Item(stays, stays, 0, {"15.0": 10})}, "B") == 0
    usual = {name: Item(60, 60, 0, {"false": 6, "true": 54}) for name in "BC"}
    assert unlike({"A": Item(stays, stays, 0, {"false": stays}), **usual}, "A") == expected


def test_the_stays_with_the_most_frequent_value_are_told() -> None:
    others = [{"15.0": 40}] * 2
    assert of_one_value(items(100, {"3.0": 2, "15.0": 97}, *others), "A") == 97


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"70.0": 100}, 100),
        ({"70.0": 50, "71.0": 3}, 50),
        ({"70.0": 52, "80.0": 13}, 52),
        ({"70.0": 51, "80.0": 13}, 0),  # weights are estimated in round numbers
        ({"70.0": 19}, 0),  # too few
        ({"70.0": 20}, 20),
        ({}, 0),
    ],
)
def test_a_weight_that_many_patients_share(weights: Ones, expected: int) -> None:
    own = {"A": Item(100, 100, 0, weights)}
    assert frequent(own["A"]) == expected
    for name in ("weight_kg", "height_cm", "length of stay"):
        assert one_value("admission", name, own, "A") == expected
    assert not one_value("admission", "current_smoker", own, "A")


@pytest.mark.parametrize(
    ("having", "same", "expected"), [(200, 40, 40), (200, 39, 0), (50, 20, 20), (50, 19, 0)]
)
def test_a_weight_is_shared_by_a_fifth_and_by_twenty(having: int, same: int, expected: int) -> None:
    assert frequent(Item(having, having, 0, {"70.0": same})) == expected


@pytest.mark.parametrize(
    ("having", "rare", "expected"),
    [(500, 16, 500), (500, 12, 0), (100, 16, 100), (60, 12, 0)],
)
def test_a_rare_answer_that_nobody_has(having: int, rare: int, expected: int) -> None:
    """Of 500 patients 16 smokers would be at the other hospitals, and none is here."""
    others = [{"false": having - rare, "true": rare}] * 2
    assert constant(items(having, {"false": having}, *others), "A") == expected


def test_an_answer_that_is_the_rare_one_elsewhere() -> None:
    others = [{"false": 97, "true": 3}] * 2
    assert constant(items(100, {"true": 100}, *others), "A") == 100
    assert not constant(items(100, {"true": 100}, others[0]), "A")  # one hospital is no habit


@pytest.mark.parametrize(("stays", "surely"), [(14, 14), (13, 0), (10, 0), (9, 0)])
def test_how_few_stays_with_one_value_are_no_chance(stays: int, surely: int) -> None:
    """At others of twenty stays nobody has it."""
    others = {name: Item(20, 20, 0, {"ecmo": 12, "niv": 8}) for name in "BC"}
    found = {"A": Item(stays, stays, 0, {"crrt": stays}), **others}
    assert constant(found, "A") == surely
    assert constant(found, "A", by_chance=1e-3) == (stays if stays >= 10 else 0)
    small = {name: Item(19, 19, 0, {"ecmo": 12, "niv": 7}) for name in "BC"}
    assert constant({**found, **small}, "A") == 0  # these say nothing


@pytest.mark.parametrize(
    ("table", "name", "only", "expected"),
    [
        ("admission", "current_smoker", "false", 60),
        ("admission", "current_smoker", "true", 60),
        ("diagnosis", "present_on_admission", "true", 60),
        ("finding", "present", "false", 60),
        ("finding", "present", "true", 0),  # a list of what was found
        ("finding", "cough", "false", 0),
    ],
)
def test_a_question_of_one_answer(table: str, name: str, only: str, expected: int) -> None:
    assert one_answer(table, name, items(60, {only: 60}), "A") == expected
    assert bool(one_answer(table, name, items(40, {only: 40}), "A")) == bool(expected)
    assert not one_answer(table, name, items(39, {only: 39}), "A")
    assert not one_answer(table, name, items(60, {only: 59}), "A")


@pytest.mark.parametrize(
    ("table", "name", "only"),
    [
        ("vital", "gcs", "15.0"),
        ("respiratory_support", "device", "imv"),
        ("respiratory_support", "fio2", "0.21"),
        ("score", "sofa", "4.0"),
        ("pathogen_test", "result", "positive"),
    ],
)
def test_what_never_is_the_same_for_all(table: str, name: str, only: str) -> None:
    assert one_answer(table, name, items(60, {only: 60}), "A") == 60
    assert not one_answer(table, name, items(60, {only: 59}), "A")


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (90, (5, 3), 90),  # yes and no exchanged
        (90, (10, 3), 90),
        (90, (11, 3), 0),
        (60, (5, 3), 60),
        (59, (5, 3), 0),
        (90, (5, 30), 0),
        (90, (5,), 0),
    ],
)
def test_the_usual_answer_is_rare_elsewhere(
    own: int, others: tuple[int, ...], expected: int
) -> None:
    found = items(100, *({"true": n, "false": 95 - n} for n in (own, *others)))
    assert unlike(found, "A") == expected
    for table in ("admission", "diagnosis", "finding", "pathogen_test"):
        assert one_value(table, "current_smoker", found, "A") == expected
    assert not one_value("respiratory_support", "device", found, "A")  # a hospital of the very ill


@pytest.mark.parametrize(
    ("stays", "usual", "expected"), [(100, 50, 90), (100, 49, 0), (20, 10, 90), (19, 10, 0)]
)
def test_others_of_twenty_stays_and_more_have_a_usual_answer(
    stays: int, usual: int, expected: int
) -> None:
    others = {name: Item(stays, stays, 0, {"false": usual}) for name in "BC"}
    assert unlike({"A": Item(100, 100, 0, {"true": 90}), **others}, "A") == expected


def test_where_others_have_many_values_none_is_usual() -> None:
    assert not unlike(items(100, {"a": 90}, {"b": 30, "c": 30}, {"b": 40}), "A")


def test_one_value_that_may_be_chance() -> None:
    found = items(20, {"crrt": 20}, {"crrt": 12, "ecmo": 8}, {"crrt": 10, "ecmo": 10})
    assert one_answer("procedure", "procedure_code", found, "A") == 20
    assert not one_value("procedure", "procedure_code", found, "A")
    surely = items(60, {"crrt": 60}, {"crrt": 36, "ecmo": 24}, {"crrt": 30, "ecmo": 30})
    assert one_value("procedure", "procedure_code", surely, "A") == 60
    assert not one_answer("procedure", "procedure_code", surely, "A")  # it is told once


@pytest.mark.parametrize(
    ("room_air", "expected"),
    [((60, 5, 10), 60), ((30, 5, 10), 0), ((60, 5, 40), 0), ((60, 5), 0)],
)
def test_the_dead_with_nothing_but_room_air(room_air: tuple[int, ...], expected: int) -> None:
    found = items(100, *({"room_air": n, "imv": 100 - n - 5} for n in room_air))
    for one in found.values():
        one.one = {"room_air": one.one["room_air"]}
    assert more_of_one_value(found, "A") == expected
    assert one_value("respiratory_support", "device of the dead", found, "A") == expected


@pytest.mark.parametrize(
    ("stays", "own", "elsewhere", "expected"),
    [
        (200, 120, 70, 120),  # a quarter of the stays more
        (200, 119, 70, 0),
        (2000, 1200, 1000, 0),
        (40, 24, 12, 0),  # may be chance
        (20, 20, 0, 20),
        (19, 19, 0, 0),  # too few
    ],
)
def test_how_many_more_with_one_value_are_told(
    stays: int, own: int, elsewhere: int, expected: int
) -> None:
    found = items(stays, {"room_air": own}, *[{"room_air": elsewhere}] * 2)
    assert more_of_one_value(found, "A") == expected


@pytest.mark.parametrize(("having", "expected"), [(20, 90), (19, 0)])
def test_others_with_few_dead_tell_nothing_of_them(having: int, expected: int) -> None:
    others = {name: Item(100, having, 0, {"room_air": 2}) for name in "BC"}
    found = {"A": Item(100, 100, 0, {"room_air": 90}), **others}
    assert more_of_one_value(found, "A") == expected
    few = {"A": Item(100, having, 0, {"room_air": having})}
    many = {name: Item(100, 100, 0, {"room_air": 2}) for name in "BC"}
    assert more_of_one_value({**few, **many}, "A") == (having if expected else 0)


def of_all(*rows: tuple[str, str, str, str | None, int]) -> SimpleNamespace:
    """Hospitals A and B of which each has rows: table, item, what, value, n."""
    columns = ["hospital_id", "table", "item", "what", "value", "n"]
    frame = pl.DataFrame([(h, *row) for h in "AB" for row in rows], columns, orient="row")
    return SimpleNamespace(charted=frame)


@pytest.mark.parametrize(
    ("patients", "same", "rare", "expected"),
    [(40, 20, 1, 40), (41, 20, 1, 0), (38, 19, 1, 0), (40, 20, 19, 40)],
)
def test_half_of_all_and_forty_patients_of_one_weight(
    patients: int, same: int, rare: int, expected: int
) -> None:
    network = of_all(
        ("admission", "weight_kg", "with", None, patients),
        ("admission", "weight_kg", "one", "80.0", same),
        ("admission", "weight_kg", "one", "70.0", rare),
    )
    assert list(bodies_of_all(network)) == [("all", expected, 2 * patients)]


def test_each_measure_of_all_patients_is_asked_by_itself() -> None:
    known = [("admission", name, "with", None, 100) for name in ("height_cm", "age_years")]
    icu = [("icu_stay", "length of stay", what, None, 900) for what in ("with", "one")]
    weight = [("admission", "weight_kg", what, "80.0", 60) for what in ("with", "one")]
    network = of_all(*known, *icu, *weight)
    assert list(bodies_of_all(network)) == [("all", 120, 120)]
    assert told_of_one_value("admission")(network) == "All hospitals: weight_kg."


@pytest.mark.parametrize(("same", "expected"), [(12, 48), (5, 0), (6, 0)])
def test_small_hospitals_of_one_weight_together(same: int, expected: int) -> None:
    """Of four hospitals of twelve patients none is judged by itself; forty with one weight are."""
    rows = [(h, "admission", "weight_kg", "with", None, 12) for h in "ABCD"]
    rows += [(h, "admission", "weight_kg", "one", "80.0", same) for h in "ABCD"]
    columns = ["hospital_id", "table", "item", "what", "value", "n"]
    network = SimpleNamespace(charted=pl.DataFrame(rows, columns, orient="row"))
    assert list(bodies_of_all(network)) == [("all", expected, 48)]
    assert ("All hospitals: weight_kg." in told_of_one_value("admission")(network)) == bool(
        expected
    )
    alone = SimpleNamespace(charted=network.charted.filter(pl.col("hospital_id") == "A"))
    assert list(bodies_of_all(alone)) == []
