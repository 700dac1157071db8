"""The golden values of the evidence synthesis, to the printed digit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ehrivig.errors import UsageError
from ehrivig.meta import (
    Counts,
    Plan,
    effect_sizes,
    egger_test,
    evidence_path,
    lint_published,
    pool,
    read_published,
    read_trials,
    subgroup_analysis,
)
from ehrivig.meta.published import printed_rows
from ehrivig.stats.tables.usual_tests import p_of_counts


@pytest.fixture(scope="module")
def laupland() -> Counts:
    data = read_trials(evidence_path("laupland2007_trials")).data
    assert isinstance(data, Counts)
    return data


@pytest.mark.parametrize(
    ("plan", "estimate", "lo", "hi"),
    [
        (Plan("OR", "MH"), "0.6630", "0.5324", "0.8256"),
        (Plan("OR", "IV"), "0.6864", "0.5475", "0.8606"),
        (Plan("OR", "IV", "random", "DL"), "0.4528", "0.2968", "0.6909"),
        (Plan("OR", "IV", "random", "DL", "hksj"), "0.4528", "0.2843", "0.7214"),
        (Plan("OR", "Peto"), "0.6616", "0.5315", "0.8234"),
        (Plan("RR", "MH"), "0.7804", "0.6834", "0.8911"),
    ],
    ids=lambda value: (
        f"{value.measure}-{value.method}-{value.ci}" if isinstance(value, Plan) else ""
    ),
)
def test_pools(laupland: Counts, plan: Plan, estimate: str, lo: str, hi: str) -> None:
    found = pool(laupland, plan)
    assert tuple(f"{x:.4f}" for x in (found.estimate, found.lo, found.hi)) == (estimate, lo, hi)


def test_upper_limit_of_the_risk_ratio(laupland: Counts) -> None:
    """The specification prints 0.8912, which is 1.96 standard errors; metafor and we take 1.959964,
    which gives 0.89115 and rounds down."""
    found = pool(laupland, Plan("RR", "MH"))
    assert f"{np.exp(found.theta + 1.96 * found.se):.4f}" == "0.8912"
    assert found.hi == pytest.approx(0.89114877, abs=1e-8)


def test_heterogeneity(laupland: Counts) -> None:
    spread = pool(laupland, Plan("OR", "MH")).dispersion
    assert (f"{spread.q:.3f}", spread.q_df) == ("28.117", 13)
    assert (f"{spread.q_p:.4f}", f"{100 * spread.i2:.2f}") == ("0.0087", "53.77")
    assert f"{pool(laupland, Plan('OR', 'IV', 'random', 'DL')).tau2:.5f}" == "0.27604"


def test_egger(laupland: Counts) -> None:
    assert f"{egger_test(effect_sizes(laupland, 'OR')).coefficient:.3f}" == "-2.077"


def test_product_types() -> None:
    trials = read_trials(evidence_path("laupland2007_trials"))
    found = subgroup_analysis(trials.data, trials.columns["product_type"], Plan("OR", "MH"))
    shown = {
        group.name: tuple(
            f"{x:.4f}" for x in (group.pooled.estimate, group.pooled.lo, group.pooled.hi)
        )
        for group in found.groups
        if group.pooled
    }
    assert shown == {
        "IgMA_enriched": ("0.5110", "0.3494", "0.7473"),
        "standard": ("0.7573", "0.5783", "0.9917"),
    }


def test_published_result() -> None:
    """Laupland 2007 as printed: 0.66 (0.53-0.83)."""
    trials = read_trials(evidence_path("laupland2007_trials"))
    found = pool(trials.data, Plan("OR", "MH"))
    assert [f"{x:.2f}" for x in (found.estimate, found.lo, found.hi)] == ["0.66", "0.53", "0.83"]
    assert trials.reconstructed == ("events_control", "n_control")
    assert lint_published(printed_rows(trials)) == ()


def test_apache_ii_interval_is_not_centred() -> None:
    rows = read_published(evidence_path("jtranslmed2023_pooled"))
    found = [lint for lint in lint_published(rows) if lint.code == "interval_not_centred"]
    assert len(found) == 1
    assert "apache_ii" in found[0].where
    assert found[0].numbers["center"] == pytest.approx(-1.76)


def test_subgroup_tests_of_2023_are_recomputed() -> None:
    """Product and age differ, income does not show it, though all three are printed alike."""
    rows = read_published(evidence_path("jtranslmed2023_pooled"))
    found = {
        lint.where: lint for lint in lint_published(rows) if lint.code == "difference_without_test"
    }
    assert {where: lint.severity for where, lint in found.items()} == {
        "mortality by product": "info",
        "mortality by age": "info",
        "mortality by income": "warn",
    }
    z = (np.log(0.55) - np.log(0.91)) / np.hypot(
        (np.log(0.76) - np.log(0.40)) / 3.919928, (np.log(1.02) - np.log(0.81)) / 3.919928
    )
    assert found["mortality by product"].numbers["q"] == pytest.approx(z**2, rel=1e-6)


def test_the_one_trial_of_the_review_is_as_printed_in_its_table(published_tables: Path) -> None:
    """Its counts by themselves; the p in the text beside them follows from no usual test."""
    lines = (published_tables / "hartung2009_table1_anca.csv").read_text(encoding="utf-8")
    assert "Jayne,2000,randomized placebo controlled,34,,IVIg,14/17 improved vs 6/17" in lines
    (row,) = csv.DictReader(
        evidence_path("hartung2009_trials").read_text(encoding="utf-8").splitlines()
    )
    a, n1, c, n2 = (int(row[f"{what}_{arm}"]) for arm in ("treated", "control")
                    for what in ("events", "n"))  # fmt: skip
    assert (a, n1, c, n2) == (14, 17, 6, 17)
    assert (row["p_printed"], row["reconstructed"]) == ("0.035", "")
    found = p_of_counts([[a, n1 - a], [c, n2 - c]])
    assert found["Fisher"] == pytest.approx(0.01336, abs=5e-6)  # R: fisher.test
    assert max(found.values()) < 0.0148


def test_it_is_pooled_with_a_trial_beside_it_and_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"1 study\. A synthesis needs at least two"):
        read_trials(evidence_path("hartung2009_trials"))
    own = tmp_path / "two.csv"
    text = evidence_path("hartung2009_trials").read_text(encoding="utf-8")
    own.write_text(text + "Own,2020,improved at 3 months,5,10,4,10,,made up,\n", encoding="utf-8")
    trials = read_trials(own)
    assert trials.labels == ("Jayne 2000", "Own 2020")


@pytest.mark.parametrize("name", ["laupland2007_trials", "jtranslmed2023_pooled",
                                  "hartung2009_table3_metaanalyses"])  # fmt: skip
def test_shipped_evidence_repeats_the_published_numbers(published_tables: Path, name: str) -> None:
    published = (published_tables / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    shipped = evidence_path(name).read_text(encoding="utf-8").splitlines()
    assert len(shipped) == len(published)
    printed = {"laupland2007_trials": slice(5, 9)}.get(name, slice(3, 6))
    for ours, theirs in zip(shipped[1:], published[1:], strict=True):
        assert set(theirs.split(",")[printed]) <= set(ours.split(","))


def test_published_file_is_read_as_it_is(published_tables: Path) -> None:
    trials = read_trials(published_tables / "laupland2007_trials.csv")
    ours = read_trials(evidence_path("laupland2007_trials"))
    assert trials.reconstructed == ours.reconstructed
    for name in Counts.columns():
        np.testing.assert_array_equal(getattr(trials.data, name), getattr(ours.data, name))
