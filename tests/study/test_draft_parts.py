"""A first study after another one: what goes with a variable, a drug, an extract or a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ehrivig import codes
from ehrivig.study import draft
from ehrivig.study.messages import _named


def content(**sections: Any) -> dict[str, Any]:
    """The least content in which a variable can be named."""
    return {
        "exposure": {"codelist": "ivig", "routes": ["iv"], "label": "IVIG"},
        "cohort": {"criteria": []},
        "covariates": {"variables": []},
        "outcomes": {"variables": []},
        "match": {},
        **sections,
    }


def variable(name: str, source: str = "lab", **more: Any) -> dict[str, Any]:
    return {"name": name, "from": source, **more}


def names(found: dict[str, Any], section: str) -> list[str]:
    return [one["name"] for one in found[section]["variables"]]


def test_a_variable_that_goes_is_named_nowhere_any_more() -> None:
    found = content(
        covariates={
            "variables": [
                *(variable(name) for name in ("a", "b", "c")),
                variable("of_a", "any_of", any_of=["a"]),
                variable("of_both", "any_of", any_of=["a", "b"]),
                variable("of_of_a", "any_of", any_of=["of_a"]),
            ]
        },
        match={"covariates": ["a", "b", "of_a"], "exact": ["a"], "caliper": 0.2},
        analysis={
            **{"adjust": ["c", "a"], "negative_controls": ["a"], "repeat_labs": ["b"]},
            "allow_post_baseline": ["a", "of_of_a", "c"],
            "subgroups": [{"name": "x", "variable": "a"}, {"name": "y", "variable": "b"}],
        },
    )
    draft._forget(found, "covariates", ["a"])
    assert names(found, "covariates") == ["b", "c", "of_both"]
    assert found["covariates"]["variables"][2]["any_of"] == ["b"]
    assert found["match"] == {"covariates": ["b"], "exact": [], "caliper": 0.2}
    assert found["analysis"] == {
        **{"adjust": ["c"], "negative_controls": [], "repeat_labs": ["b"]},
        "allow_post_baseline": ["c"],
        "subgroups": [{"name": "y", "variable": "b"}],
    }


def test_variables_and_criteria_of_the_drug_itself_go() -> None:
    found = content(
        covariates={
            "variables": [
                variable("ivig", "medication"),
                variable("before", "medication", code="ivig"),
                variable("glucocorticoid", "medication"),
                variable("crp", "lab", code="ivig"),
            ]
        },
        outcomes={
            "variables": [
                variable("later", "medication", code="ivig"),
                variable("glucocorticoid", "medication"),
            ]
        },
        cohort={
            "criteria": [
                {"name": "had", "codelist": "ivig"},
                {"name": "had_other", "codelist": "glucocorticoid"},
                {"name": "adult"},
            ]
        },
    )
    said = draft._without_exposure(found, codes.SHIPPED)
    assert names(found, "covariates") == ["glucocorticoid", "crp"]
    assert names(found, "outcomes") == ["glucocorticoid"]
    assert [one["name"] for one in found["cohort"]["criteria"]] == ["had_other", "adult"]
    assert said == [
        "left out of [covariates]: ivig, which includes ivig",
        "left out of [covariates]: before, which includes ivig",
        "left out of [outcomes]: later, which includes ivig",
        "left out of the criteria: had, which wants ivig, now the exposure, before time zero",
    ]


@pytest.mark.parametrize(
    ("usual", "own", "kept", "usual_after"),
    [
        ([-24, 24], None, ["crp", "steroid"], [-24, 24]),
        ([-24, 0], None, ["crp", "steroid"], [-24, 6]),  # nothing is before an admission
        ([-24, 0], [-24, 0], ["crp"], [-24, 6]),  # a treatment before it is of nobody
        ([-24, 24], [-24, 0], ["crp"], [-24, 24]),
        ([-24, 24], [-24, 1], ["crp", "steroid"], [-24, 24]),
    ],
)
def test_what_must_be_before_time_zero_goes_where_that_is_the_admission(
    usual: list[int], own: list[int] | None, kept: list[str], usual_after: list[int]
) -> None:
    window = {} if own is None else {"window_hours": own}
    found = content(
        covariates={
            "window_hours": usual,
            "variables": [
                variable("crp", "lab", **window),
                variable("steroid", "medication", code="glucocorticoid", **window),
            ],
        }
    )
    said = draft._without_before(found)
    assert names(found, "covariates") == kept
    assert found["covariates"]["window_hours"] == usual_after
    before_only = own is not None and own[1] <= 0
    assert ("window_hours" in found["covariates"]["variables"][0]) is (
        own is not None and not before_only
    )
    assert len(said) == 2 - len(kept)


def test_groups_by_what_happens_later_go() -> None:
    found = content(
        covariates={"variables": [variable("age", "age"), variable("both")]},
        outcomes={"variables": [variable("shock"), variable("both")]},
        analysis={
            "subgroups": [
                {"name": "a", "variable": "age"},
                {"name": "s", "variable": "shock"},
                {"name": "b", "variable": "both"},
            ],
            "allow_post_baseline": ["shock", "both"],
        },
    )
    said = draft._without_fate(found)
    assert [group["name"] for group in found["analysis"]["subgroups"]] == ["a", "b"]
    assert found["analysis"]["allow_post_baseline"] == ["both"]
    assert said == ["left out of [analysis] subgroups: s, by what happens later"]


def test_outcomes_that_everybody_has_who_is_admitted_for_them() -> None:
    found = content(
        outcomes={
            "variables": [
                variable("sepsis", "condition"),
                variable("infected", "condition", code="sepsis"),
                variable("shock", "condition"),
                variable("lactate", "lab", code="sepsis"),
            ]
        }
    )
    assert draft._coded_as(found, "sepsis") == ["sepsis", "infected"]


@pytest.mark.parametrize(
    ("drug", "condition", "title", "treatment", "population"),
    [
        ("x", "acute_illness", "IVIG in acute illness", "IVIG after time zero", "adults admitted"),
        (
            None,
            "acute_illness",
            "IVIG in acute illness",
            "old",
            "adults admitted with acute illness",
        ),
        ("x", None, "IVIG: The old title", "IVIG after time zero", "old"),
    ],
)
def test_the_words_of_the_new_study(
    drug: str | None, condition: str | None, title: str, treatment: str, population: str
) -> None:
    old = dict.fromkeys(("population", "treatment", "comparator"), "old")
    paper = {"citation": "c", "reproduction": True, "seed": 7}
    found = content(study={"title": "The old title", "name": "old", "estimand": old, **paper})
    draft._entitle(found, Path("My new-study.toml"), drug, condition)
    study = found["study"]
    assert study["title"] == title
    assert study["name"] == "my_new_study"
    assert study["seed"] == 7
    assert not {"citation", "reproduction"} & set(study)
    assert study["estimand"]["treatment"] == treatment
    assert study["estimand"]["comparator"] == ("no IVIG after time zero" if drug else "old")
    assert study["estimand"]["population"].startswith(population)


@pytest.mark.parametrize(
    ("value", "said"),
    [({"a": 1}, "a table"), ([1], "a list"), ((1,), "a list"), (True, "true"), ("x", "'x'")],
)
def test_a_wrong_value_in_words(value: Any, said: str) -> None:
    assert _named(value) == said
