"""Shares, agreement and corrected effects of a chart review, against other programs and truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.inter_rater import cohens_kappa

from ehrivig.results.review.corrected import CELLS, TRUE, Cell, corrected
from ehrivig.results.review.proportions import Part, clopper_pearson, in_effect, kappa, share


@pytest.mark.parametrize(("so", "read"), [(0, 10), (8, 10), (10, 10), (1, 40)])
def test_clopper_pearson_is_that_of_scipy(so: int, read: int) -> None:
    exact = binomtest(so, read).proportion_ci(method="exact")
    assert clopper_pearson(so, read) == pytest.approx((exact.low, exact.high))
    found = share([Part(500, read, so)])
    assert found is not None
    assert (found.lo, found.hi) == pytest.approx((exact.low, exact.high))


def test_shares_of_strata_are_weighted_by_their_people() -> None:
    parts = [Part(900, 10, 9), Part(100, 10, 1)]
    found = share(parts)
    assert found is not None
    assert found.estimate == pytest.approx(0.82)
    assert found.lo < 0.82 < found.hi
    assert share([Part(9, 0, 0), Part(1, 1, 1)]) is None  # of nine people no chart was read
    alike = share([Part(100, 10, 8), Part(100, 10, 8)])  # proportional: as one sample of 20
    assert alike is not None
    assert (alike.lo, alike.hi) == pytest.approx(clopper_pearson(16, 20))


def test_a_share_of_strata_covers_the_truth() -> None:
    rng, held = np.random.default_rng(7), 0
    truth = 0.9 * 0.9 + 0.1 * 0.4
    for _ in range(1000):
        so = rng.binomial(15, [0.9, 0.4])
        found = share([Part(900, 15, int(so[0])), Part(100, 15, int(so[1]))])
        assert found is not None
        held += found.lo <= truth <= found.hi
    assert held >= 950


@pytest.mark.parametrize(("charts", "shares"), [((5, 15), (0.8, 0.8)), ((12, 12), (0.95, 0.6))])
def test_few_charts_of_many_people_cover_the_truth(
    charts: tuple[int, int], shares: tuple[float, float]
) -> None:
    """All five of a thousand agree, some of thirty do not: the variance of those says little."""
    rng, held = np.random.default_rng(7), 0
    truth = (1000 * shares[0] + 30 * shares[1]) / 1030
    for _ in range(1000):
        so = rng.binomial(charts, shares)
        found = share([Part(1000, charts[0], int(so[0])), Part(30, charts[1], int(so[1]))])
        assert found is not None
        held += found.lo <= truth <= found.hi
    assert held >= 950
    agreed = share([Part(1000, 5, 5), Part(30, 15, 14)])
    assert agreed is not None
    assert agreed.lo < clopper_pearson(5.5, 5.5)[0]
    assert in_effect([Part(100, 10, 8), Part(50, 5, 5)]) == pytest.approx(15)


def test_an_agreement_weighted_to_unlike_parts_covers_the_truth() -> None:
    """Kappa of 20 charts of 30 people and 5 of 1,000, by the number of charts in effect."""
    rng, held, number = np.random.default_rng(2), 0, 0
    p = np.array([[30 * 0.8, 30 * 0.2], [1000 * 0.2, 1000 * 0.8]]) / 1030
    chance = float((p.sum(1) * p.sum(0)).sum())
    truth = (float(np.trace(p)) - chance) / (1 - chance)
    effective = in_effect([Part(30, 20, 0), Part(1000, 5, 0)])
    for _ in range(500):
        yes, no = rng.binomial(20, 0.8) / 20, rng.binomial(5, 0.2) / 5
        table = [[30 * yes, 30 * (1 - yes)], [1000 * no, 1000 * (1 - no)]]
        found = kappa(table, 25, effective)
        if found is not None and found.lo is not None and found.hi is not None:
            number += 1
            held += found.lo <= truth <= found.hi
    assert held >= 0.94 * number


def test_kappa_of_charts_that_all_agree_has_no_interval() -> None:
    for table, said in (([[20, 0], [0, 9]], 1.0), ([[0, 9], [9, 0]], -1.0)):
        found = kappa(table, 29)
        assert found is not None
        assert found.estimate == pytest.approx(said)
        assert (found.lo, found.hi) == (None, None)


@pytest.mark.parametrize("table", [[[20, 5], [10, 15]], [[40, 3], [2, 5]], [[9, 0], [1, 10]]])
def test_kappa_is_that_of_statsmodels(table: list[list[int]]) -> None:
    found, other = kappa(table, sum(map(sum, table))), cohens_kappa(np.array(table))
    assert found is not None
    assert found.estimate == pytest.approx(other.kappa)
    low, high = max(-1, other.kappa_low), min(1, other.kappa_upp)
    assert (found.lo, found.hi) == pytest.approx((low, high), abs=1e-6)


def test_kappa_without_any_difference_is_none() -> None:
    assert kappa([[9, 0], [0, 0]], 9) is None
    assert kappa([[0, 0], [0, 0]], 0) is None
    assert kappa([[0, 0], [5, 17]], 22) is None  # one never says yes: 0 would be no agreement


def effect(table: dict[Cell, int], name: str) -> float:
    a, b, c, d = (table[cell] for cell in CELLS)
    risks = a / (a + b), c / (c + d)
    return {"RD": risks[0] - risks[1], "RR": risks[0] / risks[1], "OR": a * d / (b * c)}[name]


def world(seed: int = 3) -> tuple[dict[Cell, int], dict[Cell, dict[Cell | None, int]]]:
    """A table of the truth, and for each cell of the run the people of each true cell."""
    rng = np.random.default_rng(seed)
    truth = {(True, True): 100, (True, False): 300, (False, True): 60, (False, False): 540}
    charts: dict[Cell, dict[Cell | None, int]] = {cell: dict.fromkeys(TRUE, 0) for cell in CELLS}
    for true, people in truth.items():
        for _ in range(people):
            run = (bool(true[0] ^ (rng.random() < 0.1)), bool(true[1] ^ (rng.random() < 0.15)))
            charts[run][true] += 1
    for _ in range(50):  # of the cohort, and not of the population
        charts[CELLS[rng.integers(4)]][None] += 1
    return truth, charts


def test_when_every_chart_is_read_the_effect_is_the_true_one() -> None:
    truth, charts = world()
    people = {cell: sum(row.values()) for cell, row in charts.items()}
    found = corrected(people, charts, "all", 1)
    assert not isinstance(found, str)
    for one in found:
        assert one.estimate == pytest.approx(effect(truth, one.measure))
        assert one.crude == pytest.approx(effect(people, one.measure))
        assert one.lo < one.estimate < one.hi
    assert abs(found[0].crude) < abs(found[0].estimate)  # errors alike in both arms: towards none


def drawn(rng: np.random.Generator, people: list[int]) -> list[int]:
    return [int(n) for n in rng.multivariate_hypergeometric(people, 25)]


def test_some_charts_cover_the_true_effect() -> None:
    truth, charts = world()
    people = {cell: sum(row.values()) for cell, row in charts.items()}
    rng, held = np.random.default_rng(5), 0
    for again in range(60):
        some = {
            cell: dict(zip(TRUE, drawn(rng, [row[true] for true in TRUE]), strict=True))
            for cell, row in charts.items()
        }
        found = corrected(
            people, {c: {t: int(n) for t, n in r.items()} for c, r in some.items()}, "", again
        )
        assert not isinstance(found, str)
        held += found[0].lo <= effect(truth, "RD") <= found[0].hi
    assert held >= 55


def test_charts_that_agree_with_the_run_change_nothing() -> None:
    people = {(True, True): 40, (True, False): 60, (False, True): 30, (False, False): 70}
    charts = {cell: {cell: 10, (cell[0], not cell[1]): 0} for cell in CELLS}
    found = corrected(people, charts, "outcome", 1)  # type: ignore[arg-type]
    assert not isinstance(found, str)
    assert [one.estimate for one in found] == pytest.approx([one.crude for one in found])
    assert found == corrected(people, charts, "outcome", 1)  # type: ignore[arg-type]


def test_what_cannot_be_corrected_is_told() -> None:
    people = {(True, True): 40, (True, False): 60, (False, True): 30, (False, False): 70}
    charts = {cell: {cell: 10, (cell[0], not cell[1]): 0} for cell in CELLS}
    nobody = dict.fromkeys(CELLS, 0)
    assert corrected(nobody, charts, "", 1) == "nobody has a known outcome"  # type: ignore[arg-type]
    unread = charts | {(False, True): {(False, True): 0, (False, False): 0}}
    said = corrected(people, unread, "", 1)  # type: ignore[arg-type]
    assert said == "no chart was answered of the not exposed with the outcome"
    wrong = charts | {(False, True): {(False, True): 0, (False, False): 9}}
    said = corrected(people, wrong, "", 1)  # type: ignore[arg-type]
    assert isinstance(said, str)
    assert said.startswith("an arm, or its events, is empty")
