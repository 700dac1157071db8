"""What is hidden tonight and was shown last night: how much that says, the rules being known.

The attacker knows how a release is made. So he makes that of tonight for every number of new people
who might have what is counted, and keeps the numbers that give the release which he has.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl
import pytest
from test_nights import SMALLEST, described

from ehrivig.release import nights
from ehrivig.release.attack import told_anew
from ehrivig.release.attack.nights import counts

Tables = dict[str, pl.DataFrame]
NEW = 24
MONTHS = ("2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06", "2020-07", "2020-08")


def use(new: int) -> pl.DataFrame:
    """Patients of eight months, so many of the new ones in the first; no total tells the rest."""
    return pl.DataFrame(
        {
            "dimension": ["month"] * len(MONTHS),
            "level": MONTHS,
            "courses": pl.Series([None] * len(MONTHS), dtype=pl.Int64),
            "patients": [40 + new, *([60] * (len(MONTHS) - 1))],
            "suppressed": [False] * len(MONTHS),
        }
    )


def told(tables: Tables | None) -> str:
    """A release as somebody who has it sees it."""
    found = tables or {}
    return repr({name: frame.to_dicts() for name, frame in found.items()})


def classes(releases: dict[int, Tables | None]) -> list[list[int]]:
    """The numbers that give the same release."""
    found = defaultdict(list)
    for number, tables in releases.items():
        found[told(tables)].append(number)
    return list(found.values())


def safe(numbers: list[int], smallest: int) -> bool:
    """Whether a number of few people is one of enough, or nobody has it."""
    small = any(0 < number < smallest for number in numbers)
    return not small or len(numbers) >= smallest


def of_use(new: int, smallest: int) -> Tables | None:
    then = described(100, 62.5, 20) | {"utilisation.csv": use(0)}
    now = described(100 + NEW, 63.5, 20 + NEW // 2) | {"utilisation.csv": use(new)}
    return nights.held_against(now, [then], smallest)


@pytest.mark.parametrize("smallest", [3, 5, 8])
def test_a_count_without_a_whole_says_as_little_as_a_hidden_one(smallest: int) -> None:
    found = classes({new: of_use(new, smallest) for new in range(NEW + 1)})
    assert len(found) > 5  # most are told
    assert all(safe(numbers, smallest) for numbers in found)


def test_the_search_itself_would_leave_four_values() -> None:
    """Without the one person more of the rule: why it is there."""
    then, now = ({"utilisation.csv": use(new)} for new in (0, 5))
    assert counts(now, then, SMALLEST, search=False) == []
    found = counts(now, then, SMALLEST, search=False, beyond=1)
    assert "month 2020-01: patients" in {cell.place.words for cell in found}


def of_table(had: int, exposed: int, smallest: int) -> Tables | None:
    """Of so many new exposed, and of no new control, so many had a stroke."""
    filled = {"utilisation.csv": use(0)}
    then, now = described(100, 62.5, 20), described(100 + exposed, 63.5, 20 + had)
    return nights.held_against(now | filled, [then | filled], smallest)


@pytest.mark.parametrize(("exposed", "smallest"), [(10, 5), (12, 5), (40, 5), (10, 3), (15, 12)])
def test_a_count_in_an_arm_of_which_the_new_are_known(exposed: int, smallest: int) -> None:
    found = classes({had: of_table(had, exposed, smallest) for had in range(exposed + 1)})
    assert all(safe(numbers, smallest) for numbers in found)
    assert all(safe([exposed - had for had in numbers], smallest) for numbers in found)


@pytest.mark.parametrize("smallest", [12, 20])
def test_few_more_than_a_large_smallest_cell_are_no_release(smallest: int) -> None:
    assert of_table(3, smallest, smallest) is None


def test_sentences_say_some_of_as_many_values() -> None:
    def lints(people: int) -> Tables:
        frame = pl.DataFrame({"code": ["a"], "message": [f"{people} of 2651 were transferred"]})
        return {"lints.csv": frame}

    numbers = {n: told_anew.texts(lints(40 + n), lints(40), SMALLEST + 1) for n in range(12)}
    found = classes(dict(numbers))
    assert all(safe(one, SMALLEST) for one in found)
    assert [1, 2, 3, 4, 5] in found
