"""Hospitals as studies: pooled from estimates, and from the files that they send."""

from __future__ import annotations

import csv
import html
import math
import re
from pathlib import Path

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta import (
    Counts,
    HospitalEffect,
    Plan,
    aggregate_text,
    effect_sizes,
    hospital_forest,
    pool,
    pool_aggregates,
    pool_hospitals,
    read_aggregate,
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def one_table(tables: list[tuple[int, int, int, int]]) -> Counts:
    a, n1, c, n2 = np.array(tables, dtype=float).T
    return Counts(events_treated=a, n_treated=n1, events_control=c, n_control=n2)


def hospital_rows(names: str = "ABCD", seed: int = 1) -> list[HospitalEffect]:
    rng = np.random.default_rng(seed)
    made = []
    for name in names:
        theta, se = float(rng.normal(0, 0.5)), float(rng.uniform(0.2, 0.5))
        lo, hi = math.exp(theta - 1.959964 * se), math.exp(theta + 1.959964 * se)
        made.append(
            HospitalEffect(name, "primary", "any", "death_28d", "death within 28 days", "logistic",
                           "OR", math.exp(theta), lo, hi, se, 100, None, 110, 15)
        )  # fmt: skip
    return made


def send(folder: Path, made: list[HospitalEffect]) -> list[Path]:
    folders = []
    for effect in made:
        place = folder / f"from_{effect.hospital_id}"
        place.mkdir()
        (place / "aggregate.csv").write_text(aggregate_text([effect]), encoding="utf-8")
        folders.append(place)
    return folders


def test_aggregate_files_give_back_every_digit(tmp_path: Path) -> None:
    made = hospital_rows()
    read = [effect for place in send(tmp_path, made) for effect in read_aggregate(place)]
    assert read == made


def test_pool_of_files_is_the_pool_of_estimates(tmp_path: Path) -> None:
    made = hospital_rows()
    summary = pool_aggregates(send(tmp_path, made), tmp_path / "out")
    columns = [
        np.array([getattr(e, name) for e in made]) for name in ("estimate", "lo", "hi", "se")
    ]
    direct = pool_hospitals(list("ABCD"), *columns[:3], measure="OR", se=columns[3])
    table = {row["row"]: row for row in rows(tmp_path / "out" / "pool.csv")}
    for name, fit in (("random effects", direct.random), ("common effect", direct.common)):
        for part in ("estimate", "lo", "hi", "se"):
            assert float(table[name][part]) == getattr(fit, part)
    for name, rest in zip("ABCD", direct.leave_one_out, strict=True):
        assert rest is not None
        assert float(table[f"without {name}"]["estimate"]) == rest.estimate
    assert table["hospital A"]["events_exposed"] == ""
    assert (summary.hospitals, summary.analyses) == (tuple("ABCD"), 1)


def test_pool_of_files_is_the_pool_of_patients(tmp_path: Path) -> None:
    """Each hospital reduces its own patients to one row; the pool is that of all 2x2 tables."""
    rng = np.random.default_rng(7)
    tables, made = [], []
    for name in "ABCDE":
        exposed = rng.random(300) < 0.5
        died = rng.random(300) < np.where(exposed, 0.3, rng.uniform(0.25, 0.5))
        cells = (died & exposed).sum(), exposed.sum(), (died & ~exposed).sum(), (~exposed).sum()
        tables.append(cells)
        here = one_table([cells])
        effect = effect_sizes(here, "OR")
        (estimate,), (lo,), (hi,) = (part.tolist() for part in effect.interval())
        made.append(
            HospitalEffect(name, "primary", "any", "death_28d", "death within 28 days", "crude",
                           "OR", estimate, lo, hi, math.sqrt(effect.v[0]))
        )  # fmt: skip
    pool_aggregates(send(tmp_path, made), tmp_path / "out", tau2="REML", ci="hksj")
    found = {row["row"]: row for row in rows(tmp_path / "out" / "pool.csv")}["random effects"]
    wanted = pool(one_table(tables), Plan("OR", "IV", "random", "REML", "hksj"))
    for part in ("estimate", "lo", "hi", "se", "tau2"):
        assert float(found[part]) == pytest.approx(getattr(wanted, part), rel=1e-9)


def test_hospital_order_never_matters(tmp_path: Path) -> None:
    made = hospital_rows()
    pool_aggregates(send(tmp_path, made), tmp_path / "one")
    turned = [tmp_path / f"from_{name}" for name in "DCBA"]
    pool_aggregates(turned, tmp_path / "two")
    tables = [{r["row"]: r for r in rows(tmp_path / out / "pool.csv")} for out in ("one", "two")]
    for name in tables[0]:
        assert float(tables[0][name]["estimate"]) == pytest.approx(
            float(tables[1][name]["estimate"]), rel=1e-9
        )


def test_bad_aggregates(tmp_path: Path) -> None:
    made = hospital_rows()
    folders = send(tmp_path, made)
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="no folder given"):
        pool_aggregates([], out)
    with pytest.raises(UsageError, match="hospital A comes twice"):
        pool_aggregates([*folders, folders[0]], out)
    with pytest.raises(UsageError, match="Nothing to pool"):
        pool_aggregates(folders[:1], out)
    file = folders[0] / "aggregate.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("death within 28 days", "survival"), encoding="utf-8")
    with pytest.raises(UsageError, match="count different events"):
        pool_aggregates(folders, out)
    file.write_text(text.replace("logistic,OR,", "logistic,OR,about "), encoding="utf-8")
    with pytest.raises(UsageError, match="line 2: estimate is 'about"):
        pool_aggregates(folders, out)
    file.write_text(text.replace("estimate", "effect"), encoding="utf-8")
    with pytest.raises(UsageError, match="lacks estimate"):
        pool_aggregates(folders, out)
    assert not out.exists()


def test_hospitals_without_an_estimate_are_counted() -> None:
    nan = float("nan")
    estimate, lo, hi = (
        np.array([0.8, nan, 1.2]),
        np.array([0.5, nan, 0.9]),
        np.array([1.28, nan, 1.6]),
    )
    found = pool_hospitals(["A", "B", "C"], estimate, lo, hi, measure="OR")
    assert (found.random.k, found.random.k_excluded) == (2, 1)
    assert found.leave_one_out[0] is None
    assert found.leave_one_out[1] is not None
    assert any("1 of 3 hospitals" in note for note in found.notes)
    with pytest.raises(UsageError, match="1 of 3 hospitals"):
        pool_hospitals(["A", "B", "C"], estimate * [1, 1, nan], lo, hi, measure="OR")
    with pytest.raises(UsageError, match="hospital C"):
        pool_hospitals(["A", "B", "C"], estimate, lo, hi * [1, 1, 0.1], measure="OR")


def words_of(svg: str) -> list[str]:
    """The texts of a drawing."""
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_the_forest_of_hospitals_says_its_numbers() -> None:
    pooled = pool_hospitals(["A", "B"], [0.5, 2.0], [0.25, 1.0], [1.0, 4.0], measure="OR")
    plain = words_of(hospital_forest(pooled))
    assert {"Hospital", "A", "B", "Random effects", "Common effect"} <= set(plain)
    assert "50.0%" in plain
    assert any(text.startswith("0.50 [0.25") for text in plain)
    full = words_of(
        hospital_forest(
            pooled,
            one_stage=(1.1, 0.7, 1.7),
            cells=[("12", "50"), ("7", "41")],
            columns=("Events", "Total"),
            groups=(("Exposed", 2),),
        )
    )
    assert {"12", "50", "7", "41", "Events", "Total", "Exposed"} <= set(full)
    assert {"12", "41", "Events"}.isdisjoint(plain)
    assert "One stage (all patients)" in full
    assert "One stage (all patients)" not in plain


def test_hospitals_that_agree_are_no_gain_in_precision() -> None:
    """Two equal estimates: the interval has width, p is a number, and both are explained."""
    odds, se = np.array([0.8, 0.8]), np.array([0.2, 0.3])
    lo, hi = (odds * np.exp(s * 1.959963984540054 * se) for s in (-1, 1))
    found = pool_hospitals(["A", "B"], odds, lo, hi, measure="OR", se=se)
    common = math.sqrt(1 / (1 / 0.04 + 1 / 0.09))
    assert found.random.se == pytest.approx(common)
    assert found.random.hi == pytest.approx(0.8 * math.exp(12.7062047364 * common))
    assert 0 < found.random.p < 1
    assert any("agree better than chance" in note for note in found.notes)
    assert any("one degree of freedom" in note for note in found.notes)


def test_a_hospital_among_several_comes_twice() -> None:
    """The people of A are in the answer of A and B together, and would count twice."""
    ratio, lo, hi = np.array([0.9, 1.1]), np.array([0.7, 0.8]), np.array([1.2, 1.5])
    with pytest.raises(UsageError, match="hospital A comes twice"):
        pool_hospitals(["A + B + C", "A"], ratio, lo, hi, measure="OR")
    with pytest.raises(UsageError, match="hospital A comes twice"):
        pool_hospitals(["A + 11 others", "A"], ratio, lo, hi, measure="OR")
    with pytest.raises(UsageError, match="hospital B comes twice"):
        pool_hospitals(["A + B", "B + C"], ratio, lo, hi, measure="OR")
    pool_hospitals(["A + 11 others", "M + 11 others"], ratio, lo, hi, measure="OR")


def test_a_standard_error_beyond_all_units_is_refused() -> None:
    values = np.array([0.1, 0.2, 0.3])
    with pytest.raises(AnalysisError, match="pool: values so large"):
        pool_hospitals(
            "ABC", values, values - 0.1, values + 0.1, measure="RD", se=values * [1, 1e308, 1]
        )
