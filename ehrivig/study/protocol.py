"""The protocol of a study: the trial that one would want, and how the data stand for it.

It follows from the study file alone, so it can be fixed, with its hash, before any data are read;
a run repeats both. The parts are those of TARGET 2025 (Cashin et al., JAMA 2025), items 6 and 7.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ehrivig import resources
from ehrivig.errors import many
from ehrivig.study import named_files
from ehrivig.study.difference import values
from ehrivig.study.registries import ANSWERS, OUTCOMES
from ehrivig.study.registries.answers import N_TRIALS, WINDOW_HOURS
from ehrivig.study.registries.daily import READ_BY
from ehrivig.study.whole import Study

FILE = "protocol.json"


@dataclass(frozen=True)
class Item:
    """One part of the protocol: its TARGET item, the trial, and the emulation."""

    item: str
    part: str
    target_trial: str
    emulation: str


def protocol(study: Study) -> dict[str, Any]:
    """The protocol as plain values: study, items, answer, and the hash of all of it.

    `settings`: every value of the study file in words, by its place.
    """
    content = {
        "study": study.study.name,
        "title": study.study.title,
        "study_hash": study.digest,
        "settings": values(study.without_folders),
        "own_codelists": study.lists.hashes,
        "own_files": named_files.hashes(study),
        "answer": {
            "analysis": study.answer,
            "measure": study.answer_measure,
            "outcome": study.primary.name,
            "horizon_days": study.follow_up_days,
            "target": _target(study),
        },
        "items": [asdict(item) for item in items(study)],
    }
    return {**content, "protocol_hash": digest(content)}


def as_json(content: dict[str, Any]) -> str:
    """The protocol as it lies in a file."""
    return json.dumps(content, indent=1, default=str) + "\n"


def write(study: Study, folder: Path) -> None:
    """Leave the protocol in a run folder, before any event is read."""
    (folder / FILE).write_text(as_json(protocol(study)), encoding="utf-8")


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of a protocol without its own hash."""
    told = {name: value for name, value in content.items() if name != "protocol_hash"}
    return resources.digest(json.dumps(told, sort_keys=True, default=str).encode())


def items(study: Study) -> list[Item]:
    """Every part, in the order of TARGET."""
    return [
        _eligibility(study),
        _strategies(study),
        _assignment(study),
        _follow_up(study),
        _outcome(study),
        _contrast(study),
        _assumptions(study),
        _plan(study),
    ]


def _target(study: Study) -> str:
    asked = study.study.estimand
    return ANSWERS[study.answer].target if asked.analysis else asked.target


def _zero(study: Study) -> str:
    return {
        "admission": "admission",
        "severity_onset": "the first moment of severity",
        "eligible": "the moment at which all criteria are met",
    }[study.cohort.time_zero]


def _eligibility(study: Study) -> Item:
    criteria = "; ".join(criterion.label for criterion in study.cohort.criteria)
    late = [c.label for c in study.cohort.criteria if c.rule in ("severity", "any_of")]
    emulation = f"Judged in this order: {criteria}. Only what was measured and met admits."
    if study.cohort.time_zero == "admission" and late:
        emulation += f" Looked for in the whole stay, also after time zero: {'; '.join(late)}."
    return Item("6a, 7a", "Eligibility", study.study.estimand.population, emulation)


def _strategies(study: Study) -> Item:
    asked, exposure = study.study.estimand, study.exposure
    routes = ", ".join(exposure.routes)
    end = "the end of the stay" if exposure.end_hours is None else f"{exposure.end_hours:g} h"
    emulation = (
        f"First administration of {exposure.label} (list {exposure.codelist}; route {routes}) from "
        f"{_opens(exposure.start_hours)} to {end}."
    )
    return Item(
        "6b, 7b",
        "Treatment strategies",
        f"{asked.treatment}; {asked.comparator}",
        f"{emulation}{_on_the_clock(study)}",
    )


def _on_the_clock(study: Study) -> str:
    """How the answer tells apart who follows which strategy, where it does by the clock."""
    return {
        "clone_censor_weight": f" Grace period: {study.grace_hours:g} h; who left alive could not "
        "start.",
        "landmark": f" Exposed is who started by {study.analysis.landmark_hours[0]:g} h, unexposed "
        "who had not, whatever follows; of those still followed in the hospital then.",
        "sequential_trials": f" A trial at the end of each of {N_TRIALS} windows of "
        f"{WINDOW_HOURS:g} h: who started within the window against who had not yet, who are "
        "censored when they start.",
        "time_dependent_cox": " Unexposed until the first administration, exposed from it on.",
    }.get(study.answer, "")


def _opens(hours: float) -> str:
    """When the exposure window opens, in words."""
    if not hours:
        return "time zero"
    return f"{abs(hours):g} h {'after' if hours > 0 else 'before'} time zero"


def given(study: Study) -> tuple[tuple[str, ...], bool]:
    """What the answer takes assignment to be random given: covariates, and whether hospitals.

    A design that follows people to a death has those known at time zero, the others all of the
    score, and what pairs must be equal in.
    """
    plan = study.match
    if ANSWERS[study.answer].death:
        late = plan.allow_post_baseline
        return tuple(n for n in plan.covariates if n not in late), study.hospital_in_models
    if study.answer != "matched":
        return plan.covariates, study.hospital_in_score
    names = tuple(dict.fromkeys((*plan.covariates, *plan.exact)))
    return names, study.hospital_in_score or plan.within_hospital


def beside(study: Study) -> tuple[str, ...]:
    """The analyses that are asked for beside the answer; of several landmarks the later ones."""
    again = study.answer == "landmark" and len(study.analysis.landmark_hours) > 1
    return tuple(n for n in study.analysis.sensitivity if n != study.answer or again)


def _assignment(study: Study) -> Item:
    known, hospital = given(study)
    names, hospitals = ", ".join(known), " and hospital" if hospital else ""
    admitted = [name for name in study.match.allow_post_baseline if name in known]
    after = f"; {', '.join(admitted)} also by what came after it" if admitted else ""
    return Item(
        "6c, 7c",
        "Assignment",
        "At random at time zero, not blinded.",
        f"Taken to be random given {names}{hospitals}, as known at time zero{after}"
        f"{_day_by_day(study)}.",
    )


def _day_by_day(study: Study) -> str:
    """What assignment is random given besides, at each later moment of starting."""
    if study.answer not in READ_BY or not study.analysis.time_varying:
        return ""
    named = ", ".join(study.analysis.time_varying)
    return f"; and, for who starts on a later day, {named} as known when it begins"


def _follow_up(study: Study) -> Item:
    days = study.follow_up_days
    last = "the last day known" if study.primary.source == "death" else "the end of the stay"
    until = many(days, "day") if days else last
    end = study.extract.extract_date
    seen = f", or {end}, the last day of the extract" if end else ""
    return Item(
        "6d, 7d",
        "Follow-up",
        f"From assignment to {until}.",
        f"From {_clock_begins(study)} to {until}{seen}.",
    )


def _clock_begins(study: Study) -> str:
    """From when people are followed by the answer."""
    zero = _zero(study)
    if study.answer == "landmark":
        return f"{study.analysis.landmark_hours[0]:g} h after {zero} (the landmark)"
    if study.answer == "sequential_trials":
        last = N_TRIALS * WINDOW_HOURS
        return f"the zero of each trial, {WINDOW_HOURS:g} to {last:g} h after {zero},"
    return zero


def _outcome(study: Study) -> Item:
    primary = study.primary
    days = study.follow_up_days
    until = "" if days is None else f" within {many(days, 'day')} of time zero"
    emulation = f"{OUTCOMES[primary.source].caption}{until}."
    if primary.source == "death":
        declared = primary.after_discharge or study.outcomes.after_discharge
        emulation += {
            "linked": " Deaths after discharge are declared to be on record.",
            "in_hospital": " Deaths are known in the stay alone: leaving it alive competes.",
            "unknown": " Deaths after discharge are unknown: people are followed until they leave "
            "alive, and who stays is weighted for them by day, covariates and strategy.",
            None: " Where dates do not show that deaths after discharge are on record, death in "
            "the hospital takes its place, with leaving alive as competing event.",
        }[declared]
    return Item("6e, 7e", "Outcome", study.study.estimand.outcome, emulation)


def _contrast(study: Study) -> Item:
    entry = ANSWERS[study.answer]
    trial = f"{study.study.estimand.contrast} ({_target(study)})"
    how = entry.doc.replace("`grace_hours`", f"{study.grace_hours:g} h").replace("`", "")
    emulation = f"{study.answer_measure} by: {entry.caption}. {how}"
    return Item("6f, 7f", "Causal contrast", trial, emulation)


def _assumptions(study: Study) -> Item:
    controls = ", ".join(study.analysis.negative_controls)
    asked = f"Negative controls: {controls}." if controls else "No negative control is declared."
    return Item(
        "6g, 7g",
        "Assumptions",
        "Adherence and loss to follow-up as in any trial.",
        "Exchangeability given the covariates, positivity in every hospital, consistency, no other "
        f"reason for leaving than what is modelled. {asked} Checked in diagnostics.csv.",
    )


def _plan(study: Study) -> Item:
    asked = ", ".join(beside(study)) or "none"
    missing = study.analysis.missing.replace("_", " ")
    return Item(
        "6h, 7h",
        "Analysis plan",
        "Comparison of the arms as assigned.",
        f"Answer: {study.answer} ({study.answer_measure}). Beside it: {asked}. Missing covariates: "
        f"{missing}. Corrected for multiplicity by {study.analysis.multiplicity} within families. "
        f"Seed {study.study.seed}.",
    )


def as_text(content: dict[str, Any]) -> str:
    """The protocol for a reader of the terminal."""
    lines = [f"{content['title']} ({content['study']})", ""]
    for one in content["items"]:
        lines += [
            f"{one['part']} (TARGET {one['item']})",
            f"  trial:     {one['target_trial']}",
            f"  emulation: {one['emulation']}",
        ]
    lines += ["", f"study    {content['study_hash']}", f"protocol {content['protocol_hash']}"]
    return "\n".join(lines) + "\n"
