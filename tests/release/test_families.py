"""A corrected p is the p of another test times a number: a hidden one must not be handed on."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release.copies import first
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm

P = [0.01, 0.76, 0.8342, 0.95]
"""The last test is of few people: as a p of known arms it gives their counts."""


def tables(shown: list[float | None]) -> pl.DataFrame:
    counts = ("n_exposed", "events_exposed", "n_control", "events_control")
    return pl.DataFrame(
        {
            "analysis": ["outcomes"] * 4,
            "contrast": ["a vs b"] * 4,
            "family": ["outcomes"] * 4,
            "note": [""] * 4,
            "p": shown,
            "p_holm": [q if p is not None else None for p, q in zip(shown, holm(P), strict=True)],
            "p_bh": [
                q if p is not None else None
                for p, q in zip(shown, benjamini_hochberg(P), strict=True)
            ],
            **{name: [50] * 4 for name in counts},
        }
    )


def test_the_exact_correction_tells_the_hidden_p() -> None:
    """0.76 x 4 / 2 is more than 0.95 x 4 / 4, which is handed down to it, hidden or not."""
    assert benjamini_hochberg(P)[1] == pytest.approx(P[3])


def test_what_is_hidden_counts_as_one() -> None:
    found = first("effects.csv", tables([*P[:3], None]), 5)
    for name, correct in (("p_holm", holm), ("p_bh", benjamini_hochberg)):
        told, exact, upper = found[name].to_list(), correct(P), correct([*P[:3], 1.0])
        assert told == [*upper[:3], None]
        assert (upper >= exact).all()
    assert found["p_bh"][1] == 1.0


def test_where_nothing_is_hidden_the_correction_is_exact() -> None:
    found = first("effects.csv", tables(list(P)), 5)
    assert found["p_holm"].to_list() == pytest.approx(holm(P).tolist())
    assert found["p_bh"].to_list() == pytest.approx(benjamini_hochberg(P).tolist())


def test_a_table_without_families_is_one() -> None:
    frame = tables([0.01, 0.76, None, 0.95]).drop("family", "p_bh")
    found = first("table3.csv", frame, 5)
    assert found["p_holm"].to_list()[:2] == pytest.approx([0.04, 1.0])


@pytest.mark.parametrize(
    ("variance", "said"),
    [
        ("clustered (51 clusters), t", "clustered, t"),
        ("rank scores, 51 clusters", "rank scores"),
        ("cluster HC1 (51 clusters), t with 50 df", "cluster HC1, t"),
        ("bias reduced (4 clusters), t with 3.1 df", "bias reduced, t"),
        ("Rubin's rules, Barnard-Rubin df 98.8; b", "Rubin's rules, Barnard-Rubin df; b"),
        ("jackknife over 20 groups of patients, t interval",) * 2,
    ],
)
def test_a_variance_does_not_say_of_how_many_pairs_it_is(variance: str, said: str) -> None:
    """Of 56 exposed 51 are in pairs: the number that a release hides, or rounds."""
    frame = tables([*P]).with_columns(pl.lit(variance).alias("variance"))
    assert first("effects.csv", frame, 5)["variance"].unique().to_list() == [said]
