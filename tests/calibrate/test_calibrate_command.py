"""How a calibration is carried out and told: parts, seeds, counts, lines, and what it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from ehrivig import calibrate as calibration
from ehrivig import study
from ehrivig.calibrate import calibrate, run_calibration, show
from ehrivig.calibrate.readings import Reading, reading
from ehrivig.calibrate.replicate import Answer, Replicate, _seeded, trimmed
from ehrivig.calibrate.summary import _contrast, _holds, monte_carlo_error, summarise
from ehrivig.calibrate.worlds import Model, World, model
from ehrivig.errors import UsageError

LIU = study.load("ivig_covid19")
SLOT = ("weighting", "IVIG vs no IVIG", "all", "weighted", "HC0", "OR")


class Here:
    """A pool whose work is done in this process."""

    workers: ClassVar[list[int]] = []

    def __init__(self, workers: int, context: object, initializer: object) -> None:
        self.workers.append(workers)
        self._processes: dict[int, Any] = {}

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *words: Any) -> Here:
        self.made = work(*words)
        done = Here.__new__(Here)
        done.made = self.made
        return done

    def result(self) -> Any:
        return self.made


@cache
def known(world: World, effect: float) -> Model:
    """A world of the packaged study, whose pilot sample is drawn once."""
    return model(trimmed(LIU), world, effect)


def modelled(plan: study.Study, world: World, effect: float) -> Model:
    assert plan == trimmed(LIU)
    return known(world, effect)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, int, list[int]]]:
    """World, effect, patients and first random numbers of each batch that was asked for."""
    found: list[tuple[str, float, int, list[int]]] = []
    threads: set[str | None] = set()

    def batch(world: Model, patients: int, seeds: list[np.random.SeedSequence]) -> list[Replicate]:
        threads.add(os.environ.get("OMP_NUM_THREADS"))
        numbers = [int(np.random.default_rng(seed).integers(2**31)) for seed in seeds]
        found.append((world.world, world.effect, patients, numbers))
        answers = {SLOT: Answer(0.375, 0.2, 0.7, 0.1, 0.01)}
        return [Replicate(answers, {SLOT: "ATE"}, {"all": (0.2, 0.4)}) for _ in seeds]

    Here.workers.clear()
    monkeypatch.setattr(calibration, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(calibration, "batch", batch)
    monkeypatch.setattr(calibration, "model", modelled)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    yield found  # type: ignore[misc]
    assert threads <= {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_each_world_is_run_with_and_without_the_effect(asked: list[Any]) -> None:
    table = calibrate(LIU, 90, patients=300, effect=0.7, seed=5, workers=3)
    scenarios = list(dict.fromkeys((world, effect) for world, effect, _, _ in asked))
    assert scenarios == [(w, e) for w in ("immediate", "delayed") for e in (0.0, 0.7)]
    assert {patients for _, _, patients, _ in asked} == {300}
    assert Here.workers == [3]
    sizes = [len(seeds) for world, effect, _, seeds in asked if (world, effect) == scenarios[0]]
    assert sizes == [3] * 30
    drawn = [number for *_, seeds in asked for number in seeds]
    assert len(set(drawn)) == len(drawn) == 360
    assert table["replicates"].to_list() == [90] * table.height
    assert table.select("world", "effect").unique(maintain_order=True).rows() == scenarios


def test_the_seed_is_the_studys_unless_another_is_given(asked: list[Any]) -> None:
    runs = []
    for seed in (None, LIU.study.seed, 3):
        asked.clear()
        calibrate(LIU, 2, seed=seed)
        runs.append([seeds for *_, seeds in asked])
    assert runs[0] == runs[1] != runs[2]
    assert {patients for _, _, patients, _ in asked} == {850}
    assert {effect for _, effect, _, _ in asked} == {0.0, -0.5}
    assert Here.workers == [1, 1, 1]


def test_progress_counts_cohorts(asked: list[Any]) -> None:
    seen: list[tuple[int, int]] = []
    calibrate(LIU, 41, progress=lambda done, whole: seen.append((done, whole)))
    assert {whole for _, whole in seen} == {164}
    assert [done for done, _ in seen][:2] == [2, 4]
    assert [done for done, _ in seen][-1] == 164
    assert len(seen) == 4 * 21


def test_what_was_done_is_kept_when_stopped(asked: list[Any], tmp_path: Path) -> None:
    """Ctrl-C after 30 batches: the four worlds stand alike in the file, and the stop goes on."""

    def stop(done: int, whole: int) -> None:
        if done >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_calibration(LIU, 41, tmp_path / "out", progress=stop)
    kept = pl.read_csv(tmp_path / "out" / "calibration.csv")
    assert kept.select("world", "effect").unique().height == 4
    assert kept["replicates"].to_list() == [16, 16, 14, 14]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"replicates": 1_000_001}, "replicates must be"),
        ({"patients": 99}, "patients must be"),
        ({"patients": 1_000_001}, "patients must be"),
        ({"effect": 3.01}, "effect must be"),
        ({"effect": -3.01}, "effect must be"),
        ({"workers": 0, "patients": 1}, "patients must be.*; workers must be at least 1"),
    ],
)
def test_numbers_out_of_range(asked: list[Any], keys: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        calibrate(LIU, **({"replicates": 2} | keys))
    assert asked == []


@pytest.mark.parametrize("keys", [{"patients": 100}, {"effect": 3.0}, {"effect": -3.0}])
def test_numbers_at_the_end_of_their_range(asked: list[Any], keys: dict[str, Any]) -> None:
    assert calibrate(LIU, 2, **keys).height > 0


def table(*rows: tuple[bool, bool | None, bool | None]) -> pl.DataFrame:
    """Analyses by (valid, holds, in range); what covers and holds not is biased."""
    columns = ("valid", "holds", "in_range")
    made = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Boolean), orient="row")
    return made.with_columns(biased=~pl.col("holds") & pl.col("in_range"))


def test_a_summary_counts_what_kept_its_promise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = table(
        *[(True, True, True)] * 4,
        *[(True, True, False)] * 2,
        (True, False, True),
        (True, None, None),
        *[(False, False, False)] * 3,
        (False, True, True),
        (False, None, None),
    )
    given: dict[str, Any] = {}

    def fake(*words: Any, **keys: Any) -> pl.DataFrame:
        given.update(keys, words=words)
        return made

    monkeypatch.setattr(calibration, "calibrate", fake)
    moved = print
    keys = {"patients": 200, "effect": 0.3, "seed": 4, "workers": 2, "progress": moved}
    found, summary = run_calibration(LIU, 10, tmp_path / "a" / "b", **keys)  # type: ignore[arg-type]
    assert callable(given.pop("stopped"))
    assert given == {"words": (LIU, 10), **keys}
    assert found is made
    assert (summary.analyses, summary.valid, summary.valid_covered) == (13, 7, 6)
    assert (summary.valid_in_range, summary.valid_biased, summary.invalid_failing) == (5, 1, 3)
    assert (summary.replicates, summary.patients, summary.effect) == (10, 200, 0.3)
    assert summary.study == "ivig_covid19"
    assert summary.out == str(tmp_path / "a" / "b")
    assert "multiple_imputation" in summary.not_run
    assert "iptw" not in summary.not_run
    assert (tmp_path / "a" / "b" / "calibration.csv").read_text().count("\n") == 14
    assert run_calibration(LIU, 10, tmp_path / "a" / "b")[0] is made  # a folder that is there
    assert run_calibration(LIU, 10, None)[1].out == ""
    assert (given["patients"], given["workers"]) == (850, 1)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/x: cannot be written\. Choose another folder"):
        run_calibration(LIU, 10, tmp_path / "file" / "x")


ROW = {"contrast": "IVIG vs no IVIG", "population": "matched", "measure": "OR", "model": "logistic"}
ROW |= {"estimand": "ATT", "outcome": "death_28d", "analysis": "main"}


@pytest.mark.parametrize(
    ("changes", "target", "valid", "exact"),
    [
        ({}, "matched", True, False),
        ({"measure": "HR"}, "none under an effect", True, False),
        ({"estimand": "conditional on the pair"}, "none under an effect", True, False),
        ({"model": "logistic, adjusted for covariates"}, "conditional", True, True),
        ({"model": "g-computation, logistic"}, "matched", True, True),
        ({"population": "all"}, "all", False, True),
        ({"population": "all", "measure": "HR"}, "none under an effect", False, True),
        ({"analysis": "weighting", "estimand": "ATO"}, "overlap", True, True),
        ({"analysis": "weighting", "estimand": "ATE"}, "all", True, True),
        ({"analysis": "interaction"}, "none under an effect", True, False),
        (
            {"analysis": "hospital", "population": "all hospitals"},
            "none under an effect",
            True,
            True,
        ),
    ],
)
def test_what_an_analysis_claims_where_exposure_starts_at_time_zero(
    changes: dict[str, str], target: str, valid: bool, exact: bool
) -> None:
    found = reading(ROW | changes, LIU, "immediate")
    assert found is not None
    assert (found.target, found.valid, found.exact) == (target, valid, exact)
    late = reading(ROW | changes, LIU, "delayed")
    assert late is not None
    assert (late.target, late.valid) == ("none under an effect", False)


@pytest.mark.parametrize(
    ("changes", "target", "valid"),
    [
        ({"contrast": "x (naive)", "measure": "HR"}, "conditional", False),
        ({"contrast": "x (naive)", "measure": "RD"}, "none under an effect", False),
        ({"contrast": "x (clone-censor-weight)", "measure": "RD"}, "strategies", True),
        ({"contrast": "x (landmark)", "measure": "HR"}, "none under an effect", True),
        ({"contrast": "x (landmark)", "measure": "RD"}, "none under an effect", False),
        ({"contrast": "x (time-dependent)", "measure": "HR"}, "conditional", True),
    ],
)
def test_what_a_design_on_the_clock_claims(
    changes: dict[str, str], target: str, valid: bool
) -> None:
    row = ROW | {"analysis": "time_zero"} | changes
    found = reading(row, LIU, "delayed")
    assert found is not None
    assert (found.target, found.valid) == (target, valid)
    assert reading(row, LIU, "immediate") is None


def test_rows_that_are_not_calibrated() -> None:
    for changes in (
        {"outcome": "ards"},
        {"analysis": "outcomes"},
        {"analysis": "hospital", "population": "hospital A"},
        {"analysis": "table3", "contrast": "IVIG <=48 h vs no IVIG"},
    ):
        assert reading(ROW | changes, LIU, "immediate") is None
    band = reading(ROW | {"analysis": "table3", "contrast": "IVIG >8 days"}, LIU, "immediate")
    late = reading(ROW | {"analysis": "table3", "contrast": "IVIG <=48 h"}, LIU, "delayed")
    assert band == late
    assert band is not None
    assert not band.valid
    whole = reading(ROW | {"analysis": "table3"}, LIU, "immediate")
    assert whole is not None
    assert whole.valid


@pytest.mark.parametrize(
    ("adjusted", "valid", "why"),
    [(1, True, "adjusted for all confounders"), (0, False, "leaves out 1 of the confounders")],
)
def test_a_model_that_leaves_confounders_out(adjusted: int, valid: bool, why: str) -> None:
    names = LIU.match.covariates
    plan = LIU.analysis.model_copy(update={"adjust": names if adjusted else names[1:]})
    row = ROW | {"analysis": "table_s2", "population": "all"}
    late = LIU.match.model_copy(update={"allow_post_baseline": ()})
    changed = LIU.model_copy(update={"analysis": plan, "match": late})
    found = reading(row, changed, "immediate")
    assert found is not None
    assert (found.target, found.valid, found.why) == ("conditional", valid, why)


DAYS = np.linspace(0, 28, 10_001)
DEAD = -np.expm1(-((DAYS / 14) ** 1.35)) / -np.expm1(-(2**1.35))
LOST_DAYS = float(np.mean((DEAD[1:] + DEAD[:-1]) / 2) * 28)
"""Of those who die within 28 days: the area over their Weibull curve."""


@pytest.mark.parametrize(
    ("measure", "value"),
    [("RD", -0.2), ("RR", 0.5), ("OR", 0.375), ("HR", None), ("RMSTD", 0.2 * LOST_DAYS)],
)
def test_contrasts_of_two_risks(measure: str, value: float | None) -> None:
    world = model(LIU, "immediate", -0.5)
    found = _contrast(measure, 0.2, 0.4, world)
    assert found == (None if value is None else pytest.approx(value, abs=2e-4))


def test_which_coverage_is_the_promised_one() -> None:
    exact, loose = Reading("all", True, ""), Reading("all", True, "", exact=False)
    wrong = Reading("all", False, "")

    def holds(
        coverage: float | None, found: Reading = exact, n: int = 1000, errors: int = 0
    ) -> Any:
        return _holds(coverage, n, 1000, found, errors)

    assert [holds(c) for c in (0.934, 0.935, 0.965, 0.966)] == [False, True, True, False]
    assert [holds(c, loose) for c in (0.934, 0.935, 1.0)] == [False, True, True]
    assert [holds(c, wrong) for c in (0.934, 0.935, 1.0)] == [False, True, True]
    error = monte_carlo_error(0.95, 1000)
    assert error == pytest.approx((0.95 * 0.05 / 1000) ** 0.5)
    assert [holds(0.935 - k * error, errors=2) for k in (1.99, 2.01)] == [True, False]
    assert [holds(0.965 + k * error, errors=2) for k in (1.99, 2.01)] == [True, False]
    assert holds(None) is None
    assert [holds(0.95, n=n) for n in (899, 900)] == [None, True]


def test_one_cohort_has_no_spread_and_a_difference_no_logarithm() -> None:
    slot = (*SLOT[:-1], "RD")
    answer = Answer(-0.1, -0.3, 0.1, 0.05, float("nan"))
    lost = Answer(-0.3, -0.5, -0.25, 0.15, 0.01)
    world = model(LIU, "immediate", -0.5)

    def row(*answers: Answer) -> dict[str, Any]:
        made = [Replicate({slot: a}, {slot: "ATE"}, {"all": (0.2, 0.4)}) for a in answers]
        return summarise(world, made).row(0, named=True)

    alone = row(answer, answer) | {}
    assert alone["truth"] == pytest.approx(-0.2)
    assert alone["mean_estimate"] == pytest.approx(-0.1)
    assert alone["bias"] == pytest.approx(0.1)
    both = row(answer, lost)
    assert both["mean_estimate"] == pytest.approx(-0.2)
    assert both["empirical_se"] == pytest.approx(0.2 / 2**0.5)
    assert both["mean_se"] == pytest.approx(((0.05**2 + 0.15**2) / 2) ** 0.5)
    assert (both["coverage"], both["rejected"]) == (0.5, 1.0)  # of the one that has a p
    assert row(answer)["empirical_se"] is None
    assert row(answer)["bias_in_se"] is None


@pytest.mark.parametrize(("lean", "holds"), [(0.3, True), (0.45, True), (0.7, False)])
def test_a_lean_that_wide_intervals_hide_fails(lean: float, holds: bool) -> None:
    """M28: every interval holds the truth; beyond 0.4 SE and chance (0.2 here) it fails."""
    slot, world = (*SLOT[:-1], "RD"), model(LIU, "immediate", -0.5)
    spread = np.tile([-1.0, 1.0], 50) * 0.1
    values = -0.2 + lean * float(spread.std(ddof=1)) + spread
    made = [
        Replicate({slot: Answer(v, -0.9, 0.9, 0.4, 0.5)}, {slot: "ATE"}, {"all": (0.2, 0.4)})
        for v in values
    ]
    row = summarise(world, made).row(0, named=True)
    assert row["bias_in_se"] == pytest.approx(lean)
    assert row["coverage"] == 1.0
    assert (row["biased"], row["holds"]) == (not holds, holds)


LINE = {
    **{"world": "immediate", "effect": 0.0, "analysis": "main", "contrast": "IVIG vs none"},
    **{"population": "matched", "model": "logistic", "variance": "cluster HC1", "measure": "OR"},
    **{"truth": 1.0, "mean_estimate": 1.25, "bias": 0.05, "coverage": 0.93, "rejected": 0.07},
    **{"replicates": 400, "valid": True, "holds": True, "in_range": False, "why": "said"},
    **{"bias_in_se": 0.625, "biased": True},
}


def test_a_table_as_lines() -> None:
    naive = LINE | {"world": "delayed", "effect": -0.5, "valid": False, "variance": "model"}
    naive |= {"truth": None, "bias": None, "coverage": None, "holds": None, "in_range": None}
    naive |= {"bias_in_se": None, "biased": None}
    missed = naive | {"holds": False, "in_range": False, "coverage": 0.1}
    kept = naive | {"holds": True, "in_range": True, "coverage": 0.95}
    rows = [LINE, LINE | {"in_range": True, "biased": False}, naive, missed, kept]
    text = show.lines(pl.DataFrame(rows, infer_schema_length=None))
    main = "main: IVIG vs none [matched]"
    head = "measure    truth    mean    bias   in SE  covers   p<.05  valid  analysis"
    first = f"OR         1.000   1.250   0.050    0.62   93.0%    7.0%  yes    {main}"
    second = f"OR                 1.250                            7.0%  no     {main}"
    assert text[0] == ""
    assert text[1] == "World: exposure starts at time zero; true log ratio 0"
    assert text[2] == head
    assert text[3] == f"{first} logistic, clustered (said)"
    assert text[6] == "World: exposure starts later; true log ratio -0.5"
    assert text[8] == f"{second} logistic (said)"
    error = f"{monte_carlo_error(0.95, 400):.1%}"
    assert text[-5:] == [
        "",
        "Valid analyses: 1 of 2 in range",
        f"  outside: 93.0% (Monte-Carlo error {error}; within chance): immediate, effect 0, "
        "IVIG vs none, OR, logistic",
        "  biased by +0.62 standard errors (limit 0.4): immediate, effect 0, IVIG vs none, OR, "
        "logistic",
        "Analyses that cannot be right: 1 of 2 miss their coverage",
    ]


def test_a_progress_bar_moves_unless_it_is_to_be_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with show.bar(True) as move:
        move(1, 2)
    assert capsys.readouterr() == ("", "")
    with show.bar(False) as move:
        move(1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "1/2 cohorts" in err


def test_a_coverage_holds_within_two_errors_of_chance() -> None:
    world = model(LIU, "immediate", -0.5)

    def made(inside: int) -> dict[str, Any]:
        hit, miss = Answer(0.375, 0.2, 0.7, 0.1, 0.01), Answer(0.75, 0.5, 1.2, 0.1, 0.2)
        answers = [hit] * inside + [miss] * (1000 - inside)
        risks = {"all": (0.2, 0.4)}
        many = [Replicate({SLOT: answer}, {SLOT: "ATE"}, risks) for answer in answers]
        return summarise(world, many).row(0, named=True)

    # 0.935 less two Monte-Carlo errors of 0.0069
    assert [made(inside)["holds"] for inside in (922, 921)] == [True, False]
    assert [made(inside)["in_range"] for inside in (935, 934)] == [True, False]


def test_a_cohort_has_a_seed_of_its_own() -> None:
    found = [_seeded(LIU, np.random.default_rng(n)).study.seed for n in range(40)]
    assert found == [int(np.random.default_rng(n).integers(2**31)) for n in range(40)]
