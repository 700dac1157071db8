"""Names that a study file gives itself: none twice, and each that is referred to is there.

Works on the content as TOML gives it, so that a file with other mistakes is checked as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path as File
from typing import Any

from ehrivig.study.lines import Path
from ehrivig.study.named import items, part
from ehrivig.study.problem import Problem, near, shown
from ehrivig.study.registries.daily import DAILY, MOVING
from ehrivig.study.section import SLUG

COVARIATE, OUTCOME = "covariate", "outcome"
_LISTS = {
    "criterion": ("cohort", "criteria"),
    "band": ("exposure", "bands"),
    "subgroup": ("analysis", "subgroups"),
    "dose plan": ("analysis", "dose_plans"),
}
_REFERENCES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("match", "covariates"): (COVARIATE, OUTCOME),
    ("match", "exact"): (COVARIATE, OUTCOME),
    ("match", "splines"): (COVARIATE,),
    ("match", "allow_post_baseline"): (COVARIATE, OUTCOME),
    ("analysis", "adjust"): (COVARIATE, OUTCOME),
    ("analysis", "allow_post_baseline"): (COVARIATE, OUTCOME),
    ("analysis", "repeat_labs"): (COVARIATE,),
    ("analysis", "negative_controls"): (OUTCOME,),
}
"""Lists of variables, and of which kind each must be; whether it may be one is judged later."""
_ONCE = (
    *_REFERENCES,
    ("extract", "hospitals"),
    ("exposure", "routes"),
    ("analysis", "sensitivity"),
    ("analysis", "time_varying"),
    ("analysis", "landmark_hours"),
)
TAKEN = (
    *("hospital_id", "admission_id", "patient_id", "person_id", "time_zero", "exposed"),
    *("eligible_at", "eligible_undated"),
    *("time_days", "event", "days_to_death", "discharge_status", "discharge_days"),
    *("stay_days", "stay_end", "known_anywhere"),
    *("clearance_entry_days", "clearance_days", "clearance_status"),
    *("pair_id", "weight", "propensity_score", "propensity_logit", "outcome"),
    *("total_g", "max_daily_g", "mean_daily_g", "total_g_per_kg", "max_daily_g_per_kg"),
    *("n_dose_days", "duration_days", "n_courses", "product_type", "hours_to_first_dose"),
    "days_from_onset_to_first_dose",
    *("hours_to_any_dose", "start_unread"),
    *("n_administrations", "first_dose_at", "dose_coverage", "dose_complete"),
    *(f"{entry.name}{DAILY}" for entry in MOVING),
    f"dose{DAILY}",
)
"""Columns that the analysis table has anyway: no variable may be called so."""


def wrong_references(content: Any, misnamed: Collection[str] = ()) -> list[Problem]:
    """Names that are taken, given twice, or referred to and not there; a file that is not there.

    `misnamed`: variables whose own name is wrong; who refers to them by the right one is not told.
    """
    return [
        *_repeated_variables(content),
        *_repeated_items(content),
        *_listed_twice(content),
        *_taken(content),
        *_missing(content, misnamed),
        *_no_file(content),
        *_sources(content),
    ]


def variables(content: Any) -> Iterator[tuple[Path, str, str]]:
    """Place, kind and name of every covariate and outcome."""
    for kind in (COVARIATE, OUTCOME):
        for path, variable in items(content, f"{kind}s", "variables"):
            if isinstance(name := part(variable, "name"), str):
                yield (*path, "name"), kind, name


def _no_file(content: Any) -> Iterator[Problem]:
    """Signed mappings that are not there."""
    name = part(content, "extract", "mappings")
    if isinstance(name, str) and name and not File(name).is_file():
        yield Problem(("extract", "mappings"), f"no file {shown(name)}. Mend the path.")


def _sources(content: Any) -> Iterator[Problem]:
    """The key `from` by the name that it has in Python."""
    for section in ("covariates", "outcomes"):
        for path, variable in items(content, section, "variables"):
            if part(variable, "source") is not None:
                yield Problem((*path, "source"), "unknown key. Did you mean 'from'?")


def _repeated_variables(content: Any) -> Iterator[Problem]:
    """A covariate and an outcome of one name would be one column: it would be its own effect."""
    seen: dict[str, str] = {}
    for path, kind, name in variables(content):
        if name in seen:
            also = " (as a covariate)" if seen[name] != kind else ""
            yield Problem(path, f"{shown(name)} is defined twice{also}. Rename one of them.")
        seen.setdefault(name, kind)


def _repeated_items(content: Any) -> Iterator[Problem]:
    for what, place in _LISTS.items():
        found = [(path, part(item, "name")) for path, item in items(content, *place)]
        for path, name in _again(found):
            yield Problem((*path, "name"), f"a second {what} {shown(name)}. Rename one of them.")


def _listed_twice(content: Any) -> Iterator[Problem]:
    parts = [(*path, "any_of") for path, _ in items(content, "covariates", "variables")]
    for place in (*_ONCE, *parts):
        for path, name in _again(items(content, *place)):
            yield Problem(path, f"{shown(name)} is listed twice. Remove one.")


def _again(found: Iterable[tuple[Path, Any]]) -> Iterator[tuple[Path, Any]]:
    """The items of a list that stood in it before."""
    seen: list[Any] = []
    for path, value in found:
        if isinstance(value, str | int | float):
            if value in seen:
                yield path, value
            seen.append(value)


def _taken(content: Any) -> Iterator[Problem]:
    exposure = part(content, "exposure", "name")
    bands = {f"band_{part(band, 'name')}" for _, band in items(content, "exposure", "bands")}
    repeats = {f"{lab}_repeat" for _, lab in items(content, "analysis", "repeat_labs")}
    taken = {*TAKEN, f"{exposure}_any", *bands, *repeats}
    for path, _, name in variables(content):
        if name in taken:
            why = "is a column that the analysis table has anyway"
            yield Problem(path, f"{shown(name)} {why}. Give it another name, and a code.")


def _missing(content: Any, misnamed: Collection[str]) -> Iterator[Problem]:
    """References to variables that are not there."""
    known = {kind: [n for _, k, n in variables(content) if k == kind] for kind in _both()}
    wrong = {*misnamed, *(n for _, _, n in variables(content) if not re.fullmatch(SLUG, n))}
    for path, kinds, name in _referred(content):
        names = [one for kind in kinds for one in known[kind]]
        if isinstance(name, str) and name not in names and near(name, names) not in wrong:
            yield Problem(path, _no_variable(name, kinds, names))


def _both() -> tuple[str, str]:
    return COVARIATE, OUTCOME


def _referred(content: Any) -> Iterator[tuple[Path, tuple[str, ...], Any]]:
    """Place, allowed kinds and name of every reference to a variable."""
    for place, kinds in _REFERENCES.items():
        yield from ((path, kinds, name) for path, name in items(content, *place))
    for path, subgroup in items(content, "analysis", "subgroups"):
        yield (*path, "variable"), _both(), part(subgroup, "variable")
    for path, variable in items(content, "covariates", "variables"):
        for (_, number), name in items(variable, "any_of"):
            yield (*path, "any_of", number), (COVARIATE,), name
    yield ("outcomes", "primary"), (OUTCOME,), part(content, "outcomes", "primary")


def _no_variable(name: str, kinds: tuple[str, ...], names: list[str]) -> str:
    sections = " or ".join(f"[{kind}s]" for kind in kinds)
    found = near(name, names)
    cure = f"Did you mean {shown(found)}?" if found else "Define it there, or remove it."
    return f"no variable {shown(name)} under {sections}. {cure}"
