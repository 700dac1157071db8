"""The windows of a study, each by itself and against the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.lines import Path
from ehrivig.study.problem import Problem
from ehrivig.study.registries import CRITERIA

if TYPE_CHECKING:
    from ehrivig.study.whole import Study


def wrong_windows(study: Study) -> Iterator[Problem]:
    """Windows that hold nothing, and those that no eligible person could have waited for."""
    yield from _empty_windows(study)
    yield from _empty_period(study)
    yield from _late_exposure(study)
    yield from _stay_in_the_future(study)
    yield from _time_zero(study)


def _empty_windows(study: Study) -> Iterator[Problem]:
    for path, (start, end) in _windows(study):
        if start >= end:
            yield Problem(path, _nothing(start, end))
    exposure = study.exposure
    if exposure.end_hours is not None and exposure.end_hours <= exposure.start_hours:
        text = _nothing(exposure.start_hours, exposure.end_hours)
        yield Problem(("exposure", "end_hours"), f"the exposure window: {text}")


def _windows(study: Study) -> Iterator[tuple[Path, tuple[float, float]]]:
    yield ("covariates", "window_hours"), study.covariates.window_hours
    yield ("analysis", "repeat_hours"), study.analysis.repeat_hours
    for number, variable in enumerate(study.covariates.variables):
        if variable.window_hours is not None:
            yield ("covariates", "variables", number, "window_hours"), variable.window_hours


def _nothing(start: float, end: float) -> str:
    return (
        f"[{start:g}, {end:g}) holds no moment: the first number is the start, the second the "
        f"later end. {'Write a longer window' if start == end else 'Exchange them'}"
    )


def _empty_period(study: Study) -> Iterator[Problem]:
    period, last = study.extract.period, study.extract.extract_date
    if period is not None and period[0] > period[1]:
        text = f"ends on {period[1]} before it begins on {period[0]}. Exchange them"
        yield Problem(("extract", "period"), text)
    if period is not None and last is not None and last < period[0]:
        text = f"{last} is before the study period begins: nobody could be seen. Mend one of them"
        yield Problem(("extract", "extract_date"), text)


def _late_exposure(study: Study) -> Iterator[Problem]:
    """A window that opens late needs people who are still there, or the dead are all controls."""
    opens, admission = study.exposure.start_hours, study.cohort.time_zero == "admission"
    stays = [c.min or 0 for c in study.cohort.criteria if c.rule == "length_of_stay"]
    if opens <= 0 or (admission and max(stays, default=0) >= opens):
        return
    yield Problem(
        ("exposure", "start_hours"),
        f"the exposure window opens {opens:g} h after time zero. Whoever dies or leaves before "
        "then can only be unexposed, so the exposed would be credited with having lived that long. "
        + (
            'Add the criterion { name = "still_there", label = "Still in hospital at '
            f'{opens:g} h", rule = "length_of_stay", min = {opens:g} }}, '
            if admission
            else ""
        )
        + ("or open the window at 0" if admission else "Open the window at 0"),
    )


def _stay_in_the_future(study: Study) -> Iterator[Problem]:
    """Who is selected by how long the stay will last is selected by what the drug may change."""
    if study.study.reproduction:
        return
    opens = max(study.exposure.start_hours, 0)
    for number, criterion in enumerate(study.cohort.criteria):
        if criterion.rule != "length_of_stay":
            continue
        path: Path = ("cohort", "criteria", number)
        if criterion.max is not None:
            yield Problem(
                (*path, "max"),
                f"a stay of at most {criterion.max:g} h is known at its end only: the drug may "
                "have shortened it. Remove it, or set [study] reproduction = true",
            )
        if (criterion.min or 0) > opens and study.cohort.time_zero != "eligible":
            yield Problem(
                (*path, "min"),
                f"a stay of at least {criterion.min:g} h is known then only, and the exposure "
                f"window opens at {opens:g} h: who died in between is left out of both arms, "
                f"though the drug may have decided it. Let the window open at {criterion.min:g} h "
                "too, or set [study] reproduction = true",
            )


def _time_zero(study: Study) -> Iterator[Problem]:
    """A time zero that its criterion does not set, and a rule without its period."""
    rules = [criterion.rule for criterion in study.cohort.criteria]
    late = study.cohort.time_zero == "severity_onset"
    if late and "severity" not in rules:
        yield Problem(
            ("cohort", "time_zero"),
            "severity_onset needs a criterion of rule severity, whose first moment it is: without "
            "one everybody would start at admission. Add the criterion",
        )
    timed = {"severity"} if late else set()
    if study.cohort.time_zero == "eligible":
        timed = {rule.name for rule in CRITERIA if rule.timed}
    for rule in ("untreated_before", "treated_before"):
        after = [r for r in rules[rules.index(rule) :] if r in timed] if rule in rules else []
        if after:
            yield Problem(
                ("cohort", "criteria", rules.index(rule), "rule"),
                f"{rule} comes before the rule {after[0]}, which says when time zero is. Put it "
                "after it",
            )
    if "period" in rules and study.extract.period is None:
        yield Problem(
            ("cohort", "criteria", rules.index("period"), "rule"),
            "rule period needs period = [first day, last day] under [extract]. Add it",
        )
