"""Each diagnostic passes and fails where it should; the head of the report says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.analysis import diagnostics
from ehrivig.analysis.diagnostics import alike
from ehrivig.analysis.diagnostics.people import positivity
from ehrivig.analysis.effects import SCHEMA as EFFECTS
from ehrivig.concepts.follow_up import Answerable
from ehrivig.release import copies
from ehrivig.report import answer
from ehrivig.report.table import RunTables
from ehrivig.stats.timezero import ExtremeWeights
from ehrivig.stats.timezero.clone_censor_weight import PENALISED
from ehrivig.study import Study
from ehrivig.study.registries import ANSWERS

ZERO = datetime(2020, 1, 1)
LATE = "eligible_after_time_zero"
WHEN = ("unmatched", "matched")


def effects(**primary: Any) -> pl.DataFrame:
    row = {"role": "primary", "analysis": "time_zero", "measure": "RD", "se": 0.02, **primary}
    return pl.DataFrame([{name: row.get(name) for name in EFFECTS}], schema=EFFECTS)


def looked_for(plan: Study, until: float) -> Study:
    """A study whose covariates are looked for until some hours after time zero."""
    windows = plan.covariates.model_copy(update={"window_hours": (-24.0, until)})
    return plan.model_copy(update={"covariates": windows})


@pytest.fixture
def evidence(plan: Study) -> diagnostics.Evidence:
    """Two hospitals of 60, half exposed, with every score 0.5: nothing to object to."""
    n, drawn = 120, np.random.default_rng(1)
    plan = looked_for(plan, until=0.0)
    table = pl.DataFrame(
        {
            "hospital_id": ["A"] * 60 + ["B"] * 60,
            "admission_id": range(n),
            "exposed": [True, False] * 60,
            "death_28d": [True, False, False] * 40,
            "discharge_status": ["alive"] * n,
            "time_zero": [ZERO] * n,
            "eligible_at": [ZERO] * n,
            "eligible_undated": [False] * n,
            "time_days": [10.0, 28.0, 28.0] * 40,
            "event": [True, False, False] * 40,
            "hours_to_first_dose": [12.0, None] * 60,
            "discharge_days": [28.0] * n,
            **{name: drawn.integers(0, 7, n) for name in plan.match.covariates[:2]},
            **dict.fromkeys(plan.match.covariates[2:], 1),
        }
    )
    balance = pl.DataFrame(
        {
            "in_score": [True, False],
            "smd_unmatched": [0.4, 0.1],
            "smd_matched": [0.05, 0.1],
            "ks_unmatched": [0.2, 0.05],
            "ks_matched": [0.02, 0.05],
            "level": ["", ""],
            "note": [None, None],
        },
        schema_overrides={"note": pl.String},
    )
    tables = {"effects": effects(), "balance": balance}
    return diagnostics.Evidence(table, table, np.full(n, 0.5), tables, Answerable(plan, None))


def verdicts(evidence: diagnostics.Evidence) -> dict[str, str]:
    return dict(diagnostics.diagnostics(evidence).select("diagnostic", "verdict").iter_rows())


def test_nothing_to_object_to(evidence: diagnostics.Evidence) -> None:
    found = verdicts(evidence)
    assert found.pop("negative_controls") == "not assessed"
    assert found.pop("minimum_detectable") == "not assessed"
    assert set(found.values()) == {"pass"}
    assert "speaks against it" in answer.verdict(diagnostics.diagnostics(evidence))


def test_extreme_weights_decide(
    evidence: diagnostics.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(largest: float, moved: float) -> dict[str, str]:
        found = ExtremeWeights(largest, 0.0, moved)
        monkeypatch.setattr(diagnostics.weights, "extreme_weights", lambda *_, **__: found)
        told = verdicts(evidence)
        return {name: told[name] for name in ("largest_weight", "weight_truncation")}

    assert seen(20.0, 0.01) == {"largest_weight": "pass", "weight_truncation": "pass"}
    assert seen(20.1, 0.011) == {"largest_weight": "fail", "weight_truncation": "fail"}


def test_weights_are_those_that_the_answer_has(
    evidence: diagnostics.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Penalised where its replicates needed it; a ratio is held to the error of its difference."""
    asked: list[bool] = []

    def seen(*_: Any, penalised: bool, **__: Any) -> ExtremeWeights:
        asked.append(penalised)
        return ExtremeWeights(1.0, 0.0, 0.03)

    monkeypatch.setattr(diagnostics.weights, "extreme_weights", seen)
    rows = [{"measure": "RR", "se": 0.5, "note": PENALISED}, {"measure": "RD", "role": "safe"}]
    both = pl.concat([effects(contrast="a", **row) for row in rows])
    ratio = replace(evidence, tables=evidence.tables | {"effects": both})
    (row,) = rows_of(ratio, "weight_truncation")
    assert row["value"] == pytest.approx(0.03 / 0.02)
    rows_of(evidence, "weight_truncation")
    assert asked == [True, False]


def test_only_an_answer_by_clones_has_such_weights(
    evidence: diagnostics.Evidence, plan: Study
) -> None:
    estimand = plan.study.estimand.model_copy(update={"analysis": "aipw"})
    info = plan.study.model_copy(update={"estimand": estimand})
    other = Answerable(plan.model_copy(update={"study": info}), None)
    assert "largest_weight" not in verdicts(replace(evidence, answerable=other))


def later(table: pl.DataFrame) -> pl.DataFrame:
    """A tenth met a criterion an hour after time zero."""
    when = pl.when(pl.col("admission_id") % 10 == 0).then(ZERO + timedelta(hours=1)).otherwise(ZERO)
    return table.with_columns(eligible_at=when)


CHANGES = [
    (
        "lost_to_follow_up",
        lambda t: t.with_columns(death_28d=pl.when(pl.col("admission_id") > 8).then("death_28d")),
    ),
    ("eligible_after_time_zero", later),
    (
        "eligible_at_no_known_time",
        lambda t: t.with_columns(eligible_undated=pl.col("admission_id") < 12),
    ),
    (
        "positivity",
        lambda t: t.with_columns(
            exposed=pl.col("exposed") & (pl.col("hospital_id") == "A"),
            hours_to_first_dose=pl.when(pl.col("hospital_id") == "A").then("hours_to_first_dose"),
        ),
    ),
    (
        "missing_covariates",
        lambda t: t.with_columns(sofa=pl.when(pl.col("admission_id") > 20).then("sofa")),
    ),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_a_fault_of_the_data_fails(evidence: diagnostics.Evidence, name: str, change: Any) -> None:
    assert verdicts(replace(evidence, table=change(evidence.table)))[name] == "fail"


def test_scores_apart_are_no_equipoise(evidence: diagnostics.Evidence) -> None:
    """Preference is the score with the share exposed taken out (Walker 2013)."""
    apart = np.where(evidence.arm, 0.9, 0.1)
    evidence = with_answer(evidence, "aipw")
    assert verdicts(replace(evidence, score=apart))["equipoise"] == "fail"
    assert verdicts(replace(evidence, score=np.full(120, np.nan)))["equipoise"] == "not assessed"


def test_scores_of_one_arm_alone_are_no_overlap(evidence: diagnostics.Evidence) -> None:
    """Common support is [0.4, 0.8]: 6 of the 60 unexposed lie below it."""
    evidence = with_answer(evidence, "aipw")
    score = np.where(evidence.arm, 0.8, 0.4)
    score[0] = 0.4
    score[1:13:2] = 0.1
    score[13] = 0.9
    (row,) = rows_of(replace(evidence, score=score), "overlap")
    assert (row["value"], row["verdict"]) == (pytest.approx(113 / 120), "fail")
    assert verdicts(replace(evidence, score=np.full(120, np.nan)))["overlap"] == "not assessed"


def test_an_answer_by_copies_is_judged_by_who_starts_in_time(
    evidence: diagnostics.Evidence,
) -> None:
    """60 are given the drug, 6 of them within grace: nobody may lean on the other 54."""
    late = pl.when(pl.col("admission_id") < 12).then("hours_to_first_dose").otherwise(200.0)
    hours = pl.when(pl.col("exposed")).then(late)
    changed = replace(evidence, table=evidence.table.with_columns(hours_to_first_dose=hours))
    assert changed.arm.sum() == 60
    assert changed.strategy.sum() == 6
    (row,) = rows_of(changed, "people_per_strategy")
    assert 2 < row["value"] < 7
    assert (row["verdict"], row["decides"]) == ("fail", True)
    (row,) = rows_of(changed, "positivity")
    assert (row["value"], row["verdict"]) == (0.5, "fail")  # all 6 are of hospital A
    (row,) = rows_of(changed, "equipoise")
    assert row["value"] is not None
    whole = verdicts(evidence)
    assert (whole["people_per_strategy"], whole["positivity"]) == ("pass", "pass")


def test_who_was_treated_before_being_eligible_decides(evidence: diagnostics.Evidence) -> None:
    """Given at hour 12, eligible at hour 20: 10 of 60."""
    late = pl.when(pl.col("admission_id") < 20).then(ZERO + timedelta(hours=20)).otherwise(ZERO)
    (row,) = rows_of(
        replace(evidence, table=evidence.table.with_columns(eligible_at=late)),
        "treated_before_eligible",
    )
    assert (row["value"], row["verdict"], row["decides"]) == (10 / 60, "fail", True)


def test_how_many_people_the_weights_leave(evidence: diagnostics.Evidence) -> None:
    """59 exposed of weight 2 and one of 100 (scores 0.5 and 0.01): Kish (218^2 / 10,236) / 60."""
    score = np.full(120, 0.5)
    score[0] = 0.01
    (row,) = rows_of(with_answer(replace(evidence, score=score), "iptw"), "effective_sample_size")
    assert row["value"] == pytest.approx(218**2 / 10_236 / 60)
    assert row["verdict"] == "fail"
    assert rows_of(with_answer(evidence, "matched"), "effective_sample_size") == []


def test_weights_that_do_not_balance_fail(evidence: diagnostics.Evidence) -> None:
    """Equal scores where the exposed are older: weighting removes nothing."""
    apart = evidence.table.with_columns(age=pl.col("exposed").cast(pl.Float64) * 3 + pl.col("male"))
    changed = with_answer(replace(evidence, table=apart), "iptw")
    (row,) = rows_of(changed, "balance_in_score")
    assert row["value"] > 0.25
    assert (row["verdict"], row["decides"]) == ("fail", True)


def test_a_model_balances_nothing_and_is_not_said_to(evidence: diagnostics.Evidence) -> None:
    (row,) = rows_of(with_answer(evidence, "sequential_trials"), "balance_in_score")
    assert (row["value"], row["verdict"], row["decides"]) == (None, "not assessed", False)


def test_each_says_where_its_threshold_is_from_and_what_follows(
    evidence: diagnostics.Evidence,
) -> None:
    found = diagnostics.diagnostics(evidence)
    for name in ("meaning", "source", "follows"):
        assert (found[name].str.len_chars() > 0).all()
    assert found.filter(pl.col("threshold").is_null())["diagnostic"].to_list() == [
        "minimum_detectable"
    ]


def rows_of(evidence: diagnostics.Evidence, name: str) -> list[dict[str, Any]]:
    return diagnostics.diagnostics(evidence).filter(diagnostic=name).to_dicts()


def with_answer(evidence: diagnostics.Evidence, name: str, **match: Any) -> diagnostics.Evidence:
    plan = evidence.study
    declared = plan.study.estimand.model_copy(update={"analysis": name})
    changed = plan.model_copy(
        update={
            "study": plan.study.model_copy(update={"estimand": declared}),
            "match": plan.match.model_copy(update=match),
        }
    )
    return replace(evidence, answerable=Answerable(changed, None))


def test_an_answer_by_ever_exposed_has_immortal_time(evidence: diagnostics.Evidence) -> None:
    found = diagnostics.diagnostics(with_answer(evidence, "aipw"))
    failed = dict(found.filter(verdict="fail").select("diagnostic", "value").iter_rows())
    assert failed["immortal_time"] == 1
    assert failed["covariates_after_time_zero"] == 2  # glucocorticoid, antiviral
    assert "should not be read as an effect: immortal time" in answer.verdict(found)


def test_hours_after_time_zero_are_counted_and_do_not_decide(
    evidence: diagnostics.Evidence,
) -> None:
    """Declared and said in every row: early treatment may have moved them all the same."""
    plan = looked_for(evidence.study, until=24.0)
    changed = replace(evidence, answerable=Answerable(plan, None))
    (row,) = rows_of(changed, "covariates_after_time_zero")
    assert (row["value"], row["verdict"], row["decides"]) == (4, "fail", False)
    assert row["meaning"].endswith("4 of them until 24 h")
    both = diagnostics.diagnostics(changed)
    failed = both.filter(verdict="fail")["diagnostic"].to_list()
    said = answer.verdict(both)
    assert all(name.replace("_", " ") in said for name in failed), said
    assert "; fails as well: " in said or said.startswith("Read with care")
    (row,) = rows_of(with_answer(changed, "aipw"), "covariates_after_time_zero")
    assert (row["value"], row["verdict"], row["decides"]) == (6, "fail", True)


def test_hospitals_in_no_model_fail_where_they_differ(evidence: diagnostics.Evidence) -> None:
    skew = evidence.table.with_columns(
        hospital_id=pl.when(pl.col("exposed") & (pl.col("admission_id") % 3 > 0))
        .then(pl.lit("A"))
        .otherwise("hospital_id")
    )
    changed = replace(evidence, table=skew)
    assert verdicts(with_answer(changed, "aipw", hospital="ignore"))["hospital_imbalance"] == "fail"
    assert verdicts(with_answer(changed, "aipw", hospital="model"))["hospital_imbalance"] == "pass"


def test_arms_that_share_no_hospital_fail_and_are_told_what_to_do(
    evidence: diagnostics.Evidence,
) -> None:
    apart = evidence.table.with_columns(
        hospital_id=pl.when("exposed").then(pl.lit("A")).otherwise(pl.lit("B"))
    )
    changed = with_answer(replace(evidence, table=apart), "aipw", hospital="ignore")
    (row,) = rows_of(changed, "hospital_imbalance")
    assert (row["value"], row["verdict"]) == (np.inf, "fail")
    assert "share no hospital" in row["follows"]


@pytest.mark.parametrize(("left", "verdict"), [(0.09, "pass"), (0.11, "fail")])
def test_what_pairs_leave_is_held_to_a_tenth(
    evidence: diagnostics.Evidence, left: float, verdict: str
) -> None:
    balance = evidence.tables["balance"].with_columns(
        smd_matched=pl.when("in_score").then(-left).otherwise("smd_matched")
    )
    changed = replace(evidence, tables=evidence.tables | {"balance": balance})
    assert verdicts(with_answer(changed, "matched"))["balance_in_score"] == verdict
    assert verdicts(changed)["balance_in_score"] == "pass"  # a design of its own needs no pairs


def test_an_effect_on_a_negative_control_decides(evidence: diagnostics.Evidence) -> None:
    control = {"role": "sensitivity", "analysis": "negative_control"}
    rows = pl.concat(
        [
            effects(),
            effects(**control, contrast="a", lo=1.1, hi=2.0),
            effects(**control, contrast="b", lo=0.5, hi=2.0),
            effects(**control, contrast="c", lo=0.2, hi=0.9),
        ]
    )

    def told(count: int) -> tuple[float | None, str, bool]:
        tables = evidence.tables | {"effects": rows.head(1 + count)}
        found = diagnostics.diagnostics(replace(evidence, tables=tables))
        (row,) = found.filter(diagnostic="negative_controls").to_dicts()
        return row["value"], row["verdict"], row["decides"]

    assert told(3) == (2 / 3, "fail", True)
    assert told(2) == (None, "not assessed", False)  # two tell too little


def test_what_could_be_detected(evidence: diagnostics.Evidence) -> None:
    """80% power at 5%: 1.96 + 0.84 standard errors, on the scale of the measure."""
    found = diagnostics.diagnostics(evidence)
    (row,) = found.filter(diagnostic="minimum_detectable").to_dicts()
    assert row["value"] == pytest.approx(0.056032, rel=1e-4)
    ratio = replace(evidence, tables=evidence.tables | {"effects": effects(measure="HR", se=0.2)})
    value = diagnostics.diagnostics(ratio).filter(diagnostic="minimum_detectable")["value"][0]
    assert value == pytest.approx(np.exp(0.56032), rel=1e-5)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.018, -0.049, 0.094), "for one harm 56 (benefit 20 to infinity to harm 11)"),
        ((-0.1, -0.2, -0.05), "for one benefit 10 (5 to 20)"),
        ((0.1, None, None), "for one harm 10"),
    ],
)
def test_the_number_needed_to_treat(
    numbers: tuple[float, float | None, float | None], said: str
) -> None:
    assert answer.needed(*numbers) == f"number needed to treat {said}"


def test_a_share_that_tells_a_small_count_is_judged_and_not_shown(
    evidence: diagnostics.Evidence,
) -> None:
    few = pl.when(pl.col("admission_id") < 3).then(ZERO + timedelta(hours=1)).otherwise(ZERO)
    changed = replace(evidence, table=evidence.table.with_columns(eligible_at=few))
    (shown,) = diagnostics.diagnostics(changed).filter(diagnostic=LATE).to_dicts()
    assert (shown["value"], shown["verdict"]) == (3 / 120, "pass")
    (row,) = rows_of(guarded(evidence, changed.table), LATE)
    assert (row["value"], row["verdict"]) == (4 / 120, "pass")  # 1 to 4 of them: a pass
    assert row["meaning"].endswith("(at most)")


@pytest.mark.parametrize(
    ("late", "shown"),
    [
        (117, (116 / 120, "fail", " (at least)")),  # all but few: 116 to 119, a failure
        (40, (40 / 120, "fail", "")),
        (6, (6 / 120, "pass", "")),
    ],
)
def test_what_cannot_be_shown_softens_no_verdict(
    evidence: diagnostics.Evidence, late: int, shown: tuple[float, str, str]
) -> None:
    when = pl.when(pl.col("admission_id") < late).then(ZERO + timedelta(hours=1)).otherwise(ZERO)
    (row,) = rows_of(guarded(evidence, evidence.table.with_columns(eligible_at=when)), LATE)
    value, verdict, bound = shown
    assert (row["value"], row["verdict"], row["decides"]) == (value, verdict, True)
    assert row["meaning"] == f"share who met a criterion after time zero only{bound}"


def guarded(evidence: diagnostics.Evidence, table: pl.DataFrame) -> diagnostics.Evidence:
    """The same with counts of 1 to 4 that must not be shown."""
    report = evidence.study.report.model_copy(update={"smallest_cell": 5})
    plan = evidence.study.model_copy(update={"report": report})
    return replace(evidence, table=table, answerable=Answerable(plan, None))


def test_few_unknown_outcomes_are_not_passed_and_the_head_says_so(
    evidence: diagnostics.Evidence,
) -> None:
    """3 of 60 exposed: 1 would be little, 4 too many, and the verdict must not tell which."""
    gone = pl.when(~(pl.col("exposed") & (pl.col("admission_id") < 6))).then("death_28d")
    hidden = guarded(evidence, evidence.table.with_columns(death_28d=gone))
    found = diagnostics.diagnostics(hidden)
    (row,) = found.filter(diagnostic="lost_to_follow_up").to_dicts()
    assert (row["value"], row["verdict"]) == (None, "pass")  # for the hospital itself
    released = copies.first("diagnostics.csv", found, 5)
    (row,) = released.filter(diagnostic="lost_to_follow_up").to_dicts()
    assert (row["value"], row["verdict"]) == (None, "not shown")
    assert answer.verdict(released).startswith("Nobody can say from here whether the estimate may")
    assert "not shown, for it is of few people: lost to follow up" in answer.verdict(released)


def test_a_product_that_drives_treatment_is_no_balance(evidence: diagnostics.Evidence) -> None:
    """Who is treated is decided by a product of two covariates, whose means are alike."""
    drawn, n = np.random.default_rng(4), 600
    table = pl.concat([evidence.table] * 5).with_columns(
        pl.Series("admission_id", np.arange(n)),
        **{name: drawn.normal(size=n) for name in evidence.study.match.covariates},
    )
    product = (pl.col("age") * pl.col("sofa")).alias("product")
    bent = table.with_columns(exposed=product + pl.Series(drawn.normal(size=n) * 0.5) > 0)
    for people, verdict in ((table, "pass"), (bent, "fail")):
        seen = replace(evidence, table=people, matched=people, score=np.full(n, 0.5))
        for name in ("matched", "aipw", "clone_censor_weight"):
            made = diagnostics.diagnostics(with_answer(seen, name))
            (row,) = made.filter(pl.col("diagnostic") == "balance_squares_products").to_dicts()
            assert row["verdict"] == verdict, name
            assert row["decides"] is (name != "clone_censor_weight")
            assert verdict == "pass" or "farthest is age x sofa" in _unordered(row["meaning"])
        answered = seen.tables | {"effects": effects(estimate=0.1)}
        for name in ("aipw_cross_fitted", "tmle_cross_fitted"):
            learned = verdicts(replace(with_answer(seen, name), tables=answered))
            assert learned["balance_squares_products"] == "pass"


def _unordered(meaning: str) -> str:
    return meaning.replace("sofa x age", "age x sofa")


@pytest.mark.parametrize(
    ("off", "verdict", "decides"),
    [
        (0.2, "pass", False),
        (0.6, "fail", False),  # 60 and 60: by chance up to 0.36
        (0.7, "fail", True),
    ],
)
def test_what_is_in_no_model_decides_where_chance_does_not_explain_it(
    evidence: diagnostics.Evidence, off: float, verdict: str, decides: bool
) -> None:
    balance = evidence.tables["balance"].with_columns(smd_unmatched=pl.Series([0.4, -off]))
    changed = replace(evidence, tables=evidence.tables | {"balance": balance})
    (row,) = rows_of(changed, "balance_not_in_score")
    assert (row["value"], row["verdict"], row["decides"]) == (off, verdict, decides)


@pytest.mark.parametrize("before", ["", "covariates measured until 24 h after time zero; "])
def test_no_estimate_is_nothing_to_believe(tmp_path: Path, plan: Study, before: str) -> None:
    note = f"{before}no estimate: clone-censor-weight: nobody starts. Choose another grace period."
    words = {"event_label": "death by day 28", "note": note, "contrast": "given vs not"}
    effects(**words).write_csv(tmp_path / "effects.csv")
    pl.DataFrame(
        {"diagnostic": ["overlap"], "verdict": ["pass"], "decides": [False], "value": [1.0]}
    ).write_csv(tmp_path / "diagnostics.csv")
    made = answer.answer(RunTables(tmp_path), plan)
    assert made is not None
    assert made.verdict == "There is no estimate to believe."
    assert made.sentence == (
        "No estimate of death by day 28: clone-censor-weight: nobody starts. Choose another grace "
        "period."
    )


def test_a_difference_of_means_has_its_unit(tmp_path: Path, plan: Study) -> None:
    (stay,) = [one for one in plan.outcomes.variables if one.name == "hospital_los_days"]
    outcomes = plan.outcomes.model_copy(update={"primary": stay.name})
    words = {"event_label": "length of stay", "note": "", "contrast": "given vs not"}
    effects(estimate=5.14, lo=3.29, hi=6.99, measure="MD", p=0.01, estimand="", **words).write_csv(
        tmp_path / "effects.csv"
    )
    made = answer.answer(RunTables(tmp_path), plan.model_copy(update={"outcomes": outcomes}))
    assert made is not None
    assert made.sentence == ("Length of stay: difference of means 5.14 days (95% CI 3.29 to 6.99).")


def test_a_risk_that_is_not_shown_is_left_out_of_the_sentence(tmp_path: Path, plan: Study) -> None:
    words = {"event_label": "death by day 28", "note": "", "contrast": "given vs not"}
    told = {"lo": 0.0, "hi": 0.2, "measure": "RD", "p": 0.05, "estimand": ""}
    risks = {f"risk_{arm}{end}": None for arm in ("exposed", "control") for end in ("_lo", "_hi")}
    for exposed, control in ((0.5, None), (None, 0.4)):
        row = effects(estimate=0.1, **words, **told, **risks).with_columns(
            risk_exposed=pl.lit(exposed), risk_control=pl.lit(control)
        )
        row.write_csv(tmp_path / "effects.csv")
        made = answer.answer(RunTables(tmp_path), plan)
        assert made is not None
        assert made.sentence == (
            "Death by day 28: difference in risk +10.0 points (95% CI +0.0 to +20.0)."
        )


def test_a_control_whose_interval_ends_at_1_has_no_effect(evidence: diagnostics.Evidence) -> None:
    rows = [
        {"analysis": "negative_control", "contrast": "a", "lo": lo, "hi": hi, "estimate": 1.0}
        for lo, hi in ((1.0, 2.0), (0.5, 1.0), (0.9, 1.1), (1.01, 2.0))
    ]
    controls = pl.DataFrame([{n: r.get(n) for n in EFFECTS} for r in rows], schema=EFFECTS)
    changed = replace(
        evidence, tables=evidence.tables | {"effects": pl.concat([effects(), controls])}
    )
    (row,) = rows_of(changed, "negative_controls")
    assert row["value"] == 1 / 4


def test_a_hospital_with_just_enough_of_both_arms_counts(evidence: diagnostics.Evidence) -> None:
    """Five of each arm are enough, four of either are not."""
    for exposed, controls, value in ((5, 5, 1.0), (4, 5, 0.0), (5, 4, 0.0)):
        arm = [True] * exposed + [False] * controls
        table = evidence.table.head(len(arm)).with_columns(
            exposed=pl.Series(arm), hospital_id=pl.lit("A")
        )
        found = positivity(replace(evidence, table=table))
        assert found.value == value


def test_chance_alone_moves_the_worst_of_several_by_so_much(evidence: diagnostics.Evidence) -> None:
    """60 in each arm: 1.96 standard errors of one, 2.24 of the worst of two (Bonferroni)."""
    error = (1 / 60 + 1 / 60) ** 0.5
    assert alike._by_chance(evidence, 1) == pytest.approx(1.959964 * error, rel=1e-6)
    assert alike._by_chance(evidence, 2) == pytest.approx(2.241403 * error, rel=1e-6)


def test_what_tells_the_arms_apart_for_certain_is_no_balance(
    evidence: diagnostics.Evidence,
) -> None:
    """All exposed have it and no control: the difference has no spread to be divided by."""
    for inside, name in ((True, "balance_in_score"), (False, "balance_not_in_score")):
        mine = pl.col("in_score") == inside
        apart = evidence.tables["balance"].with_columns(
            *(pl.when(mine).then(None).otherwise(f"smd_{w}").alias(f"smd_{w}") for w in WHEN),
            *(pl.when(mine).then(1.0).otherwise(f"ks_{w}").alias(f"ks_{w}") for w in WHEN),
        )
        changed = replace(evidence, tables=evidence.tables | {"balance": apart})
        (row,) = rows_of(with_answer(changed, "matched"), name)
        assert (row["value"], row["verdict"]) == (np.inf, "fail")
    unknown = evidence.tables["balance"].with_columns(smd_matched=None, smd_unmatched=None)
    changed = replace(evidence, tables=evidence.tables | {"balance": unknown})
    (row,) = rows_of(with_answer(changed, "matched"), "balance_not_in_score")
    assert row["verdict"] == "not assessed"


def test_a_weighted_covariate_of_one_arm_alone_is_no_balance(
    evidence: diagnostics.Evidence,
) -> None:
    first = evidence.study.match.covariates[0]
    for value, infinite in ((pl.col("exposed").cast(pl.Int64), True), (pl.lit(1), False)):
        changed = replace(evidence, table=evidence.table.with_columns(value.alias(first)))
        (row,) = rows_of(with_answer(changed, "overlap"), "balance_in_score")
        assert np.isinf(row["value"]) == infinite
        assert row["verdict"] == "fail" or not infinite


@pytest.mark.parametrize("name", sorted(one.name for one in ANSWERS))
def test_no_pair_leaves_diagnostics_open(evidence: diagnostics.Evidence, name: str) -> None:
    """Without a pair an answer by pairs is not assessed; any other one is judged as before."""
    none = replace(evidence, matched=evidence.matched.clear())
    changed = with_answer(none, name, hospital="ignore")
    (row,) = rows_of(changed, "hospital_imbalance")
    assert (row["verdict"] == "not assessed") == (name == "matched")
    alone = replace(evidence, matched=evidence.matched.filter("exposed"))
    (row,) = rows_of(with_answer(alone, "matched", hospital="ignore"), "hospital_imbalance")
    assert (row["value"], row["verdict"]) == (None, "not assessed")
