"""Who had the drug outside the cohort: everybody's use less that of the cohort."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack import outside
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe

SMALLEST = 5
Tables = dict[str, pl.DataFrame]


def use(*rows: tuple[str, str, int | None, float]) -> pl.DataFrame:
    """Dimension, level, patients and grams."""
    made = [
        {
            "dimension": dimension,
            "level": level,
            "courses": None,
            "patients": patients,
            "administrations": 10 * (patients or 0),
            "grams": grams,
            "grams_per_kg": 1.2,
            "courses_per_kg": patients,
            "share_without_amount": 0.0,
            "cost": None,
            "suppressed": False,
        }
        for dimension, level, patients, grams in rows
    ]
    return pl.DataFrame(made, infer_schema_length=None)


def dosed(exposed: int, mean_g: float) -> pl.DataFrame:
    """The row of the total dose of the exposed, by bands."""
    row: dict[str, Any] = {"variable": "total_g", "label": "Total dose", "kind": "continuous"}
    for arm, n in (("all", exposed), ("control", exposed // 2), ("exposed", exposed // 2)):
        row |= {f"n_{arm}": n, f"events_{arm}": None, f"mean_{arm}": mean_g, f"text_{arm}": ""}
        row |= {f"{what}_{arm}": None for what in ("percent", "sd", "median", "q1", "q3")}
    return pl.DataFrame([row | {"p": None, "smd": None, "suppressed": False}])


def compared(**exposed: int) -> pl.DataFrame:
    """The exposed of all and of hospitals, beside as many controls."""
    rows = [
        {"analysis": "x", "contrast": "IVIG vs no IVIG", "outcome": "death", "measure": "HR"}
        | {"n_exposed": n, "events_exposed": 20, "n_control": 100, "events_control": 20}
        | {"population": name.replace("_", " "), "estimate": 1.0, "model": "Cox", "adjusted": True}
        for name, n in exposed.items()
    ]
    return pl.DataFrame(rows)


def tables(treated: int, grams: float) -> Tables:
    """60 of the cohort had 80 g each; everybody who was treated had some grams."""
    rows = (
        ("all", "all", treated, grams),
        ("hospital_id", "A", treated - 30, grams - 2400.0),
        ("hospital_id", "B", 30, 2400.0),
        ("month", "2020-01", treated - 20, grams - 1600.0),
        ("month", "2020-02", 20, 1600.0),
    )
    return {
        "utilisation.csv": use(*rows),
        "table_s1.csv": dosed(60, 80.0),
        "effects.csv": compared(all=60, hospital_A=30, hospital_B=30),
    }


def disclosed(found: Tables) -> list[Cell]:
    return [cell for cell in of_tables(found, SMALLEST) if cell.disclosed]


def words(found: Tables) -> set[str]:
    return {cell.place.words for cell in disclosed(found)}


def test_one_patient_outside_is_told_with_his_dose() -> None:
    """61 had 4,910 g, 60 of the cohort 80 g each: who is left had 110 g."""
    assert words(tables(61, 4910.0)) == {
        "all all: patients outside the cohort",
        "hospital_id A: patients outside the cohort",
        outside.WORDS,
    }


@pytest.mark.parametrize("treated", [61, 64, 66, 69])
def test_what_tells_of_few_outside_is_hidden(treated: int) -> None:
    shown, done, _ = until_safe(tables(treated, 4910.0), SMALLEST)
    assert disclosed(shown) == []
    assert done
    told = shown["utilisation.csv"]
    assert told["grams"][0] is None
    for _, part in told.group_by("dimension"):
        assert part["grams"].null_count() > 0  # else all would follow from its parts
    assert shown["table_s1.csv"].equals(tables(61, 0.0)["table_s1.csv"])


def test_fewer_than_ten_lose_amounts_and_no_count() -> None:
    shown, done, _ = until_safe(tables(66, 4910.0), SMALLEST)
    told = shown["utilisation.csv"]
    assert done == [f"utilisation.csv: {outside.WORDS}"]
    assert told["patients"].to_list() == [66, 36, 30, 46, 20]
    assert told["grams"].to_list() == [None, 2510.0, None, 3310.0, None]


@pytest.mark.parametrize(("treated", "grams"), [(60, 4800.0), (70, 5600.0), (75, 5900.0)])
def test_nobody_or_ten_outside_are_told(treated: int, grams: float) -> None:
    found = tables(treated, grams)
    assert words(found) == set()


def values(found: Tables, words: str) -> tuple[int, ...]:
    (cell,) = [cell for cell in of_tables(found, SMALLEST) if cell.place.words == words]
    return cell.values


OF_A = "hospital_id A: patients outside the cohort"


def of_hospitals(
    every: int, *others: int, exposed: int, to: int = 1, dimension: str = "hospital_id"
) -> Tables:
    """Patients of all and of all hospitals but A, and the exposed of A."""
    rows = [("all", "all", every, 0.0), (dimension, "A", None, 0.0)]
    rows += [(dimension, f"other {n}", told, 0.0) for n, told in enumerate(others)]
    rounding = pl.DataFrame({"counts_rounded_to": [to], "smallest_cell": [SMALLEST]})
    effects = compared(hospital_A=exposed)
    return {"utilisation.csv": use(*rows), "effects.csv": effects, "rounding.csv": rounding}


@pytest.mark.parametrize(
    ("every", "others", "exposed", "outside_of_a"),
    [(61, (30,), 30, (1,)), (61, (20, 10), 30, (1,)), (60, (30,), 30, (0,)), (64, (61,), 0, (3,))],
)
def test_patients_of_a_hospital_that_are_hidden_are_all_less_the_others(
    every: int, others: tuple[int, ...], exposed: int, outside_of_a: tuple[int, ...]
) -> None:
    assert values(of_hospitals(every, *others, exposed=exposed), OF_A) == outside_of_a


def test_patients_of_another_kind_are_no_hospitals() -> None:
    rows = (("all", "all", 61, 0.0), ("month", "A", None, 0.0), ("hospital_id", "A", None, 0.0))
    months = (("month", "B", 30, 0.0), ("hospital_id", "B", 10, 0.0))
    found = {"utilisation.csv": use(*rows, *months), "effects.csv": compared(hospital_A=48)}
    assert values(found, OF_A) == (3,)
    assert not any("month" in word for word in words(found))


def test_more_exposed_than_patients_are_no_fact() -> None:
    """A person may be a patient of two hospitals: then nothing follows from the sum."""
    found = of_hospitals(61, 30, exposed=35)
    assert values(found, "hospital_id A: patients") == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(("exposed", "least"), [(50, 5), (55, 0)])
def test_beside_rounded_counts_few_may_be_outside(exposed: int, least: int) -> None:
    """90 less 30 are 56 to 64, and the exposed up to two more or fewer than they say."""
    found = of_hospitals(90, 30, exposed=exposed, to=5)
    assert values(found, OF_A)[0] == least - (exposed == 50)


def test_the_exposed_of_all_are_those_of_the_variable_that_most_have() -> None:
    """Nobody compared them: Table 1 alone says that 60 are exposed."""
    rows = []
    for name, n in (("male", 60), ("smoker", 40)):
        row: dict[str, Any] = {"variable": name, "label": name, "kind": "binary", "smd": None}
        for arm, size in (("all", 2 * n), ("control", n), ("exposed", n)):
            row |= {f"n_{arm}": size, f"events_{arm}": size // 2, f"text_{arm}": ""}
        rows.append(row)
    found = {"utilisation.csv": use(("all", "all", 61, 0.0)), "table1.csv": pl.DataFrame(rows)}
    assert values(found, "all all: patients outside the cohort") == (1,)
    matched = {"table3.csv": pl.DataFrame(rows[1:]), "utilisation.csv": found["utilisation.csv"]}
    assert not [c for c in of_tables(matched, SMALLEST) if "outside" in c.place.words]


def test_grams_that_differ_by_the_last_digit_of_a_sum_are_the_same() -> None:
    assert words(tables(60, 4800.0001)) == set()
    assert words(tables(60, 4800.1)) == {outside.WORDS}


def test_doses_outside_the_window_are_of_nobody_knows_how_few() -> None:
    """All 60 are of the cohort, and had 110 g more than in its window: perhaps one of them."""
    assert words(tables(60, 4910.0)) == {outside.WORDS}


def test_a_dimension_whose_parts_are_all_told_gives_all() -> None:
    found = tables(66, 4910.0)
    use_of = found["utilisation.csv"].with_columns(
        grams=pl.when(pl.col("dimension") != "all").then("grams")
    )
    assert outside.WORDS in words(found | {"utilisation.csv": use_of})


def test_amounts_of_fewer_than_ten_are_their_mean_and_not_told() -> None:
    """585 g of six people; with their part goes the next, else theirs is all less the others."""
    rows = (("all", "all", 90, 9000.0), ("hospital_id", "A", 6, 585.0))
    others = (("hospital_id", "B", 30, 3000.0), ("hospital_id", "C", 54, 5415.0))
    months = (("month", "2020-01", 40, 4000.0), ("month", "2020-02", 50, 5000.0))
    found = first("utilisation.csv", use(*rows, *others, *months), SMALLEST)
    assert found["grams"].to_list() == [9000.0, None, None, 5415.0, 4000.0, 5000.0]
    amounts = ("administrations", "grams_per_kg", "share_without_amount")
    assert [found[name].null_count() for name in amounts] == [2, 2, 2]
    assert found["patients"].to_list() == [90, 6, 30, 54, 40, 50]
    few = first("utilisation.csv", use(("all", "all", 8, 585.0)), SMALLEST)
    assert few["grams"].to_list() == [None]


@pytest.mark.parametrize(("without", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_few_administrations_without_an_amount_are_no_share(without: int, told: bool) -> None:
    """0.000557 of 1,794 is the one administration of a patient."""
    frame = use(("all", "all", 90, 9000.0), ("month", "2020-01", 90, 9000.0))
    frame = frame.with_columns(
        administrations=pl.lit(1794), share_without_amount=pl.lit(round(without / 1794, 6))
    )
    found = first("utilisation.csv", frame, SMALLEST)
    assert (found["share_without_amount"].null_count() == 0) is told
    assert found["grams"].null_count() == 0
