"""Where few are unmatched, the matched and everybody differ by them: nothing of both is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.analysis.describe import describe
from ehrivig.dataset import Variable
from ehrivig.release.apart import Apart, hide, of_run, of_unmatched
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Place
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe, without

DEATHS = frozenset({("death", "control")})
COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")


def unmatched(exposed: int, control: int, died: int = 0) -> pl.DataFrame:
    """So many of each arm, of the control `died`; lactate was measured in 3 of these."""
    n = exposed + control
    return pl.DataFrame(
        {
            "exposed": [True] * exposed + [False] * control,
            "death": [False] * exposed + [i < died for i in range(control)],
            "age": [float(i) for i in range(n)],
            "lactate": [None] * exposed + [2.0 if i < 3 else None for i in range(control)],
        },
        schema_overrides={"lactate": pl.Float64},
    )


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        (
            unmatched(0, 1, 1),
            Apart(True, DEATHS, frozenset({"age", "death", "lactate"}), uncounted=True),
        ),
        (unmatched(0, 40, 3), Apart(False, DEATHS, frozenset({"lactate"}))),
        (unmatched(30, 40, 37), Apart(False, DEATHS, frozenset({"lactate"}))),
        (unmatched(30, 40, 20), Apart(False, frozenset(), frozenset({"lactate"}))),
        (unmatched(0, 0), Apart()),
    ],
)
def test_whom_the_matched_leave_over(rest: pl.DataFrame, found: Apart) -> None:
    assert of_unmatched(rest, 5) == found


def effects() -> pl.DataFrame:
    told = dict.fromkeys((*COUNTS, "estimate", "risk_exposed"), 20.0)

    def row(population: str, adjusted: bool, outcome: str = "death") -> dict[str, Any]:
        note = "12 of 20 pairs left; McNemar p = 0.8694; other"
        model = "logistic, adjusted for 3 covariates" if adjusted else "logistic"
        words = {"analysis": "table3", "contrast": "a vs b", "note": note, "model": model}
        return {"population": population, "adjusted": adjusted, "outcome": outcome} | words | told

    matched = [row("matched", False), row("matched", True), row("matched", False, "shock")]
    return pl.DataFrame([row("all", False), *matched])


def test_a_crude_row_of_the_matched_is_not_told_beside_everybody() -> None:
    found = hide({"effects.csv": effects()}, Apart(outcomes=DEATHS))["effects.csv"]
    assert found["events_control"].to_list() == [20.0, None, None, 20.0]
    assert found["estimate"].to_list() == [20.0, None, 20.0, 20.0]
    for name in ("n_exposed", "n_control", "events_exposed", "risk_exposed"):
        assert found[name].to_list() == [20.0] * 4, name
    assert found["note"][1].startswith("other; not shown: few people are in no pair")
    assert "pairs left" in found["note"][0]


def test_complete_cases_of_the_matched_are_the_matched() -> None:
    """Their counts gave what the rows of all matched hid: 11 of 15 deaths, four are unmatched."""
    cases = effects().with_columns(
        pl.col("population").replace("matched", "matched, complete case")
    )
    found = hide({"effects.csv": cases}, Apart(outcomes=DEATHS))["effects.csv"]
    assert found["events_control"].to_list() == [20.0, None, None, 20.0]


def test_of_few_unmatched_nothing_is_told_of_the_matched_in_either_arm() -> None:
    found = hide({"effects.csv": effects()}, Apart(few=True))["effects.csv"]
    assert found["n_exposed"].to_list() == [20.0, None, None, None]
    assert found["risk_exposed"].to_list() == [20.0, None, None, None]
    assert found["estimate"].to_list() == [20.0, None, 20.0, None]


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("logistic, maximum likelihood, Wald interval", False),
        ("logistic, maximum likelihood, weighted, Wald interval", False),
        ("logistic, maximum likelihood, Wald interval; pooled over 20 imputations", False),
        ("logistic, adjusted for 6 covariates; pooled over 20 imputations", True),
        ("g-computation, logistic", True),
    ],
)
@pytest.mark.parametrize("apart", [Apart(few=True), Apart(outcomes=DEATHS)])
def test_pairs_alone_make_no_estimate_that_tells_no_counts(
    apart: Apart, model: str, kept: bool
) -> None:
    """1.378461538461538 is 16 x 28 / (13 x 25), of 41 pairs; nothing else of as many as 42 is.

    So of 42 exposed one is in no pair, and as 16 of all died, who lived.
    """
    frame = effects().with_columns(
        pl.when(pl.col("adjusted")).then(pl.lit(model)).otherwise("model").alias("model"),
        pl.when(pl.col("adjusted"))
        .then(pl.lit("matched, complete case"))
        .otherwise("population")
        .alias("population"),
    )
    found = hide({"effects.csv": frame}, apart)["effects.csv"]
    assert (found["estimate"][2] is not None) is kept


@pytest.mark.parametrize(
    "said",
    [
        "clustered variance from 28 clusters: below 40 it is too small",
        "no estimate: logistic regression: no event among 82 rows; there is no odds ratio.",
        "2 of 84 admissions left out: a covariate missing",
    ],
)
def test_a_note_does_not_tell_how_many_are_in_pairs(said: str) -> None:
    frame = effects().with_columns(pl.lit(f"first; {said}").alias("note"))
    found = hide({"effects.csv": frame}, Apart(few=True))["effects.csv"]["note"].to_list()
    assert found[0] == f"first; {said}"
    assert not any(set("23456789") & set(note) for note in found[1:])
    assert all(note.startswith("first; ") for note in found[1:])


def test_a_hidden_ratio_has_no_e_value() -> None:
    """2.52 is 1.571 + sqrt(1.571 x 0.571): of 21 and 21 people 11 and 7 died, and no others."""
    note = "read with care; E-value 2.52, of the limit nearer 1 1.00"
    frame = effects().with_columns(pl.lit(note).alias("note"), measure=pl.lit("RR"))
    found = hide({"effects.csv": frame}, Apart(outcomes=DEATHS))["effects.csv"]
    told = [text.count("E-value") for text in found["note"]]
    assert told == [1, 0, 0, 1]  # an adjusted estimate is shown without it too
    hidden = frame.with_columns(pl.lit(None, pl.Float64).alias("estimate"))
    said = [cell.place.words for cell in of_tables({"effects.csv": hidden}, 5) if cell.disclosed]
    assert any("the E-value of its ratio" in words for words in said)


def test_table_3_is_of_the_matched_and_of_the_primary_outcome() -> None:
    table3 = effects().select("contrast", "note", *COUNTS, "estimate").head(1)
    tables = {"effects.csv": effects(), "table3.csv": table3}
    found = hide(tables, Apart(outcomes=DEATHS))["table3.csv"]
    assert found.select(*COUNTS, "estimate").null_count().row(0) == (0, 0, 0, 1, 1)
    assert hide(tables, Apart(outcomes=frozenset({("shock", "control")})))["table3.csv"].equals(
        table3
    )


def test_a_mean_after_matching_is_the_value_of_who_is_left() -> None:
    """57 people of mean age 63.0 without 56 of mean age 62.75: the one is 77 years old."""
    balance = pl.DataFrame(
        {
            "covariate": ["age", "lactate"],
            "mean_exposed_matched": [60.0, 2.0],
            "mean_control_matched": [62.75, 2.0],
            "mean_control_unmatched": [63.0, 2.0],
            "smd_matched": [0.1, 0.1],
        }
    )
    for apart, left in ((Apart(measured=frozenset({"lactate"})), 1), (Apart(few=True), 0)):
        found = hide({"balance.csv": balance}, apart)["balance.csv"]
        assert found["mean_control_matched"].count() == left
        assert found["smd_matched"].count() == left
        assert found["mean_control_unmatched"].count() == 2


def test_the_hospitals_keep_their_difference_to_two_digits() -> None:
    """Their row has no means, and was taken for that of a hidden count."""
    names = ("mean_exposed", "mean_control", "smd", "variance_ratio", "ks")
    row: dict[str, Any] = {f"{n}_{when}": None for n in names for when in ("unmatched", "matched")}
    hospital = {"covariate": "hospital_id", "label": "Hospital", "level": "all levels"}
    smd = {"smd_unmatched": 0.321240, "smd_matched": 0.262759}
    copd = {"covariate": "copd", "label": "COPD", "level": ""}
    frame = pl.DataFrame([hospital | row | smd, copd | row | smd]).with_columns(
        pl.col(list(row)).cast(pl.Float64)
    )
    found = first("balance.csv", frame, 5)
    assert found["smd_unmatched"].to_list() == [0.32, None]
    assert found["smd_matched"].to_list() == [0.26, None]


def test_curves_of_the_matched_end_where_the_others_are_few() -> None:
    curves = pl.DataFrame({"curve": ["km"] * 2, "population": ["all", "matched"], "time": [0, 0]})
    found = hide({"curves.csv": curves}, Apart(few=True))["curves.csv"]
    assert found["population"].to_list() == ["all"]


def test_everybody_without_one_arm_are_the_few_of_the_other() -> None:
    """46 with their mean and 40 unexposed with theirs: that of six exposed is a subtraction."""
    row: dict[str, Any] = {"variable": "cd3", "label": "CD3", "kind": "continuous"}
    for arm, n in (("all", 46), ("exposed", 6), ("control", 40)):
        row |= {f"n_{arm}": n, f"mean_{arm}": 500.0, f"sd_{arm}": 9.0, f"text_{arm}": "500"}
    row |= {f"{what}_{arm}": None for what in ("events",) for arm in ("all", "exposed", "control")}
    found = first("table1.csv", pl.DataFrame([row, row | {"n_exposed": 12}]), 5)
    assert found["mean_all"].to_list() == [None, 500.0]
    assert found["n_all"].to_list() == [None, 46]
    assert found["mean_control"].to_list() == [500.0, 500.0]
    assert found["mean_exposed"].to_list() == [None, 500.0]


def test_the_attack_subtracts_the_matched_from_everybody() -> None:
    """57 unexposed of whom 20 died, 56 matched ones of whom 19: the one that is left died."""
    rows = [
        dict(zip(COUNTS, counts, strict=True)) | {"population": who, **_words}
        for who, counts in (("all", (56, 22, 57, 20)), ("matched", (56, 22, 56, 19)))
    ]
    found = [c for c in of_tables({"effects.csv": pl.DataFrame(rows)}, 5) if c.disclosed]
    assert {cell.place.words: cell.values for cell in found} == {
        "death: n of the unmatched, control": (1,),
        "death: events of the unmatched, control": (1,),
    }
    hidden, _, left = until_safe({"effects.csv": pl.DataFrame(rows)}, 5)
    assert not any(cell.disclosed for cell in left)
    assert hidden["effects.csv"]["n_control"].to_list()[1] is None


def test_everybody_with_an_outcome_and_with_all_covariates_do_not_contradict_each_other() -> None:
    """271 exposed, of 265 all is known, 216 are matched: 55 and 49 are both right, and not few."""
    rows = [
        _words | dict(zip(COUNTS, counts, strict=True)) | {"population": who, "measure": measure}
        for measure, who, counts in (
            ("OR", "all", (271, 111, 546, 119)),
            ("RD", "all", (265, 107, 525, 107)),
            ("OR", "matched", (216, 80, 216, 73)),
            ("RD", "matched", (216, 80, 216, 73)),
        )
    ]
    found = [cell for cell in of_tables({"effects.csv": pl.DataFrame(rows)}, 5) if cell.disclosed]
    assert not any("unmatched" in cell.place.words for cell in found)


def described(exposed: tuple[int, int], control: tuple[int, int]) -> pl.DataFrame:
    """Yes/no rows of so many people of each arm, of whom so many are male."""
    arms = [
        pl.DataFrame({"exposed": arm, "male": [float(i < had) for i in range(n)]})
        for arm, (had, n) in ((True, exposed), (False, control))
    ]
    male = Variable("male", "Male sex", "", "", True)
    return describe(pl.concat(arms), [male], policy="liu", smallest=5)


def of_two_in_no_pair() -> dict[str, pl.DataFrame]:
    """Of 251 exposed two are in no pair, of 599 controls 350: 249 are in pairs in both arms."""
    tables = {
        "table1.csv": described((143, 251), (358, 599)),
        "table_unmatched.csv": described((1, 2), (211, 350)),
    }
    return {name: first(name, frame, 5) for name, frame in tables.items()}


def test_two_who_are_in_no_pair_cost_everybody_nothing() -> None:
    """How many they are is the most of whom a hidden count can be: so it is hidden itself."""
    copies = of_two_in_no_pair()
    safe, done, cells = until_safe(hide(copies, Apart(few=True, uncounted=True)), 5)
    assert not any(cell.disclosed for cell in cells)
    assert not done
    assert safe["table1.csv"].drop("test").equals(copies["table1.csv"].drop("test"))
    rest = safe["table_unmatched.csv"].row(0, named=True)
    assert {value for name, value in rest.items() if name.startswith(("n_", "events_"))} == {None}
    assert rest["text_control"] == rest["test"] == "suppressed"


def test_the_unmatched_of_one_arm_tell_those_of_the_other() -> None:
    """251 - (599 - 350): two, of whom at most two are male."""
    found = [cell for cell in of_tables(of_two_in_no_pair(), 5) if cell.disclosed]
    assert {cell.place.words: cell.values for cell in found} == {
        "Male sex, control: n exposed in no pair": (2,)
    }
    of_many = {name: described((143, 251), (358, 599)) for name in ("table1.csv",)}
    of_many["table_unmatched.csv"] = described((9, 20), (211, 368))
    assert not any("in no pair" in cell.place.words for cell in of_tables(of_many, 5))


def test_a_yes_or_no_that_is_known_of_few_unmatched_is_not_told_of_the_matched() -> None:
    """Fever of three unmatched: 30 of 47 are 63.8%, so 47 are matched, and three are not."""
    rest = pl.DataFrame(
        {"exposed": [True] * 20, "fever": [i < 1 if i < 3 else None for i in range(20)]}
    )
    apart = of_unmatched(rest, 5)
    assert apart.measured == {"fever"}
    means = {"mean_exposed_matched": 30 / 47, "mean_exposed_unmatched": 31 / 50}
    balance = pl.DataFrame([{"covariate": "fever", "missing": 17} | means])
    found = hide({"balance.csv": balance}, apart)["balance.csv"].row(0, named=True)
    assert (found["mean_exposed_matched"], found["mean_exposed_unmatched"]) == (None, 31 / 50)
    assert found["missing"] == 17


def test_of_whom_it_is_unknown_is_not_told_where_few_of_an_arm_are_known(tmp_path: Path) -> None:
    """Of 80 it is unknown in 47, and known in 30 controls: so it is known in three exposed."""
    people = pl.DataFrame(
        {
            "hospital_id": "A",
            "admission_id": range(80),
            "exposed": [True] * 40 + [False] * 40,
            "fever": [i % 2 == 0 if i < 3 or i >= 50 else None for i in range(80)],
        }
    )
    people.write_parquet(tmp_path / "analysis.parquet")
    balance = pl.DataFrame({"covariate": ["fever", "cough"], "missing": [47, 3]}).with_columns(
        mean_exposed_matched=0.5
    )
    found = hide({"balance.csv": balance}, of_run(tmp_path, 5))["balance.csv"]
    assert found["missing"].to_list() == [None, 3]


def test_those_of_the_imputed_pairs_are_all_but_few_as_well() -> None:
    """Of 42 exposed 16 died; of 33 in imputed pairs 14 did: the nine others are two dead."""
    imputed = effects().with_columns(pl.col("population").replace("matched", "matched, imputed"))
    found = hide({"effects.csv": imputed}, Apart(few=True))["effects.csv"]
    assert found["n_exposed"].to_list() == [20.0, None, None, None]
    assert found["estimate"].to_list() == [20.0, None, 20.0, None]


_words = {"contrast": "a vs b", "outcome": "death", "measure": "OR", "model": "m", "note": ""}


def test_a_table_of_everybody_keeps_its_numbers() -> None:
    """It has the columns of a comparison as well, and is of nobody who was matched."""
    counts = {
        f"{what}_{arm}": 20 for what in ("n", "events") for arm in ("all", *("exposed", "control"))
    }
    row = {"variable": "age", "label": "Age", "kind": "continuous", "mean_all": 64.0} | counts
    table = pl.DataFrame([row])
    effect = {"effects.csv": effects()}
    found = hide({"table1.csv": table} | effect, Apart(outcomes=DEATHS))
    assert found["table1.csv"].equals(table)


def test_what_is_measured_in_few_of_everybody_has_no_balance(tmp_path: Path) -> None:
    """CD3 of 3 controls is their mean beside that of 12 exposed; nothing is told of both."""
    people = pl.DataFrame(
        {
            "hospital_id": "A",
            "admission_id": range(80),
            "exposed": [True] * 40 + [False] * 40,
            "age": [float(i) for i in range(80)],
            "cd3": [500.0 if i < 12 or 40 <= i < 43 else None for i in range(80)],
        }
    )
    people.write_parquet(tmp_path / "analysis.parquet")
    assert of_run(tmp_path, 5).described == {("cd3", "unmatched")}
    people.clear().write_parquet(tmp_path / "matched.parquet")
    assert of_run(tmp_path, 5) == Apart(described=frozenset({("cd3", "unmatched")}))  # no pair
    people.filter(pl.col("admission_id") % 40 < 25).write_parquet(tmp_path / "matched.parquet")
    apart = of_run(tmp_path, 5)
    assert apart.described == {("cd3", "unmatched"), ("cd3", "matched")}
    names = [f"mean_exposed_{when}" for when in ("unmatched", "matched")]
    table = pl.DataFrame({"covariate": ["cd3", "age"]}).with_columns(
        pl.Series(name, [500.0, 40.0]) for name in names
    )
    found = hide({"balance.csv": table}, apart)["balance.csv"]
    assert found.select(names).rows() == [(None, None), (40.0, 40.0)]


def test_a_mean_beside_a_number_of_people_that_is_hidden_is_one_of_few() -> None:
    row: dict[str, Any] = {"variable": "cd3", "label": "CD3", "kind": "continuous"}
    for arm in ("all", "exposed", "control"):
        row |= {f"n_{arm}": None, f"mean_{arm}": None, f"events_{arm}": None}
        row |= {f"sd_{arm}": None, f"median_{arm}": None, f"text_{arm}": "suppressed"}
    balance: dict[str, Any] = {"covariate": "cd3", "label": "CD3"}
    for when in ("unmatched", "matched"):
        balance |= {f"mean_exposed_{when}": 412.6, f"mean_control_{when}": 512.0}
        balance |= {f"smd_{when}": -0.7, f"ks_{when}": 0.4, f"variance_ratio_{when}": 1.5}
    tables = {"table1.csv": pl.DataFrame([row]), "balance.csv": pl.DataFrame([balance])}
    hidden, done, _ = until_safe(tables, 5)
    assert done == ["balance.csv: CD3: all, exposed, mean of people who are too few to be counted"]
    assert hidden["balance.csv"].select(pl.exclude("covariate", "label")).row(0) == (None,) * 10


@pytest.mark.parametrize(("risk", "kept"), [(0.351, True), (0.35, False)])
def test_weighted_risks_stay_without_the_events_unless_one_is_a_share_of_people(
    risk: float, kept: bool
) -> None:
    """Of the unexposed 7 of 20 died, or 35.1% by weights: beside a difference one gives the other.

    A risk of one arm alone was left, from which and the difference the other follows.
    """
    counts = dict(zip(COUNTS, (20, 9, 20, 7), strict=True))
    told = {"population": "all", "adjusted": True, "model": "weighted", "measure": "RD"}
    told |= {"contrast": "a vs b", "outcome": "death", "analysis": "weighting"}
    told |= {"estimate": 0.1, "risk_exposed": 0.451, "risk_control": risk}
    note = "risk 35.0% to 40.0% of the exposed, 30.0% to 35.0% of the unexposed; other"
    frame = pl.DataFrame([counts | told | {"note": note}])
    cell = Cell(Place("effects.csv", 0, "who is left out, events control"), True, (), 5)
    found = without({"effects.csv": frame}, [cell], {})["effects.csv"].row(0, named=True)
    assert (found["events_control"], found["events_exposed"], found["estimate"]) == (None, 9, 0.1)
    assert (found["risk_exposed"], found["risk_control"]) == (
        (0.451, risk) if kept else (None,) * 2
    )
    assert found["note"] == "other; not shown: it would tell a count of few people"
    of_matched = frame.with_columns(
        population=pl.lit("matched"), model=pl.lit("g-computation, logistic")
    )
    found = hide({"effects.csv": of_matched}, Apart(outcomes=DEATHS))["effects.csv"].row(
        0, named=True
    )
    assert (found["risk_exposed"] is None, found["risk_control"] is None) == (not kept, not kept)
