"""Hospitals with far fewer of one sex, or far fewer treated, than any other."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.shares_between_hospitals import fewer, of_a_sex, of_treated

COLUMNS = ["hospital_id", "table", "item", "stratum", "part", "n_stays", "n_covered"]
USUAL = {"B": (100, 300), "C": (90, 300), "D": (120, 300)}


@pytest.mark.parametrize(
    ("own", "missing"),
    [
        ((50, 300), 50),
        ((62, 300), 0),  # six in ten of what is usual, and more
        ((100, 300), 0),
        ((0, 40), 13),
        ((3, 39), 0),  # too few stays
        ((6, 45), 0),  # by chance
    ],
)
def test_far_fewer_than_at_any_other(own: tuple[int, int], missing: int) -> None:
    assert fewer({"A": own, **USUAL}) == {
        "A": (missing, own[1]),
        **{name: (0, of) for name, (_, of) in USUAL.items()},
    }


@pytest.mark.parametrize(
    ("own", "others", "missing"),
    [
        (119, (200, 200, 200), 81),  # six in ten of what is usual
        (120, (200, 200, 200), 0),
        (149, (200, 320, 320), 171),  # three quarters of the fewest
        (150, (200, 320, 320), 0),
    ],
)
def test_how_few_are_far_fewer(own: int, others: tuple[int, ...], missing: int) -> None:
    counts = {name: (n, 400) for name, n in zip("ABCD", (own, *others), strict=True)}
    assert fewer(counts)["A"] == (missing, 400)


def test_few_where_one_other_has_few_as_well() -> None:
    assert fewer({"A": (50, 300), **USUAL, "E": (60, 300)})["A"] == (0, 300)
    assert fewer({"A": (50, 300), "B": (100, 300)})["A"] == (0, 300)


def covered(*rows: tuple[str, str, str, str, int, int]) -> pl.DataFrame:
    """hospital, item, stratum, part, stays, covered stays; of medication."""
    return pl.DataFrame([(h, "medication", *row) for h, *row in rows], COLUMNS, orient="row")


def test_sexes_are_counted_both_ways() -> None:
    women = {"A": 50, "B": 150, "C": 160}
    parts = [(h, "", "sex", "female", n, 0) for h, n in women.items()]
    parts += [(h, "", "sex", "male", 300 - n, 0) for h, n in women.items()]
    other = [(h, "crp", "sex", "female", 0, 10) for h in women]  # of an item, of another stratum
    other += [(h, "", "age", "below 65", 300, 0) for h in women]
    assert of_a_sex(covered(*parts, *other)) == {"A": (110, 300), "B": (0, 300), "C": (0, 300)}
    men = [(h, item, s, {"female": "male", "male": "female"}[p], *n) for h, item, s, p, *n in parts]
    assert of_a_sex(covered(*men, *other)) == {"A": (110, 300), "B": (0, 300), "C": (0, 300)}
    assert of_a_sex(covered()) == {}


def test_the_treated_are_those_with_the_exposure() -> None:
    rows = []
    for hospital, n in {"A": 40, "B": 100, "C": 120}.items():
        rows += [
            (hospital, "", "exposure", "given", n, n),
            (hospital, "", "exposure", "not given", 400 - n, 300),
            (hospital, "the exposure", "exposure", "given", 0, n),
            (hospital, "", "sex", "female", 200, 150),
        ]
    rows += [("D", "", "exposure", "not given", 400, 300)]  # told by another check
    assert of_treated(covered(*rows)) == {"A": (80, 400), "B": (0, 400), "C": (0, 400)}
