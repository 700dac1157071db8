"""A first study of a drug and a condition, after a study that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig.codes.cells import as_name
from ehrivig.codes.lists import CodeLists
from ehrivig.codes.overlap import common
from ehrivig.errors import StudyError
from ehrivig.study import pattern
from ehrivig.study.data import Extract
from ehrivig.study.file import judged
from ehrivig.study.known_names import known_names
from ehrivig.study.pattern import Pattern
from ehrivig.study.problem import meant
from ehrivig.study.registries import COVARIATES
from ehrivig.study.written import toml

LIKE = "tocilizumab_covid19"
LISTS = "lists"
_HINTS = (
    ("extract", "hospitals"),
    ("extract", "period"),
    ("extract", "extract_date"),
    ("extract", "timezone"),
    ("extract", "codelists"),
    ("exposure", "end_hours"),
    ("report", "authors"),
)
_OF_ONE_EXTRACT = ("hospitals", "period", "extract_date", "timezone", "mappings")
_OF_ONE_PAPER = ("citation", "reproduction")
_ROUTES = ["iv", "sc", "im", "po"]
Content = dict[str, Any]


def draft(file: Path, drug: str | None, condition: str | None, like: str) -> tuple[str, list[str]]:
    """The text of a new study file, which can be loaded from `file`, and what was left out of it.

    StudyError when it could not be loaded.
    `drug`: a drug list, shipped or in `lists/` beside the file; `condition`: the condition that
    admits a patient; None: that of `like`.
    """
    found = pattern.read(like)
    content = found.begun()
    said = _without_extract(content, found, file.parent)
    if drug:
        _expose(content, drug)
    if condition:
        _forget(content, "outcomes", _coded_as(content, condition))
        _admit(content, condition)
        said += _without_before(content)
    known = known_names(Extract.model_validate(content["extract"]), file.parent)
    said += _without_exposure(content, known.lists) if drug else []
    said += _without_fate(content)
    _entitle(content, file, drug, condition)
    problems = judged(content, file.parent)[1]
    if problems:
        raise StudyError(found.report(problems, content, file.name))
    return toml(content, _header(file, found), _HINTS), said


def _without_extract(content: Content, found: Pattern, folder: Path) -> list[str]:
    """The study without what is of one extract alone; what went, in words.

    Lists and layouts of one's own stay, by their path from the new file.
    """
    before = content.get("extract", {})
    gone = [key for key in before if key in _OF_ONE_EXTRACT]
    extract = {key: value for key, value in before.items() if key not in _OF_ONE_EXTRACT}
    if (folder / LISTS).is_dir() and "codelists" not in extract:
        extract["codelists"] = LISTS
    extract.setdefault("layout", "native")
    content["extract"] = extract
    found.lead_from(folder, content)
    rules = [one["name"] for one in content["cohort"]["criteria"] if one["rule"] == "period"]
    _without_period(content)
    said = [f"left out of [extract]: {', '.join(gone)}, of another extract"] if gone else []
    return said + [f"left out of the criteria: {name}, the period of it" for name in rules]


def _header(file: Path, like: Pattern) -> list[str]:
    return [
        f"A study after {like.called}. Written by `ehrivig study new`.",
        "Read each line: what is kept from there need not be right here. Then:",
        f"  ehrivig study check {file.name} --extract DIR      # who it would find, in seconds",
        f"  ehrivig run {file.name} --extract DIR --out OUT    # the whole study",
    ]


def _expose(content: Content, drug: str) -> None:
    """Another drug: its groups by dose go."""
    label = drug.replace("_", " ").capitalize()
    content["exposure"] = {
        **{k: v for k, v in content["exposure"].items() if k not in ("bands", "routes")},
        "name": drug,
        "label": label,
        "codelist": drug,
        "routes": _ROUTES,
    }
    content.pop("regimen", None)
    content.pop("utilisation", None)


def _without_exposure(content: Content, lists: CodeLists) -> list[str]:
    """The study without variables and criteria of the exposure drug itself; what went, in words.

    A treatment that ends where the exposure window opens stays: it tells who had a like drug.
    """
    exposure = content["exposure"]
    drug, routes = exposure["codelist"], tuple(exposure["routes"])

    def holds(codelist: str) -> bool:
        return codelist == drug or bool(common(lists, drug, codelist, routes))

    said = []
    for section in ("covariates", "outcomes"):
        gone = [
            one["name"]
            for one in content[section]["variables"]
            if one["from"] == "medication"
            and (one.get("code", one["name"]) == drug or section == "outcomes")
            and holds(one.get("code", one["name"]))
        ]
        _forget(content, section, gone)
        said += [f"left out of [{section}]: {name}, which includes {drug}" for name in gone]
    criteria = content["cohort"]["criteria"]
    kept = [one for one in criteria if "codelist" not in one or not holds(one["codelist"])]
    gone = [one["name"] for one in criteria if one not in kept]
    content["cohort"]["criteria"] = kept
    said += [
        f"left out of the criteria: {name}, which wants {drug}, now the exposure, before time zero"
        for name in gone
    ]
    return said


def _forget(content: Content, section: str, names: list[str]) -> None:
    """Take some variables out of the study, wherever they are named."""
    variables = [one for one in content[section]["variables"] if one["name"] not in names]
    content[section]["variables"] = variables
    for one in variables:
        if "any_of" in one:
            one["any_of"] = [name for name in one["any_of"] if name not in names]
    if empty := [one["name"] for one in variables if one.get("any_of") == []]:
        _forget(content, section, empty)
    match, analysis = content["match"], content.get("analysis", {})
    for place, keys in (
        (match, ("covariates", "exact", "allow_post_baseline")),
        (analysis, ("adjust", "negative_controls", "repeat_labs", "allow_post_baseline")),
    ):
        for key in keys:
            if key in place:
                place[key] = [name for name in place[key] if name not in names]
    if "subgroups" in analysis:
        kept = [group for group in analysis["subgroups"] if group["variable"] not in names]
        analysis["subgroups"] = kept


def _coded_as(content: Content, condition: str) -> list[str]:
    """The outcomes that are a condition which now admits: everybody in the study has it."""
    return [
        one["name"]
        for one in content["outcomes"]["variables"]
        if one["from"] == "condition" and one.get("code", one["name"]) == condition
    ]


def _admit(content: Content, condition: str) -> None:
    """Another condition: coded, from admission on, without the severity of the pattern."""
    label = condition.replace("_", " ").capitalize()
    content["cohort"] = {
        "time_zero": "eligible",
        "criteria": [
            {"name": "adult", "label": "Aged 18 years or more", "rule": "age", "min": 18},
            {
                "name": condition,
                "label": label,
                "rule": "any_of",
                "any_of": [{"condition": condition}],
            },
            {
                "name": "index",
                "label": "First such admission of the person",
                "rule": "index_admission",
            },
        ],
    }


def _without_before(content: Content) -> list[str]:
    """The study without what must have been before time zero; what went, in words.

    Where a condition is coded without a moment, time zero is the admission, and nothing of the stay
    is before it: such a variable would be unknown, or false, of everybody.
    """
    section = content["covariates"]
    usual = section.get("window_hours", [-24, 24])
    if usual[1] <= 0:
        usual = section["window_hours"] = [usual[0], _FIRST_HOURS]
    late = [
        one
        for one in section["variables"]
        if one["from"] in COVARIATES.names
        and COVARIATES[one["from"]].window
        and one.get("window_hours", usual)[1] <= 0
    ]
    gone = [one["name"] for one in late if COVARIATES[one["from"]].treatment]
    for one in late:
        one.pop("window_hours")
    _forget(content, "covariates", gone)
    why = "where the condition is coded without a moment, time zero is the admission"
    return [f"left out of [covariates]: {name}: {why}, and nothing is before it" for name in gone]


_FIRST_HOURS = 6
"""Results of the first hours count as known at time zero."""


def _without_period(content: Content) -> None:
    """The criteria without the period, which is of another extract."""
    criteria = content["cohort"]["criteria"]
    content["cohort"]["criteria"] = [one for one in criteria if one["rule"] != "period"]


def _without_fate(content: Content) -> list[str]:
    """Subgroups by covariates only: those by an outcome are of a reproduction; what went."""
    analysis = content.get("analysis", {})
    outcomes = [one["name"] for one in content["outcomes"]["variables"]]
    known = {one["name"] for one in content["covariates"]["variables"]}
    late = [name for name in outcomes if name not in known]
    gone = [group["name"] for group in analysis.get("subgroups", ()) if group["variable"] in late]
    if "subgroups" in analysis:
        kept = [group for group in analysis["subgroups"] if group["variable"] not in late]
        analysis["subgroups"] = kept
    if "allow_post_baseline" in analysis:
        kept = [name for name in analysis["allow_post_baseline"] if name not in late]
        analysis["allow_post_baseline"] = kept
    return [f"left out of [analysis] subgroups: {name}, by what happens later" for name in gone]


def _entitle(content: Content, file: Path, drug: str | None, condition: str | None) -> None:
    """Title, name and estimand in words of the new study."""
    study, label = content["study"], content["exposure"]["label"]
    old = study["estimand"]
    study = {key: value for key, value in study.items() if key not in _OF_ONE_PAPER}
    sick = condition.replace("_", " ") if condition else ""
    study["title"] = f"{label} in {sick}" if sick else f"{label}: {study['title']}"
    study["name"] = as_name(file.stem)
    if drug:
        old = {
            **old,
            "treatment": f"{label} after time zero",
            "comparator": f"no {label} after time zero",
        }
    if sick:
        old = {**old, "population": f"adults admitted with {sick}"}
    content["study"] = {**study, "estimand": old}


def refuse_unknown(kind: str, name: str, known: tuple[str, ...], cure: str) -> None:
    """StudyError for a name on the command line that its list does not have."""
    if name not in known:
        raise StudyError(f"study new: no {kind} {name!r}. {meant(name, known)} {cure}")
