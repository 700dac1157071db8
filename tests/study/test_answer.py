"""The declared answer must be one that can be given; an undeclared one is chosen and said."""

from __future__ import annotations

from typing import Any

import pytest
from fuzz.base import content

from ehrivig import study as studies
from ehrivig.errors import StudyError
from ehrivig.study.doubts import doubts_of


def parsed(**changes: Any) -> studies.Study:
    whole = content()
    for path, value in changes.items():
        *sections, key = path.split("__")
        part = whole
        for name in sections:
            part = part[name]
        if value is None:
            part.pop(key, None)
        else:
            part[key] = value
    return studies.parse(whole)


UNTIL_WHEN = [
    {k: v for k, v in one.items() if k != "within_days"}
    for one in content()["outcomes"]["variables"]
]
REFUSED = [
    ({"outcomes__primary": "ards"}, "clone_censor_weight follows people to a death"),
    ({"study__estimand__measure": "OR"}, "gives RD or RR of an event, not OR"),
    ({"study__estimand__target": "ATT"}, "answers for ATE, not ATT"),
    (
        {"study__estimand__analysis": "aipw", "outcomes__primary": "hospital_los_days"},
        "aipw is of events, and the primary outcome hospital_los_days is a number",
    ),
    ({"exposure__end_hours": 24}, "the exposure window closes at 24 h"),
    ({"exposure__end_hours": 27}, "Write grace_hours = 24, or let the window stay open"),
    ({"exposure__end_hours": 5}, "nobody could be seen to start later. Let the window stay open"),
    ({"analysis__grace_hours": 700}, "people are followed for 672 h"),
    ({"analysis__grace_hours": 50}, "50 h are no whole number of intervals of 6 h"),
    ({"analysis__bootstrap": 39}, "fewer than 40 have no limits at 95%"),
    (
        {"study__estimand__analysis": "matched", "study__estimand__target": "ATT"}
        | {"match__ratio": 2},
        "used once. Write ratio = 1",
    ),
    (
        {"study__estimand__analysis": "matched", "study__estimand__target": "ATT"}
        | {"match__replace": True},
        "used once. Write replace = false",
    ),
    (
        {"study__estimand__analysis": "landmark", "study__estimand__measure": "HR"}
        | {"analysis__landmark_hours": [672, 700]},
        "the answer begins 672 h after time zero",
    ),
    (
        {"exposure__end_hours": 0, "exposure__start_hours": -24, "exposure__bands": None},
        "the exposure window closes at time zero",
    ),
    ({"study__estimand__analysis": "matching"}, "matched"),
    (
        {"outcomes__after_discharge": "unknown", "outcomes__variables": UNTIL_WHEN},
        "are answered within some days, and the primary outcome has none",
    ),
    (
        {"study__estimand__analysis": "aipw", "outcomes__after_discharge": "unknown"},
        "are answered by clone_censor_weight, which weights for who left alive; aipw does not",
    ),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_an_answer_that_cannot_be_given_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError) as refused:
        parsed(**changes)
    assert said in str(refused.value)


def test_a_horizon_beyond_the_extract_is_refused() -> None:
    import datetime

    with pytest.raises(StudyError, match="lie beyond the extract"):
        parsed(extract__extract_date=datetime.date(2019, 12, 20))


WORDS = {"study__estimand__analysis": None, "study__estimand__measure": None}
OLD = {**WORDS, "study__estimand__target": "ATT"}


@pytest.mark.parametrize(
    ("changes", "answer", "measure"),
    [
        ({}, "clone_censor_weight", "RD"),
        ({"outcomes__primary": "ards"}, "aipw", "RD"),
        ({"outcomes__primary": "hospital_los_days"}, "matched", "MD"),
    ],
)
def test_words_alone_are_read_as_before_with_an_answer_chosen(
    changes: dict[str, Any], answer: str, measure: str
) -> None:
    plan = parsed(**OLD, **changes)
    assert (plan.answer, plan.answer_measure) == (answer, measure)
    said = [doubt.text for doubt in doubts_of(plan) if doubt.code == "estimand_in_words"]
    assert len(said) == 1
    assert f'analysis = "{answer}"' in said[0]


def test_the_analysis_of_the_answer_is_made() -> None:
    assert "clone_censor_weight" in parsed().analysis.sensitivity
    assert "aipw" in parsed(**OLD, outcomes__primary="ards").analysis.sensitivity


def test_a_declared_answer_is_no_doubt() -> None:
    assert [
        d.code for d in doubts_of(parsed(analysis__landmark_hours=None, analysis__bootstrap=500))
    ] == []


def test_an_answer_with_immortal_time_is_an_error() -> None:
    plan = parsed(**{**OLD, "study__estimand__analysis": "aipw", "study__estimand__target": "ATE"})
    (doubt,) = [d for d in doubts_of(plan) if d.code == "unsafe_answer"]
    assert doubt.severity == "error"


def test_grace_ends_with_the_window_unless_it_is_written() -> None:
    plan = parsed(**OLD, exposure__end_hours=24, analysis__grace_hours=None)
    assert plan.grace_hours == 24
    assert parsed().grace_hours == 48


def test_every_packaged_study_declares_its_answer() -> None:
    for name in studies.packaged():
        plan = studies.load(name)
        assert plan.study.estimand.analysis, name
        assert plan.study.estimand.measure, name
