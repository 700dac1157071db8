"""Deaths that nobody could know: what is answered instead, and how wide the doubt is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fuzz.base import short_study

from ehrivig import pipeline
from ehrivig.analysis import bounds, lost
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sensitivity import time_zero
from ehrivig.concepts.follow_up import Answerable, Known, Seen
from ehrivig.demo import write_demo
from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.timezero.clone_censor_weight import clone_censor_weight
from ehrivig.study import Outcome, Study

pytestmark = pytest.mark.usefixtures("more_quickly")
UNKNOWN = Known(None, (Seen("A", 500, 50, 50, 0),))


def people() -> pl.DataFrame:
    """Exposed: 2 dead, 3 unknown, 5 alive. Unexposed: 4 dead, 1 unknown, 15 alive."""
    answers = [True] * 2 + [None] * 3 + [False] * 5 + [True] * 4 + [None] + [False] * 15
    return pl.DataFrame(
        {
            "exposed": [True] * 10 + [False] * 20,
            "known_anywhere": answers,
            "death_28d": [answer or False for answer in answers],
            "discharge_status": ["alive"] * 30,
        }
    )


def by_arms(plan: Study, smallest: int = 0) -> Answerable:
    """Answered by a model of who ever had the drug, with deaths that nobody could know."""
    declared = plan.study.estimand.model_copy(update={"analysis": "aipw"})
    said = plan.study.model_copy(update={"estimand": declared})
    guarded = plan.report.model_copy(update={"smallest_cell": smallest})
    return Answerable(plan.model_copy(update={"study": said, "report": guarded}), UNKNOWN)


def test_bounds_by_hand(plan: Study) -> None:
    """Exposed 2/10 to 5/10, unexposed 4/20 to 5/20: the difference lies in -0.05 to 0.30."""
    rows, table = EffectRows(0), people()
    bounds.bounds(table, table, by_arms(plan), rows)
    made = rows.frame()
    assert made["estimate"].to_list() == [None, None]
    assert made["lo"].to_list() == pytest.approx([-0.05] * 2)
    assert made["hi"].to_list() == pytest.approx([0.30] * 2)
    assert made["event_label"].to_list() == ["death within 28 days"] * 2
    assert "risk 20.0% to 50.0% of the exposed" in made["note"][0]


def in_time(plan: Study) -> pl.DataFrame:
    """300 people: a third start by 40 h, half leave alive on day 5, a fifth die in the stay."""
    n, drawn = 300, np.random.default_rng(3)
    start = np.where(np.arange(n) % 3 == 0, drawn.uniform(0, 40, n), np.nan)
    dies, leaves = np.arange(n) % 5 == 0, np.arange(n) % 2 == 0
    return pl.DataFrame(
        {
            "hospital_id": ["A"] * n,
            "exposed": ~np.isnan(start),
            "hours_to_first_dose": pl.Series(start).fill_nan(None),
            "event": dies,
            "time_days": np.where(dies, drawn.uniform(2, 20, n), 28.0),
            "discharge_days": np.where(leaves & ~dies, 5.0, 28.0),
            "known_anywhere": [
                None if leaving and not dead else bool(dead)
                for leaving, dead in zip(leaves, dies, strict=True)
            ],
            **{name: drawn.integers(0, 7, n) for name in plan.match.covariates},
        }
    )


def test_the_bounds_of_an_answer_by_clones_are_of_its_own_strategies(plan: Study) -> None:
    """Its risks with all of unknown fate dead at day 28, and with all of them alive."""
    table, rows, answerable = in_time(plan), EffectRows(0), Answerable(plan, UNKNOWN)
    bounds.bounds(table, table, answerable, rows)
    (row,) = rows.rows
    assert row["contrast"] == "IVIG within 48 h vs not (clone-censor-weight, bounds)"
    assert row["n_exposed"] is None  # those counted are ever and never given it
    assert row.get("events_control") is None
    assert not row["naive"]
    risks = []
    for died in (False, True):
        told = table.with_columns(event=pl.col("event") | pl.col("known_anywhere").fill_null(died))
        cohort, left_out = time_zero.cohort_of(told, plan)
        assert left_out == (0, 0)
        made = clone_censor_weight(cohort, truncate=(0, 1), bootstraps=20)
        risks.append((made.risk_start, made.risk_wait))
    assert row["lo"] == pytest.approx(risks[0][0] - risks[1][1])
    assert row["hi"] == pytest.approx(risks[1][0] - risks[0][1])
    assert row["hi"] - row["lo"] > 0.5


def test_bounds_of_few_are_not_shown(plan: Study) -> None:
    rows, table = EffectRows(5), people()
    answerable = by_arms(plan, smallest=5)
    bounds.bounds(table, table, answerable, rows)
    made = rows.frame()
    assert made.select("lo", "hi").null_count().row(0) == (2, 2)
    assert "suppressed" in made["note"][0]
    shares = lost.by_arm(table, answerable)
    assert shares["unknown"].to_list() == [None, None]
    (lint,) = lost.lints(table, answerable)
    assert "say so: [outcomes] after_discharge = 'linked'" in lint.message
    assert "20.0%" not in lint.message
    assert "30.0%" not in lint.message


def test_days_followed_are_to_the_end_of_what_can_be_seen(plan: Study) -> None:
    """Exposed 1 to 10 days in hospital, of whom nobody knows more; 9 of the others: too few."""
    table = pl.DataFrame(
        {
            "exposed": [True] * 10 + [False] * 9,
            "time_days": [28.0] * 19,
            "stay_days": [float(day) for day in range(1, 11)] + [3.2] * 9,
            "discharge_status": ["alive"] * 19,
            "death_28d": [False] * 19,
        }
    )
    days = [f"{name}_days" for name in ("median", "q1", "q3")]
    anywhere = lost.by_arm(table, Answerable(plan, None)).select(days)
    assert anywhere.rows() == [(28.0, 28.0, 28.0), (None, None, None)]
    in_the_stay = lost.by_arm(table, Answerable(plan, UNKNOWN)).select(days)
    assert in_the_stay.rows() == [(6.0, 3.0, 8.0), (None, None, None)]
    no_death = lost.by_arm(table.drop("stay_days"), Answerable(plan, UNKNOWN)).select(days)
    assert no_death.rows() == [(None, None, None)] * 2


def _lost(exposed: tuple[int, int], control: tuple[int, int]) -> pl.DataFrame:
    """Arms of (unknown, n)."""
    rows = [
        {"exposed": arm, "death_28d": None if i < unknown else i % 3 == 0}
        for arm, (unknown, n) in ((True, exposed), (False, control))
        for i in range(n)
    ]
    return pl.DataFrame(rows).with_columns(discharge_status=pl.lit("alive"))


def _guarded(plan: Study) -> Answerable:
    guarded = plan.report.model_copy(update={"smallest_cell": 5})
    return Answerable(plan.model_copy(update={"report": guarded}), None)


@pytest.mark.parametrize(
    ("exposed", "control", "ends"),
    [
        ((4, 40), (0, 90), (1 / 40, 4 / 40, True)),  # may be 2.5% or 10%
        ((4, 40), (45, 90), (0.5, 0.5, True)),  # the other arm decides
        ((2, 100), (3, 200), (0.01, 0.04, True)),
        ((38, 40), (0, 90), (36 / 40, 39 / 40, True)),
        ((10, 40), (0, 90), (0.25, 0.25, False)),
    ],
)
def test_a_few_unknown_are_no_zero_share(
    plan: Study,
    exposed: tuple[int, int],
    control: tuple[int, int],
    ends: tuple[float, float, bool],
) -> None:
    table, answerable = _lost(exposed, control), _guarded(plan)
    found = lost.largest_share(table, answerable)
    assert (found.least, found.most, found.hidden) == pytest.approx(ends)
    assert found.share == max(exposed[0] / exposed[1], control[0] / control[1])
    shown = lost.by_arm(table, answerable)["unknown"].to_list()
    assert shown == ([None, None] if ends[2] else [exposed[0], control[0]])


def test_who_is_followed_to_the_end_of_the_data_is_not_left_out(plan: Study) -> None:
    table, answerable = _lost((20, 40), (0, 90)), _guarded(plan)
    (lint,) = lost.lints(table, answerable)
    assert "who is left out is not like who stays" in lint.message
    (lint,) = lost.lints(table.with_columns(time_days=pl.lit(5.0)), answerable)
    assert "they are followed to the last day that is known of them" in lint.message


def test_dates_that_show_a_register_which_the_study_file_denies_are_said(plan: Study) -> None:
    shown = (Seen("A", 500, 50, 50, 40, 600, 90),)
    for declared, said in (("unknown", 1), ("in_hospital", 1), ("linked", 0), (None, 0)):
        answerable = Answerable(plan, Known(declared, shown))
        lints = lost.lints(_lost((0, 40), (0, 90)), answerable)
        found = [one for one in lints if one.code == "register_denied"]
        assert len(found) == said
        assert all("8.0% of those who left alive have a later date" in f.message for f in found)
    none = Answerable(plan, Known("unknown", (Seen("A", 500, 50, 50, 0),)))
    codes = [one.code for one in lost.lints(_lost((0, 40), (0, 90)), none)]
    assert "register_denied" not in codes


def test_few_unknown_of_a_small_arm_are_said_by_its_size_alone(plan: Study) -> None:
    said = [lost.lints(_lost((k, 40), (0, 90)), _guarded(plan)) for k in (1, 4)]
    assert said[0] == said[1]
    assert [(one.code, one.severity) for one in said[0]] == [("lost_to_follow_up", "warn")]
    assert lost.lints(_lost((4, 400), (0, 90)), _guarded(plan)) == []


@pytest.mark.parametrize(
    ("moved", "at_most", "said"),
    [
        ((30, 10), 0.3, "30.0% of the exposed and 10.0% of the unexposed (limit 5%)"),
        ((5, 5), 0.05, ""),
        ((4, 30), 0.3, "not shown (few people) (limit 5%)"),
        ((0, 0), 0.0, ""),
    ],
)
def test_who_was_transferred_alive_did_not_survive_for_certain(
    plan: Study, moved: tuple[int, int], at_most: float, said: str
) -> None:
    """Of 100 in each arm, where a death counts in the stay alone; another left after day 28."""
    rows = [
        {
            "exposed": arm,
            "death_28d": False,
            "discharge_status": "transferred" if i <= n else "alive",
            "discharge_days": 40.0 if i == 0 else 3.0,
        }
        for arm, n in zip((True, False), moved, strict=True)
        for i in range(100)
    ]
    table, known = pl.DataFrame(rows), _guarded(plan).asked
    in_the_stay = Answerable(known, UNKNOWN)
    found = lost.largest_transferred(table, in_the_stay)
    assert found.share == at_most
    assert found.least <= at_most <= found.most
    lints = [one for one in lost.lints(table, in_the_stay) if one.code == "transferred"]
    assert [one.severity for one in lints] == ["error"] * bool(said)
    assert all(said in one.message for one in lints)
    anywhere = Answerable(known, None)
    assert lost.largest_transferred(table, anywhere).share == 0


def test_bounds_tell_no_few_of_the_unmatched_and_no_few_alive(plan: Study) -> None:
    """All but 2 of the unknown are matched; or all but 3 are dead or unknown."""
    answerable = by_arms(plan, smallest=5)

    def frame(exposed: list[tuple[bool | None, int]]) -> pl.DataFrame:
        arms = {True: exposed, False: [(True, 20), (None, 20), (False, 20)]}
        rows = [
            {"exposed": arm, "known_anywhere": fate}
            for arm, fates in arms.items()
            for fate, count in fates
            for _ in range(count)
        ]
        return pl.DataFrame(rows)

    def shown(table: pl.DataFrame, matched: pl.DataFrame) -> list[bool]:
        rows = EffectRows(5)
        bounds.bounds(table, matched, answerable, rows)
        return [lo is not None for lo in rows.frame()["lo"].to_list()]

    whole = frame([(True, 10), (None, 12), (False, 30)])
    assert shown(whole, whole) == [True, True]
    assert shown(whole, frame([(True, 10), (None, 10), (False, 20)])) == [True, False]
    near = frame([(True, 10), (None, 12), (False, 3)])
    assert shown(near, near) == [False, False]


def test_an_arm_of_unknown_outcomes_is_an_error(plan: Study) -> None:
    table = people().with_columns(death_28d="known_anywhere").drop("known_anywhere")
    known = Known(None, (Seen("A", 500, 50, 50, 9),))
    found = lost.lints(table, Answerable(plan, known))
    assert [(one.code, one.severity) for one in found] == [("lost_to_follow_up", "error")]
    assert "30.0% of the exposed (limit 5%)" in found[0].message
    assert found[0].message.endswith("end the period of admissions before it")


@pytest.mark.parametrize("unknown", [30, 3])
def test_no_time_makes_known_what_nobody_measured(plan: Study, unknown: int) -> None:
    source = {"name": "low", "label": "Low", "from": "lab_reached", "code": "crp", "at_most": 5}
    kept = plan.outcomes.model_copy(
        update={"primary": "low", "variables": (Outcome.model_validate(source),)}
    )
    asked = by_arms(plan.model_copy(update={"outcomes": kept}), smallest=5)
    rows = [
        {"exposed": arm, "low": None if arm and number < unknown else True}
        for arm in (True, False)
        for number in range(40)
    ]
    (found,) = lost.lints(pl.DataFrame(rows), asked)
    assert found.code == "lost_to_follow_up"
    assert found.message.endswith("on record of nearly everybody")


def test_a_declared_link_that_shows_nowhere_is_said(plan: Study) -> None:
    known = Known("linked", (Seen("A", 500, 50, 50, 0),))
    complete = people().with_columns(pl.col("death_28d").fill_null(False)).drop("known_anywhere")
    (lint,) = lost.lints(complete, Answerable(plan, known))
    assert (lint.code, lint.severity) == ("linked_unproven", "warn")


def _changed(extract: Path, out: Path, deaths: pl.Expr) -> Path:
    """A copy of an extract with other dates of death."""
    shutil.copytree(extract, out)
    for path in sorted(out.glob("patient/*/*.parquet")):
        table = pl.read_parquet(path, hive_partitioning=False)
        table.with_columns(deaths.cast(table.schema["death_at"]).alias("death_at")).write_parquet(
            path
        )
    return out


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("follow_up") / "x"
    write_demo(folder, patients=700, hospitals=2, defects="none", seed=3)
    return folder


@pytest.fixture(scope="module")
def clean(extract: Path) -> pl.DataFrame:
    """The analysis table of a run on it as it is."""
    return _analysis_table(extract, extract.parent)


def _analysis_table(extract: Path, place: Path, **sections: dict[str, Any]) -> pl.DataFrame:
    done = pipeline.run(short_study(place / "study.toml", **sections), extract, place / "out")
    assert done.exit_code == 0, done.message
    return pl.read_parquet(place / "out" / "analysis.parquet")


NONE = pl.lit(None)
FIRST = pl.when(pl.col("death_at").cum_count() == 1).then("death_at")  # one date per hospital


@pytest.mark.parametrize("deaths", [NONE, FIRST], ids=["by discharge status only", "one dated"])
def test_deaths_by_discharge_status_are_deaths_in_the_hospital(
    extract: Path, clean: pl.DataFrame, tmp_path: Path, deaths: pl.Expr
) -> None:
    """M1, M2, M3: no complete cases, no censoring at discharge, and the run says so."""
    table = _analysis_table(_changed(extract, tmp_path / "changed", deaths), tmp_path)
    assert table["death_28d"].null_count() == 0
    assert abs(int(table["death_28d"].sum()) - int(clean["death_28d"].sum())) <= 2
    out = tmp_path / "out"
    effects = pl.read_csv(out / "effects.csv", infer_schema_length=None)
    main = effects.filter(pl.col("analysis") == "main", pl.col("outcome") == "death_28d")
    assert main["event_label"].unique().to_list() == ["death in hospital within 28 days"]
    assert set(main["measure"]) >= {"SHR", "HR", "OR", "RMSTD"}
    assert effects.filter(pl.col("analysis") == "follow_up").height == 1
    lints = pl.read_csv(out / "lints.csv")
    (said,) = lints.filter(pl.col("code") == "vital_status_unknown").to_dicts()
    assert said["severity"] == "error"
    assert "28-day mortality: the vital status after discharge is unknown" in said["message"]
    assert "Extract the dates of all deaths" in said["message"]  # a declaration would not help
    _curves_are_those_of_competing_risks(pl.read_csv(out / "curves.csv"), table)


def _curves_are_those_of_competing_risks(curves: pl.DataFrame, table: pl.DataFrame) -> None:
    """Deaths by day 28 over everybody, for nobody is lost: the Aalen-Johansen estimate."""
    assert "km" not in set(curves["curve"])
    last = curves.filter(
        pl.col("population") == "all", pl.col("cause") == "death in hospital", pl.col("time") == 28
    )
    for group, exposed in (("exposed", True), ("control", False)):
        arm = table.filter(pl.col("exposed") == exposed)
        (drawn,) = last.filter(pl.col("group") == group)["estimate"].to_list()
        assert drawn == pytest.approx(arm["death_28d"].mean())
        whole = cumulative_incidence(arm["stay_days"].clip(1 / 1440), arm["stay_end"])
        (died,) = [curve for curve in whole.curves if curve.cause == 1]
        assert drawn == pytest.approx(float(died.at([28.0]).incidence[0]))


def test_unknown_deaths_are_answered_by_weights_for_who_left(extract: Path, tmp_path: Path) -> None:
    """Declared unknown: the answer is of death anywhere, its doubt is told, bounds stand beside."""
    unknown = {"outcomes": {"after_discharge": "unknown"}}
    changed = _changed(extract, tmp_path / "changed", NONE)
    table = _analysis_table(changed, tmp_path, **unknown)
    effects = pl.read_csv(tmp_path / "out" / "effects.csv", infer_schema_length=None)
    (answer,) = effects.filter(pl.col("role") == "primary").to_dicts()
    assert answer["event_label"] == "death within 28 days"
    assert "weighted for who left alive" in answer["contrast"]
    assert "immortal time" not in answer["note"]
    (safe,) = effects.filter(
        pl.col("analysis") == "time_zero",
        pl.col("model").str.starts_with("clone-censor-weight"),
        pl.col("measure") == "RD",
    ).to_dicts()
    assert safe["role"] == "sensitivity"  # time zero is the admission, severity comes later
    assert safe["event_label"] == "death in hospital within 28 days"
    assert answer["risk_control"] > safe["risk_control"]  # some of those who left would have died
    bounds = effects.filter(pl.col("model").str.contains("bounds"), pl.col("population") == "all")
    assert bounds["lo"][0] < answer["estimate"] < bounds["hi"][0]
    checks = pl.read_csv(tmp_path / "out" / "diagnostics.csv")
    (lost_row,) = checks.filter(pl.col("diagnostic") == "lost_to_follow_up").to_dicts()
    assert (lost_row["verdict"], lost_row["decides"]) == ("fail", True)
    (lint,) = (
        pl.read_csv(tmp_path / "out" / "lints.csv")
        .filter(pl.col("code") == "vital_status_unknown")
        .to_dicts()
    )
    assert lint["severity"] == "error"
    assert "which no data show" in lint["message"]
    assert table["death_28d"].null_count() == 0


@pytest.mark.parametrize(
    ("counts", "share", "ends"),
    [
        ([(100, 10), (50, 6)], 0.12, None),
        ([(100, 10), (50, 0)], 0.1, None),
        ([(100, 3), (50, 0)], 0.03, (0.01, 0.04)),  # 1 to 4 of 100
        ([(100, 97), (50, 6)], 0.97, (0.96, 0.99)),  # 1 to 4 are known
        ([(100, 3), (50, 10)], 0.2, (0.2, 0.2)),  # whatever the small one is
        ([(3, 2), (50, 0)], 2 / 3, (1 / 3, 1.0)),  # of 3 no more than 3
        ([(0, 0), (50, 5)], 0.1, None),
        ([(100, 96), (50, 0)], 0.96, (0.96, 0.99)),
        ([(100, 95), (50, 0)], 0.95, None),
    ],
)
def test_the_largest_share_and_where_a_hidden_one_lies(
    counts: list[tuple[int, int]], share: float, ends: tuple[float, float] | None
) -> None:
    """Counts of 1 to 4 are not told: (people, unknown) of each arm."""
    found = lost._largest(counts, 5)
    assert found.share == pytest.approx(share)
    assert found.ends == (None if ends is None else pytest.approx(ends))
