"""Effect rows: what is shown, what is hidden, and what is left when there is no number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ehrivig.analysis.effects import SCHEMA, EffectRows, Question
from ehrivig.analysis.main_effects import _pairs
from ehrivig.analysis.models import adjusted
from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.result import Effect
from ehrivig.study import Study

EFFECT = Effect("OR", 2.0, 1.0, 4.0, 0.35, 0.04, "death", 50, 20, 60, 10, "logistic", "model")
ASKED = Question("main", "drug vs no drug", "death_28d", "matched", "death")


def rows(*asked: tuple[Question, Effect], smallest: int = 5, warning: str = "") -> pl.DataFrame:
    made = EffectRows(smallest, warning)
    for question, effect in asked:
        made.ask(question, lambda effect=effect: effect)
    return made.frame()


def test_a_row_carries_event_counts_and_variance() -> None:
    row = rows((ASKED, EFFECT)).row(0, named=True)
    assert (row["events_exposed"], row["n_exposed"], row["events_control"], row["n_control"]) == (
        20,
        50,
        10,
        60,
    )
    assert (row["event_label"], row["variance"], row["estimate"]) == ("death", "model", 2.0)
    assert list(row) == list(SCHEMA)


def test_an_analysis_that_fails_leaves_the_reason() -> None:
    def fail() -> Effect:
        raise AnalysisError("separation: the events are split by exposed")

    made = EffectRows(5)
    made.ask(ASKED, fail)
    row = made.frame().row(0, named=True)
    assert row["estimate"] is None
    assert row["note"] == "no estimate: separation: the events are split by exposed"
    assert row["event_label"] == "death"


@pytest.mark.parametrize(
    ("population", "target", "said"),
    [
        ("matched", "", "there is no matched pair"),
        ("matched, complete case", "", "there is no matched pair"),
        ("matched", "ATM", "the extract has no discharge status"),  # of other pairs
        ("all", "", "the extract has no discharge status"),
    ],
)
def test_without_a_pair_nothing_else_is_blamed(population: str, target: str, said: str) -> None:
    def fail() -> Effect:
        raise AnalysisError("the extract has no discharge status")

    made = EffectRows(5, pairless=True)
    made.ask(replace(ASKED, population=population, target=target), fail)
    assert made.frame()["note"].to_list() == [f"no estimate: {said}"]


@pytest.mark.parametrize(
    ("columns", "cure"),
    [
        ("age", "Take what separates out of [match] covariates"),
        ("hospital (any other)", "Leave that hospital out ([extract] hospitals)"),
    ],
)
def test_what_separates_has_its_cure(columns: str, cure: str) -> None:
    def fail() -> Effect:
        raise SeparationError(f"logistic: separation by {columns}.", columns)

    made = EffectRows(5)
    made.ask(ASKED, fail)
    assert f"separation by {columns}. {cure}" in made.rows[0]["note"]


def test_a_mistake_of_the_program_is_not_swallowed() -> None:
    made = EffectRows(5)
    with pytest.raises(ZeroDivisionError):
        made.ask(ASKED, lambda: 1 / 0)  # type: ignore[arg-type, return-value]


def test_a_crude_estimate_of_a_small_cell_is_hidden() -> None:
    small = replace(EFFECT, events_exposed=3, notes=("log-rank p = 0.5",))
    row = rows((ASKED, small)).row(0, named=True)
    hidden = ("estimate", "lo", "hi", "p", "se", "events_exposed", "events_control")
    assert all(row[name] is None for name in hidden)
    assert "below 5" in row["note"]
    assert "log-rank" not in row["note"]


def test_an_adjusted_estimate_of_a_small_cell_stays_without_counts() -> None:
    small = replace(EFFECT, events_control=59)
    row = rows((replace(ASKED, adjusted=True), small)).row(0, named=True)
    assert row["estimate"] == 2.0
    assert row["events_control"] is None


def test_one_hidden_side_hides_the_other() -> None:
    yes, no = (replace(ASKED, contrast=side, split="age") for side in ("yes", "no"))
    table = rows((yes, EFFECT), (no, replace(EFFECT, events_exposed=1)), (ASKED, EFFECT))
    assert table["estimate"].to_list() == [None, None, 2.0]
    assert "another part" in table["note"][0]


def test_adjusted_parts_of_a_hidden_split_lose_their_counts() -> None:
    one, two = (replace(ASKED, population=p, adjusted=True, split="hospital") for p in "AB")
    table = rows((one, EFFECT), (two, replace(EFFECT, events_exposed=1)))
    assert table["estimate"].to_list() == [2.0, 2.0]
    assert table["events_exposed"].null_count() == 2


def test_a_small_arm_is_not_counted_anywhere_in_its_split() -> None:
    one, two = (replace(ASKED, population=p, adjusted=True, split="hospital") for p in "AB")
    tiny = replace(EFFECT, n_exposed=4, events_exposed=0)
    table = rows((one, EFFECT), (two, tiny))
    assert table["n_exposed"].null_count() == 2


def test_p_is_corrected_inside_each_family_only() -> None:
    """Holm of 0.01, 0.04, 0.03: 0.03, 0.06, 0.06. Benjamini-Hochberg: 0.03, 0.04, 0.04."""
    family = [(replace(ASKED, family="f"), replace(EFFECT, p=p)) for p in (0.01, 0.04, 0.03)]
    table = rows(*family, (replace(ASKED, family="g"), replace(EFFECT, p=0.5)), (ASKED, EFFECT))
    assert table["p_holm"].to_list() == pytest.approx([0.03, 0.06, 0.06, 0.5, None])
    assert table["p_bh"].to_list() == pytest.approx([0.03, 0.04, 0.04, 0.5, None])


def test_the_warning_is_in_every_row_that_needs_it_and_once() -> None:
    own = replace(ASKED, note="immortal time: of its own kind")
    safe = replace(ASKED, immortal=False)
    notes = rows((ASKED, EFFECT), (own, EFFECT), (safe, EFFECT), warning="immortal time: x")["note"]
    assert notes.to_list() == ["immortal time: x", "immortal time: of its own kind", ""]


def test_no_rows_keep_the_schema() -> None:
    assert dict(EffectRows(5).frame().schema) == {k: v() for k, v in SCHEMA.items()}


def test_a_separated_model_names_a_cure_that_a_study_file_has() -> None:
    rng, n = np.random.default_rng(1), 40
    x = rng.normal(size=(n, 1))
    made, event, arm = EffectRows(0), (x[:, 0] > 0).astype(float), rng.random(n) < 0.5
    pairs = np.arange(n)
    made.ask(ASKED, lambda: adjusted(event, arm, x, ("age",), "x", "", pairs=pairs)[0])
    (note,) = made.frame()["note"].to_list()
    assert "separation by" in note
    assert "[match] covariates" in note
    assert "firth" not in note


@pytest.mark.parametrize(("only_exposed", "shown"), [(3, False), (6, True)])
def test_few_pairs_of_a_kind_are_not_told_by_what_pairs_say(
    plan: Study, only_exposed: int, shown: bool
) -> None:
    """With 3 pairs in which the exposed alone died, OR and variance within pairs give the 3."""
    kinds = ((True, True, 10), (True, False, only_exposed), (False, True, 8), (False, False, 20))
    people = [
        {"exposed": arm, "death_28d": dead, "pair_id": number, "weight": 1.0}
        for number, (of_exposed, of_control) in enumerate(
            kind[:2] for kind in kinds for _ in range(kind[2])
        )
        for arm, dead in ((True, of_exposed), (False, of_control))
    ]
    guarded = plan.report.model_copy(update={"smallest_cell": 5})
    made = EffectRows(5)
    _pairs(pl.DataFrame(people), plan.model_copy(update={"report": guarded}), made)
    found = made.frame()
    assert found["estimate"].is_not_null().to_list() == [shown] * 3
    assert shown or all("a cell of pairs is below 5" in note for note in found["note"])
