"""The demo's population has the published margins, and the stated effect."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig.demo import margins, outcomes, sites, stays, write_demo
from ehrivig.demo.margins import CONTROL, IVIG

KEY = ["hospital_id", "admission_id"]
NAMES = {"arbidol": "umifenovir"}  # the published table's word for it
CODES = {
    "copd": ["J44.9"],
    "diabetes": ["E11.9"],
    "hypertension": ["I10"],
    "chronic_cardiac_disease": ["I25.1", "I50.9"],
    "chronic_kidney_disease": ["N18.4"],
    "chronic_liver_disease": ["K74.6", "K73.9"],
    "stroke": ["I69.4"],
    "malignancy": ["C34.9"],
    "immunosuppression": ["D84.9"],
    "tuberculosis": ["A15.0"],
    "ards": ["J80"],
    "dic": ["D65"],
    "myocardial_injury": ["I5A"],
    "acute_hepatic_injury": ["K72.0"],
    "shock": ["R57.9"],
    "acute_kidney_injury": ["N17.9"],
}
DRUGS = {
    "anticoagulant": ["B01AB05"],
    "glucocorticoid": ["H02AB04", "H02AB02"],
    "antibiotic": ["J01MA14", "J01DH02"],
    "antifungal": ["J02AC01"],
    "antiviral": ["J05AB06", "J05AP01", "J05AX13", "J05AR10", "J05AH02"],
    "ganciclovir": ["J05AB06"],
    "ribavirin": ["J05AP01"],
    "umifenovir": ["J05AX13"],
    "lopinavir_ritonavir": ["J05AR10"],
}
DEVICES = {
    "high_flow_oxygen": "hfnc",
    "non_invasive_ventilation": "niv",
    "invasive_ventilation": "imv",
}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("margins") / "extract"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def cohort(extract: Path) -> pl.DataFrame:
    return pl.read_parquet(extract / "_truth" / "admission.parquet").filter("in_cohort")


def read(extract: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(str(extract / table / "*" / "*.parquet"), hive_partitioning=True)


def published() -> dict[str, margins.Count]:
    """Every count the demo is calibrated to."""
    everything = {**margins.BASELINE, **margins.FINDINGS, **margins.COURSES}
    everything |= {**margins.TREATMENTS, **margins.ANTIVIRALS}
    return everything | {
        "death_28d": margins.DEATH_28D,
        "death_in_hospital": margins.DEATH_IN_HOSPITAL,
    }


def test_constants_are_the_published_ones(published_tables: Path) -> None:
    with (published_tables / "liu2020_categorical.csv").open(encoding="utf-8") as stream:
        rows = {NAMES.get(row["row"], row["row"]): row for row in csv.DictReader(stream)}
    assert set(rows) == set(published())
    for name, count in published().items():
        row = rows[name]
        expected = tuple(int(row[c]) for c in ("n_control", "N_control", "n_ivig", "N_ivig"))
        assert tuple(count) == expected, name
    with (published_tables / "liu2020_continuous.csv").open(encoding="utf-8") as stream:
        numbers = {row["row"]: row for row in csv.DictReader(stream)}
    ours = {name: (a.control, a.ivig) for name, a in margins.LABS.items()}
    ours |= {"age": margins.AGE, "apache_ii": margins.APACHE_II}
    ours["hospital_los"] = margins.LENGTH_OF_STAY
    assert set(numbers) - set(ours) == {"sofa"}
    for name in set(numbers) & set(ours):
        for arm, word in ((CONTROL, "control"), (IVIG, "ivig")):
            row = numbers[name]
            expected_q = tuple(float(row[c]) for c in (f"{word}_q1", word, f"{word}_q3"))
            assert tuple(ours[name][arm]) == expected_q, name


def counts(rows: pl.DataFrame, cohort: pl.DataFrame, where: pl.Expr) -> tuple[int, int]:
    """Admissions of the cohort with such a row: (control, IVIG)."""
    found = cohort.join(rows.filter(where).select(KEY).unique(), on=KEY, how="semi")
    exposed = int(found["exposed"].sum())
    return found.height - exposed, exposed


def test_every_count_of_the_default_extract_is_the_published_one(
    extract: Path, cohort: pl.DataFrame
) -> None:
    diagnosis, medication = read(extract, "diagnosis"), read(extract, "medication")
    medication = medication.filter(pl.col("status") == "given")
    finding, support = read(extract, "finding"), read(extract, "respiratory_support")
    procedure, patient = read(extract, "procedure"), read(extract, "patient")
    admission = read(extract, "admission").join(patient, on=["hospital_id", "patient_id"])
    found = {
        "male": counts(admission, cohort, pl.col("sex") == "male"),
        "smoking": counts(admission, cohort, pl.col("current_smoker")),
    }
    for name, codes in CODES.items():
        found[name] = counts(diagnosis, cohort, pl.col("code").is_in(codes))
    for name, codes in DRUGS.items():
        found[name] = counts(medication, cohort, pl.col("drug_code").is_in(codes))
    for name, device in DEVICES.items():
        found[name] = counts(support, cohort, pl.col("device") == device)
    for name in ("prone_position", "crrt", "ecmo"):
        found[name] = counts(procedure, cohort, pl.col("procedure_code") == name)
    for name, count in margins.FINDINGS.items():
        recorded = pl.col("finding_code") == name
        found[name] = counts(finding, cohort, recorded & pl.col("present"))
        known = counts(finding, cohort, recorded)
        assert known == (count.known_control, count.known_ivig), name
    for name in ("death_28d", "death_in_hospital"):
        found[name] = counts(cohort, cohort, pl.col(name))
    expected = {name: (count.n_control, count.n_ivig) for name, count in published().items()}
    assert found == expected
    assert cohort["exposed"].sum() == 421
    assert cohort.height == 850


def test_sizes_of_the_default_extract(extract: Path) -> None:
    truth = pl.read_parquet(extract / "_truth" / "admission.parquet")
    assert truth.filter("index").height == 2346
    assert truth["hospital_id"].n_unique() == 4
    assert read(extract, "patient")["person_id"].n_unique() == 3000
    rows = sum(
        read(extract, table.name).height
        for table in extract.iterdir()
        if table.is_dir() and not table.name.startswith("_")
    )
    assert 80 <= rows / 3000 <= 130


def test_quartiles_of_the_default_extract(extract: Path, cohort: pl.DataFrame) -> None:
    admission = (
        read(extract, "admission")
        .join(cohort, on=KEY)
        .with_columns(
            days=(pl.col("discharged_at") - pl.col("admitted_at")).dt.total_minutes() / 1440
        )
    )
    score = read(extract, "score").join(cohort.select(*KEY, "exposed"), on=KEY)
    for arm in (CONTROL, IVIG):
        mine = admission.filter(pl.col("exposed") == bool(arm))
        scores = score.filter(pl.col("exposed") == bool(arm))
        values = {
            "age": (mine["age_years"], margins.AGE[arm], 1.0),
            "stay": (mine["days"], margins.LENGTH_OF_STAY[arm], 0.6),
            "apache": (
                scores.filter(pl.col("score_code") == "apache_ii")["value"],
                margins.APACHE_II[arm],
                0.0,
            ),
            "sofa": (
                scores.filter(pl.col("score_code") == "sofa")["value"],
                ((2, 2, 3), (2, 3, 4))[arm],
                0.0,
            ),
        }
        for name, (series, expected, tolerance) in values.items():
            got = [series.quantile(q) for q in (0.25, 0.5, 0.75)]
            assert np.allclose(got, expected, atol=tolerance, rtol=0), (name, arm, got)


def test_admission_labs_have_the_published_quartiles() -> None:
    part = sites.parts(30_000, 1, 5, 30_000)[0]
    frame, _ = stays.index_stays(part, 0.0)
    for group, arm in ((sites.SEVERE_IVIG, IVIG), (sites.SEVERE_CONTROL, CONTROL)):
        mine = frame.filter(pl.col("group") == group)
        for name, analyte in margins.LABS.items():
            if name in ("cd4", "cd8", "ck_mb"):
                continue  # bounded by CD3 and by CK: see `patients._consistent`
            values = mine.filter(f"{name}_known")[name]
            q1, median, q3 = analyte.quartiles(arm)
            assert values.quantile(0.25) == pytest.approx(q1, rel=0.05), name
            assert values.quantile(0.75) == pytest.approx(q3, rel=0.05), name
            if q1 < median < q3:
                assert values.median() == pytest.approx(median, rel=0.05), name


def test_cumulative_rounding_adds_up() -> None:
    cuts = [0, 17, 18, 200, 421]
    pieces = [margins.quota(164, 421, a, b) for a, b in itertools.pairwise(cuts)]
    assert sum(pieces) == 164
    assert margins.quota(164, 421, 0, 842) == 328
    for patients in (50, 777, 3000, 100_000):
        assert sum(sites.class_sizes(patients)) == patients
        blocks = sites.parts(patients, 3, 1, 997)
        for group, size in enumerate(sites.class_sizes(patients)):
            assert blocks[0].ranges[group][0] == 0
            assert blocks[-1].ranges[group][1] == size
            assert sum(part.size(group) for part in blocks) == size


def test_remaining_leaves_the_rest_of_the_grid() -> None:
    grid = np.arange(6.0)
    assert margins.remaining(grid, np.array([2.1, 2.2, 9.0])).tolist() == [0, 1, 2]
    assert margins.remaining(grid, np.empty(0)).tolist() == grid.tolist()
    assert margins.remaining(grid, grid).tolist() == []
    assert margins.remaining(grid, np.full(3, -1.0)).tolist() == [3, 4, 5]


def severe(patients: int, effect: float) -> tuple[pl.DataFrame, stays.Effect]:
    """Severe patients without writing any event."""
    total, frames = stays.Effect(), []
    for part in sites.parts(patients, 4, 11, 50_000):
        frame, effect_sums = stays.index_stays(part, effect)
        total += effect_sums
        frames.append(frame.filter(pl.col("group") <= sites.SEVERE_CONTROL))
    return pl.concat(frames), total


def strata(frame: pl.DataFrame) -> np.ndarray:
    eta = outcomes.risk_score(frame)
    return np.searchsorted(np.quantile(eta, np.linspace(0, 1, 41)[1:-1]), eta)


def mantel_haenszel(tables: list[np.ndarray]) -> float:
    """Log odds ratio from strata of (exposed died, exposed not, control died, control not)."""
    a, b, c, d = (np.asarray(t, dtype=float) for t in tables)
    n = a + b + c + d
    a, b, c, d, n = (x[n > 0] for x in (a, b, c, d, n))
    return float(np.log((a * d / n).sum() / (b * c / n).sum()))


def by_stratum(stratum: np.ndarray, *masks: np.ndarray) -> list[np.ndarray]:
    return [np.bincount(stratum[mask], minlength=40) for mask in masks]


def test_ever_against_never_is_biased_and_time_dependent_exposure_is_not() -> None:
    frame, total = severe(300_000, 0.0)
    assert total.difference == 0.0
    stratum = strata(frame)
    start = frame["start_day"].to_numpy()
    day = frame["death_day"].fill_null(np.inf).to_numpy()
    day = np.where(day <= 28, day, np.inf)
    exposed, died = ~np.isnan(start), np.isfinite(day)
    naive = mantel_haenszel(
        by_stratum(stratum, exposed & died, exposed & ~died, ~exposed & died, ~exposed & ~died)
    )
    assert naive < -0.2  # immortal time makes a drug without any effect look protective
    pieces: list[list[np.ndarray]] = [[], [], [], []]
    for begins in np.arange(0, 28, 0.5):
        at_risk, on = day > begins, exposed & (start <= begins)
        event = day <= begins + 0.5
        masks = (on & event, on & ~event, ~on & event, ~on & ~event)
        for piece, counted in zip(
            pieces, by_stratum(stratum, *(at_risk & mask for mask in masks)), strict=True
        ):
            piece.append(counted)
    unbiased = mantel_haenszel([np.concatenate(piece) for piece in pieces])
    assert abs(unbiased) < 0.05  # three standard errors


def test_crude_mortality_hides_the_bias_through_confounding() -> None:
    frame, _ = severe(30_000, 0.0)
    risk = outcomes.expit(outcomes.risk_score(frame))
    exposed = (frame["group"] == sites.SEVERE_IVIG).to_numpy()
    assert risk[exposed].mean() - risk[~exposed].mean() > 0.05


def test_expected_deaths_without_effect_are_the_published_ones() -> None:
    """Else fixing the number of deaths would put an effect where none is stated."""
    frame, _ = severe(300_000, 0.0)
    exposed = frame.filter(pl.col("group") == sites.SEVERE_IVIG)
    assert exposed["risk"].mean() == pytest.approx(164 / 421, abs=0.004)
    control = frame.filter(pl.col("group") == sites.SEVERE_CONTROL)
    assert control["died_28d"].mean() == pytest.approx(154 / 429, abs=0.0005)


def test_a_stated_effect_moves_deaths_of_the_exposed_as_the_truth_says() -> None:
    null, _ = severe(100_000, 0.0)
    helped, total = severe(100_000, -0.7)
    share = [
        frame.filter(pl.col("group") == sites.SEVERE_IVIG)["died_28d"].mean()
        for frame in (null, helped)
    ]
    true_difference = total.difference_exposed / total.exposed
    assert true_difference < -0.08
    assert share[1] - share[0] == pytest.approx(true_difference, abs=0.012)
    same = null.filter(pl.col("group") == sites.SEVERE_CONTROL)["died_28d"]
    assert same.equals(helped.filter(pl.col("group") == sites.SEVERE_CONTROL)["died_28d"])


def test_death_times_invert_their_distribution() -> None:
    u = np.linspace(0.001, 0.999, 50)
    assert np.allclose(outcomes.death_by(outcomes.death_time(u)), u, atol=1e-12)
    assert np.allclose(outcomes.with_drug(np.array([0.2]), np.log(2.0)), 1 / 3)
